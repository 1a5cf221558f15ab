// One step from a frame to its caller, and which memory unwinding may read.
#include "stacks/stacks.h"
#include "stacks/step.h"

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MSCOPE_PAGES_AT_ONCE = 32, MSCOPE_STACK_LIMIT = 1 << 24, MSCOPE_OTHER_STACK_LIMIT = 1 << 20 };

// ---- which memory may be read

/// The end of what can be read from `low` on: `high`, or a page boundary below it. One call asks the kernel for one
/// byte each of many pages; the kernel says how many bytes it could read.
static uint64_t mscope_readable_until(uint64_t low, uint64_t high)
{
    uint64_t page = low & ~(uint64_t)(MSCOPE_PAGE - 1);
    while (page < high) {
        char bytes[MSCOPE_PAGES_AT_ONCE];
        struct iovec remote[MSCOPE_PAGES_AT_ONCE], local = {bytes, 0};
        for (uint64_t at = page; local.iov_len < MSCOPE_PAGES_AT_ONCE && at < high; at += MSCOPE_PAGE)
            remote[local.iov_len++] = (struct iovec){(void *)at, 1};
        long got = mscope_system(SYS_process_vm_readv, mscope_thread_id(), &local, 1, remote, local.iov_len, 0);
        page += (uint64_t)(got > 0 ? got : 0) * MSCOPE_PAGE;
        if (got != (long)local.iov_len) return page;
    }
    return high;
}

bool mscope_is_deeper(const struct mscope_unwinder *unwinder, uint64_t address)
{
    return address < unwinder->stack_low && unwinder->stack_low - address <= MSCOPE_STACK_LIMIT
           && (!mscope_can_probe || mscope_readable_until(address, unwinder->stack_low) == unwinder->stack_low);
}

/// The end of the readable stack above `sp`. Unwinding begins at `sp`, or has come there from another stack.
uint64_t mscope_new_stack_high(struct mscope_unwinder *unwinder, uint64_t sp)
{
    if (sp - unwinder->stack_low < unwinder->stack_high - unwinder->stack_low) return unwinder->stack_high;
    if (sp - unwinder->other_low < unwinder->other_high - unwinder->other_low) return unwinder->other_high;
    if (mscope_is_deeper(unwinder, sp)) {
        unwinder->stack_low = sp & ~(uint64_t)(MSCOPE_PAGE - 1);
        return unwinder->stack_high;
    }
    // A signal stack or a fiber: up to the end of its readable memory, but not further than frames of a reasonable size
    // reach.
    unwinder->other_low = sp & ~(uint64_t)(MSCOPE_PAGE - 1);
    unwinder->other_high = mscope_readable_until(sp, unwinder->other_low + MSCOPE_OTHER_STACK_LIMIT);
    return unwinder->other_high;
}

// ---- steps

static enum mscope_step mscope_step_frame(struct mscope_cursor *at, uint64_t high, struct mscope_reads *reads)
{
    if (!mscope_on_stack(at, at->fp, 16, high)) return MSCOPE_STEP_LOST;
    const uint64_t *frame = (const uint64_t *)at->fp;
    *reads = (struct mscope_reads){.pc_at = frame + 1, .fp_at = frame};
    *at = (struct mscope_cursor){mscope_code_address(frame[1]), at->fp + 16, frame[0]};
    return MSCOPE_STEP_ON;
}

/// Steps through the frame that the kernel made for a signal, perhaps to another stack.
static enum mscope_step mscope_step_signal(struct mscope_cursor *at, uint64_t high)
{
    if (!mscope_on_stack(at, at->sp, MSCOPE_SIGNAL_FRAME_SIZE, high)) return MSCOPE_STEP_LOST;
    *at = mscope_signal_frame(at->sp);
    // Every frame is kept as a return address; this pc is that of the interrupted instruction itself.
    at->pc += 1;
    return MSCOPE_STEP_ON_UNSURE;
}

/// Without unwind information (code made at run time, some outlined deinitializers of Swift's) the frame pointer may
/// still lead to the caller: a guess, and the stack is marked so. The frame pointer may point anywhere; on another
/// stack even to memory that no longer exists.
static enum mscope_step mscope_guess(struct mscope_cursor *at, const struct mscope_unwinder *unwinder, uint64_t high,
                                     uint32_t *flags)
{
    // This is how the kernel starts a process: ld.so's entry, at the very top of the stack, has no description.
    if (at->fp == 0 && at->sp <= high && high - at->sp <= 64) return MSCOPE_STEP_END;
    uint64_t frame[2];
    if ((at->fp & 7) != 0 || !mscope_on_stack(at, at->fp, sizeof(frame), high)) return MSCOPE_STEP_LOST;
    // A thread's own stack exists as long as the thread, so it is read directly; asking the kernel costs half a
    // microsecond a frame.
    if (high == unwinder->stack_high && mscope_can_probe)
        __builtin_memcpy(frame, (const void *)at->fp, sizeof(frame));
    else if (mscope_read_memory(at->fp, frame, sizeof(frame)) != sizeof(frame))
        return MSCOPE_STEP_LOST;
    *at = (struct mscope_cursor){mscope_code_address(frame[1]), at->fp + sizeof(frame), frame[0]};
    *flags |= MSCOPE_STACK_GUESSED;
    return MSCOPE_STEP_ON_UNSURE;
}

enum mscope_step mscope_step(struct mscope_cursor *at, const struct mscope_unwinder *unwinder, uint64_t high,
                             struct mscope_reads *reads, uint32_t *flags)
{
    uint64_t rule = mscope_learn_rule(at->pc);
    switch (rule & 7) {
    case MSCOPE_RULE_FRAME: return mscope_step_frame(at, high, reads);
    case MSCOPE_RULE_OFFSET: return mscope_step_offset(at, rule, high, reads);
    case MSCOPE_RULE_END: return MSCOPE_STEP_END;
    case MSCOPE_RULE_SIGNAL: return mscope_step_signal(at, high);
    case MSCOPE_RULE_ASYNC:
        if (rule & MSCOPE_ASYNC_BARE) return MSCOPE_STEP_ASYNC_BARE;
        return mscope_on_stack(at, at->fp - 8, 16, high) ? MSCOPE_STEP_ASYNC : MSCOPE_STEP_LOST;
    case MSCOPE_RULE_WIDE: return mscope_step_wide(at, high) ? MSCOPE_STEP_ON_UNSURE : MSCOPE_STEP_LOST;
    default: return mscope_guess(at, unwinder, high, flags);
    }
}
