// What the program wants to happen at fault signals, while the handler that the kernel calls is the core's.
#include "checks/checks.h"

#include <signal.h>

enum { MSCOPE_ACTIONS = 64 };

// An action is written to a fresh place, then counted, so that a handler that comes in between reads a complete one.
static struct mscope_kept {
    _Atomic uint32_t count; // 0: the kernel's handler is not the core's
    struct sigaction actions[MSCOPE_ACTIONS];
} mscope_kept[2];
static _Atomic int32_t mscope_owner; // the process whose actions these are

static inline struct mscope_kept *mscope_kept_of(int number)
{
    return number == SIGSEGV ? &mscope_kept[0] : number == SIGBUS ? &mscope_kept[1] : NULL;
}

/// Whether the core has an action of the program's. A child of vfork shares the core's memory, but not its handlers.
bool mscope_keeps_program_action(int number)
{
    struct mscope_kept *kept = mscope_kept_of(number);
    return kept != NULL && mscope_load_acquire(&kept->count) != 0
           && mscope_load_relaxed(&mscope_owner) == mscope_process_id();
}

void mscope_keep_program_action(int number, const struct sigaction *action)
{
    struct mscope_kept *kept = mscope_kept_of(number);
    uint32_t count = mscope_load_relaxed(&kept->count);
    kept->actions[count % MSCOPE_ACTIONS] = *action;
    if (count == 0) mscope_store_relaxed(&mscope_owner, mscope_process_id());
    mscope_store_release(&kept->count, count + 1);
}

struct sigaction mscope_program_action(int number)
{
    struct mscope_kept *kept = mscope_kept_of(number);
    return kept->actions[(mscope_load_acquire(&kept->count) - 1) % MSCOPE_ACTIONS];
}

void mscope_forget_program_action(int number)
{
    struct sigaction action = mscope_program_action(number);
    action.sa_handler = SIG_DFL;
    mscope_keep_program_action(number, &action);
}

void mscope_actions_after_fork(void)
{
    mscope_store_relaxed(&mscope_owner, mscope_process_id());
}
