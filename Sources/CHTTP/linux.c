#include "CHTTP.h"

#include <errno.h>
#include <link.h>
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

struct storage_index {
    unsigned long module, offset;
};
extern void *__tls_get_addr(struct storage_index *index);

static int touch_storage(struct dl_phdr_info *image, size_t size, void *unused)
{
    (void)size, (void)unused;
    if (image->dlpi_tls_modid != 0) __tls_get_addr(&(struct storage_index){image->dlpi_tls_modid, 0});
    return 0;
}

void mscope_http_make_thread_storage(void)
{
    dl_iterate_phdr(touch_storage, NULL);
}
