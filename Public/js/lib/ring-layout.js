// @ts-check
// Places the nodes, arrows and names of a ring. Names are in a monospaced font, so that
// their width is known without drawing them.

import { fitName } from "./names.js";

/** @typedef {import("./cycle.js").Ring} Ring */
/** @typedef {{x: number, y: number}} Point */
/** @typedef {Point & {width: number, height: number, text: string}} Box - around its centre */
/** @typedef {Point & {text: string, anchor: "start" | "middle" | "end"}} Label */
/** @typedef {{line: string, arrow: string, label: Label}} Arrow */
/** @typedef {{width: number, height: number, boxes: Box[], arrows: Arrow[]}} RingLayout */

export const NODE_LETTER = 7.3;
export const EDGE_LETTER = 6.7;
const NODE_HEIGHT = 30;
const NODE_PADDING = 22;
const WIDEST_NODE = 210;
const MARGIN = 6;
const BESIDE = 10;
const BELOW = 14;
const BELOW_BOXES = 22;
const BETWEEN_BOXES = 30;
const BEFORE_ARROW = 3;
const ARROW = { length: 9, half: 4 };

/** @param {string} text @param {number} room @param {number} letter - width of one @returns {string} */
function fit(text, room, letter) {
  return fitName(text, room, (candidate) => candidate.length * letter);
}

/** @param {number} width - of a drawing @returns {number} how many nodes have room in it */
export function nodeLimit(width) {
  return width < 420 ? 4 : 8;
}

/** @param {number} count @param {number} width @returns {number} of a box, at most */
function widestBox(count, width) {
  if (count === 1) return width - 2 * MARGIN;
  const third = Math.min(WIDEST_NODE, width * 0.36);
  if (count % 2 === 0) return third;
  // The two lowest boxes of an odd ring stand side by side.
  const sine = Math.sin(Math.PI / count);
  return Math.min(third, ((width - 2 * MARGIN) * sine - BETWEEN_BOXES) / (1 + sine));
}

/** @param {number} count @param {number} index @param {number} width @param {number} widest @returns {Point} */
function place(count, index, width, widest) {
  const across = width / 2 - widest / 2 - MARGIN;
  if (count === 1) return { x: width / 2, y: 122 };
  if (count === 2) return { x: width / 2 + (index === 0 ? -across : across), y: 92 };
  const angle = (2 * Math.PI * index) / count - Math.PI / 2;
  const along = Math.max(88, count * 25);
  return { x: width / 2 + across * Math.cos(angle), y: along + 24 + along * Math.sin(angle) };
}

/** @param {Box} box @param {Point} towards @param {number} gap @returns {Point} where a line leaves the box */
function border(box, towards, gap) {
  const [dx, dy] = [towards.x - box.x, towards.y - box.y];
  const across = (box.width / 2 + gap) / (Math.abs(dx) || 1e-6);
  const along = (box.height / 2 + gap) / (Math.abs(dy) || 1e-6);
  const reach = Math.min(across, along);
  return { x: box.x + dx * reach, y: box.y + dy * reach };
}

/** @param {number} value @returns {string} */
function short(value) {
  return String(Math.round(value * 10) / 10);
}

/** @param {Point} point @returns {string} */
function at({ x, y }) {
  return `${short(x)} ${short(y)}`;
}

/** @param {Point} tip @param {Point} from - where the line comes from @returns {string} a triangle */
function arrowHead(tip, from) {
  const length = Math.hypot(tip.x - from.x, tip.y - from.y) || 1;
  const [ux, uy] = [(tip.x - from.x) / length, (tip.y - from.y) / length];
  const base = { x: tip.x - ux * ARROW.length, y: tip.y - uy * ARROW.length };
  const side = (/** @type {number} */ sign) =>
    ({ x: base.x - sign * uy * ARROW.half, y: base.y + sign * ux * ARROW.half });
  return `M${at(tip)}L${at(side(1))}L${at(side(-1))}Z`;
}

/**
 * @param {string} text
 * @param {Point} middle - of the line
 * @param {Point} outward - unit vector away from the centre
 * @param {number} width - of the drawing
 * @param {number} below - how far from a level line
 * @returns {Label}
 */
function placeLabel(text, middle, outward, width, below) {
  if (Math.abs(outward.x) < 0.25) {
    const room = 2 * Math.min(middle.x, width - middle.x) - MARGIN;
    return { x: middle.x, y: middle.y + outward.y * below, anchor: "middle", text: fit(text, room, EDGE_LETTER) };
  }
  const right = outward.x > 0;
  const x = middle.x + (right ? BESIDE : -BESIDE);
  const room = (right ? width - x : x) - MARGIN;
  return { x, y: middle.y + outward.y * 8, anchor: right ? "start" : "end", text: fit(text, room, EDGE_LETTER) };
}

/** @param {Box} box @param {string} text @param {number} width @returns {Arrow} from a node to itself */
function loop(box, text, width) {
  const [left, right] = [box.x - 34, box.x + 34];
  const top = box.y - NODE_HEIGHT / 2 - BEFORE_ARROW;
  const high = box.y - 100;
  return {
    line: `M${at({ x: right, y: top })}C${at({ x: right + 60, y: high })} ${at({ x: left - 60, y: high })} `
      + at({ x: left, y: top }),
    arrow: arrowHead({ x: left, y: top }, { x: left - 22, y: top - 31 }),
    label: placeLabel(text, { x: box.x, y: box.y - 77 }, { x: 0, y: -1 }, width, BELOW),
  };
}

/**
 * @param {Box} from @param {Box} to
 * @param {string} text
 * @param {Point} centre @param {number} width - of the drawing
 * @returns {Arrow}
 */
function arrow(from, to, text, centre, width) {
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  // Two nodes and the centre are on one line: the two arrows go around the centre.
  const twin = Math.hypot(middle.x - centre.x, middle.y - centre.y) < 1;
  const away = twin ? { x: 0, y: from.x < to.x ? -1 : 1 } : unit(centre, middle);
  const bow = twin ? 112 : 10;
  const control = { x: middle.x + away.x * bow, y: middle.y + away.y * bow };
  const start = border(from, control, BEFORE_ARROW);
  const end = border(to, control, BEFORE_ARROW);
  const top = { x: (start.x + 2 * control.x + end.x) / 4, y: (start.y + 2 * control.y + end.y) / 4 };
  return {
    line: `M${at(start)}Q${at(control)} ${at(end)}`,
    arrow: arrowHead(end, control),
    label: placeLabel(text, top, away, width, twin ? BELOW : BELOW_BOXES),
  };
}

/** @param {Point} from @param {Point} to @returns {Point} */
function unit(from, to) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  return { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
}

/** @param {Ring} ring @param {number} width - of the drawing @returns {RingLayout} */
export function layoutRing({ nodes, edges }, width) {
  const widest = widestBox(nodes.length, width);
  const boxes = nodes.map(({ label }, index) => {
    const text = fit(label, widest - NODE_PADDING, NODE_LETTER);
    const wide = Math.min(widest, text.length * NODE_LETTER + NODE_PADDING);
    return { ...place(nodes.length, index, width, widest), width: wide, height: NODE_HEIGHT, text };
  });
  const middle = (/** @type {"x" | "y"} */ axis) => boxes.reduce((sum, box) => sum + box[axis], 0) / boxes.length;
  const centre = { x: middle("x"), y: middle("y") };
  const arrows = edges.map(({ label }, index) => (boxes.length === 1
    ? loop(boxes[0], label, width)
    : arrow(boxes[index], boxes[(index + 1) % boxes.length], label, centre, width)));
  const lowest = Math.max(...boxes.map((box) => box.y + box.height / 2), ...arrows.map(({ label }) => label.y + 8));
  return { width, height: Math.ceil(lowest + MARGIN), boxes, arrows };
}
