// exit.c: how the process ends.
//
// The report is written by a thread of MemScope's, which waits for the end from the start. The thread that ends the
// process only wakes that thread, and waits: it may be anywhere, with any lock held.
#ifndef MSCOPE_CMEMSCOPE_EXIT_H
#define MSCOPE_CMEMSCOPE_EXIT_H

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum mscope_end_kind {
    MSCOPE_END_EXIT = 1,    // exit, or main returned; all handlers of the program have run
    MSCOPE_END_AT_ONCE = 2, // _exit, _Exit, exit_group; or thread by thread
    MSCOPE_END_QUICK = 3,   // quick_exit
    MSCOPE_END_SIGNAL = 4   // a fatal signal
};

struct mscope_end {
    uint32_t kind;
    int32_t number; // the status, or the signal; -1 when it is not known
};

struct mscope_end_options {
    uint64_t timeout; // how long the end is delayed at most, unless the reporter asks for more; nanoseconds
    // also for fatal signals that only MemScope handles, or whose handler was set before MemScope started
    bool signals;
    /// Starts the reporter in a forked child, when the child ends; NULL: children end without a report.
    bool (*_Nullable start_in_child)(void);
};

/// Calls `function` when the process exits; once. False when it will not be called.
bool mscope_at_exit(void (*function)(void));
/// From now on this process does not end before it has woken its reporter. Called once.
void mscope_watch_end(const struct mscope_end_options *options);
/// Waits for the end of the process; only the reporter's thread calls it, and must then call mscope_end_reported.
struct mscope_end mscope_await_end(void);
/// For a process without a reporter: ends the process when all threads of the program have ended, so that MemScope's
/// threads do not keep it alive. To be called now and then.
void mscope_end_if_over(void);
/// Delays the end to at least this much from now on: the reporter needs more time than options.timeout.
void mscope_put_off_end(uint64_t nanoseconds);
/// Lets the process end: with `status`, or with its own status when that is negative.
void mscope_end_reported(int32_t status);

#pragma clang assume_nonnull end

#endif
