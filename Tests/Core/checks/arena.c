// System calls that checked blocks cause: glibc enlarges the arenas of threads by a page at a time.
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/check.h"

enum { BLOCKS = 2000, BYTES = 1000, ALLOWED = BLOCKS / 25 };

/// Where the writable mapping ends that has the address. Allocates nothing.
static uint64_t end_of_mapping(const void *address) {
    static char text[1 << 20];
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    for (ssize_t more; (more = read(maps, text + length, sizeof(text) - 1 - length)) > 0;) length += (size_t)more;
    close(maps);
    text[length] = 0;
    for (const char *line = text; line != NULL && *line != 0; line = strchr(line, '\n') + 1) {
        uint64_t start, end;
        char access[8];
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &start, &end, access) == 3 && access[1] == 'w'
            && start <= (uint64_t)address && (uint64_t)address < end)
            return end;
    }
    return 0;
}

/// How often the end of what is writable moved while blocks came one after another.
static void *count_growths(void *argument) {
    long growths = 0;
    uint64_t end = 0;
    for (int i = 0; i < BLOCKS; i++) {
        void *block = malloc(BYTES); // kept: it must not come from a freed one
        uint64_t now = end_of_mapping(block);
        expect(now != 0, "block %d lies in no writable mapping", i);
        growths += now != end;
        end = now;
    }
    *(long *)argument = growths;
    return NULL;
}

int main(void) {
    pthread_t thread;
    long growths = 0;
    test("a thread's arena grows by more than a page at a time");
    pthread_create(&thread, NULL, count_growths, &growths);
    pthread_join(thread, NULL);
    expect(growths > 1 && growths <= ALLOWED, "it grew %ld times for %d blocks of %d bytes", growths, BLOCKS, BYTES);
    end();
    return check_result();
}
