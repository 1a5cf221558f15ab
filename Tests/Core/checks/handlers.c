// The program's own handlers of fault signals, with MemScope's handler in front: the program sees only its own.
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../support/errors.h"

static sigjmp_buf back;
static volatile int calls;
static siginfo_t last_info;
static volatile int on_other_stack, blocked_inside;
static char other_stack[65536];

static void jumps(int number) {
    (void)number;
    calls++;
    siglongjmp(back, 1);
}

static void looks(int number, siginfo_t *info, void *context) {
    (void)number, (void)context;
    calls++;
    last_info = *info;
    char here;
    on_other_stack = &here >= other_stack && &here < other_stack + sizeof other_stack;
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    blocked_inside = sigismember(&now, SIGUSR1) == 1;
    siglongjmp(back, 1);
}

static void crash(void) {
    volatile char *volatile nothing = (volatile char *)(uintptr_t)64;
    if (sigsetjmp(back, 1) == 0) *nothing = 1;
}

static void set(void (*handler)(int, siginfo_t *, void *), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = flags | SA_SIGINFO;
    sigaddset(&action.sa_mask, SIGUSR1);
    sigaction(SIGSEGV, &action, NULL);
}

static void guard_still_works(const char *when) {
    char *volatile p = malloc(48);
    free(p);
    uint64_t before = mscope_error_count();
    volatile char c = *(volatile char *)p;
    (void)c;
    expect_equal(mscope_error_count() - before, 1, when);
}

static void handlers(void) {
    test("signal gives back what was set, and its handler gets the program's faults only");
    expect(signal(SIGSEGV, jumps) == SIG_DFL, "it was not the default");
    guard_still_works("reports under signal");
    crash();
    expect_equal(calls, 1, "calls");
    expect(signal(SIGSEGV, SIG_DFL) == jumps, "it was another");
    end();

    test("sigaction's handler sees the fault's address, its mask and no other stack");
    stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof other_stack};
    sigaltstack(&stack, NULL);
    set(looks, 0);
    crash();
    expect_equal(calls, 2, "calls");
    expect_equal((uintptr_t)last_info.si_addr, 64, "the address");
    expect(!on_other_stack && blocked_inside, "stack %d, mask %d", on_other_stack, blocked_inside);
    set(looks, SA_ONSTACK);
    crash();
    expect(on_other_stack, "SA_ONSTACK was ignored");
    guard_still_works("reports under sigaction");
    struct sigaction now;
    sigaction(SIGSEGV, NULL, &now);
    expect(now.sa_sigaction == looks && now.sa_flags & SA_ONSTACK, "sigaction tells of another handler");
    end();

    test("SA_RESETHAND forgets the handler once it is called");
    set(looks, (int)SA_RESETHAND);
    crash();
    sigaction(SIGSEGV, NULL, &now);
    expect(now.sa_handler == SIG_DFL, "it is still there");
    guard_still_works("reports after the reset");
    end();

    test("an ignored SIGSEGV may be sent");
    signal(SIGSEGV, SIG_IGN);
    raise(SIGSEGV);
    guard_still_works("reports while ignored");
    signal(SIGSEGV, SIG_DFL);
    end();
}

static int status_of(void (*body)(void)) {
    pid_t child = fork();
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        body();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

static void null_write(void) {
    volatile char *volatile nothing = NULL;
    *nothing = 1;
}
static void sent(void) { kill(getpid(), SIGSEGV); }
static void raised_bus(void) { raise(SIGBUS); }
static void ignored_fault(void) {
    signal(SIGSEGV, SIG_IGN);
    null_write();
}
static void in_handler(int number) {
    (void)number;
    null_write();
}
static void fault_in_handler(void) {
    signal(SIGSEGV, in_handler);
    null_write();
}
static void beyond_file(void) {
    FILE *file = tmpfile();
    volatile char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    *p = 1;
}

static void ends(void) {
    struct {
        const char *name;
        void (*body)(void);
        int status;
    } ways[] = {
        {"a null write ends with SIGSEGV", null_write, SIGSEGV},
        {"a sent SIGSEGV ends with it", sent, SIGSEGV},
        {"a raised SIGBUS ends with it", raised_bus, SIGBUS},
        {"a fault while ignored ends with SIGSEGV", ignored_fault, SIGSEGV},
        {"a fault in the handler ends with SIGSEGV", fault_in_handler, SIGSEGV},
        {"an access behind a file's end ends with SIGBUS", beyond_file, SIGBUS},
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        test(ways[i].name);
        expect_equal(status_of(ways[i].body), ways[i].status, "the status");
        end();
    }
}

static void behind_our_back(void) {
    test("while a handler set by system call is the kernel's, nothing new is guarded");
    struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } before, other = {NULL, 0, NULL, 0};
    struct mscope_check_totals then, now;
    mscope_read_check_totals(&then);
    syscall(SYS_rt_sigaction, SIGSEGV, &other, &before, 8);
    for (int i = 0; i < 100; i++) free(malloc(40));
    syscall(SYS_rt_sigaction, SIGSEGV, &before, NULL, 8);
    mscope_read_check_totals(&now);
    expect_equal(now.guarded, then.guarded, "guarded blocks");
    guard_still_works("reports once ours is back");
    end();
}

int main(void) {
    handlers();
    behind_our_back();
    ends();
    return check_result();
}
