// Atomic operations with the memory order in the name, so that the reader sees at each call what is guaranteed.
#ifndef MSCOPE_BASE_ATOMIC_H
#define MSCOPE_BASE_ATOMIC_H

#include <stdatomic.h>

#define mscope_load_relaxed(p) atomic_load_explicit((p), memory_order_relaxed)
#define mscope_load_acquire(p) atomic_load_explicit((p), memory_order_acquire)
#define mscope_store_relaxed(p, v) atomic_store_explicit((p), (v), memory_order_relaxed)
#define mscope_store_release(p, v) atomic_store_explicit((p), (v), memory_order_release)
#define mscope_add_relaxed(p, v) atomic_fetch_add_explicit((p), (v), memory_order_relaxed)
#define mscope_exchange_acq_rel(p, v) atomic_exchange_explicit((p), (v), memory_order_acq_rel)
#define mscope_fetch_or_acq_rel(p, v) atomic_fetch_or_explicit((p), (v), memory_order_acq_rel)
#define mscope_fetch_and_acq_rel(p, v) atomic_fetch_and_explicit((p), (v), memory_order_acq_rel)
#define mscope_fence_acquire() atomic_thread_fence(memory_order_acquire)
// On failure the value found is loaded with acquire: callers use it as a pointer.
#define mscope_cas_acq_rel(p, expected, v) \
    atomic_compare_exchange_strong_explicit((p), (expected), (v), memory_order_acq_rel, memory_order_acquire)

#define mscope_likely(x) __builtin_expect(!!(x), 1)
#define mscope_unlikely(x) __builtin_expect(!!(x), 0)

#endif
