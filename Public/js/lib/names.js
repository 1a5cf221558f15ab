// @ts-check
// Long function names, short: "Cache.insert(_: Item, for: String) -> ()" reads
// "Cache.insert(_:for:)". The whole name stays in titles, stacks and searches.

const OPENING = "([<{";
const CLOSING = ")]>}";

/** @param {string} text @param {number} at @returns {boolean} whether the ">" there is half of an arrow */
function isArrow(text, at) {
  return text[at] === ">" && text[at - 1] === "-";
}

/**
 * @param {string} text
 * @param {number} start - of an opening bracket
 * @returns {number} of the one that closes it; -1
 */
function closing(text, start) {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    if (OPENING.includes(text[at])) depth += 1;
    else if (CLOSING.includes(text[at]) && !isArrow(text, at)) depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

/** @param {string} text @param {string} wanted @returns {number} first place outside of brackets; -1 */
function outside(text, wanted) {
  for (let at = 0; at < text.length; at += 1) {
    if (text.startsWith(wanted, at)) return at;
    if (OPENING.includes(text[at])) {
      const end = closing(text, at);
      if (end < 0) return -1;
      at = end;
    }
  }
  return -1;
}

/** @param {string} list - between a function's parentheses @returns {string} its labels: "_:for:" */
function labels(list) {
  let rest = list;
  let result = "";
  while (rest.trim() !== "") {
    const comma = outside(rest, ", ");
    const parameter = comma < 0 ? rest : rest.slice(0, comma);
    const colon = outside(parameter, ": ");
    result += `${colon < 0 ? "_" : parameter.slice(0, colon).trim()}:`;
    rest = comma < 0 ? "" : rest.slice(comma + 2);
  }
  return result;
}

/** @param {string} name @returns {string} without generic parameters that end it or carry conditions */
function withoutGenerics(name) {
  const start = outside(name, "<");
  const end = start < 1 ? -1 : closing(name, start);
  if (end < 0 || (end < name.length - 1 && !name.slice(start, end).includes(" where "))) return name;
  return name.slice(0, start) + name.slice(end + 1);
}

// The text with which the compiler marks a copy of a function for some arguments.
const SPECIALIZED = /^(?:function signature|generic(?: not re-abstracted)?(?: partial)?) (?:pre-)?specialization (?=<)/;

/** @param {string} name @returns {string} of the function as it was written, not of the copy made of it */
function unspecialized(name) {
  let rest = name;
  for (let copy = SPECIALIZED.exec(rest); copy; copy = SPECIALIZED.exec(rest)) {
    const end = closing(rest, copy[0].length);
    if (end < 0 || !rest.startsWith(" of ", end + 1)) return rest;
    rest = rest.slice(end + " of ".length + 1);
  }
  return rest;
}

/**
 * @param {string} name - demangled
 * @returns {string} the name itself when it is not a Swift function's
 */
export function shortName(name) {
  const written = unspecialized(name);
  if (written !== name) return shortName(written);
  const wrapped = /^(partial apply forwarder for |merged |@objc )(.+)$/.exec(name);
  if (wrapped) return wrapped[1] + shortName(wrapped[2]);
  const closure = /^((?:implicit )?closure #\d+)(?: @\w+)* \(/.exec(name);
  if (closure) {
    const inside = outside(name, " in ");
    return inside < 0 ? name : `${closure[1]} in ${shortName(name.slice(inside + 4))}`;
  }
  const extension = /^(static )?\(extension in [^)]+\):/.exec(name);
  if (extension) return shortName((extension[1] ?? "") + name.slice(extension[0].length));
  const accessor = /^(.*\.(?:getter|setter|modify|read|unsafeMutableAddressor)) : /.exec(name);
  if (accessor) return accessor[1];
  const resumed = /^\(\d+\) (?:suspend|await) resume partial function for (.+)$/.exec(name);
  if (resumed) return shortName(resumed[1]);
  if (outside(name, " -> ") < 0 || name.includes("::")) return name;
  const open = outside(name, "(");
  const close = open < 1 ? -1 : closing(name, open);
  if (close < 0 || !/^( async)?( throws(\(.*\))?)? -> /.test(name.slice(close + 1))) return name;
  return `${withoutGenerics(name.slice(0, open))}(${labels(name.slice(open + 1, close))})`;
}

/**
 * A short name without its module, for places that show the image beside it.
 * @param {string} name - from `shortName`
 * @returns {string} the name itself when only a type would be left to drop
 */
export function memberName(name) {
  return name.replace(/^((?:static |closure #\d+ in )*)[A-Za-z_]\w*\.(?=[A-Za-z_]\w*[.<])/, "$1");
}

/**
 * Shortens a name to fit: first its qualifiers are left out, then its end.
 * @param {string} name
 * @param {number} room
 * @param {(text: string) => number} measure - in the unit of `room`
 * @returns {string} "" when not even a letter fits
 */
export function fitName(name, room, measure) {
  let text = name;
  for (let dot = /^[\w$]+\./.exec(text); dot && measure(text) > room; dot = /^[\w$]+\./.exec(text)) {
    text = text.slice(dot[0].length);
  }
  if (measure(text) <= room) return text;
  let [fits, exceeds] = [0, text.length];
  while (exceeds - fits > 1) {
    const middle = (fits + exceeds) >> 1;
    if (measure(`${text.slice(0, middle)}…`) <= room) fits = middle;
    else exceeds = middle;
  }
  return fits > 0 ? `${text.slice(0, fits)}…` : "";
}
