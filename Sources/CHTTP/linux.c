#include "CHTTP.h"

#include <errno.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
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
    while (sem_clockwait(semaphore, CLOCK_MONOTONIC, &time) != 0 && errno == EINTR) {
    }
}

void mscope_http_name_thread(const char *name)
{
    char text[16]; // pthread_setname_np rejects longer names
    snprintf(text, sizeof text, "%s", name);
    pthread_setname_np(pthread_self(), text);
}

enum { MODULES = 64 };
struct modules {
    size_t count, ids[MODULES];
};

/// Collects images that are never unloaded: this one, and those of Swift's runtime.
static int note_module(struct dl_phdr_info *image, size_t size, void *context)
{
    (void)size;
    struct modules *found = context;
    uintptr_t here = (uintptr_t)note_module;
    bool is_ours = strstr(image->dlpi_name, "/libswift") != NULL || strstr(image->dlpi_name, "/libdispatch") != NULL;
    for (int i = 0; i < image->dlpi_phnum && !is_ours; i++)
        is_ours = here - image->dlpi_addr - image->dlpi_phdr[i].p_vaddr < image->dlpi_phdr[i].p_memsz;
    if (is_ours && image->dlpi_tls_modid != 0 && found->count < MODULES)
        found->ids[found->count++] = image->dlpi_tls_modid;
    return 0;
}

struct storage_index {
    unsigned long module, offset;
};
extern void *__tls_get_addr(struct storage_index *index);

void mscope_http_make_thread_storage(void)
{
    struct modules found = {0};
    dl_iterate_phdr(note_module, &found);
    // Not inside of the callback: the call takes a second lock of ld.so's, which other threads take before the first
    // one.
    for (size_t i = 0; i < found.count; i++) __tls_get_addr(&(struct storage_index){found.ids[i], 0});
}
