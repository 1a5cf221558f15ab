// Memory that has no roots: MemScope's own, the allocator's if every block is known, stacks below their thread's stack
// pointer, stacks of threads that have ended.
#include "scan/scan.h"
#include "scan/scanner.h"

#include <stddef.h>

bool mscope_add_range(struct mscope_scanner *scanner, struct mscope_ranges *ranges, uint64_t start, uint64_t end)
{
    if (ranges->count == ranges->capacity) {
        uint64_t capacity = ranges->capacity ? ranges->capacity * 2 : 1 << 14;
        struct mscope_range *items = mscope_map(capacity * sizeof(*items));
        if (items == NULL) {
            scanner->problem = MSCOPE_SCAN_NO_MEMORY;
            return false;
        }
        for (uint64_t i = 0; i < ranges->count; i++) items[i] = ranges->items[i];
        if (ranges->items != NULL) mscope_unmap(ranges->items, ranges->capacity * sizeof(*items));
        ranges->items = items;
        ranges->capacity = capacity;
    }
    if (start < end) ranges->items[ranges->count++] = (struct mscope_range){start, end};
    return true;
}

static void mscope_skip(struct mscope_scanner *scanner, uint64_t start, uint64_t end)
{
    mscope_add_range(scanner, &scanner->skip, start, end);
}

static void mscope_skip_own_memory(struct mscope_scanner *scanner)
{
    uint32_t cursor = 0;
    for (struct mscope_own_map map; mscope_own_map(&cursor, &map);)
        mscope_skip(scanner, map.start, (map.start + map.size + MSCOPE_PAGE - 1) & ~(uint64_t)(MSCOPE_PAGE - 1));
}

// ---- the allocator's memory

// glibc 2.36, malloc/arena.c: the header of a heap, in an arena other than the main one.
struct mscope_arena_heap {
    uint64_t arena, previous, size, writable;
};
enum { MSCOPE_ARENA_HEAP_BYTES = 1 << 26 };

static struct mscope_arena_heap mscope_read_arena_heap(struct mscope_scanner *scanner, uint64_t start)
{
    return (struct mscope_arena_heap){mscope_word(scanner, start), mscope_word(scanner, start + 8),
                                      mscope_word(scanner, start + 16), mscope_word(scanner, start + 24)};
}

static bool mscope_is_arena_heap(struct mscope_scanner *scanner, uint64_t start)
{
    struct mscope_range page;
    uint64_t at = start;
    if (!mscope_next_pages(scanner, &at, start + MSCOPE_PAGE, false, &page)) return false;
    const struct mscope_arena_heap read = mscope_read_arena_heap(scanner, start), *heap = &read;
    if (heap->size == 0 || heap->size > heap->writable || heap->writable > MSCOPE_ARENA_HEAP_BYTES) return false;
    if ((heap->size | heap->writable) % MSCOPE_PAGE != 0) return false;
    if (heap->previous == 0) return heap->arena > start && heap->arena <= start + 64;
    return heap->previous % MSCOPE_ARENA_HEAP_BYTES == 0 && mscope_mapping_at(scanner, heap->previous) != NULL
           && mscope_mapping_at(scanner, heap->arena) != NULL;
}

static void mscope_skip_arena_heaps(struct mscope_scanner *scanner, const struct mscope_mapping *mapping)
{
    uint64_t step = MSCOPE_ARENA_HEAP_BYTES;
    for (uint64_t at = (mapping->start + step - 1) & ~(step - 1); at < mapping->end; at += step)
        if (mscope_is_arena_heap(scanner, at))
            mscope_skip(scanner, at, at + mscope_read_arena_heap(scanner, at).writable);
}

/// Skips a block that glibc mapped by itself: its chunk begins `front` bytes after the start of the mapping.
static void mscope_skip_mapped_chunk(struct mscope_scanner *scanner, uint64_t address, uint64_t size)
{
    uint64_t chunk = size < MSCOPE_PAGE ? 0 : mscope_chunk_header(scanner, address);
    if (!(chunk & 2)) return;
    uint64_t front = mscope_word(scanner, address - 16);
    chunk &= ~7ull;
    if ((address - 16 - front) % MSCOPE_PAGE == 0 && chunk >= size && chunk - size < 2 * MSCOPE_PAGE)
        mscope_skip(scanner, address - 16 - front, address - 16 + chunk);
}

/// With other allocators: skips the stretches in which a block ever began.
static void mscope_skip_used_stretches(struct mscope_scanner *scanner)
{
    uint64_t bytes = (uint64_t)MSCOPE_STRETCH_GRANULES << MSCOPE_GRANULE_SHIFT;
    for (uint64_t i = mscope_lowest_region(); i <= mscope_highest_region(); i++) {
        struct mscope_region *region = mscope_load_acquire(&mscope_regions[i]);
        if (region == NULL) continue;
        uint64_t start = i << MSCOPE_REGION_SHIFT;
        for (uint64_t at = 0, from; at < MSCOPE_REGION_STRETCHES; at++) {
            if (!mscope_is_used(region, at)) continue;
            for (from = at; at < MSCOPE_REGION_STRETCHES && mscope_is_used(region, at); at++) continue;
            mscope_skip(scanner, start + from * bytes, start + at * bytes);
        }
    }
}

static void mscope_skip_allocator(struct mscope_scanner *scanner)
{
    if (scanner->plan->arenas == 0) {
        mscope_skip_used_stretches(scanner);
        return;
    }
    for (uint64_t i = 0; i < scanner->mapping_count; i++) {
        const struct mscope_mapping *mapping = &scanner->mappings[i];
        uint32_t wanted = MSCOPE_MAP_READABLE | MSCOPE_MAP_WRITABLE;
        if ((mapping->flags & (wanted | MSCOPE_MAP_SHARED)) != wanted) continue;
        if (mapping->name == MSCOPE_MAP_HEAP) mscope_skip(scanner, mapping->start, mapping->end);
        if (mapping->name == MSCOPE_MAP_ANONYMOUS) mscope_skip_arena_heaps(scanner, mapping);
    }
    for (uint64_t i = 0; i < scanner->node_count; i++)
        mscope_skip_mapped_chunk(scanner, scanner->nodes[i].address, scanner->nodes[i].size);
    for (uint64_t i = 0; i < scanner->internal.count; i++) {
        struct mscope_range block = scanner->internal.items[i];
        if (mscope_is_in_own_heap((const void *)block.start)) continue;
        mscope_skip_mapped_chunk(scanner, block.start, block.end - block.start);
    }
}

// ---- stacks

/// Whether a stack has a page below it that cannot be accessed, as stacks that glibc made have. Without that page it is
/// not known where the stack begins.
static bool mscope_has_guard(struct mscope_scanner *scanner, const struct mscope_mapping *mapping)
{
    if (mapping->name != MSCOPE_MAP_ANONYMOUS || mapping->image || mapping == scanner->mappings) return false;
    if (mapping->start % MSCOPE_ARENA_HEAP_BYTES == 0 && mscope_is_arena_heap(scanner, mapping->start)) return false;
    return mapping[-1].end == mapping->start && !(mapping[-1].flags & MSCOPE_MAP_READABLE);
}

/// The thread's control block in [start, end): on x86-64 its first and third word are its own address. 0: none.
uint64_t mscope_find_thread_pointer(struct mscope_scanner *scanner, uint64_t start, uint64_t end)
{
    uint64_t size = scanner->plan->layout.size, most = (uint64_t)MSCOPE_ARENA_HEAP_BYTES;
    if (size == 0) return 0;
    if (end - start > most) end = start + most; // no stack of a known kind; not worth the time
    struct mscope_range run;
    while (mscope_next_pages(scanner, &start, end, false, &run))
        for (uint64_t at = (run.start + 63) & ~63ull; at + size <= end && at < run.end; at += 64)
            if (mscope_word(scanner, at) == at && mscope_word(scanner, at + 16) == at) return at;
    return 0;
}

static const struct mscope_scan_thread *mscope_thread_with(const struct mscope_scanner *scanner, int32_t tid)
{
    for (uint32_t i = 0; i < scanner->plan->thread_count; i++)
        if (scanner->plan->threads[i].tid == tid) return &scanner->plan->threads[i];
    return NULL;
}

/// Skips MemScope's variables of a thread: they hold what a register had at the thread's last allocation.
static void mscope_skip_own_variables(struct mscope_scanner *scanner, uint64_t pointer)
{
    uint64_t at = pointer + ((uint64_t)&mscope_tls - mscope_thread_pointer());
    if (pointer != 0) mscope_skip(scanner, at, at + sizeof(mscope_tls));
}

static void mscope_skip_idle_stack(struct mscope_scanner *scanner, const struct mscope_mapping *mapping)
{
    uint64_t pointer = mscope_find_thread_pointer(scanner, mapping->start, mapping->end);
    if (pointer == 0) return; // not a thread's, perhaps a fiber's: all of it counts
    mscope_skip_own_variables(scanner, pointer);
    int32_t tid = (int32_t)mscope_word(scanner, pointer + scanner->plan->layout.tid_at);
    const struct mscope_scan_thread *thread = mscope_thread_with(scanner, tid);
    uint64_t end = pointer + scanner->plan->layout.size;
    if (tid < 0) { // the thread was joined; glibc keeps the memory for the next one, and with it the second word:
        mscope_skip(scanner, mapping->start, pointer + 8); // the vector of thread-local variables
        mscope_skip(scanner, pointer + 16, (end + MSCOPE_PAGE - 1) & ~(uint64_t)(MSCOPE_PAGE - 1));
    } else if (tid == 0) { // the thread has ended, and its result may be waited for
        mscope_skip(scanner, mapping->start, pointer);
    } else if (thread != NULL && thread->sp == 0
               && !scanner->plan->hold) { // the thread runs, and this scan only finds suspects
        mscope_skip(scanner, mapping->start, pointer - scanner->plan->layout.static_tls);
    }
}

static void mscope_skip_stack(struct mscope_scanner *scanner, const struct mscope_mapping *mapping)
{
    bool guarded = mscope_has_guard(scanner, mapping), main_stack = mapping->name == MSCOPE_MAP_STACK;
    uint64_t lowest = UINT64_MAX;
    bool unknown = false;
    for (uint32_t i = 0; i < scanner->plan->thread_count; i++) {
        const struct mscope_scan_thread *thread = &scanner->plan->threads[i];
        unknown |= main_stack && !scanner->plan->hold && thread->sp == 0 && thread->tid == scanner->plan->process;
        if (thread->sp >= mapping->start && thread->sp < mapping->end && thread->sp < lowest) lowest = thread->sp;
    }
    if (lowest != UINT64_MAX && (guarded || main_stack)) {
        mscope_skip(scanner, mapping->start, lowest - MSCOPE_RED_ZONE);
        if (guarded) mscope_skip_own_variables(scanner, mscope_find_thread_pointer(scanner, lowest, mapping->end));
    } else if (lowest == UINT64_MAX && unknown) {
        mscope_skip(scanner, mapping->start, mapping->end);
    } else if (lowest == UINT64_MAX && guarded) {
        mscope_skip_idle_stack(scanner, mapping);
    }
}

void mscope_list_what_to_skip(struct mscope_scanner *scanner)
{
    mscope_skip_own_memory(scanner);
    if (scanner->plan->complete) mscope_skip_allocator(scanner);
    for (uint64_t i = 0; i < scanner->mapping_count; i++) {
        const struct mscope_mapping *mapping = &scanner->mappings[i];
        uint32_t wanted = MSCOPE_MAP_READABLE | MSCOPE_MAP_WRITABLE;
        if ((mapping->flags & (wanted | MSCOPE_MAP_SHARED)) == wanted) mscope_skip_stack(scanner, mapping);
    }
    mscope_skip_own_variables(scanner, mscope_first_thread_pointer);
    mscope_skip_own_variables(scanner, mscope_thread_pointer());
}
