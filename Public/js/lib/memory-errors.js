// @ts-check
// Memory errors as text, and memory as rows of bytes.

import { formatBytes, groupDigits } from "./format.js";

/** @typedef {import("../error-types.js").MemoryError} MemoryError */
/** @typedef {import("../error-types.js").Checks} Checks */

const ROW = 16;

/** @typedef {{address: string, cells: {text: string, damaged: boolean, inside: boolean}[]}} DumpRow */

/**
 * The bytes around the damage, sixteen to a row.
 * @param {MemoryError} error
 * @returns {DumpRow[]} none where the server does not show them
 */
export function dumpRows({ bytes, address, block, size }) {
  if (!bytes) return [];
  const start = BigInt(bytes.address);
  const damage = BigInt(address);
  const first = block === null ? null : BigInt(block);
  const pairs = bytes.hexadecimal.match(/../g) ?? [];
  const inside = (/** @type {bigint} */ at) => first !== null && at >= first && at < first + BigInt(size ?? 0);
  const rows = [];
  for (let index = 0; index < pairs.length; index += ROW) {
    const at = start + BigInt(index);
    rows.push({
      address: `0x${at.toString(16)}`,
      cells: pairs.slice(index, index + ROW).map((text, offset) => {
        const here = at + BigInt(offset);
        return { text, damaged: here === damage, inside: inside(here) };
      }),
    });
  }
  return rows;
}

/** @param {Checks} checks @returns {string} what is looked at, in a sentence or two */
export function checksText({ mode, guard, quarantine }) {
  const share = `One allocation in about ${groupDigits(guard.rate)} lies between guard pages`;
  switch (mode) {
    case "off":
      return "MEMSCOPE_CHECKS is off: only bad frees are noticed.";
    case "sampled":
      return `${share}, where any access to a wrong place is caught in the act; of other blocks only bad frees are `
        + "noticed. MEMSCOPE_CHECKS=full looks at every block.";
    case "full":
      return `Every block is watched for writes to a wrong place, and kept for a while when it is freed `
        + `(${formatBytes(quarantine.bytes)} of ${formatBytes(quarantine.limitBytes)}). ${share}: only of these are `
        + "reads noticed too.";
    case "pages":
      return "Every block has pages of its own, as far as there is room: reads and writes to a wrong place are caught "
        + "in the act.";
    default:
      return "";
  }
}

/** @param {import("../error-types.js").ErrorThread | null} thread @returns {string} */
export function threadText(thread) {
  return thread ? `by thread ${thread.name || "unnamed"} (tid ${thread.tid})` : "";
}
