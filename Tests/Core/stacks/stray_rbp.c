// rbp is a general register: at an allocation it may contain any value, and so may the place where a frame saved it.
// Nothing is read by it that is not there, and a stack is recorded as far as it is right.
//
// argument: "described" for nothing but functions whose description is right, so that other unwinders may judge;
// "faults" for reads of freed blocks, under MEMSCOPE_CHECKS=pages
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

#include "../support/errors.h"

#if defined(__x86_64__)

typedef void *(*maker)(size_t, size_t);

// Each sets rbp to its first argument, calls the second with the other two, and returns what that returns, to
// `name`_back. Who called it is noted.
#define FUNCTION(name, begin, stray, finish) \
    __asm__(".text\n.p2align 4\n.type " #name ",@function\n" #name ":\n" begin "mov 8(%rsp), %rax\n" \
        "mov %rax, caller_of_stray(%rip)\nmov %rdi, %rbp\n" stray #name "_back:\n" finish ".size " #name ",.-" #name); \
    extern void *name(uint64_t rbp, maker call, size_t first, size_t second); \
    extern char name##_back[]

#define PUSH ".cfi_startproc\npush %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset %rbp, -16\n"
#define CALL "mov %rsi, %rax\nmov %rdx, %rdi\nmov %rcx, %rsi\ncall *%rax\n"
#define POP "pop %rbp\n.cfi_def_cfa %rsp, 8\n.cfi_restore %rbp\nret\n.cfi_endproc\n"

__attribute__((used)) static uint64_t caller_of_stray;

FUNCTION(described, PUSH, CALL, POP);
FUNCTION(undescribed, "push %rbp\n", CALL, "pop %rbp\nret\n");
FUNCTION(trapped, PUSH, "int3\n", POP);
FUNCTION(undescribed_trapped, "push %rbp\n", "int3\n", "pop %rbp\nret\n");
// As code is described that borrows rbp and does not say so.
FUNCTION(mistaken, PUSH ".cfi_def_cfa_register %rbp\n", CALL, POP);
FUNCTION(mistaken_far, PUSH ".cfi_def_cfa %rbp, 48\n", CALL, POP);
FUNCTION(mistaken_wide, PUSH ".cfi_def_cfa %rbp, 20\n", CALL, POP);
FUNCTION(mistaken_expression, PUSH ".cfi_escape 0x0f, 3, 0x76, 0x78, 0x06\n", CALL, POP); // CFA = *(rbp - 8)

// A usual frame, in which the stray rbp is saved.
void *framed(size_t first, size_t second);
__asm__(".text\n.p2align 4\n.type framed,@function\nframed:\n" PUSH "mov %rsp, %rbp\n.cfi_def_cfa_register %rbp\n"
    "call malloc@PLT\n" POP ".size framed,.-framed\n");

static const struct stray {
    void *(*function)(uint64_t rbp, maker call, size_t first, size_t second);
    char *back;
    enum { RIGHT, NONE, WRONG } description;
} functions[] = {
    {described, described_back, RIGHT}, {undescribed, undescribed_back, NONE},
    {mistaken, mistaken_back, WRONG}, {mistaken_far, mistaken_far_back, WRONG},
    {mistaken_wide, mistaken_wide_back, WRONG}, {mistaken_expression, mistaken_expression_back, WRONG},
};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

// No stack has these addresses: of the first page, of the last one below the hole, of the hole, of the kernel's half.
static const uint64_t values[] = {
    0, 1, 2, 7, 8, 15, 16, 47, 48, 4095, 0x7ffffffff000, 0x7ffffffffff0, 0x7ffffffffff8, 0x7fffffffffff,
    0x800000000000, 1ull << 60, 0x7fffffffffffffff, 1ull << 63, 0xffff800000000000, 0xffffffff80000000,
    0xffffffffff600000, -4097ull, -4096ull, -49ull, -48ull, -47ull, -40ull, -20ull, -17ull, -16ull, -15ull, -12ull,
    -9ull, -8ull, -7ull, -2ull, -1ull,
};
enum { VALUES = sizeof values / sizeof values[0] };
static size_t function_count = FUNCTIONS;

/// Where in a block's stack a return address is; -1 when it is not.
static int place_in(const struct mscope_site *site, uint64_t pc) {
    for (uint32_t i = 0; i < site->frame_count; i++)
        if (site->frames[i] == pc) return (int)i;
    return -1;
}

/// A stack that goes through a stray function: to its end where it can, to that function where not.
static void expect_stack(const struct mscope_site *site, const struct stray *stray, uint64_t back, uint64_t rbp,
    bool on_stack) {
    int at = place_in(site, back);
    expect(at >= 0, "rbp %llx: the function that called is not in the stack", (unsigned long long)rbp);
    uint32_t behind = (uint32_t)at + 1;
    if (at < 0) return;
    if (stray->description == RIGHT) {
        expect(site->flags == 0, "rbp %llx: flags %u", (unsigned long long)rbp, site->flags);
        expect(behind + 1 < site->frame_count && site->frames[behind] == caller_of_stray, "rbp %llx: a wrong caller",
            (unsigned long long)rbp);
    } else if (!on_stack) {
        expect(site->flags == MSCOPE_STACK_TRUNCATED, "rbp %llx: flags %u", (unsigned long long)rbp, site->flags);
        expect(site->frame_count == behind, "rbp %llx: %u frames behind an address that is none",
            (unsigned long long)rbp, site->frame_count - behind);
    } else if (stray->description == NONE) {
        expect(site->flags != 0, "rbp %llx: a guess is called exact", (unsigned long long)rbp);
    }
}

static void expect_block_stack(const void *pointer, const struct stray *stray, uint64_t rbp, bool on_stack) {
    struct mscope_block block;
    struct mscope_site site;
    bool found = mscope_find_block((uint64_t)(uintptr_t)pointer, &block) && mscope_read_site(block.site, &site);
    expect(found, "rbp %llx: a block without a stack", (unsigned long long)rbp);
    if (found) expect_stack(&site, stray, (uint64_t)(uintptr_t)stray->back, rbp, on_stack);
}

/// Every way to a block, with the same rbp.
static void allocate(const struct stray *stray, uint64_t rbp, bool on_stack) {
    static const maker makers[] = {(maker)(void (*)(void))malloc, (maker)calloc, (maker)aligned_alloc, framed};
    maker resize = (maker)(void (*)(void))realloc, release = (maker)(void (*)(void))free;
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        void *block = stray->function(rbp, makers[i], 64, 128);
        expect_block_stack(block, stray, rbp, on_stack);
        block = stray->function(rbp, resize, (size_t)block, 300);
        expect_block_stack(block, stray, rbp, on_stack);
        stray->function(rbp, release, (size_t)block, 0);
    }
}

static void allocate_with_all(void) {
    uint64_t here = (uint64_t)(uintptr_t)__builtin_frame_address(0) & ~15ull;
    for (size_t f = 0; f < function_count; f++) {
        for (size_t v = 0; v < VALUES; v++) allocate(&functions[f], values[v], false);
        // Below the frame of the call, within frames above, between words.
        for (int64_t offset = -4096; offset <= 64; offset += offset < 0 ? 1021 : 4)
            allocate(&functions[f], here + (uint64_t)offset, true);
    }
}

static void *on_thread(void *unused) {
    allocate_with_all();
    return unused;
}

static void on_signal(int number) {
    (void)number;
    allocate_with_all();
}

static void places(void) {
    test("whatever rbp holds, a block of the first thread is made, and its stack is right as far as it goes");
    allocate_with_all();
    end();
    test("and one of another thread");
    pthread_t thread;
    pthread_create(&thread, NULL, on_thread, NULL);
    pthread_join(thread, NULL);
    end();
    test("and one of a handler on a stack of its own");
    static char memory[1 << 17];
    sigaltstack(&(stack_t){.ss_sp = memory, .ss_size = sizeof memory}, NULL);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_signal, .sa_flags = SA_ONSTACK}, NULL);
    raise(SIGUSR1);
    end();
}

// ---- handlers that come while rbp is stray

static const struct stray *interrupted;
static uint64_t interrupting;

/// Of an interrupted instruction the address plus one is kept.
static void on_trap(int number) {
    (void)number;
    struct mscope_block block;
    struct mscope_site site;
    char *made = malloc(50);
    bool found = mscope_find_block((uint64_t)(uintptr_t)made, &block) && mscope_read_site(block.site, &site);
    expect(found, "a block without a stack");
    if (found) expect_stack(&site, interrupted, (uint64_t)(uintptr_t)interrupted->back + 1, interrupting, false);
    free(made);
}

static void traps(void) {
    static const struct stray both[] = {
        {trapped, trapped_back, RIGHT}, {undescribed_trapped, undescribed_trapped_back, NONE}};
    test("a handler's stack goes through the function that it interrupted, as far as that one's description does");
    sigaction(SIGTRAP, &(struct sigaction){.sa_handler = on_trap}, NULL);
    for (size_t f = 0; f < (function_count > 1 ? 2 : 1); f++) {
        for (size_t v = 0; v < VALUES; v++) {
            interrupted = &both[f];
            interrupting = values[v];
            both[f].function(values[v], NULL, 0, 0);
        }
    }
    end();
}

// ---- accesses that are caught while rbp is stray

static void *peek(size_t address, size_t unused) {
    (void)unused;
    return (void *)(uintptr_t)*(volatile char *)address;
}

static void faults(void) {
    test("an access is reported with its stack, as far as it is right");
    for (size_t f = 0; f < function_count; f++) {
        for (size_t v = 0; v < VALUES; v++) {
            char *block = malloc(100);
            free(block);
            mark_errors();
            functions[f].function(values[v], peek, (size_t)block, 0);
            expect_errors(1);
            struct mscope_site site;
            bool found = mscope_read_site(last_error().access_site, &site);
            expect(found && stack_has(site.id, peek), "rbp %llx: not the stack", (unsigned long long)values[v]);
            if (found) expect_stack(&site, &functions[f], (uint64_t)(uintptr_t)functions[f].back, values[v], false);
        }
    }
    end();
}

int main(int count, char **arguments) {
    const char *what = count > 1 ? arguments[1] : "";
    if (strcmp(what, "described") == 0) function_count = 1;
    if (strcmp(what, "faults") == 0) {
        faults();
    } else {
        places();
        traps();
    }
    return check_result();
}

#else

int main(void) {
    test("whatever rbp holds, a block is made");
    skip("there is no rbp");
    return check_result();
}

#endif
