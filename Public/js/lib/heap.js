// @ts-check
// The results of a scan of the heap as text.

import { formatBytes, formatCount, formatSpan, groupDigits } from "./format.js";
import { ROOTS, SCAN_METHODS } from "./words.js";

/** @typedef {import("../graph-types.js").ScanInfo} ScanInfo */
/** @typedef {import("../graph-types.js").Root} Root */
/** @typedef {import("../graph-types.js").Leak} Leak */

/** @param {ScanInfo} scan @returns {string} how it was made, and what it cost the program */
export function scanText(scan) {
  const method = SCAN_METHODS[scan.method] ?? scan.method;
  const passes = scan.passes > 1 ? ` in ${scan.passes} passes` : "";
  const heap = `${formatCount(scan.blocks)} blocks, ${formatBytes(scan.bytes)}`;
  return `The program was paused for ${formatSpan(scan.pauseNanoseconds)}; the scan took `
    + `${formatSpan(scan.durationNanoseconds)}${passes} and ${method}: ${heap}, registers of `
    + `${groupDigits(scan.threadsRead)} of ${groupDigits(scan.threads)} threads.`;
}

/** @param {ScanInfo} scan @returns {string[]} why the answer may be less than the whole */
export function scanCaveats(scan) {
  const left = scan.threadsLeft;
  const caveats = [
    scan.unknownHeap && "Recording had gaps, so memory of unknown blocks counts as holding: leaks may be missing.",
    scan.refusedReferences > 0 && `${groupDigits(scan.refusedReferences)} words should be references by their block's `
      + "layout, but lead where their type does not allow: they hold, but are part of no cycle.",
    left > 0 && `${groupDigits(left)} ${left === 1 ? "thread was" : "threads were"} left alone in a system call that `
      + "would have noticed; what only their registers hold is a suspect, not a leak.",
  ];
  return caveats.flatMap((text) => text || []);
}

/** @param {number} count @returns {string} "" for none */
function suspectsText(count) {
  if (count === 0) return "";
  const [blocks, are] = count === 1 ? ["block", "is"] : ["blocks", "are"];
  return `${groupDigits(count)} more ${blocks} ${are} suspect: one pass found no pointer there, but a register may `
    + "have held one, or it was on its way. Not confirmed, so not listed; scan again to know more.";
}

/** @param {number} count @param {number} bytes @param {string} rest @returns {string} "" for none */
function heldText(count, bytes, rest) {
  const [blocks, are] = count === 1 ? ["block", "is"] : ["blocks", "are"];
  return count === 0 ? "" : `${formatBytes(bytes)} in ${groupDigits(count)} ${blocks} ${are} held by ${rest}`;
}

/** @param {import("../graph-types.js").LeakSummary} summary @returns {string[]} what was found but is not listed */
export function unlistedTexts(summary) {
  const { suspects, kernelSuspects, suppressedBlocks: count, suppressedBytes } = summary;
  const ofKernel = kernelSuspects === 0 ? ""
    : `${groupDigits(kernelSuspects)} of the suspects may be held by the kernel: nobody can read what io_uring keeps.`;
  const stack = heldText(summary.stackHeldBlocks, summary.stackHeldBytes,
    "nothing but words on stacks, in registers, in frames of tasks and in MemScope's own memory: variables, or what "
    + "earlier calls left there"
    + (summary.stackSuspects > 0 ? `; ${groupDigits(summary.stackSuspects)} of them hang on single words.` : "."));
  const kernel = heldText(summary.kernelHeldBlocks, summary.kernelHeldBytes,
    "the kernel only, as user data of epoll or of a timer.");
  const suppressed = `${formatBytes(suppressedBytes)} in ${groupDigits(count)} ${count === 1 ? "block" : "blocks"} `
    + "are left out, as the rules of MEMSCOPE_SUPPRESSIONS ask.";
  const texts = [suspectsText(suspects - kernelSuspects), ofKernel, stack, kernel, count > 0 ? suppressed : ""];
  return texts.filter((text) => text !== "");
}

/** @param {Root} root @returns {string} "global variable cache in libfoo.so", "stack of thread 17" */
export function rootText({ kind, tid, image, symbol }) {
  const what = ROOTS[kind] ?? kind;
  const thread = tid ? ` of thread ${tid}` : "";
  return what + (symbol ? ` ${symbol}` : "") + (image ? ` in ${image}` : "") + thread;
}

/** @param {Leak} leak @returns {"measured" | "inferred" | "unknown"} */
export function leakEvidence({ kind }) {
  if (kind === "stack") return "unknown";
  return kind === "growth" ? "inferred" : "measured";
}

/** @param {Leak} leak @returns {string} what makes a row the same row after another scan */
export function leakKey({ kind, typeKind, type, site, reason }) {
  return [kind, typeKind, type, site, reason].join(" ");
}

/**
 * @param {string} text - as typed
 * @returns {string | null} "0x…" as the API spells addresses; null for what is none
 */
export function parseAddress(text) {
  const match = /^\s*(?:0x)?0*([0-9a-f]{1,16})\s*$/i.exec(text);
  return match ? `0x${match[1].toLowerCase()}` : null;
}
