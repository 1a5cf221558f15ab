// An engine in a namespace of its own: its libc is another, and knows nothing of the program's threads.
#ifndef MSCOPE_BASE_APART_H
#define MSCOPE_BASE_APART_H

#include "base/process.h"

// Of Swift's runtime, which a program may have.
#pragma weak swift_retain
extern void *swift_retain(void *object);
static inline bool mscope_has_swift(void)
{
    return swift_retain != NULL;
}

/// Runs a function of the engine's on a thread that its libc knows, and waits; false when there can be none.
typedef bool (*mscope_apart_call)(void (*body)(void *context), void *context);

/// Once, before the engine is there. From then on our threads are of its libc.
MSCOPE_HIDDEN void mscope_set_apart(mscope_apart_call call);
MSCOPE_HIDDEN bool mscope_is_apart(void);
/// Calls a function of the engine's from any thread.
MSCOPE_HIDDEN bool mscope_call_engine(void (*body)(void *context), void *context);

#endif
