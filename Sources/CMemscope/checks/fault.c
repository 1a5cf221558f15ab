// The handler of SIGSEGV and SIGBUS in front of the program's: it handles the faults that a guard caught, and passes on
// all others exactly as the kernel would.
//
// The kernel knows only the core's handler. The program's actions are kept by the core (signals.c) and called with the
// mask, the stack and the flags they were set with. The core's handler defers no signal, so that a guard may be hit
// inside of the program's handler, too.
#include "checks/checks.h"
#include "checks/guard.h"
#include "checks/quarantine.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void (*mscope_on_default_fault)(int number, const void *context);

#ifndef MSCOPE_NO_HOOKS

/// Whether the signal was sent, by kill and the like, and so does not come again by itself as a real fault does.
static bool mscope_was_sent(const siginfo_t *info)
{
#if defined(BUS_MCEERR_AO)
    if (info->si_signo == SIGBUS && info->si_code == BUS_MCEERR_AO) return true;
#endif
    return info->si_code <= 0;
}

/// Ends the program as it would have ended: a fault happens again by itself, a signal that was sent is sent again.
static void mscope_default_action(int number, siginfo_t *info, const void *context)
{
    if (mscope_on_default_fault != NULL) mscope_on_default_fault(number, context);
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = SIG_DFL;
    mscope_next.sigaction(number, &action, NULL);
    if (mscope_was_sent(info))
        mscope_system(SYS_rt_tgsigqueueinfo, mscope_process_id(), mscope_thread_id(), number, info);
}

static void mscope_hand_on(int number, siginfo_t *info, void *context)
{
    struct sigaction action = mscope_program_action(number);
    if (action.sa_handler == SIG_IGN && mscope_was_sent(info)) return;
    if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN)
        return mscope_default_action(number, info, context);
    if ((uint32_t)action.sa_flags & SA_RESETHAND) mscope_forget_program_action(number);
    sigset_t blocked = action.sa_mask;
    // Set by hand: the first call of a libc function needs more stack than a small alternate one has.
    if (!(action.sa_flags & SA_NODEFER)) *(uint64_t *)&blocked |= 1ull << (number - 1);
    // Not through libc's function, which the core replaces; the kernel restores the old mask when this handler returns.
    mscope_system(SYS_rt_sigprocmask, SIG_BLOCK, &blocked, NULL, 8);
    if (action.sa_flags & SA_SIGINFO)
        action.sa_sigaction(number, info, context);
    else
        action.sa_handler(number);
}

static void mscope_on_fault(int number, siginfo_t *info, void *context)
{
    int saved = errno;
    bool ours = number == SIGSEGV && info->si_code > 0
                && mscope_guard_caught((uint64_t)info->si_addr, mscope_fault_was_write(context),
                                       mscope_interrupted_call(context));
    // An access by way of the frame pointer causes SIGBUS.
    if (!ours && !mscope_was_sent(info) && mscope_checks_level >= MSCOPE_CHECKS_FULL)
        ours = mscope_poison_caught(info, context);
    errno = saved;
    if (!ours) mscope_hand_on(number, info, context);
}

void mscope_set_kernel_action(int number, const struct sigaction *program)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    bool handled = program->sa_handler != SIG_DFL && program->sa_handler != SIG_IGN;
    action.sa_sigaction = mscope_on_fault;
    // A handler that did not ask for the alternate stack may need more room than that stack has.
    action.sa_flags = SA_SIGINFO | SA_NODEFER | (handled ? program->sa_flags & (SA_ONSTACK | SA_RESTART) : SA_ONSTACK);
    mscope_next.sigaction(number, &action, NULL);
}

bool mscope_fault_stands(void)
{
    uint64_t now[8] = {0}; // in the kernel's layout: the handler comes first
    return mscope_system(SYS_rt_sigaction, SIGSEGV, NULL, now, 8) == 0 && now[0] == (uint64_t)mscope_on_fault;
}

/// context: once, from mscope_boot
bool mscope_fault_start(void)
{
    static const int numbers[] = {SIGSEGV, SIGBUS};
    if (mscope_next.sigaction == NULL) return false;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction before;
        if (mscope_next.sigaction(numbers[i], NULL, &before) != 0) return false;
        mscope_keep_program_action(numbers[i], &before);
        mscope_set_kernel_action(numbers[i], &before);
    }
    return true;
}

#else

bool mscope_fault_start(void)
{
    return false;
}

bool mscope_fault_stands(void)
{
    return false;
}

#endif
