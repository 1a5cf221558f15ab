// Stacks by walks that keep nothing of the frames: plain.c.
#ifndef MSCOPE_STACKS_PLAIN_H
#define MSCOPE_STACKS_PLAIN_H

#include "stacks/memo.h"

/// The site of a stack whose words lie where they did at an earlier walk from the same place; 0 when they do not, or
/// such a stack was not seen.
MSCOPE_HIDDEN uint32_t mscope_site_by_layout(struct mscope_unwinder *unwinder, const struct mscope_cursor *at);
/// The site of a stack walked outwards by rules that are known. 0 when another rule is met, or the stack is new and no
/// caller waits in a context (*async): then the walk with a memo is to be taken.
MSCOPE_HIDDEN uint32_t mscope_site_plainly(struct mscope_unwinder *unwinder, const struct mscope_cursor *at,
                                           bool *async);
MSCOPE_HIDDEN void mscope_forget_layouts(struct mscope_unwinder *unwinder);

#endif
