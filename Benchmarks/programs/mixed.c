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

struct blocks {
    char **blocks;
    size_t count;
    uint64_t random;
};

static void repeat(const struct run *run)
{
    struct blocks *all = run->state;
    for (int i = 0; i < BENCH_BATCH; i++) {
        uint64_t bits = next_random(&all->random);
        struct replacement r = {&all->blocks[(bits >> 16) % all->count], random_size(next_random(&all->random))};
        struct step step = {run->act, &r};
        frame_chain[run->chain + ((int)bits & run->varied)](&step);
    }
}

int main(int argument_count, char **arguments)
{
    long count = argument_count == 3 ? atol(arguments[1]) : 0;
    double seconds = argument_count == 3 ? atof(arguments[2]) : 0;
    if (count < 1 || seconds <= 0) {
        fprintf(stderr, "usage: mixed BLOCKS SECONDS\n");
        return 2;
    }
    struct blocks all = {calloc((size_t)count, sizeof(char *)), (size_t)count, 0x9E3779B97F4A7C15u};
    print_cost(measure((struct run){repeat, replace, &all, 0, 31}, 8, 3 * (uint64_t)count, seconds));
    return 0;
}
