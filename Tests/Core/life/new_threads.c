// The cost of a new thread for a program: pages of memory, as the kernel counts them.
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "../support/check.h"

enum { THREADS = 200, ALLOWED = 16 }; // without the core it is 2 pages
static pthread_barrier_t all_live;

static void *allocate_once(void *argument) {
    void *volatile block = malloc(100);
    free(block);
    pthread_barrier_wait(&all_live);
    return argument;
}

static long faults(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

int main(void) {
    static pthread_t threads[THREADS];
    test("a thread that allocates once takes few pages");
    pthread_barrier_init(&all_live, NULL, THREADS);
    long before = faults();
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, allocate_once, NULL);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    long each = (faults() - before) / THREADS;
    expect(each <= ALLOWED, "%ld pages a thread", each);
    end();
    return check_result();
}
