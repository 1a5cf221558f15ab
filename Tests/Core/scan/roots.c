// The places where a pointer counts as a root, and places where it does not.
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../support/reach.h"

enum { PAGE = 4096 };
static void *global_holder, *chain_holder, *interior_holder, *slots[8];
static _Thread_local void *tls_holder;
static hidden hidden_blocks[16];
static void *filler[64];

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

// ---- words that are not plain pointers

static volatile uint64_t small_words[3];

/// Blocks so small that flags, and the end of a cookie, lie behind them.
static __attribute__((noinline)) void make_small(void) {
    void *flagged = fresh(4), *cookie = fresh(8), *number = fresh(8);
    *(uint64_t *)number = 1;
    small_words[0] = (uint64_t)(uintptr_t)flagged | 9;
    small_words[1] = (uint64_t)(uintptr_t)cookie + 8;
    small_words[2] = (uint64_t)(uintptr_t)number + 8;
    hidden_blocks[9] = hide(flagged);
    hidden_blocks[10] = hide(cookie);
    hidden_blocks[11] = hide(number);
}

static __attribute__((noinline)) void make_tagged(void) {
    uint64_t *block = fresh(64), spare = 0;
    slots[0] = block;
    for (int i = 2; i < 7; i++) {
        void *target = fresh(50);
        hidden_blocks[i] = hide(target);
        if (i == 2) spare = 1ull << 63;      // a bit of a Swift reference's spare bits
        if (i == 3) spare = 0x4000000000000002ull;
        if (i == 4) spare = 0x0100000000000000ull;
        if (i == 5) spare = 0x1234000000000000ull; // a counter in a list without locks
        block[i] = (uint64_t)(uintptr_t)target | spare;
        if (i == 6) block[i] = 0xc000000000000000ull | (uint64_t)(uintptr_t)target >> 3; // not in word 1
    }
    void *table = fresh(51);
    hidden_blocks[7] = hide(table);
    uint64_t *object = fresh(32);
    slots[1] = object;
    object[1] = 0xc000000000000000ull | (uint64_t)(uintptr_t)table >> 3;
    char *inside = fresh(52);
    hidden_blocks[8] = hide(inside);
    block[7] = (uint64_t)(uintptr_t)(inside + 16) | 1ull << 63; // interior and tagged
    make_small();
}

static uint32_t flags_of_edge(const struct reach *reach, const void *from, hidden to) {
    uint64_t node = reach_node(reach, hide(from)), target = reach_node(reach, to);
    for (uint32_t e = reach->scan->nodes[node].first_edge; e < reach->scan->nodes[node + 1].first_edge; e++)
        if (reach->scan->edges[e].to == target) return reach->scan->edges[e].at;
    return 0;
}

static void tagged(void) {
    test("tags are stripped, packed side tables found; other bits make no pointer");
    make_tagged();
    scrub_stack();
    struct reach reach = reach_take();
    for (uint32_t i = 2; i < 6; i++) {
        expect(reach_holds(&reach, hidden_blocks[i]), "a reference with a tag, case %u, is lost", i);
        expect_equal(flags_of_edge(&reach, slots[0], hidden_blocks[i]), (MSCOPE_EDGE_TAGGED | i), "the edge");
    }
    expect_lost(&reach, hidden_blocks[6], "what is packed in another word than the second");
    expect(reach_holds(&reach, hidden_blocks[7]), "a side table is lost");
    expect_equal(flags_of_edge(&reach, slots[1], hidden_blocks[7]), (MSCOPE_EDGE_SIDE_TABLE | 1), "its edge");
    expect_lost(&reach, hidden_blocks[8], "what a tagged interior pointer looks like");
    expect(reach_holds(&reach, hidden_blocks[9]), "a small block with flags in its pointer is lost");
    expect(reach_holds(&reach, hidden_blocks[10]), "the cookie of an empty array is lost");
    expect_lost(&reach, hidden_blocks[11], "a block of eight bytes that is no cookie");
    reach_drop(&reach);
    end();
}

// ---- a block whose size does not fill its chunk

static __attribute__((noinline)) void make_short(void) {
    void **array = fresh(36);
    slots[5] = array;
    array[4] = fresh(66);
    hidden_blocks[8] = hide(array[4]);
}

static void rest_of_chunk(void) {
    test("the rest of a chunk is the block's once the program has asked how much there is");
    make_short();
    scrub_stack();
    struct reach reach = reach_take();
    expect_lost(&reach, hidden_blocks[8], "what another block left there");
    reach_drop(&reach);
    expect_equal(malloc_usable_size(slots[5]), 40, "what there is of 36 bytes");
    reach = reach_take();
    expect(reach_holds(&reach, hidden_blocks[8]), "what the rest of a chunk holds is lost");
    reach_drop(&reach);
    end();
}

// ---- other memory

static void **mapped, **protected_page;
static __attribute__((aligned(4096))) void *relro[PAGE / sizeof(void *)];

/// A block of MemScope's own, and one that is where a block of the program's was.
static __attribute__((noinline)) void make_internal(void) {
    enum { LARGE = 2000 }; // so large that it goes back to the heap, and not to a list of the thread's
    mscope_thread_set_internal(true);
    void **internal = fresh(80);
    mscope_thread_set_internal(false);
    internal[4] = fresh(65);
    hidden_blocks[6] = hide(internal[4]);
    hidden_blocks[7] = hide(internal);
    void **freed = fresh(LARGE);
    freed[4] = fresh(67);
    hidden_blocks[9] = hide(freed[4]);
    hidden where = hide(freed);
    free(freed);
    mscope_thread_set_internal(true);
    expect(hide(malloc(LARGE)) == where, "the allocator did not take the same memory again");
    mscope_thread_set_internal(false);
}

/// Right behind the data of the program, which the kernel then tells of as one mapping with its zeroed part.
static void *map_behind_image(size_t size) {
    extern char _end[];
    void *start = (void *)(((uintptr_t)_end + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
    int kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    return mmap(start, size, PROT_READ | PROT_WRITE, kind, -1, 0);
}

static __attribute__((noinline)) void make_mapped(void) {
    mapped = map_behind_image(16 * PAGE);
    expect(mapped != MAP_FAILED, "there is no room behind the program");
    mapped[1024] = fresh(60);
    hidden_blocks[0] = hide(mapped[1024]);
    protected_page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    protected_page[3] = fresh(61);
    hidden_blocks[1] = hide(protected_page[3]);
    mprotect(protected_page, PAGE, PROT_READ);
    relro[5] = fresh(62);
    hidden_blocks[2] = hide(relro[5]);
    mprotect(relro, PAGE, PROT_READ);
    void **large = fresh(1 << 22); // glibc maps it by itself
    slots[2] = large;
    large[(1 << 19) - 1] = fresh(63);
    hidden_blocks[3] = hide(large[(1 << 19) - 1]);
    void **lost_large = fresh(1 << 22);
    lost_large[77] = fresh(64);
    hidden_blocks[4] = hide(lost_large);
    hidden_blocks[5] = hide(lost_large[77]);
    make_internal();
    void **secret; // memory nobody may read does not stop the scan
    if (posix_memalign((void **)&secret, PAGE, 2 * PAGE) != 0) _exit(3);
    slots[4] = secret;
    mprotect(secret, PAGE, PROT_NONE);
}

static void other_memory(void) {
    test("mapped, protected and large memory holds blocks; so do blocks of MemScope's own");
    make_mapped();
    // A great reservation that nobody touched costs nothing.
    size_t reserved = 1ull << 38;
    int kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *reservation = mmap(NULL, reserved, PROT_READ | PROT_WRITE, kind, -1, 0);
    expect(reservation != MAP_FAILED, "nothing was reserved");
    scrub_stack();
    struct reach reach = reach_take();
    expect(reach.scan != NULL, "problem %d", reach.problem);
    if (!reach.scan) return;
    reach_print(&reach);
    expect(reach.scan->duration < 3000000000ull, "it took too long");
    expect_reached(&reach, hidden_blocks[0], MSCOPE_ROOT_MAPPING, "what mapped memory holds");
    expect_reached(&reach, hidden_blocks[1], MSCOPE_ROOT_MAPPING, "what protected memory holds");
    expect_reached(&reach, hidden_blocks[2], MSCOPE_ROOT_GLOBAL, "what protected data of an image holds");
    expect(reach_holds(&reach, hidden_blocks[3]), "what the last word of a large block holds is lost");
    expect_lost(&reach, hidden_blocks[4], "a large block that nothing holds");
    expect_lost(&reach, hidden_blocks[5], "what it holds");
    expect_reached(&reach, hidden_blocks[6], MSCOPE_ROOT_INTERNAL, "what a block of ours holds");
    expect(reach_node(&reach, hidden_blocks[7]) == reach.scan->node_count, "a block of ours is a node");
    expect_lost(&reach, hidden_blocks[9], "what lay in memory that is a block of ours now");
    reach_drop(&reach);
    munmap(reservation, reserved);
    mprotect(slots[4], PAGE, PROT_READ | PROT_WRITE);
    end();
}

// ---- what a scan refuses

static void refusals(void) {
    test("a graph that does not fit is refused, and so is a mode that does not know all blocks");
    enum mscope_scan_problem problem;
    struct mscope_scan_options options = reach_options;
    options.memory_limit = PAGE;
    for (int i = 0; i < 20000; i++) *(void **)fresh(16) = slots[0];
    expect(mscope_scan_take(&options, &problem) == NULL, "it fits a page");
    expect_equal(problem, MSCOPE_SCAN_TOO_LARGE, "the problem");
    options.memory_limit = 20500 * sizeof(struct mscope_scan_node);
    expect(mscope_scan_take(&options, &problem) == NULL, "nodes alone are enough");
    expect_equal(problem, MSCOPE_SCAN_TOO_LARGE, "the problem");
    options = reach_options;
    options.timeout = 1;
    expect(mscope_scan_take(&options, &problem) == NULL, "it took no time");
    expect_equal(problem, MSCOPE_SCAN_TIMED_OUT, "the problem");
    mscope_set_mode(MSCOPE_SAMPLED);
    expect(mscope_scan_take(&reach_options, &problem) == NULL, "sampling knows all blocks");
    expect_equal(problem, MSCOPE_SCAN_INCOMPLETE, "the problem");
    mscope_set_mode(MSCOPE_FULL);
    end();
    test("after a gap in tracking, memory of unknown blocks counts as roots");
    mscope_set_mode(MSCOPE_OFF);
    slots[5] = fresh(70);
    mscope_set_mode(MSCOPE_FULL);
    *(void **)slots[5] = fresh(71);
    hidden_blocks[0] = hide(*(void **)slots[5]);
    scrub_stack();
    struct reach reach = reach_take();
    expect(reach.scan && reach.scan->has_unknown_heap, "the heap is said to be known");
    if (reach.scan) expect_reached(&reach, hidden_blocks[0], MSCOPE_ROOT_MAPPING, "what an unknown block holds");
    reach_drop(&reach);
    end();
}

// ---- who else is there

static void *scan_many(void *busy) {
    for (int i = 0; i < 50; i++) {
        enum mscope_scan_problem problem = 0;
        struct mscope_scan *scan = mscope_scan_take(&reach_options, &problem);
        if (scan) mscope_scan_release(scan);
        else *(long *)busy += problem == MSCOPE_SCAN_BUSY ? 1 : 1000;
    }
    return NULL;
}

static void others(void) {
    test("of two scans at once one is refused, and a child of fork can scan itself");
    static long busy[2];
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, scan_many, &busy[i]);
    int good = 0;
    for (int i = 0; i < 10; i++) {
        pid_t child = fork(); // some of them in the middle of a scan
        if (child == 0) {
            alarm(30);
            struct reach reach = reach_take();
            _exit(reach.scan && reach.scan->threads == 1 && reach_holds(&reach, hide(slots[2])) ? 7 : 8);
        }
        int status = 0;
        good += waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7;
    }
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    expect(busy[0] + busy[1] < 100, "%ld and %ld were refused", busy[0], busy[1]);
    expect(busy[0] < 1000 && busy[1] < 1000, "some for another reason");
    expect_equal(good, 10, "the number of children that could scan");
    end();
}

int main(void) {
    for (int i = 0; i < 64; i++) filler[i] = malloc(16 + (size_t)i % 8 * 16); // what the loader freed is in use again
    plain();
    tagged();
    rest_of_chunk();
    other_memory();
    others();
    refusals();
    return check_result();
}
