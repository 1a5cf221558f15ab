// The callers of an async function wait in contexts, {parent, function to resume}: heap memory that the functions have
// given up to their task. What leads there is not proved to: a context is read only where memory is known to be.
//
// context of everything here: hook path, see record.c
#include "checks.h"
#include "memo.h"
#include "step.h"

struct mscope_fields {
    uint64_t parent, resume;
};

static bool mscope_plausible_context(uint64_t context)
{
    return context >= MSCOPE_NOWHERE && context >> MSCOPE_ADDRESS_BITS == 0 && (context & 7) == 0;
}

// ---- reading one

/// Whether a block that was live when it was looked up is so still, and holds the context.
static bool mscope_is_held(const struct mscope_held *held, uint64_t context)
{
    if (context < held->low || context >= held->high) return false;
    if (held->high - context < sizeof(struct mscope_fields)) return false;
    return mscope_load_acquire(&held->slot->what) == held->what && mscope_load_acquire(&held->slot->born) == held->born;
}

/// Looks for the live block around a context: most lie in a slab of the task's, a kilobyte long, or some where code is
/// not optimized. A block that has no whole page to itself is memory for as long as it lives: nobody can protect or
/// unmap a part of it. Of a larger one the kernel is asked once.
static bool mscope_hold(struct mscope_held *held, uint64_t context)
{
    enum { MSCOPE_PAGE = 4096, MSCOPE_REACH = 1 << 16 };
    uint64_t granule = context >> MSCOPE_GRANULE_SHIFT, word;
    if (mscope_find_region(context) == NULL || mscope_is_guarded(context)) return false;
    for (uint64_t i = 0; i < MSCOPE_REACH >> MSCOPE_GRANULE_SHIFT && i < granule; i++) {
        struct mscope_region *region = mscope_find_region((granule - i) << MSCOPE_GRANULE_SHIFT);
        struct mscope_departure block;
        struct mscope_slot *slot = region ? mscope_read_granule(region, granule - i, &block) : NULL;
        if (slot == NULL || block.address > context) continue;
        if (block.size > MSCOPE_REACH) return false;
        if (block.size >= MSCOPE_PAGE && mscope_read_memory(context, &word, sizeof(word)) != sizeof(word)) return false;
        *held = (struct mscope_held){slot, block.what, block.born, block.address, block.address + block.size};
        return mscope_is_held(held, context);
    }
    return false;
}

/// Keeps in mind what was found; `high` last, without which it holds nothing: a fork may come in between.
static void mscope_keep_held(struct mscope_held *held, const struct mscope_held *found)
{
    *(volatile uint64_t *)&held->high = 0;
    mscope_signal_fence();
    held->slot = found->slot, held->what = found->what, held->born = found->born, held->low = found->low;
    mscope_signal_fence();
    held->high = found->high;
}

/// What is kept in mind about a context: that it is held, or that it was looked for in vain, or NULL.
static struct mscope_held *mscope_recall(struct mscope_space *space, uint64_t context, uint32_t first)
{
    for (uint32_t i = 0; i < MSCOPE_HELD_WAYS; i++) {
        struct mscope_held *held = &space->held[(first + i) % MSCOPE_HELD];
        if (mscope_is_held(held, context)) return held;
        if (held->high == 0 && held->low == context && held->what-- != 0) return held;
    }
    return NULL;
}

/// The fields of a context; false when there is no memory, or an image's: contexts are allocated. The kernel is asked
/// where the table cannot tell.
static bool mscope_read_context(struct mscope_space *space, uint64_t context, struct mscope_fields *out)
{
    enum { MSCOPE_VAIN = 1024 }; // so often a look in vain is not repeated
    if (!mscope_plausible_context(context)) return false;
    uint32_t first = (uint32_t)(context * 0x9E3779B97F4A7C15ull >> 40);
    struct mscope_held found = {0}, *held = mscope_recall(space, context, first);
    if (held == NULL && mscope_load_relaxed(&mscope_era) != 0) { // every block is recorded
        if (!mscope_hold(&found, context)) found = (struct mscope_held){.low = context, .what = MSCOPE_VAIN};
        held = &space->held[(first + space->held_next++ % MSCOPE_HELD_WAYS) % MSCOPE_HELD];
        mscope_keep_held(held, &found);
    }
    struct mscope_unwind_table table;
    if (held != NULL && held->high != 0) {
        *out = *(const struct mscope_fields *)context;
        return true;
    }
    return !mscope_find_unwind_table(context, &table) && mscope_read_memory(context, out, sizeof(*out)) == sizeof(*out);
}

// ---- following them

/// Whether a function to be resumed lies in an image's code. Most often its rule is known by then.
static bool mscope_is_code(uint64_t address)
{
    if (address < MSCOPE_NOWHERE || address >> MSCOPE_ADDRESS_BITS != 0) return false;
    uint64_t word = mscope_load_relaxed(&mscope_rules[mscope_rule_index(address + 1)]), kind = word & 7;
    bool known = mscope_is_rule_of(word, address + 1);
    if (known && kind != MSCOPE_RULE_UNKNOWN && kind != MSCOPE_RULE_NONE) return true;
    if (!mscope_is_executable(address)) return false;
    mscope_learn_rule(address + 1);
    return true;
}

/// The context of the async function at frame 0, which has no frame: it is in the register that every frame inside of
/// it leaves alone or saves, the innermost one being the caller of our hook. 0 when it cannot be found.
static uint64_t mscope_bare_context(struct mscope_space *space)
{
    const struct mscope_memo *memo = &space->memo;
    uint64_t context = mscope_tls.async_context;
    for (uint32_t i = 1; i < memo->depth; i++) {
        int64_t distance = mscope_saved_context(memo->link[i].pc);
        if (distance < 0) return 0;
        if (distance == 0) continue;
        context = *(const uint64_t *)(memo->sp[i - 1] - (uint64_t)distance);
        break;
    }
    // A register may hold anything.
    struct mscope_fields fields;
    bool readable = mscope_read_context(space, context, &fields);
    return readable && mscope_is_code(mscope_code_address(fields.resume)) ? context : 0;
}

/// Below its saved frame pointer stands an async function's own context. Of a function to be resumed only the entry is
/// known: it is kept as entry + 1, which every reader of return addresses takes back.
void mscope_follow_contexts(struct mscope_space *space)
{
    const struct mscope_memo *memo = &space->memo;
    struct mscope_stack *out = &space->tail;
    bool bare = memo->end == MSCOPE_STEP_ASYNC_BARE;
    uint64_t context = bare ? mscope_bare_context(space) : ((const uint64_t *)memo->link[0].fp)[-1];
    out->flags |= MSCOPE_STACK_ASYNC;
    if (bare && context == 0) out->flags |= MSCOPE_STACK_TRUNCATED;
    while (context != 0) {
        struct mscope_fields fields;
        bool readable = mscope_read_context(space, context, &fields);
        uint64_t resume = readable ? mscope_code_address(fields.resume) : 0;
        if (readable && resume == 0 && fields.parent == 0) return; // the outermost one
        if (!mscope_is_code(resume) || memo->depth + out->count == MSCOPE_MAX_FRAMES) {
            out->flags |= MSCOPE_STACK_TRUNCATED;
            return;
        }
        out->frames[out->count++] = resume + 1;
        out->hash = mscope_hash_frame(out->hash, resume);
        context = fields.parent;
    }
}
