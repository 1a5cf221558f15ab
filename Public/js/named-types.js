// @ts-check
// What the API answers about tasks and named parts of the program; see docs/wire-format.md.

/** @typedef {import("./wire-types.js").Page} Page */

/**
 * null: not known.
 * @typedef {object} TaskRow
 * @property {string} id
 * @property {string | null} name
 * @property {"unstructured" | "groupChild" | "asyncLet" | null} kind
 * @property {"running" | "enqueued" | "suspended" | "completed" | null} state
 * @property {number | null} priority
 * @property {string | null} parent
 * @property {string | null} creator
 * @property {boolean | null} orphaned
 * @property {number | null} createdAt
 * @property {number} liveBytes
 * @property {number} liveBlocks
 * @property {number | null} totalBytes
 * @property {number | null} allocations
 * @property {number | null} peakBytes
 * @property {number | null} site
 * @property {import("./wire-types.js").Frame[]} stack
 */

/** @typedef {{tasks: number, liveBlocks: number, liveBytes: number}} EndedTasks */
/** @typedef {{allocations: number, allocatedBytes: number}} GoneTasks */

/**
 * GET /api/tasks
 * @typedef {Page & {tasks: TaskRow[], ended: EndedTasks, gone: GoneTasks, outside: Outside, problem: string | null}}
 * TaskList
 */

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
 * What was allocated in no scope, or in no task.
 * @typedef {object} Outside
 * @property {number} allocations
 * @property {number} allocatedBytes
 * @property {number} liveBlocks
 * @property {number} liveBytes
 */

/**
 * GET /api/scopes
 * @typedef {Page & {scopes: ScopeRow[], outside: Outside, droppedCalls: number}} ScopeList
 */

/** @typedef {{id: number, bytes: number, blocks: number, stack: import("./wire-types.js").Frame[]}} EscapedSite */
/** @typedef {{name: string, kind: string, bytes: number, blocks: number}} EscapedType */

/**
 * GET /api/scopes/{id}
 * @typedef {{scope: ScopeRow, sites: EscapedSite[], types: EscapedType[]}} ScopeDetail
 */

/**
 * @typedef {object} VariableRow
 * @property {number} id
 * @property {string} name
 * @property {string} type
 * @property {string} dynamicType
 * @property {{file: string, function: string, line: number}} place
 * @property {number | null} thread
 * @property {number | null} task
 * @property {number | null} scope
 * @property {number} born
 * @property {number | null} died
 * @property {boolean | null} alive - null: its value refers to no block, so nobody can tell
 * @property {number} blocks
 * @property {number} bytes
 * @property {number | null} sharedBytes
 * @property {number | null} retainedBytes
 * @property {number} changes
 * @property {number} copies
 * @property {number} copiedBytes
 * @property {boolean} typeKnown
 * @property {{time: number, bytes: number}[]} history
 */

/**
 * GET /api/variables
 * @typedef {Page & {variables: VariableRow[], droppedVariables: number, droppedBlocks: number,
 *   forgottenVariables: number, scan: import("./graph-types.js").ScanInfo | null}} VariableList
 */

/**
 * @typedef {object} VariableReference
 * @property {string | null} field - empty: the value itself; null: its type could not be read
 * @property {string | null} kind
 * @property {string} address
 * @property {number} bytes
 * @property {string | null} type
 * @property {string | null} typeKind
 * @property {number | null} strong
 * @property {import("./wire-types.js").Frame[]} allocated
 * @property {{time: number, thread: number | null, stack: import("./wire-types.js").Frame[]} | null} end
 */

/**
 * @typedef {object} VariableChange
 * @property {number} time
 * @property {"assigned" | "reallocated" | "copied"} kind
 * @property {number | null} bytes - owned since then; null: not known
 * @property {import("./wire-types.js").Frame[]} stack
 */

/**
 * GET /api/variables/{id}
 * @typedef {{variable: VariableRow, references: VariableReference[], changes: VariableChange[]}} VariableDetail
 */

export {};
