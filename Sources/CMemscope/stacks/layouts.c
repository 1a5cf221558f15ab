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

// ---- learning one

/// Which of the fp values a step used is known only at the end: a step uses the last one that was read before it.
static void mscope_finish_layout(struct mscope_layout_steps *steps, const struct mscope_cursor *at)
{
    struct mscope_layout *layout = &steps->layout;
    bool used[MSCOPE_LAYOUT_ROWS] = {false};
    uint32_t source = MSCOPE_LAYOUT_ROWS; // the caller's
    layout->by_fp = false;
    for (uint32_t i = 0; i < layout->count; i++) {
        if (steps->by_fp[i] && source == MSCOPE_LAYOUT_ROWS) layout->by_fp = true;
        if (steps->by_fp[i] && source != MSCOPE_LAYOUT_ROWS) used[source] = true;
        if (layout->rows[i].fp_at != &layout->rows[i].fp) source = i;
    }
    uint64_t shape = layout->by_fp ? at->fp - at->sp : 1;
    for (uint32_t i = 0; i < layout->count; i++) {
        struct mscope_layout_row *row = &layout->rows[i];
        if (!used[i]) row->fp_at = &row->fp;
        shape = shape * MSCOPE_HASH_BASE + (steps->sp[i] - at->sp) * 2 + steps->by_fp[i];
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

void mscope_learn_layout(struct mscope_unwinder *unwinder, const struct mscope_cursor *at, uint32_t site)
{
    uint32_t place = mscope_layout_place(at->sp);
    struct mscope_layout *kept = &unwinder->layouts[place], *layout = &unwinder->layout_steps.layout;
    struct mscope_plain_stack stack;
    bool was_kept = (unwinder->has_layout >> place & 1) != 0 && kept->sp != 0;
    bool is_new = was_kept && kept->sp == at->sp && !mscope_has_alias(site);
    if (!is_new && was_kept && kept->misses++ < MSCOPE_PATIENCE) return;
    if (mscope_unlikely(__atomic_load_n(&mscope_powers[0], __ATOMIC_ACQUIRE) == 0)) mscope_make_powers();
    layout->generation = mscope_load_relaxed(&mscope_rule_generation);
    if (!mscope_unwind_plainly(unwinder, *at, &stack, &unwinder->layout_steps) || layout->count > MSCOPE_LAYOUT_ROWS
        || mscope_find_site(mscope_finish_hash(stack.hash, stack.count, 0)) != site)
        return;
    mscope_finish_layout(&unwinder->layout_steps, at);
    bool fits = was_kept && kept->sp == at->sp && kept->shape == layout->shape && kept->count == layout->count
                && kept->generation == layout->generation;
    if (!fits && was_kept && kept->misses++ < MSCOPE_PATIENCE) return;
    unwinder->has_layout |= 1ull << place;
    if (!fits) mscope_keep_layout(kept, layout);
    uint64_t hash = mscope_read_layout(kept, at->pc);
    if (hash != 0 && kept->sp == at->sp) mscope_alias_site(site, hash);
}
