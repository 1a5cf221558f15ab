// Blocks between guard pages: an access beyond an end of a block, or to a freed block, faults at once.
//
// The idea is GWP-ASan's (compiler-rt/lib/gwp_asan). A pool is a row of cells of some pages, with a guard page before,
// between and behind them. A cell holds one block, at its end or its beginning; the rest of the cell is filled, and
// checked when the block is freed. A freed cell is protected; it is used again after all cells that were freed before
// it.
//
//   guard 0 | cell 0 | guard 1 | cell 1 | ... | guard n
//
// state of a cell: FREE -> (taken from the queue) LIVE -> FREED -> (put into the queue, taken) LIVE ...
#include "checks/checks.h"
#include "checks/guard.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { MSCOPE_KEPT_LOCKED = 1 << 16 }; // a freed cell up to this size keeps its content where memory is locked

struct mscope_pool mscope_pools[MSCOPE_POOLS];

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
    // More places than cells: a cell that comes back finds room even while another thread is in the middle of taking
    // one.
    if (pool->cells == NULL || !mscope_queue_start(&pool->queue, 2 * (uint64_t)count)) return false;
    for (uint32_t i = 0; i < count; i++) mscope_queue_put(&pool->queue, (struct mscope_item){.address = i});
    return true;
}

/// How many cells a pool has. To guard samples, there is one pool of single pages; to guard all blocks, there are pools
/// of 1, 2, 4 ... 256 pages, the first with a quarter of the bytes. The kernel allows a process 65,530 mappings, and a
/// live block takes two.
static uint32_t mscope_pool_count(uint32_t pool, uint64_t slots, uint64_t bytes)
{
    if (mscope_checks_level != MSCOPE_CHECKS_PAGES) return pool == 0 ? (uint32_t)slots : 0;
    uint64_t count = (pool == 0 ? bytes / 4 : bytes * 3 / 4 / (MSCOPE_POOLS - 1)) / ((uint64_t)MSCOPE_PAGE << pool);
    uint64_t most = (3u << 12) >> (pool > 1 ? pool - 1 : 0);
    return (uint32_t)(count > most ? most : count);
}

struct mscope_pool *mscope_pool_of(uint64_t address)
{
    for (int i = 0; i < MSCOPE_POOLS; i++)
        if (address - mscope_pools[i].start < mscope_pools[i].end - mscope_pools[i].start) return &mscope_pools[i];
    return NULL;
}

/// The block of the cell in which an address lies, or the cell's last block if that was freed; 0: none.
static uint64_t mscope_guard_block(uint64_t address)
{
    struct mscope_pool *pool = mscope_pool_of(address);
    return pool == NULL ? 0 : pool->cells[mscope_cell_index(pool, address)].address;
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
    mscope_guarded.begins_anywhere = mscope_check_options.guard_align < 16;
    mscope_guarded.block_at = mscope_guard_block;
    mscope_guarded.end = start + total;
    mscope_guarded.start = start;
    return true;
}

// ---- cells

bool mscope_protect(uint64_t start, uint64_t end, int protection)
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

/// Where in its cell a block begins. Blocks of malloc's are aligned to 16 bytes, so up to 15 bytes may lie between the
/// block and the guard, unless a smaller alignment was chosen (MEMSCOPE_GUARD_ALIGN).
static uint64_t mscope_place_in(uint64_t start, uint64_t end, const struct mscope_request *request, bool at_end)
{
    uint64_t least = request->alignment == 0 ? mscope_check_options.guard_align : 16;
    uint64_t alignment = request->alignment < least ? least : request->alignment;
    uint64_t size = request->size ? request->size : 1; // a block of size 0 also needs an address
    return at_end ? (end - size) & ~(alignment - 1) : start;
}

static struct mscope_pool *mscope_pool_for(const struct mscope_request *request)
{
    if (request->alignment > MSCOPE_PAGE) return NULL;
    for (int i = 0; i < MSCOPE_POOLS && mscope_pools[i].count != 0; i++)
        if (request->size <= mscope_pools[i].pages * MSCOPE_PAGE) return &mscope_pools[i];
    return NULL;
}

/// Makes a cell's memory a mapping of its own for good: opening and closing it then costs 2 us instead of 5, because
/// the kernel need not split a mapping and merge it again. The guards get a flag that the cell has not; "do not dump"
/// changes nothing else, because guards are never dumped.
static void mscope_keep_apart(const struct mscope_pool *pool, uint64_t i)
{
    mscope_system(SYS_madvise, mscope_guard_before(pool, i), MSCOPE_PAGE, MADV_DONTDUMP);
    mscope_system(SYS_madvise, mscope_guard_before(pool, i + 1), MSCOPE_PAGE, MADV_DONTDUMP);
}

/// Takes the cell that was freed first, or one that was never used; opens its memory and closes its guards.
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
        mscope_keep_apart(pool, i);
    if (mscope_protect(mscope_cell_start(pool, i), mscope_cell_end(pool, i), PROT_READ | PROT_WRITE)) return true;
    mscope_queue_put(&pool->queue, item); // too many mappings: the cell goes back for later use
    return false;
}

/// Whether a block touches the guard behind it, or the one before. The choices differ in each run, as the pools lie
/// elsewhere.
static bool mscope_draw_end(void)
{
    if (mscope_check_options.guard_side != MSCOPE_SIDE_RANDOM)
        return mscope_check_options.guard_side == MSCOPE_SIDE_AFTER;
    static _Atomic uint64_t state;
    uint64_t x = mscope_add_relaxed(&state, 0x9e3779b97f4a7c15ull) + mscope_guarded.start;
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
    mscope_store_relaxed(&cell->caught, 0);
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

// ---- freeing

void mscope_guard_release(const struct mscope_free_call *call, struct mscope_slot *slot, uint64_t what)
{
    struct mscope_pool *pool = mscope_pool_of(call->address);
    uint64_t i = mscope_cell_index(pool, call->address);
    struct mscope_cell *cell = &pool->cells[i];
    struct mscope_witness here = mscope_witness(call->caller);
    uint32_t live = MSCOPE_CELL_LIVE;
    if (!mscope_cas_acq_rel(&cell->state, &live, MSCOPE_CELL_FREED)) {
        mscope_guard_is_bad_free(call); // another thread freed it a moment earlier
        return;
    }
    cell->freed = here;
    if (cell->size >= sizeof(uint64_t)) cell->first_word = *(const uint64_t *)cell->address;
    mscope_check_cell(pool, cell, here);
    mscope_record_free(slot, what, call->address, mscope_mark_of_site(here.site));
    uint64_t start = mscope_cell_start(pool, i), end = mscope_cell_end(pool, i);
    mscope_protect(start, end, PROT_NONE);
    // A program that locks memory wants little of it resident.
    if (mscope_unlikely(mscope_load_relaxed(&mscope_locks_new_maps)) && end - start > MSCOPE_KEPT_LOCKED)
        mscope_discard_pages((void *)start, end - start);
    mscope_add_relaxed(&mscope_check_counters.guarded_now, -1);
    mscope_queue_put(&pool->queue, (struct mscope_item){.address = i});
}

bool mscope_guard_is_bad_free(const struct mscope_free_call *call)
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

void mscope_guard_totals(struct mscope_check_totals *out)
{
    for (int p = 0; p < MSCOPE_POOLS; p++) out->guard_slots += mscope_pools[p].count;
}
