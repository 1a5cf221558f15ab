// Room for the frames of stacks: one growing array, in pieces, and lists of what was given back.
//
//   head of a list = changes:32 | 1 + index of the first frame:32        0: the list is empty
//
// The first frame of each room in a list is the lower half of the head that was there before.
#include "stacks/sites.h"

enum { MSCOPE_PIECE_FRAMES = 1 << 19, MSCOPE_PIECES = 1 << 8 }; // 4 MiB each, 1 GiB in all
static _Atomic(uint64_t *) mscope_pieces[MSCOPE_PIECES];
static _Atomic uint64_t mscope_frames_used;
static _Atomic uint32_t mscope_frames_missing;                    // there was no room
static _Atomic uint64_t mscope_given_back[MSCOPE_MAX_FRAMES + 1]; // a list for each size

uint64_t *mscope_map_once(_Atomic(uint64_t *) *table, size_t count)
{
    uint64_t *known = mscope_load_acquire(table);
    if (mscope_likely(known != NULL)) return known;
    const size_t size = count * sizeof(uint64_t);
    uint64_t *fresh = mscope_map(size);
    if (fresh == NULL || mscope_cas_acq_rel(table, &known, fresh)) return fresh;
    mscope_unmap(fresh, size);
    return known;
}

uint64_t *mscope_frames_at(uint32_t at)
{
    return mscope_load_acquire(&mscope_pieces[at / MSCOPE_PIECE_FRAMES]) + at % MSCOPE_PIECE_FRAMES;
}

uint64_t mscope_frame_bytes(void)
{
    return mscope_load_relaxed(&mscope_frames_used) * sizeof(uint64_t);
}

static inline _Atomic uint64_t *mscope_link_at(uint32_t at)
{
    return (_Atomic uint64_t *)mscope_frames_at(at);
}

void mscope_give_frames_back(uint32_t at, uint32_t count)
{
    _Atomic uint64_t *head = &mscope_given_back[count];
    uint64_t seen = mscope_load_relaxed(head);
    do mscope_store_relaxed(mscope_link_at(at), (uint32_t)seen);
    while (!mscope_cas_acq_rel(head, &seen, ((seen >> 32) + 1) << 32 | (at + 1)));
}

static bool mscope_take_given_back(uint32_t count, uint32_t *out)
{
    _Atomic uint64_t *head = &mscope_given_back[count];
    for (uint64_t seen = mscope_load_acquire(head); (uint32_t)seen != 0;) {
        uint32_t at = (uint32_t)seen - 1;
        // If another thread takes this room now, the link may be a frame: then the head has changed, too.
        uint64_t next = ((seen >> 32) + 1) << 32 | (uint32_t)mscope_load_relaxed(mscope_link_at(at));
        if (!mscope_cas_acq_rel(head, &seen, next)) continue;
        *out = at;
        return true;
    }
    return false;
}

static bool mscope_take_new(uint32_t count, uint32_t *out)
{
    for (;;) {
        uint64_t at = mscope_add_relaxed(&mscope_frames_used, count), last = at + count - 1;
        if (last >= (uint64_t)MSCOPE_PIECE_FRAMES * MSCOPE_PIECES) {
            mscope_add_relaxed(&mscope_frames_used, -(uint64_t)count);
            return false;
        }
        if (at / MSCOPE_PIECE_FRAMES != last / MSCOPE_PIECE_FRAMES) continue; // it would cross the end of a piece
        *out = (uint32_t)at;
        // A reader of a stack that is recycled meanwhile may read a stack's length beyond the end.
        if (mscope_map_once(&mscope_pieces[at / MSCOPE_PIECE_FRAMES], MSCOPE_PIECE_FRAMES + MSCOPE_MAX_FRAMES))
            return true;
        mscope_add_relaxed(&mscope_frames_used, -(uint64_t)count);
        return false;
    }
}

bool mscope_take_frames(uint32_t count, bool grows, uint32_t *out)
{
    if (mscope_take_given_back(count, out)) return true;
    if (grows && mscope_take_new(count, out)) return true;
    for (uint32_t size = count + 1; size <= MSCOPE_MAX_FRAMES; size++) {
        if (!mscope_take_given_back(size, out)) continue;
        mscope_give_frames_back(*out + count, size - count);
        return true;
    }
    mscope_store_relaxed(&mscope_frames_missing, 1);
    return false;
}

bool mscope_lacks_frames(void)
{
    return mscope_load_relaxed(&mscope_frames_missing) != 0;
}

// ---- joining what was given back in pieces

/// Sorts by heap sort, which needs no memory.
static void mscope_sort(uint64_t *items, uint64_t count)
{
    for (uint64_t built = count / 2, end = count; end > 1;) {
        uint64_t item, at;
        if (built > 0) {
            item = items[at = --built];
        } else {
            item = items[--end];
            items[end] = items[0];
            at = 0;
        }
        for (uint64_t next; (next = 2 * at + 1) < end; at = next) {
            if (next + 1 < end && items[next + 1] > items[next]) next++;
            if (items[next] <= item) break;
            items[at] = items[next];
        }
        items[at] = item;
    }
}

/// Gives back the frames of [at, end), which lie in one piece.
static void mscope_give_all_back(uint64_t at, uint64_t end)
{
    for (uint64_t size; at < end; at += size) {
        size = end - at < MSCOPE_MAX_FRAMES ? end - at : MSCOPE_MAX_FRAMES;
        mscope_give_frames_back((uint32_t)at, (uint32_t)size);
    }
}

/// Takes the lists; each room becomes an item, first frame << 8 | size. Returns how many.
static uint64_t mscope_take_lists(uint64_t *items, uint64_t capacity)
{
    uint64_t count = 0;
    for (uint32_t size = 1; size <= MSCOPE_MAX_FRAMES; size++)
        for (uint32_t at; count < capacity && mscope_take_given_back(size, &at);)
            items[count++] = (uint64_t)at << 8 | size;
    return count;
}

void mscope_join_frames(void)
{
    enum { MSCOPE_ROOMS = 1 << 22 }; // 32 MiB, for a moment
    uint64_t *items = mscope_lacks_frames() ? mscope_map(MSCOPE_ROOMS * sizeof(uint64_t)) : NULL;
    if (items == NULL) return;
    uint64_t count = mscope_take_lists(items, MSCOPE_ROOMS), start = 0, end = 0;
    mscope_sort(items, count);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = items[i] >> 8;
        if (at != end || at % MSCOPE_PIECE_FRAMES == 0) {
            mscope_give_all_back(start, end);
            start = at;
        }
        end = at + (items[i] & 255);
    }
    mscope_give_all_back(start, end);
    mscope_unmap(items, MSCOPE_ROOMS * sizeof(uint64_t));
    mscope_store_relaxed(&mscope_frames_missing, 0);
}
