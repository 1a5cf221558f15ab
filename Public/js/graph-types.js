// @ts-check
// The wire format of the heap as a graph, as the page sees it; docs/wire-format.md is the contract.
// Units as in wire-types.js. Addresses are "0x…".

/** @typedef {import("./wire-types.js").Frame} Frame */
/** @typedef {import("./wire-types.js").Page} Page */

/**
 * How a scan of the heap was made.
 * @typedef {object} ScanInfo
 * @property {number} takenAt
 * @property {"fork" | "fork+registers" | "fork+signal" | "stopped"} method
 * @property {number} pauseNanoseconds - longest time any thread of the program was held
 * @property {number} durationNanoseconds
 * @property {number} blocks
 * @property {number} bytes
 * @property {number} threads - of the program
 * @property {number} threadsRead - whose registers were read
 * @property {number} threadsLeft - left alone in a system call that would have noticed
 * @property {boolean} unknownHeap - heap memory of unknown blocks counted as roots
 * @property {number} refusedReferences - words that led where their type does not allow; they hold, but close no cycle
 * @property {1 | 2} passes
 */

/**
 * @typedef {object} LeakSummary
 * @property {number} unreachableBlocks
 * @property {number} unreachableBytes
 * @property {number} cycles
 * @property {number} suspects - found unreachable by one pass only, or perhaps held by io_uring
 * @property {number} kernelSuspects - those of the suspects that io_uring may hold
 * @property {number} stackHeldBlocks - held by nothing but words on stacks, in registers and in frames of tasks, with
 *   what only they hold
 * @property {number} stackHeldBytes
 * @property {number} stackSuspects - those of them that hang on single words
 * @property {number} stackSuspectBytes
 * @property {number} kernelHeldBlocks - held by the kernel only, as user data, with what only they hold
 * @property {number} kernelHeldBytes
 * @property {number} suppressedBlocks - left out by the reader's own rules, as are
 * @property {number} suppressedBytes
 */

/**
 * POST /api/leakscan
 * @typedef {{scan: ScanInfo, summary: LeakSummary}} LeakScan
 */

/** @typedef {"direct" | "indirect" | "cycle" | "growth" | "stack"} LeakKind */

/**
 * Leaks of one kind, type and site.
 * @typedef {object} Leak
 * @property {LeakKind} kind
 * @property {string} reason
 * @property {number} count
 * @property {number} bytes
 * @property {number | null} retainedBytes
 * @property {string} type
 * @property {string} typeKind
 * @property {string | number} site
 * @property {Frame[]} stack - innermost first
 * @property {string[]} addresses - of some of them
 * @property {number | null} slopeBytesPerSecond - of growth
 * @property {number | null} confidence - of growth, 0 to 1
 */

/**
 * GET /api/leaks
 * @typedef {Page & {scan: ScanInfo, summary: LeakSummary, leaks: Leak[]}} LeakList
 */

/** @typedef {{address: string, type: string, kind: string, size: number, retainedBytes: number | null,
 *   reachable: boolean, birth: number, site: string | number}} Instance */
/**
 * GET /api/types/{name}/objects
 * @typedef {Page & {scan: ScanInfo, objects: Instance[]}} InstanceList
 */

/** @typedef {{type: string, field: string | null}} PathStep - the field leads to the next step */
/**
 * The reference that should not be strong.
 * @typedef {object} BreakEdge
 * @property {string} from
 * @property {string | null} field
 * @property {string} to
 * @property {string} reason
 * @property {Frame | null} at - where the closure, the variable or the task was made that has the field
 */

/**
 * @typedef {object} Cycle
 * @property {number} count - of cycles alike
 * @property {number} objects - in all of them
 * @property {number} bytes
 * @property {string[]} types
 * @property {PathStep[]} path - the last step leads to the first
 * @property {BreakEdge | null} breakEdge
 * @property {boolean} reachable
 * @property {boolean} inferred - one of its references was found without a layout
 * @property {Frame[]} stack - that allocated its oldest object
 * @property {string} address - of its oldest object
 */

/**
 * GET /api/cycles
 * @typedef {Page & {scan: ScanInfo, cycles: Cycle[]}} CycleList
 */

/** @typedef {{kind: string, tid?: number | null, image?: string | null, symbol?: string | null}} Root */
/** @typedef {{root: Root}} RootStep */
/** @typedef {{type: string, field: string | null, address: string}} ObjectStep */
/** @typedef {{address: string, type: string, field: string | null, kind: string}} Reference */

/**
 * GET /api/objects/{address}
 * @typedef {object} HeapObject
 * @property {string} address
 * @property {number} size
 * @property {string} type
 * @property {string} kind
 * @property {number | null} birth
 * @property {number | null} thread
 * @property {string | number | null} task
 * @property {string | number} site
 * @property {Frame[]} stack
 * @property {Record<"strong" | "unowned" | "weak", number | null> | null} counts - null for what is no Swift object
 * @property {number | null} retainedBytes
 * @property {boolean} reachable
 * @property {(RootStep | ObjectStep)[] | null} rootPath - from the root; null when unreachable
 * @property {Reference[]} referrers
 * @property {Reference[]} referents
 * @property {number} referrersTotal
 * @property {number} referentsTotal
 * @property {{address: string, type: string} | null} dominator
 * @property {ScanInfo} scan
 */

export {};
