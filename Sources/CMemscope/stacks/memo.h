// The last stack that a thread took (struct mscope_memo), and whether the present stack is the same.
//
// context of everything here: hook path, see record.c
#ifndef MSCOPE_STACKS_MEMO_H
#define MSCOPE_STACKS_MEMO_H

#include "stacks/rules.h"

enum { MSCOPE_NOWHERE = 4096 }; // no code lies below; a thread's first frame returns to such an address

// A stack's hash is the sum of pc * base^d over its frames, where d frames are further inside: it can be extended at
// either end.
#define MSCOPE_HASH_BASE 0x9E3779B97F4A7C15ull // odd

/// The hash of a stack after one more frame is added inside.
static inline uint64_t mscope_hash_frame(uint64_t hash, uint64_t pc)
{
    return hash * MSCOPE_HASH_BASE + pc;
}

static inline uint64_t mscope_finish_hash(uint64_t hash, uint32_t count, uint32_t flags)
{
    hash += count + (uint64_t)flags * 0xD6E8FEB86659FD93ull;
    hash = (hash ^ hash >> 32) * 0xD6E8FEB86659FD93ull;
    hash ^= hash >> 29;
    return hash >> MSCOPE_SITE_BITS ? hash : ~hash; // the upper bits are never 0: a word of 0 means free in the index
}

/// The difference between the words that the step from a usual frame outwards reads now, and those that it read then.
static inline mscope_pair mscope_row_difference(const struct mscope_memo *memo, size_t i)
{
    return *(const mscope_pair_on_stack *)(const void *)memo->link_at[i]
           ^ *(const mscope_pair *)(const void *)&memo->link[i - 1];
}

static inline uint64_t mscope_odd_difference(const struct mscope_odd *odd)
{
    return (*odd->pc_at ^ odd->expected.pc) | (*odd->fp_at ^ odd->expected.fp);
}

static inline uint64_t mscope_odd_differences(const struct mscope_memo *memo, size_t count)
{
    uint64_t different = 0;
#pragma clang loop unroll(disable)
    for (size_t n = count; n > 0; n--) different |= mscope_odd_difference(&memo->odd[n - 1]);
    return different;
}

/// The site of the present stack if the thread took the same stack last; 0 when it is another one, or when this cannot
/// be decided.
///
/// A signal handler that comes in between may change the memo. The code that changes it first sets `again.sp` to 0 and
/// at the end to the `sp` of the handler's stack. No handler has a frame at this `sp`, so the second check below finds
/// the change.
MSCOPE_INLINE uint32_t mscope_site_again(const struct mscope_unwinder *unwinder, uint64_t pc, uint64_t sp, uint64_t fp)
{
    const struct mscope_memo *memo = &unwinder->spaces[0].memo;
    const struct mscope_again *again = &memo->again;
    if (again->sp != sp || again->pc != pc || again->fp != fp
        || again->generation != mscope_load_relaxed(&mscope_rule_generation))
        return 0;
    mscope_pair different = {0, 0};
    uint32_t site = again->site;
#pragma clang loop unroll(disable)
    for (size_t i = again->rows; i > 0; i -= MSCOPE_ROWS_AT_ONCE) {
        // Most stacks that differ do so in the inner frames.
        if (mscope_unlikely(i + MSCOPE_ROWS_AT_ONCE == again->rows && (different[0] | different[1]) != 0)) return 0;
        different |= mscope_row_difference(memo, i) | mscope_row_difference(memo, i - 1)
                     | mscope_row_difference(memo, i - 2) | mscope_row_difference(memo, i - 3);
    }
    uint64_t odd = mscope_odd_differences(memo, again->odd);
    if (mscope_unlikely((different[0] | different[1] | odd) != 0)) return 0;
    mscope_signal_fence();
    if (mscope_unlikely(again->sp != sp)) return 0;
    return site;
}

#endif
