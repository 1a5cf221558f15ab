// malloc/free pairs under 20 frames that differ from pair to pair.
//
//   branches SECONDS
//
// The innermost six frames are each one of two functions, chosen at random: 64 stacks
// of equal depth, none of them the one before.
#include "frames.h"

#include <string.h>

enum { FORKS = 6 };

struct choice {
    uint64_t random;
    uint64_t path;
};

static void allocate(struct step *s)
{
    struct choice *choice = s->state;
    size_t size = 16 + (choice->path >> FORKS & 31) * 16;
    char *block = malloc(size);
    memset(block, 1, size);
    __asm__ volatile("" : : "r"(block) : "memory");
    free(block);
}

// Two functions of one level that do the same at different addresses.
#define FORK(n, left, right)                                        \
    static __attribute__((noinline)) void left_##n(struct step *s)  \
    {                                                               \
        if (((struct choice *)s->state)->path >> (n - 1) & 1)       \
            left(s);                                                \
        else                                                        \
            right(s);                                               \
        __asm__ volatile("# left " #n ::: "memory");                \
    }                                                               \
    static __attribute__((noinline)) void right_##n(struct step *s) \
    {                                                               \
        if (((struct choice *)s->state)->path >> (n - 1) & 1)       \
            left(s);                                                \
        else                                                        \
            right(s);                                               \
        __asm__ volatile("# right " #n ::: "memory");               \
    }

static __attribute__((noinline)) void left_0(struct step *s)
{
    allocate(s);
    __asm__ volatile("# left 0" ::: "memory");
}

static __attribute__((noinline)) void right_0(struct step *s)
{
    allocate(s);
    __asm__ volatile("# right 0" ::: "memory");
}

FORK(1, left_0, right_0)
FORK(2, left_1, right_1)
FORK(3, left_2, right_2)
FORK(4, left_3, right_3)
FORK(5, left_4, right_4)

static void descend(struct step *s)
{
    struct choice *choice = s->state;
    choice->path = next_random(&choice->random) >> 20;
    if (choice->path >> 5 & 1)
        left_5(s);
    else
        right_5(s);
    __asm__ volatile("" ::: "memory");
}

static uint64_t repeat(int chain, struct step *s)
{
    for (int i = 0; i < BENCH_BATCH; i++) frame_chain[chain](s);
    return BENCH_BATCH;
}

int main(int count, char **arguments)
{
    double seconds = count == 2 ? atof(arguments[1]) : 0;
    if (seconds <= 0) {
        fprintf(stderr, "usage: branches SECONDS\n");
        return 2;
    }
    struct choice choice = {0x9E3779B97F4A7C15u, 0};
    struct step step = {descend, &choice};
    uint64_t pairs = 0;
    int chain = chain_for(20 - FORKS - 1);
    for (uint64_t warmed = 0; warmed < BENCH_WARM_UP;) warmed += repeat(chain, &step);
    struct cost begun = cost_begin();
    uint64_t end = begun.wall + (uint64_t)(seconds * 1e9);
    while (nanoseconds(CLOCK_MONOTONIC) < end) pairs += repeat(chain, &step);
    print_cost(cost_end(begun, pairs));
    return 0;
}
