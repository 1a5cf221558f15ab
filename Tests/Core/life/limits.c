// A program that may not map much (ulimit -v, -d) behaves as without the core: nothing is tracked if there is no room
// for the tables.
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/check.h"

static void *work(void *unused) {
    for (size_t i = 0; i < 1000; i++) {
        char *volatile block = malloc(i + 1);
        block[i] = 1;
        block = realloc(block, 2 * i + 1);
        expect(block != NULL && (i == 0 || block[i] == 1), "realloc lost %zu bytes", i + 1);
        free(block);
    }
    return unused;
}

static void allocates(void) {
    test("every way to allocate works");
    work(NULL);
    void *block;
    expect(posix_memalign(&block, 64, 100) == 0, "posix_memalign");
    free(block);
    block = aligned_alloc(32, 64);
    free(reallocarray(block, 10, 20));
    expect(malloc_usable_size(block = calloc(3, 5)) >= 15, "malloc_usable_size");
    free(block);
    end();
}

static void threads(void) {
    test("threads come, allocate and go");
    // One after another: glibc gives threads that are there at once 64 MiB of address space each.
    for (int i = 0; i < 8; i++) {
        pthread_t thread;
        expect(pthread_create(&thread, NULL, work, NULL) == 0, "pthread_create");
        pthread_join(thread, NULL);
    }
    end();
}

static void forks(void) {
    test("a forked child works and exits");
    pid_t child = fork();
    if (child == 0) {
        work(NULL);
        _exit(7);
    }
    int status;
    waitpid(child, &status, 0);
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 7, "status %x", status);
    end();
}

static void loads(void) {
    test("libraries come and go");
    void *library = dlopen("libresolv.so.2", RTLD_NOW);
    expect(library != NULL && dlclose(library) == 0, "dlopen");
    end();
}

static volatile int handled;
static void on_signal(int number) {
    handled = number;
    free(malloc(100));
}

static void signals(void) {
    test("a handler may allocate");
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    expect(handled == SIGUSR1, "not handled");
    end();
}

int main(void) {
    allocates();
    threads();
    forks();
    loads();
    signals();
    return check_state.failures != 0;
}
