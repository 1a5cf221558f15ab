// Prints the figures of its allocator for each byte it reads, without a call of that allocator in between.
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void) {
    static char text[1 << 16], buffer[1 << 12];
    static void *blocks[4000];
    // Free chunks of all sizes, so that whatever is taken or given shows.
    for (int i = 0; i < 4000; i++) blocks[i] = malloc((size_t)(i * 37 % 3000));
    for (int i = 0; i < 4000; i += 2) free(blocks[i]);
    FILE *file = tmpfile();
    setvbuf(file, buffer, _IOFBF, sizeof buffer);
    for (char byte; read(STDIN_FILENO, &byte, 1) == 1;) {
        rewind(file);
        malloc_info(0, file);
        fflush(file);
        ssize_t length = pread(fileno(file), text, (size_t)ftell(file), 0);
        if (write(STDOUT_FILENO, text, (size_t)length) != length || write(STDOUT_FILENO, "\f", 1) != 1) return 1;
    }
    return 0;
}
