// Which task, and which call of a scope, a thread is in.
#ifndef MSCOPE_RECORD_TASKS_H
#define MSCOPE_RECORD_TASKS_H

#include "record/bank.h"

// ---- tasks.c
MSCOPE_HIDDEN bool mscope_tasks_start(void);
/// The address range of the code whose allocations may be a task's. Asking Swift for the task costs 4 ns, and a
/// preloaded copy of MemScope brings Swift's concurrency library into programs without tasks. Until that library itself
/// allocates, which it does to make a task, there is no task: the range is the library. From then on, and when a thread
/// outside of tasks is in a call of a scope, the range is everything. It is empty in a process without the library.
struct mscope_task_callers {
    _Atomic uint64_t start, size;
};
extern MSCOPE_HIDDEN struct mscope_task_callers mscope_task_callers;
static inline bool mscope_may_be_task(uint64_t pc)
{
    return pc - mscope_load_relaxed(&mscope_task_callers.start) < mscope_load_relaxed(&mscope_task_callers.size);
}
MSCOPE_HIDDEN void mscope_expect_tasks(void);
/// Called once on each thread, before the thread may be asked for its task.
MSCOPE_HIDDEN void mscope_warm_up_task_lookup(void);
/// The number of the account of an allocation by the code at `pc`.
MSCOPE_HIDDEN uint32_t mscope_find_account(struct mscope_bank *bank, uint64_t pc);
/// After a call has ended: gives the calling thread's account of it back, if no live block has it.
MSCOPE_HIDDEN void mscope_end_account_here(uint32_t call);

#endif
