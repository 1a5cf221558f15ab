// How to step from a return address to its caller: rules.c.
#ifndef MSCOPE_STACKS_RULES_H
#define MSCOPE_STACKS_RULES_H

#include "stacks/unwinder.h"

/// How to step from a return address to its caller. The rule of a usual frame is the constant MSCOPE_RULE_FRAME, so
/// that unwinding compares one word.
enum {
    MSCOPE_RULE_UNKNOWN = 0, // not learnt yet
    MSCOPE_RULE_FRAME = 1,   // CFA = fp + 16, fp and return address at CFA - 16
    MSCOPE_RULE_OFFSET = 2,  // CFA = register + offset
    MSCOPE_RULE_END = 3,     // outermost frame
    MSCOPE_RULE_SIGNAL = 4,  // registers are in the signal frame
    MSCOPE_RULE_NONE = 5,    // no unwind information
    MSCOPE_RULE_ASYNC = 6,   // usual frame of a Swift async function: the callers are in its context
    MSCOPE_RULE_WIDE = 7,    // offsets too large, or too unusual, for a packed rule
    MSCOPE_ASYNC_BARE = 8,   // with ASYNC: no frame, the context is in a register
    MSCOPE_NONE_CODE = 8,    // with NONE: in an image's code, for example a Swift function that needs no description
};
MSCOPE_HIDDEN int64_t mscope_saved_context(uint64_t pc);
/// The packed rule of a return address; made and kept the first time.
MSCOPE_HIDDEN uint64_t mscope_learn_rule(uint64_t pc);
/// Steps by a rule that does not fit into a word; false when sp and fp alone are not enough.
MSCOPE_HIDDEN bool mscope_step_wide(struct mscope_cursor *at, uint64_t high);
MSCOPE_HIDDEN bool mscope_rules_start(void);
MSCOPE_HIDDEN void mscope_forget_rules(void);
/// One word per return address: tag:31 | rule:33. The index and the tag together are the address, so a match is exact.
extern MSCOPE_HIDDEN _Atomic uint64_t *mscope_rules;
enum { MSCOPE_RULES_SHIFT = 17, MSCOPE_RULE_BITS = 33 };
// pc * an odd number is a bijection of 48 bits: index and tag are the two ends of the product
enum { MSCOPE_RULE_KEY_BITS = 48 };
#define MSCOPE_RULE_FACTOR 0x9E3779B97F4A7C15ull
static inline uint64_t mscope_rule_index(uint64_t pc)
{
    uint64_t key = pc * MSCOPE_RULE_FACTOR;
    return key >> (MSCOPE_RULE_KEY_BITS - MSCOPE_RULES_SHIFT) & ((1ull << MSCOPE_RULES_SHIFT) - 1);
}
/// The rest of the key, in the bits where a word has it.
static inline uint64_t mscope_rule_tag(uint64_t pc)
{
    return pc * (MSCOPE_RULE_FACTOR << MSCOPE_RULE_BITS);
}
static inline bool mscope_is_rule_of(uint64_t word, uint64_t pc)
{
    return (word ^ mscope_rule_tag(pc)) >> MSCOPE_RULE_BITS == 0;
}

// ---- prologue.c
MSCOPE_HIDDEN bool mscope_proves_frame(uint64_t pc, uint64_t lowest);

#endif
