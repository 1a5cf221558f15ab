// How much is recorded, and since when every block is recorded.
#ifndef MSCOPE_RECORD_MODE_H
#define MSCOPE_RECORD_MODE_H

#include "record/slot.h"

/// An mscope_mode, or MSCOPE_PROBED while the core finds out whether the process' malloc is the core's.
extern MSCOPE_HIDDEN _Atomic uint32_t mscope_current_mode;
enum { MSCOPE_PROBED = MSCOPE_FULL + 1 };
/// Set by a hook that records nothing because the mode is MSCOPE_PROBED.
extern MSCOPE_HIDDEN _Atomic uint32_t mscope_hook_ran;
/// Whether the program has asked for the usable size of a block that is no Swift object. If not, the program has
/// written nothing beyond the size that it requested.
extern MSCOPE_HIDDEN _Atomic bool mscope_uses_slack;
/// Whether the second word of a block can be the reference counts of a Swift object: inline ones, or a side table.
static inline bool mscope_can_be_object(uint64_t counts)
{
    return (counts & 1) != 0 || counts >> 62 == 3;
}
/// Whether every live block has been recorded since the start of the program.
MSCOPE_HIDDEN bool mscope_knows_all_blocks(void);
/// The era: the number of this interval of complete tracking, in the upper 15 bits; 0 while tracking is not complete. A
/// freed block leaves a mark in its slot. `what` says what the block was, and that it is not live any more. `born` says
/// who freed it, by a return address or by the id of a site, and holds the era. A mark of another era says nothing:
/// other blocks may have been there since.
extern MSCOPE_HIDDEN _Atomic uint64_t mscope_era;
enum { MSCOPE_ERA_SHIFT = 49 };
#define MSCOPE_MARK_SITE (1ull << 48) // the bits below are the id of a site, no address
static inline uint64_t mscope_mark_of(uint64_t freed_by)
{
    return freed_by | mscope_load_relaxed(&mscope_era);
}
static inline uint64_t mscope_mark_of_site(uint32_t site)
{
    return mscope_mark_of(MSCOPE_MARK_SITE | site);
}
MSCOPE_HIDDEN void mscope_era_tick(void);
/// `mode` is one of mscope_mode, and tracking must be possible.
MSCOPE_HIDDEN void mscope_change_mode(uint32_t mode);

#endif
