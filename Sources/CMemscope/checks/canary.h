// Blocks between bytes that nobody may write, and what became of those.
#ifndef MSCOPE_CHECKS_CANARY_H
#define MSCOPE_CHECKS_CANARY_H

#include "checks/report.h"

// ---- slack.c: bytes nobody may write
enum { MSCOPE_CANARY = 0xa9 };
MSCOPE_HIDDEN void mscope_fill_slack(uint64_t from, uint64_t to);
/// The first byte in [from, to) that is not as it was filled; `to` when all are.
MSCOPE_HIDDEN uint64_t mscope_first_damage(uint64_t from, uint64_t to, uint8_t fill);
MSCOPE_HIDDEN uint64_t mscope_last_damage(uint64_t from, uint64_t to, uint8_t fill);

/// The same of memory that may be gone; false when it is.
MSCOPE_HIDDEN bool mscope_probe_first_damage(uint64_t from, uint64_t to, uint8_t fill, uint64_t *damage);
MSCOPE_HIDDEN bool mscope_probe_last_damage(uint64_t from, uint64_t to, uint8_t fill, uint64_t *damage);

// ---- canary.c: blocks between bytes that nobody may write
MSCOPE_HIDDEN void *mscope_canary_allocate(const struct mscope_request *request);
MSCOPE_HIDDEN uint64_t mscope_canaried_blocks(void);
/// Of a freed block: whether its canaries are as they were written; else the damaged byte.
MSCOPE_HIDDEN bool mscope_canary_is_whole(uint64_t block, uint64_t size, uint32_t shift, uint64_t *damage);
/// What the allocator was asked for.
MSCOPE_HIDDEN uint64_t mscope_canary_bytes(uint64_t size, uint32_t shift);
MSCOPE_HIDDEN void mscope_canary_give_back(uint64_t block, uint32_t shift);
MSCOPE_HIDDEN void mscope_canary_sweep(void);
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

#endif
