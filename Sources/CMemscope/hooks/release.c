// Blocks that are freed in another way than the plain one: what is checked before the allocator sees them.
#include "hooks/free.h"
#include "hooks/hooks.h"

#include <errno.h>
#include <string.h>

/// Whether a live block begins at this very address: its slot does not distinguish the addresses within 16 bytes.
static bool mscope_is_start(uint64_t what, uint64_t address)
{
    return mscope_owns_slot(what, address) && mscope_may_begin_at(address);
}

/// Of a block with MSCOPE_SLOT_EVENT.
static void mscope_tell_end(const struct mscope_free_call *call, const struct mscope_slot *slot, void *moved)
{
    mscope_end_watched(call->address, mscope_load_relaxed(&slot->born), &call->caller, (uint64_t)moved);
}

static void mscope_release_checked(const struct mscope_free_call *call, struct mscope_slot *slot, uint64_t what)
{
    if (mscope_is_guarded(call->address))
        mscope_guard_release(call, slot, what);
    else
        mscope_canary_release(call, slot, what);
}

bool mscope_release(void *block, size_t size, uint32_t family, uint64_t pc, uint64_t sp, uint64_t fp)
{
    if (block == NULL || mscope_is_bootstrap(block)) return false;
    mscope_tls.async_context = 0;
    struct mscope_free_call call = {(uint64_t)block, size, family, false, {pc, sp, fp}};
    uint64_t what;
    struct mscope_slot *slot = mscope_find_slot(call.address, &what);
    if (!mscope_is_start(what, call.address)) return !mscope_is_bad_free(&call);
    mscope_is_mismatched(&call, what, mscope_load_relaxed(&slot->born));
    if (mscope_unlikely(what & MSCOPE_SLOT_EVENT)) mscope_tell_end(&call, slot, NULL);
    if (mscope_is_checked(what)) {
        mscope_release_checked(&call, slot, what);
        return false;
    }
    mscope_record_free(slot, what, call.address, mscope_mark_of(pc));
    return true;
}

bool mscope_checked_size(const void *block, size_t *size)
{
    uint64_t what;
    mscope_find_slot((uint64_t)block, &what);
    // A freed one lies in the quarantine, where the allocator would take the canary for a size of its own.
    bool is_block = mscope_owns_slot(what, (uint64_t)block)
                    || (mscope_tells_of(what, (uint64_t)block) && mscope_knows_all_blocks());
    if (!is_block || !mscope_is_checked(what)) return false;
    *size = mscope_block_size(what, (uint64_t)block);
    return true;
}

/// As for any block that realloc moved, the birth is that of the first block.
static void mscope_inherit_birth(uint64_t address, uint64_t born)
{
    uint64_t what;
    struct mscope_slot *slot = mscope_find_slot(address, &what);
    if (!mscope_owns_slot(what, address)) return;
    uint64_t rest = mscope_load_relaxed(&slot->born) & (MSCOPE_BORN_ROUNDED | MSCOPE_ACCOUNT_MASK);
    mscope_store_relaxed(&slot->what, what | MSCOPE_SLOT_REALLOCATED);
    mscope_store_release(&slot->born, mscope_birth_of(born) << 24 | rest);
}

/// A checked block never grows in place: its contents move to a new block.
static void *mscope_move_checked(const struct mscope_free_call *call, size_t size, struct mscope_slot *slot,
                                 uint64_t what)
{
    uint64_t held = mscope_block_size(what, call->address);
    void *moved = NULL; // for size 0, as with glibc
    if (size != 0) {
        moved = mscope_malloc_for(size, call->caller);
        if (moved == NULL) return NULL;
        memcpy(moved, (const void *)call->address, held < size ? held : size);
        mscope_inherit_birth((uint64_t)moved, mscope_load_relaxed(&slot->born));
    }
    if (mscope_unlikely(what & MSCOPE_SLOT_EVENT)) mscope_tell_end(call, slot, moved);
    mscope_release_checked(call, slot, what);
    return moved;
}

bool mscope_settles_realloc(void *block, size_t size, struct mscope_cursor caller, void **result)
{
    struct mscope_free_call call = {(uint64_t)block, MSCOPE_SIZE_UNSTATED, MSCOPE_FAMILY_MALLOC, true, caller};
    uint64_t what;
    struct mscope_slot *slot = mscope_find_slot(call.address, &what);
    if (mscope_is_start(what, call.address)) {
        mscope_is_mismatched(&call, what, mscope_load_relaxed(&slot->born));
        if (!mscope_is_checked(what)) return false;
        *result = mscope_move_checked(&call, size, slot, what);
        return true;
    }
    if (!mscope_is_bad_free(&call)) return false;
    errno = ENOMEM;
    *result = NULL;
    return true;
}
