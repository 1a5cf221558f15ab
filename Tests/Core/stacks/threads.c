// Thread entry, thread-local destructors, fibers, and code that is loaded and unloaded.
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <threads.h>
#include <ucontext.h>

#define KEEP __attribute__((noinline))

static KEEP void allocate(size_t size) {
    char *block = malloc(size);
    block[0] = 1;
    free(block);
}

static pthread_key_t key;

static void on_exit_of_thread(void *value) {
    allocate((size_t)(uintptr_t)value);
}

static void *entry(void *argument) {
    allocate(20);
    pthread_setspecific(key, (void *)(uintptr_t)33);
    for (int i = 0; i < 50; i++) allocate((size_t)(uintptr_t)argument + (size_t)i);
    return argument;
}

static int c11_entry(void *argument) {
    allocate((size_t)(uintptr_t)argument);
    return 0;
}

static void run_threads(void) {
    pthread_key_create(&key, on_exit_of_thread);
    for (uintptr_t round = 0; round < 40; round++) {
        pthread_t threads[4];
        for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, entry, (void *)(round + 10));
        for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
        thrd_t other;
        thrd_create(&other, c11_entry, (void *)(uintptr_t)45);
        thrd_join(other, NULL);
    }
}

// The whole stack belongs to the program, so the core cannot know its bounds from pthread.
static void *own_stack_entry(void *argument) {
    allocate(60);
    return argument;
}

static void run_on_own_stacks(void) {
    size_t size = 256 * 1024;
    for (int i = 0; i < 20; i++) {
        void *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setstack(&attributes, stack, size);
        pthread_t thread;
        pthread_create(&thread, &attributes, own_stack_entry, NULL);
        pthread_join(thread, NULL);
        pthread_attr_destroy(&attributes);
        munmap(stack, size);
    }
}

static ucontext_t main_context, fibers[4];
static int turns;

static KEEP void fiber(int number) {
    for (int i = 0; i < 50; i++) {
        allocate((size_t)(100 + number));
        turns++;
        swapcontext(&fibers[number], &fibers[(number + 1) % 4]);
    }
}

static void run_fibers(void) {
    for (int i = 0; i < 4; i++) {
        getcontext(&fibers[i]);
        fibers[i].uc_stack.ss_size = 128 * 1024;
        fibers[i].uc_stack.ss_sp = malloc(fibers[i].uc_stack.ss_size);
        fibers[i].uc_link = &main_context;
        makecontext(&fibers[i], (void (*)(void))fiber, 1, i);
    }
    swapcontext(&main_context, &fibers[0]);
    for (int i = 0; i < 4; i++) free(fibers[i].uc_stack.ss_sp);
}

static int run_loaded(const char *path) {
    for (int i = 0; i < 100; i++) {
        void *handle = dlopen(path, i % 2 ? RTLD_LAZY : RTLD_NOW | RTLD_GLOBAL);
        if (!handle) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        void (*call)(void (*)(size_t), int) = (void (*)(void (*)(size_t), int))dlsym(handle, "plugin_call");
        for (int depth = 0; depth < 20; depth++) call(allocate, depth);
        dlclose(handle);
    }
    return 0;
}

int main(int count, char **arguments) {
    run_threads();
    run_on_own_stacks();
    run_fibers();
    int failed = count > 1 ? run_loaded(arguments[1]) : 0;
    return failed || turns < 100;
}
