// Small stacks: a thread that runs without the core has to run with it.
//
// Each test runs the same work in a child without tracking first (mode off) and looks for
// the smallest size that works, then gives the tracked work that size and 8 KiB more.
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "../support/live.h"

enum { PAGE = 4096, ALLOWED = 8192 };

static void work(void) {
    void *blocks[20];
    for (size_t i = 0; i < 20; i++) blocks[i] = malloc(i * 100);
    for (size_t i = 0; i < 20; i++) blocks[i] = realloc(blocks[i], i * 150 + 1);
    for (size_t i = 0; i < 20; i++) free(blocks[i]);
}

/// Memory of `size` bytes with a guard page below.
static char *guarded(size_t size) {
    char *start = mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(start, PAGE, PROT_NONE);
    return start + PAGE;
}

static ucontext_t outside, inside;

static void on_fiber(size_t size) {
    getcontext(&inside);
    inside.uc_stack.ss_sp = guarded(size);
    inside.uc_stack.ss_size = size;
    inside.uc_link = &outside;
    makecontext(&inside, work, 0);
    swapcontext(&outside, &inside);
}

static void handler(int number) {
    (void)number;
    work();
}

static void on_signal_stack(size_t size) {
    stack_t stack = {.ss_sp = guarded(size), .ss_size = size};
    if (sigaltstack(&stack, NULL)) _exit(9);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
}

static void *entry(void *argument) {
    work();
    return argument;
}

static void on_thread(size_t size) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstack(&attributes, guarded(size), size)) _exit(9);
    pthread_t thread;
    if (pthread_create(&thread, &attributes, entry, NULL)) _exit(9);
    pthread_join(thread, NULL);
}

static bool survives(void (*place)(size_t), size_t size, uint32_t mode) {
    pid_t child = fork();
    if (child == 0) {
        mscope_set_mode(mode);
        place(size);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void compare(const char *name, void (*place)(size_t)) {
    test(name);
    size_t least = PAGE;
    while (least < 256 * 1024 && !survives(place, least, MSCOPE_OFF)) least += PAGE;
    uint32_t modes[] = {MSCOPE_FULL, MSCOPE_BALANCED, MSCOPE_SAMPLED};
    for (int i = 0; i < 3; i++) {
        expect(survives(place, least + ALLOWED, modes[i]), "untracked it works in %zu bytes, in mode %u not in %zu",
            least, modes[i], least + ALLOWED);
    }
    end();
}

int main(void) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    compare("a fiber with a small stack", on_fiber);
    compare("a handler on a small signal stack", on_signal_stack);
    compare("a thread with a small stack", on_thread);
    return check_result();
}
