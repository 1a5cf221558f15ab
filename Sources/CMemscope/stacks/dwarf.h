// Reading of call frame information (DWARF 5, section 6.4, and the Linux Standard Base's .eh_frame).
#ifndef MSCOPE_STACKS_DWARF_H
#define MSCOPE_STACKS_DWARF_H

#include "stacks/frames.h"
#include "images/images.h"

/// Where the caller's registers are, seen from one address.
/// context_offset: where Swift's async context is saved; 0 when this function leaves its register alone
///
/// cfa_expression == NULL  =>  CFA = register `cfa_register` + cfa_offset
/// fp_expression == NULL   =>  the caller's fp is at CFA + fp_offset, or unchanged when fp_offset is 0
/// kept: the offsets of all registers that a call preserves; vague: one of them is not saved at an offset
struct mscope_row {
    uint64_t cfa_register;
    int64_t cfa_offset, fp_offset, ra_offset, context_offset;
    const uint8_t *cfa_expression, *fp_expression; // ULEB128 length, then operations
    int64_t kept[MSCOPE_KEPT];
    bool ra_undefined, signal_frame, vague;
};

/// The row for a return address; false when nothing is known about it.
MSCOPE_HIDDEN bool mscope_find_row(uint64_t pc, struct mscope_row *out);

/// Where the function around a return address begins; 0 when this is not known.
MSCOPE_HIDDEN uint64_t mscope_function_of(uint64_t pc);

/// Where the code around `pc` that has no frame description begins; 0 when `pc` has a description or is in no image.
MSCOPE_HIDDEN uint64_t mscope_undescribed_since(uint64_t pc);

static inline uint64_t mscope_uleb(const uint8_t **p)
{
    uint64_t result = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = *(*p)++;
        if (shift < 64) result |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return result;
    }
}

static inline int64_t mscope_sleb(const uint8_t **p)
{
    uint64_t result = 0;
    for (unsigned shift = 0;;) {
        uint8_t byte = *(*p)++;
        if (shift < 64) result |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
        if (byte & 0x80) continue;
        if (shift < 64 && (byte & 0x40)) result |= ~0ull << shift;
        return (int64_t)result;
    }
}

#endif
