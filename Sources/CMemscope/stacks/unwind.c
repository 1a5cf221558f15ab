// Takes the call stack of an allocation: exact where .eh_frame describes the code, and faster than following frame
// pointers.
//
// There are three ways, tried in this order. Where an earlier stack from the same place is known, the words at the same
// places are compared, or hashed, and do not wait for each other (layouts.h). Otherwise plain unwinding by known rules
// hashes the stack frame by frame. A stack that is met for the first time, or that plain unwinding cannot follow, is
// unwound by all rules, and its frames are written down.
#include "stacks/contexts.h"
#include "stacks/layouts.h"
#include "stacks/plain.h"
#include "stacks/sites.h"
#include "stacks/stacks.h"

// ---- room for an unwinding

/// NULL when a signal handler interrupted an unwinding that had itself interrupted one.
static struct mscope_space *mscope_enter_space(struct mscope_unwinder *unwinder, uint64_t sp)
{
    if (mscope_unlikely(unwinder->unwindings >= MSCOPE_SPACES)) return NULL;
    struct mscope_space *space = &unwinder->spaces[unwinder->unwindings];
    space->sp = sp;
    unwinder->unwindings++;
    mscope_signal_fence();
    return space;
}

static void mscope_leave_space(struct mscope_unwinder *unwinder)
{
    mscope_signal_fence();
    unwinder->unwindings--;
}

/// A signal handler that interrupted an unwinding and jumped out left it unfinished: on the same stack, deeper than the
/// caller. Drops such unwindings.
static void mscope_drop_left_unwindings(struct mscope_unwinder *unwinder, uint64_t sp)
{
    uint64_t size = unwinder->stack_high - unwinder->stack_low;
    if (sp - unwinder->stack_low >= size) return; // a signal's own stack: its address says nothing
    for (; unwinder->unwindings != 0; unwinder->unwindings--) {
        const struct mscope_space *space = &unwinder->spaces[unwinder->unwindings - 1];
        if (space->sp - unwinder->stack_low >= size || space->sp > sp) return;
    }
}

// ---- plain unwinding

static uint32_t mscope_site_with_contexts(struct mscope_unwinder *unwinder, uint64_t sp,
                                          const struct mscope_unwound *unwound)
{
    struct mscope_space *space = mscope_enter_space(unwinder, sp);
    if (space == NULL) return 0;
    struct mscope_stack *tail = &space->tail;
    tail->count = tail->flags = 0;
    tail->hash = unwound->hash;
    mscope_follow_contexts(space, mscope_framed_context(unwound->fp), unwound->count);
    uint32_t site = mscope_find_site(mscope_finish_hash(tail->hash, unwound->count + tail->count, tail->flags));
    mscope_leave_space(unwinder);
    return site;
}

/// The site of a stack that was seen before, unwound by known rules; 0 when it is new, or a step needs more.
static uint32_t mscope_site_plainly(struct mscope_unwinder *unwinder, const struct mscope_cursor *at)
{
    struct mscope_unwound unwound;
    if (mscope_unlikely(!mscope_unwind_plainly(unwinder, *at, &unwound, NULL))) return 0;
    if (unwound.async) return mscope_site_with_contexts(unwinder, at->sp, &unwound);
    uint32_t site = mscope_find_site(mscope_finish_hash(unwound.hash, unwound.count, 0));
    if (site != 0 && mscope_begin_write(&unwinder->learning)) {
        mscope_learn_layout(unwinder, at, site);
        mscope_end_write(&unwinder->learning);
    }
    return site;
}

// ---- unwinding by all rules

/// Writes the frames to the space's `whole`. Returns how unwinding ended, at the outermost frame.
static enum mscope_step mscope_unwind(struct mscope_unwinder *unwinder, struct mscope_space *space,
                                      struct mscope_cursor *at)
{
    struct mscope_stack *out = &space->whole;
    uint64_t high = mscope_new_stack_high(unwinder, at->sp);
    out->count = out->flags = 0;
    for (;;) {
        struct mscope_reads reads;
        uint64_t before = at->sp;
        space->frame_sp[out->count] = at->sp;
        out->frames[out->count++] = at->pc;
        if (mscope_unlikely(out->count == MSCOPE_MAX_FRAMES)) return MSCOPE_STEP_LOST;
        enum mscope_step step = mscope_step(at, unwinder, high, &reads, &out->flags);
        if (step > MSCOPE_STEP_ON_UNSURE) return step;
        bool left = step == MSCOPE_STEP_ON_UNSURE && (at->sp >= high || at->sp < before); // the end of a signal's stack
        if (left) high = mscope_new_stack_high(unwinder, at->sp);
        if (at->pc < MSCOPE_NOWHERE) return MSCOPE_STEP_END;
    }
}

/// Adds the callers that wait in contexts, and the hash, to the frames in the space's `whole`.
static void mscope_complete(struct mscope_space *space, enum mscope_step end, uint64_t fp)
{
    struct mscope_stack *whole = &space->whole, *tail = &space->tail;
    tail->count = 0;
    tail->flags = whole->flags | (end == MSCOPE_STEP_LOST ? MSCOPE_STACK_TRUNCATED : 0u);
    tail->hash = 0;
    for (uint32_t i = whole->count; i > 0; i--) tail->hash = mscope_hash_frame(tail->hash, whole->frames[i - 1]);
    if (end == MSCOPE_STEP_ASYNC || end == MSCOPE_STEP_ASYNC_BARE)
        mscope_follow_contexts(space, mscope_innermost_context(space, end, fp), whole->count);
    for (uint32_t i = 0; i < tail->count; i++) whole->frames[whole->count++] = tail->frames[i];
    whole->flags = tail->flags;
    whole->hash = mscope_finish_hash(tail->hash, whole->count, whole->flags);
}

static uint32_t mscope_site_by_all_rules(struct mscope_unwinder *unwinder, struct mscope_cursor at)
{
    struct mscope_space *space = mscope_enter_space(unwinder, at.sp);
    if (space == NULL) {
        mscope_add_relaxed(&mscope_global.dropped_stacks, 1);
        return 0;
    }
    enum mscope_step end = mscope_unwind(unwinder, space, &at);
    mscope_complete(space, end, at.fp);
    uint32_t site = mscope_find_site(space->whole.hash);
    if (site == 0) site = mscope_new_site(&space->whole);
    mscope_leave_space(unwinder);
    return site;
}

// ---- all three ways

static __attribute__((noinline)) uint32_t mscope_site_by_unwinding(struct mscope_unwinder *unwinder, uint64_t pc,
                                                                   uint64_t sp, uint64_t fp)
{
    struct mscope_cursor at = {pc, sp, fp};
    // The caller is a signal handler that interrupted an unwinding, or a handler jumped out of one before.
    if (mscope_unlikely(unwinder->unwindings != 0)) mscope_drop_left_unwindings(unwinder, sp);
    uint32_t site = mscope_site_plainly(unwinder, &at);
    return mscope_likely(site != 0) ? site : mscope_site_by_all_rules(unwinder, at);
}

uint32_t mscope_site_here(struct mscope_unwinder *unwinder, uint64_t pc, uint64_t sp, uint64_t fp)
{
    struct mscope_layout *layout = mscope_layout_at(unwinder, sp, fp);
    uint32_t site = layout != NULL ? mscope_site_of_repeat(layout, pc, sp) : 0;
    if (layout != NULL && site == 0) site = mscope_site_by_layout(unwinder, layout, pc, sp);
    return mscope_likely(site != 0) ? site : mscope_site_by_unwinding(unwinder, pc, sp, fp);
}

uint32_t mscope_site_of_frame(uint64_t pc)
{
    struct mscope_stack stack = {.count = 1, .flags = MSCOPE_STACK_TRUNCATED, .frames = {pc}};
    stack.hash = mscope_finish_hash(mscope_hash_frame(0, pc), stack.count, stack.flags);
    uint32_t site = mscope_find_site(stack.hash);
    return site ? site : mscope_new_site(&stack);
}

// ---- the unwinder of a thread

void mscope_start_unwinder(struct mscope_unwinder *unwinder, uint64_t high)
{
    unwinder->stack_high = unwinder->stack_low = high; // the known range grows downwards as pages are found readable
    unwinder->other_low = unwinder->other_high = 0;
    unwinder->unwindings = 0;
    mscope_forget_layouts(unwinder);
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
