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

enum { MSCOPE_LEAST_SHARED = 4 }; // for fewer frames a step to another stack does not pay

/// How many of the outermost frames are the same as another stack's; 0 when none are, or when the other cannot be read
/// yet.
static uint32_t mscope_shared_frames(const uint64_t *frames, uint32_t count, uint32_t site)
{
    const struct mscope_site_entry *other = mscope_entry(site);
    uint32_t length = mscope_frame_count(other), shared = 0, left = length;
    int64_t at = (int64_t)count - length; // the frame as far from the outermost one as the other's innermost frame
    while (left > 0) {
        const uint64_t *own = mscope_frames_at(other->frames);
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
/// For the outermost 4 frames of a stack, 8, and so on, as far as there are hints. `open` has no place if all are
/// there.
struct mscope_hints {
    uint32_t count;
    struct mscope_hint hint[MSCOPE_MAX_FRAMES / MSCOPE_STRIDE], open;
};

static void mscope_find_hints(const struct mscope_stack *stack, struct mscope_hints *out)
{
    uint64_t *hints = mscope_map_once(&mscope_hints, MSCOPE_MOST_HINTS / 2), hash = 0;
    out->count = 0;
    out->open.place = NULL;
    for (uint32_t i = 1; i <= stack->count && hints != NULL; i++) {
        hash = (hash ^ stack->frames[stack->count - i]) * 0x9E3779B97F4A7C15ull;
        hash ^= hash >> 32;
        if (i % MSCOPE_STRIDE != 0) continue;
        struct mscope_hint next = {mscope_hint_at(hints, hash), (uint32_t)(hash >> 10) << MSCOPE_SITE_BITS};
        uint32_t hint = mscope_load_relaxed(next.place);
        if (hint == 0 || (hint ^ next.check) >> MSCOPE_SITE_BITS != 0) {
            out->open = next;
            return;
        }
        out->hint[out->count++] = next;
    }
}

// ---- keeping and reading

/// A stack whose outermost `shared` frames a new one uses. `entry` is retained; NULL: there is none.
struct mscope_shared_with {
    struct mscope_site_entry *entry;
    uint32_t site, shared;
};

/// Takes `site` in place of `best` if more frames are the same.
static void mscope_consider(struct mscope_shared_with *best, const struct mscope_stack *stack, uint32_t site)
{
    struct mscope_site_entry *entry = site != 0 ? mscope_entry(site) : NULL;
    if (entry == NULL || !mscope_retain_entry(entry)) return;
    uint32_t shared = mscope_shared_frames(stack->frames, stack->count, site);
    if (shared == stack->count) shared--;
    if (shared >= MSCOPE_LEAST_SHARED && shared > best->shared) {
        struct mscope_shared_with better = {.site = mscope_owner_of(site, shared), .shared = shared};
        better.entry = mscope_entry(better.site);
        mscope_retain_entry(better.entry); // the owner cannot be withdrawn: `entry` uses it, or it is the same
        if (best->entry != NULL) mscope_release_entry(best->entry);
        *best = better;
    }
    mscope_release_entry(entry);
}

/// Tries the stacks that hints name, from the most frames that may be the same to the fewest. A hint that turns out
/// wrong, most often because its stack was recycled, leads to `site` from now on, and so does a missing one.
static void mscope_follow_hints(struct mscope_shared_with *best, const struct mscope_stack *stack, uint32_t site)
{
    struct mscope_hints hints;
    mscope_find_hints(stack, &hints);
    if (hints.open.place != NULL) mscope_store_relaxed(hints.open.place, hints.open.check | site);
    for (uint32_t i = hints.count; i > 0; i--) {
        const struct mscope_hint *hint = &hints.hint[i - 1];
        mscope_consider(best, stack, (uint32_t)(mscope_load_relaxed(hint->place) & MSCOPE_SITE_MASK));
        if (best->shared + 1 >= i * MSCOPE_STRIDE) return; // at least one frame is the stack's own
        mscope_store_relaxed(hint->place, hint->check | site);
    }
}

bool mscope_keep_frames(uint32_t site, const struct mscope_stack *stack, uint32_t near, bool grows)
{
    struct mscope_site_entry *entry = mscope_entry(site);
    struct mscope_shared_with best = {0};
    uint32_t count = stack->count;
    mscope_consider(&best, stack, near);
    if (best.shared + MSCOPE_STRIDE < count) mscope_follow_hints(&best, stack, site);
    if (!mscope_take_frames(count - best.shared, grows, &entry->frames)) {
        if (best.entry != NULL) mscope_release_entry(best.entry);
        return false;
    }
    memcpy(mscope_frames_at(entry->frames), stack->frames, (count - best.shared) * sizeof(uint64_t));
    entry->base = best.site;
    entry->own = (uint8_t)(count - best.shared);
    return true;
}

uint32_t mscope_copy_frames(const struct mscope_site_entry *entry, uint64_t *out)
{
    const struct mscope_site_entry *of = entry;
    uint32_t ready = entry != NULL ? mscope_load_acquire(&entry->ready) : 0;
    uint32_t count = mscope_count_of(ready), left = count, steps = count;
    // While the number is recycled, anything may be read here.
    for (uint32_t length = count; left > 0 && steps > 0; length = mscope_frame_count(of), steps--) {
        const uint64_t *own = mscope_frames_at(of->frames);
        for (uint32_t i = length - left; i < of->own && left > 0; i++, left--) *out++ = own[i];
        of = mscope_entry(of->base & (uint32_t)MSCOPE_SITE_MASK);
        if (of == NULL) break;
    }
    mscope_fence_acquire();
    return left == 0 && entry != NULL && mscope_load_relaxed(&entry->ready) == ready ? count : 0;
}
