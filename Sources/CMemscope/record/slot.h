// What is kept of a block, and the equations between the fields.
#ifndef MSCOPE_RECORD_SLOT_H
#define MSCOPE_RECORD_SLOT_H

#include "base/base.h"
#include "stacks/stacks.h"

// ---- shadow slot: two words for each block.
//
// A block of fewer than 64 bytes has the slot of the 32 bytes of heap, the granule, in which it begins; a larger block
// has the slot of the 64 bytes. Two blocks never begin within 32 bytes of each other: glibc's smallest chunk is 32
// bytes, and next.c asks other allocators for at least 32. So a slot has at most one owner, and only the thread that
// owns the block writes it. One exception: when the block of a large slot has ended, the thread that frees a small
// block nearby notes there that the small one ended later.
//
//   what = size:28 | site:23 | flags:13          not live: what the last block here was, or 0
//   born = rounded up:1 | mscope_birth_now():39 | account:24          not live: see mscope_mark_of
//
// A size of MSCOPE_SIZE_HUGE means that the size is in `born` of the small slot of the next granule, which lies inside
// the block. A size with MSCOPE_SIZE_CHECKED means a checked block. The fast paths handle neither.
struct mscope_slot {
    _Atomic uint64_t what, born; // side by side: see struct mscope_held
};
_Static_assert(sizeof(struct mscope_slot) == 16, "a slot is two words");

enum {
    MSCOPE_GRANULE_SHIFT = 5,
    MSCOPE_REGION_SHIFT = 26, // 64 MiB of heap have up to 48 MiB of slots, touched as the heap is
    MSCOPE_REGIONS = 1 << (MSCOPE_ADDRESS_BITS - MSCOPE_REGION_SHIFT),
    MSCOPE_REGION_GRANULES = 1 << (MSCOPE_REGION_SHIFT - MSCOPE_GRANULE_SHIFT),
};
// Slots are walked in stretches of 8 KiB of heap: the small slots of a stretch are a page, its large ones half a page.
// A walk skips stretches that were never used.
enum {
    MSCOPE_STRETCH_GRANULES = 256,
    MSCOPE_STRETCH_BYTES = MSCOPE_STRETCH_GRANULES << MSCOPE_GRANULE_SHIFT,
    MSCOPE_REGION_STRETCHES = MSCOPE_REGION_GRANULES / MSCOPE_STRETCH_GRANULES,
};
// USED: a block began in the stretch; READY: its page was written ahead
enum { MSCOPE_IS_USED = 1, MSCOPE_IS_READY = 2 };
enum { MSCOPE_SMALL = 0, MSCOPE_LARGE = 1, MSCOPE_LARGE_BYTES = 64 };
struct mscope_region {
    struct mscope_slot small[MSCOPE_REGION_GRANULES], large[MSCOPE_REGION_GRANULES / 2];
    _Atomic uint8_t delivered[MSCOPE_REGION_GRANULES / 8];   // one bit each: the walk under way has delivered the block
    _Atomic uint8_t used[2][MSCOPE_REGION_STRETCHES];        // by stretch: of small slots, and of large ones
    _Atomic uint32_t lines[MSCOPE_REGION_GRANULES / 2 / 32]; // one bit each: a block began in these 64 bytes
};
enum { MSCOPE_ORDINARY_BYTES = 1 << 17 }; // larger blocks are few: glibc maps them separately
#define MSCOPE_SIZE_HUGE 0xfffffffull
#define MSCOPE_SIZE_CHECKED 0x8000000ull
#define MSCOPE_SIZE_LIMIT (MSCOPE_SIZE_CHECKED - 1) // from this size on, a block is huge
#define MSCOPE_ACCOUNT_MASK 0xffffffull
#define MSCOPE_BORN_ROUNDED (1ull << 63) // of a sampled block: its weight was rounded up

enum { MSCOPE_SITE_SHIFT = 13, MSCOPE_SIZE_SHIFT = MSCOPE_SITE_SHIFT + MSCOPE_SITE_BITS };
enum {
    MSCOPE_SLOT_INTERNAL = 1,
    MSCOPE_SLOT_SAMPLED = 2,    // its stack was sampled: at its site it stands for mscope_weight() blocks
    MSCOPE_SLOT_WEIGHTED = 4,   // the block itself was sampled: it stands for others in all counts
    MSCOPE_SLOT_EVENT = 8,      // somebody wants to know its end: history, which has its birth, or watched.c
    MSCOPE_SLOT_QUARTER = 0x30, // the quarter of 64 bytes in which the block begins: two bits of its address
    MSCOPE_SLOT_LIVE = 0x40,
    MSCOPE_SLOT_REALLOCATED = 0x80,
    MSCOPE_SLOT_FAMILY_SHIFT = 8, // 2 bits
    MSCOPE_SLOT_WALK_SHIFT = 10,  // 3 bits: number of the walk during which it was recorded, 0 outside of walks
    // And when the block has ended, in place of the walk's number:
    // 2 bits of a large block: it ended before the last small one of its first, or second, granule
    MSCOPE_SLOT_EARLIER_SHIFT = 10,
    MSCOPE_SLOT_ENDED = 1 << 12,
};
#define MSCOPE_WHAT_FORGOTTEN 1ull // a large slot that describes no block any more, though it did once
enum mscope_family { MSCOPE_FAMILY_MALLOC = 0, MSCOPE_FAMILY_NEW = 1, MSCOPE_FAMILY_NEW_ARRAY = 2 };

static inline uint64_t mscope_slot_what(uint64_t address, uint64_t size, uint32_t site, uint32_t flags)
{
    return (size < MSCOPE_SIZE_LIMIT ? size : MSCOPE_SIZE_HUGE) << MSCOPE_SIZE_SHIFT
           | (uint64_t)site << MSCOPE_SITE_SHIFT | (address & MSCOPE_SLOT_QUARTER) | flags;
}
static inline uint64_t mscope_birth_of(uint64_t born)
{
    return (born & ~MSCOPE_BORN_ROUNDED) >> 24;
}
static inline uint64_t mscope_slot_size(uint64_t what)
{
    return what >> MSCOPE_SIZE_SHIFT;
}
/// Whether a block came from mscope_allocate_checked.
static inline bool mscope_is_checked(uint64_t what)
{
    uint64_t size = mscope_slot_size(what);
    return size >= MSCOPE_SIZE_CHECKED && size != MSCOPE_SIZE_HUGE;
}
static inline uint32_t mscope_slot_site(uint64_t what)
{
    return (uint32_t)(what >> MSCOPE_SITE_SHIFT & MSCOPE_SITE_MASK);
}
/// The value of `what` after the block has ended.
static inline uint64_t mscope_ended(uint64_t what)
{
    return (what & ~(uint64_t)(MSCOPE_SLOT_LIVE | 7 << MSCOPE_SLOT_WALK_SHIFT)) | MSCOPE_SLOT_ENDED;
}
/// The flag of a large block that ended before the last small one of the granule of `address`.
static inline uint64_t mscope_earlier_in(uint64_t address)
{
    return 1ull << MSCOPE_SLOT_EARLIER_SHIFT << (address >> MSCOPE_GRANULE_SHIFT & 1);
}
static inline uint32_t mscope_slot_flags(uint64_t what)
{
    return (uint32_t)what & ((1 << MSCOPE_SITE_SHIFT) - 1);
}

#endif
