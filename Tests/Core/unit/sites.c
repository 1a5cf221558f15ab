// The stack table: each stack once, with the same number until its code is unloaded.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../support/check.h"
#include "hooks/hooks.h"
#include "../support/random.h"
#include "stacks/index.h"
#include "stacks/sites.h"
#include "stacks/stacks.h"

enum { STACKS = 200000, THREADS = 4 };

static uint32_t numbers[THREADS][STACKS];

static void make(uint64_t seed, uint64_t base, struct mscope_stack *out) {
    memset(out, 0, sizeof *out);
    uint64_t state = seed * 2 + 1;
    out->count = 1 + (uint32_t)random_below(&state, MSCOPE_MAX_FRAMES);
    out->flags = (uint32_t)random_below(&state, 4);
    for (uint32_t i = 0; i < out->count; i++) out->frames[i] = base + random_below(&state, 1 << 20);
    // Neighbours have outer frames in common, fewer or more, and now and then one in between that is not.
    uint64_t outer = seed / 64 + 1, shared = random_below(&state, MSCOPE_MAX_FRAMES);
    for (uint32_t i = out->count; i-- > 0 && shared > 0; shared--)
        out->frames[i] = base + random_below(&outer, 1 << 20);
    if (shared % 8 == 0) out->frames[random_below(&state, out->count)] += 1;
    out->hash = random_next(&state) | 1ull << 63;
}

static uint32_t number_of(const struct mscope_stack *stack) {
    uint32_t site = mscope_find_site(stack->hash);
    return site ? site : mscope_new_site(stack);
}

static void *enter(void *argument) {
    uint32_t *mine = argument;
    for (uint64_t i = 0; i < STACKS; i++) {
        struct mscope_stack stack;
        make(i, 0x10000, &stack);
        mine[i] = number_of(&stack);
    }
    return NULL;
}

static void once(void) {
    test("four threads that enter the same 200,000 stacks agree on their numbers");
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, enter, numbers[i]);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (uint64_t i = 0; i < STACKS; i++) {
        expect(numbers[0][i] != 0, "stack %llu has no number", (unsigned long long)i);
        for (int k = 1; k < THREADS; k++) expect(numbers[k][i] == numbers[0][i], "stack %llu has two numbers",
            (unsigned long long)i);
    }
    end();

    test("what is read back is what was entered");
    for (uint64_t i = 0; i < STACKS; i += 7) {
        struct mscope_stack stack;
        struct mscope_site site;
        make(i, 0x10000, &stack);
        expect(mscope_read_site(numbers[0][i], &site), "site %u cannot be read", numbers[0][i]);
        expect(site.frame_count == stack.count && site.flags == stack.flags,
            "site %u has another length or other flags", site.id);
        expect(memcmp(site.frames, stack.frames, stack.count * sizeof(uint64_t)) == 0, "site %u has other frames",
            site.id);
    }
    struct mscope_site site;
    expect(!mscope_read_site(0, &site) && !mscope_read_site(UINT32_MAX, &site), "a site that does not exist was read");
    end();
}

// A library that is loaded again and again at the same address.
static void reloaded(void) {
    test("stacks through unloaded code get new numbers each time, and are never dropped");
    uint64_t base = 0x7f0000000000;
    uint32_t last[50] = {0};
    for (int round = 0; round < 300; round++) {
        for (uint64_t i = 0; i < 50; i++) {
            struct mscope_stack stack;
            make(1000000 + i, base, &stack);
            uint32_t site = number_of(&stack);
            expect(site != 0, "a stack was dropped in round %d", round);
            expect(site != last[i], "a stack kept its number in round %d", round);
            expect(number_of(&stack) == site, "a stack has two numbers in round %d", round);
            last[i] = site;
            expect(mscope_sites_are_valid(site, site), "an equation does not hold in round %d", round);
        }
        mscope_retire_sites(base, base + (1 << 20), 4711); // no image has this name's hash
        expect(mscope_sites_are_valid(last[0], UINT32_MAX), "an equation does not hold after round %d", round);
    }
    expect_equal(mscope_global.dropped_stacks, 0, "dropped stacks");
    end();

    test("stacks of other code keep their numbers through it");
    for (uint64_t i = 0; i < STACKS; i += 11) {
        struct mscope_stack stack;
        make(i, 0x10000, &stack);
        expect(mscope_find_site(stack.hash) == numbers[0][i], "stack %llu changed its number", (unsigned long long)i);
    }
    end();
}

// As many as a test suite of a large package has; their outer frames are alike.
static void many(void) {
    enum { MANY = 1500000, BASE = 0x20000, MANY_FRAMES = 24 };
    test("a million and a half stacks have places, and are read back");
    static uint32_t known[MANY];
    struct mscope_stack stack = {.count = MANY_FRAMES};
    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint64_t i = 0; i < MANY; i++) {
            for (int k = 0; k < MANY_FRAMES; k++) stack.frames[k] = BASE + k * 64 + (i >> k & 1);
            stack.hash = mscope_finish_hash(i * MSCOPE_HASH_BASE, MANY_FRAMES, 1);
            uint32_t site = mscope_find_site(stack.hash);
            expect(site == known[i], "stack %llu was known as %u", (unsigned long long)i, site);
            if (pass == 0) known[i] = mscope_new_site(&stack);
            if (i % 1000 != 0) continue;
            struct mscope_site read;
            bool there = mscope_read_site(known[i], &read);
            expect(there && memcmp(read.frames, stack.frames, sizeof(uint64_t) * MANY_FRAMES) == 0,
                "stack %llu is read otherwise", (unsigned long long)i);
        }
    expect_equal(mscope_global.dropped_stacks, 0, "dropped stacks");
    end();
}

// Each frame is one of two, whatever its neighbours are: no stack is like the one before it.
static void random_paths(void) {
    enum { PATHS = 200000, BASE = 0x8000000, PATH_FRAMES = 24, OWN_FRAMES = 12 };
    test("stacks that differ at random have outer frames once, and are read back");
    struct mscope_stack stack = {.count = PATH_FRAMES};
    uint64_t state = 7, own = 0;
    for (uint64_t i = 0; i < PATHS; i++) {
        uint64_t path = random_next(&state);
        for (int k = 0; k < PATH_FRAMES; k++) stack.frames[k] = BASE + k * 64 + (path >> k & 1);
        stack.hash = mscope_finish_hash(i * MSCOPE_HASH_BASE, PATH_FRAMES, 2);
        uint32_t site = mscope_new_site(&stack);
        expect(site != 0, "stack %llu has no number", (unsigned long long)i);
        own += mscope_entry(site)->own;
        expect(mscope_sites_are_valid(site, site), "stack %llu breaks an equation", (unsigned long long)i);
        struct mscope_site read;
        bool there = mscope_read_site(site, &read);
        expect(there && memcmp(read.frames, stack.frames, sizeof(uint64_t) * PATH_FRAMES) == 0,
            "stack %llu is read otherwise", (unsigned long long)i);
    }
    expect(own <= (uint64_t)PATHS * OWN_FRAMES, "%.1f frames of its own in each", (double)own / PATHS);
    end();
}

int main(void) {
    mscope_boot();
    random_paths();
    once();
    reloaded();
    many();
    test("the equations hold of all stacks in the end");
    expect(mscope_sites_are_valid(1, UINT32_MAX), "one does not");
    end();
    return check_result();
}
