// The nouns of the capture core and the equations that hold between their fields.
#ifndef MSCOPE_TYPES_H
#define MSCOPE_TYPES_H

#include "CMemscope.h"
#include "arch.h"
#include "atomic.h"

#define MSCOPE_HIDDEN __attribute__((visibility("hidden")))

// ---- shadow slot: two words for each block.
//
// A block of fewer than 64 bytes has the slot of the 32 bytes of heap, the granule, in which it begins; a larger one
// that of the 64. Two blocks never begin within 32 bytes of each other: glibc's smallest chunk is 32 bytes, and next.c
// asks other allocators for at least 32. So a slot has at most one owner, and only the thread that owns the block
// writes it; in a large slot whose block has ended, an owner of small ones nearby notes that those ended later.
//
//   what = size:28 | site:23 | flags:13          not live: what the last block here was, or 0
//   born = rounded up:1 | mscope_birth_now():39 | context:24          not live: see mscope_mark_of
//
// A size of MSCOPE_SIZE_HUGE says that the size stands in `born` of the small slot of the next granule, which lies
// inside the block; one with MSCOPE_SIZE_CHECKED, that the block is a checked one. Both are left alone by what is fast.
struct mscope_slot {
    _Atomic uint64_t what, born; // side by side: see struct mscope_held
};
_Static_assert(sizeof(struct mscope_slot) == 16, "a slot is two words");

enum {
    MSCOPE_GRANULE_SHIFT = 5,
    MSCOPE_REGION_SHIFT = 26, // 64 MiB of heap have up to 48 MiB of slots, touched as the heap is
    MSCOPE_REGIONS = 1 << (MSCOPE_ADDRESS_BITS - MSCOPE_REGION_SHIFT),
    MSCOPE_REGION_GRANULES = 1 << (MSCOPE_REGION_SHIFT - MSCOPE_GRANULE_SHIFT),
};
// Slots are walked by stretches of 8 KiB of heap, whose small slots are a page and whose large ones half of one; a walk
// leaves out those that were never used.
enum {
    MSCOPE_STRETCH_GRANULES = 256,
    MSCOPE_STRETCH_BYTES = MSCOPE_STRETCH_GRANULES << MSCOPE_GRANULE_SHIFT,
    MSCOPE_REGION_STRETCHES = MSCOPE_REGION_GRANULES / MSCOPE_STRETCH_GRANULES,
};
enum { MSCOPE_IS_USED = 1, MSCOPE_IS_READY = 2 }; // a block began in the stretch; its page is written, by us
enum { MSCOPE_SMALL = 0, MSCOPE_LARGE = 1, MSCOPE_LARGE_BYTES = 64 };
struct mscope_region {
    struct mscope_slot small[MSCOPE_REGION_GRANULES], large[MSCOPE_REGION_GRANULES / 2];
    _Atomic uint8_t delivered[MSCOPE_REGION_GRANULES / 8]; // a bit each: the walk under way has had it
    _Atomic uint8_t used[2][MSCOPE_REGION_STRETCHES];      // of small slots, and of large ones, by stretch
    _Atomic uint32_t lines[MSCOPE_REGION_GRANULES / 2 / 32]; // a bit each: a block began in these 64 bytes
};
enum { MSCOPE_ORDINARY_BYTES = 1 << 17 }; // larger ones are few: glibc maps them apart
#define MSCOPE_SIZE_HUGE 0xfffffffull
#define MSCOPE_SIZE_CHECKED 0x8000000ull
#define MSCOPE_SIZE_LIMIT (MSCOPE_SIZE_CHECKED - 1) // sizes from here on are huge
#define MSCOPE_SITE_MASK ((1ull << MSCOPE_SITE_BITS) - 1)
#define MSCOPE_CONTEXT_MASK 0xffffffull
#define MSCOPE_BORN_ROUNDED (1ull << 63) // a sampled block: its weight is the next whole number

enum { MSCOPE_SITE_SHIFT = 13, MSCOPE_SITE_BITS = 23, MSCOPE_SIZE_SHIFT = MSCOPE_SITE_SHIFT + MSCOPE_SITE_BITS };
enum {
    MSCOPE_SLOT_INTERNAL = 1,
    MSCOPE_SLOT_SAMPLED = 2, // its stack was sampled: at its site it stands for mscope_weight() blocks
    MSCOPE_SLOT_STANDS = 4,  // the block itself was sampled: it stands for others everywhere
    MSCOPE_SLOT_EVENT = 8,   // history has its birth, so it wants its death
    MSCOPE_SLOT_QUARTER = 0x30, // of 64 bytes, in which the block begins: these bits are those of its address
    MSCOPE_SLOT_LIVE = 0x40,
    MSCOPE_SLOT_REALLOCATED = 0x80,
    MSCOPE_SLOT_FAMILY_SHIFT = 8, // 2 bits
    MSCOPE_SLOT_WALK_SHIFT = 10,  // 3 bits: number of the walk it was recorded in, 0 outside of walks
    // And when the block has ended, in place of the walk's number:
    MSCOPE_SLOT_EARLIER_SHIFT = 10, // 2 bits: a large one, before the last small block of its first, or second, granule
    MSCOPE_SLOT_ENDED = 1 << 12,
};
#define MSCOPE_WHAT_FORGOTTEN 1ull // a large slot that tells of no block any more, though there was one
enum mscope_family { MSCOPE_FAMILY_MALLOC = 0, MSCOPE_FAMILY_NEW = 1, MSCOPE_FAMILY_NEW_ARRAY = 2 };

static inline uint64_t mscope_slot_what(uint64_t address, uint64_t size, uint32_t site, uint32_t flags)
{
    return (size < MSCOPE_SIZE_LIMIT ? size : MSCOPE_SIZE_HUGE) << MSCOPE_SIZE_SHIFT
           | (uint64_t)site << MSCOPE_SITE_SHIFT | (address & MSCOPE_SLOT_QUARTER) | flags;
}
static inline uint64_t mscope_birth_of(uint64_t born)
{
    return (born & ~MSCOPE_BORN_ROUNDED) >> 24;
}
static inline uint64_t mscope_slot_size(uint64_t what)
{
    return what >> MSCOPE_SIZE_SHIFT;
}
/// Whether a block came from mscope_allocate_checked.
static inline bool mscope_is_checked(uint64_t what)
{
    uint64_t size = mscope_slot_size(what);
    return size >= MSCOPE_SIZE_CHECKED && size != MSCOPE_SIZE_HUGE;
}
static inline uint32_t mscope_slot_site(uint64_t what)
{
    return (uint32_t)(what >> MSCOPE_SITE_SHIFT & MSCOPE_SITE_MASK);
}
/// What a slot says of a block when it has ended.
static inline uint64_t mscope_ended(uint64_t what)
{
    return (what & ~(uint64_t)(MSCOPE_SLOT_LIVE | 7 << MSCOPE_SLOT_WALK_SHIFT)) | MSCOPE_SLOT_ENDED;
}
/// The flag of a large block that ended before the last small one of the granule of `address`.
static inline uint64_t mscope_earlier_in(uint64_t address)
{
    return 1ull << MSCOPE_SLOT_EARLIER_SHIFT << (address >> MSCOPE_GRANULE_SHIFT & 1);
}
static inline uint32_t mscope_slot_flags(uint64_t what)
{
    return (uint32_t)what & ((1 << MSCOPE_SITE_SHIFT) - 1);
}

// ---- counters
//
// frees <= allocations and freed_bytes <= allocated_bytes, summed over all banks, at rest.
struct mscope_tally {
    _Atomic uint64_t allocations, frees, allocated_bytes, freed_bytes;
};

enum { MSCOPE_CHUNK_SITES = 128, MSCOPE_CHUNKS = 1 << 16, MSCOPE_SITE_CAPACITY = MSCOPE_CHUNK_SITES * MSCOPE_CHUNKS };
struct mscope_chunk {
    struct mscope_tally sites[MSCOPE_CHUNK_SITES];
};
_Static_assert(sizeof(struct mscope_chunk) == 4096, "a chunk of counters is a page, so banks share no cache line");

// ---- thread bank: what one thread writes without asking anyone.
//
// A bank belongs to one thread at a time and is handed on when the thread ends. Counters are never reset: the sum over
// all banks is the truth, whoever owned them. counts of a thread = tally - baseline.
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

// ---- the last stack a thread took, outermost frame first, so that what it shares with the next one stays in place.
//
// state of frame i: link[i], sp[i]. The step outwards from it read link[i - 1]: a usual frame holds both words at
// link_at[i]; for an odd one link_at[i] is &link[i - 1] itself and `odd` tells where the words are. So the frames below
// i are the same again exactly when its state is and all these words are: the walk is a function of them. hash[i] is
// that of frames 0 ... i; odd[0 ..< odd_until[i]] belong to frames 0 ... i.
struct mscope_link { // as a frame holds it in memory
    uint64_t fp, pc;
};
struct mscope_odd {
    const uint64_t *pc_at, *fp_at;
    struct mscope_link expected;
};
enum { MSCOPE_ROWS_AT_ONCE = 4 };
/// The memo's stack as it is looked for first, since in a loop it is the very same: what its innermost frame was, and
/// how much there is to compare. sp 0: it cannot be looked for, or is being changed.
struct mscope_again {
    volatile uint64_t sp;
    uint64_t pc, fp;
    uint32_t site, generation;
    uint32_t rows, odd; // rows: a multiple of MSCOPE_ROWS_AT_ONCE, those beyond the stack compare with themselves
};
struct mscope_memo {
    struct mscope_again again;
    uint32_t depth, generation;
    uint32_t end; // how the walk ended at frame 0: an mscope_step
    _Alignas(16) struct mscope_link link[MSCOPE_MAX_FRAMES + MSCOPE_ROWS_AT_ONCE];
    const struct mscope_link *link_at[MSCOPE_MAX_FRAMES + MSCOPE_ROWS_AT_ONCE];
    uint64_t sp[MSCOPE_MAX_FRAMES], hash[MSCOPE_MAX_FRAMES];
    uint32_t site[MSCOPE_MAX_FRAMES]; // of the stack that begins at frame i, 0 when not looked up
    uint32_t odd_until[MSCOPE_MAX_FRAMES];
    struct mscope_odd odd[MSCOPE_MAX_FRAMES];
};

/// A stack as the table keeps it: innermost frame first.
struct mscope_stack {
    uint32_t count, flags;
    uint64_t hash;
    uint64_t frames[MSCOPE_MAX_FRAMES];
};

/// The frames of a walk that the memo does not have, innermost first.
struct mscope_reads {
    const uint64_t *pc_at, *fp_at; // the words a step read; fp_at NULL: it left fp alone
};
struct mscope_walked {
    uint32_t count, flags;
    uint32_t end; // an mscope_step; MSCOPE_STEP_ON: the memo has the rest
    bool sure;    // the words in `reads` decide every step
    struct mscope_cursor frames[MSCOPE_MAX_FRAMES];
    struct mscope_reads reads[MSCOPE_MAX_FRAMES];
};

/// A live block in which an async context was found; valid when zero. It may be read while its record says the same.
struct mscope_held {
    const _Atomic uint64_t *record; // two words
    uint64_t words[2];
    uint64_t low, high;
};
enum { MSCOPE_HELD = 256, MSCOPE_HELD_WAYS = 4 };

/// The callers that wait in a context and its parents, as they were found once: the same while the blocks that hold the
/// contexts live and the words are as they were.
struct mscope_level {
    uint64_t context, parent, resume;
    uint32_t block; // that holds the context, by its index in the chain
};
enum { MSCOPE_CHAINS = 64, MSCOPE_CHAIN_LEVELS = 48, MSCOPE_CHAIN_BLOCKS = 12 };
struct mscope_chain {
    volatile uint64_t start; // the innermost context; 0: none, or being changed
    uint64_t hash, power;    // of a stack that these callers follow: its own * power + hash
    uint32_t levels, blocks, generation;
    uint32_t misses; // of walks through `start`
    struct mscope_held block[MSCOPE_CHAIN_BLOCKS];
    struct mscope_level level[MSCOPE_CHAIN_LEVELS];
};

/// Room for one walk, in the bank because a thread's stack may be small. A signal handler that comes while its thread
/// walks uses the next one.
struct mscope_space {
    struct mscope_memo memo;
    struct mscope_walked walked;
    struct mscope_stack tail, whole;
    struct mscope_held held[MSCOPE_HELD]; // by context, in one of MSCOPE_HELD_WAYS places
    uint32_t held_next, held_last; // to be replaced next; found last
    uint64_t has_chain;                        // a bit each, of chains that were ever kept
    struct mscope_chain chains[MSCOPE_CHAINS]; // by context
    struct mscope_chain walked_levels;         // by the walk under way
    uint64_t sp; // of the walk that uses it
};
enum { MSCOPE_SPACES = 2 };

// ---- where the words lie that a walk reads: the same for all stacks that a thread takes from one place, as long as
// the functions in between have frames of the same size.
//
// The walk from `sp` read a return address at pc_at of each row, the innermost first. Where a later step went by the fp
// that was read as well, at fp_at, that was `fp`; elsewhere fp_at = &fp. `shape` is a hash of what decides which words
// a walk reads, given the return addresses, with sp at 0.
struct mscope_layout_row {
    const uint64_t *pc_at, *fp_at;
    uint64_t fp;
};
enum { MSCOPE_LAYOUTS = 64, MSCOPE_LAYOUT_ROWS = 96 };
struct mscope_layout {
    volatile uint64_t sp; // 0: none, or being changed
    uint64_t fp;          // the caller's, if a step went by it
    uint64_t shape;
    uint32_t count, generation;
    uint32_t misses; // of walks from here that it did not fit
    bool by_fp;      // a step went by the caller's fp
    struct mscope_layout_row rows[MSCOPE_LAYOUT_ROWS];
};
/// What the steps of a walk did: row i's went from sp to sp[i] by fp, or not.
struct mscope_layout_walk {
    struct mscope_layout layout;
    uint64_t sp[MSCOPE_LAYOUT_ROWS];
    bool by_fp[MSCOPE_LAYOUT_ROWS];
};

/// What a thread takes its stacks with: valid when zero, but for the bounds of its stack.
struct mscope_unwinder {
    uint64_t stack_low, stack_high; // known readable: [stack_low, stack_high)
    uint64_t other_low, other_high; // the last other stack (signal stack, fiber)
    volatile uint32_t walks;        // under way on this thread
    uint32_t last_plain;            // the site that was found without the memo
    uint64_t has_layout;            // a bit each, of layouts that were ever kept
    _Atomic uint64_t learning;      // see mscope_begin_write
    struct mscope_space spaces[MSCOPE_SPACES];
    struct mscope_layout layouts[MSCOPE_LAYOUTS]; // by place
    struct mscope_layout_walk layout_walk;
};

struct mscope_task_context {
    _Atomic uint64_t task; // cleared by whatever thread runs the task when its scope changes
    uint32_t thread, context;
};
enum { MSCOPE_TASK_CONTEXTS = 64 };

struct mscope_bank {
    _Atomic uint32_t state;
    uint32_t thread;                // number of the owner
    uint32_t context;               // of this thread without a task
    _Atomic int64_t published;      // of this bank's live bytes, in the process-wide figure
    _Atomic int64_t until_look;     // bytes of changes until that figure is looked at again
    uint64_t random;
    struct mscope_tally tally[2]; // program, internal
    struct mscope_counts baseline[2];
    struct mscope_task_context tasks[MSCOPE_TASK_CONTEXTS]; // by task id: the last ones seen on this thread
    uint64_t arena_end;                                     // up to which the allocator was made to grow
    _Atomic uint64_t canaried; // blocks with canaries that this thread allocated
    _Atomic(struct mscope_ring *) ring;
    _Atomic(struct mscope_departure_log *) departures;
    _Atomic(struct mscope_chunk *) chunks[MSCOPE_CHUNKS];
    struct mscope_unwinder unwinder;
};

enum { MSCOPE_BANKS = 1 << 13 };

// ---- what a thread finds without a table: valid when zero
enum { MSCOPE_TLS_NEW = 0, MSCOPE_TLS_ENTERING = 1, MSCOPE_TLS_READY = 2, MSCOPE_TLS_LEFT = 3 };
enum { MSCOPE_TLS_FOR_A_WHILE = 1, MSCOPE_TLS_OWN = 2 }; // a thread of the program's that works for us; one of ours
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

struct mscope_context {
    uint32_t thread, scope;
    uint64_t task;
};

#endif
