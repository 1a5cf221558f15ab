// Eight threads that free each other's blocks; the sums are known.
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "../support/live.h"
#include "../support/random.h"

enum { THREADS = 8, SLOTS = 4096 };
static int rounds = 60000; // of each thread, or what the argument says

static _Atomic(uint64_t *) slots[SLOTS];
static _Atomic uint64_t made, made_bytes, gone, gone_bytes;
static _Atomic int waiting;

// A block tells its own size, so that whoever frees it can add it up.
static uint64_t *fresh(uint64_t *seed) {
    size_t size = 8 + random_below(seed, random_below(seed, 50) ? 500 : 200000);
    uint64_t *block = random_below(seed, 4) ? malloc(size) : calloc(1, size);
    *block = size;
    atomic_fetch_add(&made, 1);
    atomic_fetch_add(&made_bytes, size);
    return block;
}

static void release(uint64_t *block) {
    if (!block) return;
    atomic_fetch_add(&gone, 1);
    atomic_fetch_add(&gone_bytes, *block);
    free(block);
}

static uint64_t *resize(uint64_t *block, uint64_t *seed) {
    if (!block) return NULL;
    atomic_fetch_add(&gone, 1);
    atomic_fetch_add(&gone_bytes, *block);
    size_t size = 8 + random_below(seed, 3000);
    block = realloc(block, size);
    *block = size;
    atomic_fetch_add(&made, 1);
    atomic_fetch_add(&made_bytes, size);
    return block;
}

static void *work(void *argument) {
    uint64_t seed = (uint64_t)(uintptr_t)argument * 0x9E3779B97F4A7C15ull + 1;
    atomic_fetch_add(&waiting, 1);
    while (atomic_load(&waiting) < THREADS) {}
    for (int round = 0; round < rounds; round++) {
        size_t at = random_below(&seed, SLOTS);
        uint64_t *mine = random_below(&seed, 5) ? fresh(&seed) : resize(atomic_exchange(&slots[at], NULL), &seed);
        release(atomic_exchange(&slots[at], mine));
    }
    return NULL;
}

static void compare(void) {
    struct live live = live_take();
    uint64_t kept = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        uint64_t *block = atomic_load(&slots[i]);
        if (!block) continue;
        kept++;
        const struct mscope_block *found = live_at(&live, block);
        expect(found && found->size == *block, "block %p of %llu bytes is missing or wrong", (void *)block,
            (unsigned long long)*block);
        expect(!found || (found->thread > 0 && found->birth > 0), "block without thread or birth");
    }
    expect_equal(kept, made - gone, "the number of kept blocks");
    expect(live.complete, "the walk missed %llu blocks", (unsigned long long)live.missed);
    live_drop(&live);
}

static void run(const char *name) {
    test(name);
    pthread_t threads[THREADS];
    // The first round warms pthread's stack cache, whose blocks would count otherwise.
    made = made_bytes = gone = gone_bytes = 0;
    waiting = 0;
    mark();
    struct mscope_counts base = live_totals();
    for (uintptr_t i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    struct mscope_counts now = live_totals();
    compare();
    // pthread_create takes one block per thread from calloc (its thread-local vector).
    uint64_t extra = (now.allocations - base.allocations) - made;
    expect(extra <= 2 * THREADS, "%llu allocations too many", (unsigned long long)extra);
    for (size_t i = 0; i < SLOTS; i++) release(atomic_exchange(&slots[i], NULL));
    now = live_totals();
    expect(now.allocations - base.allocations >= made && now.frees - base.frees >= gone, "something was not counted");
    expect(now.allocated_bytes - base.allocated_bytes >= made_bytes, "bytes were not counted");
    expect_consistent();
    end();
}

static void warm(void) {
    test("after the stack cache is warm, eight threads add no block of their own");
    pthread_t threads[THREADS];
    made = made_bytes = gone = gone_bytes = 0;
    waiting = 0;
    mark();
    for (uintptr_t i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, (void *)(i + 100));
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (size_t i = 0; i < SLOTS; i++) release(atomic_exchange(&slots[i], NULL));
    struct mscope_counts counts = change();
    expect_equal(made, gone, "the test's own blocks");
    expect_equal(counts.allocations - made, counts.frees - gone, "allocations that are not the test's");
    expect_equal(counts.allocated_bytes - made_bytes, counts.freed_bytes - gone_bytes, "bytes that are not the test's");
    expect(counts.allocations - made <= THREADS, "%llu blocks that are not the test's",
        (unsigned long long)(counts.allocations - made));
    end();
}

int main(int count, char **arguments) {
    if (count > 1) rounds = atoi(arguments[1]);
    run("eight threads with cross-thread frees leave exactly the known blocks");
    run("and once more, with threads in reused stacks");
    warm();
    test("the threads' own counters add up to the totals");
    struct mscope_thread_info infos[64];
    uint32_t cursor = 0;
    size_t got;
    uint64_t allocations = 0, frees = 0;
    while ((got = mscope_read_threads(&cursor, infos, 64)) > 0) {
        for (size_t i = 0; i < got; i++) {
            if (infos[i].internal) continue;
            allocations += infos[i].counts.allocations;
            frees += infos[i].counts.frees;
        }
    }
    struct mscope_counts totals = live_totals();
    expect_equal(allocations, totals.allocations, "the threads' allocations");
    expect_equal(frees, totals.frees, "the threads' frees");
    end();
    return check_result();
}
