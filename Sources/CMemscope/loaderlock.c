// ld.so's lock, of which nobody can ask whether it is free.
//
// In a forked child a thread that it does not have may hold it, for ever: a copy of the process can try, and be given
// up. A thread that was interrupted may hold it if a function that takes it is on its stack.
#include "checks.h"
#include "loaderlock.h"

#include <link.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { MSCOPE_TRIES = 200, MSCOPE_TRY = 1000000 }; // a fifth of a second, in nanoseconds
static const uint64_t mscope_stays_locked = 10000000000;

static _Atomic bool mscope_is_free;       // in this process
static _Atomic uint64_t mscope_locked_at; // when a copy could not have it

void mscope_loader_lock_after_fork(void)
{
    mscope_store_relaxed(&mscope_is_free, false);
    mscope_store_relaxed(&mscope_locked_at, 0);
}

static int mscope_visit_nothing(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)info, (void)size, (void)context;
    return 1;
}

static bool mscope_ends_soon(long copy)
{
    for (int i = 0; i < MSCOPE_TRIES; i++) {
        if (mscope_system(SYS_wait4, copy, NULL, WNOHANG | __WALL, NULL) == copy) return true;
        mscope_system(SYS_nanosleep, &(struct timespec){.tv_nsec = MSCOPE_TRY}, NULL);
    }
    mscope_system(SYS_kill, copy, SIGKILL);
    mscope_system(SYS_wait4, copy, NULL, __WALL, NULL);
    return false;
}

bool mscope_is_in_loader(const void *context)
{
    enum { MSCOPE_FUNCTION = 1024 }; // bytes of dl_iterate_phdr, at most
    static struct mscope_site site;  // one thread ends the process; another's frames would be looked at in vain
    struct mscope_unwind_table loader = {0};
    if (mscope_is_imaging(mscope_thread_id())) return true;
    if (!mscope_find_unwind_table(getauxval(AT_BASE), &loader)) return false;
    uint32_t number = mscope_witness(mscope_interrupted_call(context)).site;
    if (number == 0 || !mscope_read_site(number, &site)) return false;
    for (uint32_t i = 0; i < site.frame_count; i++) {
        uint64_t at = site.frames[i];
        // The outermost frame of a process is ld.so's too, where it was entered.
        bool is_outermost = i + 1 == site.frame_count;
        if (at - loader.start < loader.end - loader.start && !is_outermost) return true;
        if (at - (uint64_t)dl_iterate_phdr < MSCOPE_FUNCTION) return true;
    }
    return false;
}

bool mscope_may_iterate(void)
{
    if (mscope_fork_generation() == 0 || mscope_load_relaxed(&mscope_is_free)) return true;
    uint64_t since = mscope_load_relaxed(&mscope_locked_at);
    if (since != 0 && mscope_now() - since < mscope_stays_locked) return false;
    long copy = mscope_system(SYS_clone, 0);
    if (copy == 0) {
        mscope_raw_call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
        dl_iterate_phdr(mscope_visit_nothing, NULL);
        mscope_raw_call(SYS_exit_group, 0, 0, 0, 0, 0, 0);
    }
    bool is_free = copy < 0 || mscope_ends_soon(copy);
    if (is_free)
        mscope_store_relaxed(&mscope_is_free, true);
    else
        mscope_store_relaxed(&mscope_locked_at, mscope_now());
    return is_free;
}
