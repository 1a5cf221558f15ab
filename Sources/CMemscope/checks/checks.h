// checks: what is done wrong with memory. It has blocks of its own and reports on all.
#ifndef MSCOPE_CHECKS_CHECKS_H
#define MSCOPE_CHECKS_CHECKS_H

#include "record/record.h"

// ---- checks.c
extern MSCOPE_HIDDEN uint32_t mscope_checks_level; // an enum mscope_checks
/// Whether the process' operators new and delete are ours, all of them: then families are known.
extern MSCOPE_HIDDEN bool mscope_knows_families;
MSCOPE_HIDDEN void mscope_checks_start(void);
MSCOPE_HIDDEN void mscope_check_operators(void);
/// Starts what the level needs; the process' malloc is ours.
MSCOPE_HIDDEN void mscope_checks_activate(void);
/// Whether every block has to be recorded, with its stack, for as long as the process lives.
MSCOPE_HIDDEN bool mscope_checks_need_all(void);
/// A fresh block: what was asked for, by whom.
struct mscope_request {
    uint64_t size, alignment; // 0: as malloc aligns
    uint32_t family;
    bool zeroed;
    struct mscope_cursor caller;
};
/// A stack by number, and the thread that has it.
struct mscope_witness {
    uint32_t site, thread;
};
MSCOPE_HIDDEN struct mscope_witness mscope_witness(struct mscope_cursor at);

// ---- checked.c
/// A block that is checked, recorded; NULL when this one is not, or not with success: the allocator is to be asked.
MSCOPE_HIDDEN void *mscope_allocate_checked(const struct mscope_request *request);

// ---- badfree.c
#define MSCOPE_SIZE_UNSTATED UINT64_MAX
/// A call that gives a block back.
struct mscope_free_call {
    uint64_t address;
    uint64_t size;   // as the caller says, or MSCOPE_SIZE_UNSTATED
    uint32_t family; // of the call
    bool realloc;
    struct mscope_cursor caller;
};
/// Reports the giving back of what is not a live block; false when nobody can tell.
MSCOPE_HIDDEN bool mscope_is_bad_free(const struct mscope_free_call *call);
/// Reports a live block that is given back as what it is not; false when all is well.
MSCOPE_HIDDEN bool mscope_is_mismatched(const struct mscope_free_call *call, uint64_t what, uint64_t born);

// ---- guard.c, canary.c, quarantine.c
enum { MSCOPE_FRONT = 16 }; // bytes of the canary before a block
// What freed blocks in the quarantine are filled with.
enum { MSCOPE_POISON = 0xd7 };
#define MSCOPE_POISON_WORD 0xd7d7d7d7d7d7d7d7ull // as a pointer: of no address space
/// Gives a live guarded block back; its record is still there.
MSCOPE_HIDDEN void mscope_guard_release(const struct mscope_free_call *call, struct mscope_slot *slot, uint64_t what);
/// Looks at a live block that is given back, and puts it into the quarantine; its record is still there.
MSCOPE_HIDDEN void mscope_canary_release(const struct mscope_free_call *call, struct mscope_slot *slot, uint64_t what);
/// From now on no more is kept, nor what was kept beyond it.
MSCOPE_HIDDEN void mscope_quarantine_limit(uint64_t bytes);

// ---- fault.c
/// Called before a fault that the program leaves to its default ends the process; set once, at the start.
extern MSCOPE_HIDDEN void (*mscope_on_default_fault)(int number, const void *context);
MSCOPE_HIDDEN bool mscope_fault_start(void);
/// Whether the kernel's handler is still ours: a runtime may set its own by system calls, behind libc's back.
MSCOPE_HIDDEN bool mscope_fault_stands(void);
/// Tells the kernel of our handler, in place of what the program wants there.
MSCOPE_HIDDEN void mscope_set_kernel_action(int number, const struct sigaction *program);
/// An instruction that was interrupted, as a return address: readers take one back.
static inline struct mscope_cursor mscope_interrupted_call(const void *context)
{
    struct mscope_cursor at = mscope_interrupted(context);
    at.pc++;
    return at;
}

// ---- actions.c
/// Whether the handler of a fault is ours, in this process, and stands before the program's.
MSCOPE_HIDDEN bool mscope_is_kept(int number);
MSCOPE_HIDDEN void mscope_keep_program_action(int number, const struct sigaction *action);
MSCOPE_HIDDEN struct sigaction mscope_program_action(int number);
MSCOPE_HIDDEN void mscope_forget_program_action(int number);
MSCOPE_HIDDEN void mscope_actions_after_fork(void);

#endif
