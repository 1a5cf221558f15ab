// The state that a thread needs to take its stacks.
#ifndef MSCOPE_STACKS_UNWINDER_H
#define MSCOPE_STACKS_UNWINDER_H

#include "CMemscope.h"
#include "base/base.h"

enum { MSCOPE_SITE_BITS = 23, MSCOPE_SITE_CAPACITY = 1 << MSCOPE_SITE_BITS }; // site numbers; 0: no stack
#define MSCOPE_SITE_MASK ((1ull << MSCOPE_SITE_BITS) - 1)

/// A stack as the table keeps it: innermost frame first.
struct mscope_stack {
    uint32_t count, flags;
    uint64_t hash;
    uint64_t frames[MSCOPE_MAX_FRAMES];
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
    struct mscope_stack whole, tail;           // tail: the callers that wait in contexts
    uint64_t frame_sp[MSCOPE_MAX_FRAMES];      // of the frames in `whole` that lie on the stack
    struct mscope_held held[MSCOPE_HELD];      // by context, in one of MSCOPE_HELD_WAYS places
    uint32_t held_next, held_last;             // to be replaced next; last found
    uint64_t has_chain;                        // one bit for each chain that was ever kept
    struct mscope_chain chains[MSCOPE_CHAINS]; // by context
    struct mscope_chain followed_levels;       // the levels of the unwinding under way
    uint64_t sp;                               // of the unwinding that uses this space
};
enum { MSCOPE_SPACES = 2 };

// ---- layouts: where the words lie that unwinding reads. The places are the same for all stacks that a thread takes
// from one place, as long as the functions in between have frames of the same size.
enum { MSCOPE_LAYOUTS = 64, MSCOPE_ROWS_AT_ONCE = 4 };
typedef uint64_t mscope_pair __attribute__((vector_size(16)));
typedef mscope_pair mscope_pair_on_stack __attribute__((aligned(8)));

struct mscope_link { // as a frame holds it in memory
    uint64_t fp, pc;
};

/// The stack that was found by a layout twice in a row, as the words at the layout's places. To compare them costs a
/// third of hashing them.
struct mscope_repeat {
    volatile uint32_t site; // 0: none, or being changed
    uint64_t pc;            // the caller's
    mscope_pair pair[MSCOPE_MAX_FRAMES];
    uint64_t word[MSCOPE_MAX_FRAMES];
};

/// Unwinding from `sp` read `count` return addresses: those of the pairs, and the words. It used an fp as well where
/// one is compared: in a pair, which is a saved fp with the return address beside it, or alone. `shape` is a hash of
/// everything that decides which words unwinding reads, given the return addresses, relative to sp, and of how many.
///
/// The pairs from `outer` on are most often the same: they are compared with those in `repeat`, which costs half of
/// hashing them, and `outer_hash` is what they and the shape add to the hash.
///
/// pairs + words == count, except that `pairs` is rounded up to a multiple of MSCOPE_ROWS_AT_ONCE by pairs at `filler`
/// outer <= pairs, a multiple of MSCOPE_ROWS_AT_ONCE, too
struct mscope_layout {
    volatile uint64_t sp; // 0: none, or being changed
    uint64_t fp;          // the caller's, if a step used it
    uint64_t shape;
    uint32_t count, generation;
    uint32_t misses; // unwindings from here that it did not fit
    uint32_t last;   // the last site that was found by it
    bool by_fp;      // a step used the caller's fp
    uint32_t pairs, words, fps;
    uint32_t outer;
    uint16_t takes; // how often a stack was looked for by it, modulo 65,536
    uint64_t outer_hash;
    struct mscope_link filler; // zeros
    struct mscope_layout_pair {
        const struct mscope_link *at;
        uint64_t fp;
    } pair[MSCOPE_MAX_FRAMES];
    const uint64_t *word_at[MSCOPE_MAX_FRAMES];
    const uint64_t *fp_at[MSCOPE_MAX_FRAMES];
    uint64_t fp_alone[MSCOPE_MAX_FRAMES];
    struct mscope_repeat repeat;
};

/// What the steps of an unwinding did: each read a return address, perhaps an fp (else fp_at is NULL), and led to sp
/// and fp; by_fp: it used fp.
struct mscope_steps {
    uint32_t count;
    struct mscope_layout_step {
        const uint64_t *pc_at, *fp_at;
        uint64_t sp, fp;
        bool by_fp;
    } step[MSCOPE_MAX_FRAMES];
};

/// What a thread takes its stacks with: valid when zero, except for the bounds of its stack.
struct mscope_unwinder {
    uint64_t stack_low, stack_high; // known readable: [stack_low, stack_high)
    uint64_t other_low, other_high; // the last other stack (signal stack, fiber)
    volatile uint32_t unwindings;   // unwindings under way on this thread
    uint64_t has_layout;            // one bit for each layout that was ever kept
    _Atomic uint64_t learning;      // see mscope_begin_write
    struct mscope_space spaces[MSCOPE_SPACES];
    struct mscope_layout layouts[MSCOPE_LAYOUTS]; // by place
    struct mscope_steps steps;                    // for learning a layout
};

/// Changes when rules or numbers of sites are forgotten, so that threads forget what they keep of them; not 0.
extern MSCOPE_HIDDEN _Atomic uint32_t mscope_unwind_generation;

#endif
