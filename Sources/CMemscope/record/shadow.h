// The shadow table: which slot a block has, and what slots say. Functions that are not inlined are in shadow.c.
#ifndef MSCOPE_RECORD_SHADOW_H
#define MSCOPE_RECORD_SHADOW_H

#include "record/bank.h"

extern MSCOPE_HIDDEN _Atomic(struct mscope_region *) mscope_regions[MSCOPE_REGIONS];
MSCOPE_RARE struct mscope_region *mscope_new_region(uint64_t address);
/// Keeps the largest size so far, which limits the search for the block around an address.
MSCOPE_RARE void mscope_note_size(uint64_t size);
MSCOPE_HIDDEN uint32_t mscope_lowest_region(void);
MSCOPE_HIDDEN uint32_t mscope_highest_region(void);
/// Reads the slot of the block that begins in a granule, while the slot may be changing. Returns the slot; NULL when no
/// block begins there.
MSCOPE_HIDDEN struct mscope_slot *mscope_read_granule(struct mscope_region *region, uint64_t granule,
                                                      struct mscope_departure *out);
MSCOPE_HIDDEN void mscope_describe_block(struct mscope_block *out, uint64_t address, uint64_t what, uint64_t born,
                                         uint64_t size);
/// To be called before the block of a slot ends. When a small and a large block have ended at an address, the small
/// one, which ends now, must not be taken for the earlier one. So the large slot forgets a block that began in the same
/// granule, and notes that a block of the other granule ended earlier.
MSCOPE_HIDDEN void mscope_note_order(const struct mscope_slot *slot, uint64_t address);
MSCOPE_HIDDEN bool mscope_is_region(uint64_t start);
/// Marks a stretch whose small or large slots are used for the first time, and prepares the pages behind it where
/// blocks have been coming one after another.
MSCOPE_RARE void mscope_use_stretch(struct mscope_region *region, int kind, uint64_t stretch);
/// Looks for the live block around an async context: see mscope_find_held.
MSCOPE_HIDDEN enum mscope_holding mscope_find_held_block(uint64_t context, struct mscope_held *out);
/// Whether a page of a region, by its offset, holds slots of which none was ever used. Such a page may be in memory,
/// because a slot was read there, but only as the kernel's shared page of zeros.
MSCOPE_HIDDEN bool mscope_is_only_seen(uint64_t region, uint64_t offset);

// ---- what the checks say about their blocks

/// The range of the blocks between guard pages: the memory of such a block may be protected.
struct mscope_guarded {
    uint64_t start, end;
    bool begins_anywhere;                   // also between two addresses that slots can distinguish
    uint64_t (*block_at)(uint64_t address); // the block, live or not, whose pages contain an address; 0: none
};
extern MSCOPE_HIDDEN struct mscope_guarded mscope_guarded;

static inline bool mscope_is_guarded(uint64_t address)
{
    return address - mscope_guarded.start < mscope_guarded.end - mscope_guarded.start;
}

/// Bits that are never set in the address of a block; known once booted.
extern MSCOPE_HIDDEN uint64_t mscope_block_misalignment;

/// Whether a block may begin at an address, as far as its alignment tells.
static inline bool mscope_may_begin_at(uint64_t address)
{
    bool anywhere = mscope_guarded.begins_anywhere && mscope_is_guarded(address);
    return anywhere ? mscope_guarded.block_at(address) == address : (address & mscope_block_misalignment) == 0;
}

// ---- regions

/// The region of an address; NULL when no block near it was ever recorded. The index is masked: a wild pointer given to
/// free must crash in the allocator, as it does without MemScope, not here.
static inline struct mscope_region *mscope_find_region(uint64_t address)
{
    return mscope_load_acquire(&mscope_regions[address >> MSCOPE_REGION_SHIFT & (MSCOPE_REGIONS - 1)]);
}

static inline bool mscope_is_used(struct mscope_region *region, uint64_t stretch)
{
    return mscope_load_acquire(&region->used[MSCOPE_SMALL][stretch])
           || mscope_load_acquire(&region->used[MSCOPE_LARGE][stretch]);
}

static inline uint64_t mscope_line(uint64_t address)
{
    return address >> (MSCOPE_GRANULE_SHIFT + 1) & (MSCOPE_REGION_GRANULES / 2 - 1);
}

/// Whether a slot for the address was ever used. Where few blocks are recorded, this test keeps the slots of the others
/// out of the cache: the bits for a megabyte of heap are two kilobytes.
static inline bool mscope_was_used(struct mscope_region *region, uint64_t address)
{
    uint64_t line = mscope_line(address);
    return mscope_load_relaxed(&region->lines[line / 32]) >> line % 32 & 1;
}

/// Whether no block ever began in the stretch of heap around an address.
static inline bool mscope_is_new_stretch(uint64_t address)
{
    struct mscope_region *region = mscope_find_region(address);
    uint64_t stretch = (address >> MSCOPE_GRANULE_SHIFT & (MSCOPE_REGION_GRANULES - 1)) / MSCOPE_STRETCH_GRANULES;
    return region == NULL
           || (mscope_load_relaxed(&region->used[MSCOPE_SMALL][stretch]) != MSCOPE_IS_USED
               && mscope_load_relaxed(&region->used[MSCOPE_LARGE][stretch]) != MSCOPE_IS_USED);
}

/// Marks the place of a slot that is used for the first time.
static inline void mscope_mark_used(struct mscope_region *region, uint64_t address, uint64_t size)
{
    uint64_t line = mscope_line(address), granule = address >> MSCOPE_GRANULE_SHIFT & (MSCOPE_REGION_GRANULES - 1);
    atomic_fetch_or_explicit(&region->lines[line / 32], 1u << line % 32, memory_order_relaxed);
    int kind = size >= MSCOPE_LARGE_BYTES ? MSCOPE_LARGE : MSCOPE_SMALL;
    uint64_t stretch = granule / MSCOPE_STRETCH_GRANULES;
    if (mscope_load_relaxed(&region->used[kind][stretch]) != MSCOPE_IS_USED) mscope_use_stretch(region, kind, stretch);
}

// ---- slots

static inline struct mscope_slot *mscope_small_slot(struct mscope_region *region, uint64_t address)
{
    return &region->small[address >> MSCOPE_GRANULE_SHIFT & (MSCOPE_REGION_GRANULES - 1)];
}

static inline struct mscope_slot *mscope_large_slot(struct mscope_region *region, uint64_t address)
{
    return &region->large[address >> (MSCOPE_GRANULE_SHIFT + 1) & (MSCOPE_REGION_GRANULES / 2 - 1)];
}

static inline struct mscope_slot *mscope_slot_for(struct mscope_region *region, uint64_t address, uint64_t size)
{
    return size >= MSCOPE_LARGE_BYTES ? mscope_large_slot(region, address) : mscope_small_slot(region, address);
}

static inline bool mscope_is_later(const struct mscope_slot *slot, const struct mscope_slot *other)
{
    return mscope_birth_of(mscope_load_acquire(&slot->born)) > mscope_birth_of(mscope_load_acquire(&other->born));
}

/// The place of the slot for a block to be recorded; NULL when there is no memory for it.
static inline struct mscope_slot *mscope_place_of_slot(uint64_t address, uint64_t size)
{
    struct mscope_region *region = mscope_find_region(address);
    if (mscope_unlikely(region == NULL)) region = mscope_new_region(address);
    return mscope_unlikely(region == NULL) ? NULL : mscope_slot_for(region, address, size);
}

/// To be called before a slot is filled. If the slot was filled before, its place is marked already. `born` is written
/// next anyway, so reading it costs no other cache line.
static inline void mscope_use_slot(const struct mscope_slot *slot, uint64_t address, uint64_t size)
{
    if (mscope_unlikely(mscope_load_relaxed(&slot->born) == 0))
        mscope_mark_used(mscope_find_region(address), address, size);
}

/// The slot for a block to be recorded; the caller fills it at once.
static inline struct mscope_slot *mscope_make_slot(uint64_t address, uint64_t size)
{
    struct mscope_slot *slot = mscope_place_of_slot(address, size);
    if (mscope_likely(slot != NULL)) mscope_use_slot(slot, address, size);
    return slot;
}

// A slot only knows in which 16 bytes a block begins.
static inline bool mscope_owns_slot(uint64_t what, uint64_t address)
{
    uint64_t wanted = (address & MSCOPE_SLOT_QUARTER) | MSCOPE_SLOT_LIVE;
    return (what & (MSCOPE_SLOT_QUARTER | MSCOPE_SLOT_LIVE)) == wanted;
}

/// Whether the slot describes a block at `address`, live or not.
static inline bool mscope_tells_of(uint64_t what, uint64_t address)
{
    return (what & (MSCOPE_SLOT_LIVE | MSCOPE_SLOT_ENDED)) != 0 && ((what ^ address) & MSCOPE_SLOT_QUARTER) == 0;
}

/// Whether a large slot needs no change when a small block at `address` ends: see mscope_note_order.
static inline bool mscope_knows_order(uint64_t of_large, uint64_t address)
{
    return of_large == 0 || (of_large & (MSCOPE_SLOT_LIVE | mscope_earlier_in(address))) != 0;
}

/// The slot of the block that lives at `address`, or else of the last block there, and its `what`; NULL, and 0, when no
/// block near it was ever recorded.
///
/// When both slots describe ended blocks of this address, the large one ended later: see mscope_note_order. Both are
/// live only when an end was not recorded, for example of a block freed by an allocator's own functions: then the block
/// with the later birth is taken.
static inline struct mscope_slot *mscope_find_slot(uint64_t address, uint64_t *what)
{
    struct mscope_region *region = mscope_find_region(address);
    *what = 0;
    if (region == NULL) return NULL;
    struct mscope_slot *large = mscope_large_slot(region, address), *small = mscope_small_slot(region, address);
    uint64_t of_large = mscope_load_acquire(&large->what), of_small = mscope_load_acquire(&small->what);
    bool lives = mscope_owns_slot(of_small, address), is_large = !lives && mscope_tells_of(of_large, address);
    if (mscope_owns_slot(of_large, address)) is_large = !lives || !mscope_is_later(small, large);
    *what = is_large ? of_large : of_small;
    return is_large ? large : small;
}

static inline uint64_t mscope_block_size(uint64_t what, uint64_t address)
{
    uint64_t size = mscope_slot_size(what);
    if (mscope_likely(size < MSCOPE_SIZE_LIMIT)) return size;
    if (size != MSCOPE_SIZE_HUGE) return size - MSCOPE_SIZE_CHECKED;
    struct mscope_region *region = mscope_find_region(address + 32);
    return region ? mscope_load_relaxed(&mscope_small_slot(region, address + 32)->born) : size;
}

#endif
