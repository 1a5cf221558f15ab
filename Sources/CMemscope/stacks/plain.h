// Stacks by unwinding that keeps nothing of the frames: plain.c.
#ifndef MSCOPE_STACKS_PLAIN_H
#define MSCOPE_STACKS_PLAIN_H

#include "stacks/memo.h"

/// The site of a stack whose words lie where they lay at an earlier unwinding from the same place; 0 when they do not,
/// or when no such stack was seen.
MSCOPE_HIDDEN uint32_t mscope_site_by_layout(struct mscope_unwinder *unwinder, const struct mscope_cursor *at);
/// The site of a stack, unwound by known rules. 0 when a step needs another rule, or when the stack is new and no
/// caller waits in a context (*async): then unwinding with the memo is needed.
MSCOPE_HIDDEN uint32_t mscope_site_plainly(struct mscope_unwinder *unwinder, const struct mscope_cursor *at,
                                           bool *async);
MSCOPE_HIDDEN void mscope_forget_layouts(struct mscope_unwinder *unwinder);

#endif
