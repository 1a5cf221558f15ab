// The frames of stacks. Most stacks have their outer frames in common with the last one of their thread: those are kept
// once.
//
//   frames of a stack = its own, then the outermost count - own ones of its base
//   own = count  <=>  base = 0
//   own < count  =>  count - own > count(base) - own(base): the first of them is the base's own
#include "stack_frames.h"

#include <string.h>

enum { MSCOPE_FRAME_POOL_BYTES = 1 << 28 }; // 256 MiB of address space; touched as stacks come
enum { MSCOPE_LEAST_SHARED = 4 };           // for fewer frames it is not worth a step to another stack

struct mscope_kept_stack {
    const uint64_t *frames; // its own, innermost first
    uint32_t base;
    uint16_t own, count;
};
static struct mscope_kept_stack *mscope_kept; // by number
static uint64_t *mscope_frame_pool;
static _Atomic uint64_t mscope_frames_used;

bool mscope_frames_start(void)
{
    mscope_kept = mscope_map(sizeof(struct mscope_kept_stack) * MSCOPE_SITE_CAPACITY);
    mscope_frame_pool = mscope_map(MSCOPE_FRAME_POOL_BYTES);
    return mscope_kept != NULL && mscope_frame_pool != NULL;
}

/// How many of the outermost frames are those of another stack.
static uint32_t mscope_shared_frames(const uint64_t *frames, uint32_t count, uint32_t near)
{
    const struct mscope_kept_stack *other = &mscope_kept[near];
    int64_t at = (int64_t)count - other->count; // of the frame as far from the outermost one as the other's
    uint32_t shared = 0, left = other->count;
    for (;; other = &mscope_kept[other->base]) {
        for (uint32_t i = other->count - left; i < other->own; i++, at++, left--)
            shared = at >= 0 && frames[at] == other->frames[i] ? shared + 1 : 0;
        if (left == 0) return shared;
    }
}

bool mscope_keep_frames(uint32_t site, const uint64_t *frames, uint32_t count, uint32_t near)
{
    struct mscope_kept_stack *kept = &mscope_kept[site];
    uint32_t shared = near ? mscope_shared_frames(frames, count, near) : 0;
    if (shared < MSCOPE_LEAST_SHARED) shared = near = 0;
    // The stack that has the first shared frame as its own: so reading takes no step for nothing.
    while (near != 0 && shared <= (uint32_t)mscope_kept[near].count - mscope_kept[near].own) near = mscope_kept[near].base;
    uint32_t own = count - shared;
    uint64_t at = mscope_add_relaxed(&mscope_frames_used, own);
    if ((at + own) * sizeof(uint64_t) > MSCOPE_FRAME_POOL_BYTES) return false;
    memcpy(mscope_frame_pool + at, frames, own * sizeof(uint64_t));
    *kept = (struct mscope_kept_stack){mscope_frame_pool + at, near, (uint16_t)own, (uint16_t)count};
    return true;
}

void mscope_copy_frames(uint32_t site, uint64_t *out)
{
    const struct mscope_kept_stack *kept = &mscope_kept[site];
    for (uint32_t left = kept->count; left > 0; kept = &mscope_kept[kept->base])
        for (uint32_t i = kept->count - left; i < kept->own; i++, left--) *out++ = kept->frames[i];
}
