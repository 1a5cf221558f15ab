// record: every block, by address, thread, stack and time.
#ifndef MSCOPE_RECORD_RECORD_H
#define MSCOPE_RECORD_RECORD_H

#include "record/accounts.h"
#include "record/bank.h"
#include "record/events.h"
#include "record/hot.h"
#include "record/mode.h"
#include "record/sample.h"
#include "record/scopes.h"
#include "record/shadow.h"
#include "record/slot.h"
#include "record/task_facts.h"
#include "record/tasks.h"
#include "record/threads.h"
#include "record/walk.h"
#include "record/watched.h"

/// Maps memory for threads, tasks and scopes; false when there is none.
MSCOPE_HIDDEN bool mscope_record_start(void);

// ---- site_counts.c
/// Calls `visit` for each stack of live blocks that has a frame in an unloaded image.
MSCOPE_HIDDEN void mscope_visit_orphans(void (*visit)(const struct mscope_site *site));
MSCOPE_HIDDEN void mscope_update_peaks(void);
/// The counts of the site that has the number, summed over all threads.
MSCOPE_HIDDEN struct mscope_counts mscope_site_counts(uint32_t number);
/// For a number that no thread uses.
MSCOPE_HIDDEN void mscope_clear_site_counts(uint32_t number);

// ---- grace.c
struct mscope_grace {
    uint32_t generation; // calls that began in it, or before, may have a number that was withdrawn
    uint64_t time;
};
MSCOPE_HIDDEN void mscope_begin_grace(struct mscope_grace *grace);
/// Whether all calls that began before have ended.
MSCOPE_HIDDEN bool mscope_has_passed(const struct mscope_grace *grace);

// ---- recycle.c
/// When the stack table is nearly full: the work of each second that gives numbers of sites without live blocks to new
/// stacks.
MSCOPE_HIDDEN void mscope_recycle_tick(void);
/// The child waits anew before it recycles numbers: the fork may have come in the middle of their withdrawal.
MSCOPE_HIDDEN void mscope_recycle_after_fork(void);

// ---- valid.c
/// Whether the equations hold for the slots of [from, to).
MSCOPE_HIDDEN bool mscope_shadow_is_valid(uint64_t from, uint64_t to);

// ---- own_bytes.c
MSCOPE_HIDDEN void mscope_measure_own(void);
extern MSCOPE_HIDDEN _Atomic uint64_t mscope_own_resident;

#endif
