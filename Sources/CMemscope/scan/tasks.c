// Which part of a block of the Swift runtime is in use. A task keeps the frames of its async functions in slabs, one on
// top of the other. Above the topmost frame are old words of functions that have returned, and emptied slabs are kept
// for the next call.
#include "scan/scan.h"
#include "scan/scanner.h"

#include <stddef.h>

// From the Swift runtime, for debuggers; absent in programs without tasks.
#pragma weak _swift_concurrency_debug_asyncTaskSlabMetadata
extern const void *const _swift_concurrency_debug_asyncTaskSlabMetadata;

// Swift 6.3, StackAllocator.h: metadata, next slab, then both of these; frames begin at the next multiple of 16.
struct mscope_slab_use {
    uint32_t capacity, used;
};
enum { MSCOPE_SLAB_HEAD = 32, MSCOPE_SLAB_USE_AT = 16 };

uint64_t mscope_scan_frames_word(void)
{
    if (&_swift_concurrency_debug_asyncTaskSlabMetadata == NULL) return 0;
    return (uint64_t)_swift_concurrency_debug_asyncTaskSlabMetadata;
}

struct mscope_range mscope_part_in_use(struct mscope_scanner *scanner, const struct mscope_scan_node *node,
                                       uint64_t end)
{
    const struct mscope_range all = {node->address, end};
    if (node->words[0] == 0 || node->words[0] != mscope_scan_frames_word()) return all;
    if (node->size < MSCOPE_SLAB_HEAD) return all;
    uint64_t word = mscope_word(scanner, node->address + MSCOPE_SLAB_USE_AT);
    struct mscope_slab_use use = {(uint32_t)word, (uint32_t)(word >> 32)};
    // Used only if it describes the block in which it stands.
    if (use.capacity > node->size - MSCOPE_SLAB_HEAD || node->size - MSCOPE_SLAB_HEAD - use.capacity >= 16) return all;
    if (use.used > use.capacity) return all;
    uint64_t frames = node->address + MSCOPE_SLAB_HEAD;
    return (struct mscope_range){frames, frames + use.used};
}
