// Whether ld.so's lock can be taken. No function of ld.so says whether the lock is free.
//
// In a forked child the lock may be held for ever by a thread that does not exist there: a copy of the process tries to
// take the lock, and is ended if it cannot. A thread that was interrupted may hold the lock if a function that takes it
// is on the thread's call stack.
#include "images/images.h"

#include <link.h>

static const uint64_t mscope_stays_locked = 10000000000;

static _Atomic bool mscope_is_free;          // known to be free in this process
static _Atomic uint64_t mscope_locked_at;    // when a copy could not take it
static _Atomic bool mscope_is_held_for_good; // the thread that ends the process holds it

void mscope_loader_lock_after_fork(void)
{
    mscope_store_relaxed(&mscope_is_free, false);
    mscope_store_relaxed(&mscope_locked_at, 0);
    mscope_store_relaxed(&mscope_is_held_for_good, false);
}

static int mscope_visit_nothing(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)info, (void)size, (void)context;
    return 1;
}

static bool mscope_iterate(void)
{
    return dl_iterate_phdr(mscope_visit_nothing, NULL) == 1;
}

void mscope_do_without_loader_lock(void)
{
    mscope_store_release(&mscope_is_held_for_good, true);
}

bool mscope_can_take_loader_lock(void)
{
    if (mscope_load_acquire(&mscope_is_held_for_good)) return false;
    if (mscope_fork_generation() == 0 || mscope_load_relaxed(&mscope_is_free)) return true;
    uint64_t since = mscope_load_relaxed(&mscope_locked_at);
    if (since != 0 && mscope_now() - since < mscope_stays_locked) return false;
    bool is_free = mscope_succeeds_in_copy(mscope_iterate);
    if (is_free)
        mscope_store_relaxed(&mscope_is_free, true);
    else
        mscope_store_relaxed(&mscope_locked_at, mscope_now());
    return is_free;
}
