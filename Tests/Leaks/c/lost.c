// Blocks of every kind whose last pointer is gone.
#include "cases.h"

#include <dirent.h>
#include <stdbool.h>
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

/// Where an int was written over half of an old address, and a stack has such words, the rest points near a multiple
/// of 4 GiB. Of blocks of 20 MiB one in 200 lies there and would be held: it is kept, and the next one will not.
static bool is_apart(uintptr_t start, size_t size)
{
    enum { NEAR = 1 << 20 };
    static void *kept[16];
    static size_t count;
    if ((start - NEAR) >> 32 == (start + size + NEAR) >> 32) return true;
    if (count == sizeof kept / sizeof kept[0]) abort();
    kept[count++] = (void *)start;
    return false;
}

static char *filled_apart(size_t size)
{
    char *block = filled(size);
    while (!is_apart((uintptr_t)block, size)) block = filled(size);
    return block;
}

static void large(void)
{
    char *block = filled_apart(3 << 20);
    void *small = filled(48);
    memcpy(block + (3 << 20) - sizeof small, &small, sizeof small);
}

// ---- larger than any guarded block, and more than there is room for: MEMSCOPE_CHECKS=pages has pools of pages, the
// last of 1 MiB each, and blocks for which there is none get canaries

enum { LEAST_LARGE = 100 * 1000, MOST_LARGE = 20 * 1000 * 1000, KEPT_LARGE = 15, ONE_SIZE = 900 * 1000 };

/// Of each size one is lost and one is kept, which is a little larger.
static void of_every_large_size(void)
{
    static void *kept[KEPT_LARGE];
    size_t count = 0;
    for (size_t size = LEAST_LARGE; size < MOST_LARGE; size = size * 3 / 2) {
        filled_apart(size);
        kept[count++] = filled(size + 1000);
    }
    filled_apart(MOST_LARGE);
    kept[count++] = filled(MOST_LARGE + 1000);
    if (count != KEPT_LARGE) abort();
}

static void of_one_large_size(void)
{
    enum { COUNT = 60 };
    static void *kept[COUNT];
    for (int i = 0; i < COUNT; i++) {
        kept[i] = filled(ONE_SIZE + 1000);
        filled_apart(ONE_SIZE);
    }
    for (int i = 0; i < COUNT; i += 2) free(kept[i]);
}

static void grown_large(void)
{
    for (size_t size = LEAST_LARGE; size < MOST_LARGE; size *= 4) {
        char *block = NULL;
        do {
            block = realloc(NULL, size / 64);
            for (size_t grown = size / 16; block && grown <= size; grown *= 4) block = realloc(block, grown);
            if (!block) abort();
            block[size - 1] = 1;
        } while (!is_apart((uintptr_t)block, size));
        cases_show(block);
    }
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
    {"of-every-large-size", of_every_large_size},
    {"of-one-large-size", of_one_large_size},
    {"grown-large", grown_large},
    {"past-the-end", after_end},
    {"at-odd-address", at_odd_address},
    {"in-disguise", in_disguise},
    {"below-stack-pointer", below_stack_pointer},
    {"in-unmapped-memory", in_unmapped_memory},
    {"in-stream-buffer", in_stream_buffer},
    {"lost-directory", by_libc},
    {NULL, NULL},
};
