// Levels of four functions that do the same at different addresses: a path through them is one of 4^FORK_LEVELS stacks.
#ifndef BENCH_FORKS_H
#define BENCH_FORKS_H

#include "frames.h"

enum { FORK_LEVELS = 6 };

// What the state of a forked workload begins with.
struct path {
    uint64_t bits; // two a level, those of the outermost are the highest
    void (*act)(struct step *);
};

static inline uint64_t path_bits(const struct step *s, int level)
{
    return ((const struct path *)s->state)->bits >> 2 * level;
}

// A function that goes on to one of four of the next level.
#define PRONG(name, next)                                      \
    static __attribute__((noinline)) void name(struct step *s) \
    {                                                          \
        if (path_bits(s, next) & 1) {                          \
            if (path_bits(s, next) & 2)                        \
                a_##next(s);                                   \
            else                                               \
                b_##next(s);                                   \
        } else if (path_bits(s, next) & 2) {                   \
            c_##next(s);                                       \
        } else {                                               \
            d_##next(s);                                       \
        }                                                      \
        __asm__ volatile("# " #name::: "memory");              \
    }
#define FORK(level, next) PRONG(a_##level, next) PRONG(b_##level, next) PRONG(c_##level, next) PRONG(d_##level, next)
#define TIP(name)                                              \
    static __attribute__((noinline)) void name(struct step *s) \
    {                                                          \
        ((struct path *)s->state)->act(s);                     \
        __asm__ volatile("# " #name::: "memory");              \
    }

// clang-format off
TIP(a_0) TIP(b_0) TIP(c_0) TIP(d_0)
FORK(1, 0)
FORK(2, 1)
FORK(3, 2)
FORK(4, 3)
FORK(5, 4)
PRONG(take_path, 5)
// clang-format on

#endif
