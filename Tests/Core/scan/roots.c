// Where a pointer may stand, and where it does not count.
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../support/reach.h"

enum { PAGE = 4096 };
static void *global_holder, *chain_holder, *interior_holder, *slots[8];
static _Thread_local void *tls_holder;
static hidden hidden_blocks[16];

// Blocks are made far below the frame that scans, so that nothing of it is left there.
static __attribute__((noinline)) void *fresh(size_t size) {
    void *block = malloc(size);
    memset(block, 0, size);
    return block;
}

static __attribute__((noinline)) hidden lost(size_t size) {
    return hide(fresh(size));
}

static __attribute__((noinline)) void make_plain(void) {
    global_holder = fresh(40);
    hidden_blocks[0] = hide(global_holder);
    tls_holder = fresh(41);
    hidden_blocks[1] = hide(tls_holder);
    hidden_blocks[2] = lost(48);
    void **chain = fresh(64), **next = fresh(64);
    chain_holder = chain;
    chain[3] = next;
    next[7] = fresh(64);
    hidden_blocks[3] = hide(next[7]);
    char *middle = fresh(1000);
    interior_holder = middle + 999;
    hidden_blocks[4] = hide(middle);
    void **ring = fresh(16);
    *ring = ring;
    hidden_blocks[5] = hide(ring);
    void *freed = fresh(64);
    *(void **)((char *)freed + 32) = fresh(80);
    hidden_blocks[6] = hide(*(void **)((char *)freed + 32));
    slots[7] = fresh(64); // so that the freed chunk does not join the top
    free(freed);
}

static void plain(void) {
    test("globals, thread-local variables, chains and interior pointers hold blocks; free memory does not");
    make_plain();
    scrub_stack();
    struct reach reach = reach_take();
    if (!reach.scan) {
        check_fail(__FILE__, __LINE__, "the scan was refused: problem %d", reach.problem);
        return;
    }
    reach_print(&reach);
    expect_reached(&reach, hidden_blocks[0], MSCOPE_ROOT_GLOBAL, "what a global holds");
    expect(reach_holds(&reach, hidden_blocks[1]), "what a thread-local variable holds is lost");
    expect_lost(&reach, hidden_blocks[2], "what nothing holds");
    expect(reach_holds(&reach, hidden_blocks[3]), "the end of a chain is lost");
    expect_reached(&reach, hidden_blocks[4], MSCOPE_ROOT_GLOBAL, "what an interior pointer holds");
    expect_lost(&reach, hidden_blocks[5], "a ring of itself");
    expect_lost(&reach, hidden_blocks[6], "what freed memory points to");
    end();
    test("only the blocks that nothing holds are unreachable");
    expect_equal(reach.unreachable, 3, "the number of unreachable blocks");
    expect_equal(reach.unreachable_bytes, 48 + 16 + 80, "their bytes");
    end();
    reach_drop(&reach);
}

int main(void) {
    plain();
    return check_result();
}
