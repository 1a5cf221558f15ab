// Whether the stack table keeps its equations. For tests, while no thread changes the table.
#include "stacks/index.h"
#include "stacks/sites.h"
#include "stacks/stacks.h"

/// The equations of stack_frames.c and recycling.c.
static bool mscope_frames_are_valid(uint32_t site, const struct mscope_site_entry *entry, uint32_t count)
{
    if (entry->own > count || (entry->own == count) != (entry->base == 0)) return false;
    if (entry->base == 0) return true;
    const struct mscope_site_entry *base = mscope_entry(entry->base);
    uint32_t of_base = mscope_frame_count(base), uses = mscope_load_relaxed(&base->uses);
    return entry->base != site && of_base != 0 && count - entry->own > of_base - base->own
           && count - entry->own <= of_base && uses != MSCOPE_FREE && (uses & MSCOPE_MANY_USES) != 0;
}

/// Whether the index leads to the stack exactly if it should. Two threads may have put one stack in at once, after a
/// word was removed: then it leads to one of the two.
static bool mscope_is_in_index(uint32_t site, const struct mscope_site_entry *entry)
{
    if (entry->hash == 0) return true; // see mscope_restore_site
    uint32_t found = mscope_find_site(entry->hash);
    if (entry->retired_at != 0 || (mscope_load_relaxed(&entry->uses) & MSCOPE_WITHDRAWN) != 0) return found != site;
    return found != 0 && mscope_entry(found)->hash == entry->hash;
}

bool mscope_sites_are_valid(uint32_t from, uint32_t to)
{
    for (uint32_t site = from; site <= to && site <= mscope_highest_site(); site++) {
        const struct mscope_site_entry *entry = mscope_entry(site);
        uint32_t count = mscope_frame_count(entry);
        if (count == 0) continue; // free, or being filled
        if (count > MSCOPE_MAX_FRAMES || !mscope_is_in_index(site, entry)) return false;
        if (!mscope_frames_are_valid(site, entry, count)) return false;
        uint64_t alias = mscope_load_relaxed(&entry->alias);
        uint32_t by_alias = alias != 0 ? mscope_find_site(alias) : 0;
        if (by_alias != 0 && mscope_entry(by_alias)->hash != entry->hash) return false;
    }
    return true;
}
