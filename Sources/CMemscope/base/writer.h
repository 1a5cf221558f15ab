// For data that a thread writes and others read: one writer at a time. A signal handler may interrupt a write of its
// own thread.
#ifndef MSCOPE_BASE_WRITER_H
#define MSCOPE_BASE_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"

/// Keeps the compiler from moving memory accesses across this line: a signal handler on this thread sees them in order.
static inline void mscope_signal_fence(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

/// False while an outer frame of this thread (at a higher address) is in the middle of a write: the caller is a signal
/// handler, and what it wants to write is counted as lost. A write at a lower address was left by a handler that jumped
/// out; it counts as finished.
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
