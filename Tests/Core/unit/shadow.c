// The shadow table by itself: blocks recorded at chosen addresses, against a model.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "../support/check.h"
#include "../support/random.h"
#include "hooks/free.h"

enum { PLACES = 200000 };

static uint64_t sizes[PLACES];
static bool live[PLACES];

// Reserved and never touched: the table works on addresses only.
static char *reserve(size_t size) {
    return mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static void record(char *block, uint64_t size) {
    mscope_record(block, size, MSCOPE_FAMILY_MALLOC, (struct mscope_cursor){(uint64_t)(uintptr_t)record, 0, 0});
}

static void forget(char *block) {
    uint64_t what;
    struct mscope_slot *slot = mscope_find_slot((uint64_t)(uintptr_t)block, &what);
    expect(slot && mscope_owns_slot(what, (uint64_t)(uintptr_t)block), "block %p has no slot", (void *)block);
    if (slot) mscope_record_free(slot, what, (uint64_t)(uintptr_t)block, mscope_mark_of((uint64_t)(uintptr_t)forget));
}

static void compare(char *heap, size_t spacing) {
    size_t found = 0, got;
    struct mscope_block blocks[100];
    expect(mscope_walk_begin(), "the walk did not begin");
    while ((got = mscope_walk_next(blocks, 100)) > 0) {
        for (size_t i = 0; i < got; i++) {
            uint64_t offset = blocks[i].address - (uint64_t)(uintptr_t)heap, at = offset / spacing;
            if (offset >= PLACES * spacing) continue;
            found++;
            expect(offset % spacing == 0 && live[at] && blocks[i].size == sizes[at],
                "a block at offset %llu of %llu bytes", (unsigned long long)offset,
                (unsigned long long)blocks[i].size);
        }
    }
    uint64_t missed = 0, wanted = 0;
    expect(mscope_walk_end(&missed) && missed == 0, "the walk missed %llu", (unsigned long long)missed);
    for (size_t i = 0; i < PLACES; i++) wanted += live[i];
    expect_equal(found, wanted, "walked blocks");
}

static void against_model(size_t spacing, const char *name) {
    test(name);
    char *heap = reserve(PLACES * spacing);
    uint64_t seed = 3;
    memset(live, 0, sizeof live);
    for (int step = 0; step < 400000; step++) {
        size_t at = random_below(&seed, PLACES);
        if (live[at]) forget(heap + at * spacing);
        else sizes[at] = random_below(&seed, spacing + 1), record(heap + at * spacing, sizes[at]);
        live[at] = !live[at];
        uint64_t address = (uint64_t)(uintptr_t)heap + at * spacing;
        expect(mscope_shadow_is_valid(address - 256, address + 256), "step %d: an equation does not hold", step);
    }
    uint64_t start = (uint64_t)(uintptr_t)heap;
    expect(mscope_shadow_is_valid(start, start + PLACES * spacing), "an equation does not hold in the end");
    compare(heap, spacing);
    for (size_t at = 0; at < PLACES; at++) {
        if (live[at]) forget(heap + at * spacing);
    }
    end();
}

// ---- what the table tells of blocks that ended: the last one at an address, whatever slots the two sizes have

enum { UNITS = 16, MOST_UNITS = 8 }; // of 16 bytes

struct past {
    uint64_t size;
    bool known, live;
};

/// Whether nothing lives in the units from `at` on.
static bool is_room(const struct past *past, size_t at, size_t units) {
    if (at + units > UNITS) return false;
    for (size_t i = 0; i < at + units; i++) {
        size_t length = past[i].size < 24 ? 2 : (past[i].size + 8 + 15) / 16; // as glibc's chunks
        if (past[i].live && i + length > at) return false;
    }
    return true;
}

static void one_step(char *heap, struct past *past, uint64_t *seed) {
    size_t at = random_below(seed, UNITS);
    if (past[at].live) {
        forget(heap + at * 16);
        past[at].live = false;
        return;
    }
    uint64_t size = random_below(seed, MOST_UNITS * 16 - 8);
    if (!is_room(past, at, size < 24 ? 2 : (size + 8 + 15) / 16)) return;
    record(heap + at * 16, size);
    past[at] = (struct past){size, true, true};
}

static void last_blocks(void) {
    test("an ended block is told of until another begins near it, and never in another's place");
    char *heap = reserve(4096);
    struct past past[UNITS] = {0};
    uint64_t seed = 11, told = 0, ended = 0, guessed = 0;
    for (int step = 0; step < 200000; step++) {
        one_step(heap, past, &seed);
        uint64_t start = (uint64_t)(uintptr_t)heap;
        expect(mscope_shadow_is_valid(start, start + 4096), "step %d: an equation does not hold", step);
        for (size_t i = 0; i < UNITS; i++) {
            uint64_t address = (uint64_t)(uintptr_t)heap + i * 16, what;
            struct mscope_slot *slot = mscope_find_slot(address, &what);
            expect(mscope_owns_slot(what, address) == past[i].live, "step %d: unit %zu lives or does not", step, i);
            if (!past[i].live) ended += past[i].known;
            if (!past[i].known || !mscope_tells_of(what, address)) continue;
            struct mscope_slot *large = mscope_large_slot(mscope_find_region(address), address);
            uint64_t of_large = mscope_load_relaxed(&large->what);
            bool sure = slot == large || (mscope_knows_order(of_large, address) && !(of_large & MSCOPE_SLOT_LIVE));
            unsigned long long size = mscope_slot_size(what), wanted = past[i].size;
            expect(!sure || size == wanted, "step %d: unit %zu had %llu bytes, not %llu", step, i, wanted, size);
            if (!past[i].live) told += sure, guessed += !sure;
        }
    }
    expect(told > ended / 10, "of %llu ended blocks %llu are told of, %llu guessed", (unsigned long long)ended,
        (unsigned long long)told, (unsigned long long)guessed);
    end();
}

/// Frees again what has ended; the flags of the report, 0 without one.
static uint32_t free_again(char *block) {
    struct mscope_error errors[64];
    uint32_t cursor = 0;
    uint64_t before = mscope_error_count();
    expect(!mscope_release(block, MSCOPE_SIZE_UNSTATED, MSCOPE_FAMILY_MALLOC, (uint64_t)(uintptr_t)block, 0, 0),
        "the second free was passed on");
    expect_equal(mscope_error_count(), before + 1, "reports");
    size_t count = mscope_read_errors(&cursor, errors, 64);
    for (size_t i = 0; i < count; i++) {
        bool same = errors[i].address == (uint64_t)(uintptr_t)block;
        if (same && errors[i].kind == MSCOPE_DOUBLE_FREE) return errors[i].flags;
    }
    return 0;
}

static void freed_twice(void) {
    test("a second free is one whatever sizes came before; a report that may be of an older block says so");
    mscope_store_relaxed(&mscope_era, 1ull << MSCOPE_ERA_SHIFT);
    char *heap = reserve(4096);
    record(heap, 100), forget(heap);
    record(heap, 20), forget(heap);
    expect_equal(free_again(heap), MSCOPE_ERROR_REFUSED, "the flags after a small block");
    record(heap + 256, 20), forget(heap + 256);
    record(heap + 256, 100), forget(heap + 256);
    expect_equal(free_again(heap + 256), MSCOPE_ERROR_REFUSED, "the flags after a large block");
    // The large block's slot is another's by now; that there was one shows only in that.
    record(heap + 512, 20), forget(heap + 512);
    record(heap + 512, 100), forget(heap + 512);
    record(heap + 544, 100), forget(heap + 544);
    expect_equal(free_again(heap + 512), (MSCOPE_ERROR_REFUSED | MSCOPE_ERROR_GUESSED), "the flags after both");
    mscope_store_relaxed(&mscope_era, 0);
    end();
}

static void missed_ends(void) {
    test("a block whose end was missed is not taken for the later one at its address");
    char *heap = reserve(4096);
    uint64_t sizes_in_turn[2][2] = {{100, 20}, {20, 100}};
    for (size_t i = 0; i < 2; i++) {
        char *block = heap + i * 256;
        struct mscope_block found;
        uint64_t what;
        record(block, sizes_in_turn[i][0]);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        record(block, sizes_in_turn[i][1]);
        mscope_find_slot((uint64_t)(uintptr_t)block, &what);
        expect_equal(mscope_slot_size(what), sizes_in_turn[i][1], "the size that free is told");
        expect(mscope_find_block((uint64_t)(uintptr_t)block, &found), "no block is found");
        expect_equal(found.size, sizes_in_turn[i][1], "the size that readers see");
        forget(block);
    }
    end();
}

static void unknown_frees(void) {
    test("without complete tracking, a free of what nobody recorded passes, whatever its neighbours left");
    char *heap = reserve(4096);
    record(heap, 100), forget(heap);
    record(heap, 20), forget(heap);      // makes the large slot forget
    record(heap + 256, 100), forget(heap + 256);
    record(heap + 512, 100);             // lives
    char *unrecorded[] = {heap + 32, heap + 256 + 48, heap + 512 - 32};
    for (size_t i = 0; i < 3; i++)
        expect(mscope_goes_plainly(unrecorded[i], MSCOPE_SIZE_UNSTATED, MSCOPE_FAMILY_MALLOC, 0),
            "the free of %zu is looked at", i);
    forget(heap + 512);
    end();
}

static void borders(void) {
    test("blocks at both ends of a region and across it are found from their ends");
    uint64_t region = 1ull << MSCOPE_REGION_SHIFT;
    char *heap = reserve(64 * region);
    char *border = (char *)(((uintptr_t)heap + 2 * region - 1) & ~(uintptr_t)(region - 1));
    uint64_t lengths[] = {1, 16, 31, 32, 33, 63, 64, 65, 4096, 1 << 20, 3ull << 30};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char *places[] = {border, border - 16, border - 32, border - 4096};
        for (size_t k = 0; k < 4; k++) {
            struct mscope_block found;
            record(places[k], lengths[i]);
            uint64_t address = (uint64_t)(uintptr_t)places[k];
            expect(mscope_find_block(address, &found) && found.size == lengths[i], "its begin does not find the block");
            expect(mscope_find_block(address + lengths[i] - 1, &found) && found.address == address,
                "its end does not find the block");
            expect(!mscope_find_block(address + lengths[i], &found), "the byte after its end finds the block");
            expect(!mscope_find_block(address - 1, &found), "the byte before it finds the block");
            forget(places[k]);
        }
    }
    end();
}

static void used_lines(void) {
    test("a line of 64 bytes is used from the first block in it on, and its neighbours are not");
    char *heap = reserve(PLACES * 64);
    uint64_t seed = 7, used = 0;
    memset(live, 0, sizeof live);
    for (size_t i = 0; i < PLACES / 10; i++) {
        size_t at = random_below(&seed, PLACES), size = random_below(&seed, 2) ? 16 : 200;
        char *block = heap + at * 64 + (size == 16 ? 48 : 0);
        if (live[at]) continue;
        live[at] = true, used++;
        record(block, size);
        if (i % 2) forget(block);
    }
    for (size_t at = 0; at < PLACES; at++) {
        uint64_t address = (uint64_t)(uintptr_t)heap + at * 64;
        struct mscope_region *region = mscope_find_region(address);
        expect(region && mscope_was_used(region, address) == live[at], "line %zu is not as it was used", at);
    }
    end();

    test("a page of these bits that was only looked at is known");
    uint64_t first = (uint64_t)(uintptr_t)mscope_find_region((uint64_t)(uintptr_t)heap), seen = 0;
    for (uint64_t offset = offsetof(struct mscope_region, lines); offset < sizeof(struct mscope_region); offset += 4096)
        seen += mscope_is_only_seen(first, offset);
    expect(seen < sizeof((struct mscope_region){0}.lines) / 4096, "all pages of bits count as unused");
    char *apart = reserve(4ull << MSCOPE_REGION_SHIFT);
    apart = (char *)(((uint64_t)(uintptr_t)apart | ((1ull << MSCOPE_REGION_SHIFT) - 1)) + 1);
    record(apart, 16);
    first = (uint64_t)(uintptr_t)mscope_find_region((uint64_t)(uintptr_t)apart), seen = 0;
    for (uint64_t offset = offsetof(struct mscope_region, lines); offset < sizeof(struct mscope_region); offset += 4096)
        seen += mscope_is_only_seen(first, offset);
    expect_equal(seen, sizeof((struct mscope_region){0}.lines) / 4096 - 1, "pages of bits without a block");
    end();
}

static void wild(void) {
    test("addresses that no heap has are answered, not followed");
    struct mscope_block found;
    uint64_t addresses[] = {0, 1, 15, 0xfff, UINT64_MAX, UINT64_MAX - 31, 1ull << 47, 1ull << 63, 0xffff800000000000ull,
        (1ull << 47) - 1};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        expect(!mscope_find_block(addresses[i], &found), "a block at %llx", (unsigned long long)addresses[i]);
    }
    end();
}

int main(void) {
    mscope_boot();
    mscope_store_relaxed(&mscope_current_mode, MSCOPE_BALANCED);
    mscope_set_sample_interval(1ull << 60);
    against_model(48, "400,000 records and removals 48 bytes apart leave what the model says");
    against_model(80, "the same 80 bytes apart, in slots of both kinds");
    last_blocks();
    freed_twice();
    missed_ends();
    unknown_frees();
    borders();
    used_lines();
    wild();
    return check_result();
}
