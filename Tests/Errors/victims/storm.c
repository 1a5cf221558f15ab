// Many errors in eight threads: the same error repeatedly, or with more stacks than the table has reports.
//
//   storm free|write|read|stacks NUMBER
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8 };
static unsigned crimes; // of each thread

static void free_twice(unsigned i) {
    char *block = malloc(40);
    (void)i;
    free(block);
    free(block);
}

static void write_freed(unsigned i) {
    char *block = malloc(64);
    free(block);
    block[16 + i % 32] = 'x';
}

static void read_freed(unsigned i) {
    char *block = malloc(64);
    free(block);
    __asm__ volatile("" : : "r"(*(volatile char *)(block + i % 64)) : "memory");
}

/// A stack of its own for each of 4096 numbers.
static __attribute__((noinline)) void descend(unsigned path, int depth) {
    if (depth == 0) {
        free_twice(path);
    } else if (path & 1) {
        descend(path >> 1, depth - 1);
    } else {
        descend(path >> 1, depth - 1);
    }
    __asm__ volatile("");
}

static void free_twice_somewhere(unsigned i) {
    descend(i % 4096, 12);
}

static void (*commit)(unsigned i);

static void *work(void *unused) {
    for (unsigned i = 0; i < crimes; i++) commit(i);
    return unused;
}

int main(int count, char **arguments) {
    const char *which = count == 3 ? arguments[1] : "";
    if (strcmp(which, "free") == 0) commit = free_twice;
    if (strcmp(which, "write") == 0) commit = write_freed;
    if (strcmp(which, "read") == 0) commit = read_freed;
    if (strcmp(which, "stacks") == 0) commit = free_twice_somewhere;
    if (commit == NULL) return 2;
    crimes = (unsigned)atoi(arguments[2]) / THREADS;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    printf("%u crimes\n", THREADS * crimes);
    return 0;
}
