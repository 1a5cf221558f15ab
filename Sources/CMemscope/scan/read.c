// Memory as it was when the scan read it. Readers find out later which parts of it say what the words mean: counts,
// maps of buckets, flags. The copy of the process has all of it, and stays alive to show it.
#include "scan/scan.h"
#include "scan/scanner.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

// ---- in the copy

/// How many bytes from `start` on can be read. Shared mappings are left out: their files may have become shorter.
static uint64_t mscope_readable_from(struct mscope_scanner *scanner, uint64_t start, uint64_t most)
{
    uint64_t at = start;
    while (at - start < most) {
        const struct mscope_mapping *mapping = mscope_mapping_at(scanner, at);
        if (mapping == NULL || mapping->name == MSCOPE_MAP_OTHER) break;
        if ((mapping->flags & (MSCOPE_MAP_READABLE | MSCOPE_MAP_SHARED)) != MSCOPE_MAP_READABLE) break;
        at = mapping->end;
    }
    return at - start < most ? at - start : most;
}

void mscope_serve_reads(struct mscope_scanner *scanner)
{
    struct mscope_window *window = scanner->answer->window;
    uint64_t timeout = scanner->plan->options.timeout;
    struct timespec limit = {.tv_sec = (time_t)(timeout / 1000000000), .tv_nsec = (long)(timeout % 1000000000)};
    for (;;) {
        while (mscope_load_acquire(&window->state) != MSCOPE_WINDOW_ASKED) {
            long result = mscope_system(SYS_futex, &window->state, FUTEX_WAIT, MSCOPE_WINDOW_IDLE, &limit);
            if (result == -ETIMEDOUT) return;
        }
        window->size = mscope_readable_from(scanner, window->start, MSCOPE_WINDOW_BYTES);
        memcpy(window->bytes, (const void *)window->start, window->size);
        mscope_store_release(&window->state, MSCOPE_WINDOW_IDLE);
        mscope_system(SYS_futex, &window->state, FUTEX_WAKE, 1);
    }
}

// ---- in place

void mscope_keep_heads(struct mscope_scanner *scanner)
{
    struct mscope_head *heads = mscope_map(scanner->node_count * sizeof(*heads));
    scanner->answer->heads = heads;
    if (heads == NULL) return;
    for (uint64_t i = 0; i < scanner->node_count && !mscope_has_problem(scanner); i++) {
        uint64_t at = scanner->nodes[i].address, size = scanner->nodes[i].size;
        uint64_t end = at + (size < MSCOPE_HEAD_BYTES ? size : MSCOPE_HEAD_BYTES) / 8 * 8;
        for (uint64_t *to = (uint64_t *)(void *)heads[i].bytes; at < end; at += 8) *to++ = mscope_word(scanner, at);
    }
}

static size_t mscope_read_head(const struct mscope_answer *answer, uint64_t address, const uint8_t **bytes)
{
    const struct mscope_scan *scan = &answer->scan;
    uint64_t low = 0, high = scan->node_count;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (scan->nodes[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) return 0;
    uint64_t offset = address - scan->nodes[low - 1].address, size = scan->nodes[low - 1].size;
    if (size > MSCOPE_HEAD_BYTES) size = MSCOPE_HEAD_BYTES;
    if (offset >= size) return 0;
    *bytes = &answer->heads[low - 1].bytes[offset];
    return size - offset;
}

// ---- in the program

enum { MSCOPE_WINDOW_TURNS = 2000 }; // most answers come within so many tries: sleeping would cost more

/// Asks the copy to show the memory around an address; false when the copy does not answer any more.
static bool mscope_move_window(struct mscope_answer *answer, uint64_t address)
{
    struct mscope_window *window = answer->window;
    window->start = address & ~(uint64_t)(MSCOPE_PAGE - 1);
    window->size = 0;
    mscope_store_release(&window->state, MSCOPE_WINDOW_ASKED);
    mscope_system(SYS_futex, &window->state, FUTEX_WAKE, 1);
    for (int i = 0; i < MSCOPE_WINDOW_TURNS; i++)
        if (mscope_load_acquire(&window->state) == MSCOPE_WINDOW_IDLE) return true;
    // the copy only copies bytes, but a machine that is short of memory may take long
    const uint64_t limit = 10000000000;
    return mscope_await(&window->state, MSCOPE_WINDOW_ASKED, answer->copy, limit);
}

size_t mscope_scan_read(struct mscope_scan *scan, uint64_t address, const uint8_t **bytes)
{
    struct mscope_answer *answer = (struct mscope_answer *)scan;
    struct mscope_window *window = answer->window;
    if (answer->heads != NULL) return mscope_read_head(answer, address, bytes);
    if (window == NULL || answer->copy == 0) return 0;
    // An object that begins in the window may go on behind it: a page from the address on is enough for everything read
    // at once.
    bool shown = address >= window->start && address - window->start + MSCOPE_PAGE <= window->size;
    if (!shown && window->start != (address & ~(uint64_t)(MSCOPE_PAGE - 1)) && !mscope_move_window(answer, address)) {
        mscope_scan_finish(scan);
        return 0;
    }
    if (address < window->start || address - window->start >= window->size) return 0;
    *bytes = &window->bytes[address - window->start];
    return window->size - (address - window->start);
}
