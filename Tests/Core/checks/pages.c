// MEMSCOPE_CHECKS=pages: each block has pages of its own, so that reads fault too. Argument: the side that touches the
// guard, after or before.
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

#include "../support/errors.h"

static bool after;

static __attribute__((noinline)) char peek(volatile char *p) {
    return *p;
}
static __attribute__((noinline)) void poke(volatile char *p) {
    *p = (char)(*p + 1);
}

static struct mscope_check_totals totals(void) {
    struct mscope_check_totals now;
    mscope_read_check_totals(&now);
    return now;
}

/// Pools are as they were at the start: cells that follow were never used.
static void far_behind(void) {
    test("an access far behind a block is an overflow of the last block before it, and the program goes on");
    static const size_t sizes[] = {700000, 100000, 20};
    for (int i = 0; i < 3; i++) {
        char *volatile first = malloc(sizes[i]), *volatile p = malloc(sizes[i]);
        size_t offset = 7 * (sizes[i] + 8192);
        mark_errors();
        peek(p + offset);
        expect_errors(1);
        struct mscope_error error = last_error(); // the first of its kind, which the others are counted with
        expect(i > 0 || error.block == (uint64_t)(uintptr_t)p, "another block");
        expect(i > 0 || error.offset == (int64_t)offset, "another offset");
        expect(error.kind == MSCOPE_OVERFLOW, "another kind");
        poke(p + offset); // its page is open now
        expect_errors(1);
        free(first);
        mark_errors();
        free(p);
        expect_errors(0);
    }
    end();
}

static void of_every_size(void) {
    test("reads beyond the chosen side and after free fault, for blocks of all sizes");
    for (size_t size = 16; size <= 1 << 20; size = (size * 3 / 2 + 16) & ~(size_t)15) {
        char *volatile p = malloc(size);
        mark_errors();
        peek(after ? p + size : p - 1);
        expect_errors(1);
        free(p);
        expect_errors(1);
        peek(p + size / 2);
        expect_errors(2);
        free(p);
        expect_errors(3);
    }
    end();

    test("writes beyond the other side are found at free");
    for (size_t size = 1; size <= 200000; size = size * 2 + 1) {
        if ((size & 4095) == 0) continue; // no slack: that side is a guard too
        char *volatile p = malloc(size);
        mark_errors();
        poke(after ? p - 1 : p + size);
        free(p);
        expect_errors(1);
        expect_equal(last_error().kind, after ? MSCOPE_UNDERFLOW : MSCOPE_OVERFLOW, "the kind");
    }
    end();
}

static void large(void) {
    test("what has no pages of its own has canaries");
    struct mscope_check_totals before = totals();
    size_t size = 5 << 20;
    char *volatile p = malloc(size);
    expect_equal(totals().canaried - before.canaried, 1, "blocks with canaries");
    mark_errors();
    poke(p + size);
    poke(p - 1);
    free(p);
    expect_errors(2);
    end();
}

static void many(void) {
    test("more blocks than there are pages or mappings for live side by side");
    enum { COUNT = 60000 };
    static char *blocks[COUNT];
    mark_errors();
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc((size_t)(i % 6000));
        expect(blocks[i] != NULL, "malloc failed at %d", i);
        memset(blocks[i], i, (size_t)(i % 6000));
    }
    struct mscope_check_totals now = totals();
    expect(now.guarded_now > 10000 && now.guard_full > 0, "%llu between guards, full %llu times",
        (unsigned long long)now.guarded_now, (unsigned long long)now.guard_full);
    mscope_check_heap();
    for (int i = 0; i < COUNT; i++) {
        for (int k = 0; k < i % 6000; k += 97) expect(blocks[i][k] == (char)i, "byte %d of block %d", k, i);
        expect_equal(malloc_usable_size(blocks[i]), i % 6000, "the usable size");
        free(blocks[i]);
    }
    mscope_check_heap();
    expect_errors(0);
    expect_consistent();
    end();
}

int main(int count, char **arguments) {
    after = count > 1 && strcmp(arguments[1], "after") == 0;
    far_behind();
    of_every_size();
    large();
    many();
    return check_result();
}
