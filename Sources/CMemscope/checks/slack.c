// Bytes around blocks, and in place of freed ones, that nobody may write: filled, and checked later.
#include "checks/canary.h"
#include "checks/checks.h"

#include <string.h>

void mscope_fill_slack(uint64_t from, uint64_t to)
{
    const uint64_t words = 0x0101010101010101ull * MSCOPE_CANARY;
    if (to <= from) return;
    // The commonest case: a canary of 8 to 23 bytes, in words that overlap.
    if (to - from < 8 || to - from > 24) {
        memset((void *)from, MSCOPE_CANARY, to - from);
        return;
    }
    memcpy((void *)from, &words, sizeof(words));
    memcpy((void *)(from + (to - from) / 2 - 4), &words, sizeof(words));
    memcpy((void *)(to - 8), &words, sizeof(words));
}

static inline bool mscope_is_word(uint64_t at, uint64_t wanted)
{
    uint64_t word;
    memcpy(&word, (const void *)at, sizeof(word));
    return word == wanted;
}

uint64_t mscope_first_damage(uint64_t from, uint64_t to, uint8_t fill)
{
    uint64_t words = 0x0101010101010101ull * fill, size = to - from;
    // The range is filled if it begins with the filling and each byte equals the one a word before: libc compares
    // quickly.
    if (size >= 8 && mscope_is_word(from, words) && memcmp((const void *)from, (const void *)(from + 8), size - 8) == 0)
        return to;
    while (from < to && *(const uint8_t *)from == fill) from++;
    return from;
}

uint64_t mscope_last_damage(uint64_t from, uint64_t to, uint8_t fill)
{
    if (mscope_first_damage(from, to, fill) == to) return to;
    for (uint64_t at = to; at > from; at--)
        if (*(const uint8_t *)(at - 1) != fill) return at - 1;
    return to;
}

// ---- for memory that may be freed meanwhile

enum { MSCOPE_PROBE_BYTES = 512 };

bool mscope_probe_first_damage(uint64_t from, uint64_t to, uint8_t fill, uint64_t *damage)
{
    _Alignas(8) uint8_t bytes[MSCOPE_PROBE_BYTES];
    for (*damage = to; from < to; from += MSCOPE_PROBE_BYTES) {
        uint64_t size = to - from < MSCOPE_PROBE_BYTES ? to - from : MSCOPE_PROBE_BYTES, at = (uint64_t)bytes;
        if (mscope_read_memory(from, bytes, size) != size) return false;
        uint64_t found = mscope_first_damage(at, at + size, fill);
        if (found == at + size) continue;
        *damage = from + found - at;
        return true;
    }
    return true;
}

bool mscope_probe_last_damage(uint64_t from, uint64_t to, uint8_t fill, uint64_t *damage)
{
    _Alignas(8) uint8_t bytes[MSCOPE_PROBE_BYTES];
    *damage = to;
    for (uint64_t end = to; end > from;) {
        uint64_t size = end - from < MSCOPE_PROBE_BYTES ? end - from : MSCOPE_PROBE_BYTES, at = (uint64_t)bytes;
        end -= size;
        if (mscope_read_memory(end, bytes, size) != size) return false;
        uint64_t found = mscope_last_damage(at, at + size, fill);
        if (found == at + size) continue;
        *damage = end + found - at;
        return true;
    }
    return true;
}
