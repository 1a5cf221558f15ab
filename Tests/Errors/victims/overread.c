// Reads behind a block's end and before its beginning.
#include "../support/victim.h"

VICTIM(read_byte) {
    char *block = allocate(48);
    see(block[47 + crime]);
    release(block);
}

VICTIM(read_word) {
    uint64_t *block = (uint64_t *)allocate(32);
    see(block[3 + crime]);
    release(block);
}

VICTIM(read_page_behind) {
    char *block = allocate_cushioned(32);
    see(block[31 + 4000 * crime]);
    release(block);
}

VICTIM(read_loop) {
    int *block = (int *)allocate(64), sum = 0;
    for (size_t i = 0; i < 16 + crime; i++) sum += block[i];
    see(sum);
    release(block);
}

VICTIM(read_memcpy) {
    char target[80], *block = allocate(64);
    memcpy(target, block, 64 + 8 * crime);
    see(target[0]);
    release(block);
}

VICTIM(read_strlen) {
    char *block = allocate(32);
    memset(block, 'x', 31 + crime);
    size_t length = strlen(block);
    see(length);
    release(block);
}

VICTIM(read_memcmp) {
    static const char other[64];
    char *block = allocate(48);
    int order = memcmp(other, block, 48 + 16 * crime);
    see(order);
    release(block);
}

VICTIM(read_printf) {
    char *block = allocate(16), line[200];
    memset(block, 'x', 15 + crime);
    int length = snprintf(line, sizeof line, "%s", block);
    see(length);
    release(block);
}

VICTIM(read_byte_before) {
    char *block = allocate(48);
    see(block[-(ptrdiff_t)crime]);
    release(block);
}

VICTIM(read_word_before) {
    uint64_t *block = (uint64_t *)allocate(32);
    see(block[-(ptrdiff_t)crime]);
    release(block);
}

VICTIM(read_page_before) {
    char *block = allocate_cushioned(32);
    see(block[-(ptrdiff_t)(4000 * crime)]);
    release(block);
}

VICTIM(read_loop_before) {
    int *block = (int *)allocate(64), sum = 0;
    for (ptrdiff_t i = 15; i >= -(ptrdiff_t)crime; i--) sum += block[i];
    see(sum);
    release(block);
}

VICTIM(read_memcpy_before) {
    char target[16], *block = allocate(64);
    memcpy(target, block - 8 * crime, 16);
    see(target[0]);
    release(block);
}
