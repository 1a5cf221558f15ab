// Walks over the live blocks of one moment.
#ifndef MSCOPE_RECORD_WALK_H
#define MSCOPE_RECORD_WALK_H

#include "record/bank.h"

/// The number of the walk under way, counted from 1; 0: none. A hook loads it once and does everything for that walk.
extern MSCOPE_HIDDEN _Atomic uint32_t mscope_walking;
/// When the walk under way began, as mscope_now() says; of the last one when there is none.
MSCOPE_HIDDEN uint64_t mscope_walk_start(void);
/// The number in the slots of blocks recorded during a walk: 1 to 7, in turn.
static inline uint32_t mscope_walk_number(uint32_t walk)
{
    return mscope_likely(walk == 0) ? 0 : (walk - 1) % 7 + 1;
}
/// Whether a block was recorded since `walk` began.
MSCOPE_HIDDEN bool mscope_is_newer(uint32_t walk, uint64_t what, uint64_t born);
MSCOPE_HIDDEN void mscope_note_departure(struct mscope_bank *bank, uint32_t walk,
                                         const struct mscope_departure *departure);
MSCOPE_HIDDEN void mscope_walk_after_fork(void);

#endif
