// MemScope's file descriptors: the program cannot reach them, and they do not disturb the program.
//
// The threads of a process share one table of descriptors, and programs close descriptors that are not theirs: a daemon
// closes all from 3 on, a shell closes the ends of its pipes twice. But a thread may have a table of its own. Then
// MemScope and the program never use the same number, the program counts none of MemScope's descriptors, and a child
// that the program forks inherits none.
#include "base/base.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MSCOPE_DESCRIPTORS = 64 };
// MemScope's descriptors in the program's table, where a kernel or a sandbox refuses a second table: value + 1; 0:
// free.
static _Atomic int mscope_descriptors[MSCOPE_DESCRIPTORS];
static _Thread_local bool mscope_apart;

// ---- a table of MemScope's own

/// Fills each free number from 0 to 2 with a descriptor that can be neither read nor written.
static void mscope_fill_standard(void)
{
    int file;
    do file = epoll_create1(EPOLL_CLOEXEC);
    while (file >= 0 && file <= 2);
    if (file > 2) close(file);
}

bool mscope_leave_descriptors(void)
{
    // One system call: at no moment does a second descriptor keep a pipe of the program's from reaching its end.
    if (syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_UNSHARE) != 0) return false;
    mscope_apart = true;
    close(0);
    close(1);
    mscope_fill_standard();
    return true;
}

bool mscope_descriptors_are_apart(void)
{
    return mscope_apart;
}

void mscope_thread_joins_descriptors(bool apart)
{
    mscope_apart = apart;
}

// ---- where messages go

static int mscope_standard_error(void)
{
    int process = (int)syscall(SYS_pidfd_open, getpid(), 0);
    int file = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, 2, 0);
    if (process >= 0) close(process);
    if (file >= 0) return file;
    // Some sandboxes refuse these calls. By its name everything can be opened except sockets.
    return open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

void mscope_follow_standard_error(void)
{
    if (!mscope_apart) return;
    char theirs[256] = "", ours[256] = "";
    ssize_t length = readlink("/proc/self/fd/2", theirs, sizeof theirs - 1);
    if (readlink("/proc/thread-self/fd/2", ours, sizeof ours - 1) > 0 && strcmp(theirs, ours) == 0) return;
    int file = length < 0 ? -1 : mscope_standard_error();
    if (file == 2) return;
    if (file >= 0) {
        dup3(file, 2, O_CLOEXEC);
        close(file);
    } else if (strncmp(ours, "anon_inode:", 11) != 0) {
        close(2);
        mscope_fill_standard();
    }
}

// ---- in the program's table

void mscope_close_in_child(int descriptor)
{
    if (mscope_apart) return;
    for (int i = 0; i < MSCOPE_DESCRIPTORS; i++) {
        int free = 0;
        if (mscope_cas_acq_rel(&mscope_descriptors[i], &free, descriptor + 1)) return;
    }
}

void mscope_forget_descriptor(int descriptor)
{
    if (mscope_apart) return;
    for (int i = 0; i < MSCOPE_DESCRIPTORS; i++) {
        int known = descriptor + 1;
        if (mscope_cas_acq_rel(&mscope_descriptors[i], &known, 0)) return;
    }
}

void mscope_descriptors_after_fork(void)
{
    for (int i = 0; i < MSCOPE_DESCRIPTORS; i++) {
        int descriptor = mscope_exchange_acq_rel(&mscope_descriptors[i], 0);
        if (descriptor != 0) close(descriptor - 1);
    }
}
