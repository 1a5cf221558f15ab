// @ts-check
// The wire format as the page sees it; docs/wire-format.md is the contract.
// Sizes are bytes, times nanoseconds on the monotonic clock, ids "0x…" or numbers.
// null means that a figure is not known.

/** @typedef {"full" | "balanced" | "sampled" | "off"} Mode */
/** @typedef {"measured" | "sampled" | "inferred"} Quality */

/**
 * @typedef {object} ProcessInfo
 * @property {number} pid
 * @property {string} name
 * @property {number} startedAt
 * @property {{monotonic: number, unix: number}} wallAnchor - one moment on both clocks, nanoseconds
 */

/**
 * What is around every answer.
 * @typedef {object} EnvelopeBase
 * @property {number} schemaVersion
 * @property {number} generatedAt
 * @property {ProcessInfo} process
 * @property {Mode} mode
 * @property {Quality} quality
 * @property {number} dropped - records lost to full tables since the start
 * @property {boolean} truncated - whether data left something out
 */

/**
 * An answer; without data when the resource cannot answer.
 * @template Data
 * @typedef {EnvelopeBase & {data: Data, available?: false, reason?: string, enable?: string}} Envelope
 */

/** @typedef {Envelope<Summary>} SummaryEnvelope */

/**
 * @typedef {object} WireError
 * @property {string} code
 * @property {string} message
 * @property {string} hint
 */

/**
 * @typedef {object} Frame
 * @property {string} function
 * @property {string | null} file
 * @property {number | null} line
 * @property {string | null} image
 * @property {string} address
 * @property {boolean} inlined
 */

/**
 * GET /api/summary
 * @typedef {object} Summary
 * @property {number} liveBytes
 * @property {number} liveBlocks
 * @property {number} liveBytesStandardError - 0 when measured
 * @property {number} allocations
 * @property {number} frees
 * @property {number} allocatedBytes
 * @property {number} freedBytes
 * @property {number} peakLiveBytes
 * @property {number} peakErrorBytes
 * @property {number | null} rssBytes
 * @property {number | null} allocatorHeldBytes
 * @property {string} allocator
 * @property {number} sites
 * @property {number} threads
 * @property {number} uptimeNanoseconds
 * @property {number} ownBytes
 * @property {number} ownLimitBytes
 * @property {{liveBytes: number, liveBlocks: number}} ownThreads
 * @property {{calls: number, bytes: number, unmapCalls: number, unmapBytes: number}} mapped
 * @property {Rates} rates - of the last second; null before the second tick
 * @property {{exact: number, truncated: number, guessed: number}} stacks - distinct stacks
 * @property {Record<string, number>} drops - events, stacks, blocks, accounts, threads
 */

/**
 * @typedef {object} Rates
 * @property {number | null} allocationsPerSecond
 * @property {number | null} freesPerSecond
 * @property {number | null} allocatedBytesPerSecond
 */

/** @typedef {"1s" | "10s" | "1m"} Resolution */

/**
 * GET /api/timeline
 * @typedef {object} Timeline
 * @property {number} resolutionNanoseconds
 * @property {TimelineColumns} points
 * @property {Mark[]} marks
 */

/**
 * Columns of equal length, ascending by time.
 * @typedef {object} TimelineColumns
 * @property {number[]} time
 * @property {(number | null)[]} liveBytes
 * @property {(number | null)[]} maximumLiveBytes - the highest reading since the point before
 * @property {(number | null)[]} liveBlocks
 * @property {(number | null)[]} allocationsPerSecond
 * @property {(number | null)[]} freesPerSecond
 * @property {(number | null)[]} allocatedBytesPerSecond
 * @property {(number | null)[]} rssBytes
 * @property {(number | null)[]} allocatorHeldBytes
 * @property {(number | null)[]} ownBytes
 */

/** @typedef {{time: number, name: string}} Mark */

/** @typedef {{total: number, next: string | null}} Page */

/**
 * @typedef {object} Site
 * @property {string | number} id
 * @property {number} bytes
 * @property {number} blocks
 * @property {number} allocations
 * @property {number} frees
 * @property {number} allocatedBytes
 * @property {number} freedBytes
 * @property {number} peakBytes
 * @property {"exact" | "truncated" | "guessed" | "none"} stackQuality
 * @property {boolean} async
 * @property {Frame[]} stack - innermost first
 */

/**
 * GET /api/sites
 * @typedef {Page & {sites: Site[]}} SiteList
 */

/** @typedef {{name: string, kind: string, blocks: number, bytes: number}} TypeSum */
/** @typedef {TypeSum & {retainedBytes: number | null}} TypeRow - retained: null until the heap was scanned */

/**
 * GET /api/types
 * `retainedBytes` are of `scan`, which is null until the heap was scanned.
 * @typedef {Page & {types: TypeRow[], scan: import("./graph-types.js").ScanInfo | null}} TypeList
 */

/**
 * @typedef {object} ThreadRow
 * @property {number} id
 * @property {number} tid
 * @property {string} name
 * @property {boolean} alive
 * @property {number} startedAt
 * @property {number | null} endedAt
 * @property {number} allocations
 * @property {number} frees
 * @property {number} allocatedBytes
 * @property {number} freedBytes
 */

/**
 * @typedef {object} OwnThreads
 * @property {number} count
 * @property {number} allocations
 * @property {number} frees
 * @property {number} allocatedBytes
 * @property {number} freedBytes
 */

/**
 * GET /api/threads
 * @typedef {Page & {threads: ThreadRow[], ownThreads: OwnThreads}} ThreadList
 */

/**
 * @typedef {object} SnapshotInfo
 * @property {string | number} id
 * @property {string} name
 * @property {number} takenAt
 * @property {number} liveBytes
 * @property {number} liveBlocks
 * @property {{bytes: number, blocks: number}} standardError - 0 when measured
 * @property {boolean} consistent
 * @property {number} missedBlocks
 */

/**
 * GET /api/snapshots
 * @typedef {{snapshots: SnapshotInfo[], limit: number}} SnapshotList
 */

/** @typedef {"new" | "gone" | "grown" | "shrunk"} Change - new: it had no block before; gone: it has none now */

/** @typedef {{change: Change, id: string | number, bytes: number, blocks: number, stack: Frame[]}} SiteDifference */
/** @typedef {TypeSum & {change: Change}} TypeDifference */

/**
 * GET /api/diff: signed differences, by absolute bytes descending.
 * @typedef {object} Diff
 * @property {SnapshotInfo} from
 * @property {SnapshotInfo} to
 * @property {number} bytes
 * @property {number} blocks
 * @property {SiteDifference[]} sites
 * @property {TypeDifference[]} types
 */

/**
 * @typedef {object} FlameNode
 * @property {string} name
 * @property {number} value
 * @property {FlameNode[]} children - by value descending
 * @property {string | null} [file]
 * @property {number | null} [line]
 * @property {string | null} [image]
 */

/**
 * GET /api/flamegraph
 * @typedef {{weight: string, total: number, root: FlameNode}} FlameGraph
 */

/**
 * Where the names of an image's code come from.
 * @typedef {object} ImageNames
 * @property {"all" | "exported" | "none"} functions - which have names
 * @property {boolean} lines - and inlined calls
 * @property {string | null} debugFile - a separate one that was read
 * @property {string | null} problem - what is lacking, why, and what brings it
 */

/**
 * @typedef {object} ImageRow
 * @property {string | null} path
 * @property {string} start
 * @property {string} end
 * @property {string | null} buildID
 * @property {number} loadedAt
 * @property {number | null} unloadedAt
 * @property {ImageNames | null} names - null when it is unloaded
 */

/** @typedef {{images: ImageRow[]}} Metadata - GET /api/metadata, the part the page reads */

/**
 * GET /api/config, the part the page reads.
 * @typedef {{mode: Mode, modes: Mode[], sampleIntervalBytes: number}} Config
 */

export {};
