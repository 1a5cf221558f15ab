// Stacks that vary. Plain unwinding, by known rules, hashes frame by frame and keeps nothing except, now and then, its
// layout: the places of the words that it read. At the next allocation from the same place the words most often lie
// there again, whatever the callers are. Then the words are read without waiting for each other, and the stack is
// looked up by a hash of these words and of the layout.
//
// Why this is exact: the index has such a hash only for a stack whose unwinding read these return addresses at these
// places. A step is a function of the return address, sp and fp. So unwinding the present stack would begin in the same
// way, read the next return address at the same place, find the same one there, and so on; fp is compared wherever a
// step uses it.
//
// Where a place most often has one stack, the layout keeps the words themselves. To compare them needs no hash and no
// look-up.
#include "stacks/contexts.h"
#include "stacks/plain.h"
#include "stacks/sites.h"
#include "stacks/stacks.h"
#include "stacks/step.h"

// ALIAS: a flag that no stack has; PATIENCE: misses before a layout is replaced
enum { MSCOPE_ALIAS = 1 << 30, MSCOPE_PATIENCE = 32 };

static uint64_t mscope_powers[MSCOPE_LAYOUT_ROWS + 1]; // of the base; [0] is 0 until all are computed

static __attribute__((noinline)) void mscope_make_powers(void)
{
    uint64_t power = MSCOPE_HASH_BASE;
    for (int i = 1; i <= MSCOPE_LAYOUT_ROWS; i++, power *= MSCOPE_HASH_BASE) mscope_powers[i] = power;
    mscope_signal_fence();
    __atomic_store_n(&mscope_powers[0], 1, __ATOMIC_RELEASE);
}

/// The place where the layout for `sp` is kept. Stacks differ by a few frames: neighbouring values of sp have different
/// places.
static inline uint32_t mscope_layout_place(uint64_t sp)
{
    return (uint32_t)(sp >> 4 ^ sp >> 10) % MSCOPE_LAYOUTS;
}

void mscope_forget_layouts(struct mscope_unwinder *unwinder)
{
    for (; unwinder->has_layout != 0; unwinder->has_layout &= unwinder->has_layout - 1)
        unwinder->layouts[__builtin_ctzll(unwinder->has_layout)].sp = 0;
}

/// The hash of the stack whose words lie where the layout says; 0 when they do not.
static inline uint64_t mscope_read_layout(const struct mscope_layout *layout, uint64_t pc)
{
    uint64_t hash = pc, different = 0;
    uint32_t count = layout->count;
    if (mscope_unlikely(count > MSCOPE_LAYOUT_ROWS)) return 0; // half written: see below
    for (uint32_t i = 0; i < count; i++) {
        const struct mscope_layout_row *row = &layout->rows[i];
        different |= *row->fp_at ^ row->fp;
        hash += mscope_code_address(*row->pc_at) * mscope_powers[i + 1];
    }
    hash = mscope_finish_hash(hash ^ layout->shape, count, MSCOPE_ALIAS);
    return mscope_unlikely(different != 0) ? 0 : hash;
}

/// The site of a layout's repeated stack, if the one at hand is the same; 0 when it is not, or there is none.
static inline uint32_t mscope_site_of_repeat(struct mscope_repeat *repeat, uint64_t pc)
{
    uint32_t site = repeat->site, pairs = repeat->pairs, words = repeat->words;
    if (site == 0 || repeat->pc != pc) return 0;
    mscope_pair different = {0, 0};
    uint64_t odd = 0;
    const mscope_pair_on_stack *const *at = repeat->pair_at;
    const mscope_pair *pair = repeat->pair;
#pragma clang loop unroll(disable)
    for (uint32_t i = 0; i < pairs; i += MSCOPE_ROWS_AT_ONCE)
        different |= (*at[i] ^ pair[i]) | (*at[i + 1] ^ pair[i + 1]) | (*at[i + 2] ^ pair[i + 2])
                     | (*at[i + 3] ^ pair[i + 3]);
#pragma clang loop unroll(disable)
    for (uint32_t i = 0; i < words; i++) odd |= *repeat->word_at[i] ^ repeat->word[i];
    if (mscope_likely((different[0] | different[1] | odd) == 0)) return site;
    repeat->site = 0;
    return 0;
}

static void mscope_keep_word(struct mscope_repeat *repeat, const uint64_t *at)
{
    repeat->word_at[repeat->words] = at;
    repeat->word[repeat->words++] = *at;
}

/// Keeps the words of the stack at hand, which was found by the layout twice in a row.
static __attribute__((noinline)) void mscope_keep_repeat(struct mscope_layout *layout, uint64_t pc, uint32_t site)
{
    struct mscope_repeat *repeat = &layout->repeat;
    repeat->site = 0;
    mscope_signal_fence();
    repeat->pairs = repeat->words = 0;
    repeat->pc = pc;
    for (uint32_t i = 0; i < layout->count; i++) {
        const struct mscope_layout_row *row = &layout->rows[i];
        bool by_fp = row->fp_at != &row->fp;
        if (by_fp && row->fp_at + 1 == row->pc_at) {
            const mscope_pair_on_stack *pair = (const mscope_pair_on_stack *)(const void *)row->fp_at;
            repeat->pair_at[repeat->pairs] = pair;
            repeat->pair[repeat->pairs++] = *pair;
            continue;
        }
        mscope_keep_word(repeat, row->pc_at);
        if (by_fp) mscope_keep_word(repeat, row->fp_at);
    }
    for (; repeat->pairs % MSCOPE_ROWS_AT_ONCE != 0; repeat->pairs++)
        repeat->pair_at[repeat->pairs] = &repeat->pair[repeat->pairs];
    mscope_signal_fence();
    repeat->site = site;
}

uint32_t mscope_site_by_layout(struct mscope_unwinder *unwinder, const struct mscope_cursor *at)
{
    uint32_t place = mscope_layout_place(at->sp);
    if ((unwinder->has_layout >> place & 1) == 0) return 0; // a page that was read first costs more to write
    struct mscope_layout *layout = &unwinder->layouts[place];
    if (layout->sp != at->sp || (layout->by_fp && layout->fp != at->fp)
        || layout->generation != mscope_load_relaxed(&mscope_rule_generation))
        return 0;
    mscope_signal_fence();
    uint32_t site = mscope_site_of_repeat(&layout->repeat, at->pc);
    mscope_signal_fence();
    // In the meantime a signal handler may have written another layout here, but never one with this sp: its frames are
    // deeper.
    if (site != 0 && layout->sp == at->sp) return site;
    uint64_t hash = mscope_read_layout(layout, at->pc);
    mscope_signal_fence();
    if (mscope_unlikely(hash == 0 || layout->sp != at->sp)) return 0;
    site = mscope_find_site(hash);
    if (site != 0 && site == layout->last && mscope_begin_write(&unwinder->learning)) {
        if (layout->sp == at->sp) mscope_keep_repeat(layout, at->pc, site);
        mscope_end_write(&unwinder->learning);
    }
    layout->last = site;
    return site;
}

/// The result of plain unwinding: not yet the whole stack, because callers that wait in contexts may follow.
struct mscope_plain_stack {
    uint64_t hash, fp; // fp: of the outermost frame, if that is an async function's
    uint32_t count;
    bool async, bare; // the outermost frame is an async function's; it has no frame pointer
};

/// Notes row i: a step by `rule` read `reads` and led to `at`.
static inline void mscope_note_row(struct mscope_layout_steps *walk, uint32_t i, const struct mscope_reads *reads,
                                   uint64_t rule, const struct mscope_cursor *at)
{
    struct mscope_layout_row *row = &walk->layout.rows[i];
    *row = (struct mscope_layout_row){reads->pc_at, reads->fp_at ? reads->fp_at : &row->fp, at->fp};
    walk->by_fp[i] = (rule & 7) == MSCOPE_RULE_FRAME || (rule >> 3 & 1) != 0;
    walk->sp[i] = at->sp;
}

/// Unwinds to the end by known rules; false when a step needs another rule. `walk` may be NULL; its count exceeds
/// MSCOPE_LAYOUT_ROWS when it had too little room.
MSCOPE_INLINE bool mscope_unwind_plainly(const struct mscope_unwinder *unwinder, struct mscope_cursor at,
                                       struct mscope_plain_stack *out, struct mscope_layout_steps *walk)
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
            } else if (walk == NULL && (word & 7) == MSCOPE_RULE_ASYNC) {
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
        if (walk == NULL || reads.pc_at == NULL) continue;
        if (count < MSCOPE_LAYOUT_ROWS) mscope_note_row(walk, count, &reads, word, &at);
        count++;
    } while (--left > 0);
    if (left == 0) return false;
    out->hash = sum;
    out->count = MSCOPE_MAX_FRAMES - left;
    if (walk != NULL) walk->layout.count = count;
    return true;
}

/// Which of the fp values a step used is known only at the end: a step uses the last one that was read before it.
static void mscope_finish_layout(struct mscope_layout_steps *walk, const struct mscope_cursor *at)
{
    struct mscope_layout *layout = &walk->layout;
    bool used[MSCOPE_LAYOUT_ROWS] = {false};
    uint32_t source = MSCOPE_LAYOUT_ROWS; // the caller's
    layout->by_fp = false;
    for (uint32_t i = 0; i < layout->count; i++) {
        if (walk->by_fp[i] && source == MSCOPE_LAYOUT_ROWS) layout->by_fp = true;
        if (walk->by_fp[i] && source != MSCOPE_LAYOUT_ROWS) used[source] = true;
        if (layout->rows[i].fp_at != &layout->rows[i].fp) source = i;
    }
    uint64_t shape = layout->by_fp ? at->fp - at->sp : 1;
    for (uint32_t i = 0; i < layout->count; i++) {
        struct mscope_layout_row *row = &layout->rows[i];
        if (!used[i]) row->fp_at = &row->fp;
        shape = shape * MSCOPE_HASH_BASE + (walk->sp[i] - at->sp) * 2 + walk->by_fp[i];
        shape = shape * MSCOPE_HASH_BASE + ((uint64_t)row->pc_at - at->sp);
        shape = shape * MSCOPE_HASH_BASE + (used[i] ? (uint64_t)row->fp_at - at->sp : 1);
        shape = shape * MSCOPE_HASH_BASE + (used[i] ? row->fp - at->sp : 1);
    }
    layout->sp = at->sp, layout->fp = at->fp, layout->shape = shape;
}

static void mscope_keep_layout(struct mscope_layout *kept, const struct mscope_layout *layout)
{
    kept->sp = 0;
    kept->repeat.site = kept->last = 0;
    mscope_signal_fence();
    for (uint32_t i = 0; i < layout->count; i++) {
        kept->rows[i] = layout->rows[i];
        if (layout->rows[i].fp_at == &layout->rows[i].fp) kept->rows[i].fp_at = &kept->rows[i].fp;
    }
    kept->fp = layout->fp, kept->by_fp = layout->by_fp, kept->shape = layout->shape, kept->count = layout->count;
    kept->generation = layout->generation, kept->misses = 0;
    mscope_signal_fence();
    kept->sp = layout->sp;
}

/// After plain unwinding found `site`, and no layout did: keeps the layout, unless the one kept there has failed only a
/// few times, and makes the stack findable by the layout.
static __attribute__((noinline)) void mscope_learn_layout(struct mscope_unwinder *unwinder,
                                                          const struct mscope_cursor *at, uint32_t site)
{
    uint32_t place = mscope_layout_place(at->sp);
    struct mscope_layout *kept = &unwinder->layouts[place], *layout = &unwinder->layout_walk.layout;
    struct mscope_plain_stack stack;
    bool was_kept = (unwinder->has_layout >> place & 1) != 0 && kept->sp != 0;
    bool is_new = was_kept && kept->sp == at->sp && !mscope_has_alias(site);
    if (!is_new && was_kept && kept->misses++ < MSCOPE_PATIENCE) return;
    if (mscope_unlikely(__atomic_load_n(&mscope_powers[0], __ATOMIC_ACQUIRE) == 0)) mscope_make_powers();
    layout->generation = mscope_load_relaxed(&mscope_rule_generation);
    if (!mscope_unwind_plainly(unwinder, *at, &stack, &unwinder->layout_walk) || layout->count > MSCOPE_LAYOUT_ROWS
        || mscope_find_site(mscope_finish_hash(stack.hash, stack.count, 0)) != site)
        return;
    mscope_finish_layout(&unwinder->layout_walk, at);
    bool fits = was_kept && kept->sp == at->sp && kept->shape == layout->shape && kept->count == layout->count
                && kept->generation == layout->generation;
    if (!fits && was_kept && kept->misses++ < MSCOPE_PATIENCE) return;
    unwinder->has_layout |= 1ull << place;
    if (!fits) mscope_keep_layout(kept, layout);
    uint64_t hash = mscope_read_layout(kept, at->pc);
    if (hash != 0 && kept->sp == at->sp) mscope_alias_site(site, hash);
}

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
    if (mscope_unlikely(unwinder->walks >= MSCOPE_SPACES)) return 0;
    struct mscope_space *space = &unwinder->spaces[unwinder->walks];
    struct mscope_stack *tail = &space->tail;
    space->sp = at->sp;
    unwinder->walks++;
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
    unwinder->walks--;
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
