// What the checks know and report.
#ifndef MSCOPE_CHECKS_REPORT_H
#define MSCOPE_CHECKS_REPORT_H

#include "checks/checks.h"

// ---- errors.c
extern MSCOPE_HIDDEN bool mscope_aborts_on_error;
/// Counts an error; the first of its kind and stacks is kept. Fields that are 0 are filled in if their values can be
/// found.
MSCOPE_HIDDEN void mscope_report(const struct mscope_error *error);
MSCOPE_HIDDEN void mscope_error_totals(struct mscope_check_totals *out);

// ---- checks.c
struct mscope_check_counters {
    _Atomic uint64_t unknown_frees, guarded, guarded_now, guard_full, faults, canaried;
    _Atomic uint64_t not_quarantined, lost_blocks, sweeps;
};
extern MSCOPE_HIDDEN struct mscope_check_counters mscope_check_counters;
/// The site that freed a block, from the mark in its slot; 0: not known.
MSCOPE_HIDDEN uint32_t mscope_site_of_mark(uint64_t mark);
/// The site that allocated the block of a slot; 0 when it is not known: the block has ended, and the number of the site
/// was recycled.
MSCOPE_HIDDEN uint32_t mscope_allocating_site(uint64_t what);

/// Which side of a guarded block touches the guard.
enum mscope_side { MSCOPE_SIDE_RANDOM = 0, MSCOPE_SIDE_AFTER = 1, MSCOPE_SIDE_BEFORE = 2 };
struct mscope_check_options {
    uint32_t guard_side;
    // of a guarded block that touches the guard behind it, if the request has no larger alignment
    uint32_t guard_align;
    uint64_t guard_rate;       // one in this many allocations is guarded
    uint64_t guard_slots;      // how many blocks are guarded at a time
    uint64_t pages_bytes;      // of all blocks between guards, with MEMSCOPE_CHECKS=pages
    uint64_t quarantine_bytes; // of freed blocks that are kept
};
extern MSCOPE_HIDDEN struct mscope_check_options mscope_check_options;
/// The level cannot change any more.
extern MSCOPE_HIDDEN bool mscope_checks_settled;

// ---- checked.c
/// Records a checked block. False when there is no room for a record: the block must not be given out.
MSCOPE_HIDDEN bool mscope_record_checked(uint64_t address, const struct mscope_request *request);

// ---- badfree.c
MSCOPE_HIDDEN void mscope_report_bad_free(const struct mscope_free_call *call, struct mscope_error *error);
/// The part of a report that is about a known block.
MSCOPE_HIDDEN struct mscope_error mscope_error_about(uint32_t kind, const struct mscope_block *block);

#endif
