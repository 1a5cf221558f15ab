// Stacks by unwinding that keeps nothing of the frames, except their layout.
#ifndef MSCOPE_STACKS_PLAIN_H
#define MSCOPE_STACKS_PLAIN_H

#include "stacks/memo.h"
#include "stacks/step.h"

// ---- layouts.c
/// The site of a stack whose words lie where they lay at an earlier unwinding from the same place; 0 when they do not,
/// or when no such stack was seen.
MSCOPE_HIDDEN uint32_t mscope_site_by_layout(struct mscope_unwinder *unwinder, const struct mscope_cursor *at);
/// After plain unwinding found `site`, and no layout did: keeps the layout, unless the one kept there has failed only a
/// few times, and makes the stack findable by the layout.
MSCOPE_HIDDEN void mscope_learn_layout(struct mscope_unwinder *unwinder, const struct mscope_cursor *at, uint32_t site);
MSCOPE_HIDDEN void mscope_forget_layouts(struct mscope_unwinder *unwinder);

// ---- plain.c
/// The site of a stack, unwound by known rules. 0 when a step needs another rule, or when the stack is new and no
/// caller waits in a context (*async): then unwinding with the memo is needed.
MSCOPE_HIDDEN uint32_t mscope_site_plainly(struct mscope_unwinder *unwinder, const struct mscope_cursor *at,
                                           bool *async);

// ---- the unwinding itself, inlined into both

/// The result of plain unwinding: not yet the whole stack, because callers that wait in contexts may follow.
struct mscope_plain_stack {
    uint64_t hash, fp; // fp: of the outermost frame, if that is an async function's
    uint32_t count;
    bool async, bare; // the outermost frame is an async function's; it has no frame pointer
};

/// Notes row i: a step by `rule` read `reads` and led to `at`.
static inline void mscope_note_row(struct mscope_layout_steps *steps, uint32_t i, const struct mscope_reads *reads,
                                   uint64_t rule, const struct mscope_cursor *at)
{
    struct mscope_layout_row *row = &steps->layout.rows[i];
    *row = (struct mscope_layout_row){reads->pc_at, reads->fp_at ? reads->fp_at : &row->fp, at->fp};
    steps->by_fp[i] = (rule & 7) == MSCOPE_RULE_FRAME || (rule >> 3 & 1) != 0;
    steps->sp[i] = at->sp;
}

/// Unwinds to the end by known rules; false when a step needs another rule. `steps` may be NULL; its count exceeds
/// MSCOPE_LAYOUT_ROWS when it had too little room.
MSCOPE_INLINE bool mscope_unwind_plainly(const struct mscope_unwinder *unwinder, struct mscope_cursor at,
                                         struct mscope_plain_stack *out, struct mscope_layout_steps *steps)
{
    const uint64_t high = unwinder->stack_high, last = high - 16;
    const _Atomic uint64_t *rules = mscope_rules;
    uint64_t sum = 0, power = 1;
    uint32_t left = MSCOPE_MAX_FRAMES, count = 0;
    if (mscope_unlikely(at.sp - unwinder->stack_low >= high - unwinder->stack_low)) return false;
    out->async = out->bare = false;
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
            } else if (steps == NULL && (word & 7) == MSCOPE_RULE_ASYNC) {
                out->async = true, out->bare = (word & MSCOPE_ASYNC_BARE) != 0, out->fp = at.fp;
                if (!out->bare && !mscope_on_stack(&at, at.fp - 8, 16, high)) return false;
                at.pc = 0;
            } else if ((word & 7) != MSCOPE_RULE_OFFSET
                       || mscope_step_offset(&at, word, high, &reads) != MSCOPE_STEP_ON) {
                return false;
            }
        }
        sum += pc * power;
        power *= MSCOPE_HASH_BASE;
        if (steps == NULL || reads.pc_at == NULL) continue;
        if (count < MSCOPE_LAYOUT_ROWS) mscope_note_row(steps, count, &reads, word, &at);
        count++;
    } while (--left > 0);
    if (left == 0) return false;
    out->hash = sum;
    out->count = MSCOPE_MAX_FRAMES - left;
    if (steps != NULL) steps->layout.count = count;
    return true;
}

#endif
