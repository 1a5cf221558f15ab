// Clearing memory that a scan would otherwise find old pointers in.
#include "record/record.h"

#include <string.h>

enum { MSCOPE_CLEARED_BYTES = 1 << 16 }; // larger blocks seldom become frames, and may never have been touched
enum { MSCOPE_WIPED_BYTES = 48 << 10 };
static void (*mscope_plain_free)(void *block);

static void mscope_clear_and_free(void *block)
{
    size_t size = block != NULL ? mscope_next.malloc_usable_size(block) : 0;
    if (size != 0 && size <= MSCOPE_CLEARED_BYTES) memset(block, 0, size);
    mscope_plain_free(block);
}

void mscope_clear_what_is_freed(void)
{
    static _Atomic uint32_t done;
    if (mscope_exchange_acq_rel(&done, 1) || mscope_next.free == NULL || mscope_next.malloc_usable_size == NULL) return;
    mscope_plain_free = mscope_next.free;
    atomic_thread_fence(memory_order_release); // before any thread calls the new function
    mscope_next.free = mscope_clear_and_free;
}

__attribute__((noinline)) void mscope_wipe_stack(void)
{
    char room[MSCOPE_WIPED_BYTES];
    memset(room, 0, sizeof(room));
    __asm__ volatile("" : : "r"(room) : "memory");
}
