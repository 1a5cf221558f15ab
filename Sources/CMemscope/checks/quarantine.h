// Freed blocks that are kept a while.
#ifndef MSCOPE_CHECKS_QUARANTINE_H
#define MSCOPE_CHECKS_QUARANTINE_H

#include "checks/report.h"

// ---- quarantine.c: freed blocks that are kept a while
MSCOPE_HIDDEN bool mscope_quarantine_start(void);
/// Takes over a freed block whose lead has 2^shift bytes.
MSCOPE_HIDDEN void mscope_quarantine(uint64_t block, uint64_t size, uint32_t shift);
MSCOPE_HIDDEN void mscope_quarantine_sweep(void);
MSCOPE_HIDDEN void mscope_quarantine_totals(struct mscope_check_totals *out);
/// Whether the equations hold; for tests, at rest.
MSCOPE_HIDDEN bool mscope_quarantine_is_valid(void);

// ---- poison.c
/// Reports a fault by a pointer that was read from a freed block, and lets it go on; false when it was none, or it
/// cannot go on.
MSCOPE_HIDDEN bool mscope_poison_caught(const siginfo_t *info, void *context);

#endif
