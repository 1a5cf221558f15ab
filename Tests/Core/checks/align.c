// MEMSCOPE_GUARD_ALIGN: the last byte of a block touches the guard page, so that an access one byte beyond
// faults. Argument: the alignment.
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

#include "../support/errors.h"

static size_t alignment;

static __attribute__((noinline)) char peek(const volatile char *p) {
    return *p;
}

static void one_too_many(void) {
    test("a read of one byte too many faults wherever the alignment lets the block touch the guard");
    for (size_t size = 1; size < 5000; size += 7) {
        char *volatile p = malloc(size);
        expect(((uintptr_t)p & (alignment - 1)) == 0, "not aligned");
        mark_errors();
        peek(p + size);
        expect_errors(size % alignment == 0);
        peek(p + size - 1);
        peek(p);
        expect_errors(size % alignment == 0);
        free(p);
    }
    char *volatile text = strdup("nine and two");
    mark_errors();
    peek(text + 13);
    expect_errors(alignment == 1);
    free(text);
    end();
}

static void in_order(void) {
    test("sizes, contents, moves and frees are as of any block, and what asks for an alignment gets it");
    mark_errors();
    for (size_t size = 1; size < 300; size++) {
        unsigned char *p = calloc(1, size);
        for (size_t i = 0; i < size; i++) expect_equal(p[i], 0, "calloc");
        expect_equal(malloc_usable_size(p), size, "the usable size");
        memset(p, (int)size, size);
        p = realloc(p, 2 * size + 1);
        for (size_t i = 0; i < size; i++) expect_equal(p[i], size & 255, "realloc");
        free(p);
        for (size_t wanted = 16; wanted <= 4096; wanted *= 4) {
            void *aligned = NULL;
            expect_equal(posix_memalign(&aligned, wanted, size), 0, "posix_memalign");
            expect(((uintptr_t)aligned & (wanted - 1)) == 0, "another alignment");
            free(aligned);
        }
    }
    expect_errors(0);
    end();
}

static void told(void) {
    test("frees beside the first byte, and second ones, are refused and told of the block");
    char *volatile p = malloc(21);
    mark_errors();
    free(p + 1);
    expect_errors(1);
    expect_equal(last_error().kind, MSCOPE_INVALID_FREE, "the kind");
    free(p - 1);
    expect_errors(2);
    free(p);
    expect_errors(2);
    free(p);
    expect_errors(3);
    struct mscope_block block;
    char *volatile other = malloc(33);
    expect(mscope_find_block((uint64_t)(uintptr_t)other + 32, &block), "its last byte belongs to no block");
    expect(block.address == (uint64_t)(uintptr_t)other && block.size == 33, "another block");
    free(other);
    end();
}

int main(int argc, char **argv) {
    alignment = argc > 1 ? strtoul(argv[1], NULL, 10) : 16;
    one_too_many();
    in_order();
    told();
    return check_result();
}
