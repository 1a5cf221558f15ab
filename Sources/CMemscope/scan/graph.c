// The nodes and edges that the scanner finds: every live block, and every word in a block that points to another.
#include "scan/scan.h"
#include "scan/scanner.h"

#include <stddef.h>

// A cell of the index says how many nodes have an address below the cell's end. At most 16 blocks begin in a cell.
enum { MSCOPE_CELL_SHIFT = 9, MSCOPE_REGION_CELLS = 1 << (MSCOPE_REGION_SHIFT - MSCOPE_CELL_SHIFT) };
enum { MSCOPE_CLOCK_BLOCKS = 1 << 14 }; // this many blocks are scanned between two looks at the clock
enum { MSCOPE_LARGE_BLOCK = 1 << 16 };  // its pages are looked up first: most of them may never have been touched

static bool mscope_fails(struct mscope_scanner *scanner, uint32_t problem)
{
    if (scanner->problem == 0) scanner->problem = problem;
    return false;
}

// ---- nodes

static bool mscope_add_node(struct mscope_scanner *scanner, const struct mscope_departure *block)
{
    uint32_t flags = mscope_slot_flags(block->what);
    if (flags & MSCOPE_SLOT_INTERNAL)
        return mscope_add_range(scanner, &scanner->internal, block->address, block->address + block->size);
    uint64_t room = scanner->answer->capacity - sizeof(struct mscope_answer);
    // One more node is written at the end.
    if ((scanner->node_count + 2) * sizeof(struct mscope_scan_node) > room || scanner->node_count >= UINT32_MAX - 2)
        return mscope_fails(scanner, MSCOPE_SCAN_TOO_LARGE);
    scanner->nodes[scanner->node_count++] = (struct mscope_scan_node){
        .address = block->address,
        .size = block->size,
        .born = block->born,
        .site = mscope_site_id(mscope_slot_site(block->what)),
        .root = UINT32_MAX,
        .type = UINT32_MAX,
    };
    scanner->heap_bytes += block->size;
    return true;
}

/// Adds the blocks of one region. They come in ascending order: at most one begins in a granule.
static bool mscope_add_nodes_of(struct mscope_scanner *scanner, struct mscope_region *region, uint64_t number)
{
    uint64_t first = number << (MSCOPE_REGION_SHIFT - MSCOPE_GRANULE_SHIFT);
    for (uint64_t stretch = 0; stretch < MSCOPE_REGION_STRETCHES; stretch++) {
        if (!mscope_is_used(region, stretch)) continue;
        for (uint64_t i = 0; i < MSCOPE_STRETCH_GRANULES; i++) {
            struct mscope_departure found;
            if (mscope_read_granule(region, first + stretch * MSCOPE_STRETCH_GRANULES + i, &found) == NULL) continue;
            if (!mscope_add_node(scanner, &found)) return false;
        }
    }
    return true;
}

/// Fills the cells of a region; the nodes before `from` lie below it.
static bool mscope_index_region(struct mscope_scanner *scanner, uint64_t number, uint64_t from)
{
    uint32_t *cells = mscope_map(MSCOPE_REGION_CELLS * sizeof(uint32_t));
    if (cells == NULL) return mscope_fails(scanner, MSCOPE_SCAN_NO_MEMORY);
    scanner->index[number] = (uint64_t)cells;
    uint64_t start = number << MSCOPE_REGION_SHIFT, cell = 0;
    for (uint64_t i = from; i < scanner->node_count; i++) {
        uint64_t own = (scanner->nodes[i].address - start) >> MSCOPE_CELL_SHIFT;
        for (; cell < own; cell++) cells[cell] = (uint32_t)i;
    }
    for (; cell < MSCOPE_REGION_CELLS; cell++) cells[cell] = (uint32_t)scanner->node_count;
    return true;
}

/// Fills the index for regions in which no block begins, but into which the last block reaches.
static void mscope_index_tail(struct mscope_scanner *scanner)
{
    const struct mscope_scan_node *last = &scanner->nodes[scanner->node_count - 1];
    uint64_t own = last->address >> MSCOPE_REGION_SHIFT;
    uint64_t end = (last->address + (last->size ? last->size : 1) - 1) >> MSCOPE_REGION_SHIFT;
    for (uint64_t number = own + 1; number <= end && number < MSCOPE_REGIONS; number++)
        scanner->index[number] = scanner->node_count << 1 | 1;
}

void mscope_find_nodes(struct mscope_scanner *scanner)
{
    scanner->index = mscope_map(MSCOPE_REGIONS * sizeof(uint64_t));
    if (scanner->index == NULL) mscope_fails(scanner, MSCOPE_SCAN_NO_MEMORY);
    for (uint64_t i = mscope_lowest_region(); scanner->problem == 0 && i <= mscope_highest_region(); i++) {
        struct mscope_region *region = mscope_load_acquire(&mscope_regions[i]);
        uint64_t before = scanner->node_count;
        if (region == NULL || mscope_has_problem(scanner) || !mscope_add_nodes_of(scanner, region, i)
            || scanner->node_count == before)
            continue;
        if (!mscope_index_region(scanner, i, before)) return;
        mscope_index_tail(scanner);
    }
    if (scanner->problem != 0) return;
    scanner->roots = (struct mscope_scan_root *)&scanner->nodes[scanner->node_count + 1];
    if (scanner->node_count == 0) return;
    const struct mscope_scan_node *last = &scanner->nodes[scanner->node_count - 1];
    scanner->lowest = scanner->nodes[0].address;
    scanner->span = last->address + (last->size ? last->size : 1) - scanner->lowest;
}

void mscope_give_up_nodes(struct mscope_scanner *scanner)
{
    if (scanner->index == NULL) return;
    for (uint64_t i = mscope_lowest_region(); i <= mscope_highest_region(); i++)
        if (scanner->index[i] != 0 && !(scanner->index[i] & 1))
            mscope_unmap((void *)scanner->index[i], MSCOPE_REGION_CELLS * sizeof(uint32_t));
    mscope_unmap(scanner->index, MSCOPE_REGIONS * sizeof(uint64_t));
}

uint32_t mscope_node_at(const struct mscope_scanner *scanner, uint64_t address)
{
    if (address >> MSCOPE_ADDRESS_BITS != 0) return UINT32_MAX;
    uint64_t entry = scanner->index[address >> MSCOPE_REGION_SHIFT], count;
    if (entry == 0) return UINT32_MAX;
    if (entry & 1)
        count = entry >> 1;
    else
        count = ((const uint32_t *)entry)[address >> MSCOPE_CELL_SHIFT & (MSCOPE_REGION_CELLS - 1)];
    while (count > 0 && scanner->nodes[count - 1].address > address) count--;
    if (count == 0) return UINT32_MAX;
    const struct mscope_scan_node *node = &scanner->nodes[count - 1];
    return address - node->address < (node->size ? node->size : 1) ? (uint32_t)(count - 1) : UINT32_MAX;
}

uint64_t mscope_first_node_from(const struct mscope_scanner *scanner, uint64_t address)
{
    uint64_t low = 0, high = scanner->node_count;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (scanner->nodes[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// ---- edges

uint64_t mscope_chunk_header(struct mscope_scanner *scanner, uint64_t address)
{
    // A checked block has a guard or a canary before it, and the program may not use more than its size.
    if (mscope_is_guarded(address) || mscope_checks_level >= MSCOPE_CHECKS_FULL) return 0;
    // A replaced operator new may have pools of its own, so nothing need be mapped before a page.
    if (address % MSCOPE_PAGE < 16 && mscope_mapping_at(scanner, address - 16) == NULL) return 0;
    return mscope_word(scanner, address - 8);
}

/// The end of what the program may have written to a block: it may have asked malloc_usable_size how much that is, as
/// Swift's arrays do. If not, the words behind the block's size are another block's.
static uint64_t mscope_block_end(struct mscope_scanner *scanner, uint64_t index)
{
    const struct mscope_scan_node *node = &scanner->nodes[index];
    uint64_t end = node->address + node->size, next = scanner->nodes[index + 1].address;
    if (!mscope_load_relaxed(&mscope_uses_slack) && !mscope_can_be_object(node->words[1])) return end;
    if (scanner->plan->arenas != 0) {
        // glibc has the chunk's size in the word before the block: less 8 bytes it is usable, or less 16 in a mapping
        // of its own.
        uint64_t header = mscope_chunk_header(scanner, node->address);
        uint64_t usable = (header & ~7ull) - (header & 2 ? 16 : 8);
        return usable > node->size && usable - node->size < MSCOPE_PAGE ? node->address + usable : end;
    }
    // With other allocators a size class may be a quarter larger than the block; large classes are whole pages.
    uint64_t most = end + node->size / 4 + 32;
    return next > end && next < most ? next : most;
}

static inline bool mscope_add_edge(struct mscope_scanner *scanner, uint64_t offset, struct mscope_target target)
{
    if (mscope_unlikely(scanner->edge_count >= scanner->edge_capacity))
        return mscope_fails(scanner, MSCOPE_SCAN_TOO_LARGE);
    uint64_t at = offset / 8 < MSCOPE_EDGE_AT_MASK ? offset / 8 : MSCOPE_EDGE_AT_MASK;
    scanner->edges[scanner->edge_count++] = (struct mscope_scan_edge){target.node, (uint32_t)at | target.flags};
    return true;
}

/// Word 1 of a Swift object may be the address of a side table, shifted right by 3, below two bits that say so.
static bool mscope_add_side_table(struct mscope_scanner *scanner, uint64_t word)
{
    uint64_t address = word << 3 & ((1ull << 56) - 1);
    if (word >> 62 != 3 || address - scanner->lowest >= scanner->span) return false;
    uint32_t node = mscope_node_at(scanner, address);
    if (node == UINT32_MAX || scanner->nodes[node].address != address) return false;
    return mscope_add_edge(scanner, 8, (struct mscope_target){node, MSCOPE_EDGE_SIDE_TABLE});
}

static void mscope_scan_words_of(struct mscope_scanner *scanner, uint64_t block, uint64_t start, uint64_t end)
{
    while (start + 8 <= end && scanner->problem == 0) {
        uint64_t until = end;
        const uint64_t *words = mscope_words(scanner, start, &until);
        for (; words != NULL && start + 8 <= until; start += 8, words++) {
            if (mscope_unlikely(start == block + 8) && mscope_add_side_table(scanner, *words)) continue;
            struct mscope_target target = mscope_target_of(scanner, *words);
            if (target.node != UINT32_MAX && !mscope_add_edge(scanner, start - block, target)) return;
        }
        if (words == NULL) start = until;
    }
}

/// Scans the part of a block that lies in one mapping.
static void mscope_scan_part(struct mscope_scanner *scanner, uint64_t block, uint64_t start, uint64_t end)
{
    if (end - start < MSCOPE_LARGE_BLOCK) {
        mscope_scan_words_of(scanner, block, start, end);
        return;
    }
    struct mscope_range run;
    while (scanner->problem == 0 && mscope_next_pages(scanner, &start, end, false, &run))
        mscope_scan_words_of(scanner, block, run.start, run.end);
}

/// Scans a part of a block except the holes, which are in ascending order.
static void mscope_scan_around(struct mscope_scanner *scanner, uint64_t block, struct mscope_range part,
                               const struct mscope_range *hole, const struct mscope_range *last)
{
    for (; hole < last && hole->start < part.end; hole++) {
        if (part.start < hole->start) mscope_scan_part(scanner, block, part.start, hole->start);
        if (part.start < hole->end) part.start = hole->end;
    }
    if (part.start < part.end) mscope_scan_part(scanner, block, part.start, part.end);
}

static void mscope_scan_block(struct mscope_scanner *scanner, uint64_t index, const struct mscope_range *hole,
                              const struct mscope_range *last)
{
    struct mscope_scan_node *node = &scanner->nodes[index];
    const struct mscope_mapping *mapping = mscope_mapping_at(scanner, node->address);
    if (mapping == NULL || !(mapping->flags & MSCOPE_MAP_READABLE)) return; // the program may protect its own memory
    if (node->size >= 8) node->words[0] = mscope_word(scanner, node->address);
    if (node->size >= 16) node->words[1] = mscope_word(scanner, node->address + 8);
    struct mscope_range used = mscope_part_in_use(scanner, node, mscope_block_end(scanner, index));
    if (used.start != node->address) mscope_scan_words_of(scanner, node->address, node->address, node->address + 16);
    uint64_t at = used.start, end = used.end;
    while (at < end && mapping != NULL) {
        uint64_t part = end < mapping->end ? end : mapping->end;
        if (mapping->flags & MSCOPE_MAP_READABLE)
            mscope_scan_around(scanner, node->address, (struct mscope_range){at, part}, hole, last);
        at = part;
        if (at < end) mapping = mscope_mapping_at(scanner, at);
    }
}

void mscope_find_edges(struct mscope_scanner *scanner)
{
    mscope_find_buffers(scanner);
    const struct mscope_range *buffer = scanner->buffers.items, *last = buffer + scanner->buffers.count;
    for (uint64_t i = 0; i < scanner->node_count && scanner->problem == 0; i++) {
        if (i % MSCOPE_CLOCK_BLOCKS == 0 && mscope_has_problem(scanner)) return;
        scanner->nodes[i].first_edge = (uint32_t)scanner->edge_count;
        while (buffer < last && buffer->end <= scanner->nodes[i].address) buffer++;
        if (buffer < last && buffer->start <= scanner->nodes[i].address) continue;
        mscope_scan_block(scanner, i, buffer, last);
    }
    if (scanner->edge_count >= UINT32_MAX) mscope_fails(scanner, MSCOPE_SCAN_TOO_LARGE);
    scanner->nodes[scanner->node_count].first_edge = (uint32_t)scanner->edge_count;
}
