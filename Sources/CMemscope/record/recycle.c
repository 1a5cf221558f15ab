// Which numbers of sites are recycled, and when: of sites without live blocks, once no thread can use the number.
//
// A thread has a number for a moment before a block has it (mscope_hold_numbers). So numbers are recycled in two steps,
// at least a tenth of a second apart: by then what a thread stored before the first step is visible to others. A thread
// that took a stack in between has counted it, and the number is put back.
//
// context: the collector, and the thread that waits for the end of the process; one at a time
#include "record/record.h"

enum { MSCOPE_BATCH = 1 << 20, MSCOPE_COUNTERS_READ = 1 << 21 }; // about 20 ms a second
enum { MSCOPE_FEW_ALLOCATIONS = 16 };

static struct {
    uint32_t *numbers; // withdrawn
    uint32_t count;
    struct mscope_grace grace;
    uint32_t next;        // the number that is looked at next
    uint64_t allocations; // a site that has more keeps its number, until all numbers were looked at
} mscope_batch = {.next = 1, .allocations = MSCOPE_FEW_ALLOCATIONS};

/// Bytes are counted before the end of a block: so nobody is about to change the counts of an unused site.
static bool mscope_is_unused(struct mscope_counts counts)
{
    return counts.allocations == counts.frees && counts.allocated_bytes == counts.freed_bytes;
}

/// From here on, calls that began before may have the withdrawn numbers.
static void mscope_begin_site_grace(void)
{
    mscope_forget_numbers();
    mscope_begin_grace(&mscope_batch.grace);
}

void mscope_recycle_after_fork(void)
{
    mscope_begin_site_grace();
    mscope_restart_account_grace();
}

static void mscope_settle(uint32_t number)
{
    struct mscope_counts counts = mscope_site_counts(number);
    // The second question must come after the counts are read: a walk that begins later has no block of the site.
    bool unused = mscope_is_unused(counts) && mscope_load_acquire(&mscope_walking) == 0;
    if (!unused || !mscope_end_site(number)) return mscope_restore_site(number);
    mscope_add_relaxed(&mscope_global.recycled_allocations, counts.allocations);
    mscope_add_relaxed(&mscope_global.recycled_bytes, counts.allocated_bytes);
    mscope_clear_site_counts(number);
    mscope_recycle_number(number);
}

/// Withdraws sites without live blocks, those with few allocations first: the others say more about the program.
static void mscope_withdraw_some(void)
{
    uint32_t count = mscope_highest_site(), banks = mscope_load_acquire(&mscope_bank_count);
    uint32_t looks = MSCOPE_COUNTERS_READ / (banks ? banks : 1);
    if (mscope_batch.numbers == NULL) mscope_batch.numbers = mscope_map(MSCOPE_BATCH * sizeof(uint32_t));
    if (mscope_batch.numbers == NULL) return;
    for (; looks > 0 && mscope_batch.count < MSCOPE_BATCH; looks--, mscope_batch.next++) {
        if (mscope_batch.next > count) {
            mscope_batch.next = 1;
            mscope_batch.allocations *= MSCOPE_FEW_ALLOCATIONS;
            if (mscope_batch.allocations == 0) mscope_batch.allocations = MSCOPE_FEW_ALLOCATIONS;
        }
        mscope_end_rest(mscope_batch.next);
        struct mscope_counts counts = mscope_site_counts(mscope_batch.next);
        if (!mscope_is_unused(counts) || counts.allocations > mscope_batch.allocations) continue;
        if (!mscope_withdraw_site(mscope_batch.next)) continue;
        mscope_batch.numbers[mscope_batch.count++] = mscope_batch.next;
    }
    if (mscope_batch.count != 0) mscope_begin_site_grace();
}

void mscope_recycle_tick(void)
{
    // A walk notes blocks that end, with the numbers of their sites. Where counters are missing, a site may seem
    // unused.
    if (mscope_load_acquire(&mscope_walking) != 0 || mscope_load_relaxed(&mscope_global.missing_counters) != 0) return;
    mscope_lock_sites();
    if (mscope_batch.count != 0 && mscope_has_passed(&mscope_batch.grace)) {
        while (mscope_batch.count > 0) mscope_settle(mscope_batch.numbers[--mscope_batch.count]);
        mscope_join_frames();
    }
    if (mscope_batch.count == 0 && mscope_needs_numbers()) mscope_withdraw_some();
    mscope_unlock_sites();
}
