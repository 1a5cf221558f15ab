#include "CHTTP.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>

_Static_assert(MSCOPE_HTTP_HANG_UP == POLLRDHUP, "Swift polls for hang-ups with it");

int mscope_http_eventfd(bool blocking)
{
    return eventfd(0, EFD_CLOEXEC | (blocking ? 0 : EFD_NONBLOCK));
}

void mscope_http_name_thread(const char *name)
{
    char text[16]; // pthread_setname_np refuses longer names altogether
    snprintf(text, sizeof text, "%s", name);
    pthread_setname_np(pthread_self(), text);
}
