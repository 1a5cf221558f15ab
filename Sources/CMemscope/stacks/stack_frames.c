// The frames of stacks. Most stacks have the same outer frames as another stack: those are kept once.
//
//   frames of a stack = its own, then the outermost count - own ones of its base
//   own = count  <=>  base = 0
//   own < count  =>  count - own > count(base) - own(base): the first of them is the base's own
//
// A new stack is compared with the last new one of the thread, or with one that the hints lead to: a hint names a stack
// with the same 4 outermost frames, the same 8, and so on. A hint may be wrong, so the frames are compared.
#include "stacks/sites.h"
#include "stacks/stacks.h"

#include <string.h>

enum { MSCOPE_PIECE_FRAMES = 1 << 19, MSCOPE_PIECES = 1 << 8 }; // 4 MiB each, 1 GiB in all
enum { MSCOPE_LEAST_SHARED = 4 };                               // for fewer frames a step to another stack does not pay
static _Atomic(uint64_t *) mscope_pieces[MSCOPE_PIECES];
static _Atomic uint64_t mscope_frames_used;

/// A table of `count` words, mapped when it is needed; NULL when there is no memory.
static uint64_t *mscope_map_once(_Atomic(uint64_t *) *table, size_t count)
{
    uint64_t *known = mscope_load_acquire(table);
    if (mscope_likely(known != NULL)) return known;
    const size_t size = count * sizeof(uint64_t);
    uint64_t *fresh = mscope_map(size);
    if (fresh == NULL || mscope_cas_acq_rel(table, &known, fresh)) return fresh;
    mscope_unmap(fresh, size);
    return known;
}

/// Takes room for `count` frames, at least one, in a row; *out: where it begins. False when there is none.
static bool mscope_take_frames(uint32_t count, uint32_t *out)
{
    for (;;) {
        uint64_t at = mscope_add_relaxed(&mscope_frames_used, count), last = at + count - 1;
        if (last >= (uint64_t)MSCOPE_PIECE_FRAMES * MSCOPE_PIECES) return false;
        if (at / MSCOPE_PIECE_FRAMES != last / MSCOPE_PIECE_FRAMES) continue; // it would cross the end of a piece
        *out = (uint32_t)at;
        return mscope_map_once(&mscope_pieces[at / MSCOPE_PIECE_FRAMES], MSCOPE_PIECE_FRAMES) != NULL;
    }
}

static inline uint64_t *mscope_own_frames(const struct mscope_site_entry *entry)
{
    uint64_t *piece = mscope_load_acquire(&mscope_pieces[entry->frames / MSCOPE_PIECE_FRAMES]);
    return piece + entry->frames % MSCOPE_PIECE_FRAMES;
}

/// How many of the outermost frames are the same as another stack's; 0 when none are, or when the other cannot be read
/// yet.
static uint32_t mscope_shared_frames(const uint64_t *frames, uint32_t count, uint32_t site)
{
    const struct mscope_site_entry *other = mscope_entry(site);
    uint32_t length = mscope_frame_count(other), shared = 0, left = length;
    int64_t at = (int64_t)count - length; // the frame as far from the outermost one as the other's innermost frame
    while (left > 0) {
        const uint64_t *own = mscope_own_frames(other);
        for (uint32_t i = length - left; i < other->own; i++, at++, left--)
            shared = at >= 0 && frames[at] == own[i] ? shared + 1 : 0;
        if (left == 0) break;
        other = mscope_entry(other->base);
        length = mscope_frame_count(other);
    }
    return shared;
}

/// Of `site` and its bases, the stack that has the innermost of the `shared` outermost frames as its own: so reading
/// never steps to a stack without using a frame of it.
static uint32_t mscope_owner_of(uint32_t site, uint32_t shared)
{
    for (;;) {
        const struct mscope_site_entry *entry = mscope_entry(site);
        if (shared > mscope_frame_count(entry) - entry->own) return site;
        site = entry->base;
    }
}

// ---- hints
//
//   hint = 9 more bits of the hash | number:23                  of so many outermost frames; 0: none

enum { MSCOPE_STRIDE = 4, MSCOPE_MOST_HINTS = 1 << 22, MSCOPE_LEAST_HINTS = 1 << 10 };
static _Atomic(uint64_t *) mscope_hints;

/// About as many hints are used as there are stacks: a small program touches few pages.
static inline _Atomic uint32_t *mscope_hint_at(uint64_t *hints, uint64_t hash)
{
    uint64_t used = MSCOPE_LEAST_HINTS, sites = mscope_load_relaxed(&mscope_global.sites);
    while (used < 2 * sites && used < MSCOPE_MOST_HINTS) used *= 2;
    return (_Atomic uint32_t *)hints + (hash >> 20 & (used - 1));
}

/// A place for a hint, and the word for it without the number of the stack.
struct mscope_hint {
    _Atomic uint32_t *place;
    uint32_t check;
};

/// The stack that shares the most outermost frames with these, as far as the hints tell; 0: none. *open: the place
/// where the first hint is missing, or the last one if it names a stack that cannot be read; else unchanged.
static uint32_t mscope_follow_hints(const uint64_t *frames, uint32_t count, struct mscope_hint *open)
{
    uint64_t *hints = mscope_map_once(&mscope_hints, MSCOPE_MOST_HINTS / 2), hash = 0;
    uint32_t found = 0;
    struct mscope_hint last = {NULL, 0};
    for (uint32_t i = 1; i <= count && hints != NULL; i++) {
        hash = (hash ^ frames[count - i]) * 0x9E3779B97F4A7C15ull;
        hash ^= hash >> 32;
        if (i % MSCOPE_STRIDE != 0) continue;
        struct mscope_hint next = {mscope_hint_at(hints, hash), (uint32_t)(hash >> 10) << MSCOPE_SITE_BITS};
        uint32_t hint = mscope_load_relaxed(next.place);
        if (hint == 0 || (hint ^ next.check) >> MSCOPE_SITE_BITS != 0) {
            *open = next;
            return found;
        }
        found = hint & MSCOPE_SITE_MASK;
        last = next;
    }
    if (mscope_frame_count(mscope_entry(found)) == 0) *open = last;
    return found;
}

bool mscope_keep_frames(uint32_t site, const uint64_t *frames, uint32_t count, uint32_t near)
{
    struct mscope_site_entry *entry = mscope_entry(site);
    uint32_t shared = near ? mscope_shared_frames(frames, count, near) : 0;
    if (shared + MSCOPE_STRIDE < count) {
        struct mscope_hint open = {NULL, 0};
        uint32_t other = mscope_follow_hints(frames, count, &open);
        uint32_t more = other ? mscope_shared_frames(frames, count, other) : 0;
        if (more > shared) near = other, shared = more;
        if (open.place != NULL) mscope_store_relaxed(open.place, open.check | site);
    }
    if (shared == count) shared--;
    if (shared < MSCOPE_LEAST_SHARED) shared = 0;
    if (!mscope_take_frames(count - shared, &entry->frames)) return false;
    memcpy(mscope_own_frames(entry), frames, (count - shared) * sizeof(uint64_t));
    entry->base = shared ? mscope_owner_of(near, shared) : 0;
    entry->own = (uint16_t)(count - shared);
    return true;
}

void mscope_copy_frames(const struct mscope_site_entry *entry, uint64_t *out)
{
    for (uint32_t count = mscope_frame_count(entry), left = count; left > 0;
         entry = mscope_entry(entry->base), count = mscope_frame_count(entry)) {
        const uint64_t *own = mscope_own_frames(entry);
        for (uint32_t i = count - left; i < entry->own; i++, left--) *out++ = own[i];
    }
}
