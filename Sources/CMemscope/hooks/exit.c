// How the process ends: the thread that ends it wakes the reporter, and waits for the reporter for a limited time.
//
// An end may come in a signal handler and with any lock held, so nothing here takes a lock: two words and a futex.
#include "hooks/ending.h"
#include "hooks/hooks.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MSCOPE_QUIET = 0, MSCOPE_ENDING = 1, MSCOPE_REPORTED = 2, MSCOPE_POSTPONED = 3 };
// nanoseconds
enum { MSCOPE_POSTPONEMENT = 1000000, MSCOPE_LOCKED_END = 2000000000, MSCOPE_LOOK_FOR_THREADS = 200000000 };

static _Atomic uint32_t mscope_end_state;
// The process that has a reporter; 0: none. A child made by vfork or clone shares or copies this word and has another
// id.
static _Atomic int32_t mscope_end_process;
static _Atomic int32_t mscope_reporter; // thread id; 0: not started in this process
static _Atomic bool mscope_leaves;      // the ending thread ends the process without being asked to
static _Atomic int32_t mscope_late;     // the request to end that came meanwhile; 0: none
static _Atomic uint64_t mscope_end_at;  // when the ending thread goes on at the latest
static _Atomic int32_t mscope_end_status;
static struct mscope_end mscope_how;                 // written before the state is MSCOPE_ENDING
static struct mscope_end_options mscope_end_options; // written before mscope_end_process
static bool mscope_ends_itself;                      // the reporter's: no other thread is left to end the process

// ---- the thread that ends the process, and the reporter

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

// A request to end that came while its thread held ld.so's lock, which a report needs: it is sent again a moment later.
static int mscope_postponed;            // a signal
static int32_t mscope_postponed_thread; // 0: of the whole process
static uint64_t mscope_postponed_since;

bool mscope_postpone(int number, const siginfo_t *info, uint64_t now)
{
    // Another thread ends the process: a thread that waited for that with the lock would keep the report from being
    // written.
    if (mscope_load_acquire(&mscope_end_state) == MSCOPE_ENDING) return true;
    if (mscope_postponed_since == 0) mscope_postponed_since = now;
    // A thread that runs the whole program in a constructor holds the lock for good.
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
    // The pause differs each time: otherwise a program that only loads libraries might be interrupted at the same place
    // again.
    long pause = MSCOPE_POSTPONEMENT / 10 + (long)(mscope_now() % MSCOPE_POSTPONEMENT);
    mscope_system(SYS_nanosleep, &(struct timespec){.tv_nsec = pause}, NULL);
    uint32_t postponed = MSCOPE_POSTPONED;
    if (!mscope_cas_acq_rel(&mscope_end_state, &postponed, MSCOPE_QUIET)) return; // another thread ends the process
    int32_t process = mscope_process_id(), thread = mscope_postponed_thread;
    // A signal that was sent to the process may go to any thread; so may one whose thread has ended.
    if (thread == 0 || mscope_system(SYS_tgkill, process, thread, mscope_postponed) != 0)
        mscope_system(SYS_kill, process, mscope_postponed);
}

struct mscope_end mscope_await_end(void)
{
    enum { MSCOPE_SECOND = 1000000000 };
    uint64_t recycled = 0;
    mscope_store_release(&mscope_reporter, mscope_thread_id());
    for (uint32_t state; (state = mscope_load_acquire(&mscope_end_state)) != MSCOPE_ENDING;) {
        if (state == MSCOPE_POSTPONED) {
            mscope_send_postponed();
            continue;
        }
        // A filter may refuse even waiting.
        if (mscope_wait_while(MSCOPE_QUIET, mscope_now() + MSCOPE_LOOK_FOR_THREADS) == -EPERM)
            mscope_system(SYS_nanosleep, &(struct timespec){.tv_sec = 1}, NULL);
        if (!mscope_filter_forbids_report() && mscope_program_has_ended(&mscope_how)) {
            mscope_ends_itself = true;
            break;
        }
        if (mscope_now() - recycled < MSCOPE_SECOND) continue;
        mscope_recycle_tick(); // there may be no collector
        mscope_recycle_accounts();
        recycled = mscope_now();
    }
    return mscope_how;
}

void mscope_end_if_over(void)
{
    struct mscope_end end;
    if (!mscope_reports_end() && !mscope_filter_forbids_report() && mscope_program_has_ended(&end)) mscope_end_as(end);
}

void mscope_put_off_end(uint64_t nanoseconds)
{
    uint64_t until = mscope_now() + nanoseconds;
    if (until > mscope_load_relaxed(&mscope_end_at)) mscope_store_release(&mscope_end_at, until);
}

/// A request that came while the report was written is not lost: what the process does after the report, such as
/// writing what its streams hold, may never end by itself.
static void mscope_send_late_request(void)
{
    enum { MSCOPE_TIME_TO_LEAVE = 1 };
    int32_t number = mscope_load_acquire(&mscope_late);
    if (number == 0) return;
    mscope_system(SYS_nanosleep, &(struct timespec){.tv_sec = MSCOPE_TIME_TO_LEAVE}, NULL);
    mscope_system(SYS_kill, mscope_process_id(), number);
}

void mscope_end_reported(int32_t status)
{
    mscope_store_relaxed(&mscope_end_status, status);
    mscope_move_on(MSCOPE_REPORTED);
    if (!mscope_ends_itself) {
        mscope_send_late_request();
        return;
    }
    if (mscope_how.kind != MSCOPE_END_SIGNAL && status >= 0) mscope_how.number = status;
    mscope_end_as(mscope_how);
}

/// Waits until the report is written, or for as long as the options allow. Returns the status to end with.
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

/// Starts the reporter in a forked child.
static bool mscope_has_started_reporter(void)
{
    bool started = false;
    return mscope_call_engine(mscope_start_reporter, &started) && started;
}

__attribute__((noinline)) int mscope_announce_end(uint32_t kind, int number, const void *entry)
{
    int32_t process = mscope_load_acquire(&mscope_end_process);
    if (mscope_likely(process == 0) || process != mscope_process_id()) return number;
    int32_t thread = mscope_thread_id();
    if (mscope_load_acquire(&mscope_reporter) == thread) return number;
    if (kind != MSCOPE_END_SIGNAL && mscope_postponed_since != 0) // a postponed signal is about to end the process
        mscope_system(SYS_nanosleep, &(struct timespec){.tv_nsec = 20 * MSCOPE_POSTPONEMENT}, NULL);
    if (mscope_filter_forbids_report()) {
        mscope_say("the program's filter of system calls forbids what a report needs; ", "there is none", "");
        return number;
    }
    int32_t nobody = 0;
    if (!mscope_cas_acq_rel(&mscope_ending_thread, &nobody, thread)) {
        // Another thread was first: ending now would cut it short. The same thread may come again, from a handler or
        // after all.
        return nobody == thread ? number : mscope_await_report(number);
    }
    mscope_store_relaxed(&mscope_leaves, kind != MSCOPE_END_SIGNAL || !mscope_is_watched_request(number));
    if (mscope_load_acquire(&mscope_reporter) == 0 && mscope_fork_generation() != 0) {
        // Starting a thread takes system calls, and locks that an interrupted thread may hold.
        if (mscope_is_denied(SYS_clone) || mscope_is_denied(SYS_clone3)) return number;
        if (kind == MSCOPE_END_SIGNAL && !mscope_succeeds_in_copy(mscope_has_started_reporter)) return number;
        if (!mscope_has_started_reporter()) return number;
    }
    mscope_how = (struct mscope_end){kind, number};
    mscope_end_place.frame = mscope_frame_here();
    mscope_end_place.entry = (uint64_t)entry;
    mscope_store_release(&mscope_end_at, mscope_now() + mscope_end_options.timeout);
    mscope_move_on(MSCOPE_ENDING);
    number = mscope_await_report(number);
    __asm__ volatile("" ::: "memory"); // no tail call: the frame must stay
    return number;
}

bool mscope_is_late_request(int number)
{
    int32_t none = 0;
    return mscope_load_relaxed(&mscope_leaves) && mscope_load_acquire(&mscope_end_state) != MSCOPE_REPORTED
           && mscope_cas_acq_rel(&mscope_late, &none, number);
}

bool mscope_is_reporter(void)
{
    return mscope_load_acquire(&mscope_reporter) == mscope_thread_id();
}

bool mscope_reports_end(void)
{
    return mscope_load_acquire(&mscope_end_process) == mscope_process_id();
}

void mscope_end_after_fork(void)
{
    mscope_note_first_thread(); // the child's first thread
    if (mscope_load_relaxed(&mscope_end_process) == 0) return;
    mscope_store_relaxed(&mscope_reporter, 0);
    mscope_store_relaxed(&mscope_leaves, false);
    mscope_store_relaxed(&mscope_late, 0);
    mscope_postponed_since = 0;
    mscope_store_relaxed(&mscope_end_state, MSCOPE_QUIET);
    bool is_reported = mscope_end_options.start_in_child != NULL;
    mscope_store_release(&mscope_end_process, is_reported ? mscope_process_id() : 0);
    if (is_reported && mscope_end_options.signals) mscope_signals_of_child();
}

// ---- ends

void mscope_watch_end(const struct mscope_end_options *options)
{
    mscope_end_options = *options;
    mscope_find_thread_names();
    mscope_store_release(&mscope_end_process, mscope_process_id());
    if (options->signals) mscope_watch_signals(0);
}

/// For a thread in a constructor of a library being loaded, or in a visit of ld.so's list: the reporter does without
/// the lock.
static void mscope_leave_loader(struct mscope_cursor at)
{
    if (mscope_reports_end() && mscope_find_whereabouts(at) == MSCOPE_IN_LOADER) mscope_do_without_loader_lock();
}

static MSCOPE_NOT_SPLIT void mscope_exits(int status, void *context)
{
    (void)context;
    mscope_leave_loader((struct mscope_cursor){MSCOPE_CALLER});
    int wanted = mscope_announce_end(MSCOPE_END_EXIT, status, __builtin_frame_address(0));
    // When a handler calls exit, exit goes on with the rest of the first call: handlers before this one, then the
    // streams.
    if (wanted != status) exit(wanted);
}

static MSCOPE_NOT_SPLIT void mscope_exits_quickly(void)
{
    mscope_leave_loader((struct mscope_cursor){MSCOPE_CALLER});
    int wanted = mscope_announce_end(MSCOPE_END_QUICK, -1, __builtin_frame_address(0));
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

/// The first of all constructors, because handlers run in the reverse order: what the program frees at its end is no
/// leak.
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
    mscope_leave_loader((struct mscope_cursor){MSCOPE_CALLER});
    status = mscope_announce_end(MSCOPE_END_AT_ONCE, status, __builtin_frame_address(0));
    if (mscope_next._exit != NULL) mscope_next._exit(status);
    while (true) mscope_raw_call(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

void _Exit(int status) __attribute__((alias("_exit")));

#endif
