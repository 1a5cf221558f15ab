// The program must not notice a scan: no EINTR, no other signal mask, no child, no stop that lasts.
//
// argument: how the threads are held: "ptrace", "signal", or "stopped" (by a signal, without a copy)
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "../support/reach.h"
#include <poll.h>

enum { SCANS = 200, WAITERS = 11 };
static _Atomic bool over;
static _Atomic int interrupted, odd_results;
static _Atomic long rounds[WAITERS];
static int quiet_socket, limited_socket, quiet_pipe, epoll_file, semaphores;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

static struct timespec in_milliseconds(clockid_t clock, long milliseconds) {
    struct timespec at;
    clock_gettime(clock, &at);
    at.tv_nsec += milliseconds * 1000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

// Each waits a short time in one way, again and again; a result of `wanted`, or an error that is, is right.
static int wait_once(int way) {
    struct timespec limit = {0, 7000000};
    struct pollfd file = {quiet_pipe, POLLIN, 0};
    struct epoll_event event;
    fd_set files;
    struct timeval short_time = {0, 7000};
    struct sembuf take = {0, -1, 0};
    sigset_t signals;
    char byte;
    sem_t semaphore;
    switch (way) {
    case 0: return epoll_wait(epoll_file, &event, 1, 7);
    case 1: return poll(&file, 1, 7);
    case 2:
        FD_ZERO(&files);
        FD_SET(quiet_pipe, &files);
        return select(quiet_pipe + 1, &files, NULL, NULL, &short_time);
    case 3: return nanosleep(&limit, NULL);
    case 4:
        sem_init(&semaphore, 0, 0);
        limit = in_milliseconds(CLOCK_REALTIME, 7);
        return sem_timedwait(&semaphore, &limit) < 0 && errno == ETIMEDOUT ? 0 : -1;
    case 5: return recv(limited_socket, &byte, 1, 0) < 0 && errno == EAGAIN ? 0 : -1;
    case 6: return semtimedop(semaphores, &take, 1, &limit) < 0 && errno == EAGAIN ? 0 : -1;
    case 7:
        sigemptyset(&signals);
        sigaddset(&signals, SIGUSR2);
        return sigtimedwait(&signals, NULL, &limit) < 0 && errno == EAGAIN ? 0 : -1;
    case 8:
        limit = in_milliseconds(CLOCK_REALTIME, 7);
        pthread_mutex_lock(&mutex);
        errno = pthread_cond_timedwait(&condition, &mutex, &limit);
        pthread_mutex_unlock(&mutex);
        return errno == ETIMEDOUT ? 0 : -1;
    case 9: return clock_nanosleep(CLOCK_MONOTONIC, 0, &limit, NULL);
    default: return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? 0 : -1;
    }
}

static void *wait_often(void *argument) {
    int way = (int)(intptr_t)argument;
    sigset_t before, now;
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    while (!over) {
        errno = 0;
        if (wait_once(way) != 0) {
            check_write("# way %d failed with %d\n", way, errno);
            atomic_fetch_add(errno == EINTR ? &interrupted : &odd_results, 1);
        }
        atomic_fetch_add(&rounds[way], 1);
    }
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    if (memcmp(&before, &now, sizeof before) != 0) atomic_fetch_add(&odd_results, 1);
    return NULL;
}

// Sleep until the end in a call that would return EINTR.
static void *read_for_ever(void *argument) {
    char byte;
    if (read(*(int *)argument, &byte, 1) != 1) atomic_fetch_add(errno == EINTR ? &interrupted : &odd_results, 1);
    return NULL;
}
static void *poll_for_ever(void *argument) {
    struct pollfd file = {*(int *)argument, POLLIN, 0};
    if (poll(&file, 1, -1) != 1) atomic_fetch_add(errno == EINTR ? &interrupted : &odd_results, 1);
    return NULL;
}
static void *epoll_for_ever(void *argument) {
    struct epoll_event event;
    if (epoll_wait(*(int *)argument, &event, 1, -1) != 1)
        atomic_fetch_add(errno == EINTR ? &interrupted : &odd_results, 1);
    return NULL;
}

static void scan_often(const char *how, const struct mscope_scan_options *options, uint32_t method) {
    uint64_t pause = 0, sum = 0;
    int refused = 0, other = 0, children = 0;
    for (int i = 0; i < SCANS; i++) {
        enum mscope_scan_problem problem;
        struct mscope_scan *scan = mscope_scan_take(options, &problem);
        children += waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD;
        if (!scan) {
            check_write("# problem %d\n", problem);
            refused++;
            continue;
        }
        other += scan->method != method;
        if (scan->pause > pause) pause = scan->pause;
        sum += scan->pause;
        if (i == 0) check_write("# threads %u, read %u, left %u\n", scan->threads, scan->threads_read,
            scan->threads_left);
        mscope_scan_release(scan);
    }
    check_write("# %s: pause %llu us in the mean, %llu us at most\n", how, (unsigned long long)sum / SCANS / 1000,
        (unsigned long long)pause / 1000);
    expect_equal(refused, 0, "the number of refused scans");
    expect_equal(other, 0, "the number of scans in another way");
    expect_equal(children, 0, "the number of children seen");
}

static int pipes[2];

static void prepare(void) {
    int sockets[2];
    if (pipe(pipes) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) _exit(3);
    quiet_pipe = pipes[0];
    limited_socket = sockets[0];
    struct timeval limit = {0, 8000};
    setsockopt(limited_socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    quiet_socket = eventfd(0, 0);
    epoll_file = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(epoll_file, EPOLL_CTL_ADD, quiet_socket, &event);
    semaphores = semget(IPC_PRIVATE, 1, 0600);
    sigset_t user;
    sigemptyset(&user);
    sigaddset(&user, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &user, NULL);
}

static void check_signals(void) {
    test("signals are as they were");
    struct sigaction action;
    for (int signal = SIGRTMIN; signal <= SIGRTMAX; signal++) {
        sigaction(signal, NULL, &action);
        expect(action.sa_handler == SIG_DFL, "signal %d has a handler", signal);
    }
    end();
}

int main(int count, char **arguments) {
    const char *how = count > 1 ? arguments[1] : "ptrace";
    struct mscope_scan_options options = reach_options;
    options.without_ptrace = strcmp(how, "ptrace") != 0;
    options.without_fork = strcmp(how, "stopped") == 0;
    uint32_t method = options.without_fork ? MSCOPE_SCAN_STOPPED_SIGNAL
        : options.without_ptrace ? MSCOPE_SCAN_FORK_SIGNAL : MSCOPE_SCAN_FORK_PTRACE;
    prepare();
    pthread_t waiters[WAITERS], sleepers[3];
    for (int i = 0; i < WAITERS; i++) pthread_create(&waiters[i], NULL, wait_often, (void *)(intptr_t)i);
    pthread_create(&sleepers[0], NULL, read_for_ever, &pipes[0]);
    pthread_create(&sleepers[1], NULL, poll_for_ever, &pipes[0]);
    pthread_create(&sleepers[2], NULL, epoll_for_ever, &epoll_file);
    test("threads that wait in many ways see nothing of 200 scans, and no wait sees a child");
    scan_often(how, &options, method);
    over = true;
    for (int i = 0; i < WAITERS; i++) pthread_join(waiters[i], NULL);
    eventfd_write(quiet_socket, 1);
    if (write(pipes[1], "ab", 2) != 2) return 3;
    for (int i = 0; i < 3; i++) pthread_join(sleepers[i], NULL);
    semctl(semaphores, 0, IPC_RMID);
    for (int i = 0; i < WAITERS; i++) expect(rounds[i] > 2, "way %d made no progress", i);
    expect_equal(interrupted, 0, "the number of calls that returned EINTR");
    expect_equal(odd_results, 0, "the number of odd results");
    end();
    check_signals();
    return check_result();
}
