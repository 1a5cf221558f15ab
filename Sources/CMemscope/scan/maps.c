// What is mapped where, and which pages of it hold anything.
#include "scan/scan.h"
#include "scan/scanner.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

enum { MSCOPE_MAPPINGS = 1 << 18, MSCOPE_MAPS_TEXT = 1 << 14 };

// ---- /proc/self/maps: "start-end rwxp offset major:minor inode   name"

static uint64_t mscope_read_number(const char **at, uint64_t base)
{
    uint64_t value = 0;
    for (;; ++*at) {
        uint64_t digit = base;
        if (**at >= '0' && **at <= '9') digit = (uint64_t)(**at - '0');
        if (**at >= 'a' && **at <= 'f') digit = (uint64_t)(**at - 'a') + 10;
        if (digit >= base) return value;
        value = value * base + digit;
    }
}

static bool mscope_begins(const char *text, const char *with)
{
    while (*with != 0 && *text == *with) text++, with++;
    return *with == 0;
}

static uint32_t mscope_name_of_mapping(const char *name, uint64_t inode)
{
    if (inode != 0) return MSCOPE_MAP_FILE;
    if (*name != '[' || mscope_begins(name, "[anon")) return MSCOPE_MAP_ANONYMOUS;
    if (mscope_begins(name, "[heap]")) return MSCOPE_MAP_HEAP;
    if (mscope_begins(name, "[stack")) return MSCOPE_MAP_STACK;
    return MSCOPE_MAP_OTHER; // [vdso], [vvar] and names of later kernels
}

static struct mscope_mapping mscope_parse_mapping(const char *line)
{
    struct mscope_mapping mapping = {0};
    mapping.start = mscope_read_number(&line, 16);
    line++;
    mapping.end = mscope_read_number(&line, 16);
    line++;
    if (line[0] == 'r') mapping.flags |= MSCOPE_MAP_READABLE;
    if (line[1] == 'w') mapping.flags |= MSCOPE_MAP_WRITABLE;
    if (line[2] == 'x') mapping.flags |= MSCOPE_MAP_EXECUTABLE;
    if (line[3] == 's') mapping.flags |= MSCOPE_MAP_SHARED;
    line += 5;
    mscope_read_number(&line, 16); // offset
    line++;
    mapping.device = mscope_read_number(&line, 16) << 32;
    line++;
    mapping.device |= mscope_read_number(&line, 16);
    line++;
    mapping.inode = mscope_read_number(&line, 10);
    while (*line == ' ') line++;
    mapping.name = mscope_name_of_mapping(line, mapping.inode);
    return mapping;
}

static void mscope_append_mapping(struct mscope_scanner *scanner, struct mscope_mapping mapping)
{
    if (scanner->mapping_count == MSCOPE_MAPPINGS)
        scanner->problem = MSCOPE_SCAN_TOO_LARGE;
    else
        scanner->mappings[scanner->mapping_count++] = mapping;
}

/// The end of the part of an anonymous mapping that is the zeroed data of the image in front of it. A mapping that
/// cannot be read, the guard of a stack, ends that part, and so does the end of the image: a mapping of the program's
/// may lie right behind.
static uint64_t mscope_image_data_end(const struct mscope_scanner *scanner, const struct mscope_mapping *mapping)
{
    if (scanner->mapping_count == 0) return mapping->start;
    const struct mscope_mapping *before = &scanner->mappings[scanner->mapping_count - 1];
    bool behind = before->image && before->end == mapping->start;
    if (!behind || !(mapping->flags & before->flags & MSCOPE_MAP_READABLE)) return mapping->start;
    struct mscope_unwind_table image;
    if (!mscope_find_unwind_table(before->start, &image)) return mapping->start; // some other file
    uint64_t end = (image.end + MSCOPE_PAGE - 1) & ~(uint64_t)(MSCOPE_PAGE - 1);
    if (end < mapping->start) return mapping->start;
    return end < mapping->end ? end : mapping->end;
}

static void mscope_add_mapping(struct mscope_scanner *scanner, struct mscope_mapping mapping)
{
    struct mscope_mapping data = mapping;
    mapping.image = mapping.name == MSCOPE_MAP_FILE;
    if (mapping.name == MSCOPE_MAP_ANONYMOUS) {
        data.image = true;
        data.end = mapping.start = mscope_image_data_end(scanner, &mapping);
        if (data.start < data.end) mscope_append_mapping(scanner, data);
    }
    if (mapping.start < mapping.end) mscope_append_mapping(scanner, mapping);
}

void mscope_visit_mappings(struct mscope_scanner *scanner, const char *path,
                           void (*visit)(struct mscope_scanner *scanner, struct mscope_mapping mapping))
{
    char *text = mscope_map(MSCOPE_MAPS_TEXT);
    long file = mscope_system(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (text == NULL) scanner->problem = MSCOPE_SCAN_NO_MEMORY;
    if (file < 0 && scanner->problem == 0) scanner->problem = MSCOPE_SCAN_FORBIDDEN;
    uint64_t kept = 0;
    while (scanner->problem == 0) {
        long got = mscope_system(SYS_read, file, text + kept, MSCOPE_MAPS_TEXT - 1 - kept);
        if (got <= 0) break;
        uint64_t filled = kept + (uint64_t)got, start = 0;
        for (uint64_t i = kept; i < filled; i++) {
            if (text[i] != '\n') continue;
            text[i] = 0;
            visit(scanner, mscope_parse_mapping(text + start));
            start = i + 1;
        }
        kept = filled - start;
        memmove(text, text + start, kept);
    }
    if (file >= 0) mscope_system(SYS_close, file);
    if (text != NULL) mscope_unmap(text, MSCOPE_MAPS_TEXT);
}

bool mscope_read_mappings(struct mscope_scanner *scanner)
{
    scanner->mappings = mscope_map(MSCOPE_MAPPINGS * sizeof(struct mscope_mapping));
    if (scanner->mappings == NULL) scanner->problem = MSCOPE_SCAN_NO_MEMORY;
    if (scanner->problem == 0) mscope_visit_mappings(scanner, "/proc/self/maps", mscope_add_mapping);
    if (scanner->mapping_count == 0 && scanner->problem == 0) scanner->problem = MSCOPE_SCAN_FORBIDDEN;
    return scanner->problem == 0;
}

void mscope_give_up_mappings(struct mscope_scanner *scanner)
{
    if (scanner->mappings != NULL) mscope_unmap(scanner->mappings, MSCOPE_MAPPINGS * sizeof(struct mscope_mapping));
}

const struct mscope_mapping *mscope_mapping_at(struct mscope_scanner *scanner, uint64_t address)
{
    const struct mscope_mapping *mappings = scanner->mappings, *last = &mappings[scanner->mapping_hint];
    if (address >= last->start && address < last->end) return last;
    uint64_t low = 0, high = scanner->mapping_count; // the first mapping that ends behind the address
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (mappings[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == scanner->mapping_count || mappings[low].start > address) return NULL;
    scanner->mapping_hint = low;
    return &mappings[low];
}

// ---- pages

#define MSCOPE_PAGE_PRESENT (1ull << 63)
#define MSCOPE_PAGE_SWAPPED (1ull << 62)
#define MSCOPE_PAGE_OF_FILE (1ull << 61)

// Linux 6.7 describes pages by range, which costs nothing for pages that were never touched; older headers lack it.
struct mscope_pages_query {
    uint64_t size, flags, start, end, walk_end, ranges, range_count, max_pages;
    uint64_t inverted, all_of, any_of, returned;
};
struct mscope_pages_range {
    uint64_t start, end, categories;
};
#define MSCOPE_PAGES_QUERY _IOWR('f', 16, struct mscope_pages_query)
enum { MSCOPE_PAGES_FILE = 4, MSCOPE_PAGES_PRESENT = 8, MSCOPE_PAGES_SWAPPED = 16, MSCOPE_PAGES_ZERO = 32 };

static bool mscope_ask_for_pages(struct mscope_scanner *scanner, uint64_t start, uint64_t end, bool written)
{
    struct mscope_pages_range ranges[MSCOPE_RANGES_AT_ONCE];
    uint64_t without = MSCOPE_PAGES_ZERO | (written ? MSCOPE_PAGES_FILE : 0);
    struct mscope_pages_query query = {.size = sizeof(query),
                                       .start = start & ~(uint64_t)(MSCOPE_PAGE - 1),
                                       .end = (end + MSCOPE_PAGE - 1) & ~(uint64_t)(MSCOPE_PAGE - 1),
                                       .ranges = (uint64_t)ranges,
                                       .range_count = MSCOPE_RANGES_AT_ONCE,
                                       .inverted = without,
                                       .all_of = without,
                                       .any_of = MSCOPE_PAGES_PRESENT | MSCOPE_PAGES_SWAPPED,
                                       .returned = MSCOPE_PAGES_PRESENT};
    long count = scanner->pagemap < 0 ? -1 : mscope_system(SYS_ioctl, scanner->pagemap, MSCOPE_PAGES_QUERY, &query);
    if (count < 0 || count > MSCOPE_RANGES_AT_ONCE) return false;
    for (long i = 0; i < count; i++) scanner->pages[i] = (struct mscope_range){ranges[i].start, ranges[i].end};
    scanner->pages_count = (uint64_t)count;
    scanner->pages_end = query.walk_end;
    return true;
}

static bool mscope_page_counts(uint64_t entry, bool written)
{
    if (!(entry & (MSCOPE_PAGE_PRESENT | MSCOPE_PAGE_SWAPPED))) return false;
    return !written || !(entry & MSCOPE_PAGE_OF_FILE);
}

/// The same, by looking at each page; when that is impossible too, all pages count.
static void mscope_look_at_pages(struct mscope_scanner *scanner, uint64_t start, uint64_t end, bool written)
{
    uint64_t entries[MSCOPE_RANGES_AT_ONCE], page = start / MSCOPE_PAGE, last = (end + MSCOPE_PAGE - 1) / MSCOPE_PAGE;
    uint64_t count = last - page < MSCOPE_RANGES_AT_ONCE ? last - page : MSCOPE_RANGES_AT_ONCE;
    long got = -1;
    if (scanner->pagemap >= 0) got = mscope_system(SYS_pread64, scanner->pagemap, entries, count * 8, page * 8);
    if (got > 0 && got % 8 == 0)
        count = (uint64_t)got / 8;
    else
        for (uint64_t i = 0; i < count; i++) entries[i] = MSCOPE_PAGE_PRESENT;
    scanner->pages_count = 0;
    scanner->pages_end = (page + count) * MSCOPE_PAGE;
    for (uint64_t i = 0; i < count; i++) {
        if (!mscope_page_counts(entries[i], written)) continue;
        uint64_t at = (page + i) * MSCOPE_PAGE, known = scanner->pages_count;
        if (known > 0 && scanner->pages[known - 1].end == at)
            scanner->pages[known - 1].end = at + MSCOPE_PAGE;
        else
            scanner->pages[scanner->pages_count++] = (struct mscope_range){at, at + MSCOPE_PAGE};
    }
}

static void mscope_find_present_pages(struct mscope_scanner *scanner, uint64_t start, uint64_t end, bool written)
{
    mscope_has_problem(scanner);
    scanner->pages_start = start;
    scanner->pages_next = 0;
    scanner->pages_written = written;
    if (!mscope_ask_for_pages(scanner, start, end, written)) mscope_look_at_pages(scanner, start, end, written);
}

bool mscope_next_pages(struct mscope_scanner *scanner, uint64_t *at, uint64_t end, bool written,
                       struct mscope_range *out)
{
    while (*at < end && scanner->problem == 0) {
        if (*at < scanner->pages_start || *at >= scanner->pages_end || written != scanner->pages_written)
            mscope_find_present_pages(scanner, *at, end, written);
        while (scanner->pages_next < scanner->pages_count) {
            struct mscope_range run = scanner->pages[scanner->pages_next];
            if (run.start >= end) break;
            scanner->pages_next += run.end <= end; // the rest of the run may be asked for later
            if (run.end <= *at) continue;
            *out = (struct mscope_range){run.start > *at ? run.start : *at, run.end < end ? run.end : end};
            scanner->pages_start = *at = out->end; // everything before was given out
            return true;
        }
        *at = scanner->pages_end < end ? scanner->pages_end : end;
        scanner->pages_start = *at;
    }
    return false;
}

// ---- memory that may vanish

const uint64_t *mscope_read_piece(struct mscope_scanner *scanner, uint64_t at, uint64_t *end)
{
    if (at < scanner->piece_start || at + 8 > scanner->piece_end) {
        uint64_t start = at & ~(uint64_t)(MSCOPE_PAGE - 1);
        long got = mscope_system(SYS_pread64, scanner->memory, scanner->piece, sizeof(scanner->piece), start);
        scanner->piece_start = start;
        scanner->piece_end = start + (got > 0 ? (uint64_t)got & ~7ull : 0);
        if (at + 8 > scanner->piece_end) {
            *end = start + MSCOPE_PAGE;
            return NULL;
        }
    }
    if (*end > scanner->piece_end) *end = scanner->piece_end;
    return &scanner->piece[(at - scanner->piece_start) / 8];
}

uint64_t mscope_read_word(struct mscope_scanner *scanner, uint64_t at)
{
    if (at < scanner->page_start || at + 8 > scanner->page_end) {
        uint64_t start = at & ~(uint64_t)(MSCOPE_PAGE - 1);
        long got = mscope_system(SYS_pread64, scanner->memory, scanner->page, sizeof(scanner->page), start);
        scanner->page_start = start;
        scanner->page_end = start + (got > 0 ? (uint64_t)got & ~7ull : 0);
    }
    return at + 8 <= scanner->page_end ? scanner->page[(at - scanner->page_start) / 8] : 0;
}
