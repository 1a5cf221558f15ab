// What the files of the guards share: pools, cells and their addresses.
#ifndef MSCOPE_CHECKS_GUARD_H
#define MSCOPE_CHECKS_GUARD_H

#include "checks/canary.h"
#include "checks/queue.h"
#include "checks/report.h"

enum { MSCOPE_CELL_FREE = 0, MSCOPE_CELL_LIVE = 1, MSCOPE_CELL_FREED = 2, MSCOPE_POOLS = 9 };

struct mscope_cell {
    _Atomic uint32_t state;
    _Atomic uint32_t uses;
    _Atomic uint32_t opened; // an enum mscope_opened: the guard before the cell, opened at a fault
    uint64_t address, size;
    uint64_t first_word; // of the block, when it was freed
    struct mscope_witness allocated, freed;
    uint32_t family;
    uint32_t reported;       // damage behind it (1), or before it (2), was reported
    _Atomic uint32_t caught; // a write behind it (1), or before it (2), was caught by a guard
};

struct mscope_pool {
    uint64_t start, end, pages; // pages: of a cell
    uint32_t count;
    struct mscope_cell *cells; // count + 1: the last has only a guard
    struct mscope_queue queue;
};
extern MSCOPE_HIDDEN struct mscope_pool mscope_pools[MSCOPE_POOLS];

/// Why a guard is open: a read or an unknown access, a write behind the block below, or a write before the block above.
enum mscope_opened { MSCOPE_CLOSED = 0, MSCOPE_OPENED = 1, MSCOPE_OPENED_FROM_BELOW = 2, MSCOPE_OPENED_FROM_ABOVE = 3 };

static inline uint64_t mscope_guard_before(const struct mscope_pool *pool, uint64_t i)
{
    return pool->start + i * (pool->pages + 1) * MSCOPE_PAGE;
}
static inline uint64_t mscope_cell_start(const struct mscope_pool *pool, uint64_t i)
{
    return mscope_guard_before(pool, i) + MSCOPE_PAGE;
}
static inline uint64_t mscope_cell_end(const struct mscope_pool *pool, uint64_t i)
{
    return mscope_guard_before(pool, i + 1);
}

/// The cell that has `address` in its memory, or in the guard before it.
static inline uint64_t mscope_cell_index(const struct mscope_pool *pool, uint64_t address)
{
    return (address - pool->start) / ((pool->pages + 1) * MSCOPE_PAGE);
}

// ---- guard.c
MSCOPE_HIDDEN bool mscope_guard_start(void);
/// A guarded block, recorded; NULL when no cell is free or the block does not fit.
MSCOPE_HIDDEN void *mscope_guard_allocate(const struct mscope_request *request);
/// Reports a call that frees an address in a pool where no live block begins.
MSCOPE_HIDDEN bool mscope_guard_is_bad_free(const struct mscope_free_call *call);
/// Reports an access that a guard caught, and lets the access go on; false when the fault was another one.
MSCOPE_HIDDEN bool mscope_guard_caught(uint64_t address, bool is_write, struct mscope_cursor at);
MSCOPE_HIDDEN void mscope_guard_sweep(void);
MSCOPE_HIDDEN void mscope_guard_totals(struct mscope_check_totals *out);
MSCOPE_HIDDEN struct mscope_pool *mscope_pool_of(uint64_t address);
MSCOPE_HIDDEN bool mscope_protect(uint64_t start, uint64_t end, int protection);

// ---- guard_look.c
MSCOPE_HIDDEN struct mscope_error mscope_error_of_cell(uint32_t kind, struct mscope_cell *cell);
/// Reports what was written to the rest of a cell that only the caller uses.
MSCOPE_HIDDEN void mscope_check_cell(const struct mscope_pool *pool, struct mscope_cell *cell,
                                     struct mscope_witness at);

#endif
