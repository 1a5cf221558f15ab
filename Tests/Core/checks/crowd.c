// More threads at once than there are banks, which are 8,192: blocks of further threads are not recorded. It is not
// an error if another thread frees such a block, or if such a thread frees blocks of others.
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>

#include "../support/errors.h"
#include "../support/limits.h"

enum { THREADS = 9000, STACK = 32 << 10, LARGEST = 2000, GATES = 3, DAYS = 10 };
static pthread_t threads[THREADS];
static unsigned char *first[THREADS], *second[THREADS];
static sem_t arrived, gates[GATES];
static _Atomic uint64_t wrong_bytes, failed_calls;

static size_t size_of(size_t i) {
    return i % LARGEST + 1;
}

static unsigned char byte_of(size_t i) {
    return (unsigned char)(i * 7 + 1);
}

static void check_bytes(const unsigned char *block, size_t size, unsigned char byte) {
    for (size_t k = 0; k < size; k++) wrong_bytes += block[k] != byte;
}

static unsigned char *filled(unsigned char *block, size_t i) {
    if (block == NULL) failed_calls++;
    else memset(block, byte_of(i), size_of(i));
    return block;
}

/// Of another thread's blocks one is freed; the other grows, or shrinks, and stays.
static void take_over(size_t other) {
    size_t size = size_of(other), resized = other % 3 == 0 ? size / 2 + 1 : size * 2;
    check_bytes(first[other], size, byte_of(other));
    free(first[other]);
    unsigned char *block = realloc(second[other], resized);
    if (block == NULL) failed_calls++;
    else second[other] = block;
    check_bytes(second[other], size < resized ? size : resized, byte_of(other));
    // Where blocks were that the core knew there are others now, known or not.
    for (int day = 0; day < DAYS; day++) free(filled(malloc(size), other));
}

static void pass(int gate) {
    sem_post(&arrived);
    while (sem_wait(&gates[gate]) != 0) continue;
}

static void *live(void *argument) {
    size_t i = (size_t)(uintptr_t)argument;
    first[i] = filled(malloc(size_of(i)), i);
    second[i] = filled(calloc(size_of(i), 1), i);
    pass(0);
    // The first have banks and the last have none: each meets blocks of the others.
    take_over((i + THREADS / 2) % THREADS);
    pass(1);
    if (i % 2 == 0) return NULL;
    pass(2); // half of them are gone, and whoever had no bank finds one
    for (int day = 0; day < DAYS; day++) {
        free(second[i]);
        second[i] = filled(malloc(size_of(i)), i);
    }
    return NULL;
}

static void await_all(size_t count) {
    for (size_t i = 0; i < count; i++)
        while (sem_wait(&arrived) != 0) continue;
}

static void open_gate(int gate, size_t count) {
    for (size_t i = 0; i < count; i++) sem_post(&gates[gate]);
}

static void join_every_second(size_t from) {
    for (size_t i = from; i < THREADS; i += 2) pthread_join(threads[i], NULL);
}

static void start(void) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    sem_init(&arrived, 0, 0);
    for (int gate = 0; gate < GATES; gate++) sem_init(&gates[gate], 0, 0);
    for (size_t i = 0; i < THREADS; i++) {
        int error = pthread_create(&threads[i], &attributes, live, (void *)(uintptr_t)i);
        if (error == 0) continue;
        expect(false, "thread %zu of %d was not started: %s; %s", i + 1, THREADS, strerror(error), thread_limits());
        _exit(1); // the others wait for it
    }
    await_all(THREADS);
}

/// Absent in a run without the core, with which this one is compared.
static void expect_no_report(void) {
    if (mscope_error_count == NULL) return;
    mscope_check_heap();
    expect_equal(mscope_error_count(), 0, "the number of reports");
    struct mscope_totals totals;
    mscope_read_totals(&totals);
    expect(totals.dropped_blocks > 0, "every thread has a bank: the crowd is too small to show anything");
}

int main(void) {
    test("9,000 threads live at once, and free and resize each other's blocks");
    start();
    open_gate(0, THREADS);
    await_all(THREADS);
    open_gate(1, THREADS);
    join_every_second(0);
    await_all(THREADS / 2);
    open_gate(2, THREADS / 2);
    join_every_second(1);
    for (size_t i = 0; i < THREADS; i++) {
        check_bytes(second[i], size_of(i) < 2 ? 1 : size_of(i) / 2, byte_of(i));
        free(second[i]);
    }
    expect_equal(failed_calls, 0, "the number of calls that failed");
    expect_equal(wrong_bytes, 0, "the number of wrong bytes");
    expect_no_report();
    end();
    return check_result();
}
