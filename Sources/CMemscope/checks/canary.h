// Blocks between bytes that nobody may write, and the check of these bytes.
#ifndef MSCOPE_CHECKS_CANARY_H
#define MSCOPE_CHECKS_CANARY_H

#include "checks/report.h"

// ---- slack.c: bytes that nobody may write
enum { MSCOPE_CANARY = 0xa9 };
MSCOPE_HIDDEN void mscope_fill_slack(uint64_t from, uint64_t to);
/// The first byte in [from, to) that differs from the filling; `to` when none does.
MSCOPE_HIDDEN uint64_t mscope_first_damage(uint64_t from, uint64_t to, uint8_t fill);
MSCOPE_HIDDEN uint64_t mscope_last_damage(uint64_t from, uint64_t to, uint8_t fill);

/// Like these two, for memory that may be unmapped; false when it is.
MSCOPE_HIDDEN bool mscope_probe_first_damage(uint64_t from, uint64_t to, uint8_t fill, uint64_t *damage);
MSCOPE_HIDDEN bool mscope_probe_last_damage(uint64_t from, uint64_t to, uint8_t fill, uint64_t *damage);

// ---- canary.c: blocks between bytes that nobody may write
MSCOPE_HIDDEN void *mscope_canary_allocate(const struct mscope_request *request);
MSCOPE_HIDDEN uint64_t mscope_canaried_blocks(void);
/// Whether the canaries of a freed block are as they were written; if not, *damage is a damaged byte.
MSCOPE_HIDDEN bool mscope_canary_is_whole(uint64_t block, uint64_t size, uint32_t shift, uint64_t *damage);
/// How many bytes the allocator was asked for.
MSCOPE_HIDDEN uint64_t mscope_canary_bytes(uint64_t size, uint32_t shift);
MSCOPE_HIDDEN void mscope_canary_give_back(uint64_t block, uint32_t shift);
MSCOPE_HIDDEN void mscope_canary_sweep(void);
/// What was written over the canaries of a block, as addresses; an end is 0 where nothing was written.
struct mscope_view {
    uint64_t block, size, end; // end: of the canary behind the block
    uint64_t front, front_end; // from the first damaged byte before the block to after the last
    uint64_t rear, rear_end;   // the same behind the block
};
/// Reads the canaries of a block. `owned`: only the caller can reach the block. False when the memory is gone, which
/// cannot be when it is owned.
MSCOPE_HIDDEN bool mscope_canary_view(uint64_t block, uint64_t size, bool owned, struct mscope_view *out);

// ---- damage.c
/// Reports what was written over the canaries of a block.
MSCOPE_HIDDEN void mscope_report_around(const struct mscope_departure *block, const struct mscope_view *view,
                                        struct mscope_witness at, uint32_t flags);
/// Reports a damaged byte before the canary of a block with a larger alignment.
MSCOPE_HIDDEN void mscope_report_before(const struct mscope_departure *block, uint64_t damage,
                                        struct mscope_witness at);

#endif
