// Uses many blocks after free, each once, so that the share that is caught can be compared with the share that is
// guarded.
//
//   rate CRIMES
#include <stdio.h>
#include <stdlib.h>

static __attribute__((noinline)) void commit(size_t size) {
    char *block = malloc(size);
    block[0] = 'x';
    free(block);
    __asm__ volatile("" : : "r"(*(volatile char *)(block + size / 2)) : "memory");
}

int main(int count, char **arguments) {
    long crimes = count == 2 ? atol(arguments[1]) : 0;
    for (long i = 0; i < crimes; i++) commit(32 + (size_t)(i * 37 % 3000));
    return crimes == 0;
}
