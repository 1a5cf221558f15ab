// Prototypes shared by the memory checks, by the file that defines them. What the hooks need of them is in internal.h.
#ifndef MSCOPE_CHECKS_H
#define MSCOPE_CHECKS_H

#include "internal.h"

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
    _Atomic uint64_t quarantined_blocks, quarantined_bytes, not_quarantined, lost_blocks, sweeps;
};
extern MSCOPE_HIDDEN struct mscope_check_counters mscope_check_counters;
/// A stack by number, and the thread that has it.
struct mscope_witness {
    uint32_t site, thread;
};
MSCOPE_HIDDEN struct mscope_witness mscope_witness(struct mscope_cursor at);
/// What a freed block's slot says of who freed it.
MSCOPE_HIDDEN uint32_t mscope_site_of_mark(uint64_t mark);

// ---- badfree.c
/// A call that gives a block back.
struct mscope_giving {
    uint64_t address;
    uint64_t size;   // as told by the caller, or MSCOPE_SIZE_UNTOLD
    uint32_t family; // of the call
    bool realloc;
    struct mscope_cursor caller;
};
/// Reports the giving back of what is not a live block; false when nobody can tell.
MSCOPE_HIDDEN bool mscope_is_bad_free(const struct mscope_giving *call, struct mscope_slot *slot);
/// Reports a live block that is given back as what it is not; false when all is well.
MSCOPE_HIDDEN bool mscope_is_mismatched(const struct mscope_giving *call, uint64_t what, uint64_t born);

#endif
