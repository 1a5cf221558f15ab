// State that exists once in a process, and once in a thread.
#ifndef MSCOPE_BASE_PROCESS_H
#define MSCOPE_BASE_PROCESS_H

#include "CMemscope.h"
#include "base/system.h"

// ---- say.c
/// Writes a line of three parts to standard error.
MSCOPE_HIDDEN void mscope_say(const char *a, const char *b, const char *c);

// ---- environment.c
/// The index of a variable's value in `names`; `fallback` when it is not set, or bad, which the user is told.
MSCOPE_HIDDEN uint32_t mscope_choice(const char *variable, const char *const *names, uint32_t count, uint32_t fallback,
                                     const char *accepted);
/// A variable that is a number; `fallback` when it is not set, or out of bounds, which the user is told.
MSCOPE_HIDDEN uint64_t mscope_number(const char *variable, uint64_t least, uint64_t most, uint64_t fallback,
                                     const char *accepted);

// ---- process.c
/// The thread pointer of the thread that loaded the core, usually the main thread.
extern MSCOPE_HIDDEN uint64_t mscope_first_thread_pointer;
MSCOPE_HIDDEN bool mscope_is_first_thread(void);
/// The id of the thread that ends the process and waits for the report; 0: none.
extern MSCOPE_HIDDEN _Atomic int32_t mscope_ending_thread;
static inline bool mscope_is_ending(int32_t tid)
{
    return mscope_load_relaxed(&mscope_ending_thread) == tid;
}
MSCOPE_HIDDEN void mscope_process_after_fork(void);

// ---- descriptors.c
MSCOPE_HIDDEN void mscope_descriptors_after_fork(void);

// ---- trial.c
/// Whether `body`, run in a copy of the process, returns true within a fifth of a second.
MSCOPE_HIDDEN bool mscope_succeeds_in_copy(bool (*body)(void));

// ---- counters of the whole process, for several rooms
struct mscope_global_counters {
    _Atomic int64_t live_bytes; // published by banks
    _Atomic int64_t peak_live_bytes;
    _Atomic uint64_t sampled_allocations, gaps;
    _Atomic uint64_t mmap_calls, munmap_calls, mmap_bytes, munmap_bytes;
    _Atomic uint64_t sites, stacks_truncated, stacks_guessed;
    _Atomic uint64_t recycled_sites, recycled_allocations, recycled_bytes;
    _Atomic uint64_t counter_bytes, missing_counters; // of the counters per thread and site
    _Atomic uint64_t threads_seen;
    _Atomic uint64_t dropped_events, dropped_stacks, dropped_blocks, dropped_accounts, dropped_threads;
    uint64_t started_at;
};
extern MSCOPE_HIDDEN struct mscope_global_counters mscope_global;

// ---- the state of one thread, found without a table: valid when zero
enum { MSCOPE_TLS_NEW = 0, MSCOPE_TLS_ENTERING = 1, MSCOPE_TLS_READY = 2, MSCOPE_TLS_LEFT = 3 };
// FOR_A_WHILE: a thread of the program's that works for MemScope now; OWN: one of MemScope's threads
enum { MSCOPE_TLS_FOR_A_WHILE = 1, MSCOPE_TLS_OWN = 2 };
struct mscope_bank;
struct mscope_tls {
    struct mscope_bank *bank;     // NULL unless state is READY
    _Atomic int64_t until_sample; // bytes to the next sample; negative: due
    _Atomic int64_t until_check;  // allocations to the next one that is checked; 0 or less: due
    uint64_t async_context;       // the register's value at the last entry into a hook; 0: not known
    uint32_t state;
    uint32_t thread, account; // kept for calls after the bank was given back
    uint32_t internal;        // 0: a thread of the program's; else MSCOPE_TLS_FOR_A_WHILE or MSCOPE_TLS_OWN
    uint64_t entry;           // for MSCOPE_TLS_FOR_A_WHILE: the frame of the call that set it
    uint32_t exit_rounds;
    uint32_t moving;         // blocks that realloc has taken out of the table for now
    uint32_t checks_drawn;   // until_check was drawn at random
    uint32_t blocked_faults; // fault signals that the thread believes it has blocked
    uint32_t quarantined;    // blocks this thread has put into the quarantine
    uint32_t last_new_site;  // the next new stack most often has the outer frames of this site
    uint32_t asking;         // 1: memory for a checked block is being allocated; 2: the same, through one of the hooks
};

extern MSCOPE_HIDDEN _Thread_local struct mscope_tls mscope_tls __attribute__((tls_model("initial-exec")));

#endif
