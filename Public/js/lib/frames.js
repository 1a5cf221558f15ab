// @ts-check
// Chooses the frame by which a stack is named.

/** @typedef {import("../wire-types.js").Frame} Frame */

// Groups of `codeGroup` whose frames pass a request for memory on; they are not the code that needs the memory.
const PLUMBING = new Set([2, 3, 5]);

/** @param {Frame} frame @returns {boolean} */
export function isPlumbing(frame) {
  return PLUMBING.has(codeGroup({ name: frame.function, image: frame.image }));
}

/** @param {Frame} frame @returns {boolean} whether the compiler made it: it stands in front of the program's `init` */
function isAllocatingInit(frame) {
  return !frame.file && frame.function.includes("__allocating_init");
}

/**
 * @param {Frame[]} stack - innermost first
 * @returns {Frame | null} the innermost frame of the program's own; without one the innermost that is no plumbing
 */
export function headline(stack) {
  const own = stack.filter((frame) => codeGroup({ name: frame.function, image: frame.image }) === 1);
  const first = own.find((frame) => !isAllocatingInit(frame)) ?? own[0];
  return first ?? stack.find((frame) => !isPlumbing(frame)) ?? stack[0] ?? null;
}

/** @param {{file: string | null, line: number | null}} frame @returns {string} "Cache.swift:42", "" when not known */
export function location(frame) {
  if (!frame.file) return "";
  const name = frame.file.slice(frame.file.lastIndexOf("/") + 1);
  return frame.line ? `${name}:${frame.line}` : name;
}

/** @param {{file: string | null, line: number | null}} frame @returns {string} with the whole path */
export function fullLocation(frame) {
  if (!frame.file) return "";
  return frame.line ? `${frame.file}:${frame.line}` : frame.file;
}

/** @type {Record<number, string>} what the groups of `codeGroup` are called */
export const CODE_GROUPS = {
  1: "Program", 2: "Swift runtime", 3: "Foundation", 4: "Other libraries", 5: "C and C++ runtime", 6: "Unknown",
};

const RUNTIME_NAME =
  /^(generic )?(specialized |specialization <.*> of )?(\(extension in [^)]+\):)?(_?swift_|(static )?Swift\.)/;

/**
 * The group of a box's code, which decides its colour.
 * @param {{name: string, image?: string | null}} node
 * @returns {number} a key of CODE_GROUPS
 */
export function codeGroup({ name, image }) {
  // In a static executable the runtime has no image of its own, only its names.
  if (RUNTIME_NAME.test(name)) return 2;
  if (!image) return 6;
  if (image.startsWith("libswift")) return 2;
  if (/^lib_?(Foundation|dispatch|BlocksRuntime)/.test(image)) return 3;
  if (/^(libc|libm|libstdc\+\+|libc\+\+|libgcc\w*|libpthread)\.|^ld-linux|^\[vdso/.test(image)) return 5;
  return /^lib|\.so/.test(image) ? 4 : 1;
}
