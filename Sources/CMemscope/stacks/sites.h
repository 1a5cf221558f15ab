// The stack table: entries by site number, the index by hash, and the frames.
#ifndef MSCOPE_STACKS_SITES_H
#define MSCOPE_STACKS_SITES_H

#include "stacks/unwinder.h"

// A number that was recycled stands for another stack: its generation counts how often.
//
//   id of a site, as everything above the hooks knows it = generation:9 | number:23
//   ready = generation:9 << 8 | frame count:8        a count of 0: the rest may not be read
enum { MSCOPE_COUNT_BITS = 8, MSCOPE_SITE_GENERATIONS = 1 << (32 - MSCOPE_SITE_BITS) };
struct mscope_site_entry {
    _Atomic uint32_t ready;
    uint8_t flags, own;    // own, base, frames: see stack_frames.c
    _Atomic uint16_t uses; // by other stacks, error reports and snapshots; see below
    uint32_t base, frames;
    uint64_t hash; // 0: another number has the stack, too, and the index has that one
    uint64_t first_seen;
    _Atomic uint64_t alias; // a second hash in the index, of the stack and its layout; 0: none
    uint64_t retired_at;    // a return address in the unloaded image; 0: in use
    uint64_t retired_image; // the identity of that image
    _Atomic uint64_t peak;  // see mscope_site_peak
};
_Static_assert(sizeof(struct mscope_site_entry) == 64, "an entry is a cache line");
_Static_assert(MSCOPE_MAX_FRAMES < 1 << MSCOPE_COUNT_BITS, "a count fits into the entry");
// MANY: not counted any more, so the entry stays. WITHDRAWN, beside a count: not in the index; if it still counts no
// use when no thread can have the number, it is recycled. FREE: it has no stack, or is being filled.
enum { MSCOPE_MANY_USES = 0x3fff, MSCOPE_FREE = 0x4000, MSCOPE_WITHDRAWN = 0x8000 };

enum { MSCOPE_SEGMENT_SITES = 1 << 15, MSCOPE_SEGMENTS = MSCOPE_SITE_CAPACITY / MSCOPE_SEGMENT_SITES };
extern MSCOPE_HIDDEN _Atomic(struct mscope_site_entry *) mscope_segments[MSCOPE_SEGMENTS]; // mapped when needed

/// The entry of a site; NULL when no number of its segment was given out yet.
static inline struct mscope_site_entry *mscope_entry(uint32_t site)
{
    struct mscope_site_entry *segment = mscope_load_acquire(&mscope_segments[site / MSCOPE_SEGMENT_SITES]);
    return segment == NULL ? NULL : &segment[site % MSCOPE_SEGMENT_SITES];
}

static inline uint32_t mscope_count_of(uint32_t ready)
{
    return ready & ((1u << MSCOPE_COUNT_BITS) - 1);
}

/// The number of frames; 0 while the entry may not be read, or does not exist.
static inline uint32_t mscope_frame_count(const struct mscope_site_entry *entry)
{
    return entry == NULL ? 0 : mscope_count_of(mscope_load_acquire(&entry->ready));
}

// ---- index.c: from a hash to a number; looking up is in index.h
MSCOPE_HIDDEN bool mscope_index_start(void);
/// To be called with each number of stacks that the table reaches.
MSCOPE_HIDDEN void mscope_prepare_index(uint32_t sites);
/// Puts a number into the index. Returns the number that is valid for the stack: an older one when another thread was
/// faster, or, if `revives`, when the stack's image was loaded again, in which the caller must be. 0 when there is no
/// room.
MSCOPE_HIDDEN uint32_t mscope_put_into_index(uint32_t site, uint64_t hash, bool revives);
/// Makes a stack findable by a second hash, too; only the first such hash of a stack is kept.
MSCOPE_HIDDEN void mscope_alias_site(uint32_t site, uint64_t hash);
MSCOPE_HIDDEN bool mscope_has_alias(uint32_t site);
/// From now on no hash finds the number.
MSCOPE_HIDDEN void mscope_take_out_of_index(uint32_t site);
/// Whether a thread that had a withdrawn number has made it findable again.
MSCOPE_HIDDEN bool mscope_is_findable(uint32_t site);
/// From now on no thread can make the number findable by its second hash.
MSCOPE_HIDDEN void mscope_forget_alias(uint32_t site);
/// From now on no hash finds the number, unless its code is back when the same stack is taken again.
MSCOPE_HIDDEN void mscope_retire_in_index(uint32_t site);
/// Bytes of the index that fill up with the number of stacks.
MSCOPE_HIDDEN uint64_t mscope_index_bytes(void);

// ---- sites.c
MSCOPE_HIDDEN bool mscope_sites_start(void);
/// The stack table's memory, without its users' counters, and how much it may grow to.
MSCOPE_HIDDEN uint64_t mscope_table_bytes(void);
extern MSCOPE_HIDDEN uint64_t mscope_table_limit;
/// Gives a stack a number; 0 when the table is full.
MSCOPE_HIDDEN uint32_t mscope_new_site(const struct mscope_stack *stack);
MSCOPE_HIDDEN void mscope_uncount_site(const struct mscope_site_entry *entry);
MSCOPE_HIDDEN uint64_t mscope_retire_sites(uint64_t start, uint64_t end, uint64_t image);

// ---- recycling.c
/// Keeps a stack's entry as it is; false when it has no stack.
MSCOPE_HIDDEN bool mscope_retain_entry(struct mscope_site_entry *entry);
MSCOPE_HIDDEN void mscope_release_entry(struct mscope_site_entry *entry);
/// A free number; 0: there is none.
MSCOPE_HIDDEN uint32_t mscope_take_free_number(void);
/// Frees a number that is not in the index, and that nobody knows, with its frames.
MSCOPE_HIDDEN void mscope_free_number(uint32_t site);

// ---- frame_store.c: room for frames
/// Finds room for `count` frames in a row, at least one; *out: where it begins. False when there is none. `grows`: more
/// memory may be used.
MSCOPE_HIDDEN bool mscope_take_frames(uint32_t count, bool grows, uint32_t *out);
/// Whether there was no room for frames since mscope_join_frames.
MSCOPE_HIDDEN bool mscope_lacks_frames(void);
MSCOPE_HIDDEN void mscope_give_frames_back(uint32_t at, uint32_t count);
MSCOPE_HIDDEN uint64_t *mscope_frames_at(uint32_t at);
MSCOPE_HIDDEN uint64_t mscope_frame_bytes(void);
/// A table of `count` words, mapped when it is needed; NULL when there is no memory.
MSCOPE_HIDDEN uint64_t *mscope_map_once(_Atomic(uint64_t *) *table, size_t count);

// ---- valid.c
/// Whether the equations hold for the stacks numbered [from, to].
MSCOPE_HIDDEN bool mscope_sites_are_valid(uint32_t from, uint32_t to);

// ---- stack_frames.c: which frames the stacks have
/// Writes the frames of a new stack into the table, innermost first. `near` is a stack that may have the same outer
/// frames, or 0. False when there is no room.
MSCOPE_HIDDEN bool mscope_keep_frames(uint32_t site, const struct mscope_stack *stack, uint32_t near, bool grows);
/// Writes all frames of a stack to `out`, which has room for MSCOPE_MAX_FRAMES. Returns how many; 0 when the number was
/// recycled meanwhile, or may not be read.
MSCOPE_HIDDEN uint32_t mscope_copy_frames(const struct mscope_site_entry *entry, uint64_t *out);

#endif
