// The state that a thread needs to take its stacks.
#ifndef MSCOPE_STACKS_UNWINDER_H
#define MSCOPE_STACKS_UNWINDER_H

#include "CMemscope.h"
#include "base/base.h"

enum { MSCOPE_SITE_BITS = 23, MSCOPE_SITE_CAPACITY = 1 << MSCOPE_SITE_BITS }; // site numbers; 0: no stack
#define MSCOPE_SITE_MASK ((1ull << MSCOPE_SITE_BITS) - 1)

// ---- the last stack that a thread took, outermost frame first, so that the frames shared with the next stack keep
// their place.
//
// state of frame i: link[i], sp[i]. The step outwards from it read link[i - 1]: a usual frame holds both words at
// link_at[i]; for an odd one link_at[i] is &link[i - 1] itself, and `odd` says where the words are. So the frames below
// i are the same again exactly when the state of frame i and all these words are the same: unwinding is a function of
// them. hash[i] is the hash of frames 0 ... i; odd[0 ..< odd_until[i]] belong to frames 0 ... i.
typedef uint64_t mscope_pair __attribute__((vector_size(16)));
typedef mscope_pair mscope_pair_on_stack __attribute__((aligned(8)));

struct mscope_link { // as a frame holds it in memory
    uint64_t fp, pc;
};
struct mscope_odd {
    const uint64_t *pc_at, *fp_at;
    struct mscope_link expected;
};
enum { MSCOPE_ROWS_AT_ONCE = 4 };
/// What is needed to compare the memo's stack first, because in a loop the stack is the same each time: the state of
/// its innermost frame, and how many words to compare. sp 0: it cannot be compared, or is being changed.
struct mscope_again {
    volatile uint64_t sp;
    uint64_t pc, fp;
    uint32_t site, generation;
    uint32_t rows, odd; // rows: a multiple of MSCOPE_ROWS_AT_ONCE; rows beyond the stack compare with themselves
};
struct mscope_memo {
    struct mscope_again again;
    uint32_t depth, generation;
    uint32_t end; // how unwinding ended at frame 0: an mscope_step
    _Alignas(16) struct mscope_link link[MSCOPE_MAX_FRAMES + MSCOPE_ROWS_AT_ONCE];
    const struct mscope_link *link_at[MSCOPE_MAX_FRAMES + MSCOPE_ROWS_AT_ONCE];
    uint64_t sp[MSCOPE_MAX_FRAMES], hash[MSCOPE_MAX_FRAMES];
    uint32_t site[MSCOPE_MAX_FRAMES]; // of the stack whose innermost frame is i; 0 when not looked up
    uint32_t odd_until[MSCOPE_MAX_FRAMES];
    struct mscope_odd odd[MSCOPE_MAX_FRAMES];
};

/// A stack as the table keeps it: innermost frame first.
struct mscope_stack {
    uint32_t count, flags;
    uint64_t hash;
    uint64_t frames[MSCOPE_MAX_FRAMES];
};

/// The frames of an unwinding that the memo does not have, innermost first.
struct mscope_reads {
    const uint64_t *pc_at, *fp_at; // the words that a step read; fp_at NULL: the step left fp alone
};
struct mscope_unwound {
    uint32_t count, flags;
    uint32_t end; // an mscope_step; MSCOPE_STEP_ON: the memo has the rest
    bool sure;    // the words in `reads` decide every step
    struct mscope_cursor frames[MSCOPE_MAX_FRAMES];
    struct mscope_reads reads[MSCOPE_MAX_FRAMES];
};

/// A live block in which an async context was found; valid when zero. It may be read as long as its record is
/// unchanged.
struct mscope_held {
    const _Atomic uint64_t *record; // two words
    uint64_t words[2];
    uint64_t low, high;
};
enum { MSCOPE_HELD = 256, MSCOPE_HELD_WAYS = 4 };

/// The callers that wait in a context and its parents, as found once. They are the same as long as the blocks that hold
/// the contexts live and the words are unchanged.
struct mscope_level {
    uint64_t context, parent, resume;
    uint32_t block; // the block that holds the context: its index in the chain
};
enum { MSCOPE_CHAINS = 64, MSCOPE_CHAIN_LEVELS = 48, MSCOPE_CHAIN_BLOCKS = 12 };
struct mscope_chain {
    volatile uint64_t start; // the innermost context; 0: none, or being changed
    uint64_t hash, power;    // a stack followed by these callers has the hash: its own * power + hash
    uint32_t levels, blocks, generation;
    uint32_t misses; // how often the chain was looked for and did not fit
    struct mscope_held block[MSCOPE_CHAIN_BLOCKS];
    struct mscope_level level[MSCOPE_CHAIN_LEVELS];
};

/// Room for one unwinding; in the bank, because a thread's stack may be small. A signal handler that interrupts an
/// unwinding of its thread uses the next space.
struct mscope_space {
    struct mscope_memo memo;
    struct mscope_unwound unwound;
    struct mscope_stack tail, whole;
    struct mscope_held held[MSCOPE_HELD]; // by context, in one of MSCOPE_HELD_WAYS places
    uint32_t held_next, held_last; // to be replaced next; last found
    uint64_t has_chain;                        // one bit for each chain that was ever kept
    struct mscope_chain chains[MSCOPE_CHAINS]; // by context
    struct mscope_chain followed_levels;         // the levels of the unwinding under way
    uint64_t sp; // of the unwinding that uses this space
};
enum { MSCOPE_SPACES = 2 };

// ---- layouts: where the words lie that unwinding reads. The places are the same for all stacks that a thread takes
// from one place, as long as the functions in between have frames of the same size.
//
// Unwinding from `sp` read a return address at pc_at of each row, the innermost first. Where a later step used the fp
// that was read as well, at fp_at, its value was `fp`; elsewhere fp_at = &fp. `shape` is a hash of everything that
// decides which words unwinding reads, given the return addresses, relative to sp.
struct mscope_layout_row {
    const uint64_t *pc_at, *fp_at;
    uint64_t fp;
};
enum { MSCOPE_LAYOUTS = 64, MSCOPE_LAYOUT_ROWS = 96 };

/// The stack that was found by a layout twice in a row, as the words that the walk read. To compare them costs a third
/// of hashing them. Words that lie side by side (a saved fp and a return address) are compared as a pair.
struct mscope_repeat {
    volatile uint32_t site; // 0: none, or being changed
    uint32_t pairs, words; // pairs: a multiple of MSCOPE_ROWS_AT_ONCE, the last may be compared with themselves
    uint64_t pc; // the caller's
    const mscope_pair_on_stack *pair_at[MSCOPE_LAYOUT_ROWS];
    mscope_pair pair[MSCOPE_LAYOUT_ROWS];
    const uint64_t *word_at[2 * MSCOPE_LAYOUT_ROWS];
    uint64_t word[2 * MSCOPE_LAYOUT_ROWS];
};

struct mscope_layout {
    volatile uint64_t sp; // 0: none, or being changed
    uint64_t fp;          // the caller's, if a step used it
    uint64_t shape;
    uint32_t count, generation;
    uint32_t misses; // unwindings from here that it did not fit
    uint32_t last;   // the last site that was found by it
    bool by_fp;      // a step used the caller's fp
    struct mscope_layout_row rows[MSCOPE_LAYOUT_ROWS];
    struct mscope_repeat repeat;
};
/// What the steps of an unwinding did: the step of row i led to sp[i], and used fp or not.
struct mscope_layout_steps {
    struct mscope_layout layout;
    uint64_t sp[MSCOPE_LAYOUT_ROWS];
    bool by_fp[MSCOPE_LAYOUT_ROWS];
};

/// What a thread takes its stacks with: valid when zero, except for the bounds of its stack.
struct mscope_unwinder {
    uint64_t stack_low, stack_high; // known readable: [stack_low, stack_high)
    uint64_t other_low, other_high; // the last other stack (signal stack, fiber)
    volatile uint32_t unwindings;   // unwindings under way on this thread
    uint32_t last_plain;            // the last site that was found without the memo
    uint32_t repeats;               // how often in a row it was the same
    uint64_t has_layout;            // one bit for each layout that was ever kept
    _Atomic uint64_t learning;      // see mscope_begin_write
    struct mscope_space spaces[MSCOPE_SPACES];
    struct mscope_layout layouts[MSCOPE_LAYOUTS]; // by place
    struct mscope_layout_steps layout_steps;
};

#endif
