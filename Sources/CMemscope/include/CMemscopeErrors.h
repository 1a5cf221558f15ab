// What the memory checks found, and what they did: part of the public header.
//
// Reading takes no lock. Reports are distinct by kind and stacks; a repeated error is only counted.
#ifndef MSCOPE_CMEMSCOPE_ERRORS_H
#define MSCOPE_CMEMSCOPE_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// MEMSCOPE_CHECKS; fixed at start. Bad frees are looked for at every level.
enum mscope_checks {
    MSCOPE_CHECKS_OFF = 0,
    MSCOPE_CHECKS_SAMPLED = 1,
    MSCOPE_CHECKS_FULL = 2,
    MSCOPE_CHECKS_PAGES = 3,
};

enum mscope_error_kind {
    MSCOPE_USE_AFTER_FREE_READ = 1,
    MSCOPE_USE_AFTER_FREE_WRITE = 2,
    MSCOPE_DOUBLE_FREE = 3,
    MSCOPE_INVALID_FREE = 4,    // of an address where no block begins
    MSCOPE_OVERFLOW = 5,        // an access behind a block
    MSCOPE_UNDERFLOW = 6,       // an access before a block
    MSCOPE_MISMATCHED_FREE = 7, // by another family than allocated it, or with another size
    MSCOPE_ERROR_KINDS = 8,
};

enum {
    MSCOPE_ERROR_READ = 1,        // a read, caught when it happened
    MSCOPE_ERROR_WRITE = 2,       // a write, caught when it happened or known by the damage it left
    MSCOPE_ERROR_FOUND_LATER = 4, // found by its damage: `access` is where it was found, not where it happened
    MSCOPE_ERROR_REFUSED = 8,     // the call was not passed on to the allocator
    MSCOPE_ERROR_REALLOC = 16,    // the bad free was a realloc
    MSCOPE_ERROR_ON_STACK = 32,   // invalid free: the address is on a thread's stack
    MSCOPE_ERROR_IN_IMAGE = 64,   // invalid free: the address is in a program's or library's data
    MSCOPE_ERROR_INTERIOR = 128,  // invalid free: the address is inside of a live block
    MSCOPE_ERROR_BAD_SIZE = 256,  // mismatched free: `given` is the size it was freed with
    MSCOPE_ERROR_SWEEP = 512,     // found by mscope_check_heap
    // the block is not proved: it is the nearest one that registers and stack point to; for a double free, maybe an
    // older block than the last at its address; where damage reaches from one block to the next, maybe the other one
    MSCOPE_ERROR_GUESSED = 2048,
    MSCOPE_ERROR_FATAL = 1024, // could not be resumed: the program's own handler, or its end, came next
};

/// How a block was allocated or freed; for `given_family` and `family`.
enum { MSCOPE_BY_MALLOC = 0, MSCOPE_BY_NEW = 1, MSCOPE_BY_NEW_ARRAY = 2 };
enum { MSCOPE_ERROR_BYTES = 64 };

struct mscope_error {
    uint64_t count; // how often it was seen
    uint64_t first_time, last_time;
    // The rest is of the first time it was seen.
    uint64_t address;   // accessed, or given to free
    uint64_t block;     // start of the block concerned; 0: none is known
    uint64_t size;      // of that block
    int64_t offset;     // address - block; for an error found later: of the first damaged byte
    uint64_t given;     // with MSCOPE_ERROR_BAD_SIZE
    uint64_t type_word; // the block's first word: a Swift object's metadata; 0 when not readable
    uint64_t bytes_at;  // address of bytes[0]
    uint32_t bytes_count;
    uint32_t kind, flags;
    uint32_t access_site, allocated_site, freed_site;       // as in mscope_read_site; 0: not known
    uint32_t access_thread, allocated_thread, freed_thread; // numbers; 0: not known
    uint32_t family, given_family;
    uint8_t bytes[MSCOPE_ERROR_BYTES]; // around the damage
};

/// Fills `out` with up to `capacity` reports in the order they were first seen, beginning at `*cursor`, and advances
/// it; returns how many, 0 at the end.
size_t mscope_read_errors(uint32_t *cursor, struct mscope_error *out, size_t capacity);
/// Grows with every report, repeated ones too: cheap to poll.
uint64_t mscope_error_count(void);

struct mscope_check_totals {
    uint32_t checks;                           // enum mscope_checks
    uint32_t abort_on_error;                   // MEMSCOPE_ON_ERROR
    uint64_t errors, distinct, dropped;        // dropped: not in the table because it was full; counted in errors
    uint64_t by_kind[MSCOPE_ERROR_KINDS];      // errors by kind
    uint64_t unknown_frees;                    // of unknown addresses; passed on
    uint64_t guard_rate, guard_slots;          // one in `rate` allocations; blocks at a time
    uint64_t guarded, guarded_now, guard_full; // blocks so far, live ones, and how often no cell was free
    uint64_t faults;                           // accesses caught by a guard
    uint64_t canaried;                         // blocks that got canaries
    uint64_t quarantined_blocks, quarantined_bytes, quarantine_limit;
    uint64_t not_quarantined; // too large for the quarantine, or it was full
    uint64_t lost_blocks;     // never given back: the canaries before them were destroyed
    uint64_t sweeps;
};

void mscope_read_check_totals(struct mscope_check_totals *out);
/// Checks all canaries and all freed memory that is kept. One thread at a time; another thread's call does nothing. At
/// exit it runs by itself.
void mscope_check_heap(void);

#pragma clang assume_nonnull end

#endif
