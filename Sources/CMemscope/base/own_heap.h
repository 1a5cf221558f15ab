// The heap of our own threads: what they allocate comes from pages of ours, never from the program's allocator.
#ifndef MSCOPE_BASE_OWN_HEAP_H
#define MSCOPE_BASE_OWN_HEAP_H

#include "base/next.h"
#include "base/process.h"

/// Where it is; both are 0 until one of our threads allocates.
extern MSCOPE_HIDDEN _Atomic uint64_t mscope_own_heap_start, mscope_own_heap_bytes;

/// Whether an address is in it. Any thread may free a block that is.
static inline bool mscope_is_ours(const void *block)
{
    return (uint64_t)block - mscope_load_relaxed(&mscope_own_heap_start) < mscope_load_relaxed(&mscope_own_heap_bytes);
}

/// Whether the caller's blocks come from there.
static inline bool mscope_is_own_thread(void)
{
    return mscope_unlikely(mscope_tls.internal == MSCOPE_TLS_OWN);
}

/// A zeroed block; NULL when it is to come from the program's allocator: the heap is full, or has no such alignment.
///
/// context: one of our threads
MSCOPE_HIDDEN void *mscope_own_allocate(size_t size, size_t alignment);
/// context: any thread; one of the program's waits for nobody
MSCOPE_HIDDEN void mscope_own_free(void *block);
/// Keeps a released block of the program's that one of our threads gives up until one of the program's takes it: an
/// allocator keeps something for each thread that frees.
MSCOPE_HIDDEN void mscope_leave_block(void *block);
/// Frees what our threads have left.
///
/// context: a thread of the program's, outside of its allocator
MSCOPE_HIDDEN void mscope_take_left_blocks(void);
/// Gives a released block to whom it belongs.
static inline void mscope_give(void *block)
{
    if (mscope_unlikely(mscope_is_ours(block)))
        mscope_own_free(block);
    else if (mscope_is_own_thread())
        mscope_leave_block(block);
    else
        mscope_next.free(block);
}
/// What may be used of a block; 0 when none is there.
MSCOPE_HIDDEN size_t mscope_own_size(const void *block);
MSCOPE_HIDDEN void mscope_own_heap_tick(void);
MSCOPE_HIDDEN void mscope_own_heap_after_fork(void);

#endif
