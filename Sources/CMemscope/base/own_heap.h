// The heap of MemScope's own threads: their blocks come from MemScope's pages, never from the program's allocator.
#ifndef MSCOPE_BASE_OWN_HEAP_H
#define MSCOPE_BASE_OWN_HEAP_H

#include "base/next.h"
#include "base/process.h"

/// The heap's address and size; both are 0 until one of MemScope's threads allocates.
extern MSCOPE_HIDDEN _Atomic uint64_t mscope_own_heap_start, mscope_own_heap_bytes;

/// Whether an address is in this heap. Any thread may free such a block.
static inline bool mscope_is_in_own_heap(const void *block)
{
    return (uint64_t)block - mscope_load_relaxed(&mscope_own_heap_start) < mscope_load_relaxed(&mscope_own_heap_bytes);
}

/// Whether the caller is one of MemScope's threads, whose blocks come from this heap.
static inline bool mscope_is_own_thread(void)
{
    return mscope_unlikely(mscope_tls.internal == MSCOPE_TLS_OWN);
}

/// A zeroed block; NULL when the program's allocator must be used: the heap is full, or cannot give this alignment.
///
/// context: one of MemScope's threads
MSCOPE_HIDDEN void *mscope_own_allocate(size_t size, size_t alignment);
/// context: any thread; a thread of the program's never waits
MSCOPE_HIDDEN void mscope_own_free(void *block);
/// Keeps a block of the program's, which one of MemScope's threads frees, in a list until a thread of the program's
/// frees it: an allocator keeps memory for each thread that calls free.
MSCOPE_HIDDEN void mscope_leave_block(void *block);
/// Frees the blocks in that list.
///
/// context: a thread of the program's, outside of its allocator
MSCOPE_HIDDEN void mscope_take_left_blocks(void);
/// Returns a released block to the heap that it came from.
static inline void mscope_free_to_owner(void *block)
{
    if (mscope_unlikely(mscope_is_in_own_heap(block)))
        mscope_own_free(block);
    else if (mscope_is_own_thread())
        mscope_leave_block(block);
    else
        mscope_next.free(block);
}
/// The usable size of a block; 0 when no block begins there.
MSCOPE_HIDDEN size_t mscope_own_size(const void *block);
MSCOPE_HIDDEN void mscope_own_heap_tick(void);
MSCOPE_HIDDEN void mscope_own_heap_after_fork(void);

#endif
