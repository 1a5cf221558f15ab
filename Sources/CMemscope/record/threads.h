// Threads of the program and their banks.
#ifndef MSCOPE_RECORD_THREADS_H
#define MSCOPE_RECORD_THREADS_H

#include "record/bank.h"

// ---- banks.c
extern MSCOPE_HIDDEN _Atomic(struct mscope_bank *) mscope_banks[MSCOPE_BANKS];
extern MSCOPE_HIDDEN _Atomic uint32_t mscope_bank_count;
/// A bank for the calling thread, which has noted where that thread's stack is; NULL without memory for one.
MSCOPE_HIDDEN struct mscope_bank *mscope_claim_bank(void);
MSCOPE_HIDDEN void mscope_leave_borrowed(struct mscope_bank *bank);
/// In a forked child: only the calling thread's bank keeps its owner.
MSCOPE_HIDDEN void mscope_free_other_banks(void);
MSCOPE_RARE struct mscope_tally *mscope_new_chunk(struct mscope_bank *bank, uint32_t site);

static inline struct mscope_tally *mscope_site_tally(struct mscope_bank *bank, uint32_t site)
{
    struct mscope_chunk *chunk = mscope_load_relaxed(&bank->chunks[site / MSCOPE_CHUNK_SITES]);
    return mscope_likely(chunk != NULL) ? &chunk->sites[site % MSCOPE_CHUNK_SITES] : mscope_new_chunk(bank, site);
}

// ---- threads.c
/// What to call on a thread of the program when it ends through libc; set once, at the start.
struct mscope_thread_watcher {
    void (*first_leaves)(void), (*other_leaves)(void);
};
extern MSCOPE_HIDDEN const struct mscope_thread_watcher *mscope_thread_watcher;
/// Makes the core notice when threads end, also where nothing is tracked.
MSCOPE_HIDDEN bool mscope_watch_thread_exits(void);
/// False when there is no memory for the tables: then nothing is ever tracked.
extern MSCOPE_HIDDEN bool mscope_has_tables;
MSCOPE_HIDDEN struct mscope_bank *mscope_enter(void);
/// Called on the first thread, to note its end, which need not be the end of the process.
MSCOPE_HIDDEN void mscope_watch_main_thread(void);
MSCOPE_HIDDEN void mscope_threads_after_fork(void);
/// NULL when the thread has ended.
MSCOPE_HIDDEN struct mscope_bank *mscope_bank_of_thread(uint32_t thread);

// ---- totals.c
// A bank compares after each 64 KiB of changes, up or down, and adds to the process-wide figure when it differs by more
// than 64 KiB: it holds back at most twice that.
enum { MSCOPE_PUBLISH_BYTES = 1 << 16 };
MSCOPE_RARE void mscope_publish(struct mscope_bank *bank);
MSCOPE_HIDDEN struct mscope_counts mscope_tally_value(const struct mscope_tally *tally);
MSCOPE_HIDDEN void mscope_sum(struct mscope_counts *into, struct mscope_counts value);

#endif
