// Signals that end the process: faults and requests to end. The core's handler has the report written first.
#include "hooks/ending.h"
#include "hooks/hooks.h"

#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

enum { MSCOPE_SOMEWHERE_TIMES = 20 };

// The first ones say that something is wrong, the others ask the process to end.
static const int mscope_fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGTERM, SIGINT, SIGHUP};
enum { MSCOPE_FATAL = sizeof(mscope_fatal) / sizeof(mscope_fatal[0]), MSCOPE_FAULTS = 6 };
static struct sigaction mscope_before[MSCOPE_FATAL];
// One bit for each signal where the program wants the default action, and the core's handler stands for it.
static _Atomic uint64_t mscope_watched_requests, mscope_watched_faults;

/// Sets an action without the hook, which would take the core's handler for the default. For a fault where the kernel's
/// handler is that of the guards the hook is used: this handler comes after the guards'.
static int mscope_set_action(int number, const struct sigaction *action, struct sigaction *old)
{
#ifndef MSCOPE_NO_HOOKS
    if (!mscope_keeps_program_action(number) && mscope_next.sigaction != NULL)
        return mscope_next.sigaction(number, action, old);
#endif
    return sigaction(number, action, old);
}

/// Whether the thread was in a system call: no signal lets it leave the call as if nothing had happened.
static bool mscope_is_in_call(struct mscope_cursor at)
{
    uint8_t code[8];
    uint64_t pc = at.pc - 1; // of the instruction; a call that is made again begins there
    if (mscope_read_memory(pc - 4, code, sizeof(code)) != sizeof(code)) return true;
#if defined(__x86_64__)
    return (code[2] == 0x0f && code[3] == 0x05) || (code[4] == 0x0f && code[5] == 0x05);
#else
    return memcmp(code, "\x01\0\0\xd4", 4) == 0 || memcmp(code + 4, "\x01\0\0\xd4", 4) == 0;
#endif
}

/// Whether this handler's stack is large enough for its work: an alternate stack may be nearly full.
static bool mscope_has_stack(const ucontext_t *context)
{
    enum { MSCOPE_LEAST_STACK = 3072 };
    const stack_t *stack = &context->uc_stack;
    uint64_t left = (uint64_t)__builtin_frame_address(0) - (uint64_t)stack->ss_sp;
    return (stack->ss_flags & SS_DISABLE) || left >= stack->ss_size || left >= MSCOPE_LEAST_STACK;
}

/// Whether a signal can wait, and so comes again later. If it cannot, and its thread may hold ld.so's lock, the report
/// does without that lock.
static bool mscope_passes_on(int number, const siginfo_t *info, struct mscope_cursor at)
{
    static _Atomic uint32_t somewhere;
    enum mscope_whereabouts place = mscope_find_whereabouts(at);
    // A moment later most threads are where their callers are known.
    bool may_pass = place == MSCOPE_IN_LOADER
                    || (place == MSCOPE_SOMEWHERE && !mscope_is_in_call(at)
                        && mscope_add_relaxed(&somewhere, 1) < MSCOPE_SOMEWHERE_TIMES);
    if (may_pass && mscope_is_watched_request(number) && mscope_postpone(number, info, mscope_now())) return true;
    if (place == MSCOPE_IN_LOADER) mscope_do_without_loader_lock();
    return false;
}

/// Whether a fault signal that was sent to the process came to one of MemScope's threads, which do not block these
/// signals: then it is sent again, for one of the program's threads.
static bool mscope_leaves_to_program(int number, const siginfo_t *info, ucontext_t *context)
{
    if (!mscope_is_own_thread() || info->si_code > 0 || info->si_code == SI_TKILL) return false;
    sigaddset(&context->uc_sigmask, number);              // from now on blocked on this thread
    mscope_system(SYS_kill, mscope_process_id(), number); // without the sender: only a first thread may state one
    return true;
}

static void mscope_on_fatal(int number, siginfo_t *info, void *context)
{
    if (mscope_leaves_to_program(number, info, context)) return;
    if (mscope_is_reporter()) {
        // A crash of MemScope's own is no crash of the program's. The thread that waits goes on; this one does nothing
        // more.
        mscope_say("writing the report failed with a signal; ", "the process ends without it", "");
        mscope_end_reported(-1);
        while (true) mscope_system(SYS_ppoll, NULL, 0, NULL, NULL, 0);
    }
    if (mscope_is_watched_request(number) && mscope_is_late_request(number)) return;
    // A child of vfork shares this memory, but is another process, which writes no report.
    if (mscope_reports_end() && mscope_has_stack(context)) {
        if (mscope_passes_on(number, info, mscope_interrupted_call(context))) return;
        mscope_announce_end(MSCOPE_END_SIGNAL, number, NULL);
    }
    const struct sigaction *before = mscope_before;
    for (int i = 0; i < MSCOPE_FATAL; i++)
        if (mscope_fatal[i] == number) before = &mscope_before[i];
    if (before->sa_flags & SA_SIGINFO) {
        before->sa_sigaction(number, info, context);
    } else if (before->sa_handler != SIG_DFL) {
        before->sa_handler(number);
    } else {
        // Blocked until this handler returns: then it ends the process as if the handler had not run, with the same
        // siginfo.
        bool allowed = !mscope_is_denied(SYS_rt_sigaction) && mscope_set_action(number, before, NULL) == 0;
        int32_t process = mscope_process_id(), thread = mscope_thread_id();
        if (!allowed || mscope_system(SYS_rt_tgsigqueueinfo, process, thread, number, info) != 0)
            mscope_raw_call(SYS_exit_group, 128 + number, 0, 0, 0, 0, 0);
    }
}

void mscope_report_fault(int number, const void *context)
{
    bool is_watched = (mscope_load_relaxed(&mscope_watched_faults) >> number & 1) != 0;
    if (is_watched && !mscope_is_reporter() && mscope_reports_end() && mscope_has_stack(context))
        mscope_announce_end(MSCOPE_END_SIGNAL, number, NULL);
}

/// Whether Swift's backtracer may start later. It takes only signals without a handler. Where its runtime is part of
/// MemScope's image it may start after MemScope: then such signals are left to it.
static bool mscope_awaits_backtracer(void)
{
    const char *wish = mscope_environment("SWIFT_BACKTRACE");
    if (wish != NULL && strstr(wish, "enable=no") != NULL) return false;
    Dl_info ours, runtime;
    return swift_retain != NULL && dladdr((const void *)mscope_on_fatal, &ours) != 0
           && dladdr((const void *)swift_retain, &runtime) != 0 && ours.dli_fbase == runtime.dli_fbase;
}

/// The action for a request to end. A second request is not delayed: it ends the process at once.
static struct sigaction mscope_request_action(void)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART};
    action.sa_sigaction = mscope_on_fatal;
    return action;
}

bool mscope_is_watched_request(int number)
{
    return number > 0 && number < 64 && (mscope_load_relaxed(&mscope_watched_requests) >> number & 1) != 0;
}

bool mscope_is_default_ours(int number)
{
    uint64_t watched = mscope_load_relaxed(&mscope_watched_requests) | mscope_load_relaxed(&mscope_watched_faults);
    return number > 0 && number < 64 && (watched >> number & 1) != 0;
}

const struct sigaction *mscope_action_for_kernel(int number, const struct sigaction *action, struct sigaction *room)
{
    bool is_default = action != NULL && !(action->sa_flags & SA_SIGINFO) && action->sa_handler == SIG_DFL;
    if (!is_default || !mscope_is_default_ours(number)) return action;
    if (mscope_is_watched_request(number)) {
        *room = mscope_request_action();
        return room;
    }
    if (!mscope_reports_end()) return action;
    for (int i = 0; i < MSCOPE_FAULTS; i++)
        if (mscope_fatal[i] == number) mscope_before[i] = *action;
    *room = *action;
    room->sa_sigaction = mscope_on_fatal;
    room->sa_flags |= SA_SIGINFO | SA_ONSTACK;
    return room;
}

static void mscope_hide_action(struct sigaction *action)
{
    if (action->sa_sigaction != mscope_on_fatal) return;
    memset(action, 0, sizeof(*action));
    action->sa_handler = SIG_DFL;
}

void mscope_hide_request_action(int number, struct sigaction *action)
{
    if (mscope_is_watched_request(number)) mscope_hide_action(action);
}

void mscope_unwatch_requests(void)
{
    uint64_t watched = mscope_load_relaxed(&mscope_watched_requests);
    for (int number = 1; number < 64; number++) {
        struct sigaction now;
        if ((watched >> number & 1) == 0 || mscope_set_action(number, NULL, &now) != 0) continue;
        mscope_store_relaxed(&mscope_watched_requests, mscope_watched_requests & ~(1ull << number));
        mscope_hide_action(&now);
        mscope_set_action(number, &now, NULL);
    }
}

/// The first process of a container has no default actions: it would get signals that it never got. Its children have
/// them.
static bool mscope_is_first_process(void)
{
    static bool is_first;
    if (mscope_process_id() == 1) is_first = true;
    return is_first;
}

void mscope_signals_of_child(void)
{
    if (mscope_is_first_process() && mscope_process_id() != 1) mscope_watch_signals(MSCOPE_FAULTS);
}

void mscope_watch_signals(int first)
{
    bool is_awaited = mscope_awaits_backtracer();
    for (int i = first; i < MSCOPE_FATAL; i++) {
        struct sigaction *before = &mscope_before[i];
        if (sigaction(mscope_fatal[i], NULL, before) != 0) continue;
        bool is_default = !(before->sa_flags & SA_SIGINFO) && before->sa_handler == SIG_DFL;
        bool is_ignored = !(before->sa_flags & SA_SIGINFO) && before->sa_handler == SIG_IGN;
        if (i >= MSCOPE_FAULTS) {
            // A program that handles a request ends in another way, or does not end.
            if (!is_default || (mscope_is_first_process() && mscope_process_id() == 1)) continue;
            mscope_store_relaxed(&mscope_watched_requests, mscope_watched_requests | 1ull << mscope_fatal[i]);
        } else if (is_ignored || (is_default && (is_awaited || mscope_has_go))) {
            // Go's runtime passes faults in C on to a handler that it finds, and reports them only if it finds none
            continue;
        }
        if (i < MSCOPE_FAULTS)
            mscope_store_relaxed(&mscope_watched_faults, mscope_watched_faults | 1ull << mscope_fatal[i]);
        struct sigaction ours = *before;
        ours.sa_sigaction = mscope_on_fatal;
        ours.sa_flags |= SA_SIGINFO | SA_ONSTACK;
        if (i >= MSCOPE_FAULTS) ours = mscope_request_action();
        mscope_set_action(mscope_fatal[i], &ours, NULL);
    }
}
