// The shadow table: which block lives at which address. Walks over it are in walk.c.
#include "record/record.h"
#include "record/shadow.h"

#include <stddef.h>

_Atomic(struct mscope_region *) mscope_regions[MSCOPE_REGIONS];
struct mscope_guarded mscope_guarded;
uint64_t mscope_block_misalignment;
// The table is sparse: walks look only between the lowest and the highest region that ever had a slot. The lowest is
// kept as its distance from the top, so that zero is valid.
static _Atomic uint32_t mscope_above_lowest, mscope_highest;

struct mscope_region *mscope_new_region(uint64_t address)
{
    uint32_t index = (uint32_t)(address >> MSCOPE_REGION_SHIFT & (MSCOPE_REGIONS - 1));
    struct mscope_region *fresh = mscope_map_far_away(sizeof(struct mscope_region)), *other = NULL;
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

bool mscope_is_region(uint64_t start)
{
    for (uint32_t i = mscope_lowest_region(); i <= mscope_highest_region(); i++)
        if ((uint64_t)mscope_load_acquire(&mscope_regions[i]) == start) return true;
    return false;
}

bool mscope_is_only_seen(uint64_t start, uint64_t offset)
{
    struct mscope_region *region = (struct mscope_region *)start;
    uint64_t small = offset / MSCOPE_PAGE, large = (offset - sizeof(region->small)) / MSCOPE_PAGE;
    if (offset < sizeof(region->small)) return !mscope_load_relaxed(&region->used[MSCOPE_SMALL][small]);
    if (offset >= offsetof(struct mscope_region, lines)) {
        enum { MSCOPE_STRETCHES_A_PAGE = MSCOPE_PAGE * 8 * 2 / MSCOPE_STRETCH_GRANULES };
        uint64_t first = (offset - offsetof(struct mscope_region, lines)) / MSCOPE_PAGE * MSCOPE_STRETCHES_A_PAGE;
        for (uint64_t i = 0; i < MSCOPE_STRETCHES_A_PAGE; i++)
            if (mscope_is_used(region, first + i)) return false;
        return true;
    }
    if (offset >= sizeof(region->small) + sizeof(region->large)) return false;
    return !mscope_load_relaxed(&region->used[MSCOPE_LARGE][2 * large])
           && !mscope_load_relaxed(&region->used[MSCOPE_LARGE][2 * large + 1]);
}

// Slots are read before they are filled (see mscope_write_fresh). So pages behind this stretch are written ahead of
// their blocks: as many as there are used stretches in a row before it.
void mscope_use_stretch(struct mscope_region *region, int kind, uint64_t stretch)
{
    enum { MSCOPE_MOST_AHEAD = 16 };
    uint64_t step = kind == MSCOPE_LARGE ? 2 : 1, first = stretch / step * step, before = 0;
    _Atomic uint8_t *used = region->used[kind];
    mscope_store_release(&used[stretch], MSCOPE_IS_USED);
    while (before < MSCOPE_MOST_AHEAD && before < first && mscope_is_used(region, first - before - 1)) before++;
    for (uint64_t ahead = first + step; ahead <= first + before && ahead < MSCOPE_REGION_STRETCHES; ahead += step) {
        uint64_t address = ahead * MSCOPE_STRETCH_BYTES;
        struct mscope_slot *slot =
            kind == MSCOPE_LARGE ? mscope_large_slot(region, address) : mscope_small_slot(region, address);
        uint8_t unused = 0;
        if (mscope_load_relaxed(&used[ahead]) != 0) continue;
        mscope_write_fresh(&slot->born);
        (void)mscope_cas_acq_rel(&used[ahead], &unused, MSCOPE_IS_READY);
    }
}

void mscope_note_order(const struct mscope_slot *slot, uint64_t address)
{
    struct mscope_slot *large = mscope_large_slot(mscope_find_region(address), address);
    uint64_t of_large = mscope_load_acquire(&large->what);
    // until the order is noted, here or by another thread
    while (slot != large && !mscope_knows_order(of_large, address)) {
        bool same = ((of_large ^ address) >> MSCOPE_GRANULE_SHIFT & 1) == 0;
        uint64_t kept = same ? MSCOPE_WHAT_FORGOTTEN | (of_large & mscope_earlier_in(address ^ 32)) : of_large;
        if (mscope_cas_acq_rel(&large->what, &of_large, kept | mscope_earlier_in(address))) return;
    }
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
    uint32_t flags = mscope_slot_flags(what), site = mscope_site_id(mscope_slot_site(what));
    struct mscope_owner owner = mscope_owner_of(born);
    uint64_t weight = flags & MSCOPE_SLOT_SAMPLED ? mscope_weight(size, born) : 1;
    *out = (struct mscope_block){
        .address = address,
        .size = size,
        .birth = mscope_birth_to_time(mscope_birth_of(born)),
        .task = owner.task,
        .weight = flags & MSCOPE_SLOT_WEIGHTED ? weight : 1,
        .site_weight = site ? weight : 0,
        .site = site,
        .thread = owner.thread,
        .call = owner.call,
        .flags = (flags & MSCOPE_SLOT_INTERNAL ? MSCOPE_BLOCK_INTERNAL : 0u)
                 | (flags & MSCOPE_SLOT_SAMPLED ? MSCOPE_BLOCK_SAMPLED : 0u)
                 | (flags & MSCOPE_SLOT_REALLOCATED ? MSCOPE_BLOCK_REALLOCATED : 0u)
                 | (flags >> MSCOPE_SLOT_FAMILY_SHIFT & 3u) << MSCOPE_BLOCK_FAMILY_SHIFT,
    };
}

/// Reads a slot that its owner may be changing; false when no live block of this slot begins in that granule.
///
/// A slot is cleared before it is filled again, and `born` is written first. So if `what` is the same before and after
/// `born` was read, both belong to one block, or to two blocks of the same size and site; then either is a right
/// answer.
static bool mscope_read_slot(struct mscope_slot *slot, uint64_t granule, struct mscope_departure *out)
{
    uint64_t what = mscope_load_acquire(&slot->what), address = granule << MSCOPE_GRANULE_SHIFT;
    if (!mscope_owns_slot(what, address) && !mscope_owns_slot(what, address += 16)) return false;
    *out = (struct mscope_departure){.address = address,
                                     .what = what,
                                     .born = mscope_load_acquire(&slot->born),
                                     .size = mscope_block_size(what, address)};
    // In between `born` may have been the mark of the first of two such blocks; then it has changed by now.
    return mscope_load_acquire(&slot->what) == what && mscope_load_acquire(&slot->born) == out->born;
}

struct mscope_slot *mscope_read_granule(struct mscope_region *region, uint64_t granule, struct mscope_departure *out)
{
    uint64_t address = granule << MSCOPE_GRANULE_SHIFT;
    uint64_t stretch = (granule & (MSCOPE_REGION_GRANULES - 1)) / MSCOPE_STRETCH_GRANULES;
    struct mscope_slot *large = mscope_large_slot(region, address), *small = mscope_small_slot(region, address);
    struct mscope_departure other;
    bool is_large = mscope_load_acquire(&region->used[MSCOPE_LARGE][stretch]) && mscope_read_slot(large, granule, out);
    bool has_small = mscope_load_acquire(&region->used[MSCOPE_SMALL][stretch]);
    bool is_small = has_small && mscope_read_slot(small, granule, &other);
    if (!is_small && !is_large) return NULL;
    // Of two blocks the later one: see mscope_find_slot.
    is_small = is_small && (!is_large || mscope_is_later(small, large));
    if (is_small) *out = other;
    // A guarded block may begin at an address between those that slots can distinguish.
    if (mscope_guarded.begins_anywhere && mscope_is_guarded(out->address))
        out->address = mscope_guarded.block_at(out->address);
    return is_small ? small : large;
}

/// Most contexts lie in a slab of their task's, one kilobyte long, or a few where code is not optimized. A block that
/// covers no whole page is readable as long as it lives: nobody can protect or unmap a part of it. For a larger one the
/// kernel is asked once.
enum mscope_holding mscope_find_held_block(uint64_t context, struct mscope_held *out)
{
    enum { MSCOPE_REACH = 1 << 16 };
    uint64_t granule = context >> MSCOPE_GRANULE_SHIFT, word;
    if (mscope_load_relaxed(&mscope_era) == 0) return MSCOPE_HOLDS_UNKNOWN;
    if (mscope_find_region(context) == NULL || mscope_is_guarded(context)) return MSCOPE_HOLDS_NOT;
    for (uint64_t i = 0; i < MSCOPE_REACH >> MSCOPE_GRANULE_SHIFT && i < granule; i++) {
        struct mscope_region *region = mscope_find_region((granule - i) << MSCOPE_GRANULE_SHIFT);
        struct mscope_departure block;
        struct mscope_slot *slot = region ? mscope_read_granule(region, granule - i, &block) : NULL;
        if (slot == NULL || block.address > context) continue;
        bool is_large = block.size >= MSCOPE_PAGE;
        if (block.size > MSCOPE_REACH) return MSCOPE_HOLDS_NOT;
        if (is_large && mscope_read_memory(context, &word, sizeof(word)) != sizeof(word)) return MSCOPE_HOLDS_NOT;
        *out = (struct mscope_held){&slot->what, {block.what, block.born}, block.address, block.address + block.size};
        return MSCOPE_HOLDS;
    }
    return MSCOPE_HOLDS_NOT;
}

/// The first of the unused stretches in a row that ends with this one; eight are tested at once where they are aligned.
static uint64_t mscope_unused_from(struct mscope_region *region, uint64_t stretch)
{
    const uint64_t *small = (const uint64_t *)(const void *)region->used[MSCOPE_SMALL];
    const uint64_t *large = (const uint64_t *)(const void *)region->used[MSCOPE_LARGE];
    while (stretch > 0) {
        if (stretch % 8 == 0 && (small[stretch / 8 - 1] | large[stretch / 8 - 1]) == 0)
            stretch -= 8;
        else if (!mscope_is_used(region, stretch - 1))
            stretch--;
        else
            break;
    }
    return stretch;
}

bool mscope_find_block(uint64_t address, struct mscope_block *out)
{
    // Backwards from the granule of the address to the nearest block: that block covers the address, or none does.
    uint64_t granule = address >> MSCOPE_GRANULE_SHIFT, reach = mscope_load_relaxed(&mscope_largest_size);
    if (reach < MSCOPE_ORDINARY_BYTES) reach = MSCOPE_ORDINARY_BYTES;
    uint64_t lowest = address > reach ? (address - reach) >> MSCOPE_GRANULE_SHIFT : 0;
    uint64_t first = (uint64_t)mscope_lowest_region() << (MSCOPE_REGION_SHIFT - MSCOPE_GRANULE_SHIFT);
    if (lowest < first) lowest = first;
    // The mask may lead to granule 0 of a region; the loop goes on below it.
    for (; granule >= lowest && granule != 0; granule--) {
        uint64_t start = granule << MSCOPE_GRANULE_SHIFT;
        struct mscope_region *region = mscope_find_region(start);
        if (region == NULL) {
            granule &= ~(uint64_t)(MSCOPE_REGION_GRANULES - 1); // on to the region before
            continue;
        }
        uint64_t index = granule & (MSCOPE_REGION_GRANULES - 1), stretch = index / MSCOPE_STRETCH_GRANULES;
        if (!mscope_is_used(region, stretch)) {
            granule -= index - mscope_unused_from(region, stretch) * MSCOPE_STRETCH_GRANULES;
            continue;
        }
        struct mscope_departure found;
        if (mscope_read_granule(region, granule, &found) == NULL || found.address > address) continue;
        if (address - found.address >= (found.size ? found.size : 1)) return false;
        mscope_describe_block(out, found.address, found.what, found.born, found.size);
        return true;
    }
    return false;
}
