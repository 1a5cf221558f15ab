// Layouts: stacks found by the places where their words lie, which were learnt at an earlier unwinding.
//
// Why this is exact: the index has such a hash only for a stack whose unwinding read these return addresses at these
// places. A step is a function of the return address, sp and fp. So unwinding the present stack would begin in the same
// way, read the next return address at the same place, find the same one there, and so on; fp is compared wherever a
// step uses it.
//
// Where a place most often has one stack, the layout keeps the words themselves. To compare them needs no hash and no
// look-up.
//
// context of everything here: hook path, see record.c
#ifndef MSCOPE_STACKS_LAYOUTS_H
#define MSCOPE_STACKS_LAYOUTS_H

#include "stacks/hash.h"
#include "stacks/index.h"
#include "stacks/rules.h"
#include "stacks/sites.h"

// ---- layouts.c
/// Keeps the words of the stack at hand, which was found by the layout twice in a row.
MSCOPE_HIDDEN void mscope_keep_repeat(struct mscope_unwinder *unwinder, struct mscope_layout *layout, uint64_t pc,
                                      uint64_t sp, uint32_t site);
/// What the shape and all pairs add to the hash, after outer ones turned out to be others than before: from the
/// outermost of these inwards, pairs are hashed from now on.
MSCOPE_HIDDEN uint64_t mscope_read_other_outer(struct mscope_unwinder *unwinder, struct mscope_layout *layout,
                                               uint64_t sp, uint64_t *different);
/// Takes all pairs of the stack at hand for those that stay the same: others will turn out as they come.
MSCOPE_HIDDEN void mscope_find_outer_again(struct mscope_unwinder *unwinder, struct mscope_layout *layout, uint64_t sp);
/// After plain unwinding found `site`, and no layout did: keeps the layout, unless the one kept there has failed only a
/// few times, and makes the stack findable by the layout.
MSCOPE_HIDDEN void mscope_learn_layout(struct mscope_unwinder *unwinder, const struct mscope_cursor *at, uint32_t site);
MSCOPE_HIDDEN void mscope_forget_layouts(struct mscope_unwinder *unwinder);

/// Of the base, from the first power on: the caller's address itself is added as it is. Twice as many as there are
/// frames, so that counts that are being changed lead nowhere else.
extern MSCOPE_HIDDEN uint64_t mscope_powers[2 * MSCOPE_MAX_FRAMES];

/// The place where the layout for `sp` is kept. Stacks differ by a few frames: neighbouring values of sp have different
/// places.
static inline uint32_t mscope_layout_place(uint64_t sp)
{
    return (uint32_t)(sp >> 4 ^ sp >> 10) % MSCOPE_LAYOUTS;
}

/// Whether the fps that lie alone are those that unwinding used.
static inline uint64_t mscope_fp_differences(const struct mscope_layout *layout)
{
    uint64_t different = 0;
#pragma clang loop unroll(disable)
    for (uint32_t i = 0; i < layout->fps; i++) different |= *layout->fp_at[i] ^ layout->fp_alone[i];
    return different;
}

static inline mscope_pair mscope_pair_difference(const struct mscope_layout *layout, size_t i)
{
    return *(const mscope_pair_on_stack *)(const void *)layout->pair[i].at ^ layout->repeat.pair[i];
}

/// The layout for a caller; NULL when none is kept there, or it is another caller's.
static inline struct mscope_layout *mscope_layout_at(struct mscope_unwinder *unwinder, uint64_t sp, uint64_t fp)
{
    uint32_t place = mscope_layout_place(sp);
    if ((unwinder->has_layout >> place & 1) == 0) return NULL; // a page that was read first costs more to write
    struct mscope_layout *layout = &unwinder->layouts[place];
    bool fits = layout->sp == sp && (!layout->by_fp || layout->fp == fp)
                && layout->generation == mscope_load_relaxed(&mscope_unwind_generation);
    mscope_signal_fence();
    return fits ? layout : NULL;
}

/// The site of a layout's repeated stack, if the one at hand is the same; 0 when it is not, or there is none.
///
/// In the meantime a signal handler may write another layout here, but never one with this sp: its frames are deeper.
static inline uint32_t mscope_site_of_repeat(struct mscope_layout *layout, uint64_t pc, uint64_t sp)
{
    struct mscope_repeat *repeat = &layout->repeat;
    uint32_t site = repeat->site;
    size_t pairs = layout->pairs, words = layout->words;
    if (site == 0 || repeat->pc != pc) return 0;
    mscope_pair different = {0, 0};
    uint64_t alone = mscope_fp_differences(layout);
#pragma clang loop unroll(disable)
    for (size_t i = 0; i < pairs; i += MSCOPE_ROWS_AT_ONCE)
        different |= mscope_pair_difference(layout, i) | mscope_pair_difference(layout, i + 1)
                     | mscope_pair_difference(layout, i + 2) | mscope_pair_difference(layout, i + 3);
#pragma clang loop unroll(disable)
    for (size_t i = 0; i < words; i++) alone |= *layout->word_at[i] ^ repeat->word[i];
    mscope_signal_fence();
    if (mscope_likely((different[0] | different[1] | alone) == 0 && layout->sp == sp)) return site;
    repeat->site = 0;
    return 0;
}

static inline void mscope_read_pair(const struct mscope_layout *layout, size_t i, uint64_t *hash, uint64_t *different)
{
    const struct mscope_layout_pair *pair = &layout->pair[i];
    *different |= pair->at->fp ^ pair->fp;
    *hash += mscope_code_address(pair->at->pc) * mscope_powers[i];
}

/// The hash of the stack whose words lie where the layout says; 0 when they do not. One whose upper bits are all 0
/// finds nothing in the index, so its stack is unwound each time. Inlined: under many frames each further call costs as
/// much as four frames.
MSCOPE_INLINE uint64_t mscope_read_layout(struct mscope_unwinder *unwinder, struct mscope_layout *layout, uint64_t pc,
                                          uint64_t sp)
{
    uint64_t hash = layout->outer_hash, different = mscope_fp_differences(layout);
    size_t outer = layout->outer, pairs = layout->pairs, words = layout->words;
    mscope_pair changed = {0, 0};
#pragma clang loop unroll(disable)
    for (size_t i = outer; i < pairs; i += MSCOPE_ROWS_AT_ONCE)
        changed |= mscope_pair_difference(layout, i) | mscope_pair_difference(layout, i + 1)
                   | mscope_pair_difference(layout, i + 2) | mscope_pair_difference(layout, i + 3);
#pragma clang loop unroll(disable)
    for (size_t i = 0; i < outer; i += MSCOPE_ROWS_AT_ONCE) {
        mscope_read_pair(layout, i, &hash, &different);
        mscope_read_pair(layout, i + 1, &hash, &different);
        mscope_read_pair(layout, i + 2, &hash, &different);
        mscope_read_pair(layout, i + 3, &hash, &different);
    }
    if (mscope_unlikely((changed[0] | changed[1]) != 0)) {
        uint64_t found = different; // so that the loop above need not keep its variable in memory
        hash = mscope_read_other_outer(unwinder, layout, sp, &found);
        different = found;
    }
    const uint64_t *power = &mscope_powers[pairs];
#pragma clang loop unroll(disable)
    for (size_t i = 0; i < words; i++) hash += mscope_code_address(*layout->word_at[i]) * power[i];
    if (mscope_unlikely(different != 0)) return 0;
    return mscope_mix_hash(hash + pc);
}

/// The site of a stack whose words lie where the layout says; 0 when they do not, or no such stack was seen.
static inline uint32_t mscope_site_by_layout(struct mscope_unwinder *unwinder, struct mscope_layout *layout,
                                             uint64_t pc, uint64_t sp)
{
    uint64_t hash = mscope_read_layout(unwinder, layout, pc, sp);
    mscope_signal_fence();
    if (mscope_unlikely(hash == 0 || layout->sp != sp)) return 0;
    uint32_t site = mscope_find_site(hash);
    if (mscope_unlikely(site != 0 && site == layout->last)) mscope_keep_repeat(unwinder, layout, pc, sp, site);
    layout->last = site;
    if (mscope_unlikely(++layout->takes == 0)) mscope_find_outer_again(unwinder, layout, sp);
    return site;
}

#endif
