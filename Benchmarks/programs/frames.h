// A chain of distinct functions to allocate under, and the loop's clock.
//
// Distinct on purpose: one function calling itself would show an unwinder the same
// return address over and over, which no real program does.
#ifndef BENCH_FRAMES_H
#define BENCH_FRAMES_H

#include <execinfo.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// The warm-up is a number of pairs, not a time: enough for a profiler that hands its
// records to another process to get over that process' start.
enum { BENCH_MAX_CHAIN = 64, BENCH_BATCH = 1000, BENCH_WARM_UP = 100000 };

// One step of a workload: `act` runs at the innermost frame.
struct step {
    void (*act)(struct step *);
    void *state;
};

// The empty statement after the call keeps the compiler from turning it into a jump.
#define FRAME(n, next)                                              \
    static __attribute__((noinline)) void frame_##n(struct step *s) \
    {                                                               \
        next(s);                                                    \
        __asm__ volatile("" ::: "memory");                          \
    }

static __attribute__((noinline)) void frame_0(struct step *s)
{
    s->act(s);
    __asm__ volatile("" ::: "memory");
}

// clang-format off
#define FRAMES_8(base, a, b, c, d, e, f, g, h)                                                     \
    FRAME(a, frame_##base) FRAME(b, frame_##a) FRAME(c, frame_##b) FRAME(d, frame_##c)             \
    FRAME(e, frame_##d) FRAME(f, frame_##e) FRAME(g, frame_##f) FRAME(h, frame_##g)
// clang-format on

FRAMES_8(0, 1, 2, 3, 4, 5, 6, 7, 8)
FRAMES_8(8, 9, 10, 11, 12, 13, 14, 15, 16)
FRAMES_8(16, 17, 18, 19, 20, 21, 22, 23, 24)
FRAMES_8(24, 25, 26, 27, 28, 29, 30, 31, 32)
FRAMES_8(32, 33, 34, 35, 36, 37, 38, 39, 40)
FRAMES_8(40, 41, 42, 43, 44, 45, 46, 47, 48)
FRAMES_8(48, 49, 50, 51, 52, 53, 54, 55, 56)
FRAMES_8(56, 57, 58, 59, 60, 61, 62, 63, 64)

#define FRAMES_8_NAMES(a, b, c, d, e, f, g, h) \
    frame_##a, frame_##b, frame_##c, frame_##d, frame_##e, frame_##f, frame_##g, frame_##h

static void (*const frame_chain[BENCH_MAX_CHAIN + 1])(struct step *) = {
    frame_0,
    FRAMES_8_NAMES(1, 2, 3, 4, 5, 6, 7, 8),
    FRAMES_8_NAMES(9, 10, 11, 12, 13, 14, 15, 16),
    FRAMES_8_NAMES(17, 18, 19, 20, 21, 22, 23, 24),
    FRAMES_8_NAMES(25, 26, 27, 28, 29, 30, 31, 32),
    FRAMES_8_NAMES(33, 34, 35, 36, 37, 38, 39, 40),
    FRAMES_8_NAMES(41, 42, 43, 44, 45, 46, 47, 48),
    FRAMES_8_NAMES(49, 50, 51, 52, 53, 54, 55, 56),
    FRAMES_8_NAMES(57, 58, 59, 60, 61, 62, 63, 64),
};

static inline uint64_t nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// What a loop cost: on the wall and on this thread's processor.
struct cost {
    uint64_t pairs, wall, cpu;
};

static inline struct cost cost_begin(void)
{
    return (struct cost){0, nanoseconds(CLOCK_MONOTONIC), nanoseconds(CLOCK_THREAD_CPUTIME_ID)};
}

static inline struct cost cost_end(struct cost begun, uint64_t pairs)
{
    return (struct cost){pairs, nanoseconds(CLOCK_MONOTONIC) - begun.wall,
                         nanoseconds(CLOCK_THREAD_CPUTIME_ID) - begun.cpu};
}

// What a workload repeats: `batch` makes BENCH_BATCH pairs, each by calling a chain with a step that does `act`. The
// chain is `chain`, or one of those up to `chain + varied`.
struct run {
    void (*batch)(const struct run *);
    void (*act)(struct step *);
    void *state;
    int chain, varied;
};

// A batch of steps under one chain.
static inline void repeat_chain(const struct run *run)
{
    struct step step = {run->act, run->state};
    for (int i = 0; i < BENCH_BATCH; i++) frame_chain[run->chain](&step);
}

// AddressSanitizer puts a function of its own in front of backtrace.
#if __has_feature(address_sanitizer)
enum { BENCH_INTERCEPTED = 1 };
#else
enum { BENCH_INTERCEPTED = 0 };
#endif

static _Thread_local int bench_depth;

static void count_frames(struct step *s)
{
    void *frames[BENCH_MAX_CHAIN * 2];
    (void)s;
    bench_depth = backtrace(frames, BENCH_MAX_CHAIN * 2) - BENCH_INTERCEPTED;
}

// Index into `frame_chain` for which a function that `act` calls sees `frames` callers, given how many it saw with the
// first chain.
static inline int chain_for(int frames, int seen)
{
    if (frames < seen || frames > seen + BENCH_MAX_CHAIN) {
        fprintf(stderr, "frames must be %d to %d\n", seen, seen + BENCH_MAX_CHAIN);
        exit(2);
    }
    return frames - seen;
}

// Runs batches under `frames` frames: one that counts them, then `warm_up` pairs, then pairs for some seconds, which
// are measured. All are called from the same place: a stack that was met while warming up is the same stack later.
static inline struct cost measure(struct run run, int frames, uint64_t warm_up, double seconds)
{
    const struct run whole = run;
    struct cost begun = {0, 0, 0};
    uint64_t pairs = 0, end = 0;
    run.act = count_frames, run.chain = run.varied = 0;
    for (;;) {
        run.batch(&run);
        pairs += BENCH_BATCH;
        if (run.act == count_frames) {
            run = whole, run.chain = chain_for(frames, bench_depth), pairs = 0;
        } else if (end == 0 && pairs >= warm_up) {
            begun = cost_begin(), end = begun.wall + (uint64_t)(seconds * 1e9), pairs = 0;
        } else if (end != 0 && nanoseconds(CLOCK_MONOTONIC) >= end) {
            return cost_end(begun, pairs);
        }
    }
}

static inline void print_cost(struct cost cost)
{
    double pairs = (double)cost.pairs;
    printf("wall_ns %.2f\ncpu_ns %.2f\n", (double)cost.wall / pairs, (double)cost.cpu / pairs);
}

static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
