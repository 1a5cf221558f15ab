// @ts-check
// What the API answers about named parts of the program; see docs/wire-format.md.

/** @typedef {import("./wire-types.js").Page} Page */

/**
 * @typedef {object} ScopeRow
 * @property {number} id
 * @property {string} name
 * @property {string[]} path - the names of the scopes around it, and its own
 * @property {Record<string, string>} attributes
 * @property {number} calls
 * @property {number} running
 * @property {number} allocations
 * @property {number} allocatedBytes
 * @property {number} freedBytes
 * @property {number} liveBlocks
 * @property {number} liveBytes
 * @property {number} escapedBlocks
 * @property {number} escapedBytes
 * @property {number | null} peakBytes
 * @property {number} nanoseconds
 */

/**
 * What was allocated in no scope.
 * @typedef {object} OutsideScopes
 * @property {number} allocations
 * @property {number} allocatedBytes
 * @property {number} liveBlocks
 * @property {number} liveBytes
 */

/**
 * GET /api/scopes
 * @typedef {Page & {scopes: ScopeRow[], outside: OutsideScopes, droppedCalls: number}} ScopeList
 */

/** @typedef {{id: number, bytes: number, blocks: number, stack: import("./wire-types.js").Frame[]}} EscapedSite */
/** @typedef {{name: string, kind: string, bytes: number, blocks: number}} EscapedType */

/**
 * GET /api/scopes/{id}
 * @typedef {{scope: ScopeRow, sites: EscapedSite[], types: EscapedType[]}} ScopeDetail
 */

export {};
