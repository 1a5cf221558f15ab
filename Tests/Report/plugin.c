// A library that loses a block of its caller's allocator, in a function named after the library.
#include <stddef.h>

__attribute__((noinline)) void LOSE(size_t size, void *(*allocate)(size_t)) {
    void *volatile block = allocate(size);
    block = NULL;
    (void)block;
}

void keep_none(size_t size, void *(*allocate)(size_t)) {
    (void)size;
    (void)allocate;
}
