// Whether the stack table keeps its equations. For tests, while no thread changes the table.
#include "stacks/sites.h"
#include "stacks/stacks.h"

/// The equations of stack_frames.c.
static bool mscope_frames_are_valid(uint32_t site, const struct mscope_site_entry *entry, uint32_t count)
{
    if (entry->own > count || (entry->own == count) != (entry->base == 0)) return false;
    if (entry->base == 0) return true;
    const struct mscope_site_entry *base = mscope_entry(entry->base);
    uint32_t of_base = mscope_frame_count(base);
    return entry->base != site && of_base != 0 && count - entry->own > of_base - base->own
           && count - entry->own <= of_base;
}

bool mscope_sites_are_valid(uint32_t from, uint32_t to)
{
    for (uint32_t site = from; site <= to && site <= mscope_highest_site(); site++) {
        const struct mscope_site_entry *entry = mscope_entry(site);
        uint32_t count = mscope_frame_count(entry);
        if (count == 0) continue; // unused: another thread entered the stack first
        bool is_found = mscope_find_site(entry->hash) == site;
        if (count > MSCOPE_MAX_FRAMES || is_found != (entry->retired_at == 0)) return false;
        if (!mscope_frames_are_valid(site, entry, count)) return false;
        uint64_t alias = mscope_load_relaxed(&entry->alias);
        uint32_t by_alias = alias != 0 ? mscope_find_site(alias) : 0;
        if (by_alias != 0 && by_alias != site) return false;
    }
    return true;
}
