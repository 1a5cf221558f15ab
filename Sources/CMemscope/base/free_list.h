// A list of free numbers that any thread takes from and gives back to, without waiting.
#ifndef MSCOPE_BASE_FREE_LIST_H
#define MSCOPE_BASE_FREE_LIST_H

#include <stdint.h>

#include "base/atomic.h"

/// changes:32 | first number:32, 0: none. Each number has a word for the next one, which `next` finds.
typedef _Atomic uint64_t mscope_free_list;
typedef _Atomic uint32_t *mscope_next_number(uint32_t number);

/// A number from the list; 0 when it is empty. context: hook path
static inline uint32_t mscope_take_number(mscope_free_list *list, mscope_next_number next)
{
    uint64_t seen = mscope_load_acquire(list);
    while ((uint32_t)seen != 0) {
        uint64_t rest = ((seen >> 32) + 1) << 32 | mscope_load_relaxed(next((uint32_t)seen));
        if (mscope_cas_acq_rel(list, &seen, rest)) return (uint32_t)seen;
    }
    return 0;
}

/// Puts a number that is not in the list into it. context: hook path
static inline void mscope_list_number(mscope_free_list *list, uint32_t number, mscope_next_number next)
{
    uint64_t seen = mscope_load_relaxed(list);
    do mscope_store_relaxed(next(number), (uint32_t)seen);
    while (!mscope_cas_acq_rel(list, &seen, ((seen >> 32) + 1) << 32 | number));
}

#endif
