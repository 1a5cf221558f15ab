// The places outside of its blocks where the program keeps pointers. Of a block's roots, the first one of the firmest
// kind is kept: a word on a stack or in a register may be old.
#include "scan/scan.h"
#include "scan/scanner.h"

#include <stddef.h>

// ---- ranges in order

static void mscope_sift(struct mscope_range *items, uint64_t count, uint64_t at)
{
    for (uint64_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && items[child + 1].start > items[child].start) child++;
        if (items[at].start >= items[child].start) return;
        struct mscope_range moved = items[at];
        items[at] = items[child];
        items[child] = moved;
    }
}

/// Heapsort (Williams, "Algorithm 232", CACM 7(6), 1964): in place, and never slow.
static void mscope_sort_ranges(struct mscope_ranges *ranges)
{
    for (uint64_t i = ranges->count / 2; i-- > 0;) mscope_sift(ranges->items, ranges->count, i);
    for (uint64_t last = ranges->count; last > 1; last--) {
        struct mscope_range greatest = ranges->items[0];
        ranges->items[0] = ranges->items[last - 1];
        ranges->items[last - 1] = greatest;
        mscope_sift(ranges->items, last - 1, 0);
    }
}

void mscope_join_ranges(struct mscope_ranges *ranges)
{
    mscope_sort_ranges(ranges);
    uint64_t kept = 0;
    for (uint64_t i = 0; i < ranges->count; i++) {
        struct mscope_range next = ranges->items[i];
        if (kept > 0 && next.start <= ranges->items[kept - 1].end) {
            if (next.end > ranges->items[kept - 1].end) ranges->items[kept - 1].end = next.end;
        } else {
            ranges->items[kept++] = next;
        }
    }
    ranges->count = kept;
}

// ---- words

static uint32_t mscope_node_from(const struct mscope_scanner *scanner, uint64_t address)
{
    uint32_t node = mscope_node_at(scanner, address);
    return node != UINT32_MAX && scanner->nodes[node].address == address ? node : UINT32_MAX;
}

enum { MSCOPE_COOKIE_BYTES = 128 };

/// Whether a block is the cookie of `new T[0]`, where T has a destructor: a count of elements, 0. The program's pointer
/// is to where the elements would begin.
static bool mscope_is_cookie(struct mscope_scanner *scanner, uint32_t node)
{
    const struct mscope_scan_node *block = &scanner->nodes[node];
    uint64_t count = block->address + block->size - 8;
    const struct mscope_mapping *mapping = mscope_mapping_at(scanner, count);
    return mapping != NULL && (mapping->flags & MSCOPE_MAP_READABLE) && mscope_word(scanner, count) == 0;
}

struct mscope_target mscope_odd_target(struct mscope_scanner *scanner, uint64_t word)
{
    uint64_t address = word & MSCOPE_POINTER_BITS;
    // Flags lie below the alignment of a block, which may be half a cache line.
    for (uint64_t mask = 7; address != word || (word & 7) != 0; mask = mask * 2 + 1) {
        uint32_t node = mscope_node_from(scanner, address & ~mask);
        if (node != UINT32_MAX) return (struct mscope_target){node, MSCOPE_EDGE_TAGGED};
        if ((word & 7) == 0 || mask == 31) break;
    }
    // The count takes as much room as T's alignment needs.
    for (uint64_t size = 8; address == word && word % size == 0 && size <= MSCOPE_COOKIE_BYTES; size *= 2) {
        uint32_t node = mscope_node_from(scanner, word - size);
        if (node != UINT32_MAX && scanner->nodes[node].size == size && mscope_is_cookie(scanner, node))
            return (struct mscope_target){node, MSCOPE_EDGE_INTERIOR};
    }
    return (struct mscope_target){UINT32_MAX, 0};
}

/// Whether a word is part of glibc's lists of free chunks in libc's data: these point to a chunk by the word before it,
/// which is the last word of the block before.
static bool mscope_is_free_chunk(struct mscope_scanner *scanner, uint32_t node, uint64_t word)
{
    uint64_t raw = scanner->nodes[node].address, header = mscope_chunk_header(scanner, raw);
    if (mscope_checks_level >= MSCOPE_CHECKS_FULL && !mscope_is_guarded(raw)) {
        raw -= MSCOPE_FRONT; // the allocator's block, around the canaries
        header = mscope_word(scanner, raw - 8);
    }
    return word == raw - 16 + (header & ~7ull);
}

static int mscope_firmness(uint32_t kind)
{
    if (kind == MSCOPE_ROOT_STACK || kind == MSCOPE_ROOT_REGISTER || kind == MSCOPE_ROOT_INTERNAL) return 0;
    return kind == MSCOPE_ROOT_KERNEL ? 1 : 2;
}

void mscope_try_root(struct mscope_scanner *scanner, uint64_t address, uint64_t word)
{
    struct mscope_target target = mscope_target_of(scanner, word);
    if (target.node == UINT32_MAX) return;
    uint32_t known = scanner->nodes[target.node].root;
    int firmness = mscope_firmness(scanner->kind);
    if (known != UINT32_MAX && mscope_firmness(scanner->roots[known].kind) >= firmness) {
        struct mscope_scan_root *root = &scanner->roots[known];
        if (mscope_firmness(root->kind) > 0) return;
        root->words++;
        root->inside |= (target.flags & MSCOPE_EDGE_INTERIOR) != 0;
        return;
    }
    if (mscope_unlikely(scanner->arena_data) && mscope_is_free_chunk(scanner, target.node, word)) return;
    struct mscope_scan_root root = {
        .address = address,
        .to = target.node,
        .tid = scanner->tid,
        .kind = (uint16_t)scanner->kind,
        .inside = firmness == 0 && (target.flags & MSCOPE_EDGE_INTERIOR) != 0,
        .words = 1,
    };
    if (known != UINT32_MAX) {
        scanner->roots[known] = root;
        return;
    }
    uint64_t used = (uint64_t)&scanner->roots[scanner->root_count + 1] - (uint64_t)scanner->answer;
    if (used > scanner->answer->capacity) {
        scanner->problem = MSCOPE_SCAN_TOO_LARGE;
        return;
    }
    scanner->nodes[target.node].root = (uint32_t)scanner->root_count;
    scanner->roots[scanner->root_count++] = root;
}

static void mscope_scan_words(struct mscope_scanner *scanner, uint64_t start, uint64_t end)
{
    uint64_t lowest = scanner->lowest, span = scanner->span;
    start = (start + 7) & ~7ull;
    if (start < end) scanner->root_bytes += end - start;
    while (start + 8 <= end) {
        uint64_t until = end;
        const uint64_t *words = mscope_words(scanner, start, &until);
        for (; words != NULL && start + 8 <= until; start += 8, words++)
            if (mscope_unlikely((*words & ~MSCOPE_TAG_BITS) - lowest < span)) mscope_try_root(scanner, start, *words);
        if (words == NULL) start = until;
    }
}

/// Scans the memory between blocks: blocks are no roots.
static void mscope_scan_gaps(struct mscope_scanner *scanner, uint64_t start, uint64_t end)
{
    uint64_t i = mscope_first_node_from(scanner, start);
    if (i > 0) {
        const struct mscope_scan_node *before = &scanner->nodes[i - 1];
        if (before->address + before->size > start) start = before->address + before->size;
    }
    for (; i < scanner->node_count && scanner->nodes[i].address < end; i++) {
        mscope_scan_words(scanner, start, scanner->nodes[i].address);
        start = scanner->nodes[i].address + scanner->nodes[i].size;
    }
    mscope_scan_words(scanner, start, end);
}

void mscope_scan_pages(struct mscope_scanner *scanner, uint64_t start, uint64_t end, bool written)
{
    struct mscope_range run;
    while (scanner->problem == 0 && mscope_next_pages(scanner, &start, end, written, &run))
        mscope_scan_gaps(scanner, run.start, run.end);
}

/// Scans [start, end) without the ranges that are to be skipped.
static void mscope_scan_kept(struct mscope_scanner *scanner, uint64_t start, uint64_t end, bool written)
{
    const struct mscope_range *skip = scanner->skip.items;
    uint64_t low = 0, high = scanner->skip.count;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (skip[middle].end <= start)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < scanner->skip.count && skip[low].start < end && start < end; low++) {
        if (skip[low].start > start) mscope_scan_pages(scanner, start, skip[low].start, written);
        start = skip[low].end;
    }
    if (start < end) mscope_scan_pages(scanner, start, end, written);
}

// ---- kinds of roots

bool mscope_is_private(const struct mscope_mapping *mapping)
{
    return (mapping->flags & (MSCOPE_MAP_READABLE | MSCOPE_MAP_SHARED)) == MSCOPE_MAP_READABLE
           && mapping->name != MSCOPE_MAP_OTHER;
}

static void mscope_scan_mappings(struct mscope_scanner *scanner, bool images)
{
    const struct mscope_mapping *libc = NULL;
    if (scanner->plan->arenas != 0) libc = mscope_mapping_at(scanner, scanner->plan->arenas);
    for (uint64_t i = 0; i < scanner->mapping_count && scanner->problem == 0; i++) {
        const struct mscope_mapping *mapping = &scanner->mappings[i];
        if (!mscope_is_private(mapping) || mapping->image != images) continue;
        bool file = mapping->name == MSCOPE_MAP_FILE;
        scanner->arena_data = file && libc != NULL && mapping->inode == libc->inode && mapping->device == libc->device;
        mscope_scan_kept(scanner, mapping->start, mapping->end, file);
    }
    scanner->arena_data = false;
}

// The kernel put the program's arguments and environment here, above the first frame.
#pragma weak __libc_stack_end
extern void *__libc_stack_end;

/// Where the part of a stack ends that functions use; the part above is in use as long as the thread lives.
static uint64_t mscope_end_of_frames(struct mscope_scanner *scanner, const struct mscope_scan_thread *thread,
                                     const struct mscope_mapping *mapping)
{
    uint64_t end = mapping->end, pointer = thread->pointer;
    if (mapping->name == MSCOPE_MAP_STACK) {
        if (&__libc_stack_end != NULL) end = (uint64_t)__libc_stack_end;
    } else if (scanner->plan->layout.size != 0) {
        if (pointer == 0) pointer = mscope_find_thread_pointer(scanner, thread->sp, mapping->end);
        end = pointer - scanner->plan->layout.static_tls;
    }
    return end > thread->sp && end < mapping->end ? end & ~7ull : mapping->end;
}

/// Scans a stack from its pointer on, with the bytes below that a function may use.
static void mscope_scan_stack(struct mscope_scanner *scanner, const struct mscope_scan_thread *thread,
                              struct mscope_ranges *stacks)
{
    const struct mscope_mapping *mapping = mscope_mapping_at(scanner, thread->sp);
    scanner->kind = MSCOPE_ROOT_THREAD;
    mscope_try_root(scanner, 0, thread->sp); // the stack may lie in a block: then the block is in use
    if (mapping == NULL || !mscope_is_private(mapping) || mscope_node_at(scanner, thread->sp) != UINT32_MAX) return;
    uint64_t start = mapping->start, from = thread->from, end = mscope_end_of_frames(scanner, thread, mapping);
    if (start < thread->sp - MSCOPE_RED_ZONE) start = thread->sp - MSCOPE_RED_ZONE;
    // If the end of the frames is not known, leaving out the whole stack would leave out the thread's variables, too.
    if (from == UINT64_MAX && end == mapping->end) from = start;
    mscope_scan_kept(scanner, end, mapping->end, false);
    scanner->kind = MSCOPE_ROOT_STACK;
    mscope_scan_kept(scanner, from > start ? from : start, end, false);
    mscope_add_range(scanner, stacks, start, mapping->end);
}

static void mscope_scan_threads(struct mscope_scanner *scanner)
{
    struct mscope_ranges stacks = {0};
    mscope_judge_threads(scanner);
    for (uint32_t i = 0; i < scanner->plan->thread_count; i++) {
        scanner->tid = scanner->plan->threads[i].tid;
        if (scanner->plan->threads[i].sp != 0) mscope_scan_stack(scanner, &scanner->plan->threads[i], &stacks);
    }
    scanner->kind = MSCOPE_ROOT_REGISTER;
    for (uint32_t i = 0; i < scanner->plan->thread_count; i++) {
        const struct mscope_scan_thread *thread = &scanner->plan->threads[i];
        scanner->tid = thread->tid;
        for (uint32_t n = 0; n < thread->count; n++) mscope_try_root(scanner, 0, thread->registers[n]);
    }
    scanner->tid = 0;
    for (uint64_t i = 0; i < stacks.count; i++)
        mscope_add_range(scanner, &scanner->skip, stacks.items[i].start, stacks.items[i].end);
    if (stacks.items != NULL) mscope_unmap(stacks.items, stacks.capacity * sizeof(*stacks.items));
}

/// Scans blocks of MemScope's own threads: a library that the program uses as well may keep something in a block that
/// it made there. An engine in a namespace of its own shares no library with the program: an address of the program's
/// in its blocks is only left over from an earlier scan.
static void mscope_scan_internal_blocks(struct mscope_scanner *scanner)
{
    scanner->kind = MSCOPE_ROOT_INTERNAL;
    for (uint64_t i = 0; i < scanner->internal.count && scanner->problem == 0; i++) {
        struct mscope_range block = scanner->internal.items[i];
        const struct mscope_mapping *mapping = mscope_mapping_at(scanner, block.start);
        if (mapping == NULL || !(mapping->flags & MSCOPE_MAP_READABLE) || mapping->end < block.end) continue;
        if (mscope_is_apart() && mscope_is_in_own_heap((const void *)block.start)) continue;
        mscope_scan_words(scanner, block.start, block.end);
    }
}

void mscope_find_roots(struct mscope_scanner *scanner)
{
    mscope_list_what_to_skip(scanner);
    if (scanner->problem != 0 || scanner->node_count == 0) return;
    scanner->span += 8; // for the end of a cookie
    mscope_join_ranges(&scanner->skip);
    scanner->kind = MSCOPE_ROOT_GLOBAL;
    mscope_scan_mappings(scanner, true);
    mscope_scan_threads(scanner);
    mscope_join_ranges(&scanner->skip);
    mscope_scan_internal_blocks(scanner);
    scanner->kind = MSCOPE_ROOT_MAPPING;
    mscope_scan_mappings(scanner, false);
    mscope_scan_uncopied(scanner);
    mscope_find_kernel_roots(scanner);
}
