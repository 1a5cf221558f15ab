// The counts of each site's blocks: kept per thread and site, summed when they are read.
#include "record/record.h"

enum { MSCOPE_COUNTERS_A_SECOND = 1 << 18 }; // read for peaks: about a millisecond

struct mscope_counts mscope_site_counts(uint32_t number)
{
    struct mscope_counts counts = {0};
    uint32_t banks = mscope_load_acquire(&mscope_bank_count);
    for (uint32_t i = 0; i < banks && i < MSCOPE_BANKS; i++) {
        struct mscope_bank *bank = mscope_load_acquire(&mscope_banks[i]);
        struct mscope_chunk *chunk = bank ? mscope_load_acquire(&bank->chunks[number / MSCOPE_CHUNK_SITES]) : NULL;
        if (chunk != NULL) mscope_sum(&counts, mscope_tally_value(&chunk->sites[number % MSCOPE_CHUNK_SITES]));
    }
    return counts;
}

void mscope_clear_site_counts(uint32_t number)
{
    uint32_t banks = mscope_load_acquire(&mscope_bank_count);
    for (uint32_t i = 0; i < banks && i < MSCOPE_BANKS; i++) {
        struct mscope_bank *bank = mscope_load_acquire(&mscope_banks[i]);
        struct mscope_chunk *chunk = bank ? mscope_load_acquire(&bank->chunks[number / MSCOPE_CHUNK_SITES]) : NULL;
        if (chunk != NULL) chunk->sites[number % MSCOPE_CHUNK_SITES] = (struct mscope_tally){0};
    }
}

static uint64_t mscope_raise_peak(uint32_t site, struct mscope_counts counts)
{
    uint64_t live = counts.allocated_bytes > counts.freed_bytes ? counts.allocated_bytes - counts.freed_bytes : 0;
    _Atomic uint64_t *highest = mscope_site_peak(site);
    uint64_t peak = mscope_load_relaxed(highest);
    if (live <= peak) return peak;
    mscope_store_relaxed(highest, live);
    return live;
}

size_t mscope_read_sites(uint32_t *cursor, struct mscope_site *out, size_t capacity)
{
    size_t filled = 0;
    mscope_lock_sites();
    for (; *cursor <= mscope_highest_site() && filled < capacity; ++*cursor) {
        if (!mscope_read_site(mscope_site_id(*cursor), &out[filled])) continue;
        out[filled].counts = mscope_site_counts(*cursor);
        out[filled].peak_bytes = mscope_raise_peak(*cursor, out[filled].counts);
        filled++;
    }
    mscope_unlock_sites();
    return filled;
}

void mscope_visit_orphans(void (*visit)(const struct mscope_site *site))
{
    for (uint32_t number = 1; number <= mscope_highest_site(); number++) {
        struct mscope_site site;
        if (!mscope_read_retired_site(number, &site)) continue;
        struct mscope_counts counts = mscope_site_counts(number);
        if (counts.allocations > counts.frees) visit(&site);
    }
}

/// Looks at some of the sites at each call, so that the work per second is limited, however many sites there are.
void mscope_update_peaks(void)
{
    static uint32_t next = 1;
    uint32_t count = mscope_highest_site(), banks = mscope_load_acquire(&mscope_bank_count);
    uint32_t look = MSCOPE_COUNTERS_A_SECOND / (banks ? banks : 1);
    if (look > count) look = count;
    mscope_lock_sites();
    for (; look > 0; look--, next++) {
        if (next > count) next = 1;
        if (mscope_is_site(next)) mscope_raise_peak(next, mscope_site_counts(next));
    }
    mscope_unlock_sites();
}
