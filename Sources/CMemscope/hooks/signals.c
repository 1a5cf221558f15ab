// What the program does with fault signals, kept apart from the handler that the kernel knows: the core replaces libc's
// functions for signals. A guard can be passed only while its signal is not blocked, so the two fault signals never
// are; the program is told that they are.
#include "hooks/hooks.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MSCOPE_NO_HOOKS

enum { MSCOPE_SIGNALS = 65 };
// Which fault signals each handler of the program's asked to be blocked, by the handler's signal.
static _Atomic uint8_t mscope_asked_masks[MSCOPE_SIGNALS];

// ---- masks

/// Removes the fault signals from a set. Returns which there were.
static uint32_t mscope_strip(sigset_t *set)
{
    uint32_t had = (sigismember(set, SIGSEGV) == 1 ? 1 : 0) | (sigismember(set, SIGBUS) == 1 ? 2 : 0);
    if (had & 1) sigdelset(set, SIGSEGV);
    if (had & 2) sigdelset(set, SIGBUS);
    return had;
}

static void mscope_unstrip(sigset_t *set, uint32_t had)
{
    if (had & 1) sigaddset(set, SIGSEGV);
    if (had & 2) sigaddset(set, SIGBUS);
}

/// The work of both functions below. Returns the error, or 0.
static int mscope_set_mask(int how, const sigset_t *set, sigset_t *old)
{
    uint32_t before = mscope_tls.blocked_faults;
    sigset_t stripped;
    if (set != NULL && mscope_keeps_program_action(SIGSEGV)) {
        stripped = *set;
        uint32_t had = mscope_strip(&stripped);
        if (how == SIG_UNBLOCK)
            mscope_tls.blocked_faults &= ~had;
        else if (how == SIG_BLOCK || how == SIG_SETMASK)
            mscope_tls.blocked_faults = had | (how == SIG_BLOCK ? before : 0);
        if (how != SIG_UNBLOCK) set = &stripped;
    }
    int result = mscope_next.pthread_sigmask ? mscope_next.pthread_sigmask(how, set, old) : EINVAL;
    if (result == 0 && old != NULL) mscope_unstrip(old, before);
    return result;
}

int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
    if (mscope_next.pthread_sigmask == NULL && !mscope_boot())
        return (int)-mscope_system(SYS_rt_sigprocmask, how, set, old, 8);
    return mscope_set_mask(how, set, old);
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    int error = pthread_sigmask(how, set, old);
    if (error == 0) return 0;
    errno = error;
    return -1;
}

/// When there are threads of MemScope's, glibc takes a lock for its handlers of fork. A signal handler that forks in
/// the middle of a fork would wait for this lock for ever; so signals wait until the fork is over.
pid_t fork(void)
{
    if (mscope_next.fork == NULL && !mscope_boot()) {
        errno = EAGAIN;
        return -1;
    }
    if (mscope_own_thread_count() == 0) return mscope_next.fork();
    uint64_t asynchronous = ~(1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1) | 1ull << (SIGFPE - 1) | 1ull << (SIGILL - 1)
                              | 1ull << (SIGTRAP - 1) | 1ull << (SIGABRT - 1));
    uint64_t before = 0;
    long blocked = mscope_system(SYS_rt_sigprocmask, SIG_BLOCK, &asynchronous, &before, sizeof(before));
    pid_t child = mscope_next.fork();
    if (blocked == 0) mscope_system(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
    return child;
}

// ---- actions

/// Sets the program's action for another signal, without the fault signals that it would block.
static int mscope_set_other(int number, const struct sigaction *action, struct sigaction *old)
{
    struct sigaction stripped;
    uint32_t before = number > 0 && number < MSCOPE_SIGNALS ? mscope_load_relaxed(&mscope_asked_masks[number]) : 0;
    uint32_t had = 0;
    if (action != NULL && mscope_keeps_program_action(SIGSEGV)) {
        stripped = *action;
        had = mscope_strip(&stripped.sa_mask);
        action = &stripped;
    }
    struct sigaction room;
    bool is_stripped = action == &stripped;
    int result = mscope_next.sigaction(number, mscope_action_for_kernel(number, action, &room), old);
    if (result != 0 || number <= 0 || number >= MSCOPE_SIGNALS) return result;
    if (old != NULL) mscope_hide_request_action(number, old);
    if (old != NULL) mscope_unstrip(&old->sa_mask, before);
    if (is_stripped) mscope_store_relaxed(&mscope_asked_masks[number], (uint8_t)had);
    if (action != NULL) mscope_note_handler(number);
    return 0;
}

int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    if (mscope_next.sigaction == NULL && (!mscope_boot() || mscope_next.sigaction == NULL)) {
        errno = ENOSYS;
        return -1;
    }
    if (!mscope_keeps_program_action(number)) return mscope_set_other(number, action, old);
    struct sigaction before = mscope_program_action(number);
    if (action != NULL) {
        struct sigaction wanted = *action; // `old` may be the same memory
        mscope_keep_program_action(number, &wanted);
        mscope_set_kernel_action(number, &wanted);
    }
    if (old != NULL) *old = before;
    return 0;
}

int __sigaction(int number, const struct sigaction *action, struct sigaction *old) __attribute__((alias("sigaction")));

/// The older functions are the one above with other flags.
static mscope_handler mscope_set_handler(int number, mscope_handler handler, int flags, bool masks_itself)
{
    struct sigaction action, old;
    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = flags;
    if (masks_itself) sigaddset(&action.sa_mask, number);
    return sigaction(number, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

/// libc's function has set `handler` in place of `old`: for a signal that the core watches, the default is the core's
/// handler.
static mscope_handler mscope_after_set(int number, mscope_handler handler, mscope_handler old)
{
    if (old == SIG_ERR || !mscope_is_default_ours(number)) return old;
    struct sigaction action = {.sa_handler = handler}, before = {.sa_handler = old}, room;
    if (handler == SIG_DFL) mscope_next.sigaction(number, mscope_action_for_kernel(number, &action, &room), NULL);
    mscope_hide_request_action(number, &before);
    return before.sa_handler;
}

mscope_handler signal(int number, mscope_handler handler)
{
    if (!mscope_keeps_program_action(number)) {
        if (mscope_next.signal == NULL && !mscope_boot()) return SIG_ERR;
        return mscope_after_set(number, handler, mscope_next.signal(number, handler));
    }
    return mscope_set_handler(number, handler, SA_RESTART, true);
}

mscope_handler bsd_signal(int number, mscope_handler handler) __attribute__((alias("signal")));
mscope_handler ssignal(int number, mscope_handler handler) __attribute__((alias("signal")));

mscope_handler sysv_signal(int number, mscope_handler handler)
{
    if (!mscope_keeps_program_action(number)) {
        if (mscope_next.sysv_signal == NULL && !mscope_boot()) return SIG_ERR;
        return mscope_after_set(number, handler, mscope_next.sysv_signal(number, handler));
    }
    return mscope_set_handler(number, handler, (int)(SA_RESETHAND | SA_NODEFER), false);
}

mscope_handler __sysv_signal(int number, mscope_handler handler) __attribute__((alias("sysv_signal")));

mscope_handler sigset(int number, mscope_handler handler)
{
    if (mscope_keeps_program_action(number) && handler != SIG_HOLD)
        return mscope_set_handler(number, handler, 0, false);
    if (mscope_next.sigset == NULL && !mscope_boot()) return SIG_ERR;
    return mscope_after_set(number, handler, mscope_next.sigset(number, handler));
}

#endif
