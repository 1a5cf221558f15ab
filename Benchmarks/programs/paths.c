// 4,096 live blocks, replaced one at a time, each under one of 4,096 stacks chosen at random.
//
//   paths FRAMES SECONDS
//
// The innermost six frames are each one of four functions. So a stack is hardly ever one of the last hundred, and
// blocks are not freed in the order in which they came: as in programs.
#include "forks.h"

#include <string.h>

enum { BLOCKS = 4096 };

struct replacement {
    struct path path;
    uint64_t random;
    char *blocks[BLOCKS];
};

static void replace(struct step *s)
{
    struct replacement *r = s->state;
    char **slot = &r->blocks[r->random >> 20 & (BLOCKS - 1)];
    size_t size = 16 + (r->random >> 40 & 31) * 16;
    free(*slot);
    *slot = malloc(size);
    memset(*slot, 1, size);
}

static void descend(struct step *s)
{
    struct replacement *r = s->state;
    r->path.bits = next_random(&r->random) >> 50;
    take_path(s);
    __asm__ volatile("" ::: "memory");
}

static uint64_t repeat(int chain, struct step *s)
{
    for (int i = 0; i < BENCH_BATCH; i++) frame_chain[chain](s);
    return BENCH_BATCH;
}

int main(int count, char **arguments)
{
    int frames = count == 3 ? atoi(arguments[1]) : 0;
    double seconds = count == 3 ? atof(arguments[2]) : 0;
    if (frames < 1 || seconds <= 0) {
        fprintf(stderr, "usage: paths FRAMES SECONDS\n");
        return 2;
    }
    static struct replacement replacement = {.path = {0, replace}, .random = 0x9E3779B97F4A7C15u};
    struct step step = {descend, &replacement};
    uint64_t pairs = 0;
    int chain = chain_for(frames - FORK_LEVELS - 2);
    for (uint64_t warmed = 0; warmed < BENCH_WARM_UP;) warmed += repeat(chain, &step);
    struct cost begun = cost_begin();
    uint64_t end = begun.wall + (uint64_t)(seconds * 1e9);
    while (nanoseconds(CLOCK_MONOTONIC) < end) pairs += repeat(chain, &step);
    print_cost(cost_end(begun, pairs));
    return 0;
}
