// malloc/free pairs under a stack of known depth.
//
//   pairs FRAMES THREADS SECONDS
//
// Prints nanoseconds per pair, averaged over the threads; each thread has a core of
// its own when the machine has that many.
#include "frames.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

struct worker {
    pthread_t thread;
    int frames, core;
    double seconds;
    pthread_barrier_t *start;
    struct cost cost;
};

// Sizes of 16 to 512 bytes at random, and filled: nobody allocates what he does not use.
static void allocate(struct step *s)
{
    size_t size = 16 + (next_random(s->state) & 31) * 16;
    char *block = malloc(size);
    memset(block, 1, size);
    __asm__ volatile("" : : "r"(block) : "memory");
    free(block);
}

static uint64_t repeat(int chain, struct step *s)
{
    for (int i = 0; i < BENCH_BATCH; i++) frame_chain[chain](s);
    return BENCH_BATCH;
}

static struct cost measure(int frames, double seconds)
{
    uint64_t random = 0x9E3779B97F4A7C15u, pairs = 0;
    struct step step = {allocate, &random};
    int chain = chain_for(frames);
    for (uint64_t warmed = 0; warmed < BENCH_WARM_UP;) warmed += repeat(chain, &step);
    struct cost begun = cost_begin();
    uint64_t end = begun.wall + (uint64_t)(seconds * 1e9);
    while (nanoseconds(CLOCK_MONOTONIC) < end) pairs += repeat(chain, &step);
    return cost_end(begun, pairs);
}

static void *work(void *argument)
{
    struct worker *self = argument;
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(self->core, &cores);
    pthread_setaffinity_np(pthread_self(), sizeof cores, &cores);
    pthread_barrier_wait(self->start);
    self->cost = measure(self->frames, self->seconds);
    return NULL;
}

static struct cost measure_threads(int frames, int threads, double seconds)
{
    struct worker workers[threads];
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, (unsigned)threads);
    struct cost sum = {0, 0, 0};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    for (int i = 0; i < threads; i++) {
        workers[i] = (struct worker){.frames = frames, .core = (int)(i % cores), .seconds = seconds, .start = &start};
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        sum.pairs += workers[i].cost.pairs;
        sum.wall += workers[i].cost.wall;
        sum.cpu += workers[i].cost.cpu;
    }
    return sum;
}

int main(int count, char **arguments)
{
    int frames = count == 4 ? atoi(arguments[1]) : 0;
    int threads = count == 4 ? atoi(arguments[2]) : 0;
    double seconds = count == 4 ? atof(arguments[3]) : 0;
    if (frames < 1 || threads < 1 || threads > 64 || seconds <= 0) {
        fprintf(stderr, "usage: pairs FRAMES THREADS SECONDS (threads 1 to 64)\n");
        return 2;
    }
    print_cost(threads == 1 ? measure(frames, seconds) : measure_threads(frames, threads, seconds));
    return 0;
}
