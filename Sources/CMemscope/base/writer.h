// One writer at a time of what a thread writes for others: a signal handler may come upon the write of its own thread.
#ifndef MSCOPE_BASE_WRITER_H
#define MSCOPE_BASE_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"

/// Keeps the compiler from moving memory accesses across: what a signal handler on this thread sees is in order.
static inline void mscope_signal_fence(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

/// False while a write of this thread is under way below on the stack: what a handler has to say is to be counted as
/// lost. A write that a handler jumped out of lies above, and is as good as done.
static inline bool mscope_begin_write(_Atomic uint64_t *writer)
{
    uint64_t here = (uint64_t)__builtin_frame_address(0), other = mscope_load_relaxed(writer);
    if (other > here) return false;
    mscope_store_relaxed(writer, here);
    mscope_signal_fence();
    return true;
}

static inline void mscope_end_write(_Atomic uint64_t *writer)
{
    mscope_signal_fence();
    mscope_store_relaxed(writer, 0);
}

#endif
