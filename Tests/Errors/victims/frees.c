// Frees and reallocs of addresses that may not be freed.
#include "../support/victim.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

static char global[256] __attribute__((aligned(16)));

static __attribute__((noinline)) void again(void *block) {
    free(block);
}
static __attribute__((noinline)) void *resize(void *block, size_t size) {
    return realloc(block, size);
}
static __attribute__((noinline)) char *grow(char *block, size_t size) {
    char *grown = (char *)realloc(block, size);
    if (crime && grown == block) abort(); // the old block has to be another
    return grown;
}

VICTIM(free_twice) {
    char *block = allocate(72);
    release(block);
    if (crime) again(block);
}

VICTIM(free_twice_of_odd_size) {
    char *block = allocate(77);
    release(block);
    if (crime) again(block);
}

VICTIM(free_twice_of_none) {
    char *block = allocate(0);
    release(block);
    if (crime) again(block);
}

VICTIM(free_twice_of_megabyte) {
    char *block = allocate(1 << 20);
    release(block);
    if (crime) again(block);
}

VICTIM(free_twice_with_others_between) {
    char *first = allocate(72), *second = allocate(72);
    release(first);
    release(second);
    if (crime) again(first);
}

VICTIM(free_twice_late) {
    settle_others();
    char *block = allocate(5000);
    release(block);
    allocate_many_others();
    if (crime) again(block);
}

static void *again_there(void *block) {
    if (crime) again(block);
    return NULL;
}

VICTIM(free_twice_across_threads) {
    char *block = allocate(72);
    pthread_t thread;
    release(block);
    pthread_create(&thread, NULL, again_there, block);
    pthread_join(thread, NULL);
}

static void *release_there(void *block) {
    release(block);
    return NULL;
}

VICTIM(free_twice_first_in_other_thread) {
    char *block = allocate(72);
    pthread_t thread;
    pthread_create(&thread, NULL, release_there, block);
    pthread_join(thread, NULL);
    if (crime) again(block);
}

static void *to_free_in_handler;
static void handler(int number) {
    (void)number;
    again(to_free_in_handler);
}

VICTIM(free_twice_in_handler) {
    char *block = allocate(72);
    release(block);
    if (crime) to_free_in_handler = block;
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
}

VICTIM(free_reallocated) {
    char *block = allocate(40), *grown = grow(block, 9000);
    if (crime) again(block);
    release(grown);
}

VICTIM(realloc_freed) {
    char *block = allocate(104);
    if (crime) release(block);
    char *resized = (char *)resize(block, 300);
    if (!crime) release(resized);
}

VICTIM(realloc_to_nothing_and_free) {
    char *block = allocate(88);
    if (resize(block, 0) != NULL) abort();
    if (crime) again(block);
}

VICTIM(realloc_interior) {
    char *block = allocate(128);
    if (crime) resize(block + 32, 300);
    release(block);
}

VICTIM(realloc_stack) {
    _Alignas(16) char stack[64];
    see(stack);
    if (crime) resize(stack, 100);
}

VICTIM(realloc_global) {
    if (crime) resize(global, 400);
}

VICTIM(realloc_array_freed) {
    char *block = allocate(104);
    if (crime) release(block);
    char *resized = (char *)reallocarray(block, 30, 10);
    if (!crime) release(resized);
}

VICTIM(free_interior) {
    char *block = allocate(128);
    if (crime) again(block + 16);
    release(block);
}

VICTIM(free_interior_byte) {
    char *block = allocate(128);
    if (crime) again(block + 1);
    release(block);
}

VICTIM(free_interior_of_megabyte) {
    char *block = allocate(1 << 20);
    if (crime) again(block + 4096);
    release(block);
}

VICTIM(free_advanced) {
    char *begin = allocate(64), *text = begin;
    strcpy(text, "        indented");
    while (*text == ' ') text++;
    again(crime ? text : begin);
}

VICTIM(free_stack) {
    _Alignas(16) char stack[64];
    see(stack);
    if (crime) again(stack);
}

VICTIM(free_argument) {
    char *block = allocate(56);
    char **owner = &block;
    if (crime) again((void *)owner); // on the stack, aligned to 8
    release(block);
}

VICTIM(free_stack_of_other_thread) {
    _Alignas(16) char stack[64];
    pthread_t thread;
    pthread_create(&thread, NULL, again_there, stack);
    pthread_join(thread, NULL);
}

VICTIM(free_global) {
    if (crime) again(global);
}

VICTIM(free_global_interior) {
    if (crime) again(global + 24);
}

VICTIM(free_literal) {
    static const char *text = "a literal";
    if (crime) again((void *)(uintptr_t)text);
}

VICTIM(free_function) {
    if (crime) again((void *)(uintptr_t)&allocate_many_others);
}

VICTIM(free_small_number) {
    if (crime) again((void *)(uintptr_t)0x40);
}

VICTIM(free_error_code) {
    if (crime) again((void *)(intptr_t)-16); // MAP_FAILED and its like
}

VICTIM(realloc_mapping) {
    char *pages = (char *)mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (crime) resize(pages + 4096, 400);
    munmap(pages, 1 << 16);
}

/// In front of the address stands what glibc writes there.
VICTIM(free_counterfeit) {
    size_t *pages = (size_t *)mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pages[511] = 64 | 1;
    if (crime) again(pages + 512);
    munmap(pages, 1 << 16);
}

VICTIM(free_mapping) {
    char *pages = (char *)mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (crime) again(pages + 4096);
    munmap(pages, 1 << 16);
}
