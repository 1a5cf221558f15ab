// The stack table: each distinct call stack once. Numbers are dense, so that per-thread counters of neighbouring
// numbers share pages.
//
//   ready != 0  =>  the rest of the entry may be read
#include "stacks/sites.h"
#include "stacks/stacks.h"

#include <sched.h>

_Atomic(struct mscope_site_entry *) mscope_segments[MSCOPE_SEGMENTS];
uint64_t mscope_table_limit;
static _Atomic uint32_t mscope_site_count;

static inline uint32_t mscope_generation_of(const struct mscope_site_entry *entry)
{
    return mscope_load_relaxed(&entry->ready) >> MSCOPE_COUNT_BITS;
}

bool mscope_sites_start(void)
{
    mscope_table_limit = mscope_number("MEMSCOPE_STACKS_BYTES", 1 << 20, 1ull << 40, 1 << 30,
                                       "'; accepted are numbers from 1048576 to 1099511627776; using 1073741824");
    return mscope_index_start();
}

uint64_t mscope_table_bytes(void)
{
    return mscope_highest_site() * sizeof(struct mscope_site_entry) + mscope_frame_bytes() + mscope_index_bytes()
           + mscope_load_relaxed(&mscope_global.counter_bytes);
}

// ---- new stacks

/// The entry of a number that was just given out; NULL when there is no memory.
static struct mscope_site_entry *mscope_make_entry(uint32_t site)
{
    const size_t size = sizeof(struct mscope_site_entry) * MSCOPE_SEGMENT_SITES;
    struct mscope_site_entry *entry = mscope_entry(site), *fresh, *other = NULL;
    if (mscope_likely(entry != NULL)) return entry;
    fresh = mscope_map(size);
    if (fresh != NULL && !mscope_cas_acq_rel(&mscope_segments[site / MSCOPE_SEGMENT_SITES], &other, fresh))
        mscope_unmap(fresh, size);
    return mscope_entry(site);
}

/// A number that was never given out; 0 when there is none.
static uint32_t mscope_take_new_number(void)
{
    uint32_t site = mscope_add_relaxed(&mscope_site_count, 1) + 1;
    mscope_prepare_index(site);
    if (site < MSCOPE_SITE_CAPACITY) return mscope_make_entry(site) != NULL ? site : 0;
    mscope_store_relaxed(&mscope_site_count, MSCOPE_SITE_CAPACITY - 1); // the counter must not wrap
    return 0;
}

/// Writes a stack into the table under a number that it had not; 0 when there is no room.
static uint32_t mscope_write_site(const struct mscope_stack *stack)
{
    uint64_t bytes = mscope_table_bytes();
    bool grows = bytes < mscope_table_limit;
    uint32_t site = mscope_take_free_number();
    // What is left then is for frames: recycled numbers may need more of them than before.
    if (site == 0 && bytes < mscope_table_limit / 8 * 7) site = mscope_take_new_number();
    if (site == 0) return 0;
    struct mscope_site_entry *entry = mscope_entry(site);
    mscope_store_relaxed(&entry->uses, MSCOPE_FREE);
    entry->base = entry->own = 0;
    if (!mscope_keep_frames(site, stack, mscope_tls.last_new_site, grows)) {
        mscope_free_number(site);
        return 0;
    }
    entry->flags = (uint8_t)stack->flags;
    entry->hash = stack->hash;
    entry->first_seen = mscope_now();
    entry->retired_at = entry->retired_image = 0;
    mscope_store_relaxed(&entry->peak, 0);
    return site;
}

/// Adds 1, or -1, to the counters of stacks.
static void mscope_count_stack(uint32_t flags, uint64_t change)
{
    mscope_add_relaxed(&mscope_global.sites, change);
    if (flags & MSCOPE_STACK_GUESSED)
        mscope_add_relaxed(&mscope_global.stacks_guessed, change);
    else if (flags & MSCOPE_STACK_TRUNCATED)
        mscope_add_relaxed(&mscope_global.stacks_truncated, change);
}

void mscope_uncount_site(const struct mscope_site_entry *entry)
{
    mscope_count_stack(entry->flags, -1ull);
    mscope_add_relaxed(&mscope_global.recycled_sites, 1);
}

uint32_t mscope_new_site(const struct mscope_stack *stack)
{
    uint32_t fresh = mscope_write_site(stack), site = mscope_put_into_index(fresh, stack->hash, true);
    if (fresh != 0 && site == fresh) {
        struct mscope_site_entry *entry = mscope_entry(site);
        mscope_store_relaxed(&entry->uses, 0);
        mscope_store_release(&entry->ready, mscope_generation_of(entry) << MSCOPE_COUNT_BITS | stack->count);
        mscope_count_stack(stack->flags, 1);
    } else if (fresh != 0) {
        mscope_free_number(fresh);
    }
    if (site == 0)
        mscope_add_relaxed(&mscope_global.dropped_stacks, 1);
    else
        mscope_tls.last_new_site = site;
    return site;
}

// ---- unloaded code

static _Atomic uint32_t mscope_table_lock;

void mscope_lock_sites(void)
{
    while (mscope_exchange_acq_rel(&mscope_table_lock, 1)) sched_yield();
}

void mscope_unlock_sites(void)
{
    mscope_store_release(&mscope_table_lock, 0);
}

static bool mscope_passes_through(const struct mscope_site_entry *entry, uint64_t start, uint64_t end,
                                  uint64_t *address)
{
    uint64_t frames[MSCOPE_MAX_FRAMES];
    uint32_t count = mscope_copy_frames(entry, frames);
    for (uint32_t i = 0; i < count; i++) {
        *address = frames[i];
        if (frames[i] >= start && frames[i] <= end) return true;
    }
    return false;
}

/// Stacks with a frame in an unloaded image keep their number and names. From now on the same addresses mean another
/// stack, unless the same image is loaded there again. Returns when the newest of these stacks was first seen; 0: there
/// is none.
///
/// context: dlclose, outside the hook path
uint64_t mscope_retire_sites(uint64_t start, uint64_t end, uint64_t image)
{
    uint64_t newest = 0, address;
    mscope_lock_sites();
    for (uint32_t site = 1; site <= mscope_highest_site(); site++) {
        struct mscope_site_entry *entry = mscope_entry(site);
        if (!mscope_passes_through(entry, start, end, &address)) continue;
        entry->retired_at = address;
        entry->retired_image = image;
        mscope_retire_in_index(site);
        if (newest < entry->first_seen) newest = entry->first_seen;
    }
    mscope_unlock_sites();
    return newest;
}

// ---- reading

uint32_t mscope_highest_site(void)
{
    return mscope_load_acquire(&mscope_site_count);
}

uint32_t mscope_site_id(uint32_t number)
{
    const struct mscope_site_entry *entry = number != 0 ? mscope_entry(number) : NULL;
    return entry == NULL ? 0 : mscope_generation_of(entry) << MSCOPE_SITE_BITS | number;
}

bool mscope_read_site(uint32_t id, struct mscope_site *out)
{
    uint32_t number = (uint32_t)(id & MSCOPE_SITE_MASK);
    const struct mscope_site_entry *entry = mscope_entry(number);
    if (number == 0 || entry == NULL || mscope_site_id(number) != id) return false;
    // Not copied as one struct: most of the room for frames is not written.
    out->id = id, out->flags = entry->flags, out->reserved = 0;
    out->first_seen = entry->first_seen;
    out->counts = (struct mscope_counts){0};
    out->peak_bytes = mscope_load_relaxed(&entry->peak);
    out->frame_count = mscope_copy_frames(entry, out->frames);
    return out->frame_count != 0 && mscope_site_id(number) == id;
}

bool mscope_is_site(uint32_t number)
{
    return mscope_frame_count(mscope_entry(number)) != 0;
}

bool mscope_retain_site(uint32_t id)
{
    uint32_t number = (uint32_t)(id & MSCOPE_SITE_MASK);
    struct mscope_site_entry *entry = mscope_entry(number);
    if (number == 0 || entry == NULL || !mscope_retain_entry(entry)) return false;
    if (mscope_site_id(number) == id) return true;
    mscope_release_entry(entry);
    return false;
}

void mscope_release_site(uint32_t id)
{
    mscope_release_entry(mscope_entry((uint32_t)(id & MSCOPE_SITE_MASK)));
}

_Atomic uint64_t *mscope_site_peak(uint32_t number)
{
    return &mscope_entry(number)->peak;
}

bool mscope_read_retired_site(uint32_t number, struct mscope_site *out)
{
    const struct mscope_site_entry *entry = mscope_entry(number);
    return entry != NULL && entry->retired_at != 0 && mscope_read_site(mscope_site_id(number), out);
}
