// Modes are switched while blocks live: known blocks stay exact.
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "../support/live.h"
#include "../support/random.h"

enum { COUNT = 2000 };

static void *kept[COUNT];

static void allocate(size_t from, size_t step, size_t size) {
    for (size_t i = from; i < COUNT; i += step) kept[i] = malloc(size + i);
}

static void expect_known(size_t from, size_t step, size_t size) {
    struct live live = live_take();
    for (size_t i = from; i < COUNT; i += step) {
        const struct mscope_block *block = live_at(&live, kept[i]);
        expect(block && block->size == size + i && block->weight == 1, "block %zu is missing or wrong", i);
    }
    expect(live.complete, "the walk missed %llu blocks", (unsigned long long)live.missed);
    live_drop(&live);
}

static void through_all(void) {
    test("blocks known in full stay known through sampled, off and balanced");
    mscope_set_mode(MSCOPE_FULL);
    allocate(0, 2, 1000);
    uint32_t path[] = {MSCOPE_SAMPLED, MSCOPE_FULL, MSCOPE_OFF, MSCOPE_BALANCED, MSCOPE_OFF, MSCOPE_SAMPLED,
        MSCOPE_FULL};
    for (size_t i = 0; i < sizeof path / sizeof *path; i++) {
        mscope_set_mode(path[i]);
        expect_equal(mscope_mode(), path[i], "the mode");
        expect_known(0, 2, 1000);
        for (int j = 0; j < 1000; j++) free(malloc(64));
        expect_known(0, 2, 1000);
    }
    end();

    test("blocks freed while tracking is off are no longer known");
    mscope_set_mode(MSCOPE_OFF);
    for (size_t i = 0; i < COUNT; i += 2) free(kept[i]);
    mscope_set_mode(MSCOPE_FULL);
    for (size_t i = 0; i < COUNT; i += 2) expect_no_block(kept[i]);
    end();
}

static void unknown_blocks(void) {
    test("an address reused while off is not taken for the block that was there");
    mscope_set_mode(MSCOPE_FULL);
    mscope_set_mode(MSCOPE_OFF);
    void *unknown = malloc(5000);
    mscope_set_mode(MSCOPE_FULL);
    expect_no_block(unknown);
    mark();
    free(unknown);
    expect_change(0, 0, 0, 0);
    end();

    test("realloc of an unknown block makes it known");
    mscope_set_mode(MSCOPE_OFF);
    void *p = malloc(100);
    mscope_set_mode(MSCOPE_FULL);
    mark();
    p = realloc(p, 3000);
    expect_block(p, 3000, 0);
    expect_change(1, 0, 3000, 0);
    free(p);
    expect_change(1, 1, 3000, 3000);
    end();
}

static void while_off(void) {
    test("realloc while off keeps a known block known");
    mscope_set_mode(MSCOPE_FULL);
    void *p = malloc(700);
    mark();
    mscope_set_mode(MSCOPE_OFF);
    p = realloc(p, 700000);
    mscope_set_mode(MSCOPE_FULL);
    expect_block(p, 700000, 0);
    expect_change(1, 1, 700000, 700);
    free(p);
    expect_change(1, 2, 700000, 700700);
    end();

    test("every return from off counts as a gap");
    struct mscope_totals before, after;
    mscope_read_totals(&before);
    for (int i = 0; i < 5; i++) mscope_set_mode(MSCOPE_OFF), mscope_set_mode(MSCOPE_FULL);
    mscope_read_totals(&after);
    expect_equal(after.gaps - before.gaps, 5, "the change of gaps");
    end();
}

static void balanced_known(void) {
    test("balanced knows every block with its exact size");
    mscope_set_mode(MSCOPE_BALANCED);
    mark();
    allocate(0, 1, 10);
    expect_known(0, 1, 10);
    uint64_t bytes = 10ull * COUNT + (uint64_t)COUNT * (COUNT - 1) / 2;
    expect_change(COUNT, 0, bytes, 0);
    for (size_t i = 0; i < COUNT; i++) free(kept[i]);
    expect_change(COUNT, COUNT, bytes, bytes);
    end();
}

static void sampled_balance(void) {
    uint32_t others[] = {MSCOPE_FULL, MSCOPE_BALANCED, MSCOPE_OFF, MSCOPE_SAMPLED};
    const char *names[] = {"sampled blocks freed in full balance to zero",
        "sampled blocks freed in balanced balance to zero",
        "sampled blocks freed while off balance to zero", "sampled blocks freed in sampled balance to zero"};
    static void *many[100000];
    for (int k = 0; k < 4; k++) {
        test(names[k]);
        mscope_set_mode(MSCOPE_SAMPLED);
        mark();
        for (size_t i = 0; i < 100000; i++) many[i] = malloc(16 + i % 700);
        struct mscope_counts grown = change();
        expect(grown.allocations > 90000 && grown.allocations < 110000, "estimated %llu of 100000",
            (unsigned long long)grown.allocations);
        mscope_set_mode(others[k]);
        for (size_t i = 0; i < 100000; i++) free(many[i]);
        struct mscope_counts counts = change();
        expect_equal(counts.allocations, counts.frees, "estimated allocations");
        expect_equal(counts.allocated_bytes, counts.freed_bytes, "estimated bytes");
        mscope_set_mode(MSCOPE_FULL);
        end();
    }
}

static _Atomic bool stop;

static void *churn(void *argument) {
    uint64_t seed = (uint64_t)(uintptr_t)argument;
    void *held[64] = {NULL};
    while (!atomic_load(&stop)) {
        size_t at = random_below(&seed, 64);
        free(held[at]);
        held[at] = malloc(random_below(&seed, 2000));
    }
    for (size_t i = 0; i < 64; i++) free(held[i]);
    return NULL;
}

static void while_running(void) {
    test("a thousand switches under load lose no known block and leave no stale one");
    mscope_set_mode(MSCOPE_FULL);
    allocate(0, 1, 100);
    struct mscope_counts base = live_totals();
    pthread_t threads[3];
    for (uintptr_t i = 0; i < 3; i++) pthread_create(&threads[i], NULL, churn, (void *)(i + 1));
    uint64_t seed = 99;
    for (int i = 0; i < 1000; i++) mscope_set_mode((uint32_t)random_below(&seed, 4)), usleep(50);
    mscope_set_mode(MSCOPE_FULL);
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    expect_known(0, 1, 100);
    struct mscope_counts now = live_totals();
    uint64_t grown = (now.allocations - now.frees) - (base.allocations - base.frees);
    expect((int64_t)grown >= 0 && grown < 8, "%lld blocks too many are live", (long long)grown);
    expect_consistent();
    for (size_t i = 0; i < COUNT; i++) free(kept[i]);
    end();
}

int main(void) {
    test("the interval can be set until the first sample, but not to nothing");
    expect(!mscope_set_sample_interval(0), "an interval of 0 was taken");
    expect(mscope_set_sample_interval(8192) && mscope_sample_interval() == 8192, "the interval was not taken");
    end();
    through_all();
    unknown_blocks();
    while_off();
    balanced_known();
    sampled_balance();
    while_running();
    test("once there are samples the interval stays");
    expect(!mscope_set_sample_interval(4096) && mscope_sample_interval() == 8192, "the interval was changed");
    end();
    return check_result();
}
