// Time: nanoseconds for reports, and the coarse clock for births, which costs 3 ns where the tick counter costs 10.
#include "internal.h"

#include <time.h>

uint64_t mscope_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/// When a block was born, to the kernel's tick (1 to 10 ms): seconds << 10 | nanoseconds >> 20, without a division.
uint64_t mscope_birth_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec << 10 | (uint64_t)now.tv_nsec >> 20;
}

uint64_t mscope_birth_to_time(uint64_t birth)
{
    return (birth >> 10) * 1000000000ull + ((birth & 1023) << 20);
}
