// Blocks that something still holds: nothing here is a leak.
#include "cases.h"

#include <stdio.h>
#include <sys/mman.h>

// Volatile: nobody reads them, so they could be left out.
static void *volatile zeroed, *volatile initialised = (void *)&zeroed;
static char *volatile interior;
static volatile uintptr_t marked;
static struct cases_node *volatile list;

static void by_globals(void)
{
    static void *local;
    zeroed = filled(10);
    initialised = filled(20);
    local = filled(30);
    cases_show(local);
}

static void by_interior(void)
{
    interior = (char *)filled(5000) + 4999;
}

static void by_first_byte(void)
{
    zeroed = malloc(0);
}

/// Many programs keep a flag in the lowest bits of a pointer.
static void by_marked_pointer(void)
{
    marked = (uintptr_t)filled(64) | 3;
}

/// Lists without locks count in the upper 16 bits of a pointer.
static void by_counted_pointer(void)
{
    marked = (uintptr_t)filled(65) | (uintptr_t)0xfedc << 48;
}

/// The flags lie behind the block, and still below its alignment.
static void by_small_marked_pointer(void)
{
    marked = (uintptr_t)filled(4) | 9;
}

static void by_chain(void)
{
    for (int i = 0; i < 1000; i++) list = cases_node_new(list, filled(16));
}

static void by_ring(void)
{
    list = cases_node_new(NULL, NULL);
    list->next = cases_node_new(cases_node_new(list, NULL), NULL);
}

static void by_mapping(void)
{
    void **page = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) abort();
    page[1000] = filled(40);
}

/// Small ones, whose places in a child something else may take, and one that is as large as what that is.
static void by_uncopied_mapping(void)
{
    static const size_t sizes[] = {1 << 12, 1 << 16, 1 << 18, 12 << 20, 64 << 20};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void **pages = mmap(NULL, sizes[i], PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED || madvise(pages, sizes[i], MADV_DONTFORK) != 0) abort();
        pages[sizes[i] / sizeof(void *) - 1] = filled(46);
        pages[10] = filled(47);
        // What lies between two of them is copied.
        mmap(NULL, 1 << 12, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
}

static void by_large_block(void)
{
    void **large = filled(2 << 20);
    large[200000] = filled(44);
    zeroed = large;
}

/// Ends the program while the only pointer is on its stack.
static void by_main_stack(void)
{
    void *volatile held[] = {filled(70), (char *)filled(80) + 40};
    cases_show((const void *)held);
    exit(0);
}

static void by_libc(void)
{
    FILE *file = fopen("/proc/self/stat", "r");
    if (!file) abort();
    char line[64];
    if (!fgets(line, sizeof line, file)) abort();
    setenv("CASES_VARIABLE", "a value that the environment keeps", 1);
    zeroed = NULL;
}

static void *finally;

static void use_finally(void)
{
    cases_show(finally);
}

static void by_exit_function(void)
{
    finally = filled(25);
    atexit(use_finally);
}

const struct leak_case held_cases[] = {
    {"clean-by-globals", by_globals},
    {"clean-by-interior", by_interior},
    {"clean-by-first-byte", by_first_byte},
    {"clean-by-marked-pointer", by_marked_pointer},
    {"clean-by-counted-pointer", by_counted_pointer},
    {"clean-by-small-marked-pointer", by_small_marked_pointer},
    {"clean-by-chain", by_chain},
    {"clean-by-ring", by_ring},
    {"clean-by-mapping", by_mapping},
    {"clean-by-uncopied-mapping", by_uncopied_mapping},
    {"clean-by-large-block", by_large_block},
    {"clean-by-main-stack", by_main_stack},
    {"clean-by-libc", by_libc},
    {"clean-by-exit-function", by_exit_function},
    {NULL, NULL},
};
