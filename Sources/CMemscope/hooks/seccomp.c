// Filters of system calls that the program sets for itself (seccomp): some end the process for a call that they do not
// list.
//
// The kernel does not say later what a filter does, so a filter is judged when it is set: it is run for each call, as
// the kernel runs it. A call for which the filter would end the process or the thread, or which it would hand to
// someone else, is not made by the core from then on, in any thread, although a filter may be one thread's only.
#include "hooks/hooks.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MSCOPE_NO_HOOKS

#if defined(__x86_64__)
enum { MSCOPE_AUDIT_ARCH = AUDIT_ARCH_X86_64 & 0x7fffffff };
#else
enum { MSCOPE_AUDIT_ARCH = AUDIT_ARCH_AARCH64 & 0x7fffffff };
#endif
// From <linux/prctl.h>, whose header declares the function that is defined here.
enum { MSCOPE_PR_SET_SECCOMP = 22, MSCOPE_PR_SET_PTRACER = 0x59616d61 };

// ---- the kernel's interpreter

struct mscope_machine {
    uint32_t a, x, memory[BPF_MEMWORDS];
};

static uint32_t mscope_compute(uint16_t operation, uint32_t a, uint32_t b)
{
    switch (operation) {
    case BPF_ADD: return a + b;
    case BPF_SUB: return a - b;
    case BPF_MUL: return a * b;
    case BPF_DIV: return b ? a / b : 0;
    case BPF_OR: return a | b;
    case BPF_AND: return a & b;
    case BPF_XOR: return a ^ b;
    case BPF_LSH: return b < 32 ? a << b : 0;
    case BPF_RSH: return b < 32 ? a >> b : 0;
    case BPF_NEG: return -a;
    default: return a;
    }
}

static bool mscope_compare(uint16_t operation, uint32_t a, uint32_t b)
{
    switch (operation) {
    case BPF_JEQ: return a == b;
    case BPF_JGT: return a > b;
    case BPF_JGE: return a >= b;
    default: return (a & b) != 0; // BPF_JSET
    }
}

/// What the filter returns; SECCOMP_RET_KILL_PROCESS for a filter that the kernel would not take.
static uint32_t mscope_run_filter(const struct sock_fprog *filter, const struct seccomp_data *data)
{
    struct mscope_machine m = {0};
    for (uint32_t at = 0; at < filter->len; at++) {
        const struct sock_filter *step = &filter->filter[at];
        uint32_t operand = step->code & BPF_X ? m.x : step->k;
        switch (BPF_CLASS(step->code)) {
        case BPF_LD:
            if (BPF_MODE(step->code) == BPF_ABS && step->k <= sizeof(*data) - 4)
                memcpy(&m.a, (const char *)data + step->k, 4);
            else if (BPF_MODE(step->code) == BPF_MEM)
                m.a = m.memory[step->k % BPF_MEMWORDS];
            else
                m.a = BPF_MODE(step->code) == BPF_LEN ? sizeof(*data) : step->k;
            break;
        case BPF_LDX:
            m.x = BPF_MODE(step->code) == BPF_MEM   ? m.memory[step->k % BPF_MEMWORDS]
                  : BPF_MODE(step->code) == BPF_LEN ? sizeof(*data)
                                                    : step->k;
            break;
        case BPF_ST: m.memory[step->k % BPF_MEMWORDS] = m.a; break;
        case BPF_STX: m.memory[step->k % BPF_MEMWORDS] = m.x; break;
        case BPF_ALU: m.a = mscope_compute(BPF_OP(step->code), m.a, operand); break;
        case BPF_JMP:
            if (BPF_OP(step->code) == BPF_JA)
                at += step->k < filter->len ? step->k : filter->len;
            else
                at += mscope_compare(BPF_OP(step->code), m.a, operand) ? step->jt : step->jf;
            break;
        case BPF_RET: return BPF_RVAL(step->code) == BPF_A ? m.a : step->k;
        case BPF_MISC:
            if (BPF_MISCOP(step->code) == BPF_TAX)
                m.x = m.a;
            else
                m.a = m.x;
            break;
        }
    }
    return SECCOMP_RET_KILL_PROCESS;
}

// ---- the judgement

/// Calls of the core for which a filter may look at the arguments.
static const struct seccomp_data mscope_usual_calls[] = {
    {.nr = SYS_mmap,
     .args = {0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, (uint64_t)-1}},
    {.nr = SYS_openat, .args = {(uint64_t)AT_FDCWD, 0, O_RDONLY | O_CLOEXEC}},
};

static bool mscope_is_deadly(const struct sock_fprog *filter, struct seccomp_data data)
{
    data.arch = MSCOPE_AUDIT_ARCH | (AUDIT_ARCH_X86_64 & 0x80000000);
    uint32_t action = mscope_run_filter(filter, &data) & SECCOMP_RET_ACTION_FULL;
    return action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG && action != SECCOMP_RET_ERRNO;
}

static void mscope_judge(const struct sock_fprog *filter, uint64_t *denied)
{
    for (int number = 0; number < MSCOPE_SYSTEM_CALLS; number++)
        if (mscope_is_deadly(filter, (struct seccomp_data){.nr = number})) denied[number / 64] |= 1ull << number % 64;
    for (size_t i = 0; i < sizeof(mscope_usual_calls) / sizeof(mscope_usual_calls[0]); i++) {
        int number = mscope_usual_calls[i].nr;
        if (mscope_is_deadly(filter, mscope_usual_calls[i])) denied[number / 64] |= 1ull << number % 64;
    }
}

// System calls that Swift's part makes without the core: the first ones to write a report, the others to serve.
static const int mscope_needed_calls[] = {
    SYS_read,  SYS_write,   SYS_openat,     SYS_close,  SYS_lseek,   SYS_mmap,   SYS_munmap, SYS_mprotect,
    SYS_futex, SYS_madvise, SYS_newfstatat, SYS_fstat,  SYS_getpid,  SYS_gettid, SYS_fcntl,  SYS_clock_gettime,
#ifdef SYS_poll
    SYS_poll,
#endif
    SYS_ppoll, SYS_accept4, SYS_recvfrom,   SYS_sendto, SYS_sendmsg,
};
enum { MSCOPE_CALLS_OF_REPORT = 16, MSCOPE_CALLS_OF_SERVER = sizeof(mscope_needed_calls) / sizeof(int) };

static bool mscope_misses(size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (mscope_is_denied(mscope_needed_calls[i])) return true;
    return false;
}

bool mscope_filter_forbids_report(void)
{
    return mscope_misses(MSCOPE_CALLS_OF_REPORT);
}

// Swift's part; absent in C-only builds.
#pragma weak memscope_stop_for_filter
extern void memscope_stop_for_filter(void);

/// Notes what a filter denies, before it is set: from its first moment on no code of MemScope's may make these calls.
static void mscope_prepare(const uint64_t *denied, uint64_t *added)
{
    bool served = !mscope_misses(MSCOPE_CALLS_OF_SERVER);
    for (int i = 0; i < MSCOPE_SYSTEM_CALLS / 64; i++)
        added[i] = denied[i] & ~mscope_fetch_or_acq_rel(&mscope_denied[i], denied[i]);
    if (mscope_is_denied(SYS_process_vm_readv) || mscope_is_denied(SYS_gettid)) mscope_can_probe = false;
    // Where the heap cannot grow, the program needs the memory that it has freed.
    if (mscope_is_denied(SYS_brk) || mscope_is_denied(SYS_mmap)) mscope_quarantine_limit(0);
    if (!served || !mscope_misses(MSCOPE_CALLS_OF_SERVER) || memscope_stop_for_filter == NULL) return;
    // The threads of the server end with calls that are still allowed.
    for (int i = 0; i < MSCOPE_SYSTEM_CALLS / 64; i++) mscope_fetch_and_acq_rel(&mscope_denied[i], ~added[i]);
    memscope_stop_for_filter();
    for (int i = 0; i < MSCOPE_SYSTEM_CALLS / 64; i++) mscope_fetch_or_acq_rel(&mscope_denied[i], added[i]);
}

static void mscope_take_back(const uint64_t *added)
{
    for (int i = 0; i < MSCOPE_SYSTEM_CALLS / 64; i++) mscope_fetch_and_acq_rel(&mscope_denied[i], ~added[i]);
}

/// Copies a filter from an address that may be anything: a bad address is left to the kernel to refuse.
static bool mscope_copy_filter(const struct sock_fprog *theirs, struct sock_fprog *filter, struct sock_filter *room)
{
    if (mscope_read_memory((uint64_t)theirs, filter, sizeof(*filter)) != sizeof(*filter)) return false;
    size_t size = filter->len * sizeof(*room);
    if (filter->len > BPF_MAXINSNS || mscope_read_memory((uint64_t)filter->filter, room, size) != size) return false;
    filter->filter = room;
    return true;
}

static long mscope_plain_call(const long *a)
{
    long result = mscope_raw_call(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
    if (result >= 0) return result;
    errno = (int)-result;
    return -1;
}

/// Sets the mode in which a thread may only read, write, and end.
static long mscope_set_strict_mode(const long *call)
{
    mscope_unwatch_requests();
    mscope_quarantine_limit(0);
    if (!mscope_misses(MSCOPE_CALLS_OF_SERVER) && memscope_stop_for_filter != NULL) memscope_stop_for_filter();
    mscope_can_probe = false;
    mscope_store_relaxed(&mscope_has_strict_thread, true);
    long result = mscope_plain_call(call);
    if (result < 0) mscope_store_relaxed(&mscope_has_strict_thread, false);
    return result;
}

static long mscope_set_filter(const struct sock_fprog *theirs, const long *call)
{
    uint64_t denied[MSCOPE_SYSTEM_CALLS / 64] = {0}, added[MSCOPE_SYSTEM_CALLS / 64] = {0};
    struct sock_filter *room = mscope_map(BPF_MAXINSNS * sizeof(*room));
    struct sock_fprog filter;
    if (room != NULL && mscope_copy_filter(theirs, &filter, room) && filter.len > 0) {
        mscope_judge(&filter, denied);
        mscope_unwatch_requests();
    }
    if (room != NULL) mscope_unmap(room, BPF_MAXINSNS * sizeof(*room));
    mscope_prepare(denied, added);
    long result = mscope_plain_call(call);
    if (result < 0) mscope_take_back(added);
    return result;
}

// ---- the two ways to set a filter

static long mscope_bare_syscall(long number, long a, long b, long c, long d, long e, long f);
MSCOPE_HIDDEN
__attribute__((used)) long (*mscope_next_syscall)(long, long, long, long, long, long, long) = mscope_bare_syscall;

static long mscope_bare_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    return mscope_plain_call((const long[]){number, a, b, c, d, e, f});
}

void mscope_seccomp_start(void)
{
    void *next = dlsym(RTLD_NEXT, "syscall");
    if (next != NULL) mscope_next_syscall = (long (*)(long, long, long, long, long, long, long))next;
}

int mscope_prctl_hook(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) __asm__("prctl")
    __attribute__((visibility("default")));
int mscope_prctl_hook(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
    long call[7] = {SYS_prctl, option, (long)a, (long)b, (long)c, (long)d};
    if (option == MSCOPE_PR_SET_SECCOMP && a == SECCOMP_MODE_STRICT) return (int)mscope_set_strict_mode(call);
    if (option == MSCOPE_PR_SET_SECCOMP && a == SECCOMP_MODE_FILTER)
        return (int)mscope_set_filter((const void *)b, call);
    int result = (int)mscope_plain_call(call);
    if (option == MSCOPE_PR_SET_PTRACER && result == 0) mscope_note_tracer(a);
    return result;
}

MSCOPE_HIDDEN __attribute__((used)) long mscope_seccomp_from(long number, long operation, long flags,
                                                             const void *filter)
{
    long call[7] = {number, operation, flags, (long)filter};
    bool is_strict = operation == SECCOMP_SET_MODE_STRICT && flags == 0 && filter == NULL;
    if (is_strict) return mscope_set_strict_mode(call);
    return operation == SECCOMP_SET_MODE_FILTER ? mscope_set_filter(filter, call) : mscope_plain_call(call);
}

MSCOPE_HIDDEN __attribute__((used)) long mscope_prctl_from(long number, long option, unsigned long a, unsigned long b,
                                                           unsigned long c, unsigned long d)
{
    (void)number;
    return mscope_prctl_hook((int)option, a, b, c, d);
}

MSCOPE_HIDDEN __attribute__((used, noreturn)) void mscope_exit_from(long number, long status)
{
    (void)number;
    _exit((int)status);
}

/// libc's function for system calls that have no function of their own. It has no frame: a call that makes a child, or
/// that has seven words, finds the stack as it was.
long mscope_syscall_hook(long number, ...) __asm__("syscall") __attribute__((visibility("default")));
__attribute__((naked)) long mscope_syscall_hook(__attribute__((unused)) long number, ...)
{
    MSCOPE_SYSCALL_BODY(SYS_seccomp, "mscope_seccomp_from", SYS_prctl, "mscope_prctl_from", SYS_exit_group,
                        "mscope_exit_from");
}

#else

void mscope_seccomp_start(void)
{
}

bool mscope_filter_forbids_report(void)
{
    return false;
}

#endif
