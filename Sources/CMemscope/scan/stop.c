// Holds the program's threads still by ptrace, so that a copy sees one moment, with their registers.
//
// The tracer is a process of its own that shares the program's memory, as LeakSanitizer's is: a thread may not trace
// its own process. The threads that it holds go on when the tracer ends, however it ends. It shares errno too, so it
// makes only raw calls.
#include "scan/scan.h"
#include "scan/scanner.h"
#include "scan/stop.h"

#include <elf.h>
#include <errno.h>
#include <linux/futex.h>
#include <linux/ptrace.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

enum { MSCOPE_TRACER_STACK = 1 << 16, MSCOPE_LIST_ROUNDS = 64 };
enum { MSCOPE_STOP_PATIENCE = 50000000, MSCOPE_STOP_LIMIT = 1000000000 }; // nanoseconds

void mscope_set_phase(struct mscope_plan *plan, uint32_t phase)
{
    mscope_store_release(&plan->phase, phase);
    mscope_system(SYS_futex, &plan->phase, FUTEX_WAKE, INT32_MAX);
}

/// Waits until the phase is another than `phase`; false when that took too long.
bool mscope_await_phase(struct mscope_plan *plan, uint32_t phase, uint64_t patience)
{
    uint64_t began = mscope_now();
    struct timespec some = {.tv_nsec = 5000000};
    while (mscope_load_acquire(&plan->phase) == phase) {
        mscope_system(SYS_futex, &plan->phase, FUTEX_WAIT, phase, &some);
        if (mscope_now() - began > patience) return mscope_load_acquire(&plan->phase) != phase;
    }
    return true;
}

// ---- the tracer

static long mscope_trace(long request, const struct mscope_scan_thread *thread, uint64_t address, uint64_t data)
{
    return mscope_system(SYS_ptrace, request, thread->tid, address, data);
}

/// Reads a stopped thread's registers. If the stop has interrupted a call that the kernel would not restart, makes the
/// call start again, unless a signal of the program's interrupted it too.
static void mscope_read_registers(struct mscope_plan *plan, struct mscope_scan_thread *thread)
{
    struct user_regs_struct registers;
    struct iovec part = {&registers, sizeof(registers)};
    if (mscope_trace(PTRACE_GETREGSET, thread, NT_PRSTATUS, (uint64_t)&part) < 0) return;
    long call = mscope_take_registers(thread, &registers);
    if (thread->signal == 0 && call >= 0 && mscope_restarts_when_told(call)
        && mscope_pending_signals(plan->process, thread->tid) == 0) {
        mscope_rewind_call(&registers);
        part.iov_len = sizeof(registers);
        mscope_trace(PTRACE_SETREGSET, thread, NT_PRSTATUS, (uint64_t)&part);
    }
    uint64_t vectors[MSCOPE_VECTOR_WORDS];
    part = (struct iovec){vectors, sizeof(vectors)};
    if (mscope_trace(PTRACE_GETREGSET, thread, MSCOPE_VECTOR_SET, (uint64_t)&part) == 0)
        mscope_take_vectors(plan, thread, vectors, part.iov_len);
}

/// Notes that a thread has stopped, or has ended; false while it has done neither.
static bool mscope_see_stop(struct mscope_plan *plan, struct mscope_scan_thread *thread)
{
    int status = 0;
    long result = mscope_system(SYS_wait4, thread->tid, &status, __WALL | WNOHANG, NULL);
    if (result == 0 || result == -EINTR) return false;
    thread->seized = result > 0 && WIFSTOPPED(status);
    if (!thread->seized) return true; // the thread has ended
    // A stop without an event: the thread was about to get a signal, which it must still get.
    if (status >> 16 == 0) thread->signal = WSTOPSIG(status);
    thread->held = true;
    mscope_read_registers(plan, thread);
    return true;
}

/// Asks a thread to stop; an error when tracing is not allowed at all.
static long mscope_seize(struct mscope_plan *plan, struct mscope_scan_thread *thread)
{
    uint64_t values[8];
    thread->met = true;
    long call = mscope_system_call_of(plan->process, thread->tid, values);
    if (call >= 0 && !mscope_survives_trace(call, values)) {
        thread->left = true;
        mscope_take_place(thread, values);
        return 0;
    }
    long result = mscope_trace(PTRACE_SEIZE, thread, 0, 0);
    if (result == -ESRCH || (result == -EPERM && mscope_is_zombie(plan->process, thread->tid))) return 0;
    if (result < 0) return result;
    thread->seized = true;
    if (plan->held_at == 0) plan->held_at = mscope_now();
    mscope_trace(PTRACE_INTERRUPT, thread, 0, 0);
    return 0;
}

static void mscope_await_stops(struct mscope_plan *plan)
{
    uint64_t began = mscope_now();
    bool waiting = true;
    for (uint32_t tries = 0; waiting && mscope_now() - began < MSCOPE_STOP_PATIENCE; tries++) {
        waiting = false;
        for (uint32_t i = 0; i < plan->thread_count; i++) {
            struct mscope_scan_thread *thread = &plan->threads[i];
            if (thread->seized && !thread->held && !thread->left) waiting |= !mscope_see_stop(plan, thread);
        }
        if (waiting && tries > 20) mscope_system(SYS_nanosleep, &(struct timespec){.tv_nsec = 20000}, NULL);
    }
    for (uint32_t i = 0; waiting && i < plan->thread_count; i++) {
        struct mscope_scan_thread *thread = &plan->threads[i];
        uint64_t values[8];
        if (!thread->seized || thread->held || thread->left) continue;
        thread->left = true; // it waits for a disk, or for a child that shares its memory
        mscope_system_call_of(plan->process, thread->tid, values);
        mscope_take_place(thread, values);
    }
}

/// Stops all threads, also those that are made meanwhile, until none is new.
static bool mscope_seize_all(struct mscope_plan *plan)
{
    for (uint32_t round = 0, new = 1; round < MSCOPE_LIST_ROUNDS && new != 0; round++) {
        new = 0;
        mscope_list_threads(plan);
        for (uint32_t i = 0; i < plan->thread_count; i++) {
            struct mscope_scan_thread *thread = &plan->threads[i];
            if (thread->self || thread->met) continue;
            new++;
            if (mscope_seize(plan, thread) < 0) return false;
        }
        mscope_await_stops(plan);
    }
    return true;
}

/// Releases the threads that have stopped. Returns how many have not stopped yet.
static uint32_t mscope_release_stopped(struct mscope_plan *plan)
{
    uint32_t late = 0;
    for (uint32_t i = 0; i < plan->thread_count; i++) {
        struct mscope_scan_thread *thread = &plan->threads[i];
        if (thread->seized && !thread->held && !mscope_see_stop(plan, thread)) late++;
        if (!thread->seized || !thread->held) continue;
        mscope_trace(PTRACE_DETACH, thread, 0, (uint64_t)thread->signal);
        thread->seized = false;
    }
    return late;
}

static void mscope_release_all(struct mscope_plan *plan)
{
    uint32_t late = mscope_release_stopped(plan);
    if (plan->held_at != 0) plan->pause = mscope_now() - plan->held_at;
    // A thread that stops late, for want of a processor, may be in a call that must be made again. A thread that never
    // stops is released by the end of the tracer.
    for (uint64_t began = mscope_now(); late != 0 && mscope_now() - began < MSCOPE_STOP_LIMIT;) {
        mscope_system(SYS_nanosleep, &(struct timespec){.tv_nsec = 100000}, NULL);
        late = mscope_release_stopped(plan);
    }
}

static int mscope_run_tracer(void *argument)
{
    struct mscope_plan *plan = argument;
    mscope_system(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    mscope_await_phase(plan, MSCOPE_PHASE_BEGIN, MSCOPE_STOP_LIMIT);
    if (mscope_load_acquire(&plan->phase) != MSCOPE_PHASE_SEIZE) return 0;
    bool held = mscope_seize_all(plan);
    if (held) {
        mscope_set_phase(plan, MSCOPE_PHASE_HELD);
        mscope_await_phase(plan, MSCOPE_PHASE_HELD, plan->hold_limit);
    }
    mscope_release_all(plan);
    mscope_set_phase(plan, held ? MSCOPE_PHASE_DONE : MSCOPE_PHASE_REFUSED);
    return 0;
}

// ---- the thread that asked

/// Whether Yama lets only ancestors trace a process, unless the process names another.
static bool mscope_yama_asks(void)
{
    char mode = '0';
    long file = mscope_system(SYS_openat, -100, "/proc/sys/kernel/yama/ptrace_scope", 0, 0); // AT_FDCWD, O_RDONLY
    if (file < 0) return false;
    mscope_system(SYS_read, file, &mode, 1);
    mscope_system(SYS_close, file);
    return mode == '1';
}

bool mscope_hold_by_ptrace(struct mscope_plan *plan)
{
    if (mscope_is_denied(SYS_clone)) return false;
    char *stack = mscope_map(MSCOPE_TRACER_STACK);
    if (stack == NULL) return false;
    int saved = errno;
    mscope_store_release(&plan->phase, MSCOPE_PHASE_BEGIN);
    // No exit signal and untraced: a debugger, or the program's own wait, does not see the tracer. Not CLONE_FS: a
    // program that shares it gets no rights from a setuid program it executes.
    plan->tracer = clone(mscope_run_tracer, stack + MSCOPE_TRACER_STACK, CLONE_VM | CLONE_FILES | CLONE_UNTRACED, plan);
    errno = saved;
    if (plan->tracer < 0) {
        mscope_unmap(stack, MSCOPE_TRACER_STACK);
        return false;
    }
    plan->tracer_stack = stack;
    plan->named_tracer = mscope_yama_asks() && mscope_system(SYS_prctl, PR_SET_PTRACER, plan->tracer) == 0;
    mscope_set_phase(plan, MSCOPE_PHASE_SEIZE);
    while (!mscope_await_phase(plan, MSCOPE_PHASE_SEIZE, MSCOPE_STOP_PATIENCE))
        if (mscope_has_ended(plan->tracer, WNOHANG)) {
            plan->tracer = 0; // killed, perhaps by a filter of system calls
            mscope_set_phase(plan, MSCOPE_PHASE_REFUSED);
        }
    if (mscope_load_acquire(&plan->phase) == MSCOPE_PHASE_HELD) return true;
    mscope_let_go_by_ptrace(plan);
    return false;
}

/// The process that the program lets trace it besides its ancestors; 0: none. And which process allowed that: its
/// children have not.
static _Atomic uint64_t mscope_program_tracer;
static _Atomic int32_t mscope_traced_process;

void mscope_note_tracer(uint64_t tracer)
{
    mscope_store_relaxed(&mscope_traced_process, mscope_process_id());
    mscope_store_relaxed(&mscope_program_tracer, tracer);
}

static uint64_t mscope_tracer_of_program(void)
{
    bool own = mscope_load_relaxed(&mscope_traced_process) == mscope_process_id();
    return own ? mscope_load_relaxed(&mscope_program_tracer) : 0;
}

void mscope_let_go_by_ptrace(struct mscope_plan *plan)
{
    if (mscope_load_acquire(&plan->phase) == MSCOPE_PHASE_HELD) mscope_set_phase(plan, MSCOPE_PHASE_GO);
    if (plan->tracer != 0) mscope_has_ended(plan->tracer, 0);
    if (plan->named_tracer) mscope_system(SYS_prctl, PR_SET_PTRACER, mscope_tracer_of_program());
    mscope_unmap(plan->tracer_stack, MSCOPE_TRACER_STACK);
}
