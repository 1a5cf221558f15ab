// Walks while other threads allocate and free: blocks live during the whole walk are delivered,
// blocks freed before or allocated after its start are not, and lost blocks are counted.
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "../support/live.h"
#include "../support/random.h"

enum { STABLE = 20000, WALKS = 40 };

static void *stable[STABLE], *dead[STABLE];
static _Atomic bool stop;

static void *churn(void *argument) {
    uint64_t seed = (uint64_t)(uintptr_t)argument;
    _Thread_local static void *held[2000];
    while (!atomic_load(&stop)) {
        size_t at = random_below(&seed, 2000);
        if (random_below(&seed, 3)) free(held[at]), held[at] = malloc(random_below(&seed, 400));
        else held[at] = realloc(held[at], 1 + random_below(&seed, 400));
    }
    for (size_t i = 0; i < 2000; i++) free(held[i]);
    return NULL;
}

static void no_duplicates(const struct live *live) {
    for (size_t i = 1; i < live->count; i++) {
        const struct mscope_block *a = &live->blocks[i - 1], *b = &live->blocks[i];
        expect(a->address != b->address, "block %llx was delivered twice", (unsigned long long)a->address);
        expect(a->address + a->size <= b->address, "delivered blocks overlap: %llu bytes, the next begins %llu further",
            (unsigned long long)a->size,
            (unsigned long long)(b->address - a->address));
    }
}

static void under_load(void) {
    test("walks under load deliver every lasting block, none twice, none that overlap");
    for (size_t i = 0; i < STABLE; i++) stable[i] = malloc(20 + i % 100), dead[i] = malloc(50);
    for (size_t i = 0; i < STABLE; i++) free(dead[i]);
    pthread_t threads[3];
    for (uintptr_t i = 0; i < 3; i++) pthread_create(&threads[i], NULL, churn, (void *)(i + 7));
    int complete = 0;
    for (int walk = 0; walk < WALKS; walk++) {
        struct live live = live_take();
        complete += live.complete;
        expect(live.complete == (live.missed == 0), "complete is %d with %llu missed", live.complete,
            (unsigned long long)live.missed);
        for (size_t i = 0; i < STABLE; i++) {
            const struct mscope_block *found = live_at(&live, stable[i]);
            expect(found && found->size == 20 + i % 100, "a lasting block is missing or wrong");
        }
        no_duplicates(&live);
        live_drop(&live);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    expect(complete > 0, "none of %d walks was complete", WALKS);
    end();
}

static void *places[STABLE], *fresh[1000];

static void change_all(void) {
    for (size_t i = 0; i < STABLE; i += 2) free(stable[i]);
    for (size_t i = 0; i < 1000; i++) fresh[i] = malloc(7000);
    for (size_t i = 1; i < STABLE; i += 2) stable[i] = realloc(stable[i], i % 4 == 1 ? 500 : 15 + i % 100);
}

// A thread that never allocated, whose first act is to move blocks of others.
static void *move_all(void *unused) {
    for (size_t i = 0; i < STABLE; i++) stable[i] = realloc(stable[i], 600);
    return unused;
}

static void move_on_new_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, move_all, NULL);
    pthread_join(thread, NULL);
}

static void free_all(void) {
    for (size_t i = 0; i < STABLE; i++) free(stable[i]);
}

static void during(const char *name, void (*meanwhile)(void)) {
    test(name);
    for (size_t i = 0; i < STABLE; i++) places[i] = stable[i] = malloc(20 + i % 100);
    usleep(1000); // births are known to some 25 µs
    struct live live = live_take_while(meanwhile);
    for (size_t i = 0; i < STABLE; i++) {
        const struct mscope_block *found = live_at(&live, places[i]);
        expect(found, "block %zu is missing from the walk, which calls itself %s", i,
            live.complete ? "complete" : "incomplete");
        expect(!found || found->size == 20 + i % 100, "block %zu has %llu bytes", i,
            (unsigned long long)(found ? found->size : 0));
    }
    for (size_t i = 0; i < live.count; i++) {
        uint64_t size = live.blocks[i].size;
        expect(size != 7000 && size != 500 && size != 600, "a block of %llu bytes, born during the walk, was delivered",
            (unsigned long long)size);
    }
    expect(live.complete, "the walk missed %llu", (unsigned long long)live.missed);
    no_duplicates(&live);
    live_drop(&live);
    end();
}

static void too_many(void) {
    test("more departures than a walk can keep are counted as missed, not forgotten");
    enum { MANY = 400000 };
    static void *blocks[MANY];
    for (size_t i = 0; i < MANY; i++) blocks[i] = malloc(33);
    expect(mscope_walk_begin(), "the walk did not begin");
    for (size_t i = 0; i < MANY; i++) free(blocks[i]);
    struct mscope_block block[64];
    size_t delivered = 0, got;
    while ((got = mscope_walk_next(block, 64)) > 0) {
        for (size_t i = 0; i < got; i++) delivered += block[i].size == 33;
    }
    uint64_t missed = 0;
    bool complete = mscope_walk_end(&missed);
    expect(complete == (missed == 0), "complete is %d with %llu missed", complete, (unsigned long long)missed);
    expect(delivered + missed >= MANY && delivered + missed < MANY + 50, "%zu delivered and %llu missed of %d",
        delivered, (unsigned long long)missed, MANY);
    end();

    test("and the next walk is complete again");
    struct live live = live_take();
    expect(live.complete, "the walk missed %llu blocks", (unsigned long long)live.missed);
    live_drop(&live);
    expect_consistent();
    end();
}

static void abandoned(void) {
    test("a walk that is ended early releases the next");
    struct mscope_block block[4];
    uint64_t missed = 0;
    expect(mscope_walk_begin(), "the walk did not begin");
    mscope_walk_next(block, 4);
    bool complete = mscope_walk_end(&missed);
    expect(!complete, "a walk that delivered 4 blocks calls itself complete");
    expect(mscope_walk_begin(), "the next walk did not begin");
    mscope_walk_end(&missed);
    end();
}

int main(void) {
    under_load();
    free_all();
    during("blocks freed or moved in the middle of a walk are delivered, those born then are not", change_all);
    for (size_t i = 1; i < STABLE; i += 2) free(stable[i]);
    for (size_t i = 0; i < 1000; i++) free(fresh[i]);
    during("blocks that a new thread moves in the middle of a walk are delivered where they were", move_on_new_thread);
    free_all();
    too_many();
    abandoned();
    return check_result();
}
