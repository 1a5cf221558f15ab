// Allocations inside signal handlers, on the same and on an alternate stack.
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#define KEEP __attribute__((noinline))

static volatile sig_atomic_t handled;

static KEEP void allocate(size_t size) {
    char *block = malloc(size);
    block[0] = 1;
    free(block);
}

static void plain(int number) {
    allocate(30);
    handled++;
    if (number == SIGUSR1) raise(SIGUSR2);
}

static void with_info(int number, siginfo_t *info, void *context) {
    (void)number, (void)info, (void)context;
    allocate(40);
    handled++;
}

static void install(int number, int flags, void (*handler)(int), void (*info)(int, siginfo_t *, void *)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    if (info) action.sa_sigaction = info, flags |= SA_SIGINFO;
    else action.sa_handler = handler;
    action.sa_flags = flags;
    sigaction(number, &action, NULL);
}

static KEEP void deep(int depth, int number) {
    volatile char space[64];
    space[0] = 1;
    if (depth) deep(depth - 1, number);
    else raise(number);
    space[1] = 2;
}

static sigjmp_buf back;

static void fault(int number) {
    (void)number;
    allocate(50);
    handled++;
    siglongjmp(back, 1);
}

static KEEP void faulting(volatile char *address) {
    *address = 1;
}

// A leaf without a frame, interrupted at any instruction.
static KEEP uint64_t compute(uint64_t rounds) {
    uint64_t x = 88172645463325252ull;
    while (rounds--) x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return x;
}

static KEEP uint64_t push_and_pop(uint64_t depth) {
    return depth ? push_and_pop(depth - 1) * 3 + compute(2) : 1;
}

static void timers(void) {
    struct itimerval every = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &every, NULL);
    uint64_t sum = 0;
    int goal = handled + 3000;
    while (handled < goal) sum += push_and_pop(40) + compute(50);
    setitimer(ITIMER_REAL, &never, NULL);
    if (sum == 7) puts("unlikely");
}

int main(void) {
    stack_t stack = {.ss_sp = malloc(256 * 1024), .ss_size = 256 * 1024};
    sigaltstack(&stack, NULL);
    install(SIGUSR1, 0, plain, NULL);
    install(SIGUSR2, SA_ONSTACK, plain, NULL);
    install(SIGHUP, 0, NULL, with_info);
    install(SIGALRM, SA_RESTART, NULL, with_info);
    for (int depth = 0; depth < 150; depth += 3) {
        deep(depth, SIGUSR1);
        deep(depth, SIGUSR2);
        deep(depth, SIGHUP);
    }
    install(SIGSEGV, SA_ONSTACK | SA_NODEFER, fault, NULL);
    for (int i = 0; i < 50; i++) {
        if (!sigsetjmp(back, 1)) faulting(NULL);
        install(SIGSEGV, SA_NODEFER, fault, NULL);
        if (!sigsetjmp(back, 1)) faulting(NULL);
    }
    timers();
    install(SIGALRM, SA_RESTART | SA_ONSTACK, NULL, with_info);
    timers();
    return handled > 6000 ? 0 : 1;
}
