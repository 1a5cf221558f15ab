// scan: what holds what, in a copy of the process.
#ifndef MSCOPE_SCAN_SCAN_H
#define MSCOPE_SCAN_SCAN_H

#include "checks/checks.h"
#include "record/record.h"
#include "stacks/stacks.h"
#include "CMemscopeScan.h"

// ---- scan.c, stop_signal.c
MSCOPE_HIDDEN void mscope_scan_after_fork(void);
MSCOPE_HIDDEN void mscope_stop_after_fork(void);

// ---- scan/frames.c
/// Where the thread that ends the process waits for the report: a frame of ours, whose callers up to `entry`, a place
/// on its stack, are ours as well. `entry` is 0 when a signal handler waits. Set before a scan for a report.
struct mscope_end_place {
    struct mscope_frame frame;
    uint64_t entry;
};
extern MSCOPE_HIDDEN struct mscope_end_place mscope_end_place;

// ---- scan/threads.c
/// How glibc describes a thread in memory; sizes 0 when it does not tell.
struct mscope_thread_layout {
    uint32_t size, tid_at;
    uint64_t static_tls; // bytes of thread-local variables below (x86-64) the thread pointer
};

MSCOPE_HIDDEN struct mscope_thread_layout mscope_find_thread_layout(void);
/// Finds what the layout is found by, which takes ld.so's lock: while it can be had.
MSCOPE_HIDDEN void mscope_find_thread_names(void);

// ---- stop.c, stop_calls.c
/// The program lets a process trace it besides its parents (PR_SET_PTRACER): it is put back after ours has.
MSCOPE_HIDDEN void mscope_note_tracer(uint64_t tracer);
/// Whether a thread has ended and its parent was not told yet; false when it cannot be found out.
MSCOPE_HIDDEN bool mscope_is_surely_zombie(int32_t process, int32_t tid);
/// What a parent would be told of a thread that has ended; -1 when it cannot be found out.
MSCOPE_HIDDEN int32_t mscope_wait_status(int32_t process, int32_t tid);

#endif
