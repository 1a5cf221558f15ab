// One measurement on each of several threads. Each thread has a core of its own when the machine has that many.
#ifndef BENCH_THREADS_H
#define BENCH_THREADS_H

#include "frames.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

enum { BENCH_MAX_THREADS = 64 };

struct task {
    struct cost (*measure)(int frames, double seconds);
    int frames, threads;
    double seconds;
};

struct worker {
    const struct task *task;
    pthread_t thread;
    int core;
    pthread_barrier_t *start;
    struct cost cost;
};

static void *work(void *argument)
{
    struct worker *self = argument;
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(self->core, &cores);
    pthread_setaffinity_np(pthread_self(), sizeof cores, &cores);
    pthread_barrier_wait(self->start);
    self->cost = self->task->measure(self->task->frames, self->task->seconds);
    return NULL;
}

// The sum over all threads; a single one is the program's first.
static inline struct cost measure_threads(const struct task *task)
{
    struct worker workers[BENCH_MAX_THREADS];
    pthread_barrier_t start;
    struct cost sum = {0, 0, 0};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (task->threads == 1) return task->measure(task->frames, task->seconds);
    pthread_barrier_init(&start, NULL, (unsigned)task->threads);
    for (int i = 0; i < task->threads; i++) {
        workers[i] = (struct worker){.task = task, .core = (int)(i % cores), .start = &start};
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    for (int i = 0; i < task->threads; i++) {
        pthread_join(workers[i].thread, NULL);
        sum.pairs += workers[i].cost.pairs;
        sum.wall += workers[i].cost.wall;
        sum.cpu += workers[i].cost.cpu;
    }
    return sum;
}

// Reads FRAMES THREADS SECONDS; ends the program when they are not that.
static inline struct task read_task(int count, char **arguments, struct cost (*measure)(int, double))
{
    struct task task = {measure, 0, 0, 0};
    if (count == 4) task = (struct task){measure, atoi(arguments[1]), atoi(arguments[2]), atof(arguments[3])};
    if (task.frames >= 1 && task.threads >= 1 && task.threads <= BENCH_MAX_THREADS && task.seconds > 0) return task;
    fprintf(stderr, "usage: %s FRAMES THREADS SECONDS (threads 1 to %d)\n", arguments[0], BENCH_MAX_THREADS);
    exit(2);
}

#endif
