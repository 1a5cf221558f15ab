// How threads are held still for a scan: by ptrace, or by a signal.
#ifndef MSCOPE_SCAN_STOP_H
#define MSCOPE_SCAN_STOP_H

#include "scan/scanner.h"

// Values of mscope_plan.phase, a futex.
enum {
    MSCOPE_PHASE_BEGIN = 0,
    MSCOPE_PHASE_SEIZE = 1,
    MSCOPE_PHASE_HELD = 2,
    MSCOPE_PHASE_GO = 3,
    MSCOPE_PHASE_DONE = 4,
    MSCOPE_PHASE_REFUSED = 5
};

// ---- stop.c
/// Holds all threads but the calling one, and reads their registers. False, and nothing held, when ptrace is forbidden.
MSCOPE_HIDDEN bool mscope_hold_by_ptrace(struct mscope_plan *plan);
MSCOPE_HIDDEN void mscope_let_go_by_ptrace(struct mscope_plan *plan);
MSCOPE_HIDDEN void mscope_set_phase(struct mscope_plan *plan, uint32_t phase);
MSCOPE_HIDDEN bool mscope_await_phase(struct mscope_plan *plan, uint32_t phase, uint64_t patience);

// ---- stop_signal.c
MSCOPE_HIDDEN bool mscope_hold_by_signal(struct mscope_plan *plan);
MSCOPE_HIDDEN void mscope_let_go_by_signal(struct mscope_plan *plan);

// ---- stop_calls.c: what a stop does to a system call
/// Whether a call goes on after a stop by ptrace without the program noticing, or can be made to (signal(7)).
MSCOPE_HIDDEN bool mscope_survives_trace(long call, const uint64_t *arguments);
/// Whether it goes on, unnoticed too, after a signal handler that was installed with SA_RESTART.
MSCOPE_HIDDEN bool mscope_survives_handler(long call, const uint64_t *arguments);
/// Whether a call that returned EINTR may be made again as it was.
MSCOPE_HIDDEN bool mscope_restarts_when_told(long call);
MSCOPE_HIDDEN bool mscope_restarts_after_handler(long call);
/// The signals that are pending for a thread and not blocked, one bit each, and those that it blocks.
MSCOPE_HIDDEN uint64_t mscope_pending_signals(int32_t process, int32_t tid);
MSCOPE_HIDDEN uint64_t mscope_blocked_signals(int32_t process, int32_t tid);
MSCOPE_HIDDEN bool mscope_is_zombie(int32_t process, int32_t tid);
// ---- stop_registers.c: by processor
struct user_regs_struct;
/// Notes a stopped thread's registers. Returns the number of the system call that was interrupted and would return
/// EINTR; -1: there is none.
MSCOPE_HIDDEN long mscope_take_registers(struct mscope_scan_thread *thread, const struct user_regs_struct *registers);
MSCOPE_HIDDEN void mscope_rewind_call(struct user_regs_struct *registers);
/// Where the vector registers lie in the state that the kernel gives.
MSCOPE_HIDDEN void mscope_find_vectors(struct mscope_range vectors[MSCOPE_VECTOR_PARTS]);
MSCOPE_HIDDEN void mscope_take_vectors(const struct mscope_plan *plan, struct mscope_scan_thread *thread,
                                       const uint64_t *words, uint64_t size);
/// Notes the registers from the context that a signal handler gets.
MSCOPE_HIDDEN void mscope_take_context(const struct mscope_plan *plan, struct mscope_scan_thread *thread,
                                       const void *context);
/// Starts a call again that the handler's signal has ended, a moment after the thread had entered it.
MSCOPE_HIDDEN void mscope_rewind_context(void *context);
#if defined(__x86_64__)
enum { MSCOPE_CAN_REWIND = 1 };
enum { MSCOPE_VECTOR_WORDS = 352, MSCOPE_VECTOR_SET = 0x202 }; // NT_X86_XSTATE up to zmm31
#else
enum { MSCOPE_CAN_REWIND = 0 };
enum { MSCOPE_VECTOR_WORDS = 66, MSCOPE_VECTOR_SET = 2 }; // NT_PRFPREG
#endif

#endif
