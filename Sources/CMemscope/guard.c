// Blocks between guard pages: who reaches over an end of one, or for one that was freed, faults right there.
//
// The idea is GWP-ASan's (compiler-rt/lib/gwp_asan). A pool is a row of cells of some pages with a guard page before,
// between and behind them. One block lies in a cell, at its end or its beginning; what is left of the cell is filled
// and looked at when the block is freed. A freed cell is protected, and used again after all that were freed before it.
//
//   guard 0 | cell 0 | guard 1 | cell 1 | ... | guard n
//
// state of a cell: FREE -> (taken from the queue) LIVE -> FREED -> (put into the queue, taken) LIVE ...
#include "checks.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { MSCOPE_CELL_FREE = 0, MSCOPE_CELL_LIVE = 1, MSCOPE_CELL_FREED = 2, MSCOPE_PAGE = 4096, MSCOPE_POOLS = 9 };
enum { MSCOPE_TRIES = 1 << 20 };

struct mscope_cell {
    _Atomic uint32_t state;
    _Atomic uint32_t uses;
    _Atomic uint32_t opened; // the guard before it, by a fault that was let go on
    uint64_t address, size;
    uint64_t first_word; // when it was freed
    struct mscope_witness allocated, freed;
    uint32_t family;
    uint32_t reported; // damage behind it (1) and before it (2) is known
};

struct mscope_pool {
    uint64_t start, end, pages; // of a cell
    uint32_t count;
    struct mscope_cell *cells; // count + 1: the last has only a guard
    struct mscope_queue queue;
};
static struct mscope_pool mscope_pools[MSCOPE_POOLS];
static uint64_t mscope_pools_start, mscope_pools_end;

// ---- start

static uint64_t mscope_pool_bytes(uint64_t pages, uint64_t count)
{
    return (count * (pages + 1) + 1) * MSCOPE_PAGE;
}

static bool mscope_pool_start(struct mscope_pool *pool, uint64_t start, uint64_t pages, uint32_t count)
{
    *pool = (struct mscope_pool){.start = start, .pages = pages, .count = count};
    pool->end = start + mscope_pool_bytes(pages, count);
    pool->cells = mscope_map((count + 1) * sizeof(struct mscope_cell));
    // More places than cells: one that comes back finds room although another thread is in the midst of taking one.
    if (pool->cells == NULL || !mscope_queue_start(&pool->queue, 2 * (uint64_t)count)) return false;
    for (uint32_t i = 0; i < count; i++) mscope_queue_put(&pool->queue, (struct mscope_item){.address = i});
    return true;
}

/// How many cells a pool has. For samples there is one pool of single pages; for all blocks, pools of 1, 2, 4 ... 256
/// pages, the first with a quarter of the bytes. The kernel gives a process 65,530 mappings and a live block takes two.
static uint32_t mscope_pool_count(uint32_t pool, uint64_t slots, uint64_t bytes)
{
    if (mscope_checks_level != MSCOPE_CHECKS_PAGES) return pool == 0 ? (uint32_t)slots : 0;
    uint64_t count = (pool == 0 ? bytes / 4 : bytes * 3 / 4 / (MSCOPE_POOLS - 1)) / ((uint64_t)MSCOPE_PAGE << pool);
    uint64_t most = (3u << 12) >> (pool > 1 ? pool - 1 : 0);
    return (uint32_t)(count > most ? most : count);
}

bool mscope_guard_start(void)
{
    uint64_t slots = mscope_check_options.guard_slots, bytes = mscope_check_options.pages_bytes;
    uint64_t total = 0;
    for (uint32_t i = 0; i < MSCOPE_POOLS; i++)
        total += mscope_pool_bytes(1ull << i, mscope_pool_count(i, slots, bytes));
    uint64_t start = (uint64_t)mscope_map(total), at = start;
    if (start == 0 || mscope_system(SYS_mprotect, start, total, PROT_NONE) != 0) return false;
    for (uint32_t i = 0; i < MSCOPE_POOLS; i++) {
        uint32_t count = mscope_pool_count(i, slots, bytes);
        if (count != 0 && !mscope_pool_start(&mscope_pools[i], at, 1ull << i, count)) return false;
        at += mscope_pool_bytes(1ull << i, count);
    }
    mscope_pools_end = start + total;
    mscope_pools_start = start;
    return true;
}

bool mscope_is_guarded(uint64_t address)
{
    return address - mscope_pools_start < mscope_pools_end - mscope_pools_start;
}

static struct mscope_pool *mscope_pool_of(uint64_t address)
{
    for (int i = 0; i < MSCOPE_POOLS; i++)
        if (address - mscope_pools[i].start < mscope_pools[i].end - mscope_pools[i].start) return &mscope_pools[i];
    return NULL;
}

// ---- cells

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

static bool mscope_protect(uint64_t start, uint64_t end, int protection)
{
    return mscope_system(SYS_mprotect, start, end - start, protection) == 0;
}

static void mscope_close_guard(struct mscope_pool *pool, uint64_t i)
{
    if (!mscope_load_relaxed(&pool->cells[i].opened)) return;
    uint64_t guard = mscope_guard_before(pool, i);
    mscope_store_relaxed(&pool->cells[i].opened, 0);
    mscope_protect(guard, guard + MSCOPE_PAGE, PROT_NONE);
}

/// Where in its cell a block begins. What malloc returns is aligned to 16, so up to 15 bytes may lie behind it.
static uint64_t mscope_place_in(uint64_t start, uint64_t end, const struct mscope_request *request, bool at_end)
{
    uint64_t alignment = request->alignment < 16 ? 16 : request->alignment;
    uint64_t size = request->size ? request->size : 1; // a block of nothing has its address all the same
    return at_end ? (end - size) & ~(alignment - 1) : start;
}

static struct mscope_pool *mscope_pool_for(const struct mscope_request *request)
{
    if (request->alignment > MSCOPE_PAGE) return NULL;
    for (int i = 0; i < MSCOPE_POOLS && mscope_pools[i].count != 0; i++)
        if (request->size <= mscope_pools[i].pages * MSCOPE_PAGE) return &mscope_pools[i];
    return NULL;
}

/// Makes a cell's memory a mapping of its own for good: opening and closing it costs 2 us instead of 5 when the kernel
/// need not split the mapping around it and put it together again. Guards are never dumped, so that flag will do.
static void mscope_set_apart(const struct mscope_pool *pool, uint64_t i)
{
    mscope_system(SYS_madvise, mscope_guard_before(pool, i), MSCOPE_PAGE, MADV_DONTDUMP);
    mscope_system(SYS_madvise, mscope_guard_before(pool, i + 1), MSCOPE_PAGE, MADV_DONTDUMP);
}

/// The cell that was freed first, or was never used, with its memory opened and its guards closed.
static bool mscope_take_cell(struct mscope_pool *pool, uint64_t *index)
{
    struct mscope_item item;
    if (!mscope_queue_take(&pool->queue, &item)) return false;
    uint64_t i = *index = item.address;
    mscope_store_release(&pool->cells[i].state, MSCOPE_CELL_FREE);
    mscope_close_guard(pool, i);
    mscope_close_guard(pool, i + 1);
    // The pools for all blocks have more cells than a process may have mappings.
    if (mscope_checks_level == MSCOPE_CHECKS_SAMPLED && mscope_load_relaxed(&pool->cells[i].uses) == 0)
        mscope_set_apart(pool, i);
    if (mscope_protect(mscope_cell_start(pool, i), mscope_cell_end(pool, i), PROT_READ | PROT_WRITE)) return true;
    mscope_queue_put(&pool->queue, item); // too many mappings: the cell waits for another time
    return false;
}

static bool mscope_draw_end(void)
{
    if (mscope_check_options.guard_side != MSCOPE_SIDE_RANDOM)
        return mscope_check_options.guard_side == MSCOPE_SIDE_AFTER;
    static _Atomic uint64_t state;
    uint64_t x = mscope_add_relaxed(&state, 0x9e3779b97f4a7c15ull);
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    return (x ^ x >> 27) >> 63;
}

void *mscope_guard_allocate(const struct mscope_request *request)
{
    struct mscope_pool *pool = mscope_pool_for(request);
    if (pool == NULL || !mscope_fault_stands()) return NULL;
    uint64_t i;
    if (!mscope_take_cell(pool, &i)) {
        mscope_add_relaxed(&mscope_check_counters.guard_full, 1);
        return NULL;
    }
    struct mscope_cell *cell = &pool->cells[i];
    uint64_t start = mscope_cell_start(pool, i), end = mscope_cell_end(pool, i);
    cell->address = mscope_place_in(start, end, request, mscope_draw_end());
    cell->size = request->size;
    cell->family = request->family;
    cell->allocated = mscope_witness(request->caller);
    cell->freed = (struct mscope_witness){0};
    cell->first_word = cell->reported = 0;
    mscope_fill_slack(start, cell->address);
    memset((void *)cell->address, 0, cell->size);
    mscope_fill_slack(cell->address + cell->size, end);
    if (!mscope_record_checked(cell->address, request)) {
        mscope_queue_put(&pool->queue, (struct mscope_item){.address = i});
        return NULL;
    }
    mscope_add_relaxed(&cell->uses, 1);
    mscope_store_release(&cell->state, MSCOPE_CELL_LIVE);
    mscope_add_relaxed(&mscope_check_counters.guarded, 1);
    mscope_add_relaxed(&mscope_check_counters.guarded_now, 1);
    return (void *)cell->address;
}

// ---- giving back

/// The cell whose memory, or whose guard before it, `address` lies in.
static uint64_t mscope_cell_index(const struct mscope_pool *pool, uint64_t address)
{
    return (address - pool->start) / ((pool->pages + 1) * MSCOPE_PAGE);
}

static struct mscope_error mscope_error_of_cell(uint32_t kind, struct mscope_cell *cell)
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

/// Reports what was written to the rest of a cell that its caller alone has.
static void mscope_check_cell(const struct mscope_pool *pool, struct mscope_cell *cell, struct mscope_witness at)
{
    uint64_t i = (uint64_t)(cell - pool->cells), start = mscope_cell_start(pool, i), end = mscope_cell_end(pool, i);
    uint64_t behind = mscope_first_damage(cell->address + cell->size, end, MSCOPE_CANARY);
    uint64_t before = mscope_last_damage(start, cell->address, MSCOPE_CANARY);
    if (behind != end) mscope_report_damage(cell, MSCOPE_OVERFLOW, behind, at, 0);
    if (before != cell->address) mscope_report_damage(cell, MSCOPE_UNDERFLOW, before, at, 0);
}

void mscope_guard_release(const struct mscope_giving *call, struct mscope_slot *slot, uint64_t what)
{
    struct mscope_pool *pool = mscope_pool_of(call->address);
    uint64_t i = mscope_cell_index(pool, call->address);
    struct mscope_cell *cell = &pool->cells[i];
    struct mscope_witness here = mscope_witness(call->caller);
    uint32_t live = MSCOPE_CELL_LIVE;
    if (!mscope_cas_acq_rel(&cell->state, &live, MSCOPE_CELL_FREED)) {
        mscope_guard_is_bad_free(call); // another thread was a moment quicker
        return;
    }
    cell->freed = here;
    if (cell->size >= sizeof(uint64_t)) cell->first_word = *(const uint64_t *)cell->address;
    mscope_check_cell(pool, cell, here);
    mscope_forget(slot, what, call->address, mscope_mark_of(here.site));
    mscope_protect(mscope_cell_start(pool, i), mscope_cell_end(pool, i), PROT_NONE);
    mscope_add_relaxed(&mscope_check_counters.guarded_now, -1);
    mscope_queue_put(&pool->queue, (struct mscope_item){.address = i});
}

bool mscope_guard_is_bad_free(const struct mscope_giving *call)
{
    struct mscope_pool *pool = mscope_is_guarded(call->address) ? mscope_pool_of(call->address) : NULL;
    if (pool == NULL) return false;
    struct mscope_cell *cell = &pool->cells[mscope_cell_index(pool, call->address)];
    uint32_t state = mscope_load_acquire(&cell->state);
    bool twice = state == MSCOPE_CELL_FREED && cell->address == call->address;
    struct mscope_error error = {.kind = MSCOPE_INVALID_FREE};
    if (state != MSCOPE_CELL_FREE) error = mscope_error_of_cell(twice ? MSCOPE_DOUBLE_FREE : MSCOPE_INVALID_FREE, cell);
    error.flags = MSCOPE_ERROR_REFUSED | (state == MSCOPE_CELL_LIVE ? (uint32_t)MSCOPE_ERROR_INTERIOR : 0);
    mscope_report_bad_free(call, &error);
    return true;
}

// ---- accesses

/// How far an address is from a cell's block; UINT64_MAX when there never was one.
static uint64_t mscope_distance(struct mscope_cell *cell, uint64_t address)
{
    if (mscope_load_acquire(&cell->state) == MSCOPE_CELL_FREE) return UINT64_MAX;
    return address < cell->address ? cell->address - address : address - cell->address - cell->size;
}

/// The last block before an access that fell among cells which were never used: a live one, else one that was freed.
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

/// The block that an access meant: that of the cell it fell into, or the nearest of those around.
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

/// Opens the page of an access, so that it goes on as it would have; closed when a cell beside it is used again.
static void mscope_open_page(struct mscope_pool *pool, uint64_t address)
{
    uint64_t i = mscope_cell_index(pool, address), page = address & ~(uint64_t)(MSCOPE_PAGE - 1);
    if (page == mscope_guard_before(pool, i)) mscope_store_relaxed(&pool->cells[i].opened, 1);
    mscope_protect(page, page + MSCOPE_PAGE, PROT_READ | PROT_WRITE);
}

/// Whether an access fell into a cell that another thread has taken for its next block meanwhile: it is worth another
/// try. While that is being prepared tries are counted, so that a cell nobody will ever open does not hold it for good.
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
    mscope_open_page(pool, address);
    mscope_report(&error);
    return true;
}

// ---- looking at all of them

/// The same for a cell that may be freed and used again meanwhile.
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
    struct mscope_witness nobody = {0};
    if (behind != end) mscope_report_damage(cell, MSCOPE_OVERFLOW, behind, nobody, MSCOPE_ERROR_SWEEP);
    if (before != address) mscope_report_damage(cell, MSCOPE_UNDERFLOW, before, nobody, MSCOPE_ERROR_SWEEP);
}

void mscope_guard_sweep(void)
{
    for (int p = 0; p < MSCOPE_POOLS; p++)
        for (uint32_t i = 0; i < mscope_pools[p].count; i++)
            if (mscope_load_acquire(&mscope_pools[p].cells[i].state) == MSCOPE_CELL_LIVE)
                mscope_sweep_cell(&mscope_pools[p], &mscope_pools[p].cells[i]);
}

void mscope_guard_totals(struct mscope_check_totals *out)
{
    for (int p = 0; p < MSCOPE_POOLS; p++) out->guard_slots += mscope_pools[p].count;
}
