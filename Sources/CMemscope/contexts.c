// The callers of an async function wait in contexts, {parent, function to resume}: heap memory that the functions have
// given up to their task. What leads there is not proved to: a context is read only where memory is known to be.
//
// context of everything here: hook path, see record.c
#include "memo.h"
#include "shadow.h"

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

/// Looks for the live block around a context: most lie in a slab of the task's, a kilobyte long.
static bool mscope_hold(struct mscope_held *held, uint64_t context)
{
    enum { MSCOPE_REACH = 4096 >> MSCOPE_GRANULE_SHIFT };
    uint64_t granule = context >> MSCOPE_GRANULE_SHIFT;
    for (uint64_t i = 0; i < MSCOPE_REACH && i < granule; i++) {
        struct mscope_region *region = mscope_find_region((granule - i) << MSCOPE_GRANULE_SHIFT);
        struct mscope_departure block;
        struct mscope_slot *slot = region ? mscope_read_granule(region, granule - i, &block) : NULL;
        if (slot == NULL || block.address > context) continue;
        *held = (struct mscope_held){slot, block.what, block.born, block.address, block.address + block.size};
        return mscope_is_held(held, context);
    }
    return false;
}

/// The fields of a context; false when there is no memory. The kernel is asked only where the table cannot tell.
static bool mscope_read_context(struct mscope_space *space, uint64_t context, struct mscope_fields *out)
{
    if (!mscope_plausible_context(context)) return false;
    bool held = false;
    for (uint32_t i = 0; i < MSCOPE_HELD && !held; i++) held = mscope_is_held(&space->held[i], context);
    if (!held && mscope_load_relaxed(&mscope_era) != 0) // every block is recorded
        held = mscope_hold(&space->held[space->held_next++ % MSCOPE_HELD], context);
    if (!held) return mscope_read_memory(context, out, sizeof(*out)) == sizeof(*out);
    *out = *(const struct mscope_fields *)context;
    return true;
}

// ---- following them

/// Whether an image is loaded where a function to be resumed should be. Most often its rule is known.
static bool mscope_is_code(uint64_t address)
{
    struct mscope_unwind_table table;
    if (address < MSCOPE_NOWHERE) return false;
    return (mscope_learn_rule(address + 1) & 7) != MSCOPE_RULE_NONE || mscope_find_unwind_table(address, &table);
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
    // A register may hold anything, for one a pointer to an image's own table of functions.
    struct mscope_fields fields;
    struct mscope_unwind_table table;
    if (!mscope_read_context(space, context, &fields) || !mscope_is_code(mscope_code_address(fields.resume))) return 0;
    return mscope_find_unwind_table(context, &table) ? 0 : context;
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
        if (readable && resume < MSCOPE_NOWHERE) return; // the outermost one
        if (!mscope_is_code(resume) || memo->depth + out->count == MSCOPE_MAX_FRAMES) {
            out->flags |= MSCOPE_STACK_TRUNCATED;
            return;
        }
        out->frames[out->count++] = resume + 1;
        out->hash = mscope_hash_frame(out->hash, resume);
        context = fields.parent;
    }
}
