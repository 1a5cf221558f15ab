// Unwind rules that compilers rarely emit, in hand-written frames around an allocation.
//
// Each function calls `call(size)` once. All are correct descriptions, except those in
// the second table, which have none: a stack through them may end early or be guessed,
// but must say so.
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef void (*callback)(size_t);

#if defined(__x86_64__)

#define FUNCTION(name, body) \
    __asm__(".text\n.p2align 4\n.type " #name ",@function\n" #name ":\n.cfi_startproc\n" body "\n" \
    ".cfi_endproc\n.size " #name ",.-" #name "\n"); \
    extern void name(callback call, size_t size)

#define BARE_FUNCTION(name, body) \
    __asm__(".text\n.p2align 4\n.type " #name ",@function\n" #name ":\n" body "\n.size " #name ",.-" #name "\n"); \
    extern void name(callback call, size_t size)

#define CALL "mov %rdi, %rax\nmov %rsi, %rdi\ncall *%rax\n"

// The frame address is in rbx, as in the dynamic linker's lazy binding.
FUNCTION(frame_in_rbx,
    "push %rbx\n.cfi_def_cfa_offset 16\n.cfi_offset %rbx, -16\nmov %rsp, %rbx\n.cfi_def_cfa_register %rbx\n"
    "and $-64, %rsp\n" CALL
        "mov %rbx, %rsp\n.cfi_def_cfa_register %rsp\npop %rbx\n.cfi_def_cfa_offset 8\n.cfi_restore %rbx\nret");

// rbp is saved further away than 32 KiB, and than 16 bits of words.
FUNCTION(far_save,
    "sub $1000008, %rsp\n.cfi_def_cfa_offset 1000016\nmov %rbp, 8(%rsp)\n.cfi_offset %rbp, -1000008\n"
    "mov $0x7fffffff, %ebp\n" CALL
        "mov 8(%rsp), %rbp\n.cfi_restore %rbp\nadd $1000008, %rsp\n.cfi_def_cfa_offset 8\nret");

FUNCTION(save_at_40000,
    "sub $40008, %rsp\n.cfi_def_cfa_offset 40016\nmov %rbp, 8(%rsp)\n.cfi_offset %rbp, -40008\n"
    "xor %ebp, %ebp\n" CALL "mov 8(%rsp), %rbp\n.cfi_restore %rbp\nadd $40008, %rsp\n.cfi_def_cfa_offset 8\nret");

// rbp rests in another register while a value that looks like an address is in it.
FUNCTION(saved_in_register,
    "push %r12\n.cfi_def_cfa_offset 16\n.cfi_offset %r12, -16\nmov %rbp, %r12\n.cfi_register %rbp, %r12\n"
    "lea 64(%rsp), %rbp\n"
    CALL "mov %r12, %rbp\n.cfi_restore %rbp\npop %r12\n.cfi_restore %r12\n.cfi_def_cfa_offset 8\nret");

// A frame whose address is an expression: rbp - 8 is the place that holds it.
FUNCTION(frame_by_expression,
    "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset %rbp, -16\nmov %rsp, %rbp\nlea 16(%rsp), %rax\n"
    "sub $16, %rsp\nmov %rax, 8(%rsp)\n"
    ".cfi_escape 0x0f, 0x03, 0x76, 0x78, 0x06\n" // DW_CFA_def_cfa_expression: breg6 -8, deref
    CALL "leave\n.cfi_def_cfa %rsp, 8\n.cfi_restore %rbp\nret");

// rbp's place is an expression: where the stack pointer points.
FUNCTION(save_by_expression,
    "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_escape 0x10, 0x06, 0x02, 0x77, 0x00\n" // DW_CFA_expression rbp: breg7 0
    "mov $16, %ebp\n" CALL "pop %rbp\n.cfi_restore %rbp\n.cfi_def_cfa_offset 8\nret");

// Remembered and restored state, two levels, around a call in the middle of the function.
FUNCTION(remembered,
    "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset %rbp, -16\n.cfi_remember_state\nsub $32, %rsp\n"
    ".cfi_def_cfa_offset 48\n"
    ".cfi_remember_state\nmov $1, %ebp\ntest %rsi, %rsi\njne 1f\nadd $32, %rsp\n.cfi_def_cfa_offset 16\n"
    "pop %rbp\n.cfi_restore %rbp\n"
    ".cfi_def_cfa_offset 8\nret\n1:\n.cfi_restore_state\n" CALL
        "add $32, %rsp\n.cfi_restore_state\npop %rbp\n.cfi_restore %rbp\n"
    ".cfi_def_cfa_offset 8\nret");

// The call lies 70,000 bytes into the function: the location advances by a 4-byte delta.
FUNCTION(far_inside,
    "jmp 1f\n.skip 300, 0x90\npush %rbp\n.cfi_def_cfa_offset 16\nud2\n.skip 70000, 0x90\n.cfi_def_cfa_offset 8\n1:\n"
    "sub $24, %rsp\n.cfi_def_cfa_offset 32\n" CALL "add $24, %rsp\n.cfi_def_cfa_offset 8\nret");

// Signed offsets, and notes about pushed arguments.
FUNCTION(signed_forms,
    "push %rbp\n.cfi_escape 0x12, 0x07, 0x7e\n" // DW_CFA_def_cfa_sf rsp, -2 * -8
    ".cfi_escape 0x11, 0x06, 0x02\n"            // DW_CFA_offset_extended_sf rbp, 2 * -8
    "push $0\n.cfi_escape 0x13, 0x7d\n"         // DW_CFA_def_cfa_offset_sf -3 * -8
    ".cfi_escape 0x2e, 0x10\n"                  // DW_CFA_GNU_args_size 16
    "push $0\n.cfi_def_cfa_offset 32\nmov $-1, %rbp\n" CALL
    "add $16, %rsp\n.cfi_def_cfa_offset 16\npop %rbp\n.cfi_restore %rbp\n.cfi_def_cfa_offset 8\nret");

// The usual frame, but rbp is changed afterwards to a plausible stack address.
FUNCTION(misleading_rbp,
    "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset %rbp, -16\nsub $48, %rsp\n.cfi_def_cfa_offset 64\n"
    "lea 8(%rsp), %rbp\n"
    "lea 32(%rsp), %rax\nmov %rax, (%rbp)\nlea frame_in_rbx(%rip), %rax\nmov %rax, 8(%rbp)\n" CALL
    "add $48, %rsp\n.cfi_def_cfa_offset 16\npop %rbp\n.cfi_restore %rbp\n.cfi_def_cfa_offset 8\nret");

// The frame lies 16 bytes above where rbp points.
FUNCTION(shifted_rbp,
    "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset %rbp, -16\nsub $160, %rsp\nlea 128(%rsp), %rbp\n"
    ".cfi_def_cfa %rbp, 48\n"
    CALL "add $160, %rsp\n.cfi_def_cfa %rsp, 16\npop %rbp\n.cfi_restore %rbp\n.cfi_def_cfa_offset 8\nret");

// Many pushes, and a stack pointer that moves between calls.
FUNCTION(pushes_between,
    "push %r15\n.cfi_adjust_cfa_offset 8\npush %r14\n.cfi_adjust_cfa_offset 8\npush %r13\n.cfi_adjust_cfa_offset 8\n"
    "push %rbp\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %rbp, 0\npush %rbx\n.cfi_adjust_cfa_offset 8\n"
    "xor %ebp, %ebp\n"
    "sub $16, %rsp\n.cfi_adjust_cfa_offset 16\n" CALL
        "sub $16, %rsp\n.cfi_adjust_cfa_offset 16\nadd $16, %rsp\n.cfi_adjust_cfa_offset -16\n"
    "add $16, %rsp\n.cfi_adjust_cfa_offset -16\npop %rbx\n.cfi_adjust_cfa_offset -8\npop %rbp\n"
    ".cfi_adjust_cfa_offset -8\n.cfi_restore %rbp\n"
    "pop %r13\n.cfi_adjust_cfa_offset -8\npop %r14\n.cfi_adjust_cfa_offset -8\npop %r15\n"
    ".cfi_adjust_cfa_offset -8\nret");

// No description at all, and rbp a general register.
BARE_FUNCTION(undescribed, "push %rbp\nmov $77, %ebp\n" CALL "pop %rbp\nret");
BARE_FUNCTION(undescribed_misleading,
    "push %rbp\nsub $32, %rsp\nlea (%rsp), %rbp\nlea 24(%rsp), %rax\nmov %rax, (%rbp)\n"
    "lea frame_in_rbx(%rip), %rax\nmov %rax, 8(%rbp)\n"
    CALL "add $32, %rsp\npop %rbp\nret");
BARE_FUNCTION(undescribed_with_frame, "push %rbp\nmov %rsp, %rbp\n" CALL "pop %rbp\nret");

static const struct {
    void (*call)(callback, size_t);
} functions[] = {
    {frame_in_rbx}, {far_save}, {save_at_40000}, {saved_in_register}, {frame_by_expression}, {save_by_expression},
        {remembered},
    {far_inside}, {signed_forms}, {misleading_rbp}, {shifted_rbp}, {pushes_between},
    {undescribed}, {undescribed_misleading}, {undescribed_with_frame},
};

#else

static const struct {
    void (*call)(callback, size_t);
} functions[] = {{0}};

#endif

static __attribute__((noinline)) void allocate(size_t size) {
    char *block = malloc(size);
    block[0] = 1;
    free(block);
}

static size_t below;

// Calls the next odd frame from inside an odd frame.
static __attribute__((noinline)) void nested(size_t size) {
    functions[below].call(allocate, size);
    allocate(size + 1);
}

static jmp_buf back;

static __attribute__((noinline, noreturn)) void leave(size_t size) {
    allocate(size);
    longjmp(back, 1);
}

// Its last instruction is the call: the return address lies in the next function.
static __attribute__((noinline, noreturn)) void ends_with_call(size_t size) {
    leave(size);
}

int main(void) {
    const char *only = getenv("RULES_ONLY");
    size_t count = sizeof functions / sizeof *functions, first = only ? (size_t)atoi(only) : 0;
    for (size_t i = first; i < (only ? first + 1 : count) && functions[i].call; i++) {
        for (size_t size = 20; size < 30; size++) functions[i].call(allocate, size);
        for (below = 0; below < count; below++) functions[i].call(nested, 40 + below);
    }
    for (volatile size_t i = 0; i < 20; i++) {
        if (!setjmp(back)) ends_with_call(i + 5);
    }
    return 0;
}
