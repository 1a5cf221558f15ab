// A million blocks, and data without pointers: the time and memory of a scan.
//
// arguments: the number of blocks, and of MiB
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "../support/reach.h"

struct item {
    struct item *next, *other;
    uint64_t numbers[3];
};
static struct item *first;
static char *data;

static __attribute__((noinline)) uint64_t build(size_t blocks, size_t mebibytes) {
    struct item *last = NULL;
    uint64_t lost = 0;
    for (size_t i = 0; i < blocks; i++) {
        struct item *item = malloc(sizeof *item + i % 5 * 16);
        *item = (struct item){.next = NULL, .other = last, .numbers = {i, i * i, i << 20}};
        if (i % 1000 == 999) {
            item->other = NULL;
            lost++;
            continue;
        }
        if (last) last->next = item;
        else first = item;
        last = item;
    }
    data = malloc(mebibytes << 20);
    for (size_t i = 0; i < mebibytes << 20; i += 8) *(uint64_t *)(void *)(data + i) = i * 0x9e3779b97f4a7c15ull;
    return lost;
}

int main(int count, char **arguments) {
    size_t blocks = count > 1 ? strtoul(arguments[1], NULL, 10) : 1000000;
    size_t mebibytes = count > 2 ? strtoul(arguments[2], NULL, 10) : 64;
    uint64_t lost = build(blocks, mebibytes);
    scrub_stack();
    test("what is lost among many blocks is found, each time");
    for (int i = 0; i < 3; i++) {
        struct reach reach = reach_take();
        expect(reach.scan != NULL, "problem %d", reach.problem);
        if (!reach.scan) return 1;
        reach_print(&reach);
        struct rusage used;
        getrusage(RUSAGE_CHILDREN, &used);
        check_write("# children so far: %ld.%03ld s user, %ld.%03ld s system\n", used.ru_utime.tv_sec,
            used.ru_utime.tv_usec / 1000, used.ru_stime.tv_sec, used.ru_stime.tv_usec / 1000);
        expect_equal(reach.unreachable, lost, "the number of unreachable blocks");
        expect(reach.scan->node_count >= blocks, "blocks are missing");
        reach_drop(&reach);
    }
    end();
    return check_result();
}
