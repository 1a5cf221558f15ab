// Every C entry point with a known answer. Compiled without builtins: a compiler that
// knows malloc removes pairs it can prove useless.
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdint.h>

#include "../support/live.h"

static void plain(void) {
    test("malloc and free count once, with the requested size");
    mark();
    void *p = malloc(100);
    expect_change(1, 0, 100, 0);
    expect_block(p, 100, 0);
    free(p);
    expect_change(1, 1, 100, 100);
    expect_no_block(p);
    end();

    test("free(NULL) counts nothing");
    mark();
    free(NULL);
    expect_change(0, 0, 0, 0);
    end();

    test("malloc(0) is a live block of no bytes");
    mark();
    void *a = malloc(0), *b = malloc(0);
    expect(a && b && a != b, "malloc(0) gave %p and %p", a, b);
    expect_change(2, 0, 0, 0);
    expect_block(a, 0, 0);
    free(a);
    free(b);
    expect_change(2, 2, 0, 0);
    end();
}

static void zeroed(void) {
    test("calloc counts its product and clears a reused block");
    void *dirty = malloc(7 * 13);
    memset(dirty, 0xff, 7 * 13);
    free(dirty);
    mark();
    unsigned char *p = calloc(7, 13);
    expect_change(1, 0, 7 * 13, 0);
    expect_block(p, 7 * 13, 0);
    for (int i = 0; i < 7 * 13; i++) expect(p[i] == 0, "byte %d is %d", i, p[i]);
    free(p);
    void *none = calloc(0, 5);
    expect_block(none, 0, 0);
    free(none);
    expect_change(2, 2, 7 * 13, 7 * 13);
    end();

    test("an overflowing calloc fails with ENOMEM and counts nothing");
    mark();
    errno = 0;
    volatile size_t half = SIZE_MAX / 2;
    expect(calloc(half, 3) == NULL, "calloc succeeded");
    expect_equal(errno, ENOMEM, "errno");
    expect_change(0, 0, 0, 0);
    end();
}

// Takes over the 100,000 bytes at `p`.
static void resized_away(char *p) {
    test("a failing realloc leaves the old block as it was");
    mark();
    volatile size_t huge = PTRDIFF_MAX;
    errno = 0;
    expect(realloc(p, huge) == NULL, "realloc succeeded");
    expect_equal(errno, ENOMEM, "errno");
    expect_change(0, 0, 0, 0);
    expect_block(p, 100000, 0);
    end();

    test("realloc(p, 0) frees, as glibc has it");
    mark();
    void *gone = realloc(p, 0);
    expect(gone == NULL, "realloc(p, 0) gave %p", gone);
    expect_change(0, 1, 0, 100000);
    expect_no_block(p);
    end();
}

static void resized(void) {
    test("realloc(NULL, n) is malloc");
    mark();
    char *p = realloc(NULL, 40);
    expect_change(1, 0, 40, 0);
    expect_block(p, 40, 0);
    end();

    test("realloc that grows or shrinks is one free and one allocation");
    mark();
    memset(p, 'x', 40);
    p = realloc(p, 4000);
    expect_block(p, 4000, 0);
    expect(p[0] == 'x' && p[39] == 'x', "contents were lost");
    expect_change(1, 1, 4000, 40);
    p = realloc(p, 10);
    expect_block(p, 10, 0);
    expect_change(2, 2, 4010, 4040);
    end();

    test("realloc keeps the birth of the first block of its chain");
    struct mscope_block before, after;
    expect(mscope_find_block((uintptr_t)p, &before), "the block is not known");
    usleep(20000);
    p = realloc(p, 100000);
    expect(mscope_find_block((uintptr_t)p, &after), "the block is not known");
    expect_equal(after.birth, before.birth, "the birth");
    expect(after.flags & MSCOPE_BLOCK_REALLOCATED, "the block is not marked as reallocated");
    end();
    resized_away(p);
}

static void many_resizes(void) {
    test("a thousand reallocs of one block leave exactly one block");
    mark();
    uint64_t allocated = 0, freed = 0, size = 1;
    void *p = malloc(1);
    allocated = 1;
    for (int i = 0; i < 1000; i++) {
        uint64_t next = 1 + (uint64_t)(i * 7919) % 300000;
        p = realloc(p, next);
        freed += size;
        allocated += next;
        size = next;
    }
    expect_change(1001, 1000, allocated, freed);
    expect_block(p, size, 0);
    free(p);
    expect_change(1001, 1001, allocated, allocated);
    end();
}

static void arrays(void) {
    test("reallocarray multiplies, and fails with ENOMEM on overflow");
    mark();
    void *p = reallocarray(NULL, 12, 12);
    expect_block(p, 144, 0);
    p = reallocarray(p, 100, 50);
    expect_block(p, 5000, 0);
    expect_change(2, 1, 5144, 144);
    volatile size_t half = SIZE_MAX / 2;
    errno = 0;
    expect(reallocarray(p, half, 3) == NULL, "reallocarray succeeded");
    expect_equal(errno, ENOMEM, "errno");
    expect_block(p, 5000, 0);
    free(p);
    expect_change(2, 2, 5144, 5144);
    end();
}

#define expect_aligned(pointer, alignment) \
    expect(((uintptr_t)(pointer) & ((alignment) - 1)) == 0, "%p is not aligned to %zu", (void *)(pointer), \
        (size_t)(alignment))

static void aligned(void) {
    test("memalign and aligned_alloc align and count once");
    mark();
    for (size_t alignment = 16; alignment <= 1u << 20; alignment *= 2) {
        void *a = memalign(alignment, 33), *b = aligned_alloc(alignment, alignment * 2);
        expect_aligned(a, alignment);
        expect_aligned(b, alignment);
        expect_block(a, 33, 0);
        expect_block(b, alignment * 2, 0);
        free(a);
        free(b);
        expect_no_block(a);
        expect_no_block(b);
    }
    uint64_t bytes = 17 * 33 + 2 * ((2u << 20) - 16);
    expect_change(34, 34, bytes, bytes);
    end();

    test("valloc and pvalloc give whole pages");
    mark();
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *a = valloc(100), *b = pvalloc(100);
    expect_aligned(a, page);
    expect_aligned(b, page);
    expect_block(a, 100, 0);
    struct mscope_block block;
    expect(mscope_find_block((uintptr_t)b, &block), "pvalloc's block is not known");
    expect(block.size == 100 || block.size == page, "pvalloc's size is %llu", (unsigned long long)block.size);
    free(a);
    free(b);
    expect_change(2, 2, 100 + block.size, 100 + block.size);
    end();
}

static void aligned_resized(void) {
    test("memalign of a shrunken block survives realloc");
    mark();
    char *p = memalign(4096, 10000);
    memset(p, 7, 10000);
    p = realloc(p, 20000);
    expect(p[9999] == 7, "contents were lost");
    expect_block(p, 20000, 0);
    free(p);
    expect_change(2, 2, 30000, 30000);
    end();
}

static void posix_aligned(void) {
    test("posix_memalign leaves errno alone, counts once, and refuses a bad alignment");
    mark();
    void *p = NULL, *untouched = &p;
    errno = 4711;
    expect_equal(posix_memalign(&p, 256, 500), 0, "the result");
    expect_aligned(p, 256);
    expect_block(p, 500, 0);
    expect_equal(posix_memalign(&untouched, 24, 10), EINVAL, "the result for alignment 24");
    expect_equal(posix_memalign(&untouched, 4, 10), EINVAL, "the result for alignment 4");
    expect_equal(posix_memalign(&untouched, 0, 10), EINVAL, "the result for alignment 0");
    free(p);
    expect_equal(errno, 4711, "errno");
    volatile size_t huge = PTRDIFF_MAX; // here glibc itself sets errno
    expect_equal(posix_memalign(&untouched, 64, huge), ENOMEM, "the result for a huge size");
    expect(untouched == (void *)&p, "a failure wrote the pointer");
    expect_change(1, 1, 500, 500);
    end();

    test("aligned_alloc and memalign with odd alignments behave as the allocator does");
    mark();
    errno = 0;
    volatile size_t not_a_power = 24;
    void *odd = memalign(not_a_power, 100);
    expect(odd, "memalign(24) failed");
    expect_block(odd, 100, 0);
    free(odd);
    volatile size_t silly = (size_t)1 << 63;
    expect(memalign(silly + 1, 1) == NULL, "memalign with alignment above 2^63 succeeded");
    expect_change(1, 1, 100, 100);
    end();
}

// C23: this libc may lack them, the core has them. Linked, they are no dynamic symbols of
// the program when libc does not have them, so they are referred to by name.
#pragma weak free_sized
#pragma weak free_aligned_sized
void free_sized(void *block, size_t size);
void free_aligned_sized(void *block, size_t alignment, size_t size);

static void sized(void) {
    test("free_sized and free_aligned_sized free exactly once, cfree where it exists");
    expect(free_sized && free_aligned_sized, "the C23 functions are not there");
    void (*cfree_)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, "cfree");
    mark();
    uint64_t count = 2;
    free_sized(malloc(10), 10);
    free_sized(NULL, 3);
    free_aligned_sized(aligned_alloc(64, 10), 64, 10);
    free_aligned_sized(NULL, 64, 3);
    if (cfree_) cfree_(malloc(10)), count++;
    expect_change(count, count, count * 10, count * 10);
    end();
}

static void usable(void) {
    test("malloc_usable_size covers the request, is writable to its end, and counts nothing");
    for (size_t size = 0; size < 70000; size = size * 3 / 2 + 1) {
        unsigned char *p = malloc(size);
        mark();
        size_t room = malloc_usable_size(p);
        expect_change(0, 0, 0, 0);
        expect(room >= size, "%zu bytes give only %zu", size, room);
        memset(p, 0xa5, room);
        expect_block(p, size, 0);
        free(p);
    }
    expect_equal(malloc_usable_size(NULL), 0, "the usable size of NULL");
    end();
}

static void errno_kept(void) {
    test("no successful call changes errno");
    errno = 4711;
    void *a = malloc(10), *b = calloc(2, 5), *c = memalign(64, 5), *d = realloc(a, 500000);
    void *e = malloc(1u << 22);
    free(b);
    free(c);
    free(d);
    free(e);
    free(NULL);
    malloc_usable_size(NULL);
    expect_equal(errno, 4711, "errno");
    end();

    test("the first stack of each kind, a new table page or thread changes no errno either");
    errno = 4711;
    void *blocks[512];
    for (size_t i = 0; i < 512; i++) blocks[i] = malloc((size_t)1 << (i % 21));
    for (size_t i = 0; i < 512; i++) free(blocks[i]);
    expect_equal(errno, 4711, "errno");
    end();
}

static void neighbours(void) {
    test("blocks of the smallest size next to each other are kept apart");
    enum { COUNT = 20000 };
    static void *blocks[COUNT];
    mark();
    for (size_t i = 0; i < COUNT; i++) blocks[i] = malloc(i % 25);
    for (size_t i = 0; i < COUNT; i++) expect_block(blocks[i], i % 25, 0);
    for (size_t i = 0; i < COUNT; i += 2) free(blocks[i]);
    for (size_t i = 0; i < COUNT; i++) {
        if (i % 2) expect_block(blocks[i], i % 25, 0);
        else expect_no_block(blocks[i]);
    }
    for (size_t i = 1; i < COUNT; i += 2) free(blocks[i]);
    expect_change(COUNT, COUNT, COUNT / 25 * 300, COUNT / 25 * 300);
    end();
}

int main(void) {
    test("the core is active, and left no error of its own for dlerror");
    expect(mscope_is_active(), "mscope_is_active() is false");
    const char *error = dlerror();
    expect(!error, "dlerror says: %s", error);
    end();
    plain();
    zeroed();
    resized();
    many_resizes();
    arrays();
    aligned();
    aligned_resized();
    posix_aligned();
    sized();
    usable();
    errno_kept();
    neighbours();
    test("live figures, walk and sites agree after all of it");
    expect_consistent();
    end();
    return check_result();
}
