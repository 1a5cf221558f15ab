// Stacks that vary in every way at once, taken again and again from the same places: frames of fixed and of random
// size, with and without frame pointer, functions that use the frame pointer's register for something else, and a
// signal handler in between. Words lie where they did before, or a word beside; the same return addresses come at
// other distances, and others at the same. Half of the stacks are taken up to five times in a row, and then one that
// begins the same.
#include <alloca.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "../support/random.h"

#define KEEP __attribute__((noinline))
enum { KINDS = 12, BLOCKS = 64, ROUNDS = 60000 };

static uint64_t state = 0x9E3779B97F4A7C15u;
static void *blocks[BLOCKS];
static volatile int sink;
static volatile sig_atomic_t is_allocating;
static KEEP void descend(int depth);

// One after the other: both calls return into the same function, at frames of the same size.
static KEEP void twice(int depth) {
    if (random_below(&state, 2))
        descend(depth);
    else
        descend(depth);
    sink++;
}

static KEEP void plain(int depth) {
    descend(depth);
    sink++;
}

static KEEP void wide(int depth) {
    volatile char bytes[200];
    bytes[depth] = 1;
    descend(depth);
    sink += bytes[depth];
}

// The distance of its words depends on the stack pointer's alignment and on chance.
static KEEP void variable(int depth) {
    size_t size = 16 * (1 + random_below(&state, 4));
    char *bytes = alloca(size);
    memset(bytes, depth, size);
    descend(depth);
    sink += bytes[0];
}

// Leaves in its frame what lay there, such as the return addresses of an earlier stack at their old places.
static KEEP void hollow(int depth) {
    size_t size = random_below(&state, 2) ? 16 : 128;
    char *bytes = alloca(size);
    __asm__ volatile("" : : "r"(bytes) : "memory");
    descend(depth);
    __asm__ volatile("" : : "r"(bytes) : "memory");
}

static KEEP void aligned(int depth) {
    _Alignas(64) volatile char bytes[64];
    bytes[0] = (char)depth;
    descend(depth);
    sink += bytes[0];
}

// Keeps all registers that a call leaves alone in use, the frame pointer's where it is free.
static KEEP void busy(int depth) {
    uint64_t a = random_next(&state), b = random_next(&state), c = random_next(&state), d = random_next(&state);
    uint64_t e = random_next(&state), f = random_next(&state);
    descend(depth);
    sink += (int)(a ^ b ^ c ^ d ^ e ^ f);
}

#if defined(__x86_64__)
// Its frame is described, though it has none, and its register for frame pointers holds an address of this stack.
void lying(int depth, void (*next)(int));
__asm__(".text\n.globl lying\n.type lying, @function\nlying:\n.cfi_startproc\n"
        "pushq %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset %rbp, -16\nleaq 64(%rsp), %rbp\nsubq $32, %rsp\n"
        ".cfi_def_cfa_offset 48\ncall *%rsi\naddq $32, %rsp\n.cfi_def_cfa_offset 16\npopq %rbp\n.cfi_def_cfa_offset 8\n"
        ".cfi_restore %rbp\nret\n.cfi_endproc\n.size lying, .-lying\n");
#else
static KEEP void lying(int depth, void (*next)(int)) {
    next(depth);
    sink++;
}
#endif

static KEEP void allocate(void) {
    void **place = &blocks[random_below(&state, BLOCKS)];
    is_allocating = 1; // libc's allocator is not to be met in a handler
    free(*place);
    *place = malloc(16 + random_below(&state, 200));
    is_allocating = 0;
}

static KEEP void descend(int depth) {
    if (depth == 0) {
        allocate();
        return;
    }
    switch (random_below(&state, KINDS)) {
    case 0: twice(depth - 1); break;
    case 1: wide(depth - 1); break;
    case 2: variable(depth - 1); break;
    case 3: aligned(depth - 1); break;
    case 4: busy(depth - 1); break;
    case 5: lying(depth - 1, descend); break;
    case 6: lying(depth - 1, plain); break;
    case 7:
    case 8:
    case 9: hollow(depth - 1); break;
    default: plain(depth - 1); break;
    }
    sink++;
}

static void on_alarm(int number) {
    (void)number;
    if (!is_allocating) free(malloc(33));
}

int main(void) {
    struct itimerval often = {{0, 900}, {0, 900}};
    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        int depth = (int)random_below(&state, 6);
        uint64_t start = state;
        for (uint64_t again = random_below(&state, 2) * random_below(&state, 5); again > 0; again--) {
            uint64_t after = state;
            state = start; // the same way down
            descend(depth);
            state = after;
        }
        descend(depth);
    }
    printf("%d\n", sink > 0);
    return 0;
}
