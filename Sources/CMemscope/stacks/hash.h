// The hash of a stack.
#ifndef MSCOPE_STACKS_HASH_H
#define MSCOPE_STACKS_HASH_H

#include "stacks/unwinder.h"

enum { MSCOPE_NOWHERE = 4096 }; // no code lies below; a thread's first frame returns to such an address

// A stack's hash is the sum of pc * base^d over its frames, where d frames are further inside: it can be extended at
// either end.
#define MSCOPE_HASH_BASE 0x9E3779B97F4A7C15ull // odd

/// The hash of a stack after one more frame is added inside.
static inline uint64_t mscope_hash_frame(uint64_t hash, uint64_t pc)
{
    return hash * MSCOPE_HASH_BASE + pc;
}

/// Spreads what the bits of a sum say over all bits.
static inline uint64_t mscope_mix_hash(uint64_t sum)
{
    uint64_t hash = (sum ^ sum >> 32) * 0xD6E8FEB86659FD93ull;
    return hash ^ hash >> 29;
}

static inline uint64_t mscope_finish_hash(uint64_t hash, uint32_t count, uint32_t flags)
{
    hash = mscope_mix_hash(hash + count + flags * 0xD6E8FEB86659FD93ull);
    return hash >> MSCOPE_SITE_BITS ? hash : ~hash; // the upper bits are never 0: a word of 0 means free in the index
}

#endif
