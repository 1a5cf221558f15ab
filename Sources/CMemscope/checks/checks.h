// checks: finds wrong uses of memory. It has kinds of blocks of its own, and reports errors about all blocks.
#ifndef MSCOPE_CHECKS_CHECKS_H
#define MSCOPE_CHECKS_CHECKS_H

#include "record/record.h"

// ---- checks.c
extern MSCOPE_HIDDEN uint32_t mscope_checks_level; // an enum mscope_checks
/// Whether all of the process' operators new and delete are the core's: then families are known.
extern MSCOPE_HIDDEN bool mscope_knows_families;
MSCOPE_HIDDEN void mscope_checks_start(void);
MSCOPE_HIDDEN void mscope_check_operators(void);
/// Starts what the level needs; called when the process' malloc is the core's.
MSCOPE_HIDDEN void mscope_checks_activate(void);
/// Whether every block has to be recorded, with its stack, for as long as the process lives.
MSCOPE_HIDDEN bool mscope_checks_need_all(void);
/// A request for a new block: what is asked for, and by whom.
struct mscope_request {
    uint64_t size, alignment; // 0: as malloc aligns
    uint32_t family;
    bool zeroed;
    struct mscope_cursor caller;
};
/// The site of a stack, and the thread that has it.
struct mscope_witness {
    uint32_t site, thread;
};
MSCOPE_HIDDEN struct mscope_witness mscope_witness(struct mscope_cursor at);

// ---- checked.c
/// A checked block, recorded; NULL when this allocation is not checked, or when that failed: the caller asks the
/// allocator.
MSCOPE_HIDDEN void *mscope_allocate_checked(const struct mscope_request *request);

// ---- badfree.c
#define MSCOPE_SIZE_UNSTATED UINT64_MAX
/// A call that frees a block, or reallocates it.
struct mscope_free_call {
    uint64_t address;
    uint64_t size;   // as the caller states it, or MSCOPE_SIZE_UNSTATED
    uint32_t family; // of the call
    bool realloc;
    struct mscope_cursor caller;
};
/// Reports a call that frees what is not a live block; false when this cannot be proved.
MSCOPE_HIDDEN bool mscope_is_bad_free(const struct mscope_free_call *call);
/// Reports a live block that is freed as one of another kind; false when all is well.
MSCOPE_HIDDEN bool mscope_is_mismatched(const struct mscope_free_call *call, uint64_t what, uint64_t born);

// ---- guard.c, canary.c, quarantine.c
enum { MSCOPE_FRONT = 16 }; // bytes of the canary before a block
// The filling of freed blocks in the quarantine.
enum { MSCOPE_POISON = 0xd7 };
#define MSCOPE_POISON_WORD 0xd7d7d7d7d7d7d7d7ull // as a pointer: in no address space
/// Frees a live guarded block, whose record is still in the table.
MSCOPE_HIDDEN void mscope_guard_release(const struct mscope_free_call *call, struct mscope_slot *slot, uint64_t what);
/// Checks a live block that is freed, and puts it into the quarantine; its record is still in the table.
MSCOPE_HIDDEN void mscope_canary_release(const struct mscope_free_call *call, struct mscope_slot *slot, uint64_t what);
/// Limits the quarantine from now on; blocks beyond the limit are given back.
MSCOPE_HIDDEN void mscope_quarantine_limit(uint64_t bytes);

// ---- fault.c
/// Called before a fault ends the process because the program has no handler for it; set once, at the start.
extern MSCOPE_HIDDEN void (*mscope_on_default_fault)(int number, const void *context);
MSCOPE_HIDDEN bool mscope_fault_start(void);
/// Whether the kernel's handler is still the core's: a runtime may set its own by system calls, without libc's
/// knowledge.
MSCOPE_HIDDEN bool mscope_fault_stands(void);
/// Sets the core's handler in the kernel, in place of the action that the program wants there.
MSCOPE_HIDDEN void mscope_set_kernel_action(int number, const struct sigaction *program);
/// The interrupted instruction as a return address: readers of return addresses subtract one.
static inline struct mscope_cursor mscope_interrupted_call(const void *context)
{
    struct mscope_cursor at = mscope_interrupted(context);
    at.pc++;
    return at;
}

// ---- actions.c
/// Whether the kernel's handler of a fault is the core's, in this process, in front of the program's.
MSCOPE_HIDDEN bool mscope_keeps_program_action(int number);
MSCOPE_HIDDEN void mscope_keep_program_action(int number, const struct sigaction *action);
MSCOPE_HIDDEN struct sigaction mscope_program_action(int number);
MSCOPE_HIDDEN void mscope_forget_program_action(int number);
MSCOPE_HIDDEN void mscope_actions_after_fork(void);

#endif
