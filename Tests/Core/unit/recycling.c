// The stack table when it is full: numbers of stacks without live blocks serve new stacks, and no live block, no report
// and no thread that is about to record a block ever sees another stack than its own.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/check.h"
#include "../support/random.h"
#include "hooks/hooks.h"
#include "record/record.h"
#include "stacks/index.h"
#include "stacks/sites.h"

enum { THREADS = 3, OPERATIONS = 250000, LIVE = 4000, DEPTH = 24, KINDS = 3000000, REPORTED = 100, SIZE = 48 };
enum { LIMIT = 32 << 20, SLACK = 4 << 20 };
#define UNLOADED 0x7f0000000000ull

struct block {
    uint64_t seed;
    uint32_t number, id;
};

static _Atomic uint64_t births, dropped, slow, again;
static _Atomic bool ends;
static bool holds_up; // threads are held up between finding a number and recording a block

// One stack in eight passes through code that is unloaded now and then.
static void make(uint64_t seed, struct mscope_stack *out) {
    uint64_t state = seed * 2 + 1, path = random_next(&state);
    out->count = 2 + (uint32_t)random_below(&state, DEPTH - 1);
    out->flags = (uint32_t)(seed & 3);
    for (uint32_t k = 0; k < out->count; k++) // the outermost frames are those that stacks have in common
        out->frames[out->count - 1 - k] = 0x10000 + k * 64 + (path >> k & 1);
    if (seed % 8 == 0) out->frames[0] = UNLOADED + seed % 1000;
    out->hash = mscope_finish_hash(seed * MSCOPE_HASH_BASE, out->count, out->flags);
}

static bool has_own_stack(const struct block *block) {
    struct mscope_stack wanted;
    struct mscope_site site;
    make(block->seed, &wanted);
    return mscope_read_site(block->id, &site) && site.frame_count == wanted.count && site.flags == wanted.flags
        && memcmp(site.frames, wanted.frames, wanted.count * sizeof(uint64_t)) == 0;
}

// As the hooks do it.
static bool allocate(struct mscope_bank *bank, uint64_t seed, bool is_slow, struct block *out) {
    struct mscope_stack stack;
    make(seed, &stack);
    bool held = mscope_hold_numbers(bank, (uint64_t)(uintptr_t)__builtin_frame_address(0));
    uint32_t number = mscope_find_site(stack.hash);
    if (number != 0) atomic_fetch_add(&again, 1);
    if (number == 0) number = mscope_new_site(&stack);
    if (number != 0 && seed % 16 == 3) mscope_alias_site(number, stack.hash ^ 0x5555555500000000ull);
    *out = (struct block){seed, number, mscope_site_id(number)};
    if (is_slow) {
        usleep(300000);
        atomic_fetch_add(&slow, 1);
    }
    if (number != 0) mscope_count_birth(mscope_site_tally(bank, number), SIZE, 1);
    mscope_release_numbers(bank, held);
    atomic_fetch_add(number != 0 ? &births : &dropped, 1);
    return number != 0;
}

static void *work(void *argument) {
    uint64_t state = (uint64_t)(uintptr_t)argument;
    struct block *live = calloc(LIVE, sizeof *live);
    struct mscope_bank *borrowed = NULL, *bank = mscope_bank_here(&borrowed);
    for (int i = 0; i < OPERATIONS; i++) {
        // Recycling needs a tenth of a second: there are no more new stacks than it can serve.
        bool waits_for_room = i % 64 == 0 && !holds_up;
        for (int n = 0; waits_for_room && mscope_needs_numbers() && n < 10000; n++) usleep(1000);
        struct block *block = &live[random_below(&state, LIVE)];
        if (block->number != 0) {
            expect(has_own_stack(block), "a live block of site %u has another stack", block->id);
            mscope_count_death(mscope_site_tally(bank, block->number), SIZE, 1);
        }
        // Half of the blocks have one of a few stacks, which come back again and again.
        uint64_t kinds = random_below(&state, 2) ? KINDS : 5000;
        bool is_slow = holds_up && i % (OPERATIONS / 20) == 1000;
        if (!allocate(bank, random_below(&state, kinds), is_slow, block)) block->number = 0;
    }
    for (int i = 0; i < LIVE; i++) {
        if (live[i].number == 0) continue;
        expect(has_own_stack(&live[i]), "a block of site %u that lived to the end has another stack", live[i].id);
        mscope_count_death(mscope_site_tally(bank, live[i].number), SIZE, 1);
    }
    free(live);
    return NULL;
}

static void *recycle(void *unused) {
    (void)unused;
    for (int i = 0; !ends; i++, usleep(1000)) {
        mscope_recycle_tick();
        if (i % 100 == 50) mscope_retire_sites(UNLOADED, UNLOADED + 1000, 4711); // no image has this name's hash
    }
    return NULL;
}

static void report_some(struct block *reported) {
    struct mscope_bank *borrowed = NULL, *bank = mscope_bank_here(&borrowed);
    for (uint64_t i = 0; i < REPORTED; i++) {
        expect(allocate(bank, KINDS + i, false, &reported[i]), "no number");
        expect(mscope_retain_site(reported[i].id), "it cannot be kept");
        mscope_count_death(mscope_site_tally(bank, reported[i].number), SIZE, 1);
    }
}

static void run(void) {
    static uintptr_t seeds;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, (void *)++seeds);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
}

static uint64_t counted(void) {
    static struct mscope_site sites[256];
    struct mscope_totals totals;
    uint64_t sum = 0;
    uint32_t cursor = 1;
    for (size_t got; (got = mscope_read_sites(&cursor, sites, 256)) > 0;)
        for (size_t i = 0; i < got; i++) sum += sites[i].counts.allocations;
    mscope_read_totals(&totals);
    return sum + totals.recycled_allocations;
}

static void many_stacks(void) {
    test("every live block keeps its stack, no stack is dropped, and the table stays within its limit");
    run();
    expect_equal(dropped, 0, "dropped stacks");
    expect(again > births / 10, "%llu had a known stack", (unsigned long long)again);
    expect(mscope_global.recycled_sites > mscope_highest_site(), "only %llu numbers were recycled, of %u",
        (unsigned long long)mscope_global.recycled_sites, mscope_highest_site());
    expect(mscope_table_bytes() <= LIMIT + SLACK, "%llu bytes", (unsigned long long)mscope_table_bytes());
    end();
}

static void held_up(void) {
    // Meanwhile nothing is recycled, and the table may be full.
    test("every live block keeps its stack when its thread was held up before it recorded the block");
    holds_up = true;
    run();
    expect(slow >= THREADS, "%llu were held up", (unsigned long long)slow);
    expect(mscope_table_bytes() <= LIMIT + SLACK, "%llu bytes", (unsigned long long)mscope_table_bytes());
    end();
}

static void what_stays(const struct block *reported) {
    test("stacks of reports stay, and ids of recycled sites are not valid");
    for (int i = 0; i < REPORTED; i++) expect(has_own_stack(&reported[i]), "stack %d is gone", i);
    struct mscope_site site;
    uint32_t recycled = 0;
    for (uint32_t number = 1; number <= mscope_highest_site(); number++) {
        if (mscope_site_id(number) == number) continue;
        recycled++;
        expect(!mscope_read_site(number, &site), "site %u has its first stack again", number);
    }
    expect(recycled > 0, "no number was recycled");
    end();
}

int main(void) {
    static struct block reported[REPORTED];
    pthread_t collector;
    mscope_boot();
    mscope_table_limit = LIMIT;
    report_some(reported);
    pthread_create(&collector, NULL, recycle, NULL);
    many_stacks();
    held_up();
    ends = true;
    pthread_join(collector, NULL);
    what_stays(reported);

    test("the counts of sites and of recycled ones add up");
    expect_equal(counted(), births, "allocations");
    end();

    test("the equations hold of all stacks in the end");
    for (int i = 0; i < 3; i++, usleep(150000)) mscope_recycle_tick();
    expect(mscope_sites_are_valid(1, UINT32_MAX), "one does not");
    end();
    return check_result();
}
