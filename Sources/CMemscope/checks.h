// Prototypes shared by the memory checks, by the file that defines them. What the hooks need of them is in internal.h.
#ifndef MSCOPE_CHECKS_H
#define MSCOPE_CHECKS_H

#include "shadow.h"

// ---- errors.c
extern MSCOPE_HIDDEN bool mscope_aborts_on_error;
/// Counts an error; the first of its kind and stacks is kept. What is 0 in it and can be found out is.
MSCOPE_HIDDEN void mscope_report(const struct mscope_error *error);
MSCOPE_HIDDEN void mscope_error_totals(struct mscope_check_totals *out);

// ---- checks.c
extern MSCOPE_HIDDEN uint32_t mscope_checks_level; // an enum mscope_checks
/// Whether the process' operators new and delete are ours, all of them: then families are known.
extern MSCOPE_HIDDEN bool mscope_knows_families;
struct mscope_check_counters {
    _Atomic uint64_t unknown_frees, guarded, guarded_now, guard_full, faults, canaried;
    _Atomic uint64_t not_quarantined, lost_blocks, sweeps;
};
extern MSCOPE_HIDDEN struct mscope_check_counters mscope_check_counters;
/// A stack by number, and the thread that has it.
struct mscope_witness {
    uint32_t site, thread;
};
MSCOPE_HIDDEN struct mscope_witness mscope_witness(struct mscope_cursor at);
/// What a freed block's slot says of who freed it.
MSCOPE_HIDDEN uint32_t mscope_site_of_mark(uint64_t mark);

/// Which side of a guarded block touches the guard.
enum mscope_side { MSCOPE_SIDE_RANDOM = 0, MSCOPE_SIDE_AFTER = 1, MSCOPE_SIDE_BEFORE = 2 };
struct mscope_check_options {
    uint32_t guard_side;
    uint32_t guard_align;      // of a guarded block that touches the guard behind it, where no more was asked for
    uint64_t guard_rate;       // one in so many allocations is guarded
    uint64_t guard_slots;      // so many at a time
    uint64_t pages_bytes;      // of all blocks between guards, with MEMSCOPE_CHECKS=pages
    uint64_t quarantine_bytes; // of freed blocks that are kept
};
extern MSCOPE_HIDDEN struct mscope_check_options mscope_check_options;
/// The level is not to change any more.
extern MSCOPE_HIDDEN bool mscope_checks_settled;
/// Records a checked block. False when there is no room for a record: the block must not be given out.
MSCOPE_HIDDEN bool mscope_record_checked(uint64_t address, const struct mscope_request *request);

// ---- queue.c
struct mscope_item {
    uint64_t address, first, second; // the words are the owner's
};
struct mscope_queue {
    _Alignas(64) _Atomic uint64_t head;
    _Alignas(64) _Atomic uint64_t tail;
    uint64_t capacity; // 0: no queue
    struct mscope_place *places;
};
MSCOPE_HIDDEN bool mscope_queue_start(struct mscope_queue *queue, uint64_t least);
/// False when it is full.
MSCOPE_HIDDEN bool mscope_queue_put(struct mscope_queue *queue, struct mscope_item item);
/// False when it is empty.
MSCOPE_HIDDEN bool mscope_queue_take(struct mscope_queue *queue, struct mscope_item *out);
/// The address of an item to be taken soon, or anything else: only to fetch what it will need.
MSCOPE_HIDDEN uint64_t mscope_queue_glimpse(const struct mscope_queue *queue, uint64_t distance);
MSCOPE_HIDDEN uint64_t mscope_queue_length(const struct mscope_queue *queue);

// ---- slack.c: bytes nobody may write
enum { MSCOPE_CANARY = 0xa9 };
MSCOPE_HIDDEN void mscope_fill_slack(uint64_t from, uint64_t to);
/// The first byte in [from, to) that is not as it was filled; `to` when all are.
MSCOPE_HIDDEN uint64_t mscope_first_damage(uint64_t from, uint64_t to, uint8_t fill);
MSCOPE_HIDDEN uint64_t mscope_last_damage(uint64_t from, uint64_t to, uint8_t fill);

// ---- badfree.c
/// A call that gives a block back.
struct mscope_free_call {
    uint64_t address;
    uint64_t size;   // as the caller says, or MSCOPE_SIZE_UNSTATED
    uint32_t family; // of the call
    bool realloc;
    struct mscope_cursor caller;
};
MSCOPE_HIDDEN void mscope_report_bad_free(const struct mscope_free_call *call, struct mscope_error *error);
/// The part of a report that is about a known block.
MSCOPE_HIDDEN struct mscope_error mscope_error_about(uint32_t kind, const struct mscope_block *block);
/// Reports the giving back of what is not a live block; false when nobody can tell.
MSCOPE_HIDDEN bool mscope_is_bad_free(const struct mscope_free_call *call);
/// Reports a live block that is given back as what it is not; false when all is well.
MSCOPE_HIDDEN bool mscope_is_mismatched(const struct mscope_free_call *call, uint64_t what, uint64_t born);

/// The same of memory that may be gone; false when it is.
MSCOPE_HIDDEN bool mscope_probe_first_damage(uint64_t from, uint64_t to, uint8_t fill, uint64_t *damage);
MSCOPE_HIDDEN bool mscope_probe_last_damage(uint64_t from, uint64_t to, uint8_t fill, uint64_t *damage);

// ---- guard.c: blocks between guard pages
MSCOPE_HIDDEN bool mscope_guard_start(void);
/// A guarded block, recorded; NULL when there is no room or it does not fit.
MSCOPE_HIDDEN void *mscope_guard_allocate(const struct mscope_request *request);
/// Gives a live guarded block back; its record is still there.
MSCOPE_HIDDEN void mscope_guard_release(const struct mscope_free_call *call, struct mscope_slot *slot, uint64_t what);
/// Reports the giving back of an address in a pool that is no live block.
MSCOPE_HIDDEN bool mscope_guard_is_bad_free(const struct mscope_free_call *call);
/// Reports an access that a guard caught, and lets it go on; false when it was none.
MSCOPE_HIDDEN bool mscope_guard_caught(uint64_t address, bool is_write, struct mscope_cursor at);
MSCOPE_HIDDEN void mscope_guard_sweep(void);
MSCOPE_HIDDEN void mscope_guard_totals(struct mscope_check_totals *out);

// ---- canary.c: blocks between bytes that nobody may write
MSCOPE_HIDDEN void *mscope_canary_allocate(const struct mscope_request *request);
MSCOPE_HIDDEN uint64_t mscope_canaried_blocks(void);
/// Looks at a live block that is given back, and puts it into the quarantine; its record is still there.
MSCOPE_HIDDEN void mscope_canary_release(const struct mscope_free_call *call, struct mscope_slot *slot, uint64_t what);
/// Of a freed block: whether its canaries are as they were written; else the damaged byte.
MSCOPE_HIDDEN bool mscope_canary_is_whole(uint64_t block, uint64_t size, uint32_t shift, uint64_t *damage);
/// What the allocator was asked for.
MSCOPE_HIDDEN uint64_t mscope_canary_bytes(uint64_t size, uint32_t shift);
MSCOPE_HIDDEN void mscope_canary_give_back(uint64_t block, uint32_t shift);
MSCOPE_HIDDEN void mscope_canary_sweep(void);
enum { MSCOPE_FRONT = 16 }; // bytes of the canary before a block
/// What was written over the canaries of a block: addresses, the ends 0 where nothing was.
struct mscope_view {
    uint64_t block, size, end;  // end: of the canary behind it
    uint64_t front, front_end;  // from the first damaged byte before it to behind the last
    uint64_t rear, rear_end;    // the same behind it
};
/// False when the memory is gone, which that of a block that the caller alone has is not.
MSCOPE_HIDDEN bool mscope_canary_view(uint64_t block, uint64_t size, bool owned, struct mscope_view *out);

// ---- damage.c
/// Reports what was written over the canaries of a block.
MSCOPE_HIDDEN void mscope_report_around(const struct mscope_departure *block, const struct mscope_view *view,
                                        struct mscope_witness at, uint32_t flags);
/// The same for a byte before the canary of a block that was aligned further.
MSCOPE_HIDDEN void mscope_report_before(const struct mscope_departure *block, uint64_t damage,
                                        struct mscope_witness at);

// ---- quarantine.c: freed blocks that are kept a while
enum { MSCOPE_POISON = 0xd7 };
#define MSCOPE_POISON_WORD 0xd7d7d7d7d7d7d7d7ull // as a pointer: of no address space
MSCOPE_HIDDEN bool mscope_quarantine_start(void);
/// Takes over a freed block whose lead has 2^shift bytes.
MSCOPE_HIDDEN void mscope_quarantine(uint64_t block, uint64_t size, uint32_t shift);
MSCOPE_HIDDEN void mscope_quarantine_sweep(void);
/// From now on no more is kept, nor what was kept beyond it.
MSCOPE_HIDDEN void mscope_quarantine_limit(uint64_t bytes);
MSCOPE_HIDDEN void mscope_quarantine_totals(struct mscope_check_totals *out);

// ---- poison.c
/// Reports a fault by a pointer that was read from a freed block, and lets it go on; false when it was none, or it
/// cannot go on.
MSCOPE_HIDDEN bool mscope_poison_caught(const siginfo_t *info, void *context);

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

#endif
