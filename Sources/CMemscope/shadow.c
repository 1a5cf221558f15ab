// The shadow table: what lives at which address. Walks over it are in walk.c.
#include "clock.h"

_Atomic(struct mscope_region *) mscope_regions[MSCOPE_REGIONS];
// The table is sparse: walks look only between the lowest and the highest region that ever had a slot. Valid when
// zeroed, so the lowest is kept as its distance from the top.
static _Atomic uint32_t mscope_above_lowest, mscope_highest;

struct mscope_region *mscope_new_region(uint64_t address)
{
    uint32_t index = (uint32_t)(address >> MSCOPE_REGION_SHIFT & (MSCOPE_REGIONS - 1));
    struct mscope_region *fresh = mscope_map(sizeof(struct mscope_region)), *other = NULL;
    if (fresh == NULL) {
        mscope_add_relaxed(&mscope_global.dropped_blocks, 1);
        return NULL;
    }
    if (!mscope_cas_acq_rel(&mscope_regions[index], &other, fresh)) {
        mscope_unmap(fresh, sizeof(struct mscope_region));
        return other;
    }
    uint32_t above = MSCOPE_REGIONS - index, seen = mscope_load_relaxed(&mscope_above_lowest);
    while (above > seen && !mscope_cas_acq_rel(&mscope_above_lowest, &seen, above)) {
    }
    seen = mscope_load_relaxed(&mscope_highest);
    while (index > seen && !mscope_cas_acq_rel(&mscope_highest, &seen, index)) {
    }
    return fresh;
}

static _Atomic uint64_t mscope_largest_size;

void mscope_note_size(uint64_t size)
{
    uint64_t largest = mscope_load_relaxed(&mscope_largest_size);
    while (size > largest && !mscope_cas_acq_rel(&mscope_largest_size, &largest, size)) {
    }
}

uint32_t mscope_lowest_region(void)
{
    return MSCOPE_REGIONS - mscope_load_relaxed(&mscope_above_lowest);
}

uint32_t mscope_highest_region(void)
{
    return mscope_load_relaxed(&mscope_highest);
}

void mscope_describe_block(struct mscope_block *out, uint64_t address, uint64_t what, uint64_t born, uint64_t size)
{
    uint32_t flags = mscope_slot_flags(what), site = mscope_slot_site(what);
    struct mscope_context context = mscope_context_at((uint32_t)(born & MSCOPE_CONTEXT_MASK));
    uint64_t weight = flags & MSCOPE_SLOT_SAMPLED ? mscope_weight(size, born) : 1;
    *out = (struct mscope_block){
        .address = address,
        .size = size,
        .birth = mscope_birth_to_time(mscope_birth_of(born)),
        .task = context.task,
        .weight = flags & MSCOPE_SLOT_STANDS ? weight : 1,
        .site_weight = site ? weight : 0,
        .site = site,
        .thread = context.thread,
        .flags = (flags & MSCOPE_SLOT_INTERNAL ? MSCOPE_BLOCK_INTERNAL : 0u)
                 | (flags & MSCOPE_SLOT_SAMPLED ? MSCOPE_BLOCK_SAMPLED : 0u)
                 | (flags & MSCOPE_SLOT_REALLOCATED ? MSCOPE_BLOCK_REALLOCATED : 0u)
                 | (flags >> MSCOPE_SLOT_FAMILY_SHIFT & 3u) << MSCOPE_BLOCK_FAMILY_SHIFT,
    };
}

/// Reads a slot that its owner may be changing; false when no block lives there.
///
/// A slot is cleared before it is filled anew and `born` is written first, so `what` read twice alike with `born`
/// between belongs to one block, or to two of the same size and site, of which either is true.
bool mscope_read_slot(struct mscope_slot *slot, uint64_t granule, struct mscope_departure *out)
{
    uint64_t what = mscope_load_acquire(&slot->what);
    uint32_t flags = mscope_slot_flags(what);
    if (!(flags & MSCOPE_SLOT_LIVE)) return false;
    uint64_t address = granule << MSCOPE_GRANULE_SHIFT | (flags & MSCOPE_SLOT_HALF ? 16 : 0);
    *out = (struct mscope_departure){.address = address,
                                     .what = what,
                                     .born = mscope_load_acquire(&slot->born),
                                     .size = mscope_block_size(what, address)};
    // Between two blocks that look alike `born` may have been the mark of the first one's end; then it changes.
    return mscope_load_acquire(&slot->what) == what && mscope_load_acquire(&slot->born) == out->born;
}

/// The first of the unused pages that end with `page`; eight are looked at together where they stand so.
static uint64_t mscope_unused_from(struct mscope_region *region, uint64_t page)
{
    const uint64_t *eights = (const uint64_t *)(const void *)region->used;
    while (page > 0) {
        if (page % 8 == 0 && eights[page / 8 - 1] == 0)
            page -= 8;
        else if (mscope_load_relaxed(&region->used[page - 1]) == 0)
            page--;
        else
            break;
    }
    return page;
}

bool mscope_find_block(uint64_t address, struct mscope_block *out)
{
    // Backwards from the granule of the address to the nearest block, which covers it or none does.
    uint64_t granule = address >> MSCOPE_GRANULE_SHIFT, reach = mscope_load_relaxed(&mscope_largest_size);
    if (reach < MSCOPE_ORDINARY_BYTES) reach = MSCOPE_ORDINARY_BYTES;
    uint64_t lowest = address > reach ? (address - reach) >> MSCOPE_GRANULE_SHIFT : 0;
    uint64_t first = (uint64_t)mscope_lowest_region() << (MSCOPE_REGION_SHIFT - MSCOPE_GRANULE_SHIFT);
    if (lowest < first) lowest = first;
    // A mask may step to granule 0 of a region, from where the loop goes on below it.
    for (; granule >= lowest && granule != 0; granule--) {
        uint64_t start = granule << MSCOPE_GRANULE_SHIFT;
        struct mscope_region *region = mscope_find_region(start);
        if (region == NULL) {
            granule &= ~(uint64_t)(MSCOPE_REGION_SLOTS - 1); // on to the region before
            continue;
        }
        uint64_t slot = granule & (MSCOPE_REGION_SLOTS - 1);
        if (mscope_load_acquire(&region->used[slot / MSCOPE_PAGE_SLOTS]) == 0) {
            granule -= slot - mscope_unused_from(region, slot / MSCOPE_PAGE_SLOTS) * MSCOPE_PAGE_SLOTS;
            continue;
        }
        struct mscope_departure found;
        if (!mscope_read_slot(&region->slots[slot], granule, &found) || found.address > address) continue;
        if (address - found.address >= (found.size ? found.size : 1)) return false;
        mscope_describe_block(out, found.address, found.what, found.born, found.size);
        return true;
    }
    return false;
}
