// Loses blocks, writes that it has done so, and ends at the end of its input.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static __attribute__((noinline)) void lose(int count) {
    for (int i = 0; i < count; i++) {
        void *volatile block = malloc(777);
        block = 0;
        (void)block;
    }
}

static __attribute__((noinline)) int clear_stack(void) {
    volatile char room[8192];
    memset((char *)room, 0, sizeof room);
    return room[5];
}

int main(int count, char **arguments) {
    lose(count > 1 ? atoi(arguments[1]) : 20);
    int status = clear_stack();
    puts("up");
    fflush(stdout);
    char byte;
    return read(STDIN_FILENO, &byte, 1) == 0 ? status : 1;
}
