// MemScope's system calls, and which of them the program's filters allow.
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
/// Whether, for this system call, a filter that the program has set ends the program or hands the call to someone else.
static inline bool mscope_is_denied_by_filter(long number)
{
    return number < MSCOPE_SYSTEM_CALLS && (mscope_load_relaxed(&mscope_denied[number / 64]) >> number % 64 & 1) != 0;
}
/// Whether some thread of the program's is in seccomp's strict mode, which allows only to read, write and end. A thread
/// may not even be asked whether it is the one: so no thread of the program's makes system calls for the core.
extern MSCOPE_HIDDEN _Atomic bool mscope_has_strict_thread;
MSCOPE_HIDDEN bool mscope_may_be_strict_here(void);
static inline bool mscope_is_denied(long number)
{
    return mscope_is_denied_by_filter(number)
           || (mscope_unlikely(mscope_load_relaxed(&mscope_has_strict_thread)) && mscope_may_be_strict_here());
}
/// A system call that does not write errno: its result, or the error as a negative number; -EPERM where a filter would
/// end the program for the call. The macro makes each argument a whole word: the upper half of an int would be
/// undefined.
MSCOPE_HIDDEN long mscope_system_call(long number, long a, long b, long c, long d, long e, long f);
#define mscope_system(...) MSCOPE_SYSTEM_WORDS(__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define MSCOPE_SYSTEM_WORDS(number, a, b, c, d, e, f, ...) \
    mscope_system_call((number), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/// 0 where a filter forbids the call.
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
