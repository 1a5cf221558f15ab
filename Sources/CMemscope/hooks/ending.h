// What the files about the end of the process have for each other.
#ifndef MSCOPE_HOOKS_ENDING_H
#define MSCOPE_HOOKS_ENDING_H

#include <signal.h>

#include "hooks/hooks.h"

// ---- whereabouts.c
enum mscope_whereabouts {
    MSCOPE_ELSEWHERE,
    MSCOPE_IN_LOADER, // it may hold the lock, or that of the images noted under it
    MSCOPE_SOMEWHERE, // who called the function is not known, as in a stub of ours: it may be in ld.so
};
/// Where the calling thread is, by its stack from a call on.
MSCOPE_HIDDEN enum mscope_whereabouts mscope_find_whereabouts(struct mscope_cursor at);

// ---- exit.c
/// Has the report written before the process ends; the status to end with. `entry` is the frame of the hook.
MSCOPE_HIDDEN int mscope_announce_end(uint32_t kind, int number, const void *entry);
/// Has a request to end sent again a moment later; false when it has to be dealt with now. context: its handler
MSCOPE_HIDDEN bool mscope_postpone(int number, const siginfo_t *info, uint64_t now);
/// Whether a request to end is the first that comes while the process ends by itself and its report is written:
/// without a report it would have come too late. It is sent again if the process does not end.
MSCOPE_HIDDEN bool mscope_is_late_request(int number);
/// Whether the calling thread writes the report.
MSCOPE_HIDDEN bool mscope_is_reporter(void);
/// Whether this process does not end without a report.
MSCOPE_HIDDEN bool mscope_reports_end(void);

// ---- fatal.c
/// Takes the signals that end the process, from the `first` of them on: 0 is all.
MSCOPE_HIDDEN void mscope_watch_signals(int first);
/// Has the report written for a fault of which the program wants the default: its handler may have set that.
MSCOPE_HIDDEN void mscope_report_fault(int number, const void *context);
/// In a forked child: what its parent could not take.
MSCOPE_HIDDEN void mscope_signals_of_child(void);

// ---- last_thread.c
struct mscope_end;
/// Whether all threads of the program have ended, the first by the system call or by a filter; how that one ended.
MSCOPE_HIDDEN bool mscope_is_over(struct mscope_end *end);
MSCOPE_HIDDEN void mscope_end_as(struct mscope_end end);

// ---- golang.c
extern MSCOPE_HIDDEN bool mscope_has_go; // some image is made by Go
MSCOPE_HIDDEN void mscope_watch_go(void);

#endif
