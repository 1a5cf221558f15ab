// Which task, and which scope, a block belongs to.
#ifndef MSCOPE_RECORD_TASKS_H
#define MSCOPE_RECORD_TASKS_H

#include "record/bank.h"

// ---- tasks.c
MSCOPE_HIDDEN bool mscope_tasks_start(void);
/// The address range of the code whose allocations may be a task's. Asking Swift for the task costs 4 ns, and a
/// preloaded copy of MemScope brings Swift's concurrency library into programs without tasks. Until that library itself
/// allocates, which it does to make a task, there is no task: the range is the library. From then on the range is
/// everything. It is empty in a process without the library.
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
/// A new number for a thread, task and scope; 0 when there are too many.
MSCOPE_HIDDEN uint32_t mscope_new_context(uint32_t thread, uint64_t task, uint32_t scope);
/// The number of the thread and task of an allocation by the code at `pc`.
MSCOPE_HIDDEN uint32_t mscope_find_context(struct mscope_bank *bank, uint64_t pc);
MSCOPE_HIDDEN struct mscope_context mscope_context_at(uint32_t context);

// ---- scopes.c
/// The scope of the calling task; 0: none.
MSCOPE_HIDDEN uint32_t mscope_scope_of_task(void);
MSCOPE_HIDDEN void mscope_count_in_scopes(uint32_t scope, uint64_t size, bool born);

#endif
