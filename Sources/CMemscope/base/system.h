// System calls of ours, and those that the program's filters leave us.
#ifndef MSCOPE_BASE_SYSTEM_H
#define MSCOPE_BASE_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "base/arch.h"
#include "base/attributes.h"

// ---- system.c
enum { MSCOPE_SYSTEM_CALLS = 512 };
extern MSCOPE_HIDDEN _Atomic uint64_t mscope_denied[MSCOPE_SYSTEM_CALLS / 64];
/// Whether a filter that the program has set ends it for a system call, or hands that to somebody.
static inline bool mscope_is_denied_by_filter(long number)
{
    return number < MSCOPE_SYSTEM_CALLS && (mscope_load_relaxed(&mscope_denied[number / 64]) >> number % 64 & 1) != 0;
}
/// Whether a thread of the program's is in the mode in which it may read, write, and end. Which one, we may not ask it:
/// so none of the program's threads calls anything for us.
extern MSCOPE_HIDDEN _Atomic bool mscope_has_strict_thread;
MSCOPE_HIDDEN bool mscope_may_be_strict_here(void);
static inline bool mscope_is_denied(long number)
{
    return mscope_is_denied_by_filter(number)
           || (mscope_unlikely(mscope_load_relaxed(&mscope_has_strict_thread)) && mscope_may_be_strict_here());
}
/// A system call that leaves errno alone: its result, or the error as a negative number; EPERM where a filter of the
/// program's would end it for the call. Arguments become whole words: as ints they would have rubbish in their upper
/// half.
MSCOPE_HIDDEN long mscope_system_call(long number, long a, long b, long c, long d, long e, long f);
#define mscope_system(...) MSCOPE_SYSTEM_WORDS(__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define MSCOPE_SYSTEM_WORDS(number, a, b, c, d, e, f, ...) \
    mscope_system_call((number), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/// 0 where they may not be asked for.
static inline int32_t mscope_process_id(void)
{
    long id = mscope_system(SYS_getpid);
    return id > 0 ? (int32_t)id : 0;
}
static inline int32_t mscope_thread_id(void)
{
    long id = mscope_system(SYS_gettid);
    return id > 0 ? (int32_t)id : 0;
}

#endif
