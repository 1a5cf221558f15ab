// Blocks that are freed.
#ifndef MSCOPE_HOOKS_FREE_H
#define MSCOPE_HOOKS_FREE_H

#include "hooks/hooks.h"

// ---- hooks/libc.c
/// malloc, as called by `caller`.
MSCOPE_HIDDEN void *mscope_malloc_for(size_t size, struct mscope_cursor caller);

// ---- release.c
/// Forgets a block that is about to be freed; false when the allocator must not see the block.
MSCOPE_HIDDEN bool mscope_release(void *block, size_t size, uint32_t family, uint64_t pc, uint64_t sp, uint64_t fp);
/// Whether realloc of this block is done, with `*result`: then the allocator must not be asked.
MSCOPE_HIDDEN bool mscope_settles_realloc(void *block, size_t size, struct mscope_cursor caller, void **result);
/// The size of a live checked block, which is all that may be used of it; false when the allocator must be asked.
MSCOPE_HIDDEN bool mscope_checked_size(const void *block, size_t *size);

// ---- the plain case: nearly every block

/// Whether an address at which no live block begins may be a wrong one. While all blocks are known it may; otherwise
/// only the address itself can tell. An address in the 8 MiB above the stack pointer is taken for a stack's. Blocks of
/// MemScope's, and blocks that its threads free, are handled elsewhere.
MSCOPE_INLINE bool mscope_is_doubtful(uint64_t address)
{
    return mscope_load_relaxed(&mscope_era) != 0 || (address & mscope_block_misalignment) != 0
           || address - mscope_stack_pointer() < 1 << 23 || mscope_is_bootstrap((const void *)address)
           || mscope_is_in_own_heap((const void *)address) || mscope_is_own_thread() || mscope_next.free == NULL;
}

/// Forgets a block that may go straight on to the allocator, with nothing more to check; false when it needs
/// mscope_release. `stated` is its size, if the caller says it.
MSCOPE_INLINE bool mscope_goes_plainly(void *block, uint64_t stated, uint32_t family, uint64_t pc)
{
    uint64_t address = (uint64_t)block;
    struct mscope_region *region = mscope_find_region(address);
    if (region == NULL) return block == NULL ? mscope_next.free != NULL : !mscope_is_doubtful(address);
    // No recorded block ever began near it: the same as if both its slots had been read, and were 0.
    if (mscope_load_relaxed(&mscope_current_mode) <= MSCOPE_SAMPLED && !mscope_was_used(region, address))
        return !mscope_is_doubtful(address);
    // The allocator's word in front of the block. The small slot is not fetched ahead: most blocks do not need it.
    __builtin_prefetch((const char *)block - 16);
    struct mscope_slot *slot = mscope_large_slot(region, address);
    uint64_t what = mscope_load_relaxed(&slot->what), of_large = what;
    if (of_large == 0 || !mscope_is_plain(of_large, address, family)) { // 0 first: the usual value in `sampled` mode
        slot = mscope_small_slot(region, address);
        what = mscope_load_relaxed(&slot->what);
        if (what == 0 && !mscope_tells_of(of_large, address)) return !mscope_is_doubtful(address);
        bool plain = mscope_is_plain(what, address, family) && mscope_knows_order(of_large, address);
        if (mscope_unlikely(!plain)) return false;
    }
    return (stated == MSCOPE_SIZE_UNSTATED || stated == mscope_slot_size(what))
           && mscope_likely(mscope_record_plain_free(slot, what, address, pc));
}

#endif
