// A program whose main thread has left by pthread_exit ends with its last thread: ours must not keep it alive.
#include "stop.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

enum { MSCOPE_LOOK_AROUND = 20000000 }; // nanoseconds

/// Whether all threads of the program have ended: the first one stays as a zombie until the process ends.
static bool mscope_is_alone(void)
{
    int32_t process = mscope_process_id();
    struct stat tasks; // its links are "." and "..", the first thread, and all others
    return mscope_system(SYS_newfstatat, AT_FDCWD, "/proc/self/task", &tasks, 0) == 0
           && tasks.st_nlink == 3 + mscope_own_thread_count() && mscope_is_zombie(process, process);
}

/// Ends the process as its last thread would, once none but ours is left.
static void *mscope_end_as_last(void *mask)
{
    mscope_thread_mark_internal();
    // Other threads may go on for days.
    for (long pause = MSCOPE_LOOK_AROUND; !mscope_is_alone(); pause += pause < 16 * MSCOPE_LOOK_AROUND ? pause : 0)
        mscope_system(SYS_nanosleep, &(struct timespec){.tv_nsec = pause}, NULL);
    mscope_system(SYS_rt_sigprocmask, SIG_SETMASK, mask, NULL, sizeof(uint64_t));
    exit(0);
}

void mscope_main_thread_leaves(void)
{
    // Made here, where descriptors are the program's: what the end flushes and handlers write goes there.
    static uint64_t mask;
    uint64_t all = ~(3ull << 31); // libc's own come through: for setuid it asks every thread
    pthread_t last;
    if (mscope_own_thread_count() == 0 || mscope_is_denied(SYS_clone) || mscope_is_denied(SYS_clone3)) return;
    if (mscope_system(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, sizeof(mask)) != 0) return;
    pthread_create(&last, NULL, mscope_end_as_last, &mask);
    mscope_system(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
}
