// The entries of the stack table, by site number.
#ifndef MSCOPE_STACKS_SITES_H
#define MSCOPE_STACKS_SITES_H

#include "stacks/unwinder.h"

struct mscope_site_entry {
    _Atomic uint32_t ready; // frame count once the rest may be read, else 0
    uint16_t flags;
    uint16_t own; // own, base, frames: see stack_frames.c
    uint32_t base, frames;
    uint64_t hash;
    uint64_t first_seen;
    _Atomic uint64_t alias; // a second hash in the index, of the stack and its layout; 0: none
    uint64_t retired_at;    // a return address in the unloaded image; 0: in use
    uint64_t retired_image; // the identity of that image
    _Atomic uint64_t peak;  // see mscope_site_peak
};
_Static_assert(sizeof(struct mscope_site_entry) == 64, "an entry is a cache line");

enum { MSCOPE_SEGMENT_SITES = 1 << 15, MSCOPE_SEGMENTS = MSCOPE_SITE_CAPACITY / MSCOPE_SEGMENT_SITES };
extern MSCOPE_HIDDEN _Atomic(struct mscope_site_entry *) mscope_segments[MSCOPE_SEGMENTS]; // mapped when needed

/// The entry of a site; NULL when no number of its segment was given out yet.
static inline struct mscope_site_entry *mscope_entry(uint32_t site)
{
    struct mscope_site_entry *segment = mscope_load_acquire(&mscope_segments[site / MSCOPE_SEGMENT_SITES]);
    return segment == NULL ? NULL : &segment[site % MSCOPE_SEGMENT_SITES];
}

/// The number of frames; 0 while the entry may not be read, or does not exist.
static inline uint32_t mscope_frame_count(const struct mscope_site_entry *entry)
{
    return entry == NULL ? 0 : mscope_load_acquire(&entry->ready);
}

// ---- sites.c
MSCOPE_HIDDEN bool mscope_sites_start(void);
/// The number of a stack by its hash; 0 when it is new.
MSCOPE_HIDDEN uint32_t mscope_find_site(uint64_t hash);
/// Makes a stack findable by a second hash, too; only the first such hash of a stack is kept.
MSCOPE_HIDDEN void mscope_alias_site(uint32_t site, uint64_t hash);
MSCOPE_HIDDEN bool mscope_has_alias(uint32_t site);
/// Gives a stack a number; 0 when the table is full.
MSCOPE_HIDDEN uint32_t mscope_new_site(const struct mscope_stack *stack);
MSCOPE_HIDDEN uint64_t mscope_retire_sites(uint64_t start, uint64_t end, uint64_t image);

// ---- valid.c
/// Whether the equations hold for the stacks numbered [from, to].
MSCOPE_HIDDEN bool mscope_sites_are_valid(uint32_t from, uint32_t to);

// ---- stack_frames.c: which frames the stacks have
/// Writes the frames of a new stack into the table, innermost first. `near` is a stack that may have the same outer
/// frames, or 0. False when there is no room.
MSCOPE_HIDDEN bool mscope_keep_frames(uint32_t site, const uint64_t *frames, uint32_t count, uint32_t near);
/// Writes all frames of a stack to `out`, which has room for MSCOPE_MAX_FRAMES.
MSCOPE_HIDDEN void mscope_copy_frames(const struct mscope_site_entry *entry, uint64_t *out);

#endif
