// The callers of an async function wait in contexts, {parent, function to resume}: heap memory that the functions have
// given up to their task. Nothing proves that a pointer leads to a context, so a context is read only where memory is
// known to be.
//
// context of everything here: hook path, see record.c
#include "stacks/contexts.h"
#include "stacks/hash.h"
#include "stacks/rules.h"
#include "stacks/stacks.h"
#include "stacks/step.h"

struct mscope_fields {
    uint64_t parent, resume;
};

static bool mscope_plausible_context(uint64_t context)
{
    return context >= MSCOPE_NOWHERE && context >> MSCOPE_ADDRESS_BITS == 0 && (context & 7) == 0;
}

// ---- reading a context

enum mscope_holding (*mscope_find_held)(uint64_t context, struct mscope_held *out);

static bool mscope_is_same(const struct mscope_held *held)
{
    return mscope_load_acquire(&held->record[0]) == held->words[0]
           && mscope_load_acquire(&held->record[1]) == held->words[1];
}

/// Whether a block that was live when it was looked up is still live, and holds the context.
static bool mscope_is_held(const struct mscope_held *held, uint64_t context)
{
    if (context < held->low || context >= held->high) return false;
    if (held->high - context < sizeof(struct mscope_fields)) return false;
    return mscope_is_same(held);
}

/// Keeps the result of a look-up. `high` is written last, and an entry with `high` 0 holds nothing: a fork may come in
/// between.
static void mscope_keep_held(struct mscope_held *held, const struct mscope_held *found)
{
    *(volatile uint64_t *)&held->high = 0;
    mscope_signal_fence();
    held->record = found->record, held->low = found->low;
    held->words[0] = found->words[0], held->words[1] = found->words[1];
    mscope_signal_fence();
    held->high = found->high;
}

/// The kept result for a context: the block that holds it, or the note that no block was found; NULL: nothing is kept.
static struct mscope_held *mscope_recall(struct mscope_space *space, uint64_t context, uint32_t first)
{
    // Often a parent lies in the same block.
    if (mscope_is_held(&space->held[space->held_last], context)) return &space->held[space->held_last];
    for (uint32_t i = 0; i < MSCOPE_HELD_WAYS; i++) {
        struct mscope_held *held = &space->held[(first + i) % MSCOPE_HELD];
        if (mscope_is_held(held, context)) {
            space->held_last = (first + i) % MSCOPE_HELD;
            return held;
        }
        if (held->high == 0 && held->low == context && held->words[0]-- != 0) return held;
    }
    return NULL;
}

/// Reads the fields of a context; false when no memory is there, or when an image is there: contexts are allocated.
/// Where the table of blocks cannot tell, the kernel is asked, and *by stays NULL.
static bool mscope_read_context(struct mscope_space *space, uint64_t context, struct mscope_fields *out,
                                const struct mscope_held **by)
{
    enum { MSCOPE_VAIN = 1024 }; // after a look-up that found nothing, this many look-ups are skipped
    *by = NULL;
    if (!mscope_plausible_context(context)) return false;
    uint32_t first = (uint32_t)(context * 0x9E3779B97F4A7C15ull >> 40);
    struct mscope_held found = {0}, *held = mscope_recall(space, context, first);
    enum mscope_holding holding = held == NULL ? mscope_find_held(context, &found) : MSCOPE_HOLDS_UNKNOWN;
    if (holding != MSCOPE_HOLDS_UNKNOWN) {
        bool holds = holding == MSCOPE_HOLDS && mscope_is_held(&found, context);
        if (!holds) found = (struct mscope_held){.low = context, .words = {MSCOPE_VAIN}};
        held = &space->held[(first + space->held_next++ % MSCOPE_HELD_WAYS) % MSCOPE_HELD];
        mscope_keep_held(held, &found);
    }
    struct mscope_unwind_table table;
    if (held != NULL && held->high != 0) {
        *by = held;
        *out = *(const struct mscope_fields *)context;
        return true;
    }
    return !mscope_find_unwind_table(context, &table) && mscope_read_memory(context, out, sizeof(*out)) == sizeof(*out);
}

// ---- following contexts

/// Whether a function to be resumed lies in the code of an image. Most often its rule is known already.
static bool mscope_is_code(uint64_t address)
{
    if (address < MSCOPE_NOWHERE || address >> MSCOPE_ADDRESS_BITS != 0) return false;
    uint64_t rule = mscope_load_relaxed(&mscope_rules[mscope_rule_index(address + 1)]);
    if (!mscope_is_rule_of(rule, address + 1) || (rule & 7) == MSCOPE_RULE_UNKNOWN) {
        if (!mscope_is_executable(address)) return false;
        rule = mscope_learn_rule(address + 1);
    }
    return (rule & 7) != MSCOPE_RULE_NONE || (rule & MSCOPE_NONE_CODE) != 0;
}

/// The value that the async register has in the outermost frame: saved by a frame further inside, or as at the entry
/// into the hook; 0: not known.
static uint64_t mscope_saved_register(const struct mscope_space *space)
{
    for (uint32_t i = space->whole.count - 1; i > 0; i--) {
        int64_t distance = mscope_saved_context(space->whole.frames[i - 1]);
        if (distance < 0) return 0;
        if (distance > 0) return *(const uint64_t *)(space->frame_sp[i] - (uint64_t)distance);
    }
    return mscope_tls.async_context;
}

/// An async function without a frame has its context in a register. Every frame further inside leaves this register
/// alone or saves it; the innermost of these frames is the caller of the hook. The register may hold anything.
uint64_t mscope_innermost_context(struct mscope_space *space, enum mscope_step how, uint64_t fp)
{
    if (how == MSCOPE_STEP_ASYNC) return mscope_framed_context(fp);
    struct mscope_fields fields;
    const struct mscope_held *by;
    uint64_t word = mscope_saved_register(space);
    bool readable = mscope_read_context(space, word, &fields, &by);
    if (readable && mscope_is_code(mscope_code_address(fields.resume))) return word;
    space->tail.flags |= MSCOPE_STACK_TRUNCATED;
    return 0;
}

/// Whether the callers from a context outwards are still those in the chain.
static bool mscope_is_chain(const struct mscope_chain *chain)
{
    uint64_t different = chain->generation ^ mscope_load_relaxed(&mscope_unwind_generation);
    for (uint32_t i = 0; i < chain->blocks; i++) {
        const struct mscope_held *block = &chain->block[i];
        different |= mscope_load_acquire(&block->record[0]) ^ block->words[0];
        different |= mscope_load_acquire(&block->record[1]) ^ block->words[1];
    }
    if (different != 0) return false;
    for (uint32_t i = 0; i < chain->levels; i++) {
        const struct mscope_level *level = &chain->level[i];
        const struct mscope_fields *now = (const struct mscope_fields *)level->context;
        different |= (now->parent ^ level->parent) | (now->resume ^ level->resume);
    }
    return different == 0;
}

static inline uint32_t mscope_chain_place(uint64_t context)
{
    return context * 0x9E3779B97F4A7C15ull >> 40 & (MSCOPE_CHAINS - 1);
}

/// The kept chain that begins with a context; NULL when there is none, or when its callers have changed.
static const struct mscope_chain *mscope_find_chain(struct mscope_space *space, uint64_t context)
{
    uint32_t place = mscope_chain_place(context);
    if ((space->has_chain >> place & 1) == 0) return NULL; // a page that is read first costs more to write
    struct mscope_chain *chain = &space->chains[place];
    if (chain->start != context) return NULL;
    if (mscope_is_chain(chain)) return chain;
    chain->misses++;
    return NULL;
}

/// False when the chain has no room.
static bool mscope_add_level(struct mscope_chain *chain, struct mscope_level level, const struct mscope_held *block)
{
    uint32_t last = chain->blocks - 1;
    bool same = chain->blocks != 0 && chain->block[last].record == block->record
                && chain->block[last].words[1] == block->words[1];
    if (chain->levels == MSCOPE_CHAIN_LEVELS || (!same && chain->blocks == MSCOPE_CHAIN_BLOCKS)) return false;
    if (!same) chain->block[chain->blocks++] = *block;
    level.block = chain->blocks - 1;
    chain->level[chain->levels++] = level;
    if (level.resume == 0) return true;
    chain->hash = mscope_hash_frame(chain->hash, mscope_code_address(level.resume));
    chain->power *= MSCOPE_HASH_BASE;
    return true;
}

static void mscope_empty_chain(struct mscope_chain *chain)
{
    chain->start = 0;
    mscope_signal_fence();
    chain->levels = chain->blocks = chain->misses = 0;
    chain->hash = 0, chain->power = 1;
}

static bool mscope_add_levels(struct mscope_chain *chain, const struct mscope_chain *from, uint32_t first)
{
    bool fits = true;
    for (uint32_t i = first; fits && i < from->levels; i++)
        fits = mscope_add_level(chain, from->level[i], &from->block[from->level[i].block]);
    return fits;
}

/// When there are too many levels, the outer ones are kept.
static void mscope_note_level(struct mscope_space *space, struct mscope_level level, const struct mscope_held *block)
{
    struct mscope_chain *unwound = &space->followed_levels;
    if (!mscope_add_level(unwound, level, block)) {
        mscope_empty_chain(unwound);
        mscope_add_level(unwound, level, block);
    }
}

/// Keeps the levels that were followed, with `rest` after them. The inner levels change most: so no chain begins at the
/// innermost one, and a kept chain is not replaced at each miss.
static void mscope_keep_chains(struct mscope_space *space, const struct mscope_chain *rest)
{
    enum { MSCOPE_PATIENCE = 4 };
    const struct mscope_chain *unwound = &space->followed_levels;
    for (uint32_t first = 1; first < unwound->levels; first *= 4) {
        uint64_t start = unwound->level[first].context;
        uint32_t place = mscope_chain_place(start);
        struct mscope_chain *kept = &space->chains[place];
        bool was_kept = (space->has_chain >> place & 1) != 0;
        if (kept == rest || (was_kept && kept->start != 0 && kept->misses++ < MSCOPE_PATIENCE)) continue;
        mscope_empty_chain(kept);
        space->has_chain |= 1ull << place;
        bool fits = mscope_add_levels(kept, unwound, first) && (rest == NULL || mscope_add_levels(kept, rest, 0));
        kept->generation = mscope_load_relaxed(&mscope_unwind_generation);
        mscope_signal_fence();
        if (fits) kept->start = start;
    }
}

static void mscope_append_chain(struct mscope_stack *out, const struct mscope_chain *chain)
{
    for (uint32_t i = 0; i < chain->levels && chain->level[i].resume != 0; i++)
        out->frames[out->count++] = mscope_code_address(chain->level[i].resume) + 1;
    out->hash = out->hash * chain->power + chain->hash;
}

/// Follows contexts to the outermost one, or to one where a kept chain begins, which becomes *rest. Whether every level
/// was noted.
static bool mscope_unwind_contexts(struct mscope_space *space, uint64_t context, uint32_t depth,
                                   const struct mscope_chain **rest)
{
    struct mscope_stack *out = &space->tail;
    struct mscope_fields fields;
    bool noted = true;
    for (mscope_empty_chain(&space->followed_levels); context != 0; context = fields.parent) {
        const struct mscope_held *by;
        *rest = mscope_find_chain(space, context);
        if (*rest != NULL && depth + out->count + (*rest)->levels <= MSCOPE_MAX_FRAMES) return noted;
        *rest = NULL;
        bool readable = mscope_read_context(space, context, &fields, &by);
        uint64_t resume = readable ? mscope_code_address(fields.resume) : 0;
        noted = noted && by != NULL;
        if (noted) mscope_note_level(space, (struct mscope_level){context, fields.parent, fields.resume, 0}, by);
        if (readable && resume == 0 && fields.parent == 0) return noted; // the outermost context; some have a function
        if (!mscope_is_code(resume) || depth + out->count == MSCOPE_MAX_FRAMES) {
            out->flags |= MSCOPE_STACK_TRUNCATED;
            return false;
        }
        out->frames[out->count++] = resume + 1;
        out->hash = mscope_hash_frame(out->hash, resume);
    }
    return noted;
}

void mscope_follow_contexts(struct mscope_space *space, uint64_t context, uint32_t depth)
{
    const struct mscope_chain *rest = NULL;
    space->tail.flags |= MSCOPE_STACK_ASYNC;
    bool noted = mscope_unwind_contexts(space, context, depth, &rest);
    if (rest != NULL) mscope_append_chain(&space->tail, rest);
    if (noted) mscope_keep_chains(space, rest);
}
