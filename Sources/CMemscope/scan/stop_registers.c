// The registers of a stopped thread, as roots. Vector registers hold pointers, too: while memmove moves words over
// their old place, these words are nowhere else.
#include "scan/scan.h"
#include "scan/stop.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <ucontext.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static void mscope_note_register(struct mscope_scan_thread *thread, uint64_t word)
{
    if (thread->count < MSCOPE_SCAN_REGISTERS) thread->registers[thread->count++] = word;
}

/// A thread that waits for the report has called MemScope, so it keeps nothing in vector registers: the words there are
/// old.
void mscope_take_vectors(const struct mscope_plan *plan, struct mscope_scan_thread *thread, const uint64_t *words,
                         uint64_t size)
{
    if (mscope_is_ending(thread->tid)) return;
    for (int part = 0; part < MSCOPE_VECTOR_PARTS; part++)
        for (uint64_t at = plan->vectors[part].start; at < plan->vectors[part].end && at < size; at += 8)
            mscope_note_register(thread, words[at / 8]);
}

#if defined(__x86_64__)

enum { MSCOPE_SYSCALL_BYTES = 2 }; // 0f 05
enum { MSCOPE_XSAVE_MAGIC = 0x46505853, MSCOPE_FXSAVE_BYTES = 512 };

void mscope_find_vectors(struct mscope_range vectors[MSCOPE_VECTOR_PARTS])
{
    // XSAVE's layout: xmm0 to xmm15; then the upper halves of ymm0 to 15, those of zmm0 to 15, and all of zmm16 to 31,
    // at the offsets that the processor gives.
    static const uint32_t parts[MSCOPE_VECTOR_PARTS] = {0, 2, 6, 7};
    vectors[0] = (struct mscope_range){160, 416};
    for (int i = 1; i < MSCOPE_VECTOR_PARTS; i++) {
        uint32_t size = 0, at = 0, unused;
        if (!__get_cpuid_count(0xd, parts[i], &size, &at, &unused, &unused)) size = 0;
        vectors[i] = (struct mscope_range){at, at + size};
    }
}

long mscope_take_registers(struct mscope_scan_thread *thread, const struct user_regs_struct *registers)
{
    // All registers that hold data: not the program counter, flags and segments.
    const uint64_t words[] = {registers->rax, registers->rbx, registers->rcx, registers->rdx, registers->rsi,
                              registers->rdi, registers->rbp, registers->r8,  registers->r9,  registers->r10,
                              registers->r11, registers->r12, registers->r13, registers->r14, registers->r15};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) mscope_note_register(thread, words[i]);
    thread->general = thread->count;
    thread->sp = registers->rsp;
    thread->frame = (struct mscope_frame){
        .pc = registers->rip,
        .sp = registers->rsp,
        .kept = {registers->rbx, registers->rbp, registers->r12, registers->r13, registers->r14, registers->r15},
        .known = MSCOPE_ALL_KEPT,
    };
    thread->pointer = registers->fs_base;
    return (long)registers->rax == -EINTR ? (long)registers->orig_rax : -1;
}

void mscope_rewind_call(struct user_regs_struct *registers)
{
    registers->rax = registers->orig_rax;
    registers->rip -= MSCOPE_SYSCALL_BYTES;
}

void mscope_take_context(const struct mscope_plan *plan, struct mscope_scan_thread *thread, const void *context)
{
    const mcontext_t *machine = &((const ucontext_t *)context)->uc_mcontext;
    for (int i = REG_R8; i <= REG_RCX; i++) mscope_note_register(thread, (uint64_t)machine->gregs[i]);
    thread->general = thread->count;
    thread->sp = (uint64_t)machine->gregs[REG_RSP];
    static const int kept[MSCOPE_KEPT] = {REG_RBX, REG_RBP, REG_R12, REG_R13, REG_R14, REG_R15};
    thread->frame =
        (struct mscope_frame){.pc = (uint64_t)machine->gregs[REG_RIP], .sp = thread->sp, .known = MSCOPE_ALL_KEPT};
    for (int i = 0; i < MSCOPE_KEPT; i++) thread->frame.kept[i] = (uint64_t)machine->gregs[kept[i]];
    if (machine->fpregs == NULL) return;
    // The last words of the part that all processors have say what follows: struct _fpx_sw_bytes.
    const uint64_t *words = (const uint64_t *)(const void *)machine->fpregs;
    bool more = (uint32_t)words[58] == MSCOPE_XSAVE_MAGIC;
    mscope_take_vectors(plan, thread, words, more ? (uint32_t)words[60] : MSCOPE_FXSAVE_BYTES);
}

/// The number of the call before `pc`, from code like "mov $number, %eax; syscall" in libc's wrappers: no register has
/// the number any more. -1: other code.
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
    mscope_system(SYS_rt_sigpending, &pending, sizeof(pending));
    if (call < 0 || !mscope_restarts_after_handler(call) || (pending & ~mask) != 0) return;
    registers[REG_RAX] = call;
    registers[REG_RIP] -= MSCOPE_SYSCALL_BYTES;
}

#elif defined(__aarch64__)

enum { MSCOPE_SYSCALL_BYTES = 4 };

static void mscope_note_frame(struct mscope_scan_thread *thread, const uint64_t *registers, uint64_t pc, uint64_t sp)
{
    thread->general = thread->count;
    thread->sp = sp;
    thread->frame = (struct mscope_frame){.pc = pc, .sp = sp, .known = MSCOPE_ALL_KEPT};
    memcpy(thread->frame.kept, &registers[19], sizeof(thread->frame.kept));
}

long mscope_take_registers(struct mscope_scan_thread *thread, const struct user_regs_struct *registers)
{
    for (int i = 0; i < 31; i++) mscope_note_register(thread, registers->regs[i]);
    mscope_note_frame(thread, (const uint64_t *)registers->regs, registers->pc, registers->sp);
    return (long)registers->regs[0] == -EINTR ? (long)registers->regs[8] : -1;
}

void mscope_rewind_call(struct user_regs_struct *registers)
{
    (void)registers; // the first argument is lost: the call cannot be made again
}

void mscope_find_vectors(struct mscope_range vectors[MSCOPE_VECTOR_PARTS])
{
    vectors[0] = (struct mscope_range){0, 512};
}

void mscope_take_context(const struct mscope_plan *plan, struct mscope_scan_thread *thread, const void *context)
{
    (void)plan;
    const mcontext_t *machine = &((const ucontext_t *)context)->uc_mcontext;
    for (int i = 0; i < 31; i++) mscope_note_register(thread, machine->regs[i]);
    mscope_note_frame(thread, (const uint64_t *)machine->regs, machine->pc, machine->sp);
}

void mscope_rewind_context(void *context)
{
    (void)context;
}

#endif
