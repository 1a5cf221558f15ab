// What there is once in a process, and once in a thread.
#ifndef MSCOPE_BASE_PROCESS_H
#define MSCOPE_BASE_PROCESS_H

#include "CMemscope.h"
#include "base/system.h"

// ---- say.c
/// Writes a line of three parts to standard error.
MSCOPE_HIDDEN void mscope_say(const char *a, const char *b, const char *c);

// ---- process.c
/// Of the thread that loaded us, which is the main thread as a rule.
extern MSCOPE_HIDDEN uint64_t mscope_first_thread_pointer;
MSCOPE_HIDDEN bool mscope_is_first_thread(void);
/// The thread that ends the process, and waits for the report; 0: none.
extern MSCOPE_HIDDEN _Atomic int32_t mscope_ending_thread;
static inline bool mscope_is_ending(int32_t tid)
{
    return mscope_load_relaxed(&mscope_ending_thread) == tid;
}
MSCOPE_HIDDEN void mscope_process_after_fork(void);

// ---- descriptors.c
MSCOPE_HIDDEN void mscope_descriptors_after_fork(void);

// ---- trial.c
/// Whether `body` returns true in a copy of the process, within a fifth of a second.
MSCOPE_HIDDEN bool mscope_succeeds_in_copy(bool (*body)(void));

// ---- figures of the process that several rooms count
struct mscope_global_counters {
    _Atomic int64_t live_bytes; // published by banks
    _Atomic int64_t peak_live_bytes;
    _Atomic uint64_t sampled_allocations, gaps;
    _Atomic uint64_t mmap_calls, munmap_calls, mmap_bytes, munmap_bytes;
    _Atomic uint64_t sites, stacks_truncated, stacks_guessed;
    _Atomic uint64_t threads_seen;
    _Atomic uint64_t dropped_events, dropped_stacks, dropped_blocks, dropped_contexts, dropped_threads;
    uint64_t started_at;
};
extern MSCOPE_HIDDEN struct mscope_global_counters mscope_global;

// ---- what a thread finds without a table: valid when zero
enum { MSCOPE_TLS_NEW = 0, MSCOPE_TLS_ENTERING = 1, MSCOPE_TLS_READY = 2, MSCOPE_TLS_LEFT = 3 };
enum { MSCOPE_TLS_FOR_A_WHILE = 1, MSCOPE_TLS_OWN = 2 }; // a thread of the program's that works for us; one of ours
struct mscope_bank;
struct mscope_tls {
    struct mscope_bank *bank;     // NULL unless state is READY
    _Atomic int64_t until_sample; // bytes to the next sample; negative: due
    _Atomic int64_t until_check;  // allocations to the next one that is checked; not above 0: due
    uint64_t async_context;       // the register's value when the last hook was entered; 0: not known
    uint32_t state;
    uint32_t thread, context; // kept for what happens after the bank was given back
    uint32_t internal;        // 0: the program's, or one of the line above
    uint64_t entry;           // while it is MSCOPE_TLS_FOR_A_WHILE: the frame of the call that made it so
    uint32_t exit_rounds;
    uint32_t moving;         // blocks that realloc has lifted from the table
    uint32_t checks_drawn;   // until_check is a number that was drawn
    uint32_t blocked_faults; // fault signals the thread thinks it has blocked
    uint32_t quarantined;    // blocks put into the quarantine
    uint32_t last_new_site;  // the next new stack most often has its outer frames
    uint32_t asking;         // 1: a checked block's memory is asked for; 2: by way of a hook of ours
};

extern MSCOPE_HIDDEN _Thread_local struct mscope_tls mscope_tls __attribute__((tls_model("initial-exec")));

#endif
