// The functions of the next allocator, and libc's functions that the hooks replace. hooks/next.c finds them.
#ifndef MSCOPE_BASE_NEXT_H
#define MSCOPE_BASE_NEXT_H

#include <signal.h>
#include <sys/types.h>
#include <time.h>

#include "base/atomic.h"
#include "base/attributes.h"

typedef void (*mscope_handler)(int);
struct mscope_next {
#define MSCOPE_HOOK(result, name, parameters, arguments) result(*name) parameters;
#include "base/entries.def"
#undef MSCOPE_HOOK
    void *(*operator_new)(size_t);
};
extern MSCOPE_HIDDEN struct mscope_next mscope_next;
/// The smallest request passed on to the next allocator: 32 for allocators that pack smaller blocks, else 0.
extern MSCOPE_HIDDEN size_t mscope_least_request;
/// The result of mscope_allocator_name.
extern MSCOPE_HIDDEN const char *mscope_allocator;

#endif
