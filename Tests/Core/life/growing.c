// A block that grows and moves, and large blocks that are allocated and freed: MemScope's tables for their old places
// must not take the addresses into which they could grow. The address space of the process stays nearly the same.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/check.h"

enum { STEP = 4096, MOST = 50 * 1000 * 1000, ROUNDS = 3000, LARGE = 40 * 1000 * 1000, ALLOWED_MIB = 1024 };

static long peak(void) {
    char line[256];
    long kilobytes = -1;
    FILE *file = fopen("/proc/self/status", "re");
    while (fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "VmPeak: %ld", &kilobytes) == 1) break;
    fclose(file);
    return kilobytes / 1024;
}

int main(void) {
    test("a block that grows by pages does not wander through the address space");
    long before = peak();
    char *block = NULL;
    for (size_t size = STEP; size <= MOST; size += STEP) {
        block = realloc(block, size);
        block[size - 1] = 1;
    }
    free(block);
    expect(peak() - before < ALLOWED_MIB, "%ld MiB more", peak() - before);
    end();

    test("large blocks of different sizes that come and go do not");
    before = peak();
    for (size_t i = 0; i < ROUNDS; i++) free(malloc(LARGE + i * STEP));
    expect(peak() - before < ALLOWED_MIB, "%ld MiB more", peak() - before);
    end();
    return check_result();
}
