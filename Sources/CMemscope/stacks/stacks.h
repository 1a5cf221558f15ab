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
MSCOPE_HIDDEN bool mscope_is_site(uint32_t id);
/// The most bytes that were live at a site at one time; site_counts.c keeps the value.
MSCOPE_HIDDEN _Atomic uint64_t *mscope_site_peak(uint32_t id);
/// Reads a stack that has a frame in an unloaded image; false when `id` is not such a stack.
MSCOPE_HIDDEN bool mscope_read_retired_site(uint32_t id, struct mscope_site *out);

// ---- contexts.c
enum mscope_holding { MSCOPE_HOLDS_NOT, MSCOPE_HOLDS, MSCOPE_HOLDS_UNKNOWN };
/// Looks for the live block around a context, which may be any word. Set once, at the start, by the room that knows
/// blocks. MSCOPE_HOLDS_UNKNOWN while that room does not know all blocks.
extern MSCOPE_HIDDEN enum mscope_holding (*mscope_find_held)(uint64_t context, struct mscope_held *out);

// ---- async.c
/// Swift's swift_task_getCurrent, where the process has it; NULL in a process without tasks.
extern MSCOPE_HIDDEN const void *(*_Atomic mscope_current_task)(void);

#endif
