// MemScope's own memory, taken straight from the kernel, and reads of memory that may vanish.
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// A thread may have three mappings (its bank, its events, its departures), and there may be 8,192 threads; 8,192 more
// entries are for everything else.
enum { MSCOPE_PIECE_BYTES = 1 << 20, MSCOPE_MAPS = 1 << 15 };
// The core's mappings, listed to be measured and to be kept out of scans. start 0: the entry is free; size 0: not
// ready.
static struct {
    _Atomic uint64_t start, size;
    uint32_t is_of_copy; // the mapping was made in the copy of the process that a scan runs in
    uint32_t is_of_file; // its pages are the system's: they are not measured
} mscope_maps[MSCOPE_MAPS];
_Atomic bool mscope_locks_new_maps;
static bool mscope_is_copy;
static _Atomic uint32_t mscope_map_count;
bool mscope_can_probe;

void mscope_memory_start(void)
{
    uint64_t word;
    mscope_can_probe = mscope_read_memory((uint64_t)&word, &word, sizeof(word)) == sizeof(word);
}

/// The sizes of all the core's mappings together. The tables' address space is reserved once and is all they can use;
/// shadow slots are up to three quarters of the heap they cover.
uint64_t mscope_own_mapped_bytes(void)
{
    uint64_t reserved = 0;
    uint32_t count = mscope_load_relaxed(&mscope_map_count);
    for (uint32_t i = 0; i < count; i++)
        if (!mscope_maps[i].is_of_file) reserved += mscope_load_relaxed(&mscope_maps[i].size);
    return reserved;
}

/// Notes a mapping in the first free entry. When no entry is free, the mapping is neither measured nor left out of
/// scans.
static void mscope_note_map(uint64_t start, size_t size, bool is_of_file)
{
    for (uint32_t i = 0; i < MSCOPE_MAPS; i++) {
        uint64_t free = 0;
        if (mscope_load_relaxed(&mscope_maps[i].start) != 0 || !mscope_cas_acq_rel(&mscope_maps[i].start, &free, start))
            continue;
        mscope_maps[i].is_of_copy = mscope_is_copy;
        mscope_maps[i].is_of_file = is_of_file;
        mscope_store_release(&mscope_maps[i].size, size);
        uint32_t count = mscope_load_relaxed(&mscope_map_count);
        while (count <= i && !mscope_cas_acq_rel(&mscope_map_count, &count, i + 1)) {
        }
        return;
    }
}

void mscope_maps_in_copy(void)
{
    mscope_is_copy = true;
}

bool mscope_is_map_of_copy_in(uint64_t from, uint64_t to)
{
    uint32_t count = mscope_load_relaxed(&mscope_map_count);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t start = mscope_load_relaxed(&mscope_maps[i].start), size = mscope_load_relaxed(&mscope_maps[i].size);
        if (start != 0 && mscope_maps[i].is_of_copy && start < to && start + size > from) return true;
    }
    return false;
}

static void *mscope_map_as(size_t size, int kind, int descriptor, uint64_t wish)
{
    // The system call, not mmap: the core's own mmap would count this mapping as the program's. When the program has
    // new memory locked, the kernel fills a new mapping at once, unless the mapping cannot be accessed.
    bool locked = mscope_load_relaxed(&mscope_locks_new_maps);
    if (descriptor < 0) kind |= MAP_ANONYMOUS | MAP_NORESERVE;
    long start = mscope_system(SYS_mmap, wish, size, locked ? PROT_NONE : PROT_READ | PROT_WRITE, kind, descriptor, 0);
    if (start < 0) return NULL;
    if (mscope_unlikely(locked)) {
        mscope_system(SYS_munlock, start, size);
        mscope_system(SYS_mprotect, start, size, PROT_READ | PROT_WRITE);
    }
    // Tables are touched at scattered places; a huge page for each touched page would cost 512 times the memory.
    mscope_system(SYS_madvise, start, size, MADV_NOHUGEPAGE);
    mscope_note_map((uint64_t)start, size, descriptor >= 0);
    return (void *)start;
}

void *mscope_map(size_t size)
{
    return mscope_map_as(size, MAP_PRIVATE, -1, 0);
}

void *mscope_map_far_away(size_t size)
{
    enum { MSCOPE_GAP = 1 << 16 };
    static _Atomic uint64_t next = 1ull << 45; // between the addresses of executables and of libraries, in 47 bits
    return mscope_map_as(size, MAP_PRIVATE, -1, mscope_add_relaxed(&next, size + MSCOPE_GAP) & ~0xfffull);
}

void *mscope_map_shared(size_t size)
{
    return mscope_map_as(size, MAP_SHARED, -1, 0);
}

bool mscope_can_map(size_t size)
{
    long start =
        mscope_system(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start < 0) return false;
    mscope_system(SYS_munmap, start, size);
    return true;
}

void mscope_unmap(void *start, size_t size)
{
    uint32_t count = mscope_load_relaxed(&mscope_map_count);
    for (uint32_t i = 0; i < count; i++) {
        if (mscope_load_relaxed(&mscope_maps[i].start) != (uint64_t)start) continue;
        mscope_store_relaxed(&mscope_maps[i].size, 0);
        mscope_store_release(&mscope_maps[i].start, 0);
        break;
    }
    mscope_system(SYS_munmap, start, size);
}

void mscope_shrink(void *start, size_t size, size_t kept)
{
    kept = (kept + 4095) & ~(size_t)4095;
    if (kept >= size) return;
    uint32_t count = mscope_load_relaxed(&mscope_map_count);
    for (uint32_t i = 0; i < count; i++)
        if (mscope_load_relaxed(&mscope_maps[i].start) == (uint64_t)start)
            mscope_store_release(&mscope_maps[i].size, kept);
    mscope_system(SYS_munmap, (char *)start + kept, size - kept);
}

bool mscope_own_map(uint32_t *cursor, struct mscope_own_map *out)
{
    for (; *cursor < mscope_load_relaxed(&mscope_map_count); ++*cursor) {
        out->size = mscope_load_acquire(&mscope_maps[*cursor].size);
        out->start = mscope_load_relaxed(&mscope_maps[*cursor].start);
        out->is_of_file = mscope_maps[*cursor].is_of_file != 0;
        if (out->size == 0) continue;
        ++*cursor;
        return true;
    }
    return false;
}

/// The kernel gives pages that one thread returned to another thread. ThreadSanitizer does not see MemScope's system
/// calls: without this order it takes the reuse for a race.
static _Atomic uint32_t mscope_page_order;

void *mscope_map_pages(size_t size)
{
    void *start = mscope_map(size);
    atomic_fetch_add_explicit(&mscope_page_order, 1, memory_order_acq_rel);
    return start;
}

void *mscope_map_file(int descriptor, size_t size)
{
    void *start = mscope_map_as((size + MSCOPE_PAGE - 1) & ~(size_t)(MSCOPE_PAGE - 1), MAP_PRIVATE, descriptor, 0);
    atomic_fetch_add_explicit(&mscope_page_order, 1, memory_order_acq_rel);
    return start;
}

void mscope_unmap_pages(void *start, size_t size)
{
    atomic_fetch_add_explicit(&mscope_page_order, 1, memory_order_acq_rel);
    mscope_unmap(start, size);
}

void mscope_discard_pages(void *start, size_t size)
{
    mscope_system(SYS_madvise, start, size, MADV_DONTNEED);
}

void *mscope_allocate_for_ever(size_t size)
{
    // The next free byte. Pieces are aligned to twice their size, so the address alone says how much of a piece is
    // used.
    static _Atomic uint64_t current;
    size = (size + 63) & ~(size_t)63;
    if (size >= MSCOPE_PIECE_BYTES / 2) return mscope_map(size);
    for (;;) {
        uint64_t now = mscope_load_acquire(&current), used = now & (2 * MSCOPE_PIECE_BYTES - 1);
        if (now != 0 && used + size <= MSCOPE_PIECE_BYTES) {
            if (mscope_cas_acq_rel(&current, &now, now + size)) return (void *)now;
            continue;
        }
        char *raw = mscope_map(4 * MSCOPE_PIECE_BYTES);
        if (raw == NULL) return NULL;
        uint64_t start = ((uint64_t)raw + 2 * MSCOPE_PIECE_BYTES - 1) & ~(uint64_t)(2 * MSCOPE_PIECE_BYTES - 1);
        if (!mscope_cas_acq_rel(&current, &now, start)) mscope_unmap(raw, 4 * MSCOPE_PIECE_BYTES);
    }
}

// ---- reads

size_t mscope_read_memory(uint64_t address, void *out, size_t size)
{
    size_t done = 0;
    while (done < size) { // page by page: a remote read of a piece succeeds or fails as a whole
        size_t part = 4096 - (address + done) % 4096;
        if (part > size - done) part = size - done;
        struct iovec local = {(char *)out + done, part}, remote = {(void *)(address + done), part};
        if (mscope_system(SYS_process_vm_readv, mscope_thread_id(), &local, 1, &remote, 1, 0) != (long)part) break;
        done += part;
    }
    return done;
}
