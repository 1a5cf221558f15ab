// @ts-check
// A retain cycle as a ring of names, and as a line of text.

/** @typedef {import("../graph-types.js").PathStep} PathStep */
/** @typedef {import("../graph-types.js").BreakEdge} BreakEdge */
/** @typedef {{label: string, folded: boolean}} RingNode */
/** @typedef {{label: string, isBreak: boolean}} RingEdge - from the node of the same index to the next */
/** @typedef {{nodes: RingNode[], edges: RingEdge[]}} Ring */

const NO_FIELD = "(unnamed field)";

/** @param {{type: string, field: string | null}} step @returns {string} "Account.owner", "Array<Account>[2]" */
export function stepText({ type, field }) {
  if (!field) return type;
  // An element, or an offset in place of a name.
  return /^[[+]/.test(field) ? type + field : `${type}.${field}`;
}

/** @param {PathStep[]} path @returns {string} "Account.owner → Person.accounts[0] → Account" */
export function cycleText(path) {
  return path.length === 0 ? "" : [...path.map(stepText), path[0].type].join(" → ");
}

/**
 * @param {PathStep[]} path
 * @param {BreakEdge | null} edge
 * @returns {number} of the step whose field should become weak; -1 when it is not on the path
 */
export function breakIndex(path, edge) {
  if (!edge) return -1;
  const named = path.map((step, at) => ({ ...step, to: path[(at + 1) % path.length].type }));
  return named.findIndex(({ type, field, to }) => type === edge.from && field === edge.field && to === edge.to);
}

/**
 * Rotated so that the edge to break leaves the first node; in a long ring the last node
 * stands for several.
 * @param {PathStep[]} path
 * @param {BreakEdge | null} breakEdge
 * @param {number} limit - most nodes drawn
 * @returns {Ring}
 */
export function ringOf(path, breakEdge, limit) {
  const at = breakIndex(path, breakEdge);
  const start = Math.max(at, 0);
  const turned = [...path.slice(start), ...path.slice(0, start)];
  const nodes = turned.map(({ type }) => ({ label: type, folded: false }));
  const edges = turned.map(({ field }, index) => ({ label: field ?? NO_FIELD, isBreak: at >= 0 && index === 0 }));
  if (turned.length <= limit) return { nodes, edges };
  const kept = limit - 1;
  return {
    nodes: [...nodes.slice(0, kept), { label: `${turned.length - kept} more`, folded: true }],
    edges: [...edges.slice(0, kept), edges[edges.length - 1]],
  };
}
