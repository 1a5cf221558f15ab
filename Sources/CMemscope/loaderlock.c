// ld.so's lock, of which nobody can ask whether it is free.
//
// In a forked child a thread that it does not have may hold it, for ever: a copy of the process can try, and be given
// up. A thread that was interrupted may hold it if a function that takes it is on its stack.
#include "checks.h"
#include "loaderlock.h"

#include <link.h>
#include <sys/auxv.h>

static const uint64_t mscope_stays_locked = 10000000000;

static _Atomic bool mscope_is_free;       // in this process
static _Atomic uint64_t mscope_locked_at; // when a copy could not have it
static _Atomic bool mscope_is_lost;       // the thread that ends the process has it

void mscope_loader_lock_after_fork(void)
{
    mscope_store_relaxed(&mscope_is_free, false);
    mscope_store_relaxed(&mscope_locked_at, 0);
    mscope_store_relaxed(&mscope_is_lost, false);
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

enum mscope_whereabouts mscope_find_whereabouts(struct mscope_cursor at)
{
    enum { MSCOPE_FUNCTION = 1024 }; // bytes of dl_iterate_phdr, at most
    static struct mscope_site site;  // one thread ends the process; another's frames would be looked at in vain
    struct mscope_unwind_table loader = {0};
    if (mscope_is_imaging(mscope_thread_id())) return MSCOPE_IN_LOADER;
    if (!mscope_find_unwind_table(getauxval(AT_BASE), &loader)) return MSCOPE_ELSEWHERE;
    uint32_t number = mscope_witness(at).site;
    if (number == 0 || !mscope_read_site(number, &site)) site.frame_count = 0;
    bool is_whole = site.frame_count > 0 && (site.flags & MSCOPE_STACK_TRUNCATED) == 0;
    for (uint32_t i = 0; i < site.frame_count; i++) {
        uint64_t frame = site.frames[i];
        // The outermost frame of a process is ld.so's too, where it was entered.
        bool is_outermost = is_whole && i + 1 == site.frame_count;
        if (frame - loader.start < loader.end - loader.start && !is_outermost) return MSCOPE_IN_LOADER;
        if (frame - (uint64_t)dl_iterate_phdr < MSCOPE_FUNCTION) return MSCOPE_IN_LOADER;
    }
    return is_whole ? MSCOPE_ELSEWHERE : MSCOPE_NOWHERE;
}

void mscope_lose_loader_lock(void)
{
    mscope_store_release(&mscope_is_lost, true);
}

bool mscope_may_iterate(void)
{
    if (mscope_load_acquire(&mscope_is_lost)) return false;
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
