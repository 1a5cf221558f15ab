// An engine loaded in a linker namespace of its own: its libc is a second one, which does not know the program's
// threads.
#ifndef MSCOPE_BASE_APART_H
#define MSCOPE_BASE_APART_H

#include "base/process.h"

// From the Swift runtime, which not every program has.
#pragma weak swift_retain
extern void *swift_retain(void *object);
static inline bool mscope_has_swift(void)
{
    return swift_retain != NULL;
}

/// Runs a function of the engine on a thread that the engine's libc knows, and waits for it; false when no such thread
/// can be made.
typedef bool (*mscope_apart_call)(void (*body)(void *context), void *context);

/// Called once, before the engine is loaded. From then on MemScope's threads belong to the engine's libc.
MSCOPE_HIDDEN void mscope_set_apart(mscope_apart_call call);
MSCOPE_HIDDEN bool mscope_is_apart(void);
/// Calls a function of the engine; may be used from any thread.
MSCOPE_HIDDEN bool mscope_call_engine(void (*body)(void *context), void *context);

#endif
