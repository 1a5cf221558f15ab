// The registers of a stopped thread, as roots. Pointers travel in vector registers too: memcpy uses them.
#include "stop.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <ucontext.h>

static void mscope_note_register(struct mscope_scan_thread *thread, uint64_t word)
{
    if (thread->count < MSCOPE_SCAN_REGISTERS) thread->registers[thread->count++] = word;
}

#if defined(__x86_64__)

enum { MSCOPE_SYSCALL_BYTES = 2 }; // 0f 05

long mscope_take_registers(struct mscope_scan_thread *thread, const struct user_regs_struct *registers)
{
    // All but what holds no data: the program counter, flags, segments.
    const uint64_t words[] = {registers->rax, registers->rbx, registers->rcx, registers->rdx, registers->rsi,
                              registers->rdi, registers->rbp, registers->r8,  registers->r9,  registers->r10,
                              registers->r11, registers->r12, registers->r13, registers->r14, registers->r15};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) mscope_note_register(thread, words[i]);
    thread->sp = registers->rsp;
    thread->pointer = registers->fs_base;
    return (long)registers->rax == -EINTR ? (long)registers->orig_rax : -1;
}

void mscope_rewind_call(struct user_regs_struct *registers)
{
    registers->rax = registers->orig_rax;
    registers->rip -= MSCOPE_SYSCALL_BYTES;
}

void mscope_take_vectors(struct mscope_scan_thread *thread, const uint64_t *words, uint64_t size)
{
    // XSAVE's layout: xmm0 to xmm15 from byte 160, the upper halves of ymm0 to ymm15 from byte 576.
    for (uint64_t at = 160; at < 416 && at < size; at += 8) mscope_note_register(thread, words[at / 8]);
    for (uint64_t at = 576; at < 832 && at < size; at += 8) mscope_note_register(thread, words[at / 8]);
}

void mscope_take_context(struct mscope_scan_thread *thread, const void *context)
{
    const mcontext_t *machine = &((const ucontext_t *)context)->uc_mcontext;
    for (int i = REG_R8; i <= REG_RCX; i++) mscope_note_register(thread, (uint64_t)machine->gregs[i]);
    thread->sp = (uint64_t)machine->gregs[REG_RSP];
    if (machine->fpregs != NULL) mscope_take_vectors(thread, (const uint64_t *)(const void *)machine->fpregs, 512);
}

/// "mov $number, %eax; syscall", as libc's wrappers have it: the number itself is gone. -1: something else.
static long mscope_call_before(uint64_t pc)
{
    const uint8_t *code = (const uint8_t *)(pc - 7);
    if (pc % MSCOPE_PAGE < 7 || code[0] != 0xb8 || code[5] != 0x0f || code[6] != 0x05) return -1;
    return (long)(code[1] | code[2] << 8 | code[3] << 16);
}

void mscope_rewind_context(void *context)
{
    ucontext_t *user = context;
    greg_t *registers = user->uc_mcontext.gregs;
    if (registers[REG_RAX] != -EINTR) return;
    long call = mscope_call_before((uint64_t)registers[REG_RIP]);
    uint64_t pending = 0, mask;
    memcpy(&mask, &user->uc_sigmask, sizeof(mask));
    mscope_raw(SYS_rt_sigpending, &pending, sizeof(pending));
    if (call < 0 || !mscope_restarts_after_handler(call) || (pending & ~mask) != 0) return;
    registers[REG_RAX] = call;
    registers[REG_RIP] -= MSCOPE_SYSCALL_BYTES;
}

#elif defined(__aarch64__)

enum { MSCOPE_SYSCALL_BYTES = 4 };

long mscope_take_registers(struct mscope_scan_thread *thread, const struct user_regs_struct *registers)
{
    for (int i = 0; i < 31; i++) mscope_note_register(thread, registers->regs[i]);
    thread->sp = registers->sp;
    return (long)registers->regs[0] == -EINTR ? (long)registers->regs[8] : -1;
}

void mscope_rewind_call(struct user_regs_struct *registers)
{
    (void)registers; // the first argument is gone: it cannot be made again
}

void mscope_take_vectors(struct mscope_scan_thread *thread, const uint64_t *words, uint64_t size)
{
    for (uint64_t at = 0; at < 512 && at < size; at += 8) mscope_note_register(thread, words[at / 8]);
}

void mscope_take_context(struct mscope_scan_thread *thread, const void *context)
{
    const mcontext_t *machine = &((const ucontext_t *)context)->uc_mcontext;
    for (int i = 0; i < 31; i++) mscope_note_register(thread, machine->regs[i]);
    thread->sp = machine->sp;
}

void mscope_rewind_context(void *context)
{
    (void)context;
}

#endif
