// How the process ends: the thread that ends it wakes the reporter and waits for it, for a limited time.
//
// An end may come in a signal handler and with any lock held, so nothing here takes one: two words and a futex.
#include "apart.h"
#include "frames.h"
#include "loaderlock.h"
#include "stop.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MSCOPE_QUIET = 0, MSCOPE_ENDING = 1, MSCOPE_REPORTED = 2, MSCOPE_POSTPONED = 3 };
// nanoseconds
enum { MSCOPE_POSTPONEMENT = 1000000, MSCOPE_LOCKED_END = 2000000000, MSCOPE_LOOK_FOR_THREADS = 1000000000 };

static _Atomic uint32_t mscope_end_state;
// The process that has a reporter; 0 without one. A child made by vfork or clone shares or copies this word and has
// another id.
static _Atomic int32_t mscope_end_process;
static _Atomic int32_t mscope_reporter;   // thread id; 0: not started in this process
static _Atomic int32_t mscope_end_thread; // who announced the end
static _Atomic uint64_t mscope_end_at;    // when that thread goes on at the latest
static _Atomic int32_t mscope_end_status;
static struct mscope_end mscope_how;                 // written before the state is MSCOPE_ENDING
static struct mscope_frame mscope_end_frame;         // likewise, as the next one
static uint64_t mscope_end_entry;                    // the hook's frame; 0: a signal handler's
static struct mscope_end_options mscope_end_options; // written before mscope_end_process
static bool mscope_ends_itself;                      // the reporter's: nobody else is left to end the process

// ---- the two sides

static long mscope_wait_while(uint32_t state, uint64_t until)
{
    struct timespec time = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
    return mscope_system(SYS_futex, &mscope_end_state, FUTEX_WAIT_BITSET_PRIVATE, state, until ? &time : NULL, 0,
                         FUTEX_BITSET_MATCH_ANY);
}

static void mscope_move_on(uint32_t state)
{
    mscope_store_release(&mscope_end_state, state);
    mscope_system(SYS_futex, &mscope_end_state, FUTEX_WAKE_PRIVATE, INT32_MAX);
}

// A request to end that came while its thread held ld.so's lock, which a report needs: it comes again a moment later.
static int mscope_postponed;            // a signal
static int32_t mscope_postponed_thread; // 0: of the whole process
static uint64_t mscope_postponed_since;

/// context: a handler of a request
static bool mscope_postpone(int number, const siginfo_t *info, uint64_t now)
{
    // Another thread ends the process: who waited for that with the lock would keep the report from coming.
    if (mscope_load_acquire(&mscope_end_state) == MSCOPE_ENDING) return true;
    if (mscope_postponed_since == 0) mscope_postponed_since = now;
    // Whoever runs the whole program in a constructor holds the lock for good.
    if (mscope_load_acquire(&mscope_reporter) == 0 || now - mscope_postponed_since > MSCOPE_LOCKED_END) return false;
    mscope_postponed = number;
    mscope_postponed_thread = info->si_code == SI_TKILL ? mscope_thread_id() : 0;
    uint32_t quiet = MSCOPE_QUIET;
    if (!mscope_cas_acq_rel(&mscope_end_state, &quiet, MSCOPE_POSTPONED)) return quiet != MSCOPE_REPORTED;
    mscope_system(SYS_futex, &mscope_end_state, FUTEX_WAKE_PRIVATE, INT32_MAX);
    return true;
}

static void mscope_send_postponed(void)
{
    // Each time after another while: who does nothing but load would else be met at the same place.
    long pause = MSCOPE_POSTPONEMENT / 10 + (long)(mscope_now() % MSCOPE_POSTPONEMENT);
    mscope_system(SYS_nanosleep, &(struct timespec){.tv_nsec = pause}, NULL);
    uint32_t postponed = MSCOPE_POSTPONED;
    if (!mscope_cas_acq_rel(&mscope_end_state, &postponed, MSCOPE_QUIET)) return; // another thread ends the process
    int32_t process = mscope_process_id(), thread = mscope_postponed_thread;
    // One that was sent to the process is any thread's; so is one whose thread has ended.
    if (thread == 0 || mscope_system(SYS_tgkill, process, thread, mscope_postponed) != 0)
        mscope_system(SYS_kill, process, mscope_postponed);
}

struct mscope_end mscope_await_end(void)
{
    mscope_store_release(&mscope_reporter, mscope_thread_id());
    for (uint32_t state; (state = mscope_load_acquire(&mscope_end_state)) != MSCOPE_ENDING;) {
        if (state == MSCOPE_POSTPONED) {
            mscope_send_postponed();
            continue;
        }
        // A filter may refuse to wait at all.
        if (mscope_wait_while(MSCOPE_QUIET, mscope_now() + MSCOPE_LOOK_FOR_THREADS) == -EPERM)
            mscope_system(SYS_nanosleep, &(struct timespec){.tv_sec = 1}, NULL);
        if (!mscope_is_shut_in() && mscope_is_over(&mscope_how)) {
            mscope_ends_itself = true;
            break;
        }
    }
    return mscope_how;
}

void mscope_end_if_over(void)
{
    struct mscope_end end;
    bool has_reporter = mscope_load_acquire(&mscope_end_process) == mscope_process_id();
    if (!has_reporter && !mscope_is_shut_in() && mscope_is_over(&end)) mscope_end_as(end);
}

void mscope_put_off_end(uint64_t nanoseconds)
{
    uint64_t until = mscope_now() + nanoseconds;
    if (until > mscope_load_relaxed(&mscope_end_at)) mscope_store_release(&mscope_end_at, until);
}

void mscope_end_reported(int32_t status)
{
    mscope_store_relaxed(&mscope_end_status, status);
    mscope_move_on(MSCOPE_REPORTED);
    if (!mscope_ends_itself) return;
    if (mscope_how.kind != MSCOPE_END_SIGNAL && status >= 0) mscope_how.number = status;
    mscope_end_as(mscope_how);
}

/// Waits until the report is there, or for as long as options allow; the status to leave with.
static int mscope_await_report(int status)
{
    while (mscope_load_acquire(&mscope_end_state) != MSCOPE_REPORTED) {
        uint64_t until = mscope_load_acquire(&mscope_end_at);
        if (mscope_now() >= until) {
            mscope_say("the report was not ready in time; ", "the process ends without it", "");
            return status;
        }
        if (mscope_wait_while(MSCOPE_ENDING, until) == -EPERM) {
            mscope_say("the program's filter of system calls forbids to wait for the report; ", "there is none", "");
            return status;
        }
    }
    int wanted = mscope_load_relaxed(&mscope_end_status);
    return wanted >= 0 ? wanted : status;
}

static void mscope_start_reporter(void *started)
{
    *(bool *)started = mscope_end_options.start_in_child();
}

/// Has the report written before the process ends; the status to end with. `entry` is the frame of the hook.
/// `is_locked`: this thread has a lock that a report may need, so it is not waited for as long.
static __attribute__((noinline)) int mscope_announce_end(uint32_t kind, int number, bool is_locked, const void *entry)
{
    int32_t process = mscope_load_acquire(&mscope_end_process);
    if (mscope_likely(process == 0) || process != mscope_process_id()) return number;
    int32_t thread = mscope_thread_id();
    if (mscope_load_acquire(&mscope_reporter) == thread) return number;
    if (kind != MSCOPE_END_SIGNAL && mscope_postponed_since != 0) // it ends by the signal that was to end it
        mscope_system(SYS_nanosleep, &(struct timespec){.tv_nsec = 20 * MSCOPE_POSTPONEMENT}, NULL);
    if (mscope_is_shut_in()) {
        mscope_say("the program's filter of system calls forbids what a report needs; ", "there is none", "");
        return number;
    }
    int32_t nobody = 0;
    if (!mscope_cas_acq_rel(&mscope_end_thread, &nobody, thread)) {
        // Another thread was first: it would be cut short. The same one comes again from a handler, or after all.
        return nobody == thread ? number : mscope_await_report(number);
    }
    if (mscope_load_acquire(&mscope_reporter) == 0 && mscope_fork_generation() != 0) {
        if (kind == MSCOPE_END_SIGNAL || mscope_is_denied(SYS_clone) || mscope_is_denied(SYS_clone3))
            return number; // starting a thread takes locks, and calls
        bool started = false;
        if (!mscope_call_engine(mscope_start_reporter, &started) || !started) return number;
    }
    mscope_how = (struct mscope_end){kind, number};
    mscope_end_frame = mscope_frame_here();
    mscope_end_entry = (uint64_t)entry;
    uint64_t patience = is_locked ? MSCOPE_LOCKED_END : mscope_end_options.timeout;
    mscope_store_release(&mscope_end_at, mscope_now() + patience);
    mscope_move_on(MSCOPE_ENDING);
    number = mscope_await_report(number);
    __asm__ volatile("" ::: "memory"); // no jump: the frame has to stay
    return number;
}

bool mscope_is_ending(int32_t tid)
{
    return mscope_load_relaxed(&mscope_end_thread) == tid;
}

bool mscope_find_end_frame(struct mscope_frame *frame, uint64_t *entry)
{
    *frame = mscope_end_frame;
    *entry = mscope_end_entry;
    return mscope_end_entry != 0;
}

void mscope_end_after_fork(void)
{
    if (mscope_load_relaxed(&mscope_end_process) == 0) return;
    mscope_store_relaxed(&mscope_reporter, 0);
    mscope_store_relaxed(&mscope_end_thread, 0);
    mscope_postponed_since = 0;
    mscope_store_relaxed(&mscope_end_state, MSCOPE_QUIET);
    mscope_store_release(&mscope_end_process, mscope_end_options.start_in_child != NULL ? mscope_process_id() : 0);
}

// ---- fatal signals

// The first ones say that something is wrong, the others ask the process to end.
static const int mscope_fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGTERM, SIGINT, SIGHUP};
enum { MSCOPE_FATAL = sizeof(mscope_fatal) / sizeof(mscope_fatal[0]), MSCOPE_FAULTS = 6 };
static struct sigaction mscope_before[MSCOPE_FATAL];
static _Atomic uint64_t mscope_watched_requests; // by signal: where the program wants the default, ours is the handler

/// Of a request past the hook, which takes our handler for the default. Of a fault through it: the kernel's handler is
/// that of the guards, and ours comes after it.
static int mscope_set_action(int number, const struct sigaction *action, struct sigaction *old)
{
#ifndef MSCOPE_NO_HOOKS
    bool is_request = number == SIGTERM || number == SIGINT || number == SIGHUP;
    if (is_request && mscope_next.sigaction != NULL) return mscope_next.sigaction(number, action, old);
#endif
    return sigaction(number, action, old);
}

static void mscope_on_fatal(int number, siginfo_t *info, void *context)
{
    if (mscope_load_acquire(&mscope_reporter) == mscope_thread_id()) {
        // Ours is not the program's crash. Who waits for us goes on, and this thread is as good as gone.
        mscope_say("writing the report failed with a signal; ", "the process ends without it", "");
        mscope_end_reported(-1);
        while (true) mscope_system(SYS_ppoll, NULL, 0, NULL, NULL, 0);
    }
    bool is_ours = mscope_load_relaxed(&mscope_end_process) == mscope_process_id(); // not of a child by vfork
    bool is_locked = is_ours && mscope_is_in_loader(context);
    if (is_locked && mscope_is_watched_request(number) && mscope_postpone(number, info, mscope_now())) return;
    mscope_announce_end(MSCOPE_END_SIGNAL, number, is_locked, NULL);
    const struct sigaction *before = mscope_before;
    for (int i = 0; i < MSCOPE_FATAL; i++)
        if (mscope_fatal[i] == number) before = &mscope_before[i];
    if (before->sa_flags & SA_SIGINFO) {
        before->sa_sigaction(number, info, context);
    } else if (before->sa_handler != SIG_DFL) {
        before->sa_handler(number);
    } else {
        // Blocked until we return: then it ends the process as if we had not been here, with the same siginfo.
        bool allowed = !mscope_is_denied(SYS_rt_sigaction) && mscope_set_action(number, before, NULL) == 0;
        int32_t process = mscope_process_id(), thread = mscope_thread_id();
        if (!allowed || mscope_system(SYS_rt_tgsigqueueinfo, process, thread, number, info) != 0)
            mscope_raw_call(SYS_exit_group, 128 + number, 0, 0, 0, 0, 0);
    }
}

/// Swift's backtracer takes only signals that are nobody's. Where its runtime is part of our image it may be started
/// after us: then such signals are left to it.
static bool mscope_awaits_backtracer(void)
{
    const char *wish = mscope_environment("SWIFT_BACKTRACE");
    if (wish != NULL && strstr(wish, "enable=no") != NULL) return false;
    Dl_info ours, runtime;
    return swift_retain != NULL && dladdr((const void *)mscope_on_fatal, &ours) != 0
           && dladdr((const void *)swift_retain, &runtime) != 0 && ours.dli_fbase == runtime.dli_fbase;
}

/// The action for a request to end. A second one is not put off: it ends the process at once.
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

const struct sigaction *mscope_action_for_kernel(int number, const struct sigaction *action, struct sigaction *room)
{
    bool is_default = action != NULL && !(action->sa_flags & SA_SIGINFO) && action->sa_handler == SIG_DFL;
    if (!is_default || !mscope_is_watched_request(number)) return action;
    *room = mscope_request_action();
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

static void mscope_watch_signals(void)
{
    bool is_awaited = mscope_awaits_backtracer();
    for (int i = 0; i < MSCOPE_FATAL; i++) {
        struct sigaction *before = &mscope_before[i];
        if (sigaction(mscope_fatal[i], NULL, before) != 0) continue;
        bool is_default = !(before->sa_flags & SA_SIGINFO) && before->sa_handler == SIG_DFL;
        bool is_ignored = !(before->sa_flags & SA_SIGINFO) && before->sa_handler == SIG_IGN;
        if (i >= MSCOPE_FAULTS) {
            // Who handles a request ends by another way, or does not end. The first process of a container has no
            // default: it would get what it never got.
            if (!is_default || mscope_process_id() == 1) continue;
            mscope_store_relaxed(&mscope_watched_requests, mscope_watched_requests | 1ull << mscope_fatal[i]);
        } else if (is_ignored || (is_default && is_awaited)) {
            continue;
        }
        struct sigaction ours = *before;
        ours.sa_sigaction = mscope_on_fatal;
        ours.sa_flags |= SA_SIGINFO | SA_ONSTACK;
        if (i >= MSCOPE_FAULTS) ours = mscope_request_action();
        mscope_set_action(mscope_fatal[i], &ours, NULL);
    }
}

void mscope_watch_end(const struct mscope_end_options *options)
{
    mscope_end_options = *options;
    mscope_store_release(&mscope_end_process, mscope_process_id());
    if (options->signals) mscope_watch_signals();
}

// ---- ends

static void mscope_exits(int status, void *context)
{
    (void)context;
    int wanted = mscope_announce_end(MSCOPE_END_EXIT, status, false, __builtin_frame_address(0));
    // From a handler, exit goes on with what is left of the first call: handlers before ours, then the streams.
    if (wanted != status) exit(wanted);
}

static void mscope_exits_quickly(void)
{
    int wanted = mscope_announce_end(MSCOPE_END_QUICK, -1, false, __builtin_frame_address(0));
    if (wanted >= 0) _exit(wanted);
}

bool mscope_wants_end(void)
{
    static const char *const wishes[] = {"MEMSCOPE_REPORT", "MEMSCOPE_LEAK_EXITCODE", "MEMSCOPE_ERROR_EXITCODE",
                                         "MEMSCOPE_PRINT_ERRORS"};
    bool is_wanted = false;
    for (int i = 0; i < 4; i++) is_wanted |= mscope_environment(wishes[i]) != NULL;
    return is_wanted;
}

/// First of all constructors, since handlers run in the reverse order: what the program frees at its end is no leak.
static __attribute__((constructor(101))) void mscope_find_ends(void)
{
    if (!mscope_wants_end()) return;
    bool before = mscope_thread_set_internal(true);
    on_exit(mscope_exits, NULL);
    at_quick_exit(mscope_exits_quickly);
    mscope_watch_go();
    mscope_thread_set_internal(before);
}

#ifndef MSCOPE_NO_HOOKS

void _exit(int status)
{
    status = mscope_announce_end(MSCOPE_END_AT_ONCE, status, false, __builtin_frame_address(0));
    if (mscope_next._exit != NULL) mscope_next._exit(status);
    while (true) mscope_raw_call(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

void _Exit(int status) __attribute__((alias("_exit")));

#endif
