// Watched blocks: their end is kept with its time and its stack.
#ifndef MSCOPE_RECORD_WATCHED_H
#define MSCOPE_RECORD_WATCHED_H

#include "record/bank.h"

/// Keeps the end of a block with MSCOPE_SLOT_EVENT, if it is watched and its end is not kept yet. `caller`: of the
/// function that ends it; NULL: not known. `moved_to`: where realloc moved it; 0: it was freed. False when history has
/// not its birth, so that its end must not be written there. context: hook path
MSCOPE_HIDDEN bool mscope_end_watched(uint64_t address, uint64_t born, const struct mscope_cursor *caller,
                                      uint64_t moved_to);

#endif
