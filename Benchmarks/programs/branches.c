// malloc/free pairs under 20 frames that differ from pair to pair.
//
//   branches SECONDS
//
// The innermost six frames are each one of two functions, chosen at random: 64 stacks
// of equal depth, none of them the one before.
#include "forks.h"

#include <string.h>

struct choice {
    struct path path;
    uint64_t random;
};

static void allocate(struct step *s)
{
    struct choice *choice = s->state;
    size_t size = 16 + (choice->random >> 40 & 31) * 16;
    char *block = malloc(size);
    memset(block, 1, size);
    __asm__ volatile("" : : "r"(block) : "memory");
    free(block);
}

static void descend(struct step *s)
{
    struct choice *choice = s->state;
    choice->path.bits = next_random(&choice->random) >> 20 & 0x555; // two of the four
    take_path(s);
    __asm__ volatile("" ::: "memory");
}

int main(int count, char **arguments)
{
    double seconds = count == 2 ? atof(arguments[1]) : 0;
    if (seconds <= 0) {
        fprintf(stderr, "usage: branches SECONDS\n");
        return 2;
    }
    struct choice choice = {{0, allocate}, 0x9E3779B97F4A7C15u};
    struct run run = {repeat_chain, descend, &choice, 0, 0};
    print_cost(measure(run, 20 - FORK_LEVELS - 2, BENCH_WARM_UP, seconds));
    return 0;
}
