// What stopping a thread does to the system call that it is in.
//
// The kernel restarts most calls after a stop without the program noticing, fewer after a signal handler, and some
// never: those would return EINTR (signal(7)). A thread in a call of the last kind is left alone: it is asleep, so its
// stack is known anyway.
#include "scan/scan.h"
#include "scan/stop.h"

#include <stddef.h>
#include <sys/socket.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>

static bool mscope_is_one_of(long call, const long *calls)
{
    while (*calls >= 0 && *calls != call) calls++;
    return *calls == call;
}

// Calls that return EINTR after any stop.
static const long mscope_never_restarted[] = {
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
    SYS_epoll_pwait,     SYS_epoll_pwait2,
    SYS_semop,           SYS_semtimedop,
    SYS_rt_sigtimedwait, SYS_io_getevents,
#ifdef SYS_io_pgetevents
    SYS_io_pgetevents,
#endif
    SYS_io_uring_enter,  -1};
// These wait for a child that shares the program's memory; the waiting thread cannot be stopped.
static const long mscope_vforks[] = {
#ifdef SYS_vfork
    SYS_vfork,
#endif
    SYS_clone, SYS_clone3, -1};
// On a socket with a time limit these return EINTR as well.
static const long mscope_socket_calls[] = {SYS_read,    SYS_write,    SYS_readv,   SYS_writev,  SYS_recvfrom,
                                           SYS_recvmsg, SYS_recvmmsg, SYS_sendto,  SYS_sendmsg, SYS_sendmmsg,
                                           SYS_accept,  SYS_accept4,  SYS_connect, -1};
// Calls that a handler with SA_RESTART leaves intact, besides those listed above and waits on a futex.
static const long mscope_restarted[] = {SYS_wait4, SYS_waitid, SYS_pread64,   SYS_pwrite64, SYS_openat, SYS_fcntl,
                                        SYS_flock, SYS_fsync,  SYS_fdatasync, SYS_ioctl,    -1};

// Calls that a handler ends although the kernel could go on; these, and those that are never restarted, may be made
// again.
static const long mscope_ended_by_handler[] = {
#ifdef SYS_poll
    SYS_poll,  SYS_select,   SYS_pause,
#endif
    SYS_ppoll, SYS_pselect6, SYS_nanosleep, SYS_clock_nanosleep, SYS_futex, SYS_rt_sigsuspend, SYS_msgrcv, SYS_msgsnd,
    -1};

static bool mscope_has_time_limit(long socket)
{
    for (int option = SO_RCVTIMEO, n = 0; n < 2; n++, option = SO_SNDTIMEO) {
        struct timeval limit = {0, 0};
        unsigned size = sizeof(limit);
        // A descriptor that is no socket has no time limit.
        if (mscope_system(SYS_getsockopt, socket, SOL_SOCKET, option, &limit, &size) < 0) return false;
        if (limit.tv_sec != 0 || limit.tv_usec != 0) return true;
    }
    return false;
}

/// Whether a call that is never restarted waits without a time limit: then it can be made again unchanged.
static bool mscope_waits_for_ever(long call, const uint64_t *arguments)
{
#ifdef SYS_epoll_wait
    if (call == SYS_epoll_wait) return (int32_t)arguments[3] < 0;
#endif
    if (call == SYS_epoll_pwait) return (int32_t)arguments[3] < 0;
    if (call == SYS_epoll_pwait2 || call == SYS_semtimedop) return arguments[3] == 0;
    return call == SYS_semop || (call == SYS_rt_sigtimedwait && arguments[2] == 0);
}

bool mscope_survives_trace(long call, const uint64_t *arguments)
{
    if (MSCOPE_CAN_REWIND && mscope_waits_for_ever(call, arguments)) return true;
    if (mscope_is_one_of(call, mscope_never_restarted) || mscope_is_one_of(call, mscope_vforks)) return false;
    return !mscope_is_one_of(call, mscope_socket_calls) || !mscope_has_time_limit((long)arguments[0]);
}

bool mscope_survives_handler(long call, const uint64_t *arguments)
{
    if (mscope_is_one_of(call, mscope_socket_calls)) return !mscope_has_time_limit((long)arguments[0]);
    // The fourth argument of a wait is its time limit.
    if (call == SYS_futex) return arguments[3] == 0;
    return mscope_is_one_of(call, mscope_restarted);
}

bool mscope_restarts_when_told(long call)
{
    return mscope_is_one_of(call, mscope_never_restarted)
           || (call != SYS_connect && mscope_is_one_of(call, mscope_socket_calls));
}

bool mscope_restarts_after_handler(long call)
{
    return mscope_restarts_when_told(call) || mscope_is_one_of(call, mscope_ended_by_handler);
}

// ---- /proc/PID/task/TID

/// Reads the text of a small file, ended by 0.
static bool mscope_read_task(int32_t process, int32_t tid, const char *name, char *text, uint64_t size)
{
    long file = mscope_open_task(process, tid, name, 0);
    if (file < 0) return false;
    long got = mscope_system(SYS_read, file, text, size - 1);
    mscope_system(SYS_close, file);
    text[got > 0 ? got : 0] = 0;
    return got > 0;
}

/// The mask behind "name:\t" at the beginning of a line; 0 when there is none.
static uint64_t mscope_mask_of(const char *text, const char *name)
{
    for (const char *line = text; *line != 0; line++) {
        if (line != text && line[-1] != '\n') continue;
        const char *at = line, *wanted = name;
        while (*wanted != 0 && *at == *wanted) at++, wanted++;
        if (*wanted != 0) continue;
        uint64_t mask = 0;
        for (; *at != '\n' && *at != 0; at++) {
            if (*at >= '0' && *at <= '9') mask = mask << 4 | (uint64_t)(*at - '0');
            if (*at >= 'a' && *at <= 'f') mask = mask << 4 | (uint64_t)(*at - 'a' + 10);
        }
        return mask;
    }
    return 0;
}

uint64_t mscope_blocked_signals(int32_t process, int32_t tid)
{
    char text[4096];
    return mscope_read_task(process, tid, "/status", text, sizeof(text)) ? mscope_mask_of(text, "SigBlk:") : UINT64_MAX;
}

uint64_t mscope_pending_signals(int32_t process, int32_t tid)
{
    char text[4096];
    if (!mscope_read_task(process, tid, "/status", text, sizeof(text))) return UINT64_MAX;
    return (mscope_mask_of(text, "SigPnd:") | mscope_mask_of(text, "ShdPnd:")) & ~mscope_mask_of(text, "SigBlk:");
}

int32_t mscope_wait_status(int32_t process, int32_t tid)
{
    char text[1024]; // the status is its last word
    int32_t status = 0, place = 1;
    if (!mscope_read_task(process, tid, "/stat", text, sizeof(text))) return -1;
    for (uint64_t at = strlen(text); at-- > 0 && text[at] != ' ';) {
        if (text[at] < '0' || text[at] > '9') continue;
        status += place * (text[at] - '0');
        place *= 10;
    }
    return status;
}

/// The letter of a thread's state; 0 when it cannot be read.
static char mscope_state_of(int32_t process, int32_t tid)
{
    char text[256]; // "tid (name) state": the name is at most 15 bytes, and may have brackets
    char state = 0;
    if (!mscope_read_task(process, tid, "/stat", text, sizeof(text))) return 0;
    for (const char *at = text; *at != 0; at++)
        if (at[0] == ')' && at[1] == ' ') state = at[2];
    return state;
}

bool mscope_is_zombie(int32_t process, int32_t tid)
{
    char state = mscope_state_of(process, tid);
    return state == 0 || state == 'Z' || state == 'X';
}

bool mscope_is_surely_zombie(int32_t process, int32_t tid)
{
    return mscope_state_of(process, tid) == 'Z';
}
