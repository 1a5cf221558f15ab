// stacks: the exact callers of an allocation, and a number for each distinct call stack.
#ifndef MSCOPE_STACKS_STACKS_H
#define MSCOPE_STACKS_STACKS_H

#include "images/images.h"
#include "stacks/dwarf.h"
#include "stacks/frames.h"
#include "stacks/hash.h"
#include "stacks/step.h"
#include "stacks/unwinder.h"

/// Maps memory for rules and for stacks; false when there is none.
MSCOPE_HIDDEN bool mscope_stacks_start(void);

// ---- unwind.c
/// Code at [start, end] was unloaded: forgets rules, async functions and stacks there. Returns what mscope_code_users
/// says.
MSCOPE_HIDDEN uint64_t mscope_forget_code(uint64_t start, uint64_t end, uint64_t image);
/// The site of a stack of which only the innermost return address is known.
MSCOPE_HIDDEN uint32_t mscope_site_of_frame(uint64_t pc);
/// The site of a caller: its return address, its stack pointer after the return, its frame pointer.
MSCOPE_HIDDEN uint32_t mscope_site_here(struct mscope_unwinder *unwinder, uint64_t pc, uint64_t sp, uint64_t fp);
/// For a thread whose stack ends at `high`; the thread that used the unwinder before had another stack.
MSCOPE_HIDDEN void mscope_start_unwinder(struct mscope_unwinder *unwinder, uint64_t high);

// ---- sites.c
/// The highest number that was given out.
MSCOPE_HIDDEN uint32_t mscope_highest_site(void);
/// Whether a number that was given out has a stack.
MSCOPE_HIDDEN bool mscope_is_site(uint32_t number);
/// The id of the stack that has the number now; 0 for 0.
MSCOPE_HIDDEN uint32_t mscope_site_id(uint32_t number);
/// The most bytes that were live at a site at one time; site_counts.c keeps the value.
MSCOPE_HIDDEN _Atomic uint64_t *mscope_site_peak(uint32_t number);
/// Reads a stack that has a frame in an unloaded image; false when the number's stack is not such a one.
MSCOPE_HIDDEN bool mscope_read_retired_site(uint32_t number, struct mscope_site *out);
/// The lock of those who read all sites, recycle or retire some; the hooks never take it.
MSCOPE_HIDDEN void mscope_lock_sites(void);
MSCOPE_HIDDEN void mscope_unlock_sites(void);

// ---- recycling.c
/// Whether the table is nearly full.
MSCOPE_HIDDEN bool mscope_needs_numbers(void);
/// Takes a stack out of the index; false when another stack or a report uses it.
MSCOPE_HIDDEN bool mscope_withdraw_site(uint32_t number);
/// Makes threads forget the numbers that they keep.
MSCOPE_HIDDEN void mscope_forget_numbers(void);
/// Puts a withdrawn stack back.
MSCOPE_HIDDEN void mscope_restore_site(uint32_t number);
/// Ends a withdrawn site: its id is not valid any more. False, and nothing is done, if another stack, a report or a
/// snapshot uses it by now, or a thread that had the number has made it findable again.
MSCOPE_HIDDEN bool mscope_end_site(uint32_t number);
/// After mscope_end_site: frees the number and its frames.
MSCOPE_HIDDEN void mscope_recycle_number(uint32_t number);
/// Frees a number that has had all its generations, if that was long ago.
MSCOPE_HIDDEN void mscope_end_rest(uint32_t number);
/// When there was no room for frames: joins those that were given back in pieces which are too small.
MSCOPE_HIDDEN void mscope_join_frames(void);

// ---- contexts.c
enum mscope_holding { MSCOPE_HOLDS_NOT, MSCOPE_HOLDS, MSCOPE_HOLDS_UNKNOWN };
/// Looks for the live block around a context, which may be any word. Set once, at the start, by the room that knows
/// blocks. MSCOPE_HOLDS_UNKNOWN while that room does not know all blocks.
extern MSCOPE_HIDDEN enum mscope_holding (*mscope_find_held)(uint64_t context, struct mscope_held *out);

// ---- async.c
/// Swift's swift_task_getCurrent, where the process has it; NULL in a process without tasks.
extern MSCOPE_HIDDEN const void *(*_Atomic mscope_current_task)(void);

#endif
