#include "CHTTP.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

_Static_assert(MSCOPE_HTTP_HANG_UP == POLLRDHUP, "Swift polls for hang-ups with it");

int mscope_http_accept(int listening_socket)
{
    return accept4(listening_socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int mscope_http_eventfd(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void mscope_http_semaphore_wait(sem_t *semaphore, uint64_t until)
{
    struct timespec time = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
    while (sem_clockwait(semaphore, CLOCK_MONOTONIC, &time) != 0 && errno == EINTR) {}
}

void mscope_http_name_thread(const char *name)
{
    char text[16]; // pthread_setname_np refuses longer names altogether
    snprintf(text, sizeof text, "%s", name);
    pthread_setname_np(pthread_self(), text);
}
