// What the files about the end of the process share.
#ifndef MSCOPE_HOOKS_ENDING_H
#define MSCOPE_HOOKS_ENDING_H

#include <signal.h>

#include "hooks/hooks.h"

// ---- whereabouts.c
enum mscope_whereabouts {
    MSCOPE_ELSEWHERE,
    MSCOPE_IN_LOADER, // it may hold ld.so's lock, or the lock of the images, which is taken under it
    MSCOPE_SOMEWHERE, // the caller is not known, as in a stub of MemScope's: the thread may be in ld.so
};
/// Where the calling thread is, by its call stack from `at` on.
MSCOPE_HIDDEN enum mscope_whereabouts mscope_find_whereabouts(struct mscope_cursor at);

// ---- exit.c
/// Has the report written before the process ends. Returns the status to end with. `entry` is the frame of the hook.
MSCOPE_HIDDEN int mscope_announce_end(uint32_t kind, int number, const void *entry);
/// Has a request to end sent again a moment later; false when it must be handled now. context: the request's handler
MSCOPE_HIDDEN bool mscope_postpone(int number, const siginfo_t *info, uint64_t now);
/// Whether a request to end is the first one that comes while the process ends by itself and its report is written:
/// without a report, the request would have come too late. It is sent again if the process does not end.
MSCOPE_HIDDEN bool mscope_is_late_request(int number);
/// Whether the calling thread writes the report.
MSCOPE_HIDDEN bool mscope_is_reporter(void);
/// Whether this process writes a report before it ends.
MSCOPE_HIDDEN bool mscope_reports_end(void);

// ---- fatal.c
/// Takes over the signals that end the process, from the `first` of them on; 0: all.
MSCOPE_HIDDEN void mscope_watch_signals(int first);
/// Has the report written for a fault for which the program wants the default: its handler may have set that.
MSCOPE_HIDDEN void mscope_report_fault(int number, const void *context);
/// In a forked child: takes over the signals that its parent could not.
MSCOPE_HIDDEN void mscope_signals_of_child(void);

// ---- last_thread.c
struct mscope_end;
/// Whether all threads of the program have ended, the first by the system call or by a filter. *end: how that one
/// ended.
MSCOPE_HIDDEN bool mscope_program_has_ended(struct mscope_end *end);
MSCOPE_HIDDEN void mscope_end_as(struct mscope_end end);

// ---- golang.c
extern MSCOPE_HIDDEN bool mscope_has_go; // some image is made by Go
MSCOPE_HIDDEN void mscope_watch_go(void);

#endif
