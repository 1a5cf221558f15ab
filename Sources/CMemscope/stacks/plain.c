// Stacks by plain unwinding: by known rules, hashed frame by frame, with the callers that wait in async contexts.
#include "stacks/contexts.h"
#include "stacks/plain.h"
#include "stacks/sites.h"
#include "stacks/stacks.h"
#include "stacks/step.h"

/// Writes the frames of plain unwinding to `frames`. Returns the value of the async register in the outermost frame; 0:
/// not known.
static uint64_t mscope_write_frames(const struct mscope_unwinder *unwinder, struct mscope_cursor at, uint32_t count,
                                    uint64_t *frames)
{
    uint64_t word = mscope_tls.async_context;
    for (uint32_t i = 0; i < count; i++) {
        struct mscope_reads reads;
        uint32_t flags = 0;
        frames[i] = at.pc;
        if (i + 1 == count) break;
        int64_t distance = mscope_saved_context(at.pc);
        mscope_step(&at, unwinder, unwinder->stack_high, &reads, &flags); // the same step as before
        if (distance != 0) word = distance < 0 ? 0 : *(const uint64_t *)(at.sp - (uint64_t)distance);
    }
    return word;
}

/// The site of a new stack: `count` frames, and behind them the callers in the space's tail.
static uint32_t mscope_join_stack(struct mscope_space *space, uint32_t count, uint64_t hash)
{
    struct mscope_stack *whole = &space->whole;
    const struct mscope_stack *tail = &space->tail;
    for (uint32_t i = 0; i < tail->count; i++) whole->frames[count + i] = tail->frames[i];
    whole->count = count + tail->count;
    whole->flags = tail->flags;
    whole->hash = hash;
    return mscope_new_site(whole);
}

/// The site of a stack whose outermost frame is an async function's.
static __attribute__((noinline)) uint32_t mscope_site_with_contexts(struct mscope_unwinder *unwinder,
                                                                    const struct mscope_cursor *at,
                                                                    const struct mscope_plain_stack *stack)
{
    if (mscope_unlikely(unwinder->unwindings >= MSCOPE_SPACES)) return 0;
    struct mscope_space *space = &unwinder->spaces[unwinder->unwindings];
    struct mscope_stack *tail = &space->tail;
    space->sp = at->sp;
    unwinder->unwindings++;
    mscope_signal_fence();
    uint64_t *frames = space->whole.frames, context;
    tail->count = tail->flags = 0;
    tail->hash = stack->hash;
    if (stack->bare)
        context = mscope_context_in(space, mscope_write_frames(unwinder, *at, stack->count, frames));
    else
        context = mscope_framed_context(stack->fp);
    mscope_follow_contexts(space, context, stack->count);
    uint64_t hash = mscope_finish_hash(tail->hash, stack->count + tail->count, tail->flags);
    uint32_t site = mscope_find_site(hash);
    if (mscope_unlikely(site == 0)) {
        if (!stack->bare) mscope_write_frames(unwinder, *at, stack->count, frames);
        site = mscope_join_stack(space, stack->count, hash);
    }
    mscope_signal_fence();
    unwinder->unwindings--;
    return site;
}

uint32_t mscope_site_plainly(struct mscope_unwinder *unwinder, const struct mscope_cursor *at, bool *async)
{
    struct mscope_plain_stack stack;
    if (mscope_unlikely(!mscope_unwind_plainly(unwinder, *at, &stack, NULL))) return 0;
    *async = stack.async;
    if (stack.async) return mscope_site_with_contexts(unwinder, at, &stack);
    uint32_t site = mscope_find_site(mscope_finish_hash(stack.hash, stack.count, 0));
    if (site != 0 && mscope_begin_write(&unwinder->learning)) {
        mscope_learn_layout(unwinder, at, site);
        mscope_end_write(&unwinder->learning);
    }
    return site;
}
