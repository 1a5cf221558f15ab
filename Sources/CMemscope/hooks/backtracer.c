// Lets Swift's crash backtracer hold MemScope's threads still, as it does the program's.
//
// The backtracer sends each thread the first of SIGUSR1, SIGUSR2 and SIGPROF that the thread does not block, and
// complains about a thread that blocks all three. MemScope's threads do, as no handler of the program may run on them.
// So when the backtracer has set its handler for the three, which it does only in a crash, MemScope's threads unblock
// one of them.
#include "hooks/hooks.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>

#ifndef MSCOPE_NO_HOOKS

// a signal that MemScope's threads do not block; one that they do
enum { MSCOPE_INVITATION = SIGBUS, MSCOPE_LET_IN = SIGUSR1 };
enum { MSCOPE_WAIT_STEP = 1000000, MSCOPE_WAIT_STEPS = 100 }; // nanoseconds; number of steps
static const int mscope_suspensions[] = {SIGUSR1, SIGUSR2, SIGPROF};

static _Atomic uint32_t mscope_let_in;

/// Replaces the handler of a fault for a moment; a fault that happens meanwhile comes again when its own handler is
/// back.
static void mscope_on_invitation(int number, siginfo_t *info, void *context)
{
    (void)number;
    if (info->si_code != SI_QUEUE || mscope_tls.internal != MSCOPE_TLS_OWN) return;
    uint64_t signal = 1ull << (MSCOPE_LET_IN - 1);
    sigdelset(&((ucontext_t *)context)->uc_sigmask, MSCOPE_LET_IN);
    // Unblocked now, too: the signal may come before this handler returns.
    mscope_system(SYS_rt_sigprocmask, SIG_UNBLOCK, &signal, NULL, sizeof(signal));
    mscope_add_relaxed(&mscope_let_in, 1);
}

/// Whether the three have one handler, which lies in the image of Swift's runtime and masks all signals.
static bool mscope_is_suspending(void)
{
    struct sigaction now, first;
    for (size_t i = 0; i < sizeof(mscope_suspensions) / sizeof(mscope_suspensions[0]); i++) {
        if (mscope_next.sigaction(mscope_suspensions[i], NULL, &now) != 0) return false;
        if (i == 0) first = now;
        bool is_set = now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN && sigismember(&now.sa_mask, SIGTERM) == 1;
        if (!is_set || now.sa_handler != first.sa_handler) return false;
    }
    uint64_t runtime = mscope_image_identity((uint64_t)swift_retain);
    return runtime != 0 && runtime == mscope_image_identity((uint64_t)first.sa_handler);
}

void mscope_note_handler(int number)
{
    bool is_one = number == SIGUSR1 || number == SIGUSR2 || number == SIGPROF;
    if (!is_one || swift_retain == NULL || mscope_own_thread_count() == 0 || !mscope_is_suspending()) return;
    struct sigaction ours = {.sa_sigaction = mscope_on_invitation, .sa_flags = SA_SIGINFO | SA_NODEFER}, before;
    if (mscope_is_denied(SYS_rt_tgsigqueueinfo)) return;
    if (mscope_next.sigaction(MSCOPE_INVITATION, &ours, &before) != 0) return;
    int32_t tids[MSCOPE_OWN_THREADS], process = mscope_process_id(), self = mscope_thread_id();
    mscope_list_own_threads(tids);
    siginfo_t info;
    memset(&info, 0, sizeof(info));
    info.si_signo = MSCOPE_INVITATION;
    info.si_code = SI_QUEUE;
    info.si_pid = process;
    uint32_t sent = mscope_load_relaxed(&mscope_let_in);
    for (size_t i = 0; i < MSCOPE_OWN_THREADS && tids[i] != 0; i++)
        if (tids[i] != self) sent += mscope_system(SYS_rt_tgsigqueueinfo, process, tids[i], info.si_signo, &info) == 0;
    for (int i = 0; i < MSCOPE_WAIT_STEPS && mscope_load_acquire(&mscope_let_in) != sent; i++)
        mscope_system(SYS_nanosleep, &(struct timespec){.tv_nsec = MSCOPE_WAIT_STEP}, NULL);
    mscope_next.sigaction(MSCOPE_INVITATION, &before, NULL);
}

#endif
