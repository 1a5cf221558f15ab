// @ts-check
// Explanations of MemScope's terms for the page.

/** @type {Record<string, {label: string, text: string}>} */
export const MODES = {
  full: { label: "Full", text: "Every allocation and free is recorded with its call stack. Figures are measured." },
  balanced: {
    label: "Balanced",
    text: "Every live block is counted exactly; stacks are taken for a sample, so figures by site are estimates.",
  },
  sampled: {
    label: "Sampled",
    text: "Blocks are sampled by bytes. Cheap enough for production; figures are unbiased estimates.",
  },
  off: { label: "Off", text: "Nothing new is recorded. Blocks already known stay known until they are freed." },
};

/** @type {Record<string, {label: string, text: string}>} */
export const QUALITIES = {
  measured: { label: "Measured", text: "Every figure was counted, none is an estimate." },
  sampled: { label: "Sampled estimates", text: "Figures are unbiased estimates from samples." },
  inferred: { label: "Inferred", text: "Tracking was off for a while, so some figures are concluded, not counted." },
};

/** Which functions of an image have names. @type {Record<string, string>} */
export const FUNCTION_NAMES = { all: "all", exported: "exported", none: "none" };

/** @type {Record<string, {label: string, text: string}>} */
export const DROPS = {
  events: { label: "events", text: "history records; live figures are not affected" },
  stacks: { label: "stacks", text: "new call stacks; their blocks are counted without a stack" },
  blocks: { label: "blocks", text: "blocks that found no slot and are missing from live figures" },
  accounts: { label: "accounts", text: "tasks beyond the table: what they allocate is counted by thread, not by task" },
  threads: { label: "threads", text: "threads beyond the table; counted without a name" },
};

/** @type {Record<string, {label: string, text: string}>} */
export const STACK_QUALITIES = {
  exact: { label: "exact", text: "Every frame was found from unwind rules." },
  truncated: { label: "truncated", text: "Outer frames are missing: too deep, or code without an unwind rule." },
  guessed: { label: "guessed", text: "At least one frame was found by its frame pointer alone." },
  none: { label: "no stack", text: "No stack was taken for these blocks." },
};

/** @type {Record<string, string>} */
export const KINDS = {
  class: "Swift class instance",
  array: "Array storage",
  dictionary: "Dictionary storage",
  set: "Set storage",
  string: "String storage",
  closure: "Closure context",
  box: "Boxed variable",
  error: "Error value",
  task: "Task memory",
  c: "Block from C or C++ code, named by its image",
  unknown: "Not recognised",
};

/** @type {Record<string, {label: string, unit: "bytes" | "count"}>} */
export const WEIGHTS = {
  bytes: { label: "Live bytes", unit: "bytes" },
  blocks: { label: "Live blocks", unit: "count" },
  allocatedBytes: { label: "Allocated bytes", unit: "bytes" },
  allocations: { label: "Allocations", unit: "count" },
};

/** @type {Record<string, {label: string, text: string}>} */
export const LEAK_KINDS = {
  cycle: { label: "cycle", text: "Objects that hold each other, and that nothing else holds." },
  direct: { label: "direct", text: "Nothing points to these blocks any more." },
  indirect: { label: "indirect", text: "Held only by blocks that are themselves unreachable." },
  growth: { label: "growth", text: "Still reachable, but steadily more: concluded from readings, not a proof." },
  stack: {
    label: "one stack word",
    text: "Suspects: held only by one word on a stack, in a register, in a task's frames or in MemScope's own memory.",
  },
};

/** @type {Record<string, {label: string, text: string}>} what a statement about the heap rests on */
export const EVIDENCE = {
  measured: { label: "measured", text: "Found by looking at every word of the heap." },
  unknown: { label: "unknown", text: "Nothing tells whether that word is a variable or an old one." },
  inferred: { label: "inferred", text: "A conclusion: part of it was guessed, as no type says what it means." },
};

/** @type {Record<string, string>} */
export const SCAN_METHODS = {
  "fork": "looked at a copy of the process",
  "fork+registers": "looked at a copy of the process and at its threads' registers",
  "fork+signal": "looked at a copy of the process, its threads stopped by a signal",
  "stopped": "looked at the process itself, its threads stopped by a signal: no copy could be made",
};

/** @type {Record<string, string>} what holds a block from outside of the heap */
export const ROOTS = {
  global: "global variable",
  stack: "stack",
  register: "register",
  internal: "MemScope itself",
  mapping: "mapped memory",
  thread: "variable",
  kernel: "user data in the kernel",
};

/** @type {Record<string, {label: string, text: string}>} */
export const REFERENCES = {
  strong: { label: "strong", text: "Keeps its target alive." },
  weak: { label: "weak", text: "Keeps nothing alive." },
  unowned: { label: "unowned", text: "Keeps nothing alive, only the memory of an object that is gone." },
  unmanaged: { label: "unmanaged", text: "Unmanaged, unowned(unsafe) or an unsafe pointer: points, but does not own." },
  conservative: { label: "a pointer", text: "Points there, but nothing says what it means. Counts as holding." },
  sideTable: { label: "side table", text: "The object's own side table, which keeps its counts." },
};

/** @type {Record<string, {label: string, text: string}>} */
export const ERROR_KINDS = {
  "use-after-free-read": { label: "read after free", text: "Memory was read after it had been given back." },
  "use-after-free-write": { label: "write after free", text: "Memory was written to after it had been given back." },
  "double-free": { label: "double free", text: "A block was given back twice." },
  "invalid-free": { label: "invalid free", text: "What was freed is not the beginning of a block." },
  "overflow": { label: "overflow", text: "An access behind the end of a block." },
  "underflow": { label: "underflow", text: "An access before the beginning of a block." },
  "mismatched-free": { label: "mismatched free", text: "Freed by another family, or with another size, than made." },
};

/** @type {Record<string, {label: string, text: string}>} */
export const DISCOVERIES = {
  "at-once": { label: "in the act", text: "The access stack is where it happened." },
  "later": { label: "by what it left", text: "The access stack is where it was found, not where it happened." },
  "sweep": { label: "by a look at all memory", text: "Who did it is not known." },
  "exit": { label: "at the end of the process", text: "Who did it is not known." },
};

/** @type {Record<string, {label: string, text: string}>} */
export const SEVERITIES = {
  critical: { label: "critical", text: "Memory is, or would have been, damaged." },
  high: { label: "high", text: "Wrong data was used, or a large share of the heap is unreachable." },
  medium: { label: "medium", text: "A defect that costs memory or figures." },
  low: { label: "low", text: "Small, or perhaps meant." },
};

/** @type {Record<string, string>} */
export const DETECTORS = {
  errors: "Memory errors",
  leaks: "Leaks",
  cycles: "Retain cycles",
  growth: "Growth",
  records: "Missing records",
  stacks: "Guessed stacks",
};

/** @type {Record<string, {label: string, text: string}>} how far a detector looked */
export const COVERAGES = {
  "complete": { label: "looked at everything", text: "It saw everything it can see." },
  "partial": { label: "looked at a part", text: "What it did not see may have more." },
  "not-run": { label: "did not run", text: "Nothing is known: this is not the same as clean." },
};

/** @type {Record<string, {label: string, text: string}>} */
export const VARIABLE_STATES = {
  true: { label: "live", text: "It refers to live blocks, or the property lives" },
  false: { label: "ended", text: "Its blocks were freed, or the property is gone" },
  null: { label: "plain", text: "Its value refers to no block of the heap" },
};

/** @type {Record<string, {label: string}>} */
export const VARIABLE_CHANGES = {
  assigned: { label: "Another value" },
  reallocated: { label: "Moved" },
  copied: { label: "Copied on write" },
};
