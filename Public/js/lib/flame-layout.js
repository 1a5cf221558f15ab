// @ts-check
// The flame graph's geometry: a tree of call stacks as boxes in columns.
// Positions are in units of the weight (bytes or counts), so that zooming is a
// change of scale and never a new layout.

/** @typedef {import("../wire-types.js").FlameNode} FlameNode */

/**
 * Boxes in preorder: a parent before its children, siblings left to right.
 * Invariant: start[parent[i]] <= start[i] <= end[i] <= end[parent[i]].
 * @typedef {object} FlameLayout
 * @property {FlameNode[]} nodes
 * @property {Int32Array} parent - index of the caller; -1 for the root
 * @property {Int32Array} depth - 0 for the root
 * @property {Float64Array} start
 * @property {Float64Array} end
 * @property {number[][]} levels - indices by depth, ascending by start
 */

/** @param {FlameNode} root @returns {FlameLayout} */
export function layoutFlame(root) {
  /** @type {FlameNode[]} */
  const nodes = [];
  /** @type {number[]} */
  const parent = [];
  /** @type {number[]} */
  const depth = [];
  /** @type {number[]} */
  const start = [];
  /** @type {number[][]} */
  const levels = [];
  // An explicit stack: call chains may be deeper than the engine's limit for recursion.
  const pending = [{ node: root, up: -1, level: 0, at: 0 }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const index = nodes.push(next.node) - 1;
    parent.push(next.up);
    depth.push(next.level);
    start.push(next.at);
    (levels[next.level] ??= []).push(index);
    const children = next.node.children ?? [];
    let at = next.at + children.reduce((sum, child) => sum + child.value, 0);
    for (let position = children.length - 1; position >= 0; position -= 1) {
      at -= children[position].value;
      pending.push({ node: children[position], up: index, level: next.level + 1, at });
    }
  }
  return {
    nodes,
    parent: Int32Array.from(parent),
    depth: Int32Array.from(depth),
    start: Float64Array.from(start),
    end: Float64Array.from(nodes, (node, index) => start[index] + node.value),
    levels,
  };
}

/** @param {FlameLayout} layout @param {number} level @param {number} position @returns {number} -1 for none */
export function boxAt(layout, level, position) {
  const row = layout.levels[level] ?? [];
  let low = 0;
  let high = row.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (layout.end[row[middle]] <= position) low = middle + 1;
    else high = middle;
  }
  return low < row.length && layout.start[row[low]] <= position ? row[low] : -1;
}

/** @param {FlameLayout} layout @param {number} index @returns {string[]} names from below the root to the box */
export function pathOf(layout, index) {
  const names = [];
  for (let at = index; at > 0; at = layout.parent[at]) names.unshift(layout.nodes[at].name);
  return names;
}

/**
 * Finds a box again after a refresh gave a new tree.
 * @param {FlameLayout} layout @param {string[]} names @returns {number} the deepest box that still matches
 */
export function findPath(layout, names) {
  let index = 0;
  for (const [level, name] of names.entries()) {
    const found = (layout.levels[level + 1] ?? []).find(
      (candidate) => layout.parent[candidate] === index && layout.nodes[candidate].name === name,
    );
    if (found === undefined) break;
    index = found;
  }
  return index;
}

/**
 * Boxes whose name, file or image contains the text, ignoring case.
 * @param {FlameLayout} layout
 * @param {string} query - "" matches nothing
 * @returns {{matched: Uint8Array, count: number, value: number}} `value` counts a match inside a match once
 */
export function searchFlame(layout, query) {
  const wanted = query.trim().toLowerCase();
  const matched = new Uint8Array(layout.nodes.length);
  const covered = new Uint8Array(layout.nodes.length);
  let count = 0;
  let value = 0;
  if (wanted === "") return { matched, count, value };
  layout.nodes.forEach((node, index) => {
    const above = index > 0 && covered[layout.parent[index]] === 1;
    const hit = index > 0 && [node.name, node.file, node.image].some((text) => text?.toLowerCase().includes(wanted));
    covered[index] = hit || above ? 1 : 0;
    if (!hit) return;
    matched[index] = 1;
    count += 1;
    if (!above) value += node.value;
  });
  return { matched, count, value };
}

/**
 * The box a key leads to.
 * @param {FlameLayout} layout
 * @param {number} index
 * @param {string} key - "ArrowUp" (caller), "ArrowDown" (largest callee), "ArrowLeft", "ArrowRight" (same depth)
 * @returns {number} `index` itself when there is nothing that way
 */
export function neighbour(layout, index, key) {
  if (key === "ArrowUp") return Math.max(layout.parent[index], 0);
  const level = layout.depth[index] + (key === "ArrowDown" ? 1 : 0);
  const row = layout.levels[level] ?? [];
  if (key === "ArrowDown") return row.find((candidate) => layout.parent[candidate] === index) ?? index;
  const place = row.indexOf(index) + (key === "ArrowLeft" ? -1 : 1);
  return row[place] ?? index;
}

/** @param {FlameLayout} layout @param {number} ancestor @param {number} index @returns {boolean} also for itself */
export function isWithin(layout, ancestor, index) {
  return layout.depth[index] >= layout.depth[ancestor]
    && layout.start[index] >= layout.start[ancestor] && layout.end[index] <= layout.end[ancestor];
}
