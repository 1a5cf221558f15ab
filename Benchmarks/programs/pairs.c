// malloc/free pairs under a stack of known depth.
//
//   pairs FRAMES THREADS SECONDS
//
// Prints nanoseconds per pair, averaged over the threads.
#include "threads.h"

#include <string.h>

// Sizes of 16 to 512 bytes at random, and filled: nobody allocates what he does not use.
static void allocate(struct step *s)
{
    size_t size = 16 + (next_random(s->state) & 31) * 16;
    char *block = malloc(size);
    memset(block, 1, size);
    __asm__ volatile("" : : "r"(block) : "memory");
    free(block);
}

static struct cost measure_pairs(int frames, double seconds)
{
    uint64_t random = 0x9E3779B97F4A7C15u;
    return measure((struct run){repeat_chain, allocate, &random, 0, 0}, frames, BENCH_WARM_UP, seconds);
}

int main(int count, char **arguments)
{
    struct task task = read_task(count, arguments, measure_pairs);
    print_cost(measure_threads(&task));
    return 0;
}
