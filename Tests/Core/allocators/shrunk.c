// realloc to no bytes: some allocators free, some return a tiny block. In both cases the set of
// live blocks is correct, even if tiny blocks are closer together than other blocks.
#include <malloc.h>
#include <stdint.h>

#include "../support/live.h"

int main(void) {
    enum { COUNT = 3000 };
    static void *blocks[COUNT];
    char name[100];
    snprintf(name, sizeof name, "%d reallocs to no bytes are followed over %s", COUNT, mscope_allocator_name());
    test(name);
    struct mscope_counts before = live_totals();
    for (size_t i = 0; i < COUNT; i++) blocks[i] = malloc(100);
    size_t kept = 0;
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = realloc(blocks[i], 0);
        kept += blocks[i] != NULL;
    }
    struct mscope_counts now = live_totals();
    expect_equal((now.allocations - now.frees) - (before.allocations - before.frees), kept,
        "the number of live blocks");
    struct live live = live_take();
    for (size_t i = 0; i < COUNT; i++) {
        if (blocks[i]) expect(live_at(&live, blocks[i]), "block %zu at %p is missing from the walk", i, blocks[i]);
    }
    live_drop(&live);
    for (size_t i = 0; i < COUNT; i++) free(blocks[i]);
    now = live_totals();
    expect_equal(now.allocations - now.frees, before.allocations - before.frees, "live blocks at the end");
    expect_consistent();
    end();
    return check_result();
}
