// The heap of MemScope's own threads. Spans of 64 KiB hold blocks of one size; a larger block has whole spans.
//
// It can be simple: few threads allocate here, the program waits for none of them, so one lock is enough. A thread of
// the program's that frees a block of this heap puts the block into a list; the next thread of MemScope's empties the
// list.
#include "base/base.h"

#include <string.h>
#include <sys/mman.h>

_Atomic uint64_t mscope_own_heap_start, mscope_own_heap_bytes;

enum {
    MSCOPE_SPAN_SHIFT = 16,
    MSCOPE_SPAN_BYTES = 1 << MSCOPE_SPAN_SHIFT,
    MSCOPE_SMALLEST = 32, // the shadow table needs this distance between the starts of blocks
    MSCOPE_LARGEST_SMALL = 1 << 14,
    MSCOPE_CLASSES = 35,    // steps of 16 bytes up to 128, then four to each doubling
    MSCOPE_SPANS_KEPT = 64, // empty spans whose pages are kept until the next tick
};
enum mscope_span_kind { MSCOPE_SPAN_FREE, MSCOPE_SPAN_LARGE, MSCOPE_SPAN_REST, MSCOPE_SPAN_SMALL };

struct mscope_span {
    uint32_t previous, next; // in the list of spans with room of its class; 0: none (entry 0 of the table is no span)
    uint32_t kind, class;
    uint32_t used;  // blocks in use, or the number of spans of a large block
    uint32_t fresh; // blocks that were given out at least once
    uint64_t free;  // the first freed block; each begins with the address of the next
    bool dirty;     // may hold old data
};

// On cache lines of its own: the hooks read the address of the heap, and must not wait for writes of MemScope's
// threads.
static struct {
    _Alignas(64) _Atomic uint32_t locked;
    struct mscope_span *spans; // by number, from 1
    // spans up to `count`; this process owns those from `floor` on; `top`: the last ever used
    uint32_t count, floor, top;
    // spans up to here are accessible; accessible memory counts for the program's RLIMIT_DATA
    uint32_t open;
    uint32_t lowest; // no span below it is free
    uint32_t kept;   // spans that are free and dirty
    uint32_t roomy[MSCOPE_CLASSES];
    // Lists, linked through the first words of blocks. returned: blocks of this heap that threads of the program's
    // freed. left: blocks of the program's that MemScope's threads freed.
    _Atomic uint64_t returned, left;
} heap;

// ---- sizes

static uint32_t mscope_class_of(size_t size)
{
    if (size <= MSCOPE_SMALLEST) return 0;
    if (size <= 128) return (uint32_t)((size + 15) / 16 - 2);
    uint32_t doubling = 63 - (uint32_t)__builtin_clzll(size - 1);
    return 7 + (doubling - 7) * 4 + (uint32_t)((size - 1) >> (doubling - 2) & 3);
}

static uint32_t mscope_class_bytes(uint32_t class)
{
    if (class < 7) return (class + 2) * 16;
    uint32_t doubling = 7 + (class - 7) / 4;
    return (1u << doubling) + (((class - 7) % 4 + 1) << (doubling - 2));
}

// ---- spans

static uint64_t mscope_span_start(uint32_t span)
{
    return mscope_load_relaxed(&mscope_own_heap_start) + ((uint64_t)(span - 1) << MSCOPE_SPAN_SHIFT);
}

static uint32_t mscope_span_at(uint64_t address)
{
    return (uint32_t)((address - mscope_load_relaxed(&mscope_own_heap_start)) >> MSCOPE_SPAN_SHIFT) + 1;
}

static bool mscope_reserve(void)
{
    // A limit on what the process may map is meant for the program: this heap takes a quarter of what is left.
    uint64_t bytes = 1ull << 30;
    while (bytes >= 1 << 24 && !mscope_can_map(4 * bytes)) bytes /= 4;
    char *raw = bytes >= 1 << 24 ? mscope_map(bytes) : NULL;
    uint64_t count = bytes >> MSCOPE_SPAN_SHIFT;
    struct mscope_span *spans = raw != NULL ? mscope_map((count + 1) * sizeof(*spans)) : NULL;
    if (spans == NULL) {
        if (raw != NULL) mscope_unmap(raw, bytes);
        return false;
    }
    uint64_t start = ((uint64_t)raw + MSCOPE_SPAN_BYTES - 1) & ~(uint64_t)(MSCOPE_SPAN_BYTES - 1);
    heap.count = (uint32_t)(count - 1); // one less: `raw` may begin before `start`
    heap.open = mscope_system(SYS_mprotect, raw, bytes, PROT_NONE) == 0 ? 0 : heap.count;
    heap.floor = heap.lowest = 1;
    mscope_store_relaxed(&mscope_own_heap_start, start);
    mscope_store_release(&mscope_own_heap_bytes, (uint64_t)heap.count << MSCOPE_SPAN_SHIFT);
    heap.spans = spans; // last: a fork may happen before this line
    return true;
}

/// Makes all spans up to this one accessible; false when the system refuses.
static bool mscope_open_spans(uint32_t last)
{
    enum { MSCOPE_STEP = 64 };
    uint32_t wanted = (last + MSCOPE_STEP - 1) / MSCOPE_STEP * MSCOPE_STEP;
    if (wanted > heap.count) wanted = heap.count;
    if (last <= heap.open) return true;
    uint64_t start = mscope_span_start(heap.open + 1), size = (uint64_t)(wanted - heap.open) << MSCOPE_SPAN_SHIFT;
    if (mscope_system(SYS_mprotect, start, size, PROT_READ | PROT_WRITE) != 0) return false;
    heap.open = wanted;
    return true;
}

/// Takes `wanted` free spans in a row and returns the first; 0 when there are not so many.
static uint32_t mscope_take_spans(uint32_t wanted)
{
    uint32_t found = 0;
    for (uint32_t span = heap.lowest; span <= heap.count && found < wanted; span++) {
        found = heap.spans[span].kind == MSCOPE_SPAN_FREE ? found + 1 : 0;
        if (found == wanted) {
            uint32_t first = span - wanted + 1;
            if (!mscope_open_spans(span)) return 0;
            if (first == heap.lowest) heap.lowest = span + 1;
            if (span > heap.top) heap.top = span;
            return first;
        }
    }
    return 0;
}

static void mscope_return_spans(uint32_t first, uint32_t count)
{
    bool keep = heap.kept + count <= MSCOPE_SPANS_KEPT;
    if (!keep) mscope_discard_pages((void *)mscope_span_start(first), (size_t)count << MSCOPE_SPAN_SHIFT);
    for (uint32_t i = first; i < first + count; i++)
        heap.spans[i] = (struct mscope_span){.kind = MSCOPE_SPAN_FREE, .dirty = keep};
    if (keep) heap.kept += count;
    if (first < heap.lowest) heap.lowest = first;
}

/// Makes a free span one of `kind`. Returns whether the span may hold old data.
static bool mscope_use_span(uint32_t span, uint32_t kind)
{
    bool dirty = heap.spans[span].dirty;
    if (dirty) heap.kept--;
    heap.spans[span] = (struct mscope_span){.kind = kind, .dirty = true};
    return dirty;
}

// ---- lists of spans with room

static void mscope_link(uint32_t span)
{
    struct mscope_span *entry = &heap.spans[span];
    uint32_t first = heap.roomy[entry->class];
    entry->previous = 0;
    entry->next = first;
    if (first != 0) heap.spans[first].previous = span;
    heap.roomy[entry->class] = span;
}

static void mscope_unlink(uint32_t span)
{
    struct mscope_span *entry = &heap.spans[span];
    if (entry->previous != 0)
        heap.spans[entry->previous].next = entry->next;
    else
        heap.roomy[entry->class] = entry->next;
    if (entry->next != 0) heap.spans[entry->next].previous = entry->previous;
}

// ---- blocks

static void *mscope_allocate_small(size_t size, uint32_t class)
{
    uint32_t span = heap.roomy[class], bytes = mscope_class_bytes(class);
    if (span == 0) {
        span = mscope_take_spans(1);
        if (span == 0) return NULL;
        mscope_use_span(span, MSCOPE_SPAN_SMALL);
        heap.spans[span].class = class;
        mscope_link(span);
    }
    struct mscope_span *entry = &heap.spans[span];
    uint64_t block = entry->free;
    if (block != 0)
        entry->free = *(uint64_t *)block;
    else
        block = mscope_span_start(span) + (uint64_t)entry->fresh++ * bytes;
    if (++entry->used == MSCOPE_SPAN_BYTES / bytes) mscope_unlink(span);
    return memset((void *)block, 0, size);
}

static void *mscope_allocate_large(size_t size)
{
    uint64_t wanted = (size + MSCOPE_SPAN_BYTES - 1) >> MSCOPE_SPAN_SHIFT;
    uint32_t first = wanted <= heap.count ? mscope_take_spans((uint32_t)wanted) : 0;
    if (first == 0) return NULL;
    bool dirty = mscope_use_span(first, MSCOPE_SPAN_LARGE);
    for (uint32_t i = 1; i < wanted; i++) dirty |= mscope_use_span(first + i, MSCOPE_SPAN_REST);
    heap.spans[first].used = (uint32_t)wanted;
    void *block = (void *)mscope_span_start(first);
    return dirty ? memset(block, 0, size) : block;
}

/// The span of the live block that begins at the address; 0 when no block begins there.
static uint32_t mscope_span_of(uint64_t address)
{
    uint32_t span = mscope_span_at(address);
    const struct mscope_span *entry = &heap.spans[span];
    uint64_t offset = address - mscope_span_start(span);
    if (entry->kind == MSCOPE_SPAN_LARGE) return offset == 0 ? span : 0;
    if (entry->kind != MSCOPE_SPAN_SMALL) return 0;
    uint64_t bytes = mscope_class_bytes(entry->class);
    return offset % bytes == 0 && offset / bytes < entry->fresh ? span : 0;
}

static void mscope_put_back_block(uint64_t block)
{
    uint32_t span = mscope_span_of(block);
    if (span == 0 || span < heap.floor) return; // not a block, or from before a fork
    struct mscope_span *entry = &heap.spans[span];
    if (entry->kind == MSCOPE_SPAN_LARGE) {
        mscope_return_spans(span, entry->used);
        return;
    }
    *(uint64_t *)block = entry->free;
    entry->free = block;
    if (entry->used-- == MSCOPE_SPAN_BYTES / mscope_class_bytes(entry->class)) mscope_link(span);
    if (entry->used == 0) {
        mscope_unlink(span);
        mscope_return_spans(span, 1);
    }
}

// ---- blocks that change sides

static void mscope_push(_Atomic uint64_t *list, void *block)
{
    uint64_t first = mscope_load_relaxed(list);
    do *(uint64_t *)block = first;
    while (!mscope_cas_acq_rel(list, &first, (uint64_t)block));
}

/// Empties the list and calls `use` for each block.
static inline void mscope_empty(_Atomic uint64_t *list, void (*use)(uint64_t block))
{
    uint64_t block = mscope_load_relaxed(list) != 0 ? mscope_exchange_acq_rel(list, 0) : 0;
    while (block != 0) {
        uint64_t next = *(uint64_t *)block;
        use(block);
        block = next;
    }
}

static void mscope_free_left(uint64_t block)
{
    mscope_next.free((void *)block);
}

void mscope_leave_block(void *block)
{
    mscope_push(&heap.left, block);
}

void mscope_take_left_blocks(void)
{
    if (mscope_tls.internal == 0) mscope_empty(&heap.left, mscope_free_left);
}

// ---- the lock

static void mscope_unlock(void)
{
    mscope_store_release(&heap.locked, 0);
}

/// Only MemScope's threads hold this lock, for a short time; no thread of the program's waits here.
static void mscope_lock(void)
{
    for (uint32_t tries = 1, free = 0; !mscope_cas_acq_rel(&heap.locked, &free, 1); tries++, free = 0)
        if (tries % 64 == 0) mscope_system(SYS_sched_yield);
    mscope_empty(&heap.returned, mscope_put_back_block);
}

// ---- what the hooks call

void *mscope_own_allocate(size_t size, size_t alignment)
{
    if (alignment > MSCOPE_SPAN_BYTES || size >> MSCOPE_ADDRESS_BITS != 0) return NULL;
    // A block whose size is a power of two begins at a multiple of its size.
    size_t least = size;
    if (alignment > 16)
        for (least = MSCOPE_SMALLEST; least < size || least < alignment;) least *= 2;
    mscope_lock();
    void *block = NULL;
    if (heap.spans != NULL || mscope_reserve())
        block = least <= MSCOPE_LARGEST_SMALL ? mscope_allocate_small(size, mscope_class_of(least))
                                              : mscope_allocate_large(size);
    mscope_unlock();
    return block;
}

void mscope_own_free(void *block)
{
    uint64_t address = (uint64_t)block;
    if (mscope_tls.internal == MSCOPE_TLS_OWN) {
        mscope_lock();
        mscope_put_back_block(address);
        mscope_unlock();
        return;
    }
    if (mscope_span_of(address) != 0) mscope_push(&heap.returned, block);
}

size_t mscope_own_size(const void *block)
{
    uint32_t span = mscope_span_of((uint64_t)block);
    if (span == 0) return 0;
    const struct mscope_span *entry = &heap.spans[span];
    return entry->kind == MSCOPE_SPAN_LARGE ? (size_t)entry->used << MSCOPE_SPAN_SHIFT
                                            : mscope_class_bytes(entry->class);
}

/// Gives the pages of empty spans back to the system.
///
/// context: collector thread
void mscope_own_heap_tick(void)
{
    if (heap.kept == 0) return;
    mscope_lock();
    for (uint32_t span = heap.floor; span <= heap.top && heap.kept > 0; span++) {
        uint32_t first = span;
        for (; span <= heap.top && heap.spans[span].kind == MSCOPE_SPAN_FREE && heap.spans[span].dirty; span++) {
            heap.spans[span].dirty = false;
            heap.kept--;
        }
        size_t bytes = (size_t)(span - first) << MSCOPE_SPAN_SHIFT;
        if (bytes > 0) mscope_discard_pages((void *)mscope_span_start(first), bytes);
    }
    mscope_unlock();
}

/// At the fork one of MemScope's threads, which do not exist in the child, may have been changing spans: no span from
/// before the fork is touched again.
void mscope_own_heap_after_fork(void)
{
    mscope_store_relaxed(&heap.locked, 0);
    mscope_store_relaxed(&heap.returned, 0);
    heap.floor = heap.lowest = heap.top + 1;
    heap.kept = 0;
    memset(heap.roomy, 0, sizeof(heap.roomy));
}
