// Loses 2,048 blocks, each with another size and through other source lines.
#include <stdint.h>
#include <stdlib.h>

enum { DEPTH = 11 };

__attribute__((noinline, optnone)) static void lose(int depth, uint32_t path) {
    if (depth == 0) {
        *(volatile char *)malloc(100 + path) = 1;
        return;
    }
    if (path >> (depth - 1) & 1)
        lose(depth - 1, path);
    else
        lose(depth - 1, path);
}

int main(void) {
    for (uint32_t path = 0; path < 1 << DEPTH; path++) lose(DEPTH, path);
    volatile char wiped[16384];
    for (size_t i = 0; i < sizeof(wiped); i++) wiped[i] = 0;
    return 0;
}
