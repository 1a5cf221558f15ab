// What may wait for ever: ld.so's lock, and what takes locks at all.
#ifndef MSCOPE_LOADERLOCK_H
#define MSCOPE_LOADERLOCK_H

#include "internal.h"

// ---- trial.c
/// Whether `body` returns true in a copy of the process, within a fifth of a second.
MSCOPE_HIDDEN bool mscope_succeeds_in_copy(bool (*body)(void));

// ---- loaderlock.c
/// Whether ld.so's lock can be had; it takes up to a fifth of a second to say no.
MSCOPE_HIDDEN bool mscope_may_iterate(void);
/// The calling thread has the lock, or may have it, and ends the process: nobody else gets it any more.
MSCOPE_HIDDEN void mscope_lose_loader_lock(void);
MSCOPE_HIDDEN void mscope_loader_lock_after_fork(void);

#endif
