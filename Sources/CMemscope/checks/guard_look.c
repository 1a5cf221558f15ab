// Accesses that a guard caught, and writes to the rest of cells that no guard caught.
#include "checks/checks.h"
#include "checks/guard.h"

#include <sys/mman.h>

enum { MSCOPE_TRIES = 1 << 20 };

struct mscope_error mscope_error_of_cell(uint32_t kind, struct mscope_cell *cell)
{
    return (struct mscope_error){
        .kind = kind,
        .block = cell->address,
        .size = cell->size,
        .family = cell->family,
        .type_word = mscope_load_relaxed(&cell->state) == MSCOPE_CELL_FREED ? cell->first_word : 0,
        .allocated_site = cell->allocated.site,
        .allocated_thread = cell->allocated.thread,
        .freed_site = cell->freed.site,
        .freed_thread = cell->freed.thread,
    };
}

static void mscope_report_damage(struct mscope_cell *cell, uint32_t kind, uint64_t address, struct mscope_witness at,
                                 uint32_t flags)
{
    uint32_t side = kind == MSCOPE_OVERFLOW ? 1 : 2;
    if (cell->reported & side) return;
    cell->reported |= side;
    struct mscope_error error = mscope_error_of_cell(kind, cell);
    error.flags = MSCOPE_ERROR_FOUND_LATER | MSCOPE_ERROR_WRITE | flags;
    error.address = address;
    error.offset = (int64_t)(address - cell->address);
    error.access_site = at.site;
    error.access_thread = at.thread;
    mscope_report(&error);
}

static bool mscope_is_filled(uint64_t address)
{
    uint8_t byte = 0;
    return mscope_read_memory(address, &byte, 1) != 1 || byte == MSCOPE_CANARY;
}

/// Reports what was written to the rest of a cell, except damage that belongs to a write which a guard has caught:
/// damage that reaches the guard through which that write went, from this block or from the one beyond.
static void mscope_report_rest(const struct mscope_pool *pool, struct mscope_cell *cell, uint64_t before,
                               uint64_t behind, struct mscope_witness at, uint32_t flags)
{
    uint64_t i = (uint64_t)(cell - pool->cells), start = mscope_cell_start(pool, i), end = mscope_cell_end(pool, i);
    uint32_t caught = mscope_load_relaxed(&cell->caught);
    bool from_below = mscope_load_relaxed(&pool->cells[i].opened) == MSCOPE_OPENED_FROM_BELOW;
    bool from_above = mscope_load_relaxed(&pool->cells[i + 1].opened) == MSCOPE_OPENED_FROM_ABOVE;
    if (behind != end && !((caught & 1 || from_above) && !mscope_is_filled(end - 1)))
        mscope_report_damage(cell, MSCOPE_OVERFLOW, behind, at, flags);
    if (before != cell->address && !((caught & 2 || from_below) && !mscope_is_filled(start)))
        mscope_report_damage(cell, MSCOPE_UNDERFLOW, before, at, flags);
}

void mscope_check_cell(const struct mscope_pool *pool, struct mscope_cell *cell, struct mscope_witness at)
{
    uint64_t i = (uint64_t)(cell - pool->cells), start = mscope_cell_start(pool, i), end = mscope_cell_end(pool, i);
    uint64_t behind = mscope_first_damage(cell->address + cell->size, end, MSCOPE_CANARY);
    uint64_t before = mscope_last_damage(start, cell->address, MSCOPE_CANARY);
    if (behind != end || before != cell->address) mscope_report_rest(pool, cell, before, behind, at, 0);
}

// ---- accesses

/// How far an address is from a cell's block; UINT64_MAX when the cell never had a block.
static uint64_t mscope_distance(struct mscope_cell *cell, uint64_t address)
{
    if (mscope_load_acquire(&cell->state) == MSCOPE_CELL_FREE) return UINT64_MAX;
    return address < cell->address ? cell->address - address : address - cell->address - cell->size;
}

/// The last block before an access to cells that were never used: a live block, or else one that was freed.
static struct mscope_cell *mscope_cell_before(uint64_t pool, uint64_t i)
{
    struct mscope_cell *freed = NULL;
    for (;; i = mscope_pools[--pool].count) {
        while (i-- > 0) {
            struct mscope_cell *cell = &mscope_pools[pool].cells[i];
            if (mscope_load_acquire(&cell->state) == MSCOPE_CELL_LIVE) return cell;
            if (freed == NULL && mscope_load_acquire(&cell->state) == MSCOPE_CELL_FREED) freed = cell;
        }
        if (pool == 0) return freed;
    }
}

/// The block that was meant by an access: that of the cell in which the address lies, or the nearest of those around.
static struct mscope_cell *mscope_meant_cell(struct mscope_pool *pool, uint64_t address)
{
    uint64_t i = mscope_cell_index(pool, address), nearest = UINT64_MAX;
    bool in_guard = address - mscope_guard_before(pool, i) < MSCOPE_PAGE;
    struct mscope_cell *best = i < pool->count ? &pool->cells[i] : NULL;
    if (best != NULL && !in_guard && mscope_load_acquire(&best->state) != MSCOPE_CELL_FREE) return best;
    for (uint64_t n = i > 0 ? i - 1 : 0; n <= i + !in_guard && n < pool->count; n++) {
        uint64_t distance = mscope_distance(&pool->cells[n], address);
        if (distance <= nearest) best = &pool->cells[n], nearest = distance;
    }
    return nearest == UINT64_MAX ? mscope_cell_before((uint64_t)(pool - mscope_pools), i) : best;
}

/// Opens the page of an access, so that the access goes on. The page is closed when a cell beside it is used again.
static void mscope_open_page(struct mscope_pool *pool, uint64_t address, uint32_t why)
{
    uint64_t i = mscope_cell_index(pool, address), page = address & ~(uint64_t)(MSCOPE_PAGE - 1);
    if (page == mscope_guard_before(pool, i)) mscope_store_relaxed(&pool->cells[i].opened, why);
    mscope_protect(page, page + MSCOPE_PAGE, PROT_READ | PROT_WRITE);
}

/// Whether another thread has meanwhile taken the cell of an access for its next block: then the access is tried again.
/// While the cell is being prepared, tries are counted, so that a cell that is never opened does not hold the thread
/// for ever.
static bool mscope_is_taken_again(const struct mscope_pool *pool, uint64_t address)
{
    static _Atomic uint32_t tries;
    uint64_t i = mscope_cell_index(pool, address);
    if (i >= pool->count || address < mscope_cell_start(pool, i)) return false;
    uint32_t state = mscope_load_acquire(&pool->cells[i].state);
    if (state == MSCOPE_CELL_LIVE) return true; // its memory is open
    return state == MSCOPE_CELL_FREE && mscope_load_acquire(&pool->cells[i].uses) != 0
           && mscope_add_relaxed(&tries, 1) < MSCOPE_TRIES;
}

bool mscope_guard_caught(uint64_t address, bool is_write, struct mscope_cursor at)
{
    struct mscope_pool *pool = mscope_is_guarded(address) ? mscope_pool_of(address) : NULL;
    if (pool == NULL) return false;
    struct mscope_cell *cell = mscope_meant_cell(pool, address);
    bool freed = cell != NULL && mscope_load_acquire(&cell->state) == MSCOPE_CELL_FREED;
    if (mscope_is_taken_again(pool, address)) return true;
    if (cell == NULL) return false;
    uint32_t kind = freed                     ? (is_write ? MSCOPE_USE_AFTER_FREE_WRITE : MSCOPE_USE_AFTER_FREE_READ)
                    : address < cell->address ? MSCOPE_UNDERFLOW
                                              : MSCOPE_OVERFLOW;
    struct mscope_error error = mscope_error_of_cell(kind, cell);
    struct mscope_witness here = mscope_witness(at);
    error.address = address;
    error.offset = (int64_t)(address - cell->address);
    error.flags = is_write ? MSCOPE_ERROR_WRITE : MSCOPE_ERROR_READ;
    error.access_site = here.site;
    error.access_thread = here.thread;
    mscope_add_relaxed(&mscope_check_counters.faults, 1);
    uint32_t why = MSCOPE_OPENED;
    if (is_write && !freed) {
        bool over = kind == MSCOPE_OVERFLOW;
        atomic_fetch_or_explicit(&cell->caught, over ? 1u : 2u, memory_order_relaxed);
        why = over ? MSCOPE_OPENED_FROM_BELOW : MSCOPE_OPENED_FROM_ABOVE;
    }
    mscope_open_page(pool, address, why);
    mscope_report(&error);
    return true;
}

// ---- the sweep: checking all of them

/// Checks a live cell that may be freed and used again meanwhile.
static void mscope_sweep_cell(const struct mscope_pool *pool, struct mscope_cell *cell)
{
    uint64_t i = (uint64_t)(cell - pool->cells), address = cell->address, size = cell->size;
    uint64_t start = mscope_cell_start(pool, i), end = mscope_cell_end(pool, i), behind, before;
    uint32_t use = mscope_load_acquire(&cell->uses);
    bool readable = mscope_probe_first_damage(address + size, end, MSCOPE_CANARY, &behind)
                    && mscope_probe_last_damage(start, address, MSCOPE_CANARY, &before);
    atomic_thread_fence(memory_order_acquire);
    if (!readable || mscope_load_acquire(&cell->state) != MSCOPE_CELL_LIVE || mscope_load_acquire(&cell->uses) != use)
        return;
    if (behind != end || before != address)
        mscope_report_rest(pool, cell, before, behind, (struct mscope_witness){0}, MSCOPE_ERROR_SWEEP);
}

void mscope_guard_sweep(void)
{
    for (int p = 0; p < MSCOPE_POOLS; p++)
        for (uint32_t i = 0; i < mscope_pools[p].count; i++)
            if (mscope_load_acquire(&mscope_pools[p].cells[i].state) == MSCOPE_CELL_LIVE)
                mscope_sweep_cell(&mscope_pools[p], &mscope_pools[p].cells[i]);
}
