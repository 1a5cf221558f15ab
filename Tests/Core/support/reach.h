// What a scan found, as a test asks for it: which blocks are reachable from the roots.
#ifndef CORE_TESTS_REACH_H
#define CORE_TESTS_REACH_H

#include <stdlib.h>
#include <sys/mman.h>

#include "check.h"
#include "CMemscope.h"

struct reach {
    struct mscope_scan *scan; // NULL: refused
    enum mscope_scan_problem problem;
    unsigned char *reached;
    uint64_t reached_size, unreachable, unreachable_bytes;
};

static const struct mscope_scan_options reach_options = {
    .memory_limit = 1ull << 32, .timeout = 20000000000ull, .registers = true};

static inline void *reach_map(uint64_t size) {
    void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) _exit(3);
    return start;
}

/// Marks what the roots lead to. Its memory is shared, so that no later scan takes it for a root.
static inline void reach_mark(struct reach *reach) {
    const struct mscope_scan *scan = reach->scan;
    uint64_t count = scan->node_count, size = count + 1 + (count + 1) * 4, waiting = 0;
    reach->reached_size = size;
    reach->reached = (unsigned char *)reach_map(size);
    uint32_t *stack = (uint32_t *)reach_map((count + 1) * 4);
    for (uint64_t i = 0; i < scan->root_count; i++) {
        if (reach->reached[scan->roots[i].to]++) continue;
        stack[waiting++] = scan->roots[i].to;
    }
    while (waiting > 0) {
        uint32_t node = stack[--waiting];
        for (uint32_t e = scan->nodes[node].first_edge; e < scan->nodes[node + 1].first_edge; e++) {
            uint32_t to = scan->edges[e].to;
            if (reach->reached[to]) continue;
            reach->reached[to] = 1;
            stack[waiting++] = to;
        }
    }
    munmap(stack, (count + 1) * 4);
    for (uint64_t i = 0; i < count; i++) {
        if (reach->reached[i]) continue;
        reach->unreachable++;
        reach->unreachable_bytes += scan->nodes[i].size;
    }
}

static inline struct reach reach_take_as(const struct mscope_scan_options *options) {
    struct reach reach = {0};
    reach.scan = mscope_scan_take(options, &reach.problem);
    if (reach.scan) reach_mark(&reach);
    return reach;
}

static inline struct reach reach_take(void) {
    return reach_take_as(&reach_options);
}

static inline void reach_drop(struct reach *reach) {
    if (!reach->scan) return;
    munmap(reach->reached, reach->reached_size);
    mscope_scan_release(reach->scan);
    reach->scan = NULL;
}

// Addresses that a scan must not find are kept with all bits turned.
typedef uint64_t hidden;
static inline hidden hide(const void *pointer) {
    return ~(uint64_t)(uintptr_t)pointer;
}

/// The node of a hidden address; node_count when no live block begins there.
static inline uint64_t reach_node(const struct reach *reach, hidden address) {
    uint64_t low = 0, high = reach->scan->node_count;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (reach->scan->nodes[middle].address < ~address) low = middle + 1;
        else high = middle;
    }
    bool found = low < reach->scan->node_count && reach->scan->nodes[low].address == ~address;
    return found ? low : reach->scan->node_count;
}

static inline bool reach_holds(const struct reach *reach, hidden address) {
    uint64_t node = reach_node(reach, address);
    return node < reach->scan->node_count && reach->reached[node];
}

/// What a block's first root is; -1 without one.
static inline int reach_root_kind(const struct reach *reach, hidden address) {
    uint64_t node = reach_node(reach, address);
    if (node == reach->scan->node_count || reach->scan->nodes[node].root == UINT32_MAX) return -1;
    return (int)reach->scan->roots[reach->scan->nodes[node].root].kind;
}

/// How many words of stacks and registers lead to a block that has a root.
static inline unsigned reach_root_words(const struct reach *reach, hidden address) {
    return reach->scan->roots[reach->scan->nodes[reach_node(reach, address)].root].words;
}

#define expect_reached(reach_, address_, kind_, what_) \
    do { \
        expect(reach_holds(reach_, address_), "%s is not reachable", what_); \
        expect_equal(reach_root_kind(reach_, address_), kind_, "the root of " what_); \
    } while (0)
#define expect_lost(reach_, address_, what_) \
    do { \
        expect(reach_node(reach_, address_) < (reach_)->scan->node_count, "%s is no node", what_); \
        expect(!reach_holds(reach_, address_), "%s is reachable, by a root of kind %d", what_, \
            reach_root_kind(reach_, address_)); \
    } while (0)

/// Overwrites what earlier calls left on the stack.
static __attribute__((noinline, unused)) void scrub_stack(void) {
    volatile char space[16384];
    for (size_t i = 0; i < sizeof space; i++) space[i] = 0;
}

static inline void reach_print(const struct reach *reach) {
    const struct mscope_scan *s = reach->scan;
    check_write("# method %u, %llu nodes, %llu edges, %llu roots, %llu unreachable (%llu bytes), pause %llu us, "
        "took %llu us, threads %u read %u left %u, searched %llu + %llu bytes\n", s->method,
        (unsigned long long)s->node_count, (unsigned long long)s->edge_count, (unsigned long long)s->root_count,
        (unsigned long long)reach->unreachable, (unsigned long long)reach->unreachable_bytes,
        (unsigned long long)s->pause / 1000, (unsigned long long)s->duration / 1000, s->threads, s->threads_read,
        s->threads_left, (unsigned long long)s->root_bytes, (unsigned long long)s->heap_bytes);
}

#endif
