// Threads that start and end, allocate while they end, or are cancelled.
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <threads.h>

#include "../support/live.h"

static pthread_key_t keys[4];
static _Atomic uint64_t destroyed;

// Re-arms its key: destructors run in several rounds, the last after the core's own.
static void destroy(void *value) {
    uint64_t *block = value;
    uint64_t rounds = *block;
    free(block);
    atomic_fetch_add(&destroyed, 1);
    if (rounds == 0) return;
    uint64_t *again = malloc(48);
    *again = rounds - 1;
    pthread_setspecific(keys[0], again);
}

static void *brief(void *argument) {
    uint64_t *block = malloc(48);
    *block = 3;
    pthread_setspecific(keys[(uintptr_t)argument % 4], block);
    free(malloc(100));
    return strdup("result of a thread");
}

static void batch(uintptr_t first) {
    pthread_t threads[8];
    for (uintptr_t k = 0; k < 8; k++) pthread_create(&threads[k], NULL, brief, (void *)(first + k));
    for (int k = 0; k < 8; k++) {
        void *result = NULL;
        pthread_join(threads[k], &result);
        expect(result && strcmp(result, "result of a thread") == 0, "a thread's result was lost");
        free(result);
    }
}

static void storm(int count) {
    test("20,000 short threads leave no block and no thread behind");
    for (int i = 0; i < 4; i++) pthread_key_create(&keys[i], destroy);
    batch(0);
    mark();
    struct mscope_totals before, after;
    mscope_tick();
    mscope_read_totals(&before);
    for (uintptr_t i = 0; i < (uintptr_t)count; i += 8) {
        batch(i);
    }
    mscope_tick();
    mscope_read_totals(&after);
    struct mscope_counts counts = change();
    uint64_t own = 6ull * (uint64_t)count;
    expect(counts.allocations >= own, "%llu allocations of at least %llu", (unsigned long long)counts.allocations,
        (unsigned long long)own);
    expect(counts.allocations - counts.frees < 40, "%lld blocks stay", (long long)(counts.allocations - counts.frees));
    expect(destroyed >= 4 * (uint64_t)count, "only %llu destructors ran", (unsigned long long)destroyed);
    expect_equal(after.dropped_threads, 0, "dropped threads");
    expect_equal(after.dropped_blocks, 0, "dropped blocks");
    expect(after.threads_alive <= before.threads_alive + 8, "%llu threads are called alive",
        (unsigned long long)after.threads_alive);
    expect(after.threads_seen >= before.threads_seen + (uint64_t)count, "only %llu threads were seen",
        (unsigned long long)after.threads_seen);
    expect(after.own_bytes < before.own_bytes + (64u << 20), "own memory grew by %lld",
        (long long)(after.own_bytes - before.own_bytes));
    expect_consistent();
    end();
}

static sem_t arrived, leave;

static void *waits(void *argument) {
    void *block = malloc((size_t)(uintptr_t)argument);
    sem_post(&arrived);
    sem_wait(&leave);
    free(block);
    return NULL;
}

static void at_once(void) {
    enum { MANY = 2000 };
    test("2,000 threads at once are all told apart");
    static pthread_t threads[MANY];
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    sem_init(&arrived, 0, 0);
    sem_init(&leave, 0, 0);
    for (uintptr_t i = 0; i < MANY; i++) {
        int error = pthread_create(&threads[i], &attributes, waits, (void *)(50000 + i));
        expect(error == 0, "pthread_create: %s", strerror(error));
    }
    for (int i = 0; i < MANY; i++) sem_wait(&arrived);
    struct live live = live_take();
    static bool seen[1 << 20];
    size_t found = 0;
    for (size_t i = 0; i < live.count; i++) {
        struct mscope_block block = live.blocks[i];
        if (block.size < 50000 || block.size >= 50000 + MANY) continue;
        found++;
        expect(block.thread && block.thread < 1 << 20 && !seen[block.thread], "thread %u owns two blocks",
            block.thread);
        if (block.thread < 1 << 20) seen[block.thread] = true;
    }
    expect_equal(found, MANY, "the number of blocks");
    live_drop(&live);
    for (int i = 0; i < MANY; i++) sem_post(&leave);
    for (int i = 0; i < MANY; i++) pthread_join(threads[i], NULL);
    expect_consistent();
    end();
}

static void release(void *block) {
    free(block);
}

static void *cancelled(void *argument) {
    void *block = malloc(500);
    pthread_cleanup_push(release, block);
    sem_post(&arrived);
    for (;;) {
        free(malloc((size_t)(uintptr_t)argument));
        pthread_testcancel();
    }
    pthread_cleanup_pop(0);
    return NULL;
}

static void cancellation(void) {
    test("cancelled threads clean up, and exit from deep frames is counted");
    struct mscope_counts base = {0, 0, 0, 0};
    for (int round = 0; round < 300; round++) {
        if (round == 20) base = live_totals();
        pthread_t thread;
        pthread_create(&thread, NULL, cancelled, (void *)(uintptr_t)(round + 1));
        sem_wait(&arrived);
        pthread_cancel(thread);
        void *result = NULL;
        pthread_join(thread, &result);
        expect(result == PTHREAD_CANCELED, "the thread was not cancelled");
    }
    struct mscope_counts now = live_totals();
    int64_t grown = (int64_t)(now.allocations - now.frees) - (int64_t)(base.allocations - base.frees);
    expect(grown <= 4, "%lld blocks stay", (long long)grown);
    expect_consistent();
    end();
}

static int detached_entry(void *argument) {
    free(malloc((size_t)(uintptr_t)argument));
    thrd_detach(thrd_current());
    thrd_exit(0);
}

static void detached(void) {
    test("detached threads that outlive their creator's interest are counted");
    mark();
    for (uintptr_t i = 0; i < 500; i++) {
        thrd_t thread;
        if (thrd_create(&thread, detached_entry, (void *)(i + 1)) != thrd_success) expect(false, "thrd_create failed");
    }
    for (int i = 0; i < 500 && change().frees < 500; i++) usleep(10000);
    expect(change().frees >= 500, "%llu frees of 500", (unsigned long long)change().frees);
    end();
}

int main(int count, char **arguments) {
    storm(count > 1 ? atoi(arguments[1]) : 20000);
    at_once();
    cancellation();
    detached();
    return check_result();
}
