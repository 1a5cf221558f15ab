// The birth of a block: when it was allocated, by the coarse clock, in the unit that a slot keeps.
#ifndef MSCOPE_BASE_CLOCK_H
#define MSCOPE_BASE_CLOCK_H

#include "CMemscope.h"
#include "base/atomic.h"
#include "base/attributes.h"

/// Where the kernel keeps the coarse clock in the page it shares with every process: seconds and nanoseconds, valid
/// while `sequence` is even and does not change. NULL: the kernel's clock function must be called.
struct mscope_kernel_clock {
    const _Atomic uint32_t *sequence;
    const _Atomic uint64_t *coarse;
};
extern MSCOPE_HIDDEN struct mscope_kernel_clock mscope_kernel_clock;
MSCOPE_HIDDEN void mscope_find_kernel_clock(void);
MSCOPE_HIDDEN void mscope_clock_start(void);
MSCOPE_RARE uint64_t mscope_ask_birth_now(void);
static inline uint64_t mscope_birth_at(uint64_t seconds, uint64_t nanoseconds)
{
    return seconds << 10 | nanoseconds >> 20;
}
/// The time now in the unit of a slot's birth, exact to the kernel's tick (1 to 10 ms): seconds << 10 | nanoseconds >>
/// 20, which needs no division. mscope_birth_to_time converts it to nanoseconds.
static inline uint64_t mscope_birth_now(void)
{
    struct mscope_kernel_clock clock = mscope_kernel_clock;
    if (mscope_unlikely(clock.sequence == NULL)) return mscope_ask_birth_now();
    uint32_t sequence = mscope_load_acquire(clock.sequence);
    uint64_t seconds = mscope_load_relaxed(&clock.coarse[0]), nanoseconds = mscope_load_relaxed(&clock.coarse[1]);
    mscope_fence_acquire();
    bool torn = (sequence & 1) != 0 || mscope_load_relaxed(clock.sequence) != sequence;
    return mscope_unlikely(torn) ? mscope_ask_birth_now() : mscope_birth_at(seconds, nanoseconds);
}
MSCOPE_HIDDEN uint64_t mscope_birth_to_time(uint64_t birth);

#endif
