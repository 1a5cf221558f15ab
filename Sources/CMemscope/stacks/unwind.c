// Takes the call stack of an allocation: exact where .eh_frame describes the code, and faster than following frame
// pointers.
//
// There are three ways, tried in this order. In a loop the stack is the same as at the last allocation: its words are
// compared, and the comparisons do not wait for each other (mscope_site_again). Where the stack varies, plain unwinding
// by known rules hashes it frame by frame and keeps nothing. A stack that plain unwinding meets for the first time, or
// cannot follow, is unwound with the memo: the new frames are unwound; from the first frame on whose state is the same
// as at the last such unwinding, only words are compared.
#include "stacks/contexts.h"
#include "stacks/plain.h"
#include "stacks/sites.h"
#include "stacks/stacks.h"
#include "stacks/step.h"

/// Whether the step from frame `i` outwards reads the same words as last time.
static bool mscope_step_unchanged(const struct mscope_memo *memo, uint32_t i)
{
    uint32_t odd = memo->odd_until[i];
    if (odd != memo->odd_until[i - 1]) return mscope_odd_difference(&memo->odd[odd - 1]) == 0;
    return memo->link_at[i]->pc == memo->link[i - 1].pc && memo->link_at[i]->fp == memo->link[i - 1].fp;
}

/// Whether the steps from frame `top` outwards would read the same words as last time. Otherwise *top becomes the
/// innermost frame whose step would read other words.
static bool mscope_unchanged(const struct mscope_memo *memo, uint32_t *top)
{
    mscope_pair different = {0, 0};
    for (size_t i = *top; i > 0; i--) different |= mscope_row_difference(memo, i);
    uint64_t odd = mscope_odd_differences(memo, memo->odd_until[*top]);
    if (mscope_likely((different[0] | different[1] | odd) == 0)) return true;
    while (mscope_step_unchanged(memo, *top)) --*top;
    return false;
}

/// Whether the memo has the rest of an unwinding that has come to `at`: then its first *known frames are the rest.
/// Otherwise *known becomes the number of the memo's outer frames that may still turn out to be the same.
static inline bool mscope_memo_has(const struct mscope_memo *memo, const struct mscope_cursor *at, uint32_t *known)
{
    while (*known > 0 && memo->sp[*known - 1] < at->sp) --*known;
    uint32_t top = *known - 1;
    if (*known == 0 || memo->sp[top] != at->sp || memo->link[top].pc != at->pc || memo->link[top].fp != at->fp)
        return false;
    if (mscope_unchanged(memo, &top)) return true;
    *known = top;
    return false;
}

/// Unwinds until the memo knows the rest (then its first `*known` frames are valid) or the stack ends.
static void mscope_unwind_new(struct mscope_unwinder *unwinder, const struct mscope_memo *memo, struct mscope_cursor at,
                            uint32_t *known, struct mscope_unwound *out)
{
    uint64_t low = unwinder->stack_low, high = unwinder->stack_high;
    if (mscope_unlikely(at.sp - low >= high - low)) high = mscope_new_stack_high(unwinder, at.sp);
    out->count = out->flags = 0;
    // at the next unwinding, another stack may be gone, and a shorter one in its place
    out->sure = high == unwinder->stack_high;
    for (;;) {
        if (mscope_memo_has(memo, &at, known) && *known + out->count <= MSCOPE_MAX_FRAMES) {
            out->end = MSCOPE_STEP_ON;
            return;
        }
        uint32_t n = out->count++;
        out->frames[n] = at;
        if (mscope_unlikely(out->count == MSCOPE_MAX_FRAMES)) {
            out->end = MSCOPE_STEP_LOST;
            break;
        }
        uint64_t word = mscope_load_relaxed(&mscope_rules[mscope_rule_index(at.pc)]);
        if (mscope_likely(word == (mscope_rule_tag(at.pc) | MSCOPE_RULE_FRAME) && at.fp >= at.sp
                          && at.fp <= high - 16)) {
            const uint64_t *frame = (const uint64_t *)at.fp;
            out->reads[n] = (struct mscope_reads){.pc_at = frame + 1, .fp_at = frame};
            at = (struct mscope_cursor){mscope_code_address(frame[1]), at.fp + 16, frame[0]};
        } else {
            uint64_t before = at.sp;
            out->end = mscope_step(&at, unwinder, high, &out->reads[n], &out->flags);
            if (out->end > MSCOPE_STEP_ON_UNSURE) break;
            if (out->end == MSCOPE_STEP_ON_UNSURE) {
                out->sure = false;
                bool left = at.sp >= high || at.sp < before; // the end of a signal's stack
                if (left) high = mscope_new_stack_high(unwinder, at.sp);
            }
        }
        if (mscope_unlikely(at.pc < MSCOPE_NOWHERE)) {
            out->end = MSCOPE_STEP_END;
            break;
        }
    }
    *known = 0;
}

/// Adds frame `i` to the memo, inside of the others, with the words that its step outwards read.
static void mscope_push_frame(struct mscope_memo *memo, uint32_t i, const struct mscope_cursor *frame,
                              const struct mscope_reads *reads)
{
    memo->link[i] = (struct mscope_link){.fp = frame->fp, .pc = frame->pc};
    memo->sp[i] = frame->sp;
    memo->site[i] = 0;
    memo->hash[i] = mscope_hash_frame(i ? memo->hash[i - 1] : 0, frame->pc);
    uint32_t odd = i ? memo->odd_until[i - 1] : 0;
    if (i > 0 && reads->fp_at + 1 == reads->pc_at) {
        memo->link_at[i] = (const struct mscope_link *)(const void *)reads->fp_at;
    } else if (i > 0) {
        memo->link_at[i] = &memo->link[i - 1];
        memo->odd[odd++] = (struct mscope_odd){.pc_at = reads->pc_at,
                                               .fp_at = reads->fp_at ? reads->fp_at : &memo->link[i - 1].fp,
                                               .expected = memo->link[i - 1]};
    }
    memo->odd_until[i] = odd;
}

/// Adds the new frames to the memo, inside of the first `known` ones.
static void mscope_update_memo(struct mscope_memo *memo, const struct mscope_unwound *unwound, uint32_t known)
{
    if (known == 0) memo->end = unwound->end;
    uint32_t i = known;
    for (uint32_t n = unwound->count; n-- > 0; i++) mscope_push_frame(memo, i, &unwound->frames[n], &unwound->reads[n]);
    memo->depth = i;
}

/// Writes the memo's stack in the form that the table keeps. `tail` holds the async callers, or nothing.
static void mscope_export(const struct mscope_memo *memo, const struct mscope_stack *tail, struct mscope_stack *out)
{
    uint32_t count = 0;
    while (count < memo->depth) {
        out->frames[count] = memo->link[memo->depth - 1 - count].pc;
        count++;
    }
    for (uint32_t i = 0; i < tail->count && count < MSCOPE_MAX_FRAMES; i++) out->frames[count++] = tail->frames[i];
    out->count = count;
    out->flags = tail->flags;
    out->hash = tail->hash;
}

uint32_t mscope_site_of_frame(uint64_t pc)
{
    struct mscope_stack stack = {.count = 1, .flags = MSCOPE_STACK_TRUNCATED, .frames = {pc}};
    stack.hash = mscope_finish_hash(mscope_hash_frame(0, pc), stack.count, stack.flags);
    uint32_t site = mscope_find_site(stack.hash);
    return site ? site : mscope_new_site(&stack);
}

static __attribute__((noinline)) uint32_t mscope_add_site(struct mscope_space *space)
{
    mscope_export(&space->memo, &space->tail, &space->whole);
    return mscope_new_site(&space->whole);
}

/// The site of the memo's stack with `tail` after it. Async callers are followed again each time: their contexts are
/// heap memory that may have been freed.
static uint32_t mscope_site_of_memo(struct mscope_space *space)
{
    struct mscope_memo *memo = &space->memo;
    struct mscope_stack *tail = &space->tail;
    uint32_t top = memo->depth - 1;
    bool async = memo->end == MSCOPE_STEP_ASYNC || memo->end == MSCOPE_STEP_ASYNC_BARE;
    if (!async && mscope_likely(memo->site[top] != 0)) return memo->site[top];
    tail->count = 0;
    tail->flags = space->unwound.flags;
    tail->hash = memo->hash[top];
    if (async) mscope_follow_contexts(space, mscope_innermost_context(space), memo->depth);
    tail->hash = mscope_finish_hash(tail->hash, memo->depth + tail->count, tail->flags);
    uint32_t site = mscope_find_site(tail->hash);
    if (mscope_unlikely(site == 0)) site = mscope_add_site(space);
    return memo->site[top] = site;
}

/// Makes the memo's stack unusable: before the next stack anything may have changed.
static void mscope_forget_stack(struct mscope_memo *memo)
{
    memo->again.sp = 0;
    memo->depth = 0;
}

void mscope_start_unwinder(struct mscope_unwinder *unwinder, uint64_t high)
{
    unwinder->stack_high = unwinder->stack_low = high; // the known range grows downwards as pages are found readable
    unwinder->other_low = unwinder->other_high = 0;
    unwinder->unwindings = 0;
    for (int i = 0; i < MSCOPE_SPACES; i++) mscope_forget_stack(&unwinder->spaces[i].memo);
    mscope_forget_layouts(unwinder);
}

/// Prepares the memo's stack to be compared first (mscope_site_again). `sp` is written last: a signal handler may come
/// in between.
static void mscope_await_again(struct mscope_memo *memo, uint32_t site)
{
    uint32_t top = memo->depth - 1, rows = top;
    for (; rows % MSCOPE_ROWS_AT_ONCE != 0; rows++) memo->link_at[rows + 1] = &memo->link[rows];
    memo->again.pc = memo->link[top].pc;
    memo->again.fp = memo->link[top].fp;
    memo->again.site = site;
    memo->again.generation = memo->generation;
    memo->again.rows = rows;
    memo->again.odd = memo->odd_until[top];
    mscope_signal_fence();
    memo->again.sp = memo->sp[top];
}

static uint32_t mscope_site_in(struct mscope_unwinder *unwinder, struct mscope_space *space, struct mscope_cursor at)
{
    space->sp = at.sp;
    unwinder->unwindings++;
    struct mscope_memo *memo = &space->memo;
    struct mscope_unwound *unwound = &space->unwound;
    memo->again.sp = 0;
    mscope_signal_fence();
    uint32_t generation = mscope_load_relaxed(&mscope_rule_generation);
    if (mscope_unlikely(memo->generation != generation)) mscope_forget_stack(memo);
    memo->generation = generation;
    uint32_t known = memo->depth;
    mscope_unwind_new(unwinder, memo, at, &known, unwound);
    mscope_update_memo(memo, unwound, known);
    if (unwound->end == MSCOPE_STEP_LOST) unwound->flags |= MSCOPE_STACK_TRUNCATED;
    uint32_t site = mscope_site_of_memo(space);
    // A stack that was guessed, cut off or read from a signal's frame is not decided by the words that would be
    // compared.
    if (mscope_unlikely(!unwound->sure || unwound->flags != 0))
        mscope_forget_stack(memo);
    else if (site != 0 && memo->end <= MSCOPE_STEP_END)
        mscope_await_again(memo, site);
    unwinder->unwindings--;
    return site;
}

/// A signal handler that interrupted an unwinding and jumped out left it unfinished: on the same stack, deeper than the
/// caller. Drops such unwindings.
static void mscope_drop_left_unwindings(struct mscope_unwinder *unwinder, uint64_t sp)
{
    uint64_t size = unwinder->stack_high - unwinder->stack_low;
    if (sp - unwinder->stack_low >= size) return; // a signal's own stack: its address says nothing
    for (; unwinder->unwindings != 0; unwinder->unwindings--) {
        struct mscope_space *space = &unwinder->spaces[unwinder->unwindings - 1];
        if (space->sp - unwinder->stack_low >= size || space->sp > sp) return;
        mscope_forget_stack(&space->memo);
    }
}

enum { MSCOPE_REPEATS = 3 }; // so often in a row a stack is taken again before it is worth a memo

uint32_t mscope_site_here(struct mscope_unwinder *unwinder, uint64_t pc, uint64_t sp, uint64_t fp)
{
    // The caller is a signal handler that interrupted an unwinding, or a handler jumped out of one before.
    if (mscope_unlikely(unwinder->unwindings != 0)) mscope_drop_left_unwindings(unwinder, sp);
    struct mscope_cursor at = {pc, sp, fp};
    bool async = false;
    uint32_t site = mscope_site_by_layout(unwinder, &at);
    if (mscope_unlikely(site == 0)) site = mscope_site_plainly(unwinder, &at, &async);
    // The memo helps where the same stack is taken again and again, and has no callers in contexts.
    bool again = site == unwinder->last_plain && !async;
    unwinder->last_plain = site;
    unwinder->repeats = again ? unwinder->repeats + 1 : 0;
    if (mscope_likely(site != 0 && unwinder->repeats < MSCOPE_REPEATS)) return site;
    if (mscope_likely(unwinder->unwindings < MSCOPE_SPACES))
        return mscope_site_in(unwinder, &unwinder->spaces[unwinder->unwindings], at);
    mscope_add_relaxed(&mscope_global.dropped_stacks, 1);
    return 0;
}

uint64_t mscope_forget_code(uint64_t start, uint64_t end, uint64_t image)
{
    mscope_forget_rules();
    mscope_forget_async(start);
    return mscope_retire_sites(start, end, image);
}

bool mscope_stacks_start(void)
{
    return mscope_rules_start() && mscope_sites_start();
}
