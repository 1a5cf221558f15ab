// Takes as many distinct stacks as the argument says, and frees their blocks; one block of each thousand is kept until
// the end. Prints a line, and waits until stdin ends; then it loses a block in a function that was never called before.
#include <stdio.h>
#include <stdlib.h>

enum { DEPTH = 24, KEPT = 1000 };
static void *kept[KEPT];
static volatile int sink;
static __attribute__((noinline)) void descend(unsigned path, int depth, int index);

static __attribute__((noinline)) void left(unsigned path, int depth, int index) {
    descend(path, depth, index);
    sink++;
}

static __attribute__((noinline)) void right(unsigned path, int depth, int index) {
    descend(path, depth, index);
    sink--;
}

static __attribute__((noinline)) void descend(unsigned path, int depth, int index) {
    if (depth == 0) {
        void *block = malloc(100);
        if (index >= 0 && kept[index] == NULL)
            kept[index] = block;
        else
            free(block);
        return;
    }
    (path >> depth & 1 ? left : right)(path, depth - 1, index);
    sink++;
}

static __attribute__((noinline)) void lose_at_the_end(void) {
    void *volatile block = malloc(4321);
    block = NULL;
    (void)block;
}

int main(int argc, char **argv) {
    unsigned wanted = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    for (unsigned i = 1; i <= wanted / KEPT; i++)
        for (unsigned k = 0; k < KEPT; k++) descend(i * KEPT + k, DEPTH, k == 0 && i < KEPT ? (int)i : -1);
    puts("ready");
    fflush(stdout);
    getchar(); // while sites are recycled
    lose_at_the_end();
    for (int i = 0; i < KEPT; i++) free(kept[i]);
    return 0;
}
