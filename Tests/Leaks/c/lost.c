// Blocks of every kind whose last pointer is gone.
#include "cases.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/mman.h>

static void *volatile global;
static struct __attribute__((packed)) {
    char one;
    void *pointer;
} unaligned;
static volatile uintptr_t disguised;
static void *volatile past_the_end;

static void plain(void)
{
    filled(77);
}

static void every_function(void)
{
    void *block = NULL;
    cases_show(calloc(3, 11));
    cases_show(realloc(NULL, 44));
    cases_show(realloc(filled(50), 55));
    cases_show(aligned_alloc(64, 128));
    if (posix_memalign(&block, 256, 66) != 0) abort();
    cases_show(block);
    cases_show(reallocarray(NULL, 7, 11));
    cases_show(strndup("twelve bytes and more", 12));
}

static void empty(void)
{
    cases_show(malloc(0));
}

static void overwritten(void)
{
    global = filled(10);
    global = filled(20);
    global = filled(30);
}

static void holder_freed(void)
{
    struct cases_node *holder = cases_node_new(NULL, filled(90));
    cases_show(holder);
    memset(holder, 0, sizeof *holder);
    free(holder);
}

static void large(void)
{
    char *block = filled(3 << 20);
    void *small = filled(48);
    memcpy(block + (3 << 20) - sizeof small, &small, sizeof small);
}

/// A pointer one past the end belongs to whatever comes next.
static void after_end(void)
{
    past_the_end = (char *)filled(24) + 24;
}

/// No compiler stores a pointer so, and looking at every byte would find too much.
static void at_odd_address(void)
{
    unaligned.pointer = filled(36);
}

static void in_disguise(void)
{
    disguised = ~(uintptr_t)filled(52);
}

/// What lies below the stack pointer is no root: nobody clears it here, and it is too deep to be overwritten by chance.
__attribute__((noinline)) static void deep_down(void)
{
    void *volatile dead[64];
    for (int i = 0; i < 64; i++) dead[i] = NULL;
    dead[32] = filled(68);
    cases_show((const void *)dead);
}

__attribute__((noinline)) static void below_stack_pointer(void)
{
    volatile char room[300 * 1024];
    room[0] = room[sizeof room - 1] = 0;
    deep_down();
    cases_show((const char *)room);
}

static void in_unmapped_memory(void)
{
    void **page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) abort();
    page[3] = filled(84);
    munmap(page, 4096);
}

/// The stream gets the memory where their addresses are.
static void in_stream_buffer(void)
{
    enum { WORDS = 512 };
    void **list = malloc(WORDS * sizeof(void *));
    for (int i = 0; i < WORDS; i++) list[i] = i < 20 ? filled(92) : list[i % 20];
    free(list);
    FILE *stream = fopen("/dev/null", "w");
    if (stream == NULL || fputs("x", stream) < 0) abort();
    cases_show(stream);
    global = stream;
}

static void by_libc(void)
{
    cases_show(opendir("/"));
}

const struct leak_case lost_cases[] = {
    {"plain", plain},
    {"every-function", every_function},
    {"empty", empty},
    {"overwritten", overwritten},
    {"holder-freed", holder_freed},
    {"large", large},
    {"past-the-end", after_end},
    {"at-odd-address", at_odd_address},
    {"in-disguise", in_disguise},
    {"below-stack-pointer", below_stack_pointer},
    {"in-unmapped-memory", in_unmapped_memory},
    {"in-stream-buffer", in_stream_buffer},
    {"lost-directory", by_libc},
    {NULL, NULL},
};
