// MemScope's system calls, and which of them a filter of the program's forbids (seccomp.c finds out).
#include "base/base.h"

#include <errno.h>

_Atomic uint64_t mscope_denied[MSCOPE_SYSTEM_CALLS / 64];
_Atomic bool mscope_has_strict_thread;

bool mscope_may_be_strict_here(void)
{
    return !mscope_is_own_thread();
}

long mscope_system_call(long number, long a, long b, long c, long d, long e, long f)
{
    return mscope_unlikely(mscope_is_denied(number)) ? -EPERM : mscope_raw_call(number, a, b, c, d, e, f);
}
