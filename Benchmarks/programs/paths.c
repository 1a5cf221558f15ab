// 4,096 live blocks of each thread, replaced one at a time, each under one of 4,096 stacks chosen at random.
//
//   paths FRAMES THREADS SECONDS
//
// The innermost six frames are each one of four functions. So a stack is hardly ever one of the last hundred, and
// blocks are not freed in the order in which they came: as in programs.
#include "forks.h"
#include "threads.h"

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

static struct cost measure_paths(int frames, double seconds)
{
    static _Thread_local struct replacement replacement = {.path = {0, replace}, .random = 0x9E3779B97F4A7C15u};
    struct run run = {repeat_chain, descend, &replacement, 0, 0};
    return measure(run, frames - FORK_LEVELS - 2, BENCH_WARM_UP, seconds);
}

int main(int count, char **arguments)
{
    struct task task = read_task(count, arguments, measure_paths);
    print_cost(measure_threads(&task));
    return 0;
}
