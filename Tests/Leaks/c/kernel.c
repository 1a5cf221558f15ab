// Blocks whose address only the kernel has.
#include "cases.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static int epoll;

static void watch(size_t size)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = filled(size)};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, eventfd(0, 0), &event) != 0) abort();
}

static void by_epoll(void)
{
    epoll = epoll_create1(0);
    for (int i = 0; i < 50; i++) watch(333);
}

/// What user data holds is held as well.
static void by_epoll_in_list(void)
{
    epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = cases_node_new(cases_node_new(NULL, filled(30)), NULL)};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, eventfd(0, 0), &event) != 0) abort();
}

static void by_timer(void)
{
    if (access("/proc/self/timers", R_OK) != 0) return; // a kernel that does not tell
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    event.sigev_value.sival_ptr = filled(334);
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) abort();
}

static void after_close(void)
{
    epoll = epoll_create1(0);
    watch(335);
    close(epoll);
}

const struct leak_case kernel_cases[] = {
    {"clean-by-epoll", by_epoll},
    {"clean-by-epoll-in-list", by_epoll_in_list},
    {"clean-by-timer", by_timer},
    {"lost-by-closed-epoll", after_close},
    {NULL, NULL},
};
