// A call may wait for ever, because a lock is held by a thread that is interrupted or does not exist in this process.
// Such a call is first tried in a copy of the process, which can be ended.
#include "base/base.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

enum { MSCOPE_TRIES = 200, MSCOPE_TRY = 1000000 }; // a fifth of a second, in nanoseconds

static bool mscope_succeeds_soon(long copy)
{
    int status = 0;
    for (int i = 0; i < MSCOPE_TRIES; i++) {
        long ended = mscope_system(SYS_wait4, copy, &status, WNOHANG | __WALL, NULL);
        // A thread that waits for any child, also cloned ones, may have got the exit status; the id may be another
        // process's then.
        if (ended != 0) return ended == copy && status == 0;
        mscope_system(SYS_nanosleep, &(struct timespec){.tv_nsec = MSCOPE_TRY}, NULL);
    }
    mscope_system(SYS_kill, copy, SIGKILL);
    mscope_system(SYS_wait4, copy, NULL, __WALL, NULL);
    return false;
}

bool mscope_succeeds_in_copy(bool (*body)(void))
{
    int32_t process = mscope_process_id();
    long copy = mscope_system(SYS_clone, 0); // no exit signal: the program does not see the copy end
    if (copy == 0) {
        mscope_raw_call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
        mscope_raw_call(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0, 0); // no core file of the copy
        if (!mscope_is_denied(SYS_getppid) && mscope_raw_call(SYS_getppid, 0, 0, 0, 0, 0, 0) != process)
            mscope_raw_call(SYS_exit_group, 1, 0, 0, 0, 0, 0);
        mscope_raw_call(SYS_exit_group, body() ? 0 : 1, 0, 0, 0, 0, 0);
    }
    return copy > 0 && mscope_succeeds_soon(copy);
}
