// Ways to leave a function or the process: jumps out of callbacks, exit handlers. The ways that end the process are
// chosen by an argument, so that the runner can compare its status with and without the core.
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>

#include "../support/live.h"

static jmp_buf out;

static int jumping(const void *a, const void *b) {
    static int calls;
    free(malloc(30));
    if (++calls % 50 == 0) longjmp(out, 1);
    return *(const int *)a - *(const int *)b;
}

static void jumps(void) {
    test("longjmp out of a qsort callback leaves tracking whole");
    static int values[100];
    for (volatile int round = 0; round < 200; round++) {
        for (int i = 0; i < 100; i++) values[i] = i * 7919 % 101;
        if (setjmp(out) == 0) qsort(values, 100, sizeof *values, jumping);
    }
    mark();
    void *p = malloc(10);
    expect_block(p, 10, 0);
    free(p);
    expect_change(1, 1, 10, 10);
    expect_consistent();
    end();
}

static void *kept;

static void last(void) {
    test("exit handlers may allocate, free and ask");
    free(kept);
    void *p = malloc(44);
    expect_block(p, 44, 0);
    free(p);
    expect_consistent();
    end();
}

static __attribute__((destructor)) void destructor(void) {
    free(malloc(45));
}

// The volatile array keeps the compiler from turning the recursion into a loop.
static __attribute__((noinline)) int endless(int depth) {
    if (depth < 0) return 0;
    volatile char space[200];
    space[depth % 200] = 1;
    free(malloc((size_t)(depth % 100)));
    return endless(depth + 1) + space[3];
}

static void on_overflow(int number) {
    const char text[] = "overflow handled\n";
    ssize_t written = write(1, text, sizeof text - 1);
    (void)written, (void)number;
    free(malloc(10));
    _exit(42);
}

static void on_alternate_stack(int number, void (*handler)(int)) {
    static char space[65536];
    stack_t stack = {.ss_sp = space, .ss_size = sizeof space};
    sigaltstack(&stack, NULL);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK;
    sigaction(number, &action, NULL);
}

static void on_abort(int number) {
    (void)number;
    free(malloc(12));
}

static void *overflowing_thread(void *argument) {
    endless(1);
    return argument;
}

static int way_out(const char *word) {
    volatile char *volatile nothing = NULL;
    if (strcmp(word, "overflow") == 0) return endless(1);
    if (strcmp(word, "overflow-handled") == 0) return on_alternate_stack(SIGSEGV, on_overflow), endless(1);
    if (strcmp(word, "overflow-thread") == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, overflowing_thread, NULL);
        pthread_join(thread, NULL);
        return 0;
    }
    if (strcmp(word, "abort") == 0) abort();
    if (strcmp(word, "abort-handled") == 0) return signal(SIGABRT, on_abort), abort(), 0;
    if (strcmp(word, "null") == 0) return *nothing;
    if (strcmp(word, "exit") == 0) exit(17);
    if (strcmp(word, "quick") == 0) quick_exit(18);
    if (strcmp(word, "raw") == 0) _exit(19);
    if (strcmp(word, "double-free") == 0) {
        void *volatile p = malloc(100);
        free(p);
        free(p);
        return 0;
    }
    if (strcmp(word, "wild-free") == 0) free((void *)(uintptr_t)0x7fffffff0123450), free((void *)(uintptr_t)0x18);
    if (strcmp(word, "stack-free") == 0) {
        char space[64] = {0};
        void *volatile p = space + 16;
        free(p);
    }
    if (strcmp(word, "thread-exit") == 0) pthread_exit(NULL);
    return 20;
}

int main(int count, char **arguments) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if (count > 1) return way_out(arguments[1]);
    jumps();
    kept = malloc(1000);
    atexit(last);
    return check_result();
}
