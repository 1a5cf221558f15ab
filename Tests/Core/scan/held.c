// With other allocators, the memory of the allocator itself is known less exactly: held blocks are found nevertheless,
// and lost blocks are found if no word of the allocator points to them.
#include <stdlib.h>

#include "../support/reach.h"

enum { ITEMS = 20000 };
struct item {
    struct item *next;
    uint64_t number[5];
};
static struct item *first;
static void *large;

static __attribute__((noinline)) void build(void) {
    for (int i = 0; i < ITEMS; i++) {
        struct item *item = calloc(1, sizeof *item + (size_t)i % 300);
        item->next = first;
        first = item;
    }
    void **pages = calloc(1, 1 << 21);
    pages[(1 << 18) - 1] = calloc(1, 100);
    large = pages;
}

static __attribute__((noinline)) void lose(void) {
    for (struct item *at = first; at; at = at->next)
        if (at->next && at->next->next) at->next = at->next->next; // every second
}

int main(void) {
    build();
    scrub_stack();
    test("nothing that is held is called lost");
    struct reach reach = reach_take();
    expect(reach.scan != NULL, "problem %d", reach.problem);
    if (!reach.scan) return 1;
    reach_print(&reach);
    uint64_t before = reach.unreachable;
    expect(before < 8, "%llu blocks are called lost", (unsigned long long)before);
    for (struct item *at = first; at; at = at->next) expect(reach_holds(&reach, hide(at)), "an item is lost");
    expect(reach_holds(&reach, hide(((void **)large)[(1 << 18) - 1])), "what a large block holds is lost");
    reach_drop(&reach);
    end();
    test("most of what was let go of is found");
    lose();
    scrub_stack();
    reach = reach_take();
    reach_print(&reach);
    expect(reach.unreachable > ITEMS / 2 * 9 / 10, "only %llu are called lost", (unsigned long long)reach.unreachable);
    expect(reach.unreachable <= ITEMS / 2 + before, "%llu are called lost", (unsigned long long)reach.unreachable);
    reach_drop(&reach);
    end();
    return check_result();
}
