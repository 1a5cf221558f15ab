// A program that defines malloc itself, but not all related functions.
#include <stddef.h>
#include <string.h>

static char pool[1 << 20];
static size_t used;

void *malloc(size_t size) {
    size_t start = used;
    used += (size + 31) & ~(size_t)15;
    memcpy(pool + start, &size, sizeof(size));
    return pool + start + 16;
}

void free(void *block) {
    (void)block;
}

void *calloc(size_t count, size_t size) {
    return malloc(count * size);
}

void *realloc(void *block, size_t size) {
    void *moved = malloc(size);
    size_t held = 0;
    if (block != NULL) memcpy(&held, (char *)block - 16, sizeof(held));
    if (held > 0) memcpy(moved, block, held < size ? held : size);
    return moved;
}

int main(void) {
    char *volatile block = malloc(100);
    free(realloc(block, 200));
    return 5;
}
