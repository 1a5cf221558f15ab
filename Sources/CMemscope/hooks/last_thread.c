// A program whose main thread has ended ends with its last thread: MemScope's threads must not keep it alive.
#include "hooks/ending.h"
#include "hooks/hooks.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

enum { MSCOPE_LOOK_AROUND = 20000000 }; // nanoseconds
static _Atomic bool mscope_has_left;    // the first thread, by pthread_exit
static _Atomic bool mscope_left_last;   // another thread after it, by libc, so with status 0
static uint64_t mscope_first_pointer;   // the first thread's
// threads that libc has started and that have not ended; NULL: not known
static const _Atomic uint32_t *mscope_libc_threads;

void mscope_note_first_thread(void)
{
    mscope_first_pointer = mscope_thread_pointer();
    if (mscope_libc_threads == NULL) // looked up once: in a forked child the look-up would take a lock of the loader's
        mscope_libc_threads = (const _Atomic uint32_t *)dlsym(RTLD_DEFAULT, "__nptl_nthreads");
}

/// Whether the first thread has ended. It then stays as a zombie until the process ends, and the kernel clears the id
/// that libc keeps for it.
static bool mscope_is_first_over(void)
{
    static uint32_t tid_at;
    if (tid_at == 0) tid_at = mscope_find_thread_layout().tid_at;
    if (tid_at != 0 && mscope_first_pointer != 0)
        return mscope_load_acquire((const _Atomic int32_t *)(mscope_first_pointer + tid_at)) == 0;
    int32_t process = mscope_process_id();
    return mscope_is_surely_zombie(process, process);
}

/// Whether all threads of the program have ended.
static bool mscope_only_own_threads_are_left(void)
{
    struct stat tasks; // its links are "." and "..", the first thread, and all others
    if (!mscope_is_first_over()) return false;
    if (mscope_system(SYS_newfstatat, AT_FDCWD, "/proc/self/task", &tasks, 0) == 0)
        return tasks.st_nlink == 3 + mscope_own_thread_count();
    // Without /proc (chroot) libc's count has to do. It includes the first thread, unless that left by pthread_exit,
    // and does not include MemScope's threads that another libc has started.
    if (mscope_libc_threads == NULL) return false;
    bool has_left = mscope_load_acquire(&mscope_has_left);
    uint32_t ours = mscope_is_apart() ? (has_left ? 1 : 0) : mscope_own_thread_count();
    return mscope_load_acquire(mscope_libc_threads) == (has_left ? 0 : 1) + ours;
}

void mscope_other_thread_leaves(void)
{
    if (mscope_first_pointer != 0 && mscope_own_thread_count() != 0 && mscope_is_first_over())
        mscope_store_relaxed(&mscope_left_last, true);
}

/// Ends the process as its last thread would, when only MemScope's threads are left.
static void *mscope_end_as_last(void *mask)
{
    mscope_thread_mark_internal();
    // Other threads may go on for days: the pauses become longer.
    long pause = MSCOPE_LOOK_AROUND;
    while (!mscope_only_own_threads_are_left()) {
        mscope_system(SYS_nanosleep, &(struct timespec){.tv_nsec = pause}, NULL);
        if (pause < 16 * MSCOPE_LOOK_AROUND) pause *= 2;
    }
    mscope_system(SYS_rt_sigprocmask, SIG_SETMASK, mask, NULL, sizeof(uint64_t));
    exit(0);
}

bool mscope_program_has_ended(struct mscope_end *end)
{
    static bool has_others;
    int32_t process = mscope_process_id();
    if (mscope_load_acquire(&mscope_has_left) || !mscope_is_first_over()) return false;
    if (!mscope_only_own_threads_are_left()) {
        has_others = true;
        return false;
    }
    // The kernel tells the parent how the last thread ended (since 5.17). For a thread other than the first this is
    // known only if libc ended it.
    int32_t status = mscope_wait_status(process, process);
    if (mscope_load_relaxed(&mscope_left_last)) status = 0;
    bool is_known = status >= 0 && (!has_others || mscope_load_relaxed(&mscope_left_last));
    if (!is_known) {
        *end = (struct mscope_end){MSCOPE_END_AT_ONCE, -1};
        return true;
    }
    bool is_signal = status > 0 && (status & 0x7f) != 0;
    *end = (struct mscope_end){is_signal ? MSCOPE_END_SIGNAL : MSCOPE_END_AT_ONCE,
                               is_signal ? status & 0x7f : status >> 8 & 0xff};
    return true;
}

void mscope_end_as(struct mscope_end end)
{
    if (end.kind == MSCOPE_END_SIGNAL) {
        uint64_t action[8] = {0}, all = 0; // the default
        mscope_system(SYS_rt_sigaction, end.number, action, NULL, sizeof(all));
        mscope_system(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
        mscope_system(SYS_tgkill, mscope_process_id(), mscope_thread_id(), end.number);
    }
    int status = end.number < 0 ? 0 : end.number;
    mscope_raw_call(SYS_exit_group, end.kind == MSCOPE_END_SIGNAL ? 128 + status : status, 0, 0, 0, 0, 0);
}

void mscope_main_thread_leaves(void)
{
    mscope_store_release(&mscope_has_left, true);
    // Made here, on a thread with the program's descriptors: what the end flushes, and what handlers write, goes there.
    static uint64_t mask;
    uint64_t all = ~(3ull << 31); // libc's own signals are not blocked: for setuid libc asks every thread
    pthread_t last;
    if (mscope_own_thread_count() == 0 || mscope_is_denied(SYS_clone) || mscope_is_denied(SYS_clone3)) return;
    if (mscope_system(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, sizeof(mask)) != 0) return;
    pthread_create(&last, NULL, mscope_end_as_last, &mask);
    mscope_system(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
}
