// Freed blocks that are kept for a while.
#ifndef MSCOPE_CHECKS_QUARANTINE_H
#define MSCOPE_CHECKS_QUARANTINE_H

#include "checks/report.h"

// ---- quarantine.c: freed blocks that are kept for a while
MSCOPE_HIDDEN bool mscope_quarantine_start(void);
/// Takes over a freed block whose lead has 2^shift bytes.
MSCOPE_HIDDEN void mscope_quarantine(uint64_t block, uint64_t size, uint32_t shift);
MSCOPE_HIDDEN void mscope_quarantine_sweep(void);
MSCOPE_HIDDEN void mscope_quarantine_totals(struct mscope_check_totals *out);
/// Whether the equations hold; for tests, while nothing changes.
MSCOPE_HIDDEN bool mscope_quarantine_is_valid(void);

// ---- poison.c
/// Reports a fault through a pointer that was read from a freed block, and lets the access go on; false when the fault
/// was another one, or when the access cannot go on.
MSCOPE_HIDDEN bool mscope_poison_caught(const siginfo_t *info, void *context);

#endif
