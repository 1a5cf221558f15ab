// Which frames the stacks of the table have.
#ifndef MSCOPE_STACK_FRAMES_H
#define MSCOPE_STACK_FRAMES_H

#include "internal.h"

MSCOPE_HIDDEN bool mscope_frames_start(void);
/// Writes down the frames of a new stack, innermost first. `near` is a stack that may have the outer ones in common
/// with it, or 0. False when there is no room.
MSCOPE_HIDDEN bool mscope_keep_frames(uint32_t site, const uint64_t *frames, uint32_t count, uint32_t near);
/// Writes all frames of a stack to `out`, which has room for MSCOPE_MAX_FRAMES.
MSCOPE_HIDDEN void mscope_copy_frames(uint32_t site, uint64_t *out);

#endif
