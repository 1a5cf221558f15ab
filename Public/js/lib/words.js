// @ts-check
// What the page says about terms of ours.

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

/** @type {Record<string, {label: string, text: string}>} */
export const DROPS = {
  events: { label: "events", text: "history records; live figures are not affected" },
  stacks: { label: "stacks", text: "new call stacks; their blocks are counted without a stack" },
  blocks: { label: "blocks", text: "blocks that found no slot and are missing from live figures" },
  contexts: { label: "contexts", text: "async contexts; such stacks end early" },
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
