// A live working set under random replacement: free one block, allocate another.
//
//   mixed BLOCKS SECONDS
//
// Sizes follow a rough power law from 16 bytes to 8 KiB; stacks are 8 to 39 frames
// deep, one of 32 at random, so that caches of recent stacks are of no use.
#include "frames.h"

#include <string.h>

struct replacement {
    char **slot;
    size_t size;
};

static void replace(struct step *s)
{
    struct replacement *r = s->state;
    free(*r->slot);
    *r->slot = malloc(r->size);
    memset(*r->slot, 1, r->size < 256 ? r->size : 256);
}

static size_t random_size(uint64_t bits)
{
    size_t ceiling = (size_t)32 << (__builtin_ctzll(bits | 0x100));
    return 16 + (bits >> 32) % ceiling;
}

static uint64_t repeat(int chain, char **blocks, size_t count, uint64_t *random)
{
    for (int i = 0; i < BENCH_BATCH; i++) {
        uint64_t bits = next_random(random);
        struct replacement r = {&blocks[(bits >> 16) % count], random_size(next_random(random))};
        struct step step = {replace, &r};
        frame_chain[chain + (int)(bits & 31)](&step);
    }
    return BENCH_BATCH;
}

int main(int argument_count, char **arguments)
{
    long count = argument_count == 3 ? atol(arguments[1]) : 0;
    double seconds = argument_count == 3 ? atof(arguments[2]) : 0;
    if (count < 1 || seconds <= 0) {
        fprintf(stderr, "usage: mixed BLOCKS SECONDS\n");
        return 2;
    }
    char **blocks = calloc((size_t)count, sizeof *blocks);
    uint64_t random = 0x9E3779B97F4A7C15u, pairs = 0;
    int chain = chain_for(8);
    for (long filled = 0; filled < 3 * count; filled += BENCH_BATCH) repeat(chain, blocks, (size_t)count, &random);
    struct cost begun = cost_begin();
    uint64_t end = begun.wall + (uint64_t)(seconds * 1e9);
    while (nanoseconds(CLOCK_MONOTONIC) < end) pairs += repeat(chain, blocks, (size_t)count, &random);
    print_cost(cost_end(begun, pairs));
    return 0;
}
