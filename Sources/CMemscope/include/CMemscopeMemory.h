// MemScope's own memory (base/memory.c). Included by CMemscope.h.
#ifndef MSCOPE_CMEMSCOPE_MEMORY_H
#define MSCOPE_CMEMSCOPE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Zeroed pages of MemScope's own, or a file's, which no scan takes for roots; NULL when the system refuses. To be
/// given back by mscope_unmap_pages with the same size.
void *_Nullable mscope_map_pages(size_t size);
void *_Nullable mscope_map_file(int descriptor, size_t size);
void mscope_unmap_pages(void *start, size_t size);
/// Copies `size` bytes of the process' own memory, which may be unmapped at any moment. Returns how many bytes were
/// readable from the start.
size_t mscope_read_memory(uint64_t address, void *out, size_t size);

#pragma clang assume_nonnull end

#endif
