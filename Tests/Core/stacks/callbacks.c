// Allocations inside callbacks of libc, which is built without frame pointers.
#include <fnmatch.h>
#include <ftw.h>
#include <glob.h>
#include <pthread.h>
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>

static __attribute__((noinline)) int by_value(const void *a, const void *b) {
    free(malloc(24));
    return *(const int *)a - *(const int *)b;
}

static int by_value_with(const void *a, const void *b, void *scale) {
    free(calloc(1, (size_t)(uintptr_t)scale));
    return *(const int *)a - *(const int *)b;
}

static int filter(const struct dirent *entry) {
    char *copy = strdup(entry->d_name);
    int keep = copy[0] != '.';
    free(copy);
    return keep;
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *at) {
    (void)status, (void)kind, (void)at;
    free(strdup(path));
    return 0;
}

static int glob_error(const char *path, int error) {
    (void)error;
    free(strdup(path));
    return 0;
}

static void walk(const void *node, VISIT which, int depth) {
    (void)node, (void)which;
    free(malloc((size_t)depth + 1));
}

static void drop(void *key) {
    free(malloc(11));
    (void)key;
}

static void once(void) {
    free(malloc(77));
}

static void sorting(int *values, size_t count, int round) {
    for (size_t i = 0; i < count; i++) values[i] = (int)(i * 7919 + (size_t)round) % 1009;
    qsort(values, count, sizeof *values, by_value);
    qsort_r(values, count / 4, sizeof *values, by_value_with, (void *)(uintptr_t)40);
    for (int i = 0; i < 100; i++) {
        int key = i * 10;
        bsearch(&key, values, count, sizeof *values, by_value);
        lfind(&key, values, &count, sizeof *values, by_value);
    }
}

static void searching(int *values, size_t count) {
    void *root = NULL;
    for (size_t i = 0; i < count; i++) tsearch(&values[i], &root, by_value);
    twalk(root, walk);
    tdestroy(root, drop);
}

static void on_exit_callback(int status, void *argument) {
    (void)status;
    free(malloc((size_t)(uintptr_t)argument));
}

int main(void) {
    static int values[400];
    for (int round = 0; round < 3; round++) sorting(values, 400, round);
    searching(values, 300);
    nftw("/usr/share/doc/bash", visit, 8, FTW_PHYS);
    struct dirent **entries;
    int count = scandir("/usr/bin", &entries, filter, alphasort);
    for (int i = 0; i < count; i++) free(entries[i]);
    free(entries);
    glob_t found;
    glob("/usr/share/*/a*", 0, glob_error, &found);
    globfree(&found);
    static pthread_once_t control = PTHREAD_ONCE_INIT;
    pthread_once(&control, once);
    atexit(once);
    on_exit(on_exit_callback, (void *)(uintptr_t)33);
    return 0;
}
