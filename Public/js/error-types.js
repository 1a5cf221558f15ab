// @ts-check
// What the API answers about memory errors and findings by risk; see docs/wire-format.md.

/** @typedef {import("./wire-types.js").Frame} Frame */
/** @typedef {import("./wire-types.js").Page} Page */
/** @typedef {"access" | "allocated" | "freed"} Role - what somebody did to the block */
/** @typedef {{id: number, tid: number, name: string}} ErrorThread */

/**
 * A memory error, distinct by kind and stacks.
 * @typedef {object} MemoryError
 * @property {number} id
 * @property {string} kind
 * @property {string} title - in words
 * @property {string | null} note
 * @property {string} found - when it came to light
 * @property {string} address - accessed, or given to free
 * @property {string | null} block - null when none is known, as for the next two
 * @property {number | null} size
 * @property {number | null} offset
 * @property {string | null} type
 * @property {string | null} typeKind
 * @property {number} count
 * @property {number} firstSeen
 * @property {number} lastSeen
 * @property {boolean} refused - the call was not passed on
 * @property {boolean} fatal
 * @property {boolean} guessed - the block may be another one
 * @property {Frame[]} access - innermost first, as the next two
 * @property {Frame[]} allocated
 * @property {Frame[]} freed
 * @property {Record<Role, string | null>} stackQualities
 * @property {Record<Role, ErrorThread | null>} threads
 * @property {{address: string, hexadecimal: string} | null} bytes - null unless the server shows contents
 */

/**
 * How memory errors are looked for.
 * @typedef {object} Checks
 * @property {string} mode
 * @property {string} onError
 * @property {{rate: number, slots: number, blocks: number, liveBlocks: number, full: number, faults: number}} guard
 * @property {{blocks: number, bytes: number, limitBytes: number, skipped: number}} quarantine
 * @property {number} canariedBlocks
 * @property {number} lostBlocks
 * @property {number} unknownFrees
 * @property {number} sweeps
 * @property {{errors: number, distinct: number, dropped: number, byKind: {kind: string, count: number}[]}} totals
 */

/**
 * GET /api/errors
 * @typedef {Page & {errors: MemoryError[], checks: Checks}} ErrorList
 */

/**
 * @typedef {object} Finding
 * @property {string} detector
 * @property {string} severity
 * @property {string} title
 * @property {string} evidence
 * @property {number} confidence - 0 to 1
 * @property {string} quality
 * @property {string} remedy
 * @property {string} link - a page of this dashboard
 * @property {number} site
 * @property {Frame[]} stack
 */

/** @typedef {{detector: string, coverage: string, reason: string | null, enable: string | null}} DetectorState */

/**
 * GET /api/safety
 * @typedef {Page & {findings: Finding[], score: number, formula: string, complete: boolean,
 *   detectors: DetectorState[]}} Safety
 */

export {};
