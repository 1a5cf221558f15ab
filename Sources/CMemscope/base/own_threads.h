// Which threads are MemScope's own.
#ifndef MSCOPE_BASE_OWN_THREADS_H
#define MSCOPE_BASE_OWN_THREADS_H

#include "base/process.h"

// ---- own_threads.c
enum { MSCOPE_OWN_THREADS = 16 };
/// The calling thread is one of MemScope's: it has started (joins), or it is about to end (leaves).
MSCOPE_HIDDEN void mscope_own_thread_joins(void);
MSCOPE_HIDDEN void mscope_own_thread_leaves(void);
MSCOPE_HIDDEN uint32_t mscope_own_thread_count(void);
/// The ids of the first MSCOPE_OWN_THREADS of MemScope's threads that have not ended, then zeros.
MSCOPE_HIDDEN void mscope_list_own_threads(int32_t *tids);
/// If the stack of one of MemScope's threads lies in [start, end): an address near its outer end; 0: none does.
MSCOPE_HIDDEN uint64_t mscope_find_own_stack(uint64_t start, uint64_t end);
MSCOPE_HIDDEN void mscope_own_threads_after_fork(void);

#endif
