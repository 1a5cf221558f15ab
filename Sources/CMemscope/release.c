// Blocks that are given back in another way than the plain one: what is to be looked at before the allocator sees it.
#include "checks.h"

#include <errno.h>

/// Whether a live block begins at the address itself: its slot does not tell the addresses in a half apart.
static bool mscope_is_start(uint64_t what, uint64_t address)
{
    return mscope_owns_slot(what, address) && (address & mscope_block_misalignment) == 0;
}

bool mscope_release(void *block, size_t size, uint32_t family, uint64_t pc, uint64_t sp, uint64_t fp)
{
    if (block == NULL || mscope_is_bootstrap(block)) return false;
    mscope_tls.async_context = 0;
    struct mscope_giving call = {(uint64_t)block, size, family, false, {pc, sp, fp}};
    struct mscope_slot *slot = mscope_find_slot(call.address);
    uint64_t what = slot ? mscope_load_relaxed(&slot->what) : 0;
    if (!mscope_is_start(what, call.address)) return !mscope_is_bad_free(&call, slot);
    mscope_is_mismatched(&call, what, mscope_load_relaxed(&slot->born));
    mscope_forget(slot, what, call.address, mscope_mark_of(pc));
    return true;
}

bool mscope_settles_realloc(void *block, size_t size, struct mscope_cursor caller, void **result)
{
    (void)size;
    struct mscope_giving call = {(uint64_t)block, MSCOPE_SIZE_UNTOLD, MSCOPE_FAMILY_MALLOC, true, caller};
    struct mscope_slot *slot = mscope_find_slot(call.address);
    uint64_t what = slot ? mscope_load_relaxed(&slot->what) : 0;
    if (mscope_is_start(what, call.address)) {
        mscope_is_mismatched(&call, what, mscope_load_relaxed(&slot->born));
        return false;
    }
    if (!mscope_is_bad_free(&call, slot)) return false;
    errno = ENOMEM;
    *result = NULL;
    return true;
}
