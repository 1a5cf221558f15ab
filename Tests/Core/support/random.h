// A small reproducible generator (Marsaglia, "Xorshift RNGs", J. Stat. Software 8(14), 2003).
#ifndef CORE_TESTS_RANDOM_H
#define CORE_TESTS_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * 0x2545F4914F6CDD1Dull;
}

static inline uint64_t random_below(uint64_t *state, uint64_t limit) {
    return (random_next(state) >> 11) % limit;
}

#endif
