// Which task and which call of a scope a thread is in: Swift's runtime is asked once for each task and thread, and
// again after a call began or ended in the task.
#include "record/record.h"

struct mscope_task_callers mscope_task_callers;

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
    // All threads read it: written only once.
    if (mscope_load_relaxed(&mscope_task_callers.size) != UINT64_MAX)
        mscope_store_relaxed(&mscope_task_callers.size, UINT64_MAX);
}

bool mscope_has_tasks(void)
{
    return mscope_load_relaxed(&mscope_task_callers.size) == UINT64_MAX;
}

bool mscope_tasks_start(void)
{
    if (swift_task_getCurrent != NULL && swift_task_getJobTaskId != NULL) mscope_find_task_callers();
    return true;
}

/// Swift's thread-local variables may not be in the block that ld.so makes first (LD_AUDIT moves them). Then the first
/// call of the runtime allocates them: so the call is made here, where no allocation is under way.
void mscope_warm_up_task_lookup(void)
{
    const void *(*current)(void) = mscope_load_relaxed(&mscope_current_task);
    if (current != NULL) current();
}

uint64_t mscope_task_id(uint64_t object)
{
    return swift_task_getJobTaskId != NULL ? swift_task_getJobTaskId((const void *)object) : 0;
}

// ---- the account of an allocation

enum { MSCOPE_CHANGES = 256 };
/// By task id: how often a call began or ended in such a task. Each on a cache line of its own.
static struct {
    _Alignas(64) _Atomic uint32_t count;
} mscope_changes[MSCOPE_CHANGES];

static const void *mscope_task_here(void)
{
    const void *(*current)(void) = mscope_load_relaxed(&mscope_current_task);
    return current != NULL && mscope_likely(mscope_tls.state == MSCOPE_TLS_READY) ? current() : NULL;
}

static struct mscope_recent_account *mscope_recent_set(struct mscope_bank *bank, uint64_t task, uint32_t call)
{
    uint64_t hash = (task + ((uint64_t)call << 32)) * 0x9E3779B97F4A7C15ull;
    return bank->recent[hash >> 32 & (MSCOPE_RECENT_SETS - 1)];
}

/// The account that a thread used for a task and call, or a new one; 0 when there are too many.
static uint32_t mscope_account_of(struct mscope_bank *bank, uint64_t task, const void *object, uint32_t call)
{
    struct mscope_recent_account *set = mscope_recent_set(bank, task, call);
    for (int i = 0; i < MSCOPE_RECENT_WAYS; i++) {
        struct mscope_recent_account *one = &set[i];
        if (mscope_load_relaxed(&one->task) == ~task && one->call == call && one->thread == bank->thread)
            return one->account;
    }
    uint32_t account = mscope_take_account(bank->thread, task, object, call);
    if (account == 0) return 0;
    bank->random += 0x9e3779b97f4a7c15ull;
    struct mscope_recent_account *place = &set[bank->random >> 33 & (MSCOPE_RECENT_WAYS - 1)];
    for (int i = 0; i < MSCOPE_RECENT_WAYS; i++)
        if (mscope_load_relaxed(&set[i].task) == 0 || set[i].thread != bank->thread) place = &set[i];
    mscope_store_relaxed(&place->task, 0);
    mscope_signal_fence();
    place->thread = bank->thread, place->call = call, place->account = account;
    mscope_signal_fence();
    mscope_store_relaxed(&place->task, ~task);
    return account;
}

uint32_t mscope_find_account(struct mscope_bank *bank, uint64_t pc)
{
    const void *task = mscope_task_here();
    if (task != NULL || mscope_may_be_task(pc)) mscope_expect_tasks();
    if (task == NULL) return mscope_load_relaxed(&bank->account);
    uint64_t id = swift_task_getJobTaskId(task);
    uint32_t changes = mscope_load_acquire(&mscope_changes[id % MSCOPE_CHANGES].count);
    struct mscope_task_account *known = &bank->tasks[id % MSCOPE_TASKS_KEPT];
    if (mscope_load_relaxed(&known->task) == id && known->thread == bank->thread && known->changes == changes)
        return known->account;
    uint32_t account = mscope_account_of(bank, id, task, mscope_call_here());
    if (account == 0) return mscope_load_relaxed(&bank->account); // the block's task is not known then; its thread is
    mscope_store_relaxed(&known->task, 0);
    mscope_signal_fence();
    known->thread = bank->thread, known->account = account, known->changes = changes;
    mscope_signal_fence();
    mscope_store_relaxed(&known->task, id);
    return account;
}

void mscope_read_here(uint32_t *thread, uint64_t *task)
{
    struct mscope_bank *borrowed = NULL, *bank = mscope_bank_here(&borrowed);
    const void *here = mscope_task_here();
    *thread = bank != NULL && borrowed == NULL ? bank->thread : 0;
    *task = here != NULL ? swift_task_getJobTaskId(here) : 0;
    if (borrowed != NULL) mscope_leave_borrowed(borrowed);
}

/// A task runs on one thread at a time, so no other thread looks up its account meanwhile.
void mscope_call_changed(void)
{
    // A thread is asked for its task only when it has a bank.
    struct mscope_bank *borrowed = NULL, *bank = mscope_bank_here(&borrowed);
    const void *task = mscope_task_here();
    if (borrowed != NULL) mscope_leave_borrowed(borrowed); // a thread that ends: its bank changes with each call
    if (task != NULL) mscope_add_relaxed(&mscope_changes[swift_task_getJobTaskId(task) % MSCOPE_CHANGES].count, 1);
    if (task != NULL || bank == NULL || borrowed != NULL) return;
    mscope_expect_tasks();
    bool held = mscope_hold_numbers(bank, (uint64_t)__builtin_frame_address(0));
    uint32_t call = mscope_call_here(), account = call != 0 ? mscope_account_of(bank, 0, NULL, call) : 0;
    mscope_store_release(&bank->account, account != 0 ? account : mscope_tls.account);
    mscope_release_numbers(bank, held);
}

// ---- accounts that are given back

static bool mscope_forget_in(struct mscope_bank *bank, const struct mscope_account *account)
{
    uint32_t number = account->index | MSCOPE_COUNTED;
    struct mscope_recent_account *set = mscope_recent_set(bank, account->task, mscope_load_relaxed(&account->call));
    struct mscope_task_account *known = &bank->tasks[account->task % MSCOPE_TASKS_KEPT];
    bool kept = mscope_load_acquire(&bank->account) == number;
    for (int i = 0; i < MSCOPE_RECENT_WAYS && !kept; i++) {
        if (mscope_load_relaxed(&set[i].task) != ~account->task || set[i].account != number) continue;
        mscope_store_relaxed(&set[i].task, 0);
        kept = true;
    }
    if (mscope_load_relaxed(&known->task) == account->task && known->account == number && account->task != 0) {
        mscope_store_relaxed(&known->task, 0);
        kept = true;
    }
    return kept;
}

bool mscope_forget_account(const struct mscope_account *account)
{
    struct mscope_bank *bank = mscope_bank_of_thread(account->thread);
    return bank != NULL && mscope_forget_in(bank, account);
}

/// Gives the calling thread's account of a call that has ended back at once, so that a call in a loop needs no more
/// than one. No hook of this thread is under way, and no other thread uses the account. A signal handler that comes in
/// between may still allocate on the account, until the thread has forgotten it.
void mscope_end_account_here(uint32_t call)
{
    struct mscope_bank *bank = mscope_tls.bank;
    const void *task = mscope_task_here();
    uint64_t id = task != NULL ? swift_task_getJobTaskId(task) : 0;
    if (bank == NULL) return;
    bool held = mscope_hold_numbers(bank, (uint64_t)__builtin_frame_address(0));
    struct mscope_recent_account *set = mscope_recent_set(bank, id, call);
    for (int i = 0; i < MSCOPE_RECENT_WAYS; i++) {
        if (mscope_load_relaxed(&set[i].task) != ~id || set[i].call != call || set[i].thread != bank->thread) continue;
        struct mscope_account *account = mscope_account_at(set[i].account);
        mscope_forget_in(bank, account);
        mscope_signal_fence();
        if (mscope_account_is_unused(account)) mscope_free_account(account);
        break;
    }
    mscope_release_numbers(bank, held);
}
