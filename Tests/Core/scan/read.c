// Memory is read as it was at the scan, even if it changed since. If the copy is gone, a read fails at once.
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../support/reach.h"

enum { LARGE = 1 << 20, WORDS = 32 };

static uint64_t *small, *large;

static uint64_t word_at(struct mscope_scan *scan, const void *address, uint64_t otherwise) {
    const uint8_t *bytes = NULL;
    uint64_t word;
    if (mscope_scan_read(scan, (uint64_t)address, &bytes) < sizeof word) return otherwise;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/// The only child that a wait for clones finds: the copy.
static int copy_of_us(void) {
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    FILE *file = fopen(path, "r");
    if (!file) return -1;
    size_t got = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    return got > 0 ? atoi(text) : 0;
}

static struct mscope_scan *take(bool in_place) {
    struct mscope_scan_options options = reach_options;
    options.registers = in_place;
    options.without_fork = in_place;
    enum mscope_scan_problem problem;
    struct mscope_scan *scan = mscope_scan_take(&options, &problem);
    expect(scan != NULL, "problem %d", problem);
    return scan;
}

static void fill(uint64_t value) {
    for (int i = 0; i < WORDS; i++) small[i] = value;
    for (int i = 0; i < LARGE / 8; i++) large[i] = value;
}

static struct mscope_scan *scan;

static void copies(void) {
    void *closed = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    test("a copy has what was there, near and far");
    scan = take(false);
    fill(8);
    for (int round = 0; round < 3; round++) {
        expect_equal(word_at(scan, &small[0], 0), 7, "the first word");
        expect_equal(word_at(scan, &large[LARGE / 8 - 1], 0), 7, "the last word of a large block");
        expect_equal(word_at(scan, &large[1], 0), 7, "its second word");
        expect_equal(word_at(scan, &small[WORDS - 1], 0), 7, "the last word of the small one");
    }
    end();

    test("what no process can read is not there");
    expect_equal(word_at(scan, (void *)0x1000, 1), 1, "a word that is not mapped");
    expect_equal(word_at(scan, (void *)~0xfffull, 1), 1, "a word at the end of addresses");
    expect_equal(word_at(scan, closed, 1), 1, "a page that is closed");
    end();

    test("memory that is gone since can still be read");
    uint64_t *before = large;
    free(large);
    expect_equal(word_at(scan, &before[100], 0), 7, "a word of a block that was unmapped");
    large = malloc(LARGE);
    end();
}

static void ends(void) {
    test("a finished scan has no copy, and keeps its blocks");
    expect(copy_of_us() > 0, "there is no copy");
    mscope_scan_finish(scan);
    expect_equal(copy_of_us(), 0, "the copy's number");
    expect_equal(word_at(scan, &small[0], 1), 1, "a word of a scan that is finished");
    expect(scan->node_count >= 2, "%llu blocks", (unsigned long long)scan->node_count);
    mscope_scan_release(scan);
    end();

    test("a copy that was killed answers nothing and holds up nobody");
    fill(7);
    scan = take(false);
    int copy = copy_of_us();
    expect(copy > 0, "there is no copy");
    if (copy > 0) kill(copy, SIGKILL);
    expect_equal(word_at(scan, &small[0], 1), 1, "a word of a dead copy");
    mscope_scan_release(scan);
    end();
}

static void several(void) {
    test("two scans are read apart");
    struct mscope_scan *older = take(false);
    fill(9);
    struct mscope_scan *newer = take(false);
    fill(10);
    expect_equal(word_at(older, &small[3], 0), 7, "the word of the older one");
    expect_equal(word_at(newer, &small[3], 0), 9, "the word of the newer one");
    mscope_scan_release(older);
    expect_equal(word_at(newer, &large[3], 0), 9, "a word when the older one is gone");
    end();

    test("a child that gives a scan back leaves its parent's copy alone");
    int child = fork();
    if (child == 0) {
        mscope_scan_release(newer);
        _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    expect_equal((uint64_t)status, 0, "the child's status");
    expect_equal(word_at(newer, &small[5], 0), 9, "a word of the parent's scan");
    mscope_scan_release(newer);
    end();
}

static void in_place(void) {
    test("in place there are the first bytes of each block");
    fill(11);
    scan = take(true);
    fill(12);
    expect(scan != NULL && scan->is_partly_readable, "a copy was made");
    expect_equal(word_at(scan, &small[2], 0), 11, "a word near the beginning");
    expect_equal(word_at(scan, &small[15], 0), 11, "the last word that is kept");
    expect_equal(word_at(scan, &small[16], 1), 1, "a word further on");
    expect_equal(word_at(scan, &large[2], 0), 11, "a word of a large block");
    mscope_scan_release(scan);
    end();
}

int main(void) {
    small = malloc(WORDS * 8);
    large = malloc(LARGE);
    fill(7);
    copies();
    ends();
    several();
    in_place();
    return check_result();
}
