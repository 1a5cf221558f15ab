// Blocks that are buffers of stdio: they have bytes in them, and behind these what their memory was before. Nearly
// every program has one, and none can be told from other blocks but by who refers to it.
#include "scan.h"

#include <stddef.h>
#include <stdio.h>

// Of glibc: the newest of all streams; each knows the one before it.
#pragma weak _IO_list_all
extern FILE *_IO_list_all;

enum { MSCOPE_STREAMS = 1 << 16 };

static void mscope_add_buffer(struct mscope_scanner *scanner, uint64_t stream)
{
    uint64_t start = mscope_word(scanner, stream + offsetof(FILE, _IO_buf_base));
    uint64_t end = mscope_word(scanner, stream + offsetof(FILE, _IO_buf_end));
    uint32_t node = start < end ? mscope_node_at(scanner, start) : UINT32_MAX;
    if (node == UINT32_MAX || scanner->nodes[node].address != start || scanner->nodes[node].size != end - start) return;
    mscope_add_range(scanner, &scanner->buffers, start, end);
}

void mscope_find_buffers(struct mscope_scanner *scanner)
{
    if (&_IO_list_all == NULL) return;
    uint64_t stream = mscope_word(scanner, (uint64_t)&_IO_list_all);
    for (int i = 0; i < MSCOPE_STREAMS && stream != 0 && scanner->problem == 0; i++) {
        const struct mscope_mapping *mapping = mscope_mapping_at(scanner, stream);
        if (mapping == NULL || !(mapping->flags & MSCOPE_MAP_READABLE) || mapping->end - stream < sizeof(FILE)) return;
        mscope_add_buffer(scanner, stream);
        stream = mscope_word(scanner, stream + offsetof(FILE, _chain));
    }
    mscope_join_ranges(&scanner->buffers);
}
