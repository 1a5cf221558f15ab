// Walks a call stack by cached unwind rules: exact where .eh_frame speaks, as fast as a walk of frame pointers.
//
// The step through a usual frame depends on its rule by a branch, not by data, so the processor runs ahead through the
// chain of frames while it checks each rule.
#include "internal.h"

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MSCOPE_PAGE = 4096, MSCOPE_OTHER_STACK_LIMIT = 1 << 20 };

static inline uint64_t mscope_word(uint64_t address)
{
    return *(const uint64_t *)address;
}

// ---- which memory may be read

/// Whether all pages from `low` to `high` can be read, asked of the kernel in few calls.
static bool mscope_readable(uint64_t low, uint64_t high)
{
    for (uint64_t page = low & ~(uint64_t)(MSCOPE_PAGE - 1); page < high; page += MSCOPE_PAGE) {
        uint64_t word;
        if (mscope_read_memory(page, &word, sizeof(word)) != sizeof(word)) return false;
    }
    return true;
}

/// The end of readable stack above `sp`, which is deeper than any seen on this thread or on another stack.
static __attribute__((noinline)) uint64_t mscope_new_stack_high(struct mscope_bank *bank, uint64_t sp)
{
    if (sp - bank->other_low < bank->other_high - bank->other_low) return bank->other_high;
    // Deeper on the same stack: every page between is readable, for no guard page lies there.
    if (sp < bank->stack_low && bank->stack_low - sp <= MSCOPE_OTHER_STACK_LIMIT
        && (!mscope_can_probe || mscope_readable(sp, bank->stack_low))) {
        bank->stack_low = sp & ~(uint64_t)(MSCOPE_PAGE - 1);
        return bank->stack_high;
    }
    // A signal stack, a fiber: up to its end, as far as needed for frames of a reasonable size.
    uint64_t low = sp & ~(uint64_t)(MSCOPE_PAGE - 1), high = low;
    while (high - low < MSCOPE_OTHER_STACK_LIMIT && mscope_readable(high, high + 1)) high += MSCOPE_PAGE;
    bank->other_low = low;
    bank->other_high = high;
    return high;
}

static inline uint64_t mscope_stack_high(struct mscope_bank *bank, uint64_t sp)
{
    if (mscope_likely(sp - bank->stack_low < bank->stack_high - bank->stack_low)) return bank->stack_high;
    return mscope_new_stack_high(bank, sp);
}

// ---- steps that are not the usual one

enum mscope_step { MSCOPE_STEP_ON, MSCOPE_STEP_END, MSCOPE_STEP_LOST };

/// Whether [address, address + size) lies on the stack above the current frame.
static inline bool mscope_on_stack(const struct mscope_cursor *at, uint64_t address, uint64_t size, uint64_t high)
{
    return address >= at->sp && address < high && high - address >= size;
}

static enum mscope_step mscope_step_frame(struct mscope_cursor *at, uint64_t high)
{
    if (!mscope_on_stack(at, at->fp, 16, high)) return MSCOPE_STEP_LOST;
    uint64_t frame = at->fp;
    *at = (struct mscope_cursor){mscope_code_address(mscope_word(frame + 8)), frame + 16, mscope_word(frame)};
    return MSCOPE_STEP_ON;
}

/// rule = kind:3 | by fp:1 | CFA / 8 :16 | saved fp below the CFA / 8 :13 (0: fp is unchanged)
static enum mscope_step mscope_step_offset(struct mscope_cursor *at, uint64_t rule, uint64_t high)
{
    uint64_t cfa = (rule >> 3 & 1 ? at->fp : at->sp) + (rule >> 4 & 0xffff) * 8, saved = (rule >> 20 & 0x1fff) * 8;
    uint64_t return_address = cfa - 8;
#if defined(__aarch64__)
    return_address = cfa - saved + 8; // the pair x29, x30
    if (saved == 0) return MSCOPE_STEP_LOST;
#endif
    if (cfa <= at->sp || !mscope_on_stack(at, return_address, 8, high)) return MSCOPE_STEP_LOST;
    if (saved != 0 && mscope_on_stack(at, cfa - saved, 8, high)) at->fp = mscope_word(cfa - saved);
    at->pc = mscope_code_address(mscope_word(return_address));
    at->sp = cfa;
    return MSCOPE_STEP_ON;
}

/// Through the frame the kernel made for a signal, perhaps onto another stack.
static enum mscope_step mscope_step_signal(struct mscope_cursor *at, uint64_t high)
{
    if (!mscope_on_stack(at, at->sp, MSCOPE_SIGNAL_FRAME_SIZE, high)) return MSCOPE_STEP_LOST;
    *at = mscope_signal_frame(at->sp);
    // Every frame is kept as a return address; this one is the interrupted instruction itself.
    at->pc += 1;
    return MSCOPE_STEP_ON;
}

static bool mscope_plausible_context(uint64_t context)
{
    return context >= MSCOPE_PAGE && context >> MSCOPE_ADDRESS_BITS == 0 && (context & 7) == 0;
}

/// The callers of an async function wait in contexts: {parent, function to resume}. Below the saved frame pointer
/// stands the function's own context. Of a resumed function only the entry is known, so it is kept as entry + 1, which
/// every reader of return addresses takes back.
static void mscope_follow_contexts(uint64_t fp, struct mscope_stack *out)
{
    out->flags |= MSCOPE_STACK_ASYNC;
    for (uint64_t context = mscope_word(fp - 8); mscope_plausible_context(context); context = mscope_word(context)) {
        uint64_t resume = mscope_code_address(mscope_word(context + 8));
        if (resume < MSCOPE_PAGE) return;
        if (out->count == MSCOPE_MAX_FRAMES) {
            out->flags |= MSCOPE_STACK_TRUNCATED;
            return;
        }
        out->frames[out->count++] = resume + 1;
    }
}

/// Without unwind information (code made at run time) a frame pointer may still lead on: a guess, marked as such.
static enum mscope_step mscope_guess(struct mscope_cursor *at, struct mscope_stack *out, uint64_t high)
{
    if ((at->fp & 7) != 0 || mscope_step_frame(at, high) == MSCOPE_STEP_LOST) return MSCOPE_STEP_LOST;
    out->flags |= MSCOPE_STACK_GUESSED;
    return MSCOPE_STEP_ON;
}

static __attribute__((noinline)) enum mscope_step mscope_step(struct mscope_cursor *at, struct mscope_stack *out,
                                                              uint64_t high)
{
    uint64_t rule = mscope_learn_rule(at->pc);
    switch (rule & 7) {
    case MSCOPE_RULE_FRAME: return mscope_step_frame(at, high);
    case MSCOPE_RULE_OFFSET: return mscope_step_offset(at, rule, high);
    case MSCOPE_RULE_END: return MSCOPE_STEP_END;
    case MSCOPE_RULE_SIGNAL: return mscope_step_signal(at, high);
    case MSCOPE_RULE_ASYNC:
        if (!mscope_on_stack(at, at->fp - 8, 16, high)) return MSCOPE_STEP_LOST;
        mscope_follow_contexts(at->fp, out);
        return MSCOPE_STEP_END;
    case MSCOPE_RULE_WIDE:
        return mscope_step_wide(at, high) ? MSCOPE_STEP_ON : MSCOPE_STEP_LOST;
    default: return mscope_guess(at, out, high);
    }
}

// ---- the walk

static inline uint64_t mscope_hash_frame(uint64_t hash, uint64_t pc)
{
    return (hash << 7 | hash >> 57) + pc * 0x9E3779B97F4A7C15ull;
}

static uint64_t mscope_finish_hash(const struct mscope_stack *stack, uint64_t hash)
{
    hash += stack->count + (uint64_t)stack->flags * 0xD6E8FEB86659FD93ull;
    hash = (hash ^ hash >> 32) * 0xD6E8FEB86659FD93ull;
    hash ^= hash >> 29;
    return hash >> 22 ? hash : ~hash; // its upper bits are never 0: that is a free word of the index
}

/// Takes the stack of a caller: its return address, its stack pointer after the return, its frame pointer.
void mscope_unwind(struct mscope_bank *bank, uint64_t pc, uint64_t sp, uint64_t fp, struct mscope_stack *out)
{
    struct mscope_cursor at = {pc, sp, fp};
    uint64_t high = mscope_stack_high(bank, sp), hash = 0;
    uint32_t count = 0;
    out->flags = 0;
    for (;;) {
        out->frames[count++] = at.pc;
        hash = mscope_hash_frame(hash, at.pc);
        if (mscope_unlikely(count == MSCOPE_MAX_FRAMES)) {
            out->flags |= MSCOPE_STACK_TRUNCATED;
            break;
        }
        uint64_t key = mscope_rule_key(at.pc);
        uint64_t word = mscope_load_relaxed(&mscope_rules[key >> (48 - MSCOPE_RULES_SHIFT)]);
        if (mscope_likely(word == (key << MSCOPE_RULE_BITS | MSCOPE_RULE_FRAME)
                          && at.fp >= at.sp && at.fp + 16 <= high)) {
            at.sp = at.fp + 16;
            at.pc = mscope_code_address(mscope_word(at.fp + 8));
            at.fp = mscope_word(at.fp);
        } else {
            out->count = count;
            enum mscope_step step = mscope_step(&at, out, high);
            for (; count < out->count; count++) hash = mscope_hash_frame(hash, out->frames[count]);
            if (step != MSCOPE_STEP_ON) {
                if (step == MSCOPE_STEP_LOST) out->flags |= MSCOPE_STACK_TRUNCATED;
                break;
            }
            if (at.sp >= high || at.sp < sp) high = mscope_stack_high(bank, at.sp); // left a signal's stack
        }
        if (mscope_unlikely(at.pc < MSCOPE_PAGE)) break; // a thread's first frame returns to nowhere
    }
    out->count = count;
    out->hash = mscope_finish_hash(out, hash);
}
