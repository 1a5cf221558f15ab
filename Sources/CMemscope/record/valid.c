// Whether the shadow table keeps its equations. For tests: while nothing changes, and with every end of a block
// recorded.
#include "record/record.h"

/// Whether a slot that was ever filled is of the right kind, at its place, and marked as used.
static bool mscope_slot_is_valid(struct mscope_region *region, uint64_t address, int kind)
{
    bool is_large = kind == MSCOPE_LARGE;
    struct mscope_slot *slot = is_large ? mscope_large_slot(region, address) : mscope_small_slot(region, address);
    uint64_t what = mscope_load_relaxed(&slot->what), born = mscope_load_relaxed(&slot->born);
    uint64_t stretch = (address >> MSCOPE_GRANULE_SHIFT & (MSCOPE_REGION_GRANULES - 1)) / MSCOPE_STRETCH_GRANULES;
    bool is_used = mscope_load_relaxed(&region->used[kind][stretch]) == MSCOPE_IS_USED;
    if (what == 0) return true; // `born` may hold the size of a huge block, or an order was noted
    if ((what & MSCOPE_SLOT_LIVE) == 0) {
        bool is_forgotten = is_large && (what & ~(3ull << MSCOPE_SLOT_EARLIER_SHIFT)) == MSCOPE_WHAT_FORGOTTEN;
        return is_forgotten || ((what & MSCOPE_SLOT_ENDED) != 0 && is_used);
    }
    uint64_t start = (address & ~(uint64_t)MSCOPE_SLOT_QUARTER) | (what & MSCOPE_SLOT_QUARTER);
    bool in_place = is_large || ((start ^ address) >> MSCOPE_GRANULE_SHIFT & 1) == 0;
    bool right_size = (mscope_block_size(what, start) >= MSCOPE_LARGE_BYTES) == is_large;
    bool known = mscope_slot_site(what) <= mscope_highest_site() && mscope_birth_of(born) != 0;
    return in_place && right_size && known && is_used && mscope_was_used(region, address);
}

bool mscope_shadow_is_valid(uint64_t from, uint64_t to)
{
    uint64_t end = 0; // of the block before
    for (uint64_t address = from & ~63ull; address < to; address += 32) {
        struct mscope_region *region = mscope_find_region(address);
        struct mscope_departure block;
        if (region == NULL) continue;
        if (address % 64 == 0 && !mscope_slot_is_valid(region, address, MSCOPE_LARGE)) return false;
        if (!mscope_slot_is_valid(region, address, MSCOPE_SMALL)) return false;
        if (mscope_read_granule(region, address >> MSCOPE_GRANULE_SHIFT, &block) == NULL) continue;
        if (block.address < end) return false;
        end = block.address + block.size;
    }
    return true;
}
