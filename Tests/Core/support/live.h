// The core's answers in a form that tests can compare: changes of the totals, and the
// live set sorted by address. Storage comes from mmap, so asking changes nothing.
#ifndef CORE_TESTS_LIVE_H
#define CORE_TESTS_LIVE_H

#include <stdlib.h>
#include <sys/mman.h>

#ifdef __cplusplus
extern "C" {
#endif
#include "CMemscope.h"
#ifdef __cplusplus
}
#endif
#include "check.h"

static struct mscope_totals totals_before;

static inline void mark(void) {
    mscope_read_totals(&totals_before);
}

static inline struct mscope_counts change(void) {
    struct mscope_totals now;
    mscope_read_totals(&now);
    struct mscope_counts a = totals_before.program, b = now.program;
    return (struct mscope_counts){
        b.allocations - a.allocations, b.frees - a.frees,
        b.allocated_bytes - a.allocated_bytes, b.freed_bytes - a.freed_bytes,
    };
}

#define expect_change(allocations_, frees_, allocated_, freed_) \
    do { \
        struct mscope_counts c_ = change(); \
        expect_equal(c_.allocations, allocations_, "the change of allocations"); \
        expect_equal(c_.frees, frees_, "the change of frees"); \
        expect_equal(c_.allocated_bytes, allocated_, "the change of allocated bytes"); \
        expect_equal(c_.freed_bytes, freed_, "the change of freed bytes"); \
    } while (0)

/// Checks that `pointer` is known with this size and family, also through its last byte.
#define expect_block(pointer, size_, family_) \
    do { \
        struct mscope_block b_; \
        uint64_t p_ = (uint64_t)(uintptr_t)(pointer), n_ = (uint64_t)(size_); \
        if (!mscope_find_block(p_, &b_)) { \
            check_fail(__FILE__, __LINE__, "block %p of %llu bytes is not known", (void *)(uintptr_t)p_, \
                (unsigned long long)n_); \
        } else { \
            expect_equal(b_.address, p_, "the block's address"); \
            expect_equal(b_.size, n_, "the block's size"); \
            expect_equal(b_.flags >> MSCOPE_BLOCK_FAMILY_SHIFT & 3, family_, "the block's family"); \
            expect_equal(b_.weight, 1, "the block's weight"); \
            if (n_ > 1) { \
                expect(mscope_find_block(p_ + n_ - 1, &b_) && b_.address == p_, "its last byte finds another block"); \
            } \
        } \
    } while (0)

#define expect_no_block(pointer) \
    do { \
        struct mscope_block b_; \
        expect(!mscope_find_block((uint64_t)(uintptr_t)(pointer), &b_), "a freed block is still known"); \
    } while (0)

struct live {
    struct mscope_block *blocks;
    size_t count, capacity;
    bool complete;
    uint64_t missed;
};

static inline int live_order(const void *a, const void *b) {
    uint64_t x = ((const struct mscope_block *)a)->address, y = ((const struct mscope_block *)b)->address;
    return x < y ? -1 : x > y;
}

// In place and without memory: qsort may call malloc, which would change what it sorts.
static inline void live_sort(struct mscope_block *blocks, size_t count) {
    for (size_t gap = count / 2; gap > 0; gap /= 2) {
        for (size_t i = gap; i < count; i++) {
            struct mscope_block moving = blocks[i];
            size_t j = i;
            for (; j >= gap && live_order(&blocks[j - gap], &moving) > 0; j -= gap) blocks[j] = blocks[j - gap];
            blocks[j] = moving;
        }
    }
}

static inline void *live_map(size_t size) {
    void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) {
        check_write("not ok - mmap for a walk's result failed\n");
        _exit(3);
    }
    return start;
}

static inline struct mscope_block *live_find(struct mscope_block *blocks, size_t count, uint64_t address) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (blocks[middle].address < address) low = middle + 1;
        else high = middle;
    }
    return low < count && blocks[low].address == address ? &blocks[low] : NULL;
}

/// All live blocks of the program (not the core's own), ascending by address. `meanwhile`,
/// if any, runs once, after the first blocks were delivered.
static inline struct live live_take_while(void (*meanwhile)(void)) {
    struct live live = {NULL, 0, 4u << 20, false, 0};
    live.blocks = (struct mscope_block *)live_map(live.capacity * sizeof(struct mscope_block));
    struct mscope_block some[64];
    size_t got;
    if (!mscope_walk_begin()) expect(false, "the walk did not begin");
    while ((got = mscope_walk_next(some, 64)) > 0) {
        for (size_t i = 0; i < got; i++) {
            if (!(some[i].flags & MSCOPE_BLOCK_INTERNAL)) live.blocks[live.count++] = some[i];
        }
        if (meanwhile) meanwhile();
        meanwhile = NULL;
    }
    live.complete = mscope_walk_end(&live.missed);
    live_sort(live.blocks, live.count);
    return live;
}

static inline void live_drop(struct live *live) {
    munmap(live->blocks, live->capacity * sizeof(struct mscope_block));
}

static inline struct live live_take(void) {
    return live_take_while(NULL);
}

/// The block that begins at `pointer`, or NULL.
static inline const struct mscope_block *live_at(const struct live *live, const void *pointer) {
    return live_find(live->blocks, live->count, (uint64_t)(uintptr_t)pointer);
}

static inline struct mscope_counts live_totals(void) {
    struct mscope_totals now;
    mscope_read_totals(&now);
    return now.program;
}

/// The counters of all sites, added up.
static inline struct mscope_counts site_sum(void) {
    struct mscope_counts sum = {0, 0, 0, 0};
    struct mscope_site sites[256];
    uint32_t cursor = 0;
    size_t got;
    while ((got = mscope_read_sites(&cursor, sites, 256)) > 0) {
        for (size_t i = 0; i < got; i++) {
            sum.allocations += sites[i].counts.allocations;
            sum.frees += sites[i].counts.frees;
            sum.allocated_bytes += sites[i].counts.allocated_bytes;
            sum.freed_bytes += sites[i].counts.freed_bytes;
        }
    }
    return sum;
}

/// The totals' live figures equal what a walk delivers; where nothing was sampled the sites add up to both.
static inline void expect_consistent(void) {
    struct live live = live_take();
    uint64_t bytes = 0, blocks = 0;
    for (size_t i = 0; i < live.count; i++) {
        blocks += live.blocks[i].weight;
        bytes += live.blocks[i].size * live.blocks[i].weight;
    }
    struct mscope_counts totals = live_totals(), sum = site_sum();
    expect(live.complete && live.missed == 0, "the walk missed %llu blocks", (unsigned long long)live.missed);
    expect_equal(blocks, totals.allocations - totals.frees, "the number of walked blocks");
    expect_equal(bytes, totals.allocated_bytes - totals.freed_bytes, "the bytes of walked blocks");
    live_drop(&live);
    struct mscope_totals all;
    mscope_read_totals(&all);
    if (all.sampled_allocations || mscope_mode() != MSCOPE_FULL) return;
    expect_equal(sum.allocations, totals.allocations, "the sites' sum of allocations");
    expect_equal(sum.frees, totals.frees, "the sites' sum of frees");
    expect_equal(sum.allocated_bytes, totals.allocated_bytes, "the sites' sum of allocated bytes");
    expect_equal(sum.freed_bytes, totals.freed_bytes, "the sites' sum of freed bytes");
}

#endif
