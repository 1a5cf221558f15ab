// How functions are declared in the core.
#ifndef MSCOPE_BASE_ATTRIBUTES_H
#define MSCOPE_BASE_ATTRIBUTES_H

#define MSCOPE_HIDDEN __attribute__((visibility("hidden")))

// A call on the hot path that hardly ever happens: it saves the registers, so that its callers need not.
#define MSCOPE_RARE MSCOPE_HIDDEN __attribute__((preserve_most, noinline))

// The compiler makes calls of what has two users; on this path a call is a tenth of the budget.
#define MSCOPE_INLINE static inline __attribute__((always_inline))

// Sanitizers bring their own malloc: the hooks are compiled out, the rest is tested under them.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MSCOPE_NO_HOOKS 1
#endif
#endif

#endif
