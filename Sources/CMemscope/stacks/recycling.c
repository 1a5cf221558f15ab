// Numbers of stacks without live blocks are given to new stacks when the table is nearly full.
//
// A number is first withdrawn: taken out of the index. Threads that already have it may still use it for a moment; when
// none can have it any more (record/recycle.c knows that), it is either put back, because it was used, or freed.
//
// uses != 0  =>  the entry and its frames stay as they are
#include "stacks/rules.h"
#include "stacks/sites.h"
#include "stacks/stacks.h"

// head = changes:32 | number:32. The next number is in the entry's `base`.
static _Atomic uint64_t mscope_free_numbers;
static _Atomic uint32_t mscope_free_count;

bool mscope_retain_entry(struct mscope_site_entry *entry)
{
    uint16_t uses = mscope_load_relaxed(&entry->uses);
    while (uses != MSCOPE_MANY_USES) {
        if (uses == MSCOPE_WITHDRAWN) return false;
        if (mscope_cas_acq_rel(&entry->uses, &uses, (uint16_t)(uses + 1))) return true;
    }
    return true;
}

void mscope_release_entry(struct mscope_site_entry *entry)
{
    uint16_t uses = mscope_load_relaxed(&entry->uses);
    while (uses != MSCOPE_MANY_USES && !mscope_cas_acq_rel(&entry->uses, &uses, (uint16_t)(uses - 1))) {
    }
}

// ---- free numbers

static inline _Atomic uint32_t *mscope_next_free(uint32_t site)
{
    return (_Atomic uint32_t *)&mscope_entry(site)->base;
}

uint32_t mscope_take_free_number(void)
{
    for (uint64_t seen = mscope_load_acquire(&mscope_free_numbers); (uint32_t)seen != 0;) {
        uint32_t site = (uint32_t)seen;
        uint64_t next = ((seen >> 32) + 1) << 32 | mscope_load_relaxed(mscope_next_free(site));
        if (!mscope_cas_acq_rel(&mscope_free_numbers, &seen, next)) continue;
        mscope_add_relaxed(&mscope_free_count, -1u);
        return site;
    }
    return 0;
}

void mscope_free_number(uint32_t site)
{
    struct mscope_site_entry *entry = mscope_entry(site);
    if (entry->own != 0) mscope_give_frames_back(entry->frames, entry->own);
    if (entry->base != 0) mscope_release_entry(mscope_entry(entry->base));
    entry->own = 0;
    uint64_t seen = mscope_load_relaxed(&mscope_free_numbers);
    do mscope_store_relaxed(mscope_next_free(site), (uint32_t)seen);
    while (!mscope_cas_acq_rel(&mscope_free_numbers, &seen, ((seen >> 32) + 1) << 32 | site));
    mscope_add_relaxed(&mscope_free_count, 1);
}

// ---- withdrawing

bool mscope_needs_numbers(void)
{
    uint32_t sites = mscope_highest_site();
    bool fills = mscope_table_bytes() > mscope_table_limit / 4 * 3 || sites > MSCOPE_SITE_CAPACITY / 4 * 3;
    return fills && mscope_load_relaxed(&mscope_free_count) < sites / 4;
}

bool mscope_withdraw_site(uint32_t site)
{
    struct mscope_site_entry *entry = mscope_entry(site);
    uint16_t none = 0;
    if (mscope_frame_count(entry) == 0 || !mscope_cas_acq_rel(&entry->uses, &none, MSCOPE_WITHDRAWN)) return false;
    mscope_take_out_of_index(site);
    return true;
}

uint32_t mscope_forget_numbers(void)
{
    return mscope_add_relaxed(&mscope_unwind_generation, 1);
}

void mscope_restore_site(uint32_t site)
{
    struct mscope_site_entry *entry = mscope_entry(site);
    // When the stack has a new number, it is found by that one.
    if (entry->retired_at == 0) mscope_put_into_index(site, entry->hash);
    mscope_store_release(&entry->uses, 0);
}

bool mscope_is_findable(uint32_t site)
{
    return mscope_has_alias(site);
}

void mscope_recycle_site(uint32_t site)
{
    struct mscope_site_entry *entry = mscope_entry(site);
    uint32_t next = (mscope_load_relaxed(&entry->ready) >> MSCOPE_COUNT_BITS) + 1;
    if (next == MSCOPE_SITE_GENERATIONS) next = 1; // 0: the number was never recycled
    mscope_uncount_site(entry);
    mscope_store_relaxed(&entry->ready, next << MSCOPE_COUNT_BITS);
    atomic_thread_fence(memory_order_release); // a reader that sees what follows also sees that the stack is gone
    mscope_free_number(site);
}
