// Holds the program's threads still by a signal, where ptrace is not allowed: each waits in the handler.
//
// A handler makes more calls return EINTR than a stop by ptrace does, so more threads are left alone.
#include "scan/scan.h"
#include "scan/stop.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>

enum { MSCOPE_SIGNAL_PATIENCE = 50000000 }; // nanoseconds

static _Atomic(struct mscope_plan *) mscope_stopping; // NULL: a handler that runs now is too late
static _Atomic uint32_t mscope_in_handler;
// A signal that was sent may still be on its way; then the signal stays the core's, because its default action would
// end the process.
static int mscope_stop_signal;
static struct sigaction mscope_action_before;

static void mscope_wait_in_handler(struct mscope_plan *plan, void *context)
{
    int32_t tid = (int32_t)mscope_system(SYS_gettid);
    for (uint32_t i = 0; i < plan->thread_count; i++) {
        struct mscope_scan_thread *thread = &plan->threads[i];
        if (thread->tid != tid || !thread->seized || thread->held) continue;
        mscope_take_context(plan, thread, context);
        thread->pointer = mscope_thread_pointer();
        mscope_store_release(&thread->stopped, true);
        while (mscope_load_acquire(&plan->phase) < MSCOPE_PHASE_GO)
            mscope_await_phase(plan, mscope_load_acquire(&plan->phase), MSCOPE_SIGNAL_PATIENCE);
        break;
    }
}

/// context: a signal handler on a thread of the program
static void mscope_on_stop_signal(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    mscope_add_relaxed(&mscope_in_handler, 1);
    atomic_thread_fence(memory_order_seq_cst); // counted before the plan is read: see mscope_let_go_by_signal
    struct mscope_plan *plan = mscope_load_acquire(&mscope_stopping);
    if (plan != NULL && plan->process == mscope_system(SYS_getpid)) mscope_wait_in_handler(plan, context);
    mscope_rewind_context(context);
    atomic_fetch_sub_explicit(&mscope_in_handler, 1, memory_order_release);
}

/// Takes a real-time signal that has no handler, from the highest number down: lower ones are used first by others.
static bool mscope_take_signal(void)
{
    struct sigaction ours = {.sa_sigaction = mscope_on_stop_signal, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    sigfillset(&ours.sa_mask);
    if (mscope_stop_signal != 0) { // kept from the last time, if the program has not taken it since
        struct sigaction now;
        if (sigaction(mscope_stop_signal, NULL, &now) == 0 && now.sa_sigaction == mscope_on_stop_signal) return true;
    }
    for (int signal = SIGRTMAX; signal >= SIGRTMIN; signal--) {
        if (sigaction(signal, NULL, &mscope_action_before) != 0) continue;
        if (mscope_action_before.sa_handler != SIG_DFL || sigaction(signal, &ours, NULL) != 0) continue;
        mscope_stop_signal = signal;
        return true;
    }
    return false;
}

static void mscope_signal_thread(struct mscope_plan *plan, struct mscope_scan_thread *thread)
{
    uint64_t values[8];
    thread->met = true;
    long call = mscope_system_call_of(plan->process, thread->tid, values);
    bool blocked = mscope_blocked_signals(plan->process, thread->tid) >> (mscope_stop_signal - 1) & 1;
    if (blocked || (call >= 0 && !mscope_survives_handler(call, values))) {
        thread->left = true;
        mscope_take_place(thread, values);
        return;
    }
    thread->seized = true;
    if (plan->held_at == 0) plan->held_at = mscope_now();
    if (mscope_system(SYS_tgkill, plan->process, thread->tid, mscope_stop_signal) < 0) thread->seized = false;
}

static void mscope_await_handlers(struct mscope_plan *plan)
{
    uint64_t began = mscope_now(), values[8];
    for (uint32_t i = 0; i < plan->thread_count; i++) {
        struct mscope_scan_thread *thread = &plan->threads[i];
        if (!thread->seized || thread->held) continue;
        while (!mscope_load_acquire(&thread->stopped) && mscope_now() - began < MSCOPE_SIGNAL_PATIENCE)
            mscope_system(SYS_nanosleep, &(struct timespec){.tv_nsec = 50000}, NULL);
        thread->held = mscope_load_acquire(&thread->stopped);
        thread->left = !thread->held; // it may stop in a later round
        if (thread->held) continue;
        mscope_system_call_of(plan->process, thread->tid, values);
        mscope_take_place(thread, values);
    }
}

bool mscope_hold_by_signal(struct mscope_plan *plan)
{
    int saved = errno;
    if (!mscope_take_signal()) return false;
    errno = saved;
    mscope_store_release(&plan->phase, MSCOPE_PHASE_HELD);
    mscope_store_release(&mscope_stopping, plan);
    for (uint32_t round = 0, new = 1; round < 64 && new != 0; round++) {
        new = 0;
        mscope_list_threads(plan);
        for (uint32_t i = 0; i < plan->thread_count; i++) {
            if (plan->threads[i].self || plan->threads[i].met) continue;
            new++;
            mscope_signal_thread(plan, &plan->threads[i]);
        }
        mscope_await_handlers(plan);
    }
    return true;
}

void mscope_let_go_by_signal(struct mscope_plan *plan)
{
    bool all = true;
    for (uint32_t i = 0; i < plan->thread_count; i++) all &= !plan->threads[i].seized || plan->threads[i].held;
    mscope_store_release(&mscope_stopping, NULL);
    mscope_set_phase(plan, MSCOPE_PHASE_GO);
    if (plan->held_at != 0) plan->pause = mscope_now() - plan->held_at;
    // No handler may use the plan after it is gone.
    atomic_thread_fence(memory_order_seq_cst);
    while (mscope_load_acquire(&mscope_in_handler) != 0)
        mscope_system(SYS_nanosleep, &(struct timespec){.tv_nsec = 50000}, NULL);
    if (!all) return;
    int saved = errno;
    sigaction(mscope_stop_signal, &mscope_action_before, NULL);
    errno = saved;
    mscope_stop_signal = 0;
}

/// In the child no thread is stopped, and threads that were in a handler do not exist.
void mscope_stop_after_fork(void)
{
    mscope_store_relaxed(&mscope_stopping, NULL);
    mscope_store_relaxed(&mscope_in_handler, 0);
}
