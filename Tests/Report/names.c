// Loses blocks whose stacks have names that are hard to find: names.py says which argument loses which blocks.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void *(*allocate_t)(size_t);
typedef void (*lose_t)(size_t, allocate_t);

// Names as the Rust compiler writes them; a C compiler is told them.
__attribute__((noinline)) void rust_v0(size_t size) __asm__("_RNvMNtCs1234_3app5storeINtB2_5StoreThmEE4keep");
__attribute__((noinline)) void rust_legacy(size_t size)
    __asm__("_ZN46_$LT$app..Store$u20$as$u20$core..ops..Drop$GT$4drop17h0123456789abcdefE");

void rust_v0(size_t size) {
    void *volatile block = malloc(size);
    block = NULL;
    (void)block;
}

void rust_legacy(size_t size) {
    void *volatile block = malloc(size);
    block = NULL;
    (void)block;
}

static void by_library(void *library, const char *function, size_t size) {
    lose_t lose = library ? (lose_t)dlsym(library, function) : NULL;
    if (lose)
        lose(size, malloc);
    else
        fprintf(stderr, "%s\n", dlerror());
}

// Loads and unloads one plugin many times, then has another one take its place.
static void reload(int rounds) {
    for (int i = 0; i < rounds; i++) {
        void *library = dlopen("../plugin_a.so", RTLD_NOW);
        by_library(library, "keep_none", 777);
        dlclose(library);
    }
    by_library(dlopen("../plugin_b.so", RTLD_NOW), "lose_b", 1554);
}

static void *run(void *argument) {
    const char *way = argument;
    if (strcmp(way, "rust") == 0) {
        rust_v0(1001);
        rust_legacy(1002);
    } else if (strcmp(way, "relative") == 0) {
        by_library(dlopen("../plugin_a.so", RTLD_NOW), "lose_a", 1003);
    } else if (strcmp(way, "namespace") == 0) {
        by_library(dlmopen(LM_ID_NEWLM, "../plugin_a.so", RTLD_NOW), "lose_a", 1004);
    } else {
        reload(atoi(way));
    }
    return NULL;
}

// On a thread that ends, so that no register and no stack keeps what is lost.
int main(int count, char **arguments) {
    if (count < 2) return 2;
    pthread_t thread;
    pthread_create(&thread, NULL, run, arguments[1]);
    pthread_join(thread, NULL);
    return chdir("/");
}
