// Parts of stdio's streams that were never written: a buffer has old words of its memory behind the bytes in it, and a
// stream that was never wide has no state for that. Nearly every program has such blocks, and only the references to
// them distinguish them from other blocks.
#include "scan/scan.h"
#include "scan/scanner.h"

#include <stddef.h>
#include <stdio.h>

// From glibc: the newest of all streams; each has a pointer to the one before it.
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

// Parts that fopen does not write in the stream that it makes, until the stream is wide: in the stream itself, and
// behind the pointers with which its wide part begins (glibc 2.36, libio/libio.h, struct _IO_wide_data).
static const struct mscope_range mscope_unwritten[] = {
    {offsetof(FILE, _old_offset), offsetof(FILE, _lock)},
    {offsetof(FILE, _codecvt), offsetof(FILE, _wide_data)},
    {offsetof(FILE, _freeres_buf), sizeof(FILE)},
};
enum { MSCOPE_WIDE_STATES = 88, MSCOPE_WIDE_FUNCTIONS = 224 };

static void mscope_add_unwritten(struct mscope_scanner *scanner, uint64_t stream)
{
    if ((int32_t)mscope_word(scanner, stream + offsetof(FILE, _mode)) > 0) return;
    uint64_t wide = mscope_word(scanner, stream + offsetof(FILE, _wide_data));
    uint32_t node = mscope_node_at(scanner, stream);
    if (node == UINT32_MAX || scanner->nodes[node].address != stream) return;
    uint64_t room = scanner->nodes[node].size;
    if (wide - stream < sizeof(FILE) || wide - stream > room || room - (wide - stream) < MSCOPE_WIDE_FUNCTIONS) return;
    for (size_t i = 0; i < sizeof(mscope_unwritten) / sizeof(mscope_unwritten[0]); i++)
        mscope_add_range(scanner, &scanner->buffers, stream + mscope_unwritten[i].start,
                         stream + mscope_unwritten[i].end);
    mscope_add_range(scanner, &scanner->buffers, wide + MSCOPE_WIDE_STATES, wide + MSCOPE_WIDE_FUNCTIONS);
}

void mscope_find_buffers(struct mscope_scanner *scanner)
{
    if (&_IO_list_all == NULL) return;
    uint64_t stream = mscope_word(scanner, (uint64_t)&_IO_list_all);
    for (int i = 0; i < MSCOPE_STREAMS && stream != 0 && scanner->problem == 0; i++) {
        const struct mscope_mapping *mapping = mscope_mapping_at(scanner, stream);
        if (mapping == NULL || !(mapping->flags & MSCOPE_MAP_READABLE) || mapping->end - stream < sizeof(FILE)) return;
        mscope_add_buffer(scanner, stream);
        mscope_add_unwritten(scanner, stream);
        stream = mscope_word(scanner, stream + offsetof(FILE, _chain));
    }
    mscope_join_ranges(&scanner->buffers);
}
