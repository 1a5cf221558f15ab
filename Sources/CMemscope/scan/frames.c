// Which part of each thread's stack counts. A stack holds more than its functions use: words of calls that have
// returned stay wherever a newer frame has a hole. So the parts that are proved to hold nothing are left out:
//
// - MemScope's frames, and libc's where libc calls MemScope at the process' end: the values that their callers need
//   again are in registers, which the unwind tables restore;
// - frames of libc's functions that only wait;
// - all frames of a thread that waits for work in libdispatch's pool, or that MemScope started.
//
// Where the tables do not say how to go on, everything from the stack pointer on counts.
#include "scan/scan.h"
#include "scan/scanner.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

enum { MSCOPE_SEMAPHORE_WAITS = 6, MSCOPE_FUNCTION_BYTES = 256, MSCOPE_POOL_FRAMES = 4, MSCOPE_END_FRAMES = 64 };

// From libdispatch; absent in programs without it.
#pragma weak dispatch_async_f
extern void dispatch_async_f(void *queue, void *context, void (*work)(void *));

static uint64_t mscope_image_of(uint64_t pc)
{
    struct mscope_unwind_table table;
    return pc != 0 && mscope_find_unwind_table(pc, &table) ? table.start : 0;
}

/// The function to which a function jumps as its last step, when its own frame is gone; 0: it does not.
static uint64_t mscope_jump_of(uint64_t function)
{
    for (uint64_t at = function; at < function + MSCOPE_FUNCTION_BYTES; at++) {
        if (mscope_function_of(at + 1) != function) break;
        uint64_t target = mscope_jump_target(at);
        if (target != 0 && target != function && mscope_function_of(target + 1) == target) return target;
    }
    return 0;
}

struct mscope_known_code mscope_find_known_code(void)
{
    struct mscope_known_code code = {
        .libc = mscope_image_of((uint64_t)nanosleep),
        .dispatch = mscope_image_of((uint64_t)dispatch_async_f),
        .waits = {(uint64_t)sem_timedwait, mscope_jump_of((uint64_t)sem_timedwait), (uint64_t)sem_wait,
                  mscope_jump_of((uint64_t)sem_wait), (uint64_t)sem_clockwait, mscope_jump_of((uint64_t)sem_clockwait),
                  (uint64_t)pthread_cond_wait, (uint64_t)pthread_cond_timedwait, (uint64_t)pthread_cond_clockwait,
                  (uint64_t)pthread_join, (uint64_t)nanosleep, (uint64_t)clock_nanosleep, (uint64_t)poll,
                  (uint64_t)select, (uint64_t)epoll_wait, (uint64_t)pause, (uint64_t)sigsuspend}};
    // In a static program libc, the program and MemScope are one image.
    if (code.libc == mscope_image_of((uint64_t)mscope_find_known_code)) code.libc = 0;
    return code;
}

// ---- steps

static bool mscope_read_slot(struct mscope_scanner *scanner, uint64_t sp, uint64_t at, uint64_t *out)
{
    const struct mscope_mapping *mapping = mscope_mapping_at(scanner, sp);
    if (mapping == NULL || !(mapping->flags & MSCOPE_MAP_READABLE)) return false;
    if (at % 8 != 0 || at < sp || at >= mapping->end) return false;
    *out = mscope_word(scanner, at);
    return true;
}

/// Where the frame ends; 0 when the tables do not say it in terms of known registers.
static uint64_t mscope_end_of_frame(const struct mscope_frame *frame, const struct mscope_row *row)
{
    if (row->vague || row->signal_frame || row->cfa_expression != NULL || row->fp_expression != NULL) return 0;
#if defined(__aarch64__)
    if (row->fp_offset == 0 || row->ra_offset != row->fp_offset + 8) return 0; // it returns through a register
#endif
    if (row->cfa_register == MSCOPE_DWARF_SP) return frame->sp + (uint64_t)row->cfa_offset;
    bool by_fp = row->cfa_register == MSCOPE_DWARF_FP && (frame->known >> MSCOPE_KEPT_FP & 1);
    return by_fp ? frame->kept[MSCOPE_KEPT_FP] + (uint64_t)row->cfa_offset : 0;
}

/// Steps from a frame to its caller's: ON, END behind the outermost frame, or LOST.
static enum mscope_step mscope_step_out(struct mscope_scanner *scanner, struct mscope_frame *frame)
{
    struct mscope_row row;
    if (!mscope_find_row(frame->pc, &row)) return MSCOPE_STEP_LOST;
    if (row.ra_undefined) return MSCOPE_STEP_END;
    struct mscope_frame caller = *frame;
    caller.sp = mscope_end_of_frame(frame, &row);
    if (caller.sp <= frame->sp) return MSCOPE_STEP_LOST;
    if (!mscope_read_slot(scanner, frame->sp, caller.sp + (uint64_t)row.ra_offset, &caller.pc)) return MSCOPE_STEP_LOST;
    caller.pc = mscope_code_address(caller.pc);
    for (int i = 0; i < MSCOPE_KEPT; i++) {
        if (row.kept[i] == 0) continue;
        if (!mscope_read_slot(scanner, frame->sp, caller.sp + (uint64_t)row.kept[i], &caller.kept[i]))
            return MSCOPE_STEP_LOST;
        caller.known |= 1u << i;
    }
    *frame = caller;
    return caller.pc < MSCOPE_PAGE ? MSCOPE_STEP_END : MSCOPE_STEP_ON;
}

/// Steps out of frames of one image, `most` at most. *last: the function of the last of these frames.
static enum mscope_step mscope_leave_image(struct mscope_scanner *scanner, struct mscope_frame *frame, uint64_t image,
                                           int most, uint64_t *last)
{
    for (int i = 0; image != 0 && mscope_image_of(frame->pc - 1) == image; i++) {
        if (i == most) return MSCOPE_STEP_LOST;
        *last = mscope_function_of(frame->pc);
        enum mscope_step step = mscope_step_out(scanner, frame);
        if (step != MSCOPE_STEP_ON) return step;
    }
    return MSCOPE_STEP_ON;
}

// ---- which part counts

static void mscope_holds_nothing(struct mscope_scan_thread *thread)
{
    thread->from = UINT64_MAX;
    thread->count = 0;
}

/// The stack counts from this frame on, and so do the registers known in it.
static void mscope_begins_with(struct mscope_scan_thread *thread, const struct mscope_frame *frame)
{
    thread->from = frame->sp;
    for (int i = 0; i < MSCOPE_KEPT; i++)
        if ((frame->known >> i & 1) && thread->count < MSCOPE_SCAN_REGISTERS)
            thread->registers[thread->count++] = frame->kept[i];
}

/// MemScope's frames end at the stack's address `entry`. `ends`: libc's frames behind them are left out too, as libc
/// called MemScope.
static void mscope_judge_caller(struct mscope_scanner *scanner, struct mscope_scan_thread *thread,
                                struct mscope_frame frame, uint64_t entry, bool ends)
{
    enum mscope_step step = MSCOPE_STEP_ON;
    for (int i = 0; frame.sp <= entry && step == MSCOPE_STEP_ON; i++)
        step = i < MSCOPE_END_FRAMES ? mscope_step_out(scanner, &frame) : MSCOPE_STEP_LOST;
    if (step != MSCOPE_STEP_ON) return;
    uint64_t last;
    if (ends) step = mscope_leave_image(scanner, &frame, scanner->plan->code.libc, MSCOPE_END_FRAMES, &last);
    if (step == MSCOPE_STEP_LOST) return;
    thread->count = 0;
    if (step == MSCOPE_STEP_END)
        mscope_holds_nothing(thread); // `main` has returned
    else
        mscope_begins_with(thread, &frame);
}

static bool mscope_is_wait(const struct mscope_known_code *code, uint64_t function, int count)
{
    for (int i = 0; i < count; i++)
        if (function != 0 && code->waits[i] == function) return true;
    return false;
}

/// A thread in a system call of libc's keeps nothing in vector registers: a function that is called may change them, so
/// its caller does not rely on them.
static void mscope_judge_waiting(struct mscope_scanner *scanner, struct mscope_scan_thread *thread)
{
    const struct mscope_known_code *code = &scanner->plan->code;
    struct mscope_frame frame = thread->frame;
    if (code->libc == 0 || mscope_image_of(frame.pc - 1) != code->libc || !mscope_is_behind_call(frame.pc)) return;
    if (thread->count > thread->general) thread->count = thread->general;
    uint64_t wait = 0, last = 0;
    if (mscope_leave_image(scanner, &frame, code->libc, MSCOPE_END_FRAMES, &wait) != MSCOPE_STEP_ON) return;
    if (!mscope_is_wait(code, wait, MSCOPE_WAITS)) return;
    mscope_begins_with(thread, &frame);
    if (!mscope_is_wait(code, wait, MSCOPE_SEMAPHORE_WAITS) || mscope_image_of(frame.pc - 1) != code->dispatch) return;
    // Work under way has more frames of libdispatch's than the two or three in which a worker waits for work.
    if (mscope_leave_image(scanner, &frame, code->dispatch, MSCOPE_POOL_FRAMES, &last) != MSCOPE_STEP_ON) return;
    if (mscope_leave_image(scanner, &frame, code->libc, MSCOPE_END_FRAMES, &last) == MSCOPE_STEP_END)
        mscope_holds_nothing(thread);
}

static bool mscope_is_own(const struct mscope_plan *plan, int32_t tid)
{
    for (int i = 0; i < MSCOPE_OWN_THREADS && plan->own_threads[i] != 0; i++)
        if (plan->own_threads[i] == tid) return true;
    return false;
}

struct mscope_end_place mscope_end_place;

void mscope_judge_threads(struct mscope_scanner *scanner)
{
    const struct mscope_plan *plan = scanner->plan;
    for (uint32_t i = 0; i < plan->thread_count; i++) {
        struct mscope_scan_thread *thread = &scanner->plan->threads[i];
        if (thread->sp == 0) continue;
        thread->from = thread->sp - MSCOPE_RED_ZONE;
        if (mscope_is_own(plan, thread->tid) || (thread->self && plan->options.without_own_stack))
            mscope_holds_nothing(thread);
        else if (mscope_is_ending(thread->tid) && mscope_end_place.entry != 0)
            mscope_judge_caller(scanner, thread, mscope_end_place.frame, mscope_end_place.entry, true);
        else if (thread->self)
            mscope_judge_caller(scanner, thread, plan->frame, plan->entry, false);
        else
            mscope_judge_waiting(scanner, thread);
    }
}
