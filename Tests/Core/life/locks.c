// Locks all of its memory, works, and prints how many KiB are then resident.
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static long resident(void) {
    char line[256];
    long kilobytes = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, "VmRSS: %ld", &kilobytes) == 1) break;
    fclose(file);
    return kilobytes;
}

static void *work(void *unused) {
    void *kept[200];
    for (int i = 0; i < 200; i++) memset(kept[i] = malloc(50000), 1, 50000);
    for (int i = 0; i < 200; i++) free(kept[i]);
    for (int i = 0; i < 64; i++) {
        char *large = malloc(1 << 20);
        memset(large, 1, 1 << 20);
        free(large);
    }
    return unused;
}

int main(void) {
    errno = 0;
    if (mlockall(0) != -1 || errno != EINVAL) return 1;
    if (mlockall(MCL_CURRENT | 64) != -1 || errno != EINVAL) return 2;
    work(NULL);
    if (mlockall(MCL_CURRENT) != 0) return 10 + errno;
    if (munlockall() != 0) return 3;
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) return 10 + errno;
    work(NULL);
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, NULL) != 0) return 4;
    pthread_join(thread, NULL);
    printf("%ld\n", resident());
    return 0;
}
