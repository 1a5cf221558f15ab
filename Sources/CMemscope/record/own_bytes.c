// How much memory the core itself uses.
#include "record/record.h"
#include "record/shadow.h"

#include <sys/syscall.h>

_Atomic uint64_t mscope_own_resident;

/// Counts the core's pages that are in memory.
///
/// context: collector thread; a few system calls per mapping
void mscope_measure_own(void)
{
    static unsigned char pages[1 << 16];
    uint64_t resident = 0;
    uint32_t cursor = 0;
    for (struct mscope_own_map map; mscope_own_map(&cursor, &map);) {
        bool region = map.size == sizeof(struct mscope_region) && mscope_is_region(map.start);
        for (uint64_t offset = 0; !map.is_of_file && offset < map.size; offset += sizeof(pages) * 4096) {
            uint64_t part = map.size - offset < sizeof(pages) * 4096 ? map.size - offset : sizeof(pages) * 4096;
            if (mscope_system(SYS_mincore, map.start + offset, part, pages) != 0) continue;
            for (uint64_t page = 0; page < (part + 4095) / 4096; page++)
                resident += (pages[page] & 1) && !(region && mscope_is_only_seen(map.start, offset + page * 4096));
        }
    }
    mscope_store_relaxed(&mscope_own_resident, resident * 4096);
}
