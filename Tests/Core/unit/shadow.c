// The shadow table by itself: blocks recorded at addresses of our choice, against a model.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../support/check.h"
#include "../support/random.h"
#include "internal.h"

enum { SLOTS = 200000, SPACING = 48 };

static uint64_t sizes[SLOTS];
static bool live[SLOTS];

// Reserved and never touched: the table works on addresses only.
static char *reserve(size_t size) {
    return mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static void record(char *block, uint64_t size) {
    mscope_record(block, size, MSCOPE_FAMILY_MALLOC, (struct mscope_cursor){(uint64_t)(uintptr_t)record, 0, 0});
}

static void forget(char *block) {
    struct mscope_slot *slot = mscope_find_slot((uint64_t)(uintptr_t)block);
    uint64_t what = slot ? mscope_load_relaxed(&slot->what) : 0;
    expect(slot && mscope_owns_slot(what, (uint64_t)(uintptr_t)block), "block %p has no slot", (void *)block);
    if (slot) mscope_forget(slot, what, (uint64_t)(uintptr_t)block, 0);
}

static void compare(char *heap) {
    size_t found = 0, got;
    struct mscope_block blocks[100];
    expect(mscope_walk_begin(), "the walk did not begin");
    while ((got = mscope_walk_next(blocks, 100)) > 0) {
        for (size_t i = 0; i < got; i++) {
            uint64_t offset = blocks[i].address - (uint64_t)(uintptr_t)heap, at = offset / SPACING;
            if (offset >= (uint64_t)SLOTS * SPACING) continue;
            found++;
            expect(offset % SPACING == 0 && live[at] && blocks[i].size == sizes[at],
                "a block at offset %llu of %llu bytes", (unsigned long long)offset,
                (unsigned long long)blocks[i].size);
        }
    }
    uint64_t missed = 0, wanted = 0;
    expect(mscope_walk_end(&missed) && missed == 0, "the walk missed %llu", (unsigned long long)missed);
    for (size_t i = 0; i < SLOTS; i++) wanted += live[i];
    expect_equal(found, wanted, "walked blocks");
}

static void against_model(void) {
    test("400,000 records and removals 48 bytes apart leave what the model says");
    char *heap = reserve((size_t)SLOTS * SPACING);
    uint64_t seed = 3;
    for (int step = 0; step < 400000; step++) {
        size_t at = random_below(&seed, SLOTS);
        if (live[at]) forget(heap + at * SPACING);
        else sizes[at] = random_below(&seed, SPACING + 1), record(heap + at * SPACING, sizes[at]);
        live[at] = !live[at];
    }
    compare(heap);
    end();
}

static void borders(void) {
    test("blocks at both ends of a region and across it are found from their ends");
    uint64_t region = 1ull << MSCOPE_REGION_SHIFT;
    char *heap = reserve(4 * region);
    char *border = (char *)(((uintptr_t)heap + 2 * region - 1) & ~(uintptr_t)(region - 1));
    uint64_t lengths[] = {1, 16, 31, 32, 33, 4096, 1 << 20};
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
    against_model();
    borders();
    wild();
    return check_result();
}
