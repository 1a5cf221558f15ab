// Plain unwinding: by known rules, hashed frame by frame. It keeps nothing, except for a layout.
#ifndef MSCOPE_STACKS_PLAIN_H
#define MSCOPE_STACKS_PLAIN_H

#include "stacks/hash.h"
#include "stacks/step.h"

/// What plain unwinding found on the stack: more callers may wait in contexts.
struct mscope_unwound {
    uint64_t hash, fp; // fp: of the outermost frame, if that is an async function's
    uint32_t count;
    bool async; // the outermost frame is an async function's
};

/// Unwinds to the end by known rules; false when a step needs something else. `steps` may be NULL: async functions have
/// no layout.
MSCOPE_INLINE bool mscope_unwind_plainly(const struct mscope_unwinder *unwinder, struct mscope_cursor at,
                                         struct mscope_unwound *out, struct mscope_steps *steps)
{
    const uint64_t high = unwinder->stack_high, last = high - 16;
    const _Atomic uint64_t *rules = mscope_rules;
    uint64_t sum = 0, power = 1;
    uint32_t left = MSCOPE_MAX_FRAMES, count = 0;
    if (mscope_unlikely(at.sp - unwinder->stack_low >= high - unwinder->stack_low)) return false;
    out->async = false;
    do {
        struct mscope_reads reads;
        uint64_t pc = at.pc, word = mscope_load_relaxed(&rules[mscope_rule_index(pc)]);
        if (mscope_likely(word == (mscope_rule_tag(pc) | MSCOPE_RULE_FRAME) && at.fp >= at.sp && at.fp <= last)) {
            const uint64_t *frame = (const uint64_t *)at.fp;
            at = (struct mscope_cursor){mscope_code_address(frame[1]), at.fp + 16, frame[0]};
            reads = (struct mscope_reads){.pc_at = frame + 1, .fp_at = frame};
        } else {
            if (pc < MSCOPE_NOWHERE) break;
            if (!mscope_is_rule_of(word, pc)) return false;
            if ((word & 7) == MSCOPE_RULE_END) {
                at.pc = 0;
                reads.pc_at = NULL;
            } else if (steps == NULL && (word & (7 | MSCOPE_ASYNC_BARE)) == MSCOPE_RULE_ASYNC) {
                if (!mscope_on_stack(&at, at.fp - 8, 16, high)) return false;
                out->async = true, out->fp = at.fp;
                at.pc = 0;
            } else if ((word & 7) != MSCOPE_RULE_OFFSET
                       || mscope_step_offset(&at, word, high, &reads) != MSCOPE_STEP_ON) {
                return false;
            }
        }
        sum += pc * power;
        power *= MSCOPE_HASH_BASE;
        if (steps == NULL || reads.pc_at == NULL) continue;
        bool by_fp = (word & 7) == MSCOPE_RULE_FRAME || (word >> 3 & 1) != 0;
        steps->step[count++] = (struct mscope_layout_step){reads.pc_at, reads.fp_at, at.sp, at.fp, by_fp};
    } while (--left > 0);
    if (left == 0) return false;
    out->hash = sum;
    out->count = MSCOPE_MAX_FRAMES - left;
    if (steps != NULL) steps->count = count;
    return true;
}

#endif
