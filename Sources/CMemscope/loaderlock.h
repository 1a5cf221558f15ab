// What loaderlock.c has for others.
#ifndef MSCOPE_LOADERLOCK_H
#define MSCOPE_LOADERLOCK_H

#include "internal.h"

/// Whether ld.so's lock can be had; it takes up to a fifth of a second to say no.
MSCOPE_HIDDEN bool mscope_may_iterate(void);
/// Whether a thread that a signal interrupted may hold the lock, or that of the images noted under it.
MSCOPE_HIDDEN bool mscope_is_in_loader(const void *context);
MSCOPE_HIDDEN void mscope_loader_lock_after_fork(void);

#endif
