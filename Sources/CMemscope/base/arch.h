// Everything that depends on the processor: registers, signal frames, single-thread counters.
//
// A port supplies: MSCOPE_ADDRESS_BITS, the DWARF numbers of frame pointer, stack pointer and Swift's async context,
// mscope_bump(), mscope_count_down(), mscope_thread_pointer(), mscope_raw_call() and the reading of a signal frame.
#ifndef MSCOPE_BASE_ARCH_H
#define MSCOPE_BASE_ARCH_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include "base/atomic.h"

/// The registers that a step of unwinding reads and writes.
struct mscope_cursor {
    uint64_t pc, sp, fp;
};

// For functions that use MSCOPE_CALLER. From a function that must not be inlined, the compiler does not split off a
// seldom used part as another function, in which MSCOPE_CALLER would name the wrong caller.
#define MSCOPE_NOT_SPLIT __attribute__((noinline))
/// A function that returns a block clears the registers that it used: what they hold would look like a reference to the
/// block as long as the caller does not use them.
#define MSCOPE_CLEARS_REGISTERS __attribute__((zero_call_used_regs("used-gpr")))

#if defined(__x86_64__)

// The caller of the function that uses this macro: return address, stack pointer, frame pointer. The function must not
// be inlined and must have a frame.
#define MSCOPE_CALLER                                                                             \
    ((const uint64_t *)__builtin_frame_address(0))[1], (uint64_t)__builtin_frame_address(0) + 16, \
        ((const uint64_t *)__builtin_frame_address(0))[0]

// The body of a naked function that jumps to `target` with its return address as word `n`, 2 or 4. A function that
// reads its own return address in C gets a frame; on the hot path the frame costs as much as the work the address is
// needed for.
#define MSCOPE_JUMP_WITH_CALLER(n, target) __asm__ volatile("movq (%rsp), %" MSCOPE_WORD_##n "\n\tjmp " target)
// The body of a naked function like syscall(2): three calls by number go to functions, all others to
// mscope_next_syscall.
#define MSCOPE_SYSCALL_BODY(first, target, second, target2, third, target3)                     \
    __asm__ volatile("cmpq %0, %%rdi\n\tje " target "\n\tcmpq %1, %%rdi\n\tje " target2         \
                     "\n\tcmpq %2, %%rdi\n\tje " target3 "\n\tjmpq *mscope_next_syscall(%%rip)" \
                     :                                                                          \
                     : "i"(first), "i"(second), "i"(third))
#define MSCOPE_WORD_2 "rsi"
#define MSCOPE_WORD_4 "rcx"

static inline uint64_t mscope_code_address(uint64_t pc)
{
    return pc;
}

enum { MSCOPE_ADDRESS_BITS = 47, MSCOPE_DWARF_FP = 6, MSCOPE_DWARF_SP = 7, MSCOPE_DWARF_CONTEXT = 14 };

/// The register in which Swift's async functions keep their context. Read it only in a function that has touched
/// nothing yet and calls nothing: the register still holds the caller's value there.
static inline uint64_t mscope_async_register(void)
{
    uint64_t context;
    __asm__ volatile("movq %%r14, %0" : "=r"(context));
    return context;
}

/// Adds to a counter that only this thread writes, in one instruction: a signal handler in between never loses an
/// update, and other threads always read a whole word.
static inline void mscope_bump(_Atomic uint64_t *counter, uint64_t amount)
{
    __asm__ volatile("addq %1, %0" : "+m"(*(uint64_t *)(void *)counter) : "er"(amount) : "cc");
}

/// Subtracts from a counter that only this thread writes, also in one instruction; true while the counter is above
/// zero.
static inline bool mscope_count_down(_Atomic int64_t *counter, uint64_t amount)
{
    bool above;
    __asm__ volatile("subq %2, %0" : "+m"(*(int64_t *)(void *)counter), "=@ccg"(above) : "er"(amount));
    return above;
}

static inline uint64_t mscope_thread_pointer(void)
{
    uint64_t pointer;
    __asm__("movq %%fs:0, %0" : "=r"(pointer));
    return pointer;
}

/// The end of the calling function's stack; reading it needs no frame.
static inline uint64_t mscope_stack_pointer(void)
{
    uint64_t sp;
    __asm__("movq %%rsp, %0" : "=r"(sp));
    return sp;
}

static inline struct mscope_cursor mscope_interrupted(const ucontext_t *context)
{
    return (struct mscope_cursor){
        .pc = (uint64_t)context->uc_mcontext.gregs[REG_RIP],
        .sp = (uint64_t)context->uc_mcontext.gregs[REG_RSP],
        .fp = (uint64_t)context->uc_mcontext.gregs[REG_RBP],
    };
}

/// `sp` points at the ucontext when __restore_rt is about to run.
static inline struct mscope_cursor mscope_signal_frame(uint64_t sp)
{
    return mscope_interrupted((const ucontext_t *)sp);
}
enum { MSCOPE_SIGNAL_FRAME_SIZE = sizeof(ucontext_t) };
/// mov $SYS_rt_sigreturn, %rax; syscall
#define MSCOPE_SIGNAL_RETURN {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05}

/// A system call without libc. It does not write errno: a process that shares the program's memory shares errno, too.
static inline long mscope_raw_call(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/// Whether a page fault was a write: bit 1 of its error code.
static inline bool mscope_fault_was_write(const ucontext_t *context)
{
    return context->uc_mcontext.gregs[REG_ERR] & 2;
}

/// The general registers, to find the one that holds a bad address.
static inline uint64_t *mscope_registers(ucontext_t *context, uint32_t *count)
{
    *count = REG_RIP;
    return (uint64_t *)context->uc_mcontext.gregs;
}

/// The number of prefixes (size, segment, repetition, REX) at the start of an instruction of which `count` bytes can be
/// read.
static inline size_t mscope_prefix_count(const uint8_t *code, size_t count)
{
    size_t i = 0;
    while (i + 2 < count
           && (code[i] == 0x66 || code[i] == 0x67 || (code[i] & 0xe7) == 0x26 || (code[i] & 0xfe) == 0x64
               || (code[i] & 0xfe) == 0xf2 || (code[i] & 0xf0) == 0x40))
        i++;
    return i;
}

/// Whether an instruction calls or jumps to an address from a register or from memory.
static inline bool mscope_is_jump(const uint8_t *code, size_t count)
{
    size_t i = mscope_prefix_count(code, count);
    if (i + 2 > count) return true; // nothing to read: the jump has been made
    uint8_t operation = code[i + 1] >> 3 & 7;
    return code[i] == 0xff && operation >= 2 && operation <= 5;
}

/// The address from which such an instruction reads its target: base + index + displacement. 0 when the target comes
/// from elsewhere.
static inline uint64_t mscope_jump_source(const uint8_t code[16], size_t count, const uint64_t *registers)
{
    static const uint8_t order[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                    REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    size_t i = mscope_prefix_count(code, count);
    if (count < 16 || i > 4) return 0;
    uint8_t rex = i > 0 && (code[i - 1] & 0xf0) == 0x40 ? code[i - 1] : 0;
    uint8_t form = code[i + 1] >> 6, base = code[i + 1] & 7;
    if (form == 3 || (form == 0 && base == 5)) return 0; // target in a register; target next to the code
    size_t at = i + 2;
    uint64_t address = 0;
    if (base == 4) {
        uint8_t scaled = code[at++], index = (uint8_t)((scaled >> 3 & 7) | (rex & 2) << 2);
        base = scaled & 7;
        if (index != 4) address = registers[order[index]] << (scaled >> 6);
    }
    bool has_base = form != 0 || base != 5;
    if (has_base) address += registers[order[base | (rex & 1) << 3]];
    int32_t distance = 0;
    if (form == 1)
        distance = (int8_t)code[at];
    else if (form == 2 || !has_base)
        memcpy(&distance, code + at, sizeof(distance));
    return address + (uint64_t)(int64_t)distance;
}

#elif defined(__aarch64__)

#define MSCOPE_CALLER                                                                                        \
    mscope_code_address(((const uint64_t *)__builtin_frame_address(0))[1]), (uint64_t)__builtin_dwarf_cfa(), \
        ((const uint64_t *)__builtin_frame_address(0))[0]

#define MSCOPE_JUMP_WITH_CALLER(n, target) __asm__ volatile("mov " MSCOPE_WORD_##n ", x30\n\tb " target)
#define MSCOPE_SYSCALL_BODY(first, target, second, target2, third, target3)                                           \
    __asm__ volatile("cmp x0, %0\n\tb.eq " target "\n\tcmp x0, %1\n\tb.eq " target2 "\n\tcmp x0, %2\n\tb.eq " target3 \
                     "\n\tadrp x16, mscope_next_syscall\n\t"                                                          \
                     "ldr x16, [x16, :lo12:mscope_next_syscall]\n\tbr x16"                                            \
                     :                                                                                                \
                     : "i"(first), "i"(second), "i"(third))
#define MSCOPE_WORD_2 "x1"
#define MSCOPE_WORD_4 "x3"

/// Return addresses may carry a pointer authentication code above the address bits.
static inline uint64_t mscope_code_address(uint64_t pc)
{
    return pc & ((1ull << 48) - 1);
}

enum { MSCOPE_ADDRESS_BITS = 48, MSCOPE_DWARF_FP = 29, MSCOPE_DWARF_SP = 31, MSCOPE_DWARF_CONTEXT = 22 };

static inline uint64_t mscope_async_register(void)
{
    uint64_t context;
    __asm__ volatile("mov %0, x22" : "=r"(context));
    return context;
}

// ARMv8.0 has no single instruction that adds to memory: relaxed atomics, which LSE compiles to one stadd.
static inline void mscope_bump(_Atomic uint64_t *counter, uint64_t amount)
{
    mscope_add_relaxed(counter, amount);
}

static inline bool mscope_count_down(_Atomic int64_t *counter, uint64_t amount)
{
    return mscope_add_relaxed(counter, -(int64_t)amount) > (int64_t)amount;
}

static inline uint64_t mscope_thread_pointer(void)
{
    return (uint64_t)__builtin_thread_pointer();
}

static inline uint64_t mscope_stack_pointer(void)
{
    uint64_t sp;
    __asm__("mov %0, sp" : "=r"(sp));
    return sp;
}

static inline struct mscope_cursor mscope_interrupted(const ucontext_t *context)
{
    return (struct mscope_cursor){
        .pc = context->uc_mcontext.pc,
        .sp = context->uc_mcontext.sp,
        .fp = context->uc_mcontext.regs[29],
    };
}

/// `sp` points at the siginfo; the ucontext follows it.
static inline struct mscope_cursor mscope_signal_frame(uint64_t sp)
{
    return mscope_interrupted((const ucontext_t *)(sp + sizeof(siginfo_t)));
}
enum { MSCOPE_SIGNAL_FRAME_SIZE = sizeof(siginfo_t) + sizeof(ucontext_t) };
/// mov x8, #SYS_rt_sigreturn; svc #0
#define MSCOPE_SIGNAL_RETURN {0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4}

static inline long mscope_raw_call(long number, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}

/// Whether a page fault was a write: bit 6 of the syndrome register, which the kernel puts into one of the extra
/// records of the signal frame.
static inline bool mscope_fault_was_write(const ucontext_t *context)
{
    const uint8_t *at = context->uc_mcontext.__reserved, *end = at + sizeof(context->uc_mcontext.__reserved);
    while (end - at >= 16) {
        uint32_t head[2]; // magic, size
        __builtin_memcpy(head, at, sizeof(head));
        if (head[0] == 0x45535201) return at[8] & 64;
        if (head[0] == 0 || head[1] < 16) break;
        at += head[1];
    }
    return false;
}

static inline uint64_t *mscope_registers(ucontext_t *context, uint32_t *count)
{
    *count = 31;
    return (uint64_t *)context->uc_mcontext.regs;
}

/// Whether the fault comes from a jump. On arm64 a jump itself does not fault: the fault comes after it, at an address
/// where no code can be read.
static inline bool mscope_is_jump(const uint8_t *code, size_t count)
{
    (void)code;
    return count < 4;
}

/// 0: on arm64 jump targets come from registers.
static inline uint64_t mscope_jump_source(const uint8_t code[16], size_t count, const uint64_t *registers)
{
    (void)code, (void)count, (void)registers;
    return 0;
}

#else
#error "MemScope supports x86-64 and arm64 Linux"
#endif

#endif
