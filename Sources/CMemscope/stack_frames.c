// The frames of stacks. Most stacks have their outer frames in common with the last one of their thread: those are kept
// once.
//
//   frames of a stack = its own, then the outermost count - own ones of its base
//   own = count  <=>  base = 0
//   own < count  =>  count - own > count(base) - own(base): the first of them is the base's own
#include "sites.h"

#include <string.h>

enum { MSCOPE_PIECE_FRAMES = 1 << 19, MSCOPE_PIECES = 1 << 8 }; // 4 MiB each, 1 GiB in all
enum { MSCOPE_LEAST_SHARED = 4 }; // for fewer frames it is not worth a step to another stack
static _Atomic(uint64_t *) mscope_pieces[MSCOPE_PIECES];
static _Atomic uint64_t mscope_frames_used;

static uint64_t *mscope_piece(uint64_t index)
{
    uint64_t *known = mscope_load_acquire(&mscope_pieces[index]);
    if (mscope_likely(known != NULL)) return known;
    const size_t size = MSCOPE_PIECE_FRAMES * sizeof(uint64_t);
    uint64_t *fresh = mscope_map(size);
    if (fresh == NULL || mscope_cas_acq_rel(&mscope_pieces[index], &known, fresh)) return fresh;
    mscope_unmap(fresh, size);
    return known;
}

/// Room for so many frames, at least one; NULL when there is none.
static uint64_t *mscope_take_frames(uint32_t count)
{
    for (;;) {
        uint64_t at = mscope_add_relaxed(&mscope_frames_used, count), last = at + count - 1;
        if (last >= (uint64_t)MSCOPE_PIECE_FRAMES * MSCOPE_PIECES) return NULL;
        if (at / MSCOPE_PIECE_FRAMES != last / MSCOPE_PIECE_FRAMES) continue; // over the end of a piece
        uint64_t *piece = mscope_piece(at / MSCOPE_PIECE_FRAMES);
        return piece == NULL ? NULL : piece + at % MSCOPE_PIECE_FRAMES;
    }
}

/// How many of the outermost frames are those of another stack.
static uint32_t mscope_shared_frames(const uint64_t *frames, uint32_t count, const struct mscope_site_entry *other)
{
    int64_t at = (int64_t)count - other->count; // of the frame as far from the outermost one as the other's
    uint32_t shared = 0, left = other->count;
    for (;; other = mscope_entry(other->base)) {
        for (uint32_t i = other->count - left; i < other->own; i++, at++, left--)
            shared = at >= 0 && frames[at] == other->frames[i] ? shared + 1 : 0;
        if (left == 0) return shared;
    }
}

/// The stack that has the first of its outermost `shared` frames as its own: so reading takes no step for nothing.
static uint32_t mscope_owner_of(uint32_t near, uint32_t shared)
{
    for (;;) {
        const struct mscope_site_entry *entry = mscope_entry(near);
        if (shared > (uint32_t)entry->count - entry->own) return near;
        near = entry->base;
    }
}

bool mscope_keep_frames(struct mscope_site_entry *entry, const uint64_t *frames, uint32_t count, uint32_t near)
{
    uint32_t shared = near ? mscope_shared_frames(frames, count, mscope_entry(near)) : 0;
    if (shared == count) shared--;
    if (shared < MSCOPE_LEAST_SHARED) shared = 0;
    uint64_t *own = mscope_take_frames(count - shared);
    if (own == NULL) return false;
    memcpy(own, frames, (count - shared) * sizeof(uint64_t));
    entry->frames = own;
    entry->base = shared ? mscope_owner_of(near, shared) : 0;
    entry->own = (uint16_t)(count - shared);
    entry->count = (uint16_t)count;
    return true;
}

void mscope_copy_frames(const struct mscope_site_entry *entry, uint64_t *out)
{
    for (uint32_t left = entry->count; left > 0; entry = mscope_entry(entry->base))
        for (uint32_t i = entry->count - left; i < entry->own; i++, left--) *out++ = entry->frames[i];
}
