// The entries of the allocator behind us, and of libc where ours stand before them. hooks/next.c finds them.
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
/// Smallest request passed on: 32 for allocators that pack smaller blocks, else 0.
extern MSCOPE_HIDDEN size_t mscope_least_request;
/// What mscope_allocator_name says.
extern MSCOPE_HIDDEN const char *mscope_allocator;

#endif
