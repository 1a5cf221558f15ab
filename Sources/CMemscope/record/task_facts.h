// What is kept of tasks: see CMemscopeTasks.h.
#ifndef MSCOPE_RECORD_TASK_FACTS_H
#define MSCOPE_RECORD_TASK_FACTS_H

#include "record/accounts.h"

// ---- task_facts.c
/// Notes what is known of the calling thread's task on an account that is being taken for it; NULL: no task.
/// context: hook path, once per task, thread and call
MSCOPE_HIDDEN void mscope_note_task(struct mscope_account *account, const void *task);

// ---- task_counts.c
MSCOPE_HIDDEN bool mscope_task_counts_start(void);
/// Keeps what a task has counted on an account, before the account gets another task. Between begin and end nobody
/// trusts what is kept for the task. Returns what must be given to end; NULL: nothing.
/// context: hook path, any thread; a signal handler may come in between
MSCOPE_HIDDEN void *mscope_begin_keeping_counts(struct mscope_account *account);
MSCOPE_HIDDEN void mscope_end_keeping_counts(void *kept);

#endif
