// Limit values of sizes: 0, sizes around a page, sizes beyond 32 bits, refused sizes.
#include <errno.h>
#include <stdint.h>

#include "../support/live.h"

static void every_small_size(void) {
    test("every size to 4,100 bytes is recorded as requested");
    enum { LAST = 4100 };
    static void *blocks[LAST + 1];
    mark();
    for (size_t size = 0; size <= LAST; size++) blocks[size] = malloc(size);
    struct live live = live_take();
    for (size_t size = 0; size <= LAST; size++) {
        const struct mscope_block *block = live_at(&live, blocks[size]);
        expect(block && block->size == size, "the walk has %lld for size %zu", block ? (long long)block->size : -1ll,
            size);
    }
    live_drop(&live);
    for (size_t size = 0; size <= LAST; size++) free(blocks[size]);
    uint64_t bytes = (uint64_t)LAST * (LAST + 1) / 2;
    expect_change(LAST + 1, LAST + 1, bytes, bytes);
    end();
}

static void beyond_32_bits(uint64_t size, const char *name) {
    test(name);
    mark();
    char *p = malloc(size);
    if (!p) {
        skip("the system refuses this much address space");
        return;
    }
    expect_change(1, 0, size, 0);
    expect_block(p, size, 0);
    struct mscope_block block;
    for (uint64_t at = 0; at < size; at += size / 7) {
        expect(mscope_find_block((uintptr_t)p + at, &block) && block.address == (uintptr_t)p,
            "the byte at %llu does not find its block", (unsigned long long)at);
    }
    struct live live = live_take();
    const struct mscope_block *walked = live_at(&live, p);
    expect(walked && walked->size == size, "the walk has another size");
    live_drop(&live);
    p = realloc(p, size + 4096);
    if (p) expect_block(p, size + 4096, 0);
    p = realloc(p, 64);
    expect_block(p, 64, 0);
    free(p);
    expect_no_block(p);
    end();
}

static void refused(void) {
    test("refused sizes give NULL and ENOMEM and count nothing");
    mark();
    volatile size_t sizes[] = {SIZE_MAX, SIZE_MAX - 4096, (size_t)PTRDIFF_MAX + 1, PTRDIFF_MAX};
    for (size_t i = 0; i < 4; i++) {
        errno = 0;
        expect(malloc(sizes[i]) == NULL, "malloc(%zu) succeeded", sizes[i]);
        expect_equal(errno, ENOMEM, "errno");
        errno = 0;
        expect(calloc(1, sizes[i]) == NULL, "calloc(%zu) succeeded", sizes[i]);
        expect_equal(errno, ENOMEM, "errno");
        expect(realloc(NULL, sizes[i]) == NULL, "realloc(%zu) succeeded", sizes[i]);
    }
    expect_change(0, 0, 0, 0);
    end();
}

static void foreign_addresses(void) {
    test("10,000 addresses of no block are answered within a second");
    static char data[4096];
    char *mapping = live_map(1u << 20);
    struct mscope_block block;
    uint64_t begin = mscope_now();
    for (uint64_t i = 0; i < 2500; i++) {
        uint64_t addresses[] = {(uint64_t)(uintptr_t)&block + i, (uint64_t)(uintptr_t)data + i,
            (uint64_t)(uintptr_t)mapping + i * 16, (uint64_t)(uintptr_t)foreign_addresses + i};
        for (int k = 0; k < 4; k++)
            expect(!mscope_find_block(addresses[k], &block), "an address of kind %d is in a block", k);
    }
    uint64_t milliseconds = (mscope_now() - begin) / 1000000;
    expect(milliseconds < 1000, "they took %llu ms", (unsigned long long)milliseconds);
    munmap(mapping, 1u << 20);
    end();
}

static void address_reuse(void) {
    test("ten thousand reuses of one address keep only the last owner");
    mark();
    void *p = NULL;
    uint64_t bytes = 0;
    for (size_t i = 0; i < 10000; i++) {
        p = malloc(1000 + i % 9);
        bytes += 1000 + i % 9;
        if (i < 9999) free(p);
    }
    expect_block(p, 1000 + 9999 % 9, 0);
    expect_change(10000, 9999, bytes, bytes - (1000 + 9999 % 9));
    free(p);
    end();
}

int main(void) {
    every_small_size();
    beyond_32_bits((5ull << 30) + 123, "a block of 5 GiB and 123 bytes has its exact size");
    beyond_32_bits(1ull << 33, "a block of 2^33 bytes has its exact size");
    beyond_32_bits((1ull << 32) - 1, "a block of 2^32 - 1 bytes has its exact size");
    beyond_32_bits(17ull << 30, "a block of 17 GiB has its exact size");
    refused();
    foreign_addresses();
    address_reuse();
    test("live figures, walk and sites agree after all of it");
    expect_consistent();
    end();
    return check_result();
}
