// Frees and reallocs of addresses of no live block are reported with stacks, not passed on. Argument: whether all
// blocks are known ("complete"), as in full and balanced mode, or a sample of them.
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../support/errors.h"

void free_sized(void *block, size_t size);
void free_aligned_sized(void *block, size_t alignment, size_t size);
#pragma weak free_sized
#pragma weak free_aligned_sized

static __attribute__((noinline)) void *allocator(size_t size) {
    void *volatile p = malloc(size);
    return p;
}
static __attribute__((noinline)) void first(void *p) {
    free(p);
    __asm__ volatile("");
}
static __attribute__((noinline)) void second(void *p) {
    free(p);
    __asm__ volatile("");
}

static void twice(void) {
    test("a double free is reported with the stacks of allocation and of both frees, and does nothing");
    mark_errors();
    void *p = allocator(72);
    first(p);
    mark();
    second(p);
    expect_error(MSCOPE_DOUBLE_FREE, p, 72, 0);
    expect_change(0, 0, 0, 0);
    struct mscope_error e = last_error();
    expect(e.flags & MSCOPE_ERROR_REFUSED, "the call was passed on");
    if (mscope_mode() == MSCOPE_FULL) expect(stack_has(e.allocated_site, allocator), "allocated elsewhere");
    expect(stack_has(e.access_site, second), "the second free's stack is another");
    expect(stack_has(e.freed_site, first), "the first free's stack is another");
    end();
}

static void nowhere(void) {
    test("a free, or realloc, of an address at which nothing is mapped is reported and does nothing");
    char *gone = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(gone, 8192);
    for (size_t offset = 16; offset <= 4096; offset += 4080) {
        mark_errors();
        mark();
        first(gone + offset);
        expect_error(MSCOPE_INVALID_FREE, NULL, 0, 0);
        mark_errors();
        expect(realloc(gone + offset, 10) == NULL, "realloc gave a block");
        expect_error(MSCOPE_INVALID_FREE, NULL, 0, 0);
        expect_change(0, 0, 0, 0);
    }
    end();
}

/// Reports of one crime differ by their stacks: in balanced a block has its stack or has none, and of a guarded one, as
/// one of many may be, the allocation is known beside the first free.
static size_t most_reports(void) {
    const char *checks = getenv("MEMSCOPE_CHECKS");
    bool guards = checks == NULL || strcmp(checks, "off") != 0;
    return (mscope_mode() == MSCOPE_BALANCED ? 2 : 1) * (guards ? 2 : 1);
}

static void again(void) {
    test("the same again counts, and makes no second report");
    uint32_t cursor = 0;
    static struct mscope_error all[1024];
    size_t before = mscope_read_errors(&cursor, all, 1024);
    mark_errors();
    for (int i = 0; i < 100; i++) {
        void *p = allocator(72);
        first(p);
        second(p);
    }
    expect_errors(100);
    cursor = 0;
    expect(mscope_read_errors(&cursor, all, 1024) <= before + most_reports(), "more reports");
    end();

    test("what is reused may be freed again");
    mark_errors();
    for (int i = 0; i < 1000; i++) {
        void *p = malloc(40);
        free(p);
        void *q = malloc(40);
        free(q);
    }
    expect_errors(0);
    end();

    test("a double free after a million other allocations is still one");
    void *p = malloc(4000);
    void *fence = malloc(100);
    free(p);
    for (int i = 0; i < 1000000; i++) free(malloc(64));
    mark_errors();
    free(p);
    expect_error(MSCOPE_DOUBLE_FREE, p, 4000, 0);
    free(fence);
    end();
}

static void *frees(void *p) {
    free(p);
    return NULL;
}

static void across_threads(void) {
    test("a double free across threads names both threads' stacks");
    void *p = malloc(33);
    pthread_t thread;
    pthread_create(&thread, NULL, frees, p);
    pthread_join(thread, NULL);
    mark_errors();
    free(p);
    struct mscope_error e = last_error();
    expect_error(MSCOPE_DOUBLE_FREE, p, 33, 0);
    expect(stack_has(e.freed_site, frees), "the first free's stack is another");
    end();
}

static char global[64] __attribute__((aligned(16)));

// Each crime has a stack of its own, so that none counts as another's repetition.
static __attribute__((noinline)) void free_apart(size_t which, void *address) {
#define FREE_APART(n) \
    case n: \
        __asm__ volatile("# before " #n); \
        free(address); \
        __asm__ volatile("# after " #n); \
        break;
    switch (which) {
        FREE_APART(0)
        FREE_APART(1)
        FREE_APART(2)
        FREE_APART(3)
        FREE_APART(4)
        FREE_APART(5)
    }
}

static void invalid(bool complete) {
    char *p = malloc(100);
    static _Alignas(16) char space[64];
    _Alignas(16) char local[64];
    memset(local, 0, sizeof local);
    struct {
        const char *name;
        void *address;
        uint32_t flags;
        bool always;
    } crimes[] = {
        {"free of an interior address", p + 16, MSCOPE_ERROR_INTERIOR, false},
        {"free of an odd interior address", p + 1, MSCOPE_ERROR_INTERIOR, true},
        {"free of the stack", local + 16, MSCOPE_ERROR_ON_STACK, true},
        {"free of static data", complete ? space : global, MSCOPE_ERROR_IN_IMAGE, false},
        {"free of a small number", (void *)(uintptr_t)0x18, 0, true},
        {"free of an address that does not exist", (void *)(uintptr_t)0x7fffffff0123450, 0, false},
    };
    for (size_t i = 0; i < sizeof crimes / sizeof crimes[0]; i++) {
        if (!complete && !crimes[i].always) continue; // the allocator itself would end the program
        test(crimes[i].name);
        mark_errors();
        void *volatile address = crimes[i].address;
        free_apart(i, address);
        struct mscope_error e = last_error();
        bool interior = complete && (crimes[i].flags & MSCOPE_ERROR_INTERIOR);
        expect_errors(1);
        expect_equal(e.kind, MSCOPE_INVALID_FREE, "the kind");
        expect_equal(e.address, (uint64_t)(uintptr_t)address, "the address");
        expect(e.flags & MSCOPE_ERROR_REFUSED, "it was passed on");
        if (complete || crimes[i].flags != MSCOPE_ERROR_INTERIOR)
            expect((e.flags & crimes[i].flags) == crimes[i].flags, "flags are %x", e.flags);
        if (interior) {
            expect_equal(e.offset, (char *)address - p, "the offset");
            expect_equal(e.size, 100, "the size");
        }
        end();
    }
    free(p);
}

static void *spare; // on another thread's stack
static pthread_barrier_t barrier;

static void *waits(void *nothing) {
    _Alignas(16) char space[20000];
    memset(space, 0, sizeof space);
    free(malloc(10)); // so that this stack is known
    spare = space + 16384;
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return nothing;
}

static void other_stack(void) {
    test("free of another thread's stack");
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, waits, NULL);
    pthread_barrier_wait(&barrier);
    mark_errors();
    free(spare);
    struct mscope_error e = last_error();
    expect_errors(1);
    expect_equal(e.kind, MSCOPE_INVALID_FREE, "the kind");
    expect(e.flags & MSCOPE_ERROR_ON_STACK, "flags are %x", e.flags);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    end();
}

static __attribute__((noinline)) char *moves(char *p) {
    char *volatile moved = realloc(p, 200000);
    return moved;
}

static void reallocs(void) {
    test("realloc of a freed block is refused with ENOMEM");
    char *p = malloc(48), *kept = malloc(100);
    free(p);
    mark_errors();
    errno = 0;
    expect(realloc(p, 100) == NULL, "it gave a block");
    expect_equal(errno, ENOMEM, "errno");
    expect_error(MSCOPE_DOUBLE_FREE, p, 48, 0);
    expect(last_error().flags & MSCOPE_ERROR_REALLOC, "it is not said to be a realloc");
    end();

    test("reallocarray of an interior address is refused, and the block stays");
    mark_errors();
    errno = 0;
    expect(reallocarray(kept + 32, 10, 10) == NULL, "it gave a block");
    expect_equal(errno, ENOMEM, "errno");
    expect_error(MSCOPE_INVALID_FREE, kept, 100, 32);
    expect_block(kept, 100, 0);
    end();

    test("realloc frees what it moves: the old address is then freed twice");
    p = malloc(100);
    void *fence = malloc(100);
    char *moved = moves(p);
    expect(moved != p, "it did not move");
    mark_errors();
    free(p);
    expect_error(MSCOPE_DOUBLE_FREE, p, 100, 0);
    expect(stack_has(last_error().freed_site, moves), "the first free is not the realloc");
    free(moved);
    free(fence);
    free(kept);
    end();
}

static void sizes(void) {
    test("free_sized with another size is reported, and the block is freed");
    if (!free_sized || !free_aligned_sized) return skip("this libc and core have no free_sized");
    void *p = malloc(100);
    mark_errors();
    mark();
    free_sized(p, 99);
    expect_error(MSCOPE_MISMATCHED_FREE, p, 100, 0);
    expect_equal(last_error().given, 99, "the given size");
    expect_change(0, 1, 0, 100);
    p = aligned_alloc(64, 128);
    mark_errors();
    free_aligned_sized(p, 64, 100);
    expect_errors(1);
    p = malloc(100);
    mark_errors();
    free_sized(p, 100);
    p = aligned_alloc(64, 128);
    free_aligned_sized(p, 64, 128);
    free_sized(NULL, 5);
    expect_errors(0);
    end();
}

int main(int count, char **arguments) {
    bool complete = count > 1 && strcmp(arguments[1], "complete") == 0;
    if (complete) {
        twice();
        again();
        nowhere();
        across_threads();
        if (mscope_mode() == MSCOPE_FULL) other_stack(); // others do not walk stacks, so do not know them
        reallocs();
        sizes();
    }
    invalid(complete);
    test("frees of nothing are nothing");
    mark_errors();
    for (int i = 0; i < 10; i++) free(NULL);
    expect_errors(0);
    end();
    return check_result();
}
