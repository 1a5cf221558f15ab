// Blocks whose address only the kernel has: user data of epoll and of timers.
#include <linux/io_uring.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../support/reach.h"

enum { FEW = 20, MANY = 10000, SIZE = 333 };
static hidden watched[MANY], timed[FEW], forgotten;

static int watch(int epoll, void *data) {
    int file = eventfd(0, EFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = data};
    if (file < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event) != 0) _exit(3);
    return file;
}

static __attribute__((noinline)) void give_to_epoll(int from, int to) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = from; i < to; i++) {
        void *block = malloc(SIZE);
        watched[i] = hide(block);
        watch(epoll, block);
    }
}

static __attribute__((noinline)) void give_and_close(void) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    void *block = malloc(SIZE);
    forgotten = hide(block);
    close(watch(epoll, block));
    close(epoll);
}

static __attribute__((noinline)) void give_to_timers(void) {
    for (int i = 0; i < FEW; i++) {
        void *block = malloc(SIZE);
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_ptr = block};
        timer_t timer;
        if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) _exit(3);
        timed[i] = hide(block);
    }
}

static void few(void) {
    give_to_epoll(0, FEW);
    give_and_close();
    if (access("/proc/self/timers", R_OK) == 0) give_to_timers();
    scrub_stack();
    struct reach reach = reach_take();
    reach_print(&reach);
    test("user data of epoll is a root");
    for (int i = 0; i < FEW; i++) expect_reached(&reach, watched[i], MSCOPE_ROOT_KERNEL, "user data of epoll");
    expect_lost(&reach, forgotten, "user data of an epoll that was closed");
    end();
    test("so is that of timers, where the kernel tells of them");
    for (int i = 0; i < FEW && timed[i] != 0; i++)
        expect_reached(&reach, timed[i], MSCOPE_ROOT_KERNEL, "user data of a timer");
    expect(!reach.scan->has_unreadable_kernel, "there is no io_uring");
    end();
    reach_drop(&reach);
}

static void many(void) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int count = files.rlim_cur > MANY + 100 ? MANY : (int)files.rlim_cur - 100;
    give_to_epoll(FEW, count);
    scrub_stack();
    struct reach reach = reach_take();
    reach_print(&reach);
    test("thousands of descriptors cost little, and nothing while threads are held");
    for (int i = FEW; i < count; i += 97) expect(reach_holds(&reach, watched[i]), "user data %d is lost", i);
    expect(reach.scan->duration < 3000000000ull, "it took %llu us", (unsigned long long)reach.scan->duration / 1000);
    expect(reach.scan->pause < 500000000ull, "it paused %llu us", (unsigned long long)reach.scan->pause / 1000);
    reach_drop(&reach);
    end();
}

static void unreadable(void) {
    struct io_uring_params parameters;
    memset(&parameters, 0, sizeof parameters);
    if (syscall(SYS_io_uring_setup, 4, &parameters) < 0) return; // many sandboxes refuse it
    struct reach reach = reach_take();
    test("nobody can read what io_uring keeps, and that is said");
    expect(reach.scan->has_unreadable_kernel, "it is not said");
    reach_drop(&reach);
    end();
}

int main(void) {
    few();
    many();
    unreadable();
    return check_result();
}
