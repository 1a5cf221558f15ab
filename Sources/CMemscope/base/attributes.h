// How functions are declared in the core.
#ifndef MSCOPE_BASE_ATTRIBUTES_H
#define MSCOPE_BASE_ATTRIBUTES_H

#define MSCOPE_HIDDEN __attribute__((visibility("hidden")))

// For a function that the hot path calls, but hardly ever: the function saves the registers, so that its callers need
// not.
#define MSCOPE_RARE MSCOPE_HIDDEN __attribute__((preserve_most, noinline))

// For functions with two callers, which the compiler would not inline; on the hot path a call costs a tenth of the
// budget.
#define MSCOPE_INLINE static inline __attribute__((always_inline))

// Sanitizers bring their own malloc: there the hooks are compiled out, and the rest is tested.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MSCOPE_NO_HOOKS 1
#endif
#endif

#endif
