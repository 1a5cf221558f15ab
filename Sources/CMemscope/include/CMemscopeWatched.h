// watched.c: blocks whose end is kept with its time and its stack.
//
// Watching has one caller at a time; reading may be done by any thread.
#ifndef MSCOPE_CMEMSCOPE_WATCHED_H
#define MSCOPE_CMEMSCOPE_WATCHED_H

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum { MSCOPE_WATCHED_CAPACITY = 1 << 15 };
#define MSCOPE_WATCH_FULL UINT32_MAX

struct mscope_watched {
    uint64_t address;
    uint64_t ended_at; // 0: it lives
    uint64_t moved_to; // where realloc put it; 0: it was freed
    uint32_t end_site; // the call stack of its end; 0: not known. It is retained.
    uint32_t end_thread;
};

/// Watches the live block that begins at `address`. Returns a number; the same one for a block that is watched already,
/// and then it must be stopped as often. 0 when no such block is known; MSCOPE_WATCH_FULL when there is no place for
/// it: places get free when blocks that have ended are stopped.
uint32_t mscope_watch_block(uint64_t address);
void mscope_stop_watching(uint32_t number);
/// Stops watching everything: in a forked child, which does not know who watched.
void mscope_stop_watching_all(void);
void mscope_read_watched(uint32_t number, struct mscope_watched *out);

// ---- now and here, for those who compare blocks with it

/// The time now as blocks' births have it, exact to the kernel's tick of 1 to 10 ms.
uint64_t mscope_coarse_now(void);
/// What the calling thread has allocated so far, with what was counted before it by the thread whose counters it uses.
uint64_t mscope_allocations_here(void);
/// The number of the calling thread, 0 when it is about to end, and the id of its task, 0 outside of tasks.
void mscope_read_here(uint32_t *thread, uint64_t *task);

#pragma clang assume_nonnull end

#endif
