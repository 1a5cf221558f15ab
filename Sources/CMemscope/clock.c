// Time: the tick counter for births, tied to CLOCK_MONOTONIC by two readings far enough apart.
#include "internal.h"

#include <time.h>

static uint64_t mscope_first_ticks, mscope_first_time;
static _Atomic uint64_t mscope_rate; // nanoseconds per tick, 32.32 fixed point

uint64_t mscope_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

void mscope_clock_start(void)
{
    mscope_first_ticks = mscope_ticks();
    mscope_first_time = mscope_now();
}

/// The longer the process runs, the better the rate; a reader in the first 10 ms waits for them.
static uint64_t mscope_calibrated(void)
{
    static _Atomic uint64_t measured_over;
    for (;;) {
        uint64_t ticks = mscope_ticks() - mscope_first_ticks, time = mscope_now() - mscope_first_time;
        uint64_t before = mscope_load_relaxed(&measured_over);
        if (time < 10000000ull) {
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        } else {
            // Each doubling of the span halves the error; in between the rate stays, so that times do not wobble.
            if (time >= 2 * before) {
                mscope_store_relaxed(&mscope_rate, (uint64_t)(((unsigned __int128)time << 32) / ticks));
                mscope_store_relaxed(&measured_over, time);
            }
            return mscope_load_relaxed(&mscope_rate);
        }
    }
}

uint64_t mscope_ticks_to_time(uint64_t ticks)
{
    if (ticks <= mscope_first_ticks) return mscope_first_time;
    uint64_t rate = mscope_calibrated();
    return mscope_first_time + (uint64_t)(((unsigned __int128)(ticks - mscope_first_ticks) * rate) >> 32);
}

uint64_t mscope_birth_to_time(uint64_t birth)
{
    // 40 bits of birth; the upper ones are those of now, or one less when birth is still above it.
    uint64_t now = mscope_ticks() >> MSCOPE_BIRTH_SHIFT, mask = (1ull << 40) - 1;
    uint64_t full = (now & ~mask) | birth;
    if (full > now + 1) full -= mask + 1;
    return mscope_ticks_to_time(full << MSCOPE_BIRTH_SHIFT);
}
