// What threads hold: on their stacks, in their variables, in registers; and what ended threads do not hold.
//
// arguments: a library with a thread-local variable; how the threads are held: "ptrace", "signal" or "stopped"
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "../support/reach.h"

static int pipes[2];
static _Atomic int ready, over;
static int failed_calls;
static hidden on_stack, in_tls, in_library, below_sp, of_ended, of_ended_tls;
static hidden in_sleeping_register, in_running_register, in_waiting_register;
static hidden in_upper_half, in_wide_register, in_last_register;
static _Thread_local void *local;
static void **(*place_in_library)(void);

static __attribute__((noinline)) hidden lost(size_t size) {
    void *block = malloc(size);
    memset(block, 0, size);
    return hide(block);
}

/// Ends with nothing in registers that a test would miss.
static void sleep_in_read(void) {
    char byte;
    atomic_fetch_add(&ready, 1);
    scrub_stack();
    if (read(pipes[0], &byte, 1) != 1) _exit(4);
}

static void *holds_on_stack(void *unused) {
    (void)unused;
    void *volatile held = malloc(101);
    on_stack = hide(held);
    sleep_in_read();
    return held;
}

static void *holds_in_tls(void *unused) {
    (void)unused;
    local = malloc(102);
    in_tls = hide(local);
    sleep_in_read();
    free(local);
    return NULL;
}

static void *holds_in_library(void *unused) {
    (void)unused;
    *place_in_library() = malloc(103);
    in_library = hide(*place_in_library());
    sleep_in_read();
    free(*place_in_library());
    return NULL;
}

#if defined(__x86_64__)
// Turns the address back where no compiler can see it, so that it stands in rbx and nowhere else.
static void *holds_in_sleeping_register(void *unused) {
    (void)unused;
    static char byte;
    in_sleeping_register = lost(104);
    scrub_stack();
    atomic_fetch_add(&ready, 1);
    long result = 0; // read
    __asm__ volatile("movq %[hidden], %%rbx\n notq %%rbx\n syscall\n xorl %%ebx, %%ebx"
                     : "+a"(result)
                     : [hidden] "r"(in_sleeping_register), "D"((long)pipes[0]), "S"(&byte), "d"(1l)
                     : "rbx", "rcx", "r11", "memory");
    return result == 1 ? NULL : &byte;
}

// In a call that a stop ends, and that can be made again.
static void *holds_in_waiting_register(void *unused) {
    (void)unused;
    struct epoll_event event;
    int file = epoll_create1(0);
    struct epoll_event wanted = {.events = EPOLLIN};
    epoll_ctl(file, EPOLL_CTL_ADD, pipes[0], &wanted);
    in_waiting_register = lost(109);
    scrub_stack();
    atomic_fetch_add(&ready, 1);
    long result = SYS_epoll_wait;
    register long limit __asm__("r10") = -1;
    __asm__ volatile("movq %[hidden], %%rbx\n notq %%rbx\n syscall\n xorl %%ebx, %%ebx"
                     : "+a"(result)
                     : [hidden] "r"(in_waiting_register), "D"((long)file), "S"(&event), "d"(1l), "r"(limit)
                     : "rbx", "rcx", "r11", "memory");
    close(file);
    return result == 1 ? NULL : (void *)result;
}

static void *holds_in_running_register(void *unused) {
    (void)unused;
    in_running_register = lost(105);
    scrub_stack();
    atomic_fetch_add(&ready, 1);
    __asm__ volatile("movq %[hidden], %%rbx\n notq %%rbx\n 1: pause\n cmpl $0, %[over]\n je 1b\n xorl %%ebx, %%ebx"
                     :
                     : [hidden] "r"(in_running_register), [over] "m"(over)
                     : "rbx", "cc", "memory");
    return NULL;
}

#define TAKE_HIDDEN "movq %[hidden], %%rbx\n notq %%rbx\n"
// What earlier calls left in other registers goes too.
#define FORGET_AND_RUN \
    "xorl %%eax, %%eax\n xorl %%ebx, %%ebx\n xorl %%ecx, %%ecx\n xorl %%edx, %%edx\n xorl %%esi, %%esi\n" \
    "xorl %%edi, %%edi\n xorl %%r8d, %%r8d\n xorl %%r9d, %%r9d\n xorl %%r10d, %%r10d\n xorl %%r11d, %%r11d\n" \
    "1: pause\n cmpl $0, %[over]\n je 1b\n vzeroall"
#define FORGOTTEN "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "cc", "memory"

// As memmove may have it that moves the only pointer to a block over its old place.
__attribute__((target("avx2"))) static void *holds_in_upper_half(void *unused) {
    (void)unused;
    in_upper_half = lost(110);
    scrub_stack();
    atomic_fetch_add(&ready, 1);
    __asm__ volatile(TAKE_HIDDEN "vmovq %%rbx, %%xmm1\n vpxor %%xmm0, %%xmm0, %%xmm0\n"
                     "vperm2i128 $8, %%ymm1, %%ymm1, %%ymm1\n" FORGET_AND_RUN
                     :
                     : [hidden] "r"(in_upper_half), [over] "m"(over)
                     : FORGOTTEN);
    return NULL;
}

// The upper half of 512 bits, and a register that only AVX-512 has.
__attribute__((target("avx512f"))) static void *holds_in_wide_registers(void *unused) {
    (void)unused;
    in_wide_register = lost(111);
    in_last_register = lost(112);
    scrub_stack();
    atomic_fetch_add(&ready, 1);
    __asm__ volatile(TAKE_HIDDEN "vmovq %%rbx, %%xmm1\n vpxor %%xmm0, %%xmm0, %%xmm0\n vpxorq %%zmm2, %%zmm2, %%zmm2\n"
                     "vinserti64x4 $1, %%ymm1, %%zmm2, %%zmm2\n vpxorq %%xmm1, %%xmm1, %%xmm1\n"
                     "movq %[last], %%rbx\n notq %%rbx\n vmovq %%rbx, %%xmm31\n" FORGET_AND_RUN
                     :
                     : [hidden] "r"(in_wide_register), [last] "r"(in_last_register), [over] "m"(over)
                     : FORGOTTEN, "xmm2", "xmm31");
    return NULL;
}
#endif

static __attribute__((noinline)) void leave_below(hidden *out) {
    void *volatile space[512];
    for (int i = 0; i < 512; i++) space[i] = NULL;
    space[100] = malloc(106);
    *out = hide(space[100]);
}

static void *holds_below_sp(void *unused) {
    (void)unused;
    static char byte;
    leave_below(&below_sp);
    atomic_fetch_add(&ready, 1);
    return read(pipes[0], &byte, 1) == 1 ? NULL : &byte;
}

static void *ends(void *unused) {
    (void)unused;
    void *volatile held = malloc(107);
    local = malloc(108);
    of_ended = hide(held);
    of_ended_tls = hide(local);
    return NULL;
}

enum { MOST = 10 };
static pthread_t threads[MOST];
static int started;
static void start(void *(*body)(void *)) {
    pthread_create(&threads[started++], NULL, body, NULL);
    while (ready < started) sched_yield();
}

static void begin(const char *library) {
    void *handle = dlopen(library, RTLD_NOW);
    if (!handle || pipe(pipes) != 0) _exit(3);
    *(void **)&place_in_library = dlsym(handle, "place_in_library");
    start(holds_on_stack);
    start(holds_in_tls);
    start(holds_in_library);
    start(holds_below_sp);
#if defined(__x86_64__)
    start(holds_in_sleeping_register);
    start(holds_in_running_register);
    start(holds_in_waiting_register);
    if (__builtin_cpu_supports("avx2")) start(holds_in_upper_half);
    if (__builtin_cpu_supports("avx512f")) start(holds_in_wide_registers);
#endif
    pthread_t ended; // the last, so that nobody takes its stack
    pthread_create(&ended, NULL, ends, NULL);
    pthread_join(ended, NULL);
    usleep(100000); // until they sleep
}

static void finish(void) {
    over = 1;
    if (write(pipes[1], "abcdefghij", 10) != 10) _exit(3);
    for (int i = 0; i < started; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        failed_calls += (long)result < 0 && (long)result > -4096;
    }
}

static void check_registers(const struct reach *reach, bool by_signal) {
#if defined(__x86_64__)
    test("registers hold blocks, of a thread that runs and of one in a system call");
    if (!by_signal)
        expect_reached(reach, in_waiting_register, MSCOPE_ROOT_REGISTER, "what a waiting thread's register holds");
    expect_reached(reach, in_sleeping_register, MSCOPE_ROOT_REGISTER, "what a sleeping thread's register holds");
    expect_reached(reach, in_running_register, MSCOPE_ROOT_REGISTER, "what a running thread's register holds");
    end();
    test("so do vector registers, all of them and whole");
    if (in_upper_half) expect_reached(reach, in_upper_half, MSCOPE_ROOT_REGISTER, "what the upper half of ymm1 holds");
    if (in_last_register) {
        expect_reached(reach, in_wide_register, MSCOPE_ROOT_REGISTER, "what the upper half of zmm2 holds");
        expect_reached(reach, in_last_register, MSCOPE_ROOT_REGISTER, "what zmm31 holds");
    }
    end();
#else
    (void)reach, (void)by_signal;
#endif
}

int main(int count, char **arguments) {
    const char *how = count > 2 ? arguments[2] : "ptrace";
    struct mscope_scan_options options = reach_options;
    options.without_ptrace = strcmp(how, "ptrace") != 0;
    options.without_fork = strcmp(how, "stopped") == 0;
    begin(arguments[1]);
    scrub_stack();
    struct reach reach = reach_take_as(&options);
    test("a scan with threads is not refused");
    expect(reach.scan != NULL, "problem %d", reach.problem);
    end();
    if (!reach.scan) return 1;
    reach_print(&reach);
    test("stacks, thread-local variables and those of a loaded library hold blocks");
    expect_reached(&reach, on_stack, MSCOPE_ROOT_STACK, "what a sleeping thread's stack holds");
    expect_reached(&reach, in_tls, MSCOPE_ROOT_THREAD, "what a thread-local variable holds");
    expect(reach_holds(&reach, in_library), "what a library's thread-local variable holds is lost");
    end();
    check_registers(&reach, options.without_ptrace);
    test("what lies below a stack pointer holds nothing");
    expect_lost(&reach, below_sp, "a block below a stack pointer");
    end();
    test("the stack of a thread that ended holds nothing");
    expect_lost(&reach, of_ended, "what its stack held");
    expect_lost(&reach, of_ended_tls, "what its thread-local variable held");
    end();
    test("who was there");
    expect_equal(reach.scan->threads, (unsigned)started + 1, "the number of threads");
    expect_equal(reach.scan->threads_read + reach.scan->threads_left, reach.scan->threads, "those read or left");
    expect(!reach.scan->has_unknown_heap, "the heap is not known");
    end();
    reach_drop(&reach);
    finish();
    test("no call was ended by the scan");
    expect_equal(failed_calls, 0, "the number of failed calls");
    end();
    return check_result();
}
