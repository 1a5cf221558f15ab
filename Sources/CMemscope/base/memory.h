// The core's own memory, straight from mmap. Reading memory that may have vanished is in CMemscope.h.
#ifndef MSCOPE_BASE_MEMORY_H
#define MSCOPE_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "CMemscope.h"
#include "base/system.h"

enum { MSCOPE_PAGE = 4096 };

struct mscope_range {
    uint64_t start, end;
};

/// Zeroed pages that use no memory until they are touched; NULL when the system refuses.
MSCOPE_HIDDEN void *mscope_map(size_t size);
/// Like mscope_map, but away from the program's mappings, if the system allows that. In the hole that a growing block
/// of the program's leaves, the mapping would be in that block's way.
MSCOPE_HIDDEN void *mscope_map_far_away(size_t size);
/// Makes the page of a word written, and leaves the word as it is. Memory that is read before it is written costs two
/// page faults, and the second one makes every processor drop its cached address translations. (Adding 0 is compiled to
/// a load.)
static inline void mscope_write_fresh(_Atomic uint64_t *word)
{
    uint64_t nothing = 0;
    (void)mscope_cas_acq_rel(word, &nothing, 0);
}
/// Like mscope_map, but shared with processes cloned from this one.
MSCOPE_HIDDEN void *mscope_map_shared(size_t size);
/// Whether the program has all new mappings locked (mlockall).
extern MSCOPE_HIDDEN _Atomic bool mscope_locks_new_maps;
/// Whether the process may map this many bytes more: a limit may be set (ulimit -v, -d).
MSCOPE_HIDDEN bool mscope_can_map(size_t size);
MSCOPE_HIDDEN void mscope_unmap(void *start, size_t size);
/// Unmaps everything after the first `kept` bytes.
MSCOPE_HIDDEN void mscope_shrink(void *start, size_t size, size_t kept);
/// From now on new mappings count as made in the copy that a scan runs in.
MSCOPE_HIDDEN void mscope_maps_in_copy(void);
/// Whether a mapping made in the copy lies in [from, to).
MSCOPE_HIDDEN bool mscope_is_map_of_copy_in(uint64_t from, uint64_t to);
/// MemScope's mappings, one per call, from `*cursor` 0 on; false after the last.
struct mscope_own_map {
    uint64_t start, size;
    bool is_of_file; // which the system keeps in memory or not, as it likes
};
MSCOPE_HIDDEN bool mscope_own_map(uint32_t *cursor, struct mscope_own_map *out);
/// Small zeroed pieces that are never given back to the system; NULL when the limit is reached.
MSCOPE_HIDDEN void *mscope_allocate_for_ever(size_t size);
/// Gives the memory of pages back to the system; the pages stay mapped and are then zero.
MSCOPE_HIDDEN void mscope_discard_pages(void *start, size_t size);
/// Whether the kernel answers if an address is readable (seccomp may forbid it).
extern MSCOPE_HIDDEN bool mscope_can_probe;
MSCOPE_HIDDEN void mscope_memory_start(void);
MSCOPE_HIDDEN uint64_t mscope_own_mapped_bytes(void);

#endif
