// Layouts are learnt from plain unwinding: the places of the words that it read. At the next allocation from the same
// place the words most often lie there again, whatever the callers are. Then the words are read without waiting for
// each other, and the stack is looked up by a hash of these words and of the layout.
#include "stacks/layouts.h"
#include "stacks/plain.h"
#include "stacks/stacks.h"

enum { MSCOPE_PATIENCE = 32 };   // misses before a layout is replaced
enum { MSCOPE_ALIAS = 1 << 30 }; // a flag that no stack has

uint64_t mscope_powers[2 * MSCOPE_MAX_FRAMES];
static uint32_t mscope_has_powers;

static __attribute__((noinline)) void mscope_make_powers(void)
{
    uint64_t power = MSCOPE_HASH_BASE;
    for (int i = 0; i < 2 * MSCOPE_MAX_FRAMES; i++, power *= MSCOPE_HASH_BASE) mscope_powers[i] = power;
    __atomic_store_n(&mscope_has_powers, 1, __ATOMIC_RELEASE);
}

void mscope_forget_layouts(struct mscope_unwinder *unwinder)
{
    for (; unwinder->has_layout != 0; unwinder->has_layout &= unwinder->has_layout - 1)
        unwinder->layouts[__builtin_ctzll(unwinder->has_layout)].sp = 0;
}

/// Keeps the words of the stack at hand, and takes the pairs from `outer` on for those that stay the same.
static void mscope_keep_outer(struct mscope_layout *layout, uint32_t outer)
{
    uint64_t hash = layout->shape, different = 0;
    layout->repeat.site = 0;
    mscope_signal_fence();
    for (uint32_t i = 0; i < layout->pairs; i++)
        layout->repeat.pair[i] = *(const mscope_pair_on_stack *)(const void *)layout->pair[i].at;
    for (uint32_t i = outer; i < layout->pairs; i++) mscope_read_pair(layout, i, &hash, &different);
    layout->outer = outer, layout->outer_hash = hash;
}

uint64_t mscope_read_other_outer(struct mscope_unwinder *unwinder, struct mscope_layout *layout, uint64_t sp,
                                 uint64_t *different)
{
    uint64_t hash = layout->shape;
    uint32_t outer = layout->outer;
    for (uint32_t i = 0; i < layout->pairs; i++) mscope_read_pair(layout, i, &hash, different);
    for (uint32_t i = outer; i < layout->pairs; i++) {
        mscope_pair changed = mscope_pair_difference(layout, i);
        if ((changed[0] | changed[1]) != 0) outer = i + 1;
    }
    if (*different != 0 || !mscope_begin_write(&unwinder->learning)) return hash;
    while (outer % MSCOPE_ROWS_AT_ONCE != 0) outer++;
    if (layout->sp == sp) mscope_keep_outer(layout, outer);
    mscope_end_write(&unwinder->learning);
    return hash;
}

void mscope_keep_repeat(struct mscope_unwinder *unwinder, struct mscope_layout *layout, uint64_t pc, uint64_t sp,
                        uint32_t site)
{
    struct mscope_repeat *repeat = &layout->repeat;
    if (!mscope_begin_write(&unwinder->learning)) return;
    if (layout->sp == sp) {
        mscope_keep_outer(layout, layout->outer);
        repeat->pc = pc;
        for (uint32_t i = 0; i < layout->words; i++) repeat->word[i] = *layout->word_at[i];
        mscope_signal_fence();
        repeat->site = site;
    }
    mscope_end_write(&unwinder->learning);
}

void mscope_find_outer_again(struct mscope_unwinder *unwinder, struct mscope_layout *layout, uint64_t sp)
{
    if (!mscope_begin_write(&unwinder->learning)) return;
    if (layout->sp == sp) mscope_keep_outer(layout, 0);
    mscope_end_write(&unwinder->learning);
}

// ---- learning one

/// Drops the fps that no step used, which is known only at the end: a step uses the last fp that was read before it.
/// True if a step used the caller's.
static bool mscope_drop_unused_fps(struct mscope_steps *steps)
{
    struct mscope_layout_step *last = NULL; // the last one that read an fp
    bool by_fp = false, is_used = false;
    for (uint32_t i = 0; i < steps->count; i++) {
        struct mscope_layout_step *step = &steps->step[i];
        by_fp |= step->by_fp && last == NULL;
        is_used |= step->by_fp;
        if (step->fp_at == NULL) continue;
        if (last != NULL && !is_used) last->fp_at = NULL;
        last = step, is_used = false;
    }
    if (last != NULL && !is_used) last->fp_at = NULL;
    return by_fp;
}

static uint64_t mscope_shape_of(const struct mscope_steps *steps, const struct mscope_cursor *at, bool by_fp)
{
    uint64_t shape = by_fp ? at->fp - at->sp : 1;
    for (uint32_t i = 0; i < steps->count; i++) {
        const struct mscope_layout_step *step = &steps->step[i];
        shape = shape * MSCOPE_HASH_BASE + (step->sp - at->sp) * 2 + step->by_fp;
        shape = shape * MSCOPE_HASH_BASE + ((uint64_t)step->pc_at - at->sp);
        shape = shape * MSCOPE_HASH_BASE + (step->fp_at != NULL ? (uint64_t)step->fp_at - at->sp : 1);
        shape = shape * MSCOPE_HASH_BASE + (step->fp_at != NULL ? step->fp - at->sp : 1);
    }
    return mscope_finish_hash(shape, steps->count, MSCOPE_ALIAS);
}

static void mscope_keep_step(struct mscope_layout *kept, const struct mscope_layout_step *step)
{
    if (step->fp_at != NULL && step->fp_at + 1 == step->pc_at) {
        const struct mscope_link *link = (const struct mscope_link *)(const void *)step->fp_at;
        kept->pair[kept->pairs++] = (struct mscope_layout_pair){link, step->fp};
        return;
    }
    kept->word_at[kept->words++] = step->pc_at;
    if (step->fp_at == NULL) return;
    kept->fp_at[kept->fps] = step->fp_at;
    kept->fp_alone[kept->fps++] = step->fp;
}

static void mscope_keep_layout(struct mscope_layout *kept, const struct mscope_steps *steps,
                               const struct mscope_cursor *at, bool by_fp, uint64_t shape, uint32_t generation)
{
    kept->sp = 0;
    kept->repeat.site = kept->last = kept->takes = 0;
    mscope_signal_fence();
    kept->pairs = kept->words = kept->fps = 0;
    for (uint32_t i = 0; i < steps->count; i++) mscope_keep_step(kept, &steps->step[i]);
    while (kept->pairs % MSCOPE_ROWS_AT_ONCE != 0)
        kept->pair[kept->pairs++] = (struct mscope_layout_pair){&kept->filler, 0};
    kept->fp = at->fp, kept->by_fp = by_fp, kept->shape = shape, kept->count = steps->count;
    kept->generation = generation, kept->misses = 0;
    mscope_keep_outer(kept, 0);
    mscope_signal_fence();
    kept->sp = at->sp;
}

void mscope_learn_layout(struct mscope_unwinder *unwinder, const struct mscope_cursor *at, uint32_t site)
{
    uint32_t place = mscope_layout_place(at->sp);
    struct mscope_layout *kept = &unwinder->layouts[place];
    struct mscope_steps *steps = &unwinder->steps;
    struct mscope_unwound unwound;
    bool was_kept = (unwinder->has_layout >> place & 1) != 0 && kept->sp != 0;
    bool is_new = was_kept && kept->sp == at->sp && !mscope_has_alias(site);
    if (!is_new && was_kept && kept->misses++ < MSCOPE_PATIENCE) return;
    if (mscope_unlikely(__atomic_load_n(&mscope_has_powers, __ATOMIC_ACQUIRE) == 0)) mscope_make_powers();
    uint32_t generation = mscope_load_relaxed(&mscope_unwind_generation);
    if (!mscope_unwind_plainly(unwinder, *at, &unwound, steps)
        || mscope_find_site(mscope_finish_hash(unwound.hash, unwound.count, 0)) != site)
        return;
    bool by_fp = mscope_drop_unused_fps(steps);
    uint64_t shape = mscope_shape_of(steps, at, by_fp);
    bool fits = was_kept && kept->sp == at->sp && kept->shape == shape && kept->count == steps->count
                && kept->generation == generation;
    if (!fits && was_kept && kept->misses++ < MSCOPE_PATIENCE) return;
    unwinder->has_layout |= 1ull << place;
    if (!fits) mscope_keep_layout(kept, steps, at, by_fp, shape, generation);
    uint64_t hash = mscope_read_layout(unwinder, kept, at->pc, at->sp);
    if (hash != 0 && kept->sp == at->sp) mscope_alias_site(site, hash);
}
