// What one thread counts and notes on its own, without help from other threads.
#ifndef MSCOPE_RECORD_BANK_H
#define MSCOPE_RECORD_BANK_H

#include "record/slot.h"

// ---- counters
//
// frees <= allocations and freed_bytes <= allocated_bytes, summed over all banks, at rest.
struct mscope_tally {
    _Atomic uint64_t allocations, frees, allocated_bytes, freed_bytes;
};

enum { MSCOPE_CHUNK_SITES = 128, MSCOPE_CHUNKS = 1 << 16 };
struct mscope_chunk {
    struct mscope_tally sites[MSCOPE_CHUNK_SITES];
};
_Static_assert(MSCOPE_SITE_CAPACITY == MSCOPE_CHUNKS * MSCOPE_CHUNK_SITES, "each site has a counter");
_Static_assert(sizeof(struct mscope_chunk) == 4096, "a chunk of counters is a page, so banks share no cache line");

// ---- thread bank: what one thread writes on its own.
//
// A bank belongs to one thread at a time; when the thread ends, another thread may take the bank. Counters are
// reset only when a site is recycled, which no thread counts any more: the sum over all banks is right, whichever
// threads owned them. counts of a thread = tally - baseline.
enum { MSCOPE_BANK_FREE = 0, MSCOPE_BANK_OWNED = 1 };
enum { MSCOPE_PROGRAM = 0, MSCOPE_INTERNAL = 1 };

struct mscope_departure { // a block that ended during a walk; what 0: realloc put a block there
    uint64_t address, what, born, size;
};
enum { MSCOPE_DEPARTURES = 1 << 20 }; // 32 MiB of address space, touched as needed
struct mscope_departure_log {
    _Atomic uint32_t generation, count;
    _Atomic uint64_t writer; // see mscope_begin_write
    struct mscope_departure entries[MSCOPE_DEPARTURES];
};

enum { MSCOPE_RING_EVENTS = 1 << 13 };
struct mscope_ring {                    // single producer (the owner of the bank), single consumer (the collector)
    _Alignas(64) _Atomic uint64_t head; // next to write; head - tail <= MSCOPE_RING_EVENTS
    _Atomic uint64_t writer;            // see mscope_begin_write
    _Alignas(64) _Atomic uint64_t tail; // next to read
    struct mscope_event events[MSCOPE_RING_EVENTS];
};

// The accounts that a thread used last: see mscope_find_account. Other threads only clear `task`.
struct mscope_task_account {
    _Atomic uint64_t task;
    uint32_t thread, account, changes;
};
struct mscope_recent_account {
    _Atomic uint64_t task; // with all bits turned: 0 is a task, too
    uint32_t thread, call, account;
};
enum { MSCOPE_TASKS_KEPT = 64, MSCOPE_RECENT_SETS = 128, MSCOPE_RECENT_WAYS = 4 };

struct mscope_bank {
    _Atomic uint32_t state;
    uint32_t thread;          // number of the thread that owns the bank
    _Atomic uint32_t account; // of this thread while it runs no task
    _Atomic uint32_t holds;   // see mscope_hold_numbers
    uint64_t held_sp;
    _Atomic int64_t published;  // the part of the process-wide figure that this bank has added
    _Atomic int64_t until_look; // bytes of changes until that figure is compared again
    uint64_t random;
    struct mscope_tally tally[2]; // program, internal
    struct mscope_counts baseline[2];
    struct mscope_task_account tasks[MSCOPE_TASKS_KEPT];                         // by task id
    struct mscope_recent_account recent[MSCOPE_RECENT_SETS][MSCOPE_RECENT_WAYS]; // by task id and call
    uint64_t arena_end;        // the allocator was made to grow up to this address
    _Atomic uint64_t canaried; // blocks with canaries that this thread allocated
    _Atomic(struct mscope_ring *) ring;
    _Atomic(struct mscope_departure_log *) departures;
    _Atomic(struct mscope_chunk *) chunks[MSCOPE_CHUNKS];
    struct mscope_unwinder unwinder;
};

enum { MSCOPE_BANKS = 1 << 13 };

/// Changes at the start of a grace period; not 0.
extern MSCOPE_HIDDEN _Atomic uint32_t mscope_hold_generation;

/// From here to mscope_release_numbers the thread may have the number of a site that no live block has yet, so numbers
/// that were withdrawn since are not recycled. The same holds for an account. `holds` is the generation in which it
/// began; 0: the thread has none.
/// False when it was a signal handler that came in between: then the interrupted call releases them.
///
/// A handler that jumps out leaves them held, up to the next call that is not deeper on the stack. One on a stack of
/// its own at a higher address releases them early: a number could then be recycled if the handler runs on for longer
/// than a tenth of a second.
static inline bool mscope_hold_numbers(struct mscope_bank *bank, uint64_t sp)
{
    if (mscope_unlikely(mscope_load_relaxed(&bank->holds) != 0) && sp < bank->held_sp) return false;
    bank->held_sp = sp;
    mscope_store_relaxed(&bank->holds, mscope_load_acquire(&mscope_hold_generation));
    mscope_signal_fence();
    return true;
}

static inline void mscope_release_numbers(struct mscope_bank *bank, bool held)
{
    if (mscope_likely(held)) mscope_store_release(&bank->holds, 0);
}

struct mscope_owner {
    uint32_t thread, call;
    uint64_t task;
};

#endif
