// What ELF files are, and were, mapped: for unwinding (lock-free) and for names (kept after dlclose).
#include "internal.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

enum { MSCOPE_IMAGES = 1 << 12 };
struct mscope_image_entry {
    struct mscope_image image;
    const uint8_t *unwind_header; // .eh_frame_hdr; not to be read once unloaded
    uint64_t identity;            // of its name and build id
    bool seen;
};
static struct mscope_image_entry *mscope_images; // appended under mscope_imaging; never moved
static _Atomic uint32_t mscope_image_count, mscope_imaging;
static uint64_t mscope_loads, mscope_unloads; // ld.so's counters when we looked last

void mscope_images_after_fork(void)
{
    mscope_store_relaxed(&mscope_imaging, 0);
}

static void mscope_read_build_id(const struct dl_phdr_info *info, const ElfW(Phdr) * header, struct mscope_image *image)
{
    const char *p = (const char *)(info->dlpi_addr + header->p_vaddr), *end = p + header->p_memsz;
    while (end - p >= (ptrdiff_t)sizeof(ElfW(Nhdr))) {
        const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)p;
        const char *name = p + sizeof(*note), *content = name + ((note->n_namesz + 3u) & ~3u);
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && memcmp(name, "GNU", 4) == 0
            && note->n_descsz <= MSCOPE_BUILD_ID_MAX) {
            image->build_id_size = note->n_descsz;
            memcpy(image->build_id, content, note->n_descsz);
            return;
        }
        p = content + ((note->n_descsz + 3u) & ~3u);
    }
}

static void mscope_name_image(const struct dl_phdr_info *info, char *path, bool first)
{
    ssize_t length = 0;
    if (strncmp(info->dlpi_name, "linux-vdso", 10) == 0 || strncmp(info->dlpi_name, "linux-gate", 10) == 0) {
        memcpy(path, "[vdso]", 7);
    } else if (info->dlpi_name[0] == 0 && first) { // the program itself
        length = readlink("/proc/self/exe", path, MSCOPE_PATH_MAX - 1);
        path[length > 0 ? length : 0] = 0;
    } else {
        strncpy(path, info->dlpi_name, MSCOPE_PATH_MAX - 1);
    }
}

/// 64-bit FNV-1a (Fowler, Noll, Vo, IETF draft-eastlake-fnv).
static uint64_t mscope_hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ull;
    return hash;
}

static uint64_t mscope_identity_of(const char *name, const struct mscope_image *image)
{
    uint64_t hash = mscope_hash_bytes(0xcbf29ce484222325ull, name, strlen(name));
    return mscope_hash_bytes(hash, image->build_id, image->build_id_size);
}

static void mscope_describe_image(const struct dl_phdr_info *info, struct mscope_image_entry *out, bool first)
{
    memset(out, 0, sizeof(*out));
    struct mscope_image *image = &out->image;
    image->bias = info->dlpi_addr;
    image->start = UINT64_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uint64_t start = info->dlpi_addr + header->p_vaddr, end = start + header->p_memsz;
        if (header->p_type == PT_LOAD && start < image->start) image->start = start;
        if (header->p_type == PT_LOAD && end > image->end) image->end = end;
        if (header->p_type == PT_NOTE && image->build_id_size == 0) mscope_read_build_id(info, header, image);
        if (header->p_type == PT_GNU_EH_FRAME) out->unwind_header = (const uint8_t *)start;
    }
    mscope_name_image(info, image->path, first);
    out->identity = mscope_identity_of(info->dlpi_name, image);
}

static void mscope_note_image(const struct mscope_image_entry *found)
{
    uint32_t count = mscope_load_relaxed(&mscope_image_count);
    for (uint32_t i = 0; i < count; i++) {
        struct mscope_image_entry *known = &mscope_images[i];
        if (known->image.unloaded_at != 0 || known->image.start != found->image.start) continue;
        if (strcmp(known->image.path, found->image.path) != 0) continue;
        known->seen = true;
        return;
    }
    if (count == MSCOPE_IMAGES) return;
    mscope_images[count] = *found;
    mscope_images[count].seen = true;
    mscope_images[count].image.loaded_at = mscope_now();
    mscope_store_release(&mscope_image_count, count + 1);
}

static int mscope_visit_image(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    bool *first = context;
    if (*first && info->dlpi_adds == mscope_loads && info->dlpi_subs == mscope_unloads) return 1; // nothing new
    mscope_loads = info->dlpi_adds;
    mscope_unloads = info->dlpi_subs;
    struct mscope_image_entry found;
    mscope_describe_image(info, &found, *first);
    *first = false;
    if (found.image.start < found.image.end) mscope_note_image(&found);
    return 0;
}

static void mscope_bury_image(struct mscope_image_entry *entry)
{
    struct mscope_image *image = &entry->image;
    image->unloaded_at = mscope_now();
    mscope_forget_rules();
    mscope_forget_async(image->start);
    mscope_retire_sites(image->start, image->end, entry->identity);
}

/// context: dlclose, or a thread of ours; takes ld.so's lock, so never on the hook path
void mscope_refresh_images(void)
{
    if (!mscope_boot()) return;
    while (mscope_exchange_acq_rel(&mscope_imaging, 1)) sched_yield();
    if (mscope_images == NULL) mscope_images = mscope_map(sizeof(struct mscope_image_entry) * MSCOPE_IMAGES);
    if (mscope_images != NULL) {
        uint32_t count = mscope_load_relaxed(&mscope_image_count);
        for (uint32_t i = 0; i < count; i++) mscope_images[i].seen = false;
        bool first = true;
        bool changed = dl_iterate_phdr(mscope_visit_image, &first) == 0;
        for (uint32_t i = 0; changed && i < count; i++)
            if (!mscope_images[i].seen && mscope_images[i].image.unloaded_at == 0) mscope_bury_image(&mscope_images[i]);
    }
    mscope_store_release(&mscope_imaging, 0);
}

size_t mscope_read_images(uint32_t *cursor, struct mscope_image *out, size_t capacity)
{
    size_t filled = 0;
    while (filled < capacity && *cursor < mscope_load_acquire(&mscope_image_count))
        out[filled++] = mscope_images[(*cursor)++].image;
    return filled;
}

// ---- for unwinding: lock-free, any context

#if defined(DLFO_STRUCT_HAS_EH_DBASE)
#pragma weak _dl_find_object
bool mscope_find_unwind_table(uint64_t pc, struct mscope_unwind_table *out)
{
    struct dl_find_object found;
    if (_dl_find_object == NULL || _dl_find_object((void *)pc, &found) != 0 || found.dlfo_eh_frame == NULL)
        return false;
    *out = (struct mscope_unwind_table){
        .start = (uint64_t)found.dlfo_map_start, .end = (uint64_t)found.dlfo_map_end, .header = found.dlfo_eh_frame};
    return true;
}

bool mscope_is_executable(uint64_t address)
{
    struct dl_find_object found;
    if (_dl_find_object == NULL || _dl_find_object((void *)address, &found) != 0) return false;
    // An image begins with its ELF header, and its program headers are mapped with it.
    const ElfW(Ehdr) *header = found.dlfo_map_start;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return false;
    const ElfW(Phdr) *parts = (const ElfW(Phdr) *)(const void *)((const char *)header + header->e_phoff);
    for (int i = 0; i < header->e_phnum; i++) {
        bool code = parts[i].p_type == PT_LOAD && (parts[i].p_flags & PF_X);
        if (code && address - found.dlfo_link_map->l_addr - parts[i].p_vaddr < parts[i].p_memsz) return true;
    }
    return false;
}

uint64_t mscope_image_identity(uint64_t pc)
{
    struct dl_find_object found;
    if (_dl_find_object == NULL || _dl_find_object((void *)(pc - 1), &found) != 0) return 0;
    // An image begins with its ELF header, and its program headers are mapped with it.
    const ElfW(Ehdr) *header = found.dlfo_map_start;
    struct dl_phdr_info info = {
        .dlpi_addr = found.dlfo_link_map->l_addr,
        .dlpi_phdr = (const ElfW(Phdr) *)(const void *)((const char *)header + header->e_phoff),
        .dlpi_phnum = header->e_phnum,
    };
    struct mscope_image image = {.build_id_size = 0};
    for (int i = 0; i < info.dlpi_phnum && image.build_id_size == 0; i++)
        if (info.dlpi_phdr[i].p_type == PT_NOTE) mscope_read_build_id(&info, &info.dlpi_phdr[i], &image);
    return mscope_identity_of(found.dlfo_link_map->l_name, &image);
}
#else
/// Before glibc 2.35 there is no lock-free look-up: only images noted by mscope_refresh_images are known.
bool mscope_find_unwind_table(uint64_t pc, struct mscope_unwind_table *out)
{
    uint32_t count = mscope_load_acquire(&mscope_image_count);
    for (uint32_t i = 0; i < count; i++) {
        const struct mscope_image_entry *entry = &mscope_images[i];
        if (entry->image.unloaded_at != 0 || entry->unwind_header == NULL) continue;
        if (pc - entry->image.start >= entry->image.end - entry->image.start) continue;
        *out = (struct mscope_unwind_table){entry->image.start, entry->image.end, entry->unwind_header};
        return true;
    }
    return false;
}

bool mscope_is_executable(uint64_t address)
{
    struct mscope_unwind_table table;
    return mscope_find_unwind_table(address, &table); // code or data: its parts are not noted
}

uint64_t mscope_image_identity(uint64_t pc)
{
    (void)pc;
    return 0; // stacks of an image that comes back get new numbers
}
#endif
