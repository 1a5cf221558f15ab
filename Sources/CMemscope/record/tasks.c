// Which task runs on a thread: Swift's runtime is asked, and thread, task and scope together get one number.
#include "record/record.h"

struct mscope_task_callers mscope_task_callers;

enum { MSCOPE_CONTEXTS = 1 << 20, MSCOPE_THREAD_CONTEXTS = 1 << 17 };
static struct mscope_context *mscope_contexts; // entry 0: unknown
static _Atomic uint32_t mscope_context_count;

// Swift's runtime, when the process has it from the start. Weak: most C programs do not.
#pragma weak swift_task_getCurrent
#pragma weak swift_task_getJobTaskId
extern const void *swift_task_getCurrent(void);
extern uint64_t swift_task_getJobTaskId(const void *task);

static void mscope_find_task_callers(void)
{
    mscope_store_relaxed(&mscope_current_task, swift_task_getCurrent);
    struct mscope_unwind_table library;
    if (!mscope_find_unwind_table((uint64_t)swift_task_getCurrent, &library)) {
        mscope_expect_tasks();
        return;
    }
    mscope_store_relaxed(&mscope_task_callers.start, library.start);
    mscope_store_relaxed(&mscope_task_callers.size, library.end - library.start);
}

void mscope_expect_tasks(void)
{
    if (mscope_load_relaxed(&mscope_current_task) == NULL) return;
    // All threads read it: written only once.
    if (mscope_load_relaxed(&mscope_task_callers.size) != UINT64_MAX)
        mscope_store_relaxed(&mscope_task_callers.size, UINT64_MAX);
}

bool mscope_tasks_start(void)
{
    mscope_contexts = mscope_map(sizeof(struct mscope_context) * MSCOPE_CONTEXTS);
    if (swift_task_getCurrent != NULL && swift_task_getJobTaskId != NULL) mscope_find_task_callers();
    return mscope_contexts != NULL;
}

/// Swift's thread-local variables may not be in the block that ld.so makes first (LD_AUDIT moves them). Then the first
/// call of the runtime allocates them: so the call is made here, where no allocation is under way.
void mscope_warm_up_task_lookup(void)
{
    const void *(*current)(void) = mscope_load_relaxed(&mscope_current_task);
    if (current != NULL) current();
}

uint32_t mscope_new_context(uint32_t thread, uint64_t task, uint32_t scope)
{
    // There may be millions of tasks: they leave room for threads. The count is read first, so that a full table is not
    // written.
    uint32_t limit = task ? MSCOPE_CONTEXTS - MSCOPE_THREAD_CONTEXTS : MSCOPE_CONTEXTS;
    uint32_t index = mscope_load_relaxed(&mscope_context_count) + 1;
    if (index < limit) index = mscope_add_relaxed(&mscope_context_count, 1) + 1;
    if (index >= limit) {
        mscope_add_relaxed(&mscope_global.dropped_contexts, 1);
        return 0;
    }
    mscope_contexts[index].task = task;
    mscope_contexts[index].thread = thread;
    mscope_contexts[index].scope = scope;
    return index;
}

struct mscope_context mscope_context_at(uint32_t context)
{
    return context < MSCOPE_CONTEXTS && mscope_contexts ? mscope_contexts[context] : (struct mscope_context){0};
}

uint32_t mscope_find_context(struct mscope_bank *bank, uint64_t pc)
{
    const void *(*current)(void) = mscope_load_relaxed(&mscope_current_task), *task = NULL;
    if (current != NULL && mscope_likely(mscope_tls.state == MSCOPE_TLS_READY)) task = current();
    if (task != NULL || mscope_may_be_task(pc)) mscope_expect_tasks();
    if (task == NULL) return bank->context;
    uint64_t id = swift_task_getJobTaskId(task);
    struct mscope_task_context *known = &bank->tasks[id % MSCOPE_TASK_CONTEXTS];
    if (mscope_load_relaxed(&known->task) == id && known->thread == bank->thread) return known->context;
    uint32_t context = mscope_new_context(bank->thread, id, mscope_scope_of_task());
    if (context == 0) return bank->context; // the block's task is not known then; its thread is
    known->thread = bank->thread;
    known->context = context;
    mscope_store_relaxed(&known->task, id);
    return context;
}

/// The calling task has changed its scope: threads look up its context again. The task runs on no other thread, so
/// nobody writes its entries meanwhile; if an entry becomes another task's, that task is only looked up once more.
void mscope_scope_changed(void)
{
    const void *(*current)(void) = mscope_load_relaxed(&mscope_current_task);
    const void *task = current ? current() : NULL;
    if (task == NULL) return;
    uint64_t id = swift_task_getJobTaskId(task);
    uint32_t count = mscope_load_acquire(&mscope_bank_count);
    for (uint32_t i = 0; i < count && i < MSCOPE_BANKS; i++) {
        struct mscope_bank *bank = mscope_load_acquire(&mscope_banks[i]);
        if (bank == NULL) continue;
        struct mscope_task_context *known = &bank->tasks[id % MSCOPE_TASK_CONTEXTS];
        if (mscope_load_relaxed(&known->task) == id) mscope_store_relaxed(&known->task, 0);
    }
}
