// One write is one report, even if it reaches the canaries of neighbours, or slack and guard of one block. The report
// names the block that the write was meant for. Argument: how blocks are checked, full or after or before (pages, that
// side), or reused (full, without a quarantine).
#include <stdint.h>
#include <stdlib.h>

#include "../support/errors.h"

enum { SIZE = 56, BLOCKS = 5, MIDDLE = BLOCKS / 2 };
static char *blocks[BLOCKS];

static void allocate(void) {
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(SIZE);
        memset(blocks[i], 'a' + i, SIZE);
    }
}

/// Gives the blocks back beginning with one of them, in the one order or the other.
static void release(int first, int step) {
    for (int i = 0; i < BLOCKS; i++) free(blocks[((first + step * i) % BLOCKS + BLOCKS) % BLOCKS]);
}

static void write_behind(size_t count, char byte) {
    memset(blocks[MIDDLE] + SIZE, byte, count);
}
static void write_before(size_t count, char byte) {
    memset(blocks[MIDDLE] - count, byte, count);
}

static uint64_t reports_of(uint32_t kind) {
    struct mscope_check_totals now;
    mscope_read_check_totals(&now);
    return now.by_kind[kind];
}

static void each_way(void (*crime)(size_t, char), uint32_t kind) {
    // Blocks lie 96 bytes apart. What ends within one of them may have begun there: that is guessed.
    static const size_t counts[] = {1, 8, 16, 17, 24, 25, 32, 33, 39, 97, 112, 113, 120, 121, 128, 135};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        size_t count = counts[i];
        for (int first = 0; first < BLOCKS; first++) {
            for (int step = -1; step <= 1; step += 2) {
                allocate();
                uint64_t before = reports_of(kind);
                mark_errors();
                crime(count, 'Z');
                release(first, step);
                expect_errors(1);
                expect_equal(reports_of(kind) - before, 1, "reports of the kind");
            }
        }
        allocate();
        uint64_t before = reports_of(kind);
        mark_errors();
        crime(count, 'Z');
        mscope_check_heap();
        expect_errors(1);
        expect_equal(reports_of(kind) - before, 1, "reports of the kind");
        release(0, 1);
        expect_errors(1);
    }
}

static void behind(void) {
    test("a write behind a block is one report, whoever is freed first, however far it reaches");
    each_way(write_behind, MSCOPE_OVERFLOW);
    end();
}

static void before(void) {
    test("a write before a block is one report, whoever is freed first, however far it reaches");
    each_way(write_before, MSCOPE_UNDERFLOW);
    end();
}

/// Damage that touches both blocks: which was meant nobody can know.
static void between(void) {
    test("damage from one block to the next is a guess: a write behind the one, or the next was filled too early");
    enum { LONG = 400 };
    for (int as_long = 0; as_long < 2; as_long++) {
        char *below = malloc(SIZE), *above = malloc(LONG);
        memset(above, 'a', LONG);
        mark_errors();
        uint64_t gap = (uint64_t)(above - below) - SIZE;
        memset(below + SIZE, 'Z', as_long ? LONG : gap + 50);
        mscope_check_heap();
        if (as_long) expect_error(MSCOPE_UNDERFLOW, above, LONG, -1);
        else expect_error(MSCOPE_OVERFLOW, below, SIZE, SIZE);
        expect(last_error().flags & MSCOPE_ERROR_GUESSED, "not said to be guessed");
        free(below);
        free(above);
        expect_errors(1);
    }
    end();
}

/// Where small blocks were, their marks lie within the larger ones that came after.
static void on_used_ground(void) {
    test("marks of blocks that ended within a block do not hide it from what was written behind it");
    enum { SMALL = 400, LARGE = 2000 };
    static void *small[SMALL];
    for (int i = 0; i < SMALL; i++) small[i] = malloc(24);
    for (int i = 0; i < SMALL; i++) free(small[i]);
    char *below = malloc(LARGE), *above = malloc(LARGE);
    mark_errors();
    uint64_t kept; // the allocator's, in front of the canary: it is to get the block back
    memcpy(&kept, above - 24, sizeof kept);
    memset(below + LARGE, 'Z', (size_t)(above - below) - LARGE - 8);
    memcpy(above - 24, &kept, sizeof kept);
    free(above);
    expect_error(MSCOPE_OVERFLOW, below, LARGE, LARGE);
    free(below);
    expect_errors(1);
    end();
}

static void apart(void) {
    test("two writes with sound bytes between them are two reports");
    allocate();
    mark_errors();
    blocks[MIDDLE][SIZE] ^= 1;
    blocks[MIDDLE + 1][-1] ^= 1;
    mscope_check_heap();
    expect_errors(2);
    release(0, 1);
    expect_errors(2);
    end();
}

int main(int argc, char **argv) {
    const char *how = argc > 1 ? argv[1] : "full";
    if (strcmp(how, "full") == 0) {
        between(); // at first: reports that are alike only count
        apart();
        behind();
        before();
    } else if (strcmp(how, "reused") == 0) {
        on_used_ground();
    } else if (strcmp(how, "after") == 0) {
        behind();
    } else {
        before();
    }
    return check_result();
}
