// Which code belongs to Swift async functions. No bit in a frame says so on Linux; the symbols do:
//   …TY<n>_ and …TQ<n>_ are the parts that run after an await,
//   …Tu is a record {relative address of the function, context size} of each async function's entry.
//
// Each image is read once: when a usual frame of the image is first met in a process that has Swift's concurrency
// runtime.
#include "stacks/contexts.h"
#include "stacks/stacks.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <dlfcn.h>
#include <unistd.h>

const void *(*_Atomic mscope_current_task)(void);

struct mscope_async_image {
    _Atomic uint64_t start; // first mapped address; 0: this entry and all after it are free; 1: free again
    _Atomic uint32_t ready;
    uint32_t count;
    struct mscope_range *ranges; // ascending
};
enum { MSCOPE_ASYNC_IMAGES = 1 << 10 };
static struct mscope_async_image mscope_async_images[MSCOPE_ASYNC_IMAGES];

/// One symbol table of a mapped file.
struct mscope_symbols {
    const char *file;
    size_t size;
    const ElfW(Phdr) * segments;
    size_t segment_count;
    const ElfW(Sym) * symbols;
    size_t count;
    const char *names;
    size_t names_size;
};

static bool mscope_ends_as_resume(const char *name, size_t length)
{
    if (length < 5 || name[length - 1] != '_') return false;
    size_t i = length - 1;
    while (i > 0 && name[i - 1] >= '0' && name[i - 1] <= '9') i--;
    return i < length - 1 && i >= 2 && name[i - 2] == 'T' && (name[i - 1] == 'Y' || name[i - 1] == 'Q');
}

/// The address in the file of the code that an …Tu record points at; 0 if the file does not hold the record.
static uint64_t mscope_entry_of(const struct mscope_symbols *table, uint64_t record)
{
    int32_t distance;
    for (size_t i = 0; i < table->segment_count; i++) {
        const ElfW(Phdr) *segment = &table->segments[i];
        uint64_t within = record - segment->p_vaddr;
        if (segment->p_type != PT_LOAD || within >= segment->p_filesz) continue;
        uint64_t offset = segment->p_offset + within;
        if (offset > table->size || table->size - offset < sizeof(distance)) return 0;
        memcpy(&distance, table->file + offset, sizeof(distance));
        return record + (uint64_t)(int64_t)distance;
    }
    return 0;
}

/// Writes the async ranges of a symbol table to `out` if that is not NULL; returns how many there are.
static uint32_t mscope_collect(const struct mscope_symbols *table, uint64_t bias, struct mscope_range *out)
{
    uint32_t count = 0;
    for (size_t i = 0; i < table->count; i++) {
        const ElfW(Sym) *symbol = &table->symbols[i];
        if (symbol->st_value == 0 || symbol->st_name >= table->names_size) continue;
        const char *name = table->names + symbol->st_name;
        size_t length = strnlen(name, table->names_size - symbol->st_name);
        if (length < 5 || name[0] != '$' || name[1] != 's') continue;
        uint64_t start = 0, size = symbol->st_size;
        if (mscope_ends_as_resume(name, length))
            start = symbol->st_value + bias;
        else if (name[length - 2] == 'T' && name[length - 1] == 'u') {
            start = mscope_entry_of(table, symbol->st_value);
            if (start != 0) start += bias;
            size = 0; // the record's size; mscope_size_entries finds the function's
        }
        if (start == 0) continue;
        if (out) out[count] = (struct mscope_range){start, start + size};
        count++;
    }
    return count;
}

/// Heap sort: qsort may allocate.
static void mscope_sift(struct mscope_range *ranges, uint32_t root, uint32_t count)
{
    for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && ranges[child].start < ranges[child + 1].start) child++;
        if (ranges[root].start >= ranges[child].start) return;
        struct mscope_range swap = ranges[root];
        ranges[root] = ranges[child];
        ranges[child] = swap;
    }
}

static void mscope_sort(struct mscope_range *ranges, uint32_t count)
{
    for (uint32_t i = count / 2; i-- > 0;) mscope_sift(ranges, i, count);
    for (uint32_t last = count; last-- > 1;) {
        struct mscope_range swap = ranges[0];
        ranges[0] = ranges[last];
        ranges[last] = swap;
        mscope_sift(ranges, 0, last);
    }
}

/// Sets the ends of the functions found through their records: the symbol table has their sizes.
static void mscope_size_entries(const struct mscope_symbols *table, uint64_t bias, struct mscope_range *ranges,
                                uint32_t count)
{
    for (size_t i = 0; i < table->count; i++) {
        const ElfW(Sym) *symbol = &table->symbols[i];
        if ((symbol->st_info & 15) != STT_FUNC || symbol->st_size == 0) continue;
        uint64_t start = symbol->st_value + bias;
        uint32_t low = 0, high = count;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (ranges[middle].start < start)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < count && ranges[low].start == start; low++)
            if (ranges[low].end == start) ranges[low].end = start + symbol->st_size;
    }
}

static bool mscope_locate_symbols(const char *file, size_t size, struct mscope_symbols *out)
{
    const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)file;
    if (size < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return false;
    if (header->e_shoff > size || size - header->e_shoff < (size_t)header->e_shnum * sizeof(ElfW(Shdr))) return false;
    const ElfW(Shdr) *sections = (const ElfW(Shdr) *)(file + header->e_shoff), *best = NULL;
    for (int i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_type == SHT_SYMTAB)
            best = &sections[i];
        else if (sections[i].sh_type == SHT_DYNSYM && best == NULL)
            best = &sections[i];
    }
    if (best == NULL || best->sh_link >= header->e_shnum) return false;
    const ElfW(Shdr) *names = &sections[best->sh_link];
    if (best->sh_offset > size || size - best->sh_offset < best->sh_size) return false;
    if (names->sh_offset > size || size - names->sh_offset < names->sh_size) return false;
    if (header->e_phoff > size || size - header->e_phoff < (size_t)header->e_phnum * sizeof(ElfW(Phdr))) return false;
    *out = (struct mscope_symbols){
        .file = file,
        .size = size,
        .segments = (const ElfW(Phdr) *)(file + header->e_phoff),
        .segment_count = header->e_phnum,
        .symbols = (const ElfW(Sym) *)(file + best->sh_offset),
        .count = best->sh_size / sizeof(ElfW(Sym)),
        .names = file + names->sh_offset,
        .names_size = names->sh_size,
    };
    return true;
}

static void mscope_read_async_ranges(const char *path, uint64_t bias, struct mscope_async_image *out)
{
    long file = mscope_system(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC), size;
    if (file < 0) return;
    size = mscope_system(SYS_lseek, file, 0, SEEK_END);
    long start = size > 0 ? mscope_system(SYS_mmap, 0, size, PROT_READ, MAP_PRIVATE, file, 0) : -1;
    mscope_system(SYS_close, file);
    if (start < 0) return;
    struct mscope_symbols table;
    if (mscope_locate_symbols((const char *)start, (size_t)size, &table)) {
        uint32_t count = mscope_collect(&table, bias, NULL);
        struct mscope_range *ranges = count ? mscope_allocate_for_ever(count * sizeof(*ranges)) : NULL;
        if (ranges != NULL) {
            mscope_collect(&table, bias, ranges);
            mscope_sort(ranges, count);
            mscope_size_entries(&table, bias, ranges, count);
            out->ranges = ranges;
            out->count = count;
        }
    }
    mscope_system(SYS_munmap, start, size);
}

/// The ranges of an image, read when the image is first met; NULL while another thread reads them, or when no entry is
/// free.
static struct mscope_async_image *mscope_async_image(uint64_t start, uint64_t bias, const char *name)
{
    for (uint32_t i = 0; i < MSCOPE_ASYNC_IMAGES; i++) {
        struct mscope_async_image *image = &mscope_async_images[i];
        uint64_t owner = mscope_load_acquire(&image->start);
        if (owner <= 1 && mscope_cas_acq_rel(&image->start, &owner, start)) {
            image->count = 0;
            char path[MSCOPE_PATH_MAX];
            mscope_image_path(start, name, path);
            mscope_read_async_ranges(path, bias, image);
            mscope_store_release(&image->ready, 1);
            return image;
        }
        if (owner == start) return mscope_load_acquire(&image->ready) ? image : NULL;
    }
    return NULL;
}

/// After an image was unloaded: other code may be loaded at its addresses.
void mscope_forget_async(uint64_t start)
{
    for (uint32_t i = 0; i < MSCOPE_ASYNC_IMAGES; i++) {
        if (mscope_load_relaxed(&mscope_async_images[i].start) != start) continue;
        mscope_store_relaxed(&mscope_async_images[i].ready, 0);
        mscope_store_release(&mscope_async_images[i].start, 1);
    }
}

int mscope_is_async(uint64_t pc)
{
#if defined(DLFO_STRUCT_HAS_EH_DBASE)
    struct dl_find_object found;
    if (mscope_load_relaxed(&mscope_current_task) == NULL || _dl_find_object((void *)(pc - 1), &found) != 0)
        return false;
    struct mscope_async_image *image =
        mscope_async_image((uint64_t)found.dlfo_map_start, found.dlfo_link_map->l_addr, found.dlfo_link_map->l_name);
    if (image == NULL) return -1;
    uint32_t low = 0, high = image->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (image->ranges[middle].start < pc)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && pc - 1 < image->ranges[low - 1].end;
#else
    (void)pc;
    return 0;
#endif
}
