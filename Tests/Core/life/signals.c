// Signals against allocation: a handler that allocates while main computes, and handlers
// that do not while main allocates.
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "../support/live.h"
#include "../support/random.h"

static volatile sig_atomic_t ticks;
static _Atomic uint64_t by_handler;

static void allocating(int number) {
    (void)number;
    int saved = errno;
    void *block = malloc(64 + (size_t)ticks % 512);
    if (ticks % 7 == 0) block = realloc(block, 2000);
    free(block);
    atomic_fetch_add(&by_handler, ticks % 7 == 0 ? 2 : 1);
    ticks++;
    errno = saved;
}

static void counting(int number) {
    (void)number;
    ticks++;
}

static timer_t start_timer(int number, void (*handler)(int), long nanoseconds) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigaction(number, &action, NULL);
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = number;
    timer_t timer;
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    struct itimerspec every = {{0, nanoseconds}, {0, nanoseconds}};
    timer_settime(timer, 0, &every, NULL);
    return timer;
}

static volatile uint64_t sink;

static void computing(void) {
    test("a handler that allocates while main computes is counted exactly");
    ticks = 0;
    mark();
    timer_t timer = start_timer(SIGPROF, allocating, 40000);
    while (ticks < 20000) {
        for (uint64_t i = 0; i < 500; i++) sink += i * i;
    }
    timer_delete(timer);
    struct mscope_counts counts = change();
    expect_equal(counts.allocations, by_handler, "allocations");
    expect_equal(counts.frees, by_handler, "frees");
    expect_equal(counts.allocated_bytes, counts.freed_bytes, "allocated bytes");
    end();
}

static void interrupted(void) {
    test("allocations interrupted by 20,000 signals are counted exactly");
    enum { HELD = 500 };
    static void *held[HELD];
    static size_t sizes[HELD];
    uint64_t seed = 5, made = 0, gone = 0, made_bytes = 0, gone_bytes = 0;
    ticks = 0;
    mark();
    timer_t timer = start_timer(SIGALRM, counting, 30000);
    while (ticks < 20000) {
        size_t at = random_below(&seed, HELD), size = random_below(&seed, 3000);
        if (held[at]) gone++, gone_bytes += sizes[at];
        if (random_below(&seed, 4)) free(held[at]), held[at] = malloc(size);
        else held[at] = realloc(held[at], ++size);
        sizes[at] = size;
        made++;
        made_bytes += size;
    }
    timer_delete(timer);
    expect_change(made, gone, made_bytes, gone_bytes);
    struct live live = live_take();
    for (size_t i = 0; i < HELD; i++) {
        if (!held[i]) continue;
        const struct mscope_block *found = live_at(&live, held[i]);
        expect(found && found->size == sizes[i], "a block is missing or wrong");
    }
    live_drop(&live);
    for (size_t i = 0; i < HELD; i++) free(held[i]);
    end();
}

// free and calloc may not be called here, but the figures may be read.
static void asking(int number) {
    (void)number;
    struct mscope_block block;
    struct mscope_totals totals;
    mscope_find_block((uint64_t)(uintptr_t)&block, &block);
    mscope_read_totals(&totals);
    ticks++;
}

static void questions(void) {
    test("totals and blocks may be asked for in a handler that interrupts malloc");
    ticks = 0;
    timer_t timer = start_timer(SIGALRM, asking, 100000);
    uint64_t seed = 77;
    while (ticks < 1000) free(malloc(random_below(&seed, 5000)));
    timer_delete(timer);
    end();
}

static sigjmp_buf *volatile target;

static void jumping(int number) {
    (void)number;
    ticks++;
    free(malloc(321));
    if (target) siglongjmp(*target, 1);
}

static void jumps(void) {
    test("a handler that allocates and jumps out leaves tracking as it was");
    sigjmp_buf place;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = jumping;
    sigaction(SIGUSR1, &action, NULL);
    mark();
    for (volatile int i = 0; i < 5000; i++) {
        if (sigsetjmp(place, 1) == 0) {
            target = &place;
            raise(SIGUSR1);
        }
        target = NULL;
    }
    expect_change(5000, 5000, 5000 * 321, 5000 * 321);
    end();
}

// Where a handler returns to when nobody describes that code: as the kernel's own on arm64 is.
#if defined(__x86_64__)
__asm__(".text\n.p2align 4\nnop\nundescribed:\nmov $15, %rax\nsyscall\n");
extern void undescribed(void);

static void install_undescribed(int number, void (*handler)(int)) {
    const unsigned long restorer = 0x04000000;
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        uint64_t mask;
    } action = {handler, restorer, undescribed, 0};
    syscall(SYS_rt_sigaction, number, &action, NULL, sizeof action.mask);
}
#else
static void install_undescribed(int number, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    sigaction(number, &action, NULL);
}
#endif

static void *kept;

static void keeping(int number) {
    (void)number;
    kept = malloc(77);
}

static __attribute__((noinline)) void raising(void) {
    raise(SIGUSR2);
    __asm__ volatile("" ::: "memory");
}

static void undescribed_return(void) {
    char byte;
    if (mscope_read_memory((uintptr_t)raising, &byte, 1) != 1) return; // QEMU: no code can be looked at
    test("the stack of a handler goes on in what it interrupted, through code that nobody describes");
    install_undescribed(SIGUSR2, keeping);
    raising();
    struct mscope_block block;
    struct mscope_site site = {0};
    expect(mscope_find_block((uintptr_t)kept, &block) && mscope_read_site(block.site, &site), "it has no stack");
    bool found = false;
    for (uint32_t i = 0; i < site.frame_count; i++) found |= site.frames[i] - (uintptr_t)raising < 64;
    expect(found, "what raised the signal is not among its %u frames", site.frame_count);
    expect(!(site.flags & MSCOPE_STACK_TRUNCATED), "it is truncated");
    free(kept);
    end();
}

int main(void) {
    computing();
    interrupted();
    questions();
    jumps();
    undescribed_return();
    test("live figures, walk and sites agree after all of it");
    expect_consistent();
    end();
    return check_result();
}
