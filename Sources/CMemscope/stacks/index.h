// Looking a stack up in the index, inlined: nearly always it is in the first line.
#ifndef MSCOPE_STACKS_INDEX_H
#define MSCOPE_STACKS_INDEX_H

#include "stacks/unwinder.h"

enum { MSCOPE_LINE = 8, MSCOPE_FIRST_LINES = 1 << 12 };
typedef uint32_t mscope_halves __attribute__((vector_size(16)));
typedef uint32_t mscope_line_halves __attribute__((ext_vector_type(MSCOPE_LINE)));
typedef bool mscope_line_bits __attribute__((ext_vector_type(MSCOPE_LINE)));

extern MSCOPE_HIDDEN _Atomic(_Atomic uint64_t *) mscope_index[]; // by level
MSCOPE_HIDDEN uint32_t mscope_find_in_later_lines(uint64_t hash);

static inline bool mscope_same_hash(uint64_t word, uint64_t hash)
{
    return (word ^ hash) >> MSCOPE_SITE_BITS == 0;
}

/// The places in a line, one bit each, of words whose upper half is a hash's. All are compared at once: a branch on the
/// place of the right one would be mispredicted.
static inline uint32_t mscope_places_in(const _Atomic uint64_t *line, uint64_t hash)
{
    const volatile mscope_halves *words = (const volatile mscope_halves *)(const volatile void *)line;
    mscope_halves first = __builtin_shufflevector(words[0], words[1], 1, 3, 5, 7);
    mscope_halves last = __builtin_shufflevector(words[2], words[3], 1, 3, 5, 7);
    mscope_line_halves upper = __builtin_shufflevector(first, last, 0, 1, 2, 3, 4, 5, 6, 7);
    mscope_line_bits same = __builtin_convertvector(upper == (uint32_t)(hash >> 32), mscope_line_bits);
    uint8_t places;
    __builtin_memcpy(&places, &same, sizeof(places));
    return places;
}

/// The number beside a hash in a line, the first one if it is there twice; 0 when no word has it.
static inline uint32_t mscope_number_in(const _Atomic uint64_t *line, uint64_t hash)
{
    for (uint32_t places = mscope_places_in(line, hash); places != 0; places &= places - 1) {
        uint64_t word = mscope_load_acquire(&line[__builtin_ctz(places)]);
        if (mscope_likely(mscope_same_hash(word, hash))) return (uint32_t)(word & MSCOPE_SITE_MASK);
    }
    return 0;
}

/// The number of a stack by its hash; 0 when it is new.
MSCOPE_INLINE uint32_t mscope_find_site(uint64_t hash)
{
    const _Atomic uint64_t *lines = mscope_load_acquire(&mscope_index[0]);
    uint32_t found = 0;
    if (mscope_likely(lines != NULL))
        found = mscope_number_in(&lines[(hash & (MSCOPE_FIRST_LINES - 1)) * MSCOPE_LINE], hash);
    return mscope_likely(found != 0) ? found : mscope_find_in_later_lines(hash);
}

#endif
