// scan: which blocks refer to which, and what refers to them from outside; found in a copy of the process.
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
/// Where the thread that ends the process waits for the report: a frame of MemScope's. Its callers up to `entry`, an
/// address on its stack, are MemScope's as well. `entry` is 0 when a signal handler waits. Set before a scan for a
/// report.
struct mscope_end_place {
    struct mscope_frame frame;
    uint64_t entry;
};
extern MSCOPE_HIDDEN struct mscope_end_place mscope_end_place;

// ---- scan/threads.c
/// How glibc describes a thread in memory; the sizes are 0 when this is not known.
struct mscope_thread_layout {
    uint32_t size, tid_at;
    uint64_t static_tls; // bytes of thread-local variables below (x86-64) the thread pointer
};

MSCOPE_HIDDEN struct mscope_thread_layout mscope_find_thread_layout(void);
/// Looks up the symbols by which the layout is found. This takes ld.so's lock, so it is called while the lock can be
/// taken.
MSCOPE_HIDDEN void mscope_find_thread_names(void);

// ---- stop.c, stop_calls.c
/// Notes that the program lets a process other than its ancestors trace it (PR_SET_PTRACER): that is restored after the
/// core's own tracer.
MSCOPE_HIDDEN void mscope_note_tracer(uint64_t tracer);
/// Whether a thread has ended and its parent was not notified yet; false when it cannot be found out.
MSCOPE_HIDDEN bool mscope_is_surely_zombie(int32_t process, int32_t tid);
/// The status that a parent would get for a thread that has ended; -1 when it cannot be found out.
MSCOPE_HIDDEN int32_t mscope_wait_status(int32_t process, int32_t tid);

#endif
