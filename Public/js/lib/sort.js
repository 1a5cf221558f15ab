// @ts-check
// Sorting as the API spells it: a column name, with "-" in front for descending.

/**
 * @param {string} sort - what is in force
 * @param {string} column - what was clicked
 * @param {boolean} ascendingFirst - names read best from A; figures from the largest
 * @returns {string}
 */
export function nextSort(sort, column, ascendingFirst = false) {
  if (sort === column) return `-${column}`;
  if (sort === `-${column}`) return column;
  return ascendingFirst ? column : `-${column}`;
}

/** @param {string} sort @param {string} column @returns {"ascending" | "descending" | "none"} */
export function ariaSort(sort, column) {
  if (sort === column) return "ascending";
  return sort === `-${column}` ? "descending" : "none";
}

/**
 * @template {Record<string, any>} Row
 * @param {Row[]} rows - left as they are
 * @param {string} sort - by absolute value where figures are signed; rows that tie keep their order
 * @returns {Row[]}
 */
export function sortRows(rows, sort) {
  const descending = sort.startsWith("-");
  const column = descending ? sort.slice(1) : sort;
  const compare = (/** @type {Row} */ left, /** @type {Row} */ right) => compareValues(left[column], right[column]);
  return [...rows].sort((left, right) => (descending ? -compare(left, right) : compare(left, right)));
}

/** @param {any} left @param {any} right @returns {number} unknown values come first */
function compareValues(left, right) {
  if (typeof left === "number" && typeof right === "number") return Math.abs(left) - Math.abs(right);
  if (left === null || right === null) return left === right ? 0 : left === null ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
}
