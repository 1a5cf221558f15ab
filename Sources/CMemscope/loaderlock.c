// ld.so's lock in a forked child: a thread that the child does not have may hold it, for ever. Nobody can ask whether
// it is free; a copy of the process can try, and be given up.
#include "internal.h"

#include <link.h>
#include <signal.h>
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
