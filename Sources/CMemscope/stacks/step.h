// One step from a frame to its caller. The step by a known rule is here, because plain unwinding has it inlined.
#ifndef MSCOPE_STACKS_STEP_H
#define MSCOPE_STACKS_STEP_H

#include "stacks/rules.h"

struct mscope_reads {
    const uint64_t *pc_at, *fp_at; // the words that a step read; fp_at NULL: the step left fp alone
};

// ---- step.c
/// The result of a step. A step is sure if the words that it read decide it.
enum mscope_step {
    MSCOPE_STEP_ON,
    MSCOPE_STEP_ON_UNSURE,
    MSCOPE_STEP_END,
    MSCOPE_STEP_ASYNC,
    MSCOPE_STEP_ASYNC_BARE,
    MSCOPE_STEP_LOST
};
MSCOPE_HIDDEN enum mscope_step mscope_step(struct mscope_cursor *at, const struct mscope_unwinder *unwinder,
                                           uint64_t high, struct mscope_reads *reads, uint32_t *flags);
/// Whether an address lies deeper on the thread's stack than any seen before: every page in between is readable, so no
/// guard page lies there.
MSCOPE_HIDDEN bool mscope_is_deeper(const struct mscope_unwinder *unwinder, uint64_t address);
MSCOPE_HIDDEN uint64_t mscope_new_stack_high(struct mscope_unwinder *unwinder, uint64_t sp);

/// Whether [address, address + size) lies on the stack above the current frame.
MSCOPE_INLINE bool mscope_on_stack(const struct mscope_cursor *at, uint64_t address, uint64_t size, uint64_t high)
{
    return address >= at->sp && address < high && high - address >= size;
}

/// An async function's own context stands below its saved frame pointer.
MSCOPE_INLINE uint64_t mscope_framed_context(uint64_t fp)
{
    return ((const uint64_t *)fp)[-1];
}

/// `base` plus a number of words, by a branch for each usual number: the processor predicts the branch and goes on to
/// the next frame, where an addition would wait for the rule.
MSCOPE_INLINE uint64_t mscope_add_words(uint64_t base, uint64_t words)
{
    switch (words) {
#define MSCOPE_WORDS(n)                                                                            \
    case n:                                                                                        \
        __asm__ volatile("# %c1 words" : "+r"(base) : "i"(n)); /* unlike the others: not merged */ \
        return base + 8 * n;
        MSCOPE_WORDS(1)
        MSCOPE_WORDS(2)
        MSCOPE_WORDS(3)
        MSCOPE_WORDS(4)
        MSCOPE_WORDS(5)
        MSCOPE_WORDS(6)
        MSCOPE_WORDS(7)
        MSCOPE_WORDS(8)
        MSCOPE_WORDS(10)
        MSCOPE_WORDS(12)
        MSCOPE_WORDS(14)
        MSCOPE_WORDS(16)
#undef MSCOPE_WORDS
    default: return base + 8 * words;
    }
}

/// rule = kind:3 | by fp:1 | CFA / 8 :16 | saved fp below the CFA / 8 :13 (0: fp is unchanged)
MSCOPE_INLINE enum mscope_step mscope_step_offset(struct mscope_cursor *at, uint64_t rule, uint64_t high,
                                                  struct mscope_reads *reads)
{
    uint64_t base = at->sp, saved = (rule >> 20 & 0x1fff) * 8;
    if (rule >> 3 & 1) {
        base = at->fp;
        __asm__ volatile("" : "+r"(base)); // makes this a branch, for the same reason
    }
    uint64_t cfa = mscope_add_words(base, rule >> 4 & 0xffff);
    uint64_t return_address = cfa - 8;
#if defined(__aarch64__)
    return_address = cfa - saved + 8; // the pair x29, x30
    if (saved == 0) return MSCOPE_STEP_LOST;
#endif
    if (cfa <= at->sp || !mscope_on_stack(at, return_address, 8, high)) return MSCOPE_STEP_LOST;
    if (saved != 0 && !mscope_on_stack(at, cfa - saved, 8, high)) return MSCOPE_STEP_LOST;
    *reads = (struct mscope_reads){.pc_at = (const uint64_t *)return_address,
                                   .fp_at = saved ? (const uint64_t *)(cfa - saved) : NULL};
    if (saved != 0) at->fp = *reads->fp_at;
    at->pc = mscope_code_address(*reads->pc_at);
    at->sp = cfa;
    return MSCOPE_STEP_ON;
}

#endif
