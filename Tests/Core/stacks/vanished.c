// Fiber stacks that are made and freed at the same place, with other memory above them that
// is unmapped in between: memory that was readable once may not be read again without a check.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { STACK = 64 * 1024, ABOVE = 512 * 1024 };

static ucontext_t outside, inside;
static uint64_t stray; // where rbp points while the block is made

#if defined(__x86_64__)
// No unwind information, and rbp is a general register that holds an address.
__asm__(".text\n.type with_stray_rbp,@function\nwith_stray_rbp:\npush %rbp\nmov %rdi, %rax\nmov %rdx, %rbp\n"
        "mov %rsi, %rdi\ncall *%rax\npop %rbp\nret\n.size with_stray_rbp,.-with_stray_rbp\n");
void with_stray_rbp(void (*call)(size_t), size_t size, uint64_t rbp);
#else
static void with_stray_rbp(void (*call)(size_t), size_t size, uint64_t rbp) {
    (void)rbp;
    call(size);
}
#endif

// No frame of its own, so that rbp is still the stray one when malloc is entered.
static void allocate(size_t size) {
    char *block = malloc(size);
    block[0] = 1;
    free(block);
}

static void fiber(void) {
    with_stray_rbp(allocate, 50, stray);
}

static void run(char *stack) {
    getcontext(&inside);
    inside.uc_stack.ss_sp = stack;
    inside.uc_stack.ss_size = STACK;
    inside.uc_link = &outside;
    makecontext(&inside, fiber, 0);
    swapcontext(&outside, &inside);
}

int main(void) {
    char *memory = mmap(NULL, STACK + ABOVE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 5; i++) {
        stray = (uint64_t)(uintptr_t)memory + STACK + 4096 * 4;
        run(memory);
        munmap(memory + STACK, ABOVE);
        run(memory);
        run(memory);
        mmap(memory + STACK, ABOVE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    }
    puts("survived");
    return 0;
}
