// Memory that a program keeps from its children (V8 does with its heap): the copy does not have it. It is read in the
// program, a moment later; a word that has moved meanwhile is found by the second scan that leaks need.
#include "scan/scan.h"
#include "scan/scanner.h"

#include <fcntl.h>
#include <sys/syscall.h>

static long mscope_open_of_program(struct mscope_scanner *scanner, const char *name)
{
    char path[48];
    mscope_put(mscope_put(mscope_put(path, "/proc/", scanner->plan->process), name, 0), "", 0);
    return mscope_system(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
}

/// Whether a part of a mapping of the program's is not in the copy. The scan's own memory may lie in its place.
static bool mscope_is_uncopied(struct mscope_scanner *scanner, const struct mscope_mapping *mapping)
{
    if (mscope_is_map_of_copy_in(mapping->start, mapping->end)) return true;
    for (uint64_t at = mapping->start; at < mapping->end;) {
        const struct mscope_mapping *copied = mscope_mapping_at(scanner, at);
        if (copied == NULL) return true;
        at = copied->end;
    }
    return false;
}

static void mscope_scan_if_uncopied(struct mscope_scanner *scanner, struct mscope_mapping mapping)
{
    if (!mscope_is_private(&mapping) || (mapping.flags & MSCOPE_MAP_WRITABLE) == 0) return;
    if (!mscope_is_uncopied(scanner, &mapping)) return;
    if (scanner->memory < 0) {
        scanner->memory = mscope_open_of_program(scanner, "/mem");
        scanner->pagemap = mscope_open_of_program(scanner, "/pagemap");
        scanner->pages_start = scanner->pages_end = 0;
    }
    // Where the system forbids reading it (Yama), this memory is not scanned.
    if (scanner->memory >= 0) mscope_scan_pages(scanner, mapping.start, mapping.end, false);
}

void mscope_scan_uncopied(struct mscope_scanner *scanner)
{
    if (scanner->plan->in_place || scanner->problem != 0) return;
    char path[48];
    long memory = scanner->memory, pagemap = scanner->pagemap;
    mscope_put(mscope_put(path, "/proc/", scanner->plan->process), "/maps", 0);
    scanner->kind = MSCOPE_ROOT_MAPPING;
    mscope_visit_mappings(scanner, path, mscope_scan_if_uncopied);
    if (scanner->problem == MSCOPE_SCAN_FORBIDDEN) scanner->problem = 0;
    if (scanner->memory == memory) return;
    mscope_system(SYS_close, scanner->memory);
    if (scanner->pagemap >= 0) mscope_system(SYS_close, scanner->pagemap);
    scanner->memory = memory;
    scanner->pagemap = pagemap;
    scanner->pages_start = scanner->pages_end = 0;
}
