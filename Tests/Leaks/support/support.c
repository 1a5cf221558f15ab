// Frames, registers and threads in known states.
#define _GNU_SOURCE
#include "support.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { CLOBBERED = 96 * 1024, SETTLE_MICROSECONDS = 50 * 1000 };

__attribute__((noinline)) void cases_show(const void *value)
{
    __asm__ volatile("" : : "r"(value) : "memory");
}

__attribute__((noinline)) void cases_deep(int depth, void (*body)(void *), void *argument)
{
    volatile char frame[64];
    memset((char *)frame, depth, sizeof frame);
    if (depth > 0)
        cases_deep(depth - 1, body, argument);
    else
        body(argument);
    cases_show((const char *)frame);
}

__attribute__((noinline)) void cases_clobber(void)
{
    char frame[CLOBBERED];
    memset(frame, 0, sizeof frame);
    cases_show(frame);
#if defined(__x86_64__)
    __asm__ volatile("xor %%eax, %%eax\n xor %%ecx, %%ecx\n xor %%edx, %%edx\n xor %%esi, %%esi\n xor %%edi, %%edi\n"
                     "xor %%r8d, %%r8d\n xor %%r9d, %%r9d\n xor %%r10d, %%r10d\n xor %%r11d, %%r11d\n"
                     :
                     :
                     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc");
#endif
}

// ---- threads that keep a block where a scan has to look for it

static sem_t waits;
static int silent[2]; // a pipe that nobody writes to

static void start(void *(*body)(void *), cases_make make)
{
    pthread_t thread;
    sem_init(&waits, 0, 0);
    if (pthread_create(&thread, NULL, body, (void *)make) != 0) abort();
    sem_wait(&waits);
    // It has said that it will wait; give it time to do so.
    usleep(SETTLE_MICROSECONDS);
}

#if defined(__x86_64__)
#define HELD_REGISTER "rbx"
#elif defined(__aarch64__)
#define HELD_REGISTER "x20"
#else
#error "name a callee-saved register of this processor"
#endif

static void *read_with_register(void *make)
{
    register void *held __asm__(HELD_REGISTER) = ((cases_make)make)();
    char byte;
    sem_post(&waits);
#if defined(__x86_64__)
    long result = SYS_read;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"((long)silent[0]), "S"(&byte), "d"(1L), "r"(held)
                     : "rcx", "r11", "memory");
#else
    register long number __asm__("x8") = SYS_read;
    register long result __asm__("x0") = silent[0];
    register void *buffer __asm__("x1") = &byte;
    register long size __asm__("x2") = 1;
    __asm__ volatile("svc #0" : "+r"(result) : "r"(number), "r"(buffer), "r"(size), "r"(held) : "memory");
#endif
    __asm__ volatile("" : : "r"(held));
    return NULL;
}

int cases_silent_descriptor(void)
{
    if (pipe(silent) != 0) abort();
    return silent[0];
}

void cases_block_in_read(cases_make make)
{
    cases_silent_descriptor();
    start(read_with_register, make);
}

static void *sleep_with_stack(void *make)
{
    void *volatile held[1] = {((cases_make)make)()};
    sem_post(&waits);
    const struct timespec hour = {3600, 0};
    nanosleep(&hour, NULL);
    cases_show(held[0]);
    return NULL;
}

void cases_block_in_sleep(cases_make make)
{
    start(sleep_with_stack, make);
}

static void *spin_with_register(void *make)
{
    register void *held __asm__(HELD_REGISTER) = ((cases_make)make)();
    sem_post(&waits);
    for (;;) __asm__ volatile("" : "+r"(held));
}

void cases_spin(cases_make make)
{
    start(spin_with_register, make);
}

// ---- nodes of C

__attribute__((noinline)) struct cases_node *cases_node_new(struct cases_node *next, void *payload)
{
    struct cases_node *node = malloc(sizeof *node);
    if (!node) abort();
    node->next = next;
    node->payload = payload;
    return node;
}
