// Memory of our own, straight from mmap; reading memory that may be gone is in CMemscope.h.
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

/// Zeroed pages that cost nothing until touched; NULL when the system refuses.
MSCOPE_HIDDEN void *mscope_map(size_t size);
/// The same, where the program's mappings are not, if the system lets us. In the hole that a growing block leaves it
/// would be in that block's way.
MSCOPE_HIDDEN void *mscope_map_apart(size_t size);
/// Has the page of a word written, and the word as it was. Memory that is read before it is written costs two faults,
/// and the second makes every processor forget what it knows of addresses. (A sum with 0 compiles to a load.)
static inline void mscope_write_fresh(_Atomic uint64_t *word)
{
    uint64_t nothing = 0;
    (void)mscope_cas_acq_rel(word, &nothing, 0);
}
/// The same, shared with processes cloned from this one.
MSCOPE_HIDDEN void *mscope_map_shared(size_t size);
/// Whether the program has all that is mapped from now on locked (mlockall).
extern MSCOPE_HIDDEN _Atomic bool mscope_locks_new_maps;
/// Whether the process may map that much more: it may be limited (ulimit -v, -d).
MSCOPE_HIDDEN bool mscope_has_room(size_t size);
MSCOPE_HIDDEN void mscope_unmap(void *start, size_t size);
/// Gives back what lies behind the first `kept` bytes.
MSCOPE_HIDDEN void mscope_shrink(void *start, size_t size, size_t kept);
/// From now on what is mapped is of the copy that a scan runs in.
MSCOPE_HIDDEN void mscope_maps_in_copy(void);
/// Whether such a mapping lies in [from, to).
MSCOPE_HIDDEN bool mscope_is_map_of_copy_in(uint64_t from, uint64_t to);
/// What we have mapped, one after the other from `*cursor` 0.
MSCOPE_HIDDEN bool mscope_own_map(uint32_t *cursor, uint64_t *start, uint64_t *size);
/// Small zeroed pieces that are never given back; NULL when the limit is reached.
MSCOPE_HIDDEN void *mscope_take(size_t size);
/// Empties pages that stay mapped.
MSCOPE_HIDDEN void mscope_give_back(void *start, size_t size);
/// Whether the kernel lets us ask if an address is readable (seccomp may not).
extern MSCOPE_HIDDEN bool mscope_can_probe;
MSCOPE_HIDDEN void mscope_memory_start(void);
MSCOPE_HIDDEN uint64_t mscope_own_limit(void);

#endif
