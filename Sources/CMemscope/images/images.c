// Which ELF files are mapped, and which were: for unwinding (lock-free) and for names (kept after dlclose).
#include "images/images.h"

#include <dlfcn.h>
#include <link.h>
#include <sched.h>
#include <string.h>

// An entry is reused for another image when the table is full, or when the same image is loaded again; see
// mscope_take_entry.
enum { MSCOPE_IMAGES = 1 << 12, MSCOPE_RECYCLINGS = 1 << 8 };
enum { MSCOPE_IMAGE_NONE = 0, MSCOPE_IMAGE_MAPPED = 1, MSCOPE_IMAGE_GONE = 2 };
struct mscope_image_entry {
    struct mscope_image image;
    const uint8_t *unwind_header; // .eh_frame_hdr; not readable after the image is unloaded
    uint64_t identity;            // a hash of name, layout and build id
    _Atomic uint32_t state;       // MAPPED: the rest may be read without holding mscope_image_lock
    bool seen;                    // found by the refresh under way
    bool referred;                // GONE: a stack that may still be reported has a frame in it
};
static struct mscope_image_entry *mscope_images; // written under mscope_image_lock; never moved
static _Atomic uint32_t mscope_image_count;
static _Atomic int32_t mscope_image_lock;     // lock of the table: the id of the thread that holds it; 0: none
static uint64_t mscope_loads, mscope_unloads; // ld.so's counters at the last refresh
static uint64_t mscope_looked_at;             // the time of the last refresh
static uint32_t mscope_refused;               // images for which no entry was free
const struct mscope_code_users *mscope_code_users;

void mscope_images_after_fork(void)
{
    mscope_store_relaxed(&mscope_image_lock, 0);
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

/// 64-bit FNV-1a (Fowler, Noll, Vo, IETF draft-eastlake-fnv).
static uint64_t mscope_hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ull;
    return hash;
}

/// What distinguishes a file from others: its name, its build id and, for files without one, its program headers.
static uint64_t mscope_identity_of(const struct dl_phdr_info *info, const struct mscope_image *image)
{
    uint64_t hash = mscope_hash_bytes(0xcbf29ce484222325ull, info->dlpi_name, strlen(info->dlpi_name));
    hash = mscope_hash_bytes(hash, info->dlpi_phdr, info->dlpi_phnum * sizeof(ElfW(Phdr)));
    return mscope_hash_bytes(hash, image->build_id, image->build_id_size);
}

/// Fills in everything but the path, which is looked up only for images that are not in the table yet.
static void mscope_describe_image(const struct dl_phdr_info *info, struct mscope_image_entry *out)
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
    out->identity = mscope_identity_of(info, image);
}

static void mscope_name_image(const char *name, struct mscope_image *image)
{
    if (strncmp(name, "linux-vdso", 10) == 0 || strncmp(name, "linux-gate", 10) == 0)
        memcpy(image->path, "[vdso]", 7);
    else
        mscope_image_path(image->start, name, image->path);
}

// ---- the table; under mscope_image_lock

static uint32_t mscope_state(const struct mscope_image_entry *entry)
{
    return mscope_load_relaxed(&entry->state);
}

/// The entry of the same image at the same place, if it is in `state` and no stack refers to it; NULL: there is none.
static struct mscope_image_entry *mscope_known_entry(const struct mscope_image_entry *found, uint32_t state)
{
    uint32_t count = mscope_load_relaxed(&mscope_image_count);
    for (uint32_t i = 0; i < count; i++) {
        struct mscope_image_entry *entry = &mscope_images[i];
        if (mscope_state(entry) != state || entry->referred || entry->identity != found->identity) continue;
        if (entry->image.start == found->image.start && entry->image.end == found->image.end) return entry;
    }
    return NULL;
}

/// Of the unloaded images that no stack refers to, the one unloaded first.
static struct mscope_image_entry *mscope_idle_entry(void)
{
    struct mscope_image_entry *idle = NULL;
    for (uint32_t i = 0; i < MSCOPE_IMAGES; i++) {
        struct mscope_image_entry *entry = &mscope_images[i];
        if (mscope_state(entry) != MSCOPE_IMAGE_GONE || entry->referred) continue;
        if (idle == NULL || entry->image.unloaded_at < idle->image.unloaded_at) idle = entry;
    }
    return idle;
}

static void mscope_refer_to_images(const struct mscope_site *site)
{
    for (uint32_t i = 0; i < MSCOPE_IMAGES; i++) {
        const struct mscope_image *image = &mscope_images[i].image;
        if (mscope_images[i].referred || mscope_state(&mscope_images[i]) != MSCOPE_IMAGE_GONE) continue;
        if (site->first_seen < image->loaded_after || site->first_seen >= image->unloaded_at) continue;
        for (uint32_t frame = 0; frame < site->frame_count && !mscope_images[i].referred; frame++)
            mscope_images[i].referred = site->frames[frame] - image->start <= image->end - image->start;
    }
}

/// From now on only stacks of live blocks keep an entry: it is better to lose the names of other stacks than of new
/// images.
static void mscope_release_images(void)
{
    for (uint32_t i = 0; i < MSCOPE_IMAGES; i++) mscope_images[i].referred = false;
    mscope_code_users->visit_orphans(mscope_refer_to_images);
}

/// An entry for an image: first, the entry of the same image from before its unloading, if no stack refers to it, so
/// that a plugin which is reloaded for ever needs one entry; second, an unused entry; third, the entry of an unloaded
/// image that no stack refers to. NULL when there is none.
static struct mscope_image_entry *mscope_take_entry(const struct mscope_image_entry *found)
{
    struct mscope_image_entry *last = mscope_known_entry(found, MSCOPE_IMAGE_GONE);
    if (last != NULL) return last;
    uint32_t count = mscope_load_relaxed(&mscope_image_count);
    if (count < MSCOPE_IMAGES) return &mscope_images[count];
    struct mscope_image_entry *idle = mscope_idle_entry();
    if (idle != NULL || mscope_refused++ % MSCOPE_RECYCLINGS != 0) return idle; // a pass over all stacks takes long
    mscope_release_images();
    return mscope_idle_entry();
}

static void mscope_note_image(const struct dl_phdr_info *info, uint64_t now)
{
    struct mscope_image_entry found;
    mscope_describe_image(info, &found);
    if (found.image.start >= found.image.end) return;
    struct mscope_image_entry *entry = mscope_known_entry(&found, MSCOPE_IMAGE_MAPPED);
    if (entry == NULL) {
        entry = mscope_take_entry(&found);
        if (entry == NULL) return;
        mscope_name_image(info->dlpi_name, &found.image);
        found.image.loaded_after = mscope_looked_at;
        found.image.loaded_at = now;
        *entry = found;
        mscope_store_release(&entry->state, MSCOPE_IMAGE_MAPPED);
        uint32_t count = mscope_load_relaxed(&mscope_image_count);
        if (entry == &mscope_images[count]) mscope_store_release(&mscope_image_count, count + 1);
    }
    entry->seen = true;
}

/// When one image was unloaded and another was loaded at its place between two refreshes, a stack of that time may
/// belong to either: it is counted to neither.
static void mscope_part_images(struct mscope_image *gone, uint64_t now)
{
    for (uint32_t i = 0; i < mscope_load_relaxed(&mscope_image_count); i++) {
        struct mscope_image *next = &mscope_images[i].image;
        if (next->loaded_at != now || next->start >= gone->end || gone->start >= next->end) continue;
        next->loaded_after = now;
        gone->unloaded_at = mscope_looked_at;
    }
}

static void mscope_bury_image(struct mscope_image_entry *entry, uint64_t now)
{
    struct mscope_image *image = &entry->image;
    mscope_store_release(&entry->state, MSCOPE_IMAGE_GONE);
    image->unloaded_at = now;
    mscope_part_images(image, now);
    uint64_t newest = mscope_code_users->forget(image->start, image->end, entry->identity);
    entry->referred = newest != 0 && newest >= image->loaded_after;
}

// ---- refresh

#if defined(DLFO_STRUCT_HAS_EH_DBASE)
#pragma weak _dl_find_object

/// Describes a mapped image from its own ELF header: the mapping begins with that header and contains the program
/// headers.
static struct dl_phdr_info mscope_headers_of(const struct dl_find_object *found)
{
    const ElfW(Ehdr) *header = found->dlfo_map_start;
    return (struct dl_phdr_info){
        .dlpi_addr = found->dlfo_link_map->l_addr,
        .dlpi_name = found->dlfo_link_map->l_name,
        .dlpi_phdr = (const ElfW(Phdr) *)(const void *)((const char *)header + header->e_phoff),
        .dlpi_phnum = header->e_phnum,
    };
}

/// dl_iterate_phdr leaves out images that were loaded by dlmopen or as an auditor. The list for debuggers, which begins
/// in the program's dynamic section, contains them.
static void mscope_note_namespaces(const struct dl_phdr_info *program, uint64_t now)
{
    const ElfW(Dyn) *entry = NULL;
    for (int i = 0; i < program->dlpi_phnum; i++)
        if (program->dlpi_phdr[i].p_type == PT_DYNAMIC)
            entry = (const ElfW(Dyn) *)(program->dlpi_addr + program->dlpi_phdr[i].p_vaddr);
    while (entry != NULL && entry->d_tag != DT_NULL && entry->d_tag != DT_DEBUG) entry++;
    if (_dl_find_object == NULL || entry == NULL || entry->d_tag == DT_NULL || entry->d_un.d_ptr == 0) return;
    const struct r_debug_extended *list = (const struct r_debug_extended *)entry->d_un.d_ptr;
    if (list->base.r_version < 2) return; // there is only one namespace
    for (list = list->r_next; list != NULL; list = list->r_next)
        for (const struct link_map *map = list->base.r_map; map != NULL; map = map->l_next) {
            struct dl_find_object found;
            if (_dl_find_object((void *)map->l_ld, &found) != 0) continue;
            struct dl_phdr_info image = mscope_headers_of(&found);
            mscope_note_image(&image, now);
        }
}
#else
static void mscope_note_namespaces(const struct dl_phdr_info *program, uint64_t now)
{
    (void)program;
    (void)now;
}
#endif

/// Called under ld.so's lock: no image is loaded or unloaded between the first call and the last.
static int mscope_visit_image(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    uint64_t *now = context;
    bool first = *now == 0;
    if (first) {
        *now = mscope_now();
        if (info->dlpi_adds == mscope_loads && info->dlpi_subs == mscope_unloads) return 1; // nothing new
        mscope_loads = info->dlpi_adds;
        mscope_unloads = info->dlpi_subs;
        for (uint32_t i = 0; i < mscope_load_relaxed(&mscope_image_count); i++) mscope_images[i].seen = false;
    }
    mscope_note_image(info, *now);
    if (first) mscope_note_namespaces(info, *now);
    return 0;
}

static void mscope_lock_images(void)
{
    for (int32_t nobody = 0; !mscope_cas_acq_rel(&mscope_image_lock, &nobody, mscope_thread_id()); nobody = 0) {
        if (mscope_is_ending(nobody)) return; // the thread that holds it ends the process, and waits for this one
        sched_yield();
    }
}

bool mscope_has_image_lock(int32_t thread)
{
    return mscope_load_relaxed(&mscope_image_lock) == thread;
}

/// context: dlclose, or one of MemScope's threads; takes ld.so's lock, so never on the hook path
void mscope_refresh_images(void)
{
    if (mscope_code_users == NULL || !mscope_can_take_loader_lock()) return;
    mscope_lock_images();
    if (mscope_images == NULL) mscope_images = mscope_map(sizeof(struct mscope_image_entry) * MSCOPE_IMAGES);
    if (mscope_images != NULL) {
        uint64_t now = 0;
        bool changed = dl_iterate_phdr(mscope_visit_image, &now) == 0;
        uint32_t count = mscope_load_relaxed(&mscope_image_count);
        for (uint32_t i = 0; changed && i < count; i++)
            if (!mscope_images[i].seen && mscope_state(&mscope_images[i]) == MSCOPE_IMAGE_MAPPED)
                mscope_bury_image(&mscope_images[i], now);
        mscope_looked_at = now;
    }
    mscope_store_release(&mscope_image_lock, 0);
}

size_t mscope_read_images(uint32_t *cursor, struct mscope_image *out, size_t capacity)
{
    size_t filled = 0;
    mscope_lock_images();
    while (filled < capacity && *cursor < mscope_load_relaxed(&mscope_image_count))
        out[filled++] = mscope_images[(*cursor)++].image;
    mscope_store_release(&mscope_image_lock, 0);
    return filled;
}

// ---- for unwinding: lock-free, any context

#if defined(DLFO_STRUCT_HAS_EH_DBASE)
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
    if (memcmp(found.dlfo_map_start, ELFMAG, SELFMAG) != 0) return false;
    struct dl_phdr_info image = mscope_headers_of(&found);
    for (int i = 0; i < image.dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &image.dlpi_phdr[i];
        bool code = part->p_type == PT_LOAD && (part->p_flags & PF_X);
        if (code && address - image.dlpi_addr - part->p_vaddr < part->p_memsz) return true;
    }
    return false;
}

uint64_t mscope_image_identity(uint64_t pc)
{
    struct dl_find_object found;
    if (_dl_find_object == NULL || _dl_find_object((void *)(pc - 1), &found) != 0) return 0;
    struct dl_phdr_info info = mscope_headers_of(&found);
    struct mscope_image image = {.build_id_size = 0};
    for (int i = 0; i < info.dlpi_phnum && image.build_id_size == 0; i++)
        if (info.dlpi_phdr[i].p_type == PT_NOTE) mscope_read_build_id(&info, &info.dlpi_phdr[i], &image);
    return mscope_identity_of(&info, &image);
}
#else
/// Before glibc 2.35 there is no lock-free look-up: only images found by mscope_refresh_images are known.
bool mscope_find_unwind_table(uint64_t pc, struct mscope_unwind_table *out)
{
    uint32_t count = mscope_load_acquire(&mscope_image_count);
    for (uint32_t i = 0; i < count; i++) {
        const struct mscope_image_entry *entry = &mscope_images[i];
        if (mscope_load_acquire(&entry->state) != MSCOPE_IMAGE_MAPPED || entry->unwind_header == NULL) continue;
        if (pc - entry->image.start >= entry->image.end - entry->image.start) continue;
        *out = (struct mscope_unwind_table){entry->image.start, entry->image.end, entry->unwind_header};
        return true;
    }
    return false;
}

bool mscope_is_executable(uint64_t address)
{
    struct mscope_unwind_table table;
    return mscope_find_unwind_table(address, &table); // true for code and data: the parts of an image are not noted
}

uint64_t mscope_image_identity(uint64_t pc)
{
    (void)pc;
    return 0; // stacks of an image that is loaded again get new site numbers
}
#endif
