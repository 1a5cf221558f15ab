// Frames of several MiB: the first allocation inside lies far below any stack seen before.
#include <stdlib.h>

static __attribute__((noinline)) void leaf(size_t size) {
    char *block = malloc(size);
    block[0] = 1;
    free(block);
}

static __attribute__((noinline)) int huge_frame(int depth) {
    volatile char bytes[3 << 20];
    bytes[depth] = 1;
    leaf(61);
    if (depth == 5) return huge_frame(0) + bytes[depth];
    return bytes[depth];
}

int main(void) {
    int sum = 0;
    for (int i = 0; i < 50; i++) sum += huge_frame(i);
    return sum == 51 ? 0 : 1;
}
