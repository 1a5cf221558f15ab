// Numbers of stacks without live blocks are given to new stacks when the table is nearly full.
//
// A number is first withdrawn: taken out of the index. Threads that already have it may still use it for a moment; when
// none can have it any more (record/recycle.c knows that), it is either put back, because it was used, or freed.
//
// a count of uses that is not 0  =>  the entry and its frames stay as they are
#include "stacks/rules.h"
#include "stacks/sites.h"
#include "stacks/stacks.h"

static mscope_free_list mscope_free_numbers; // the next number is in the entry's `base`
static _Atomic uint32_t mscope_free_count;
static const uint64_t mscope_rest = 24ull * 3600 * 1000000000; // nanoseconds

bool mscope_retain_entry(struct mscope_site_entry *entry)
{
    uint16_t uses = mscope_load_relaxed(&entry->uses);
    while (uses != MSCOPE_FREE && (uses & MSCOPE_MANY_USES) != MSCOPE_MANY_USES)
        if (mscope_cas_acq_rel(&entry->uses, &uses, (uint16_t)(uses + 1))) return true;
    return uses != MSCOPE_FREE;
}

void mscope_release_entry(struct mscope_site_entry *entry)
{
    uint16_t uses = mscope_load_relaxed(&entry->uses);
    while ((uses & MSCOPE_MANY_USES) != MSCOPE_MANY_USES
           && !mscope_cas_acq_rel(&entry->uses, &uses, (uint16_t)(uses - 1))) {
    }
}

// ---- free numbers

static _Atomic uint32_t *mscope_next_free(uint32_t site)
{
    return (_Atomic uint32_t *)&mscope_entry(site)->base;
}

uint32_t mscope_take_free_number(void)
{
    uint32_t site = mscope_take_number(&mscope_free_numbers, mscope_next_free);
    if (site != 0) mscope_add_relaxed(&mscope_free_count, -1u);
    return site;
}

static void mscope_list_site(uint32_t site)
{
    mscope_list_number(&mscope_free_numbers, site, mscope_next_free);
    mscope_add_relaxed(&mscope_free_count, 1);
}

static void mscope_free_frames(struct mscope_site_entry *entry)
{
    if (entry->own != 0) mscope_give_frames_back(entry->frames, entry->own);
    if (entry->base != 0) mscope_release_entry(mscope_entry(entry->base));
    entry->own = 0;
}

void mscope_free_number(uint32_t site)
{
    mscope_free_frames(mscope_entry(site));
    mscope_list_site(site);
}

// ---- withdrawing

bool mscope_needs_numbers(void)
{
    uint32_t sites = mscope_highest_site();
    bool fills = mscope_table_bytes() > mscope_table_limit / 4 * 3 || sites > MSCOPE_SITE_CAPACITY / 4 * 3;
    return fills && (mscope_lacks_frames() || mscope_load_relaxed(&mscope_free_count) < sites / 4);
}

bool mscope_withdraw_site(uint32_t site)
{
    struct mscope_site_entry *entry = mscope_entry(site);
    uint16_t none = 0;
    if (mscope_frame_count(entry) == 0 || !mscope_cas_acq_rel(&entry->uses, &none, MSCOPE_WITHDRAWN)) return false;
    mscope_take_out_of_index(site);
    return true;
}

void mscope_forget_numbers(void)
{
    atomic_fetch_add_explicit(&mscope_unwind_generation, 1, memory_order_acq_rel);
}

void mscope_restore_site(uint32_t site)
{
    struct mscope_site_entry *entry = mscope_entry(site);
    if (!mscope_is_findable(site)) mscope_forget_alias(site);
    // When the stack has a new number, it is found by that one, and this one is not in the index any more.
    bool is_in = entry->retired_at == 0 && mscope_put_into_index(site, entry->hash, false) == site;
    if (entry->retired_at == 0 && !is_in) entry->hash = 0;
    atomic_fetch_and_explicit(&entry->uses, MSCOPE_MANY_USES, memory_order_acq_rel);
}

bool mscope_end_site(uint32_t site)
{
    struct mscope_site_entry *entry = mscope_entry(site);
    uint16_t unused = MSCOPE_WITHDRAWN;
    if (mscope_is_findable(site) || !mscope_cas_acq_rel(&entry->uses, &unused, MSCOPE_FREE)) return false;
    mscope_forget_alias(site);
    uint32_t generation = (mscope_load_relaxed(&entry->ready) >> MSCOPE_COUNT_BITS) + 1;
    mscope_uncount_site(entry);
    mscope_store_relaxed(&entry->ready, generation << MSCOPE_COUNT_BITS);
    atomic_thread_fence(memory_order_release); // a reader that sees what follows also sees that the stack is gone
    return true;
}

// Generation 0 says that a number was never recycled, and the last one that it rests: so an id that means another stack
// again is at least a day old.

void mscope_recycle_number(uint32_t site)
{
    struct mscope_site_entry *entry = mscope_entry(site);
    mscope_free_frames(entry);
    if (mscope_load_relaxed(&entry->ready) >> MSCOPE_COUNT_BITS < MSCOPE_SITE_GENERATIONS - 1)
        mscope_list_site(site);
    else
        entry->first_seen = mscope_now();
}

void mscope_end_rest(uint32_t site)
{
    struct mscope_site_entry *entry = mscope_entry(site);
    uint32_t last = (MSCOPE_SITE_GENERATIONS - 1) << MSCOPE_COUNT_BITS;
    if (entry == NULL || mscope_load_relaxed(&entry->ready) != last) return;
    if (mscope_now() - entry->first_seen < mscope_rest) return;
    mscope_store_relaxed(&entry->ready, 1 << MSCOPE_COUNT_BITS);
    mscope_list_site(site);
}
