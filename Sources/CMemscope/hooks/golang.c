// Programs in Go end by a system call of their own, not by libc's _exit. For a report, the function that makes that
// call is changed to lead to the core's _exit. It is found by its bytes, in images that have Go's build id.
#include "hooks/ending.h"
#include "hooks/hooks.h"

#include <elf.h>
#include <link.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

bool mscope_has_go;

#if defined(__x86_64__) && !defined(MSCOPE_NO_HOOKS)

enum { MSCOPE_GO_NOTE = 4, MSCOPE_EXIT_BYTES = 12, MSCOPE_FUNCTION_ALIGNMENT = 16 };

// movl 8(%rsp), %edi; movl $SYS_exit_group, %eax; syscall; ret
static const uint8_t mscope_go_exit[MSCOPE_EXIT_BYTES] = {0x8b, 0x7c, 0x24, 0x08, 0xb8, 0xe7,
                                                          0,    0,    0,    0x0f, 0x05, 0xc3};

// Go calls the function on stacks too small for the core. The first thread that ends gets this stack, others wait for
// its end.
MSCOPE_HIDDEN __attribute__((used)) _Alignas(64) uint8_t mscope_go_stack[65536];
MSCOPE_HIDDEN __attribute__((used)) uint32_t mscope_go_leaves;

MSCOPE_HIDDEN __attribute__((used, noreturn)) void mscope_leave_go(int status)
{
    // Nothing is known of what handlers of Go do on a stack that is not Go's: signals are blocked.
    uint64_t all = ~(1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1));
    mscope_system(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, sizeof(all));
    _exit(status);
}

/// Replaces the function. Without libc's thread pointer, which words 0 and 2 of the memory there repeat, it does what
/// the function did: the program then has no cgo, and threads that libc does not know.
static __attribute__((naked, noreturn)) void mscope_go_exits(void)
{
    __asm__ volatile("movl 8(%%rsp), %%edi\n\t"
                     "movq %%fs:0, %%rax\n\t"
                     "testq %%rax, %%rax\n\tjz 1f\n\t"
                     "cmpq %%fs:16, %%rax\n\tjne 1f\n\t"
                     "movl $1, %%eax\n\tlock xchgl %%eax, mscope_go_leaves(%%rip)\n\t"
                     "testl %%eax, %%eax\n\tjnz 2f\n\t"
                     "leaq mscope_go_stack+%c0(%%rip), %%rsp\n\t"
                     "xorl %%ebp, %%ebp\n\tcall mscope_leave_go\n"
                     "1:\tmovl %1, %%eax\n\tsyscall\n\thlt\n"
                     "2:\tmovl %2, %%eax\n\tsyscall\n\tjmp 2b\n"
                     :
                     : "i"(sizeof(mscope_go_stack)), "i"(SYS_exit_group), "i"(SYS_pause));
}

static void mscope_divert(uint8_t *function)
{
    uint64_t page = 4096, from = (uint64_t)function & -page;
    uint64_t size = ((uint64_t)function + MSCOPE_EXIT_BYTES - from + page - 1) & -page;
    // Other threads may run code beside it: the page stays executable.
    if (mscope_system(SYS_mprotect, from, size, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) {
        mscope_say("the system forbids to change how Go ends the program; ", "when it does, there is no report", "");
        return;
    }
    uint64_t target = (uint64_t)mscope_go_exits;
    uint8_t jump[MSCOPE_EXIT_BYTES] = {0x48, 0xb8, [10] = 0xff, [11] = 0xe0}; // movabsq $target, %rax; jmpq *%rax
    memcpy(jump + 2, &target, sizeof(target));
    memcpy(function, jump, sizeof(jump));
    mscope_system(SYS_mprotect, from, size, PROT_READ | PROT_EXEC);
}

static bool mscope_is_of_go(const struct dl_phdr_info *image)
{
    for (int i = 0; i < image->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &image->dlpi_phdr[i];
        if (part->p_type != PT_NOTE) continue;
        const uint8_t *at = (const uint8_t *)(image->dlpi_addr + part->p_vaddr), *end = at + part->p_memsz;
        while ((uint64_t)(end - at) >= sizeof(ElfW(Nhdr)) + 4) {
            const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
            const uint8_t *name = at + sizeof(*note);
            if (note->n_namesz == 4 && note->n_type == MSCOPE_GO_NOTE && memcmp(name, "Go\0", 4) == 0) return true;
            uint64_t size = sizeof(*note) + ((note->n_namesz + 3ull) & -4ull) + ((note->n_descsz + 3ull) & -4ull);
            if (size > (uint64_t)(end - at)) break;
            at += size;
        }
    }
    return false;
}

static int mscope_visit_go_image(struct dl_phdr_info *image, size_t size, void *context)
{
    (void)size, (void)context;
    if (!mscope_is_of_go(image)) return 0;
    mscope_has_go = true;
    for (int i = 0; i < image->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &image->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0) continue;
        uint8_t *at = (uint8_t *)(image->dlpi_addr + part->p_vaddr), *end = at + part->p_memsz;
        while ((at = memmem(at, (size_t)(end - at), mscope_go_exit, sizeof(mscope_go_exit))) != NULL) {
            if ((uint64_t)at % MSCOPE_FUNCTION_ALIGNMENT != 0) {
                at++;
                continue;
            }
            mscope_divert(at);
            return 0; // a runtime has one such function
        }
    }
    return 0;
}

void mscope_watch_go(void)
{
    dl_iterate_phdr(mscope_visit_go_image, NULL);
}

#else

void mscope_watch_go(void)
{
}

#endif
