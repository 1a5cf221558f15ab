// The mode, and the interval in which every block is recorded.
#include "record/record.h"

_Atomic uint32_t mscope_current_mode; // MSCOPE_OFF until booted
_Atomic uint32_t mscope_hook_ran;
_Atomic uint64_t mscope_era;
_Atomic bool mscope_uses_slack;
static _Atomic uint32_t mscope_begun;   // tracking was on at some time
static _Atomic uint32_t mscope_partial; // there was a time when not every block was recorded

// ---- the interval of complete tracking

/// A number of 15 bits for each interval, never 0. Blocks allocated while tracking was not complete may come back from
/// the allocator a moment after it has become complete: so marks count from the first tick on, except at the very start
/// of the program.
static _Atomic uint64_t mscope_era_to_come, mscope_era_since;
enum { MSCOPE_ERA_PAUSE = 1000000000 };

static void mscope_change_era(uint32_t before, uint32_t mode, bool first)
{
    static _Atomic uint64_t count;
    bool was = before == MSCOPE_FULL || before == MSCOPE_BALANCED, is = mode == MSCOPE_FULL || mode == MSCOPE_BALANCED;
    if (was == is) return;
    uint64_t next = is ? (mscope_add_relaxed(&count, 1) % 0x7fff + 1) << MSCOPE_ERA_SHIFT : 0;
    mscope_store_relaxed(&mscope_era, first ? next : 0);
    mscope_store_relaxed(&mscope_era_since, mscope_now());
    mscope_store_release(&mscope_era_to_come, first ? 0 : next);
}

void mscope_era_tick(void)
{
    uint64_t next = mscope_load_acquire(&mscope_era_to_come);
    if (next == 0 || mscope_now() - mscope_load_relaxed(&mscope_era_since) < MSCOPE_ERA_PAUSE) return;
    // If the mode was set in between, another value, or 0, is there now.
    if (!mscope_cas_acq_rel(&mscope_era_to_come, &next, 0)) return;
    mscope_store_relaxed(&mscope_era, next);
    if (mscope_mode() < MSCOPE_BALANCED) mscope_store_relaxed(&mscope_era, 0);
}

// ---- the mode

uint32_t mscope_mode(void)
{
    uint32_t mode = mscope_load_relaxed(&mscope_current_mode);
    return mode == MSCOPE_PROBED ? (uint32_t)MSCOPE_OFF : mode;
}

void mscope_change_mode(uint32_t mode)
{
    if (mode != MSCOPE_FULL && mode != MSCOPE_BALANCED) {
        mscope_expect_tasks(); // the allocation that makes a task may pass unseen
        mscope_store_relaxed(&mscope_partial, 1);
    }
    uint32_t before = mscope_exchange_acq_rel(&mscope_current_mode, mode);
    mscope_change_era(before, mode, mscope_load_relaxed(&mscope_begun) == 0);
    if (mode != MSCOPE_OFF)
        mscope_store_relaxed(&mscope_begun, 1);
    else if (before != MSCOPE_OFF && mscope_load_relaxed(&mscope_begun))
        mscope_add_relaxed(&mscope_global.gaps, 1);
}

bool mscope_knows_all_blocks(void)
{
    return mscope_load_relaxed(&mscope_partial) == 0 && mscope_load_relaxed(&mscope_global.dropped_blocks) == 0;
}
