// Which libraries an image was linked against.
#include "images/images.h"

#include <link.h>
#include <string.h>

struct mscope_linkage {
    uint64_t address;
    const char *library;
    bool found, needs;
};

/// The dynamic section of a loaded image; NULL when the address is not in it.
static const ElfW(Dyn) * mscope_dynamic_section(const struct dl_phdr_info *image, uint64_t address)
{
    const ElfW(Dyn) *dynamic = NULL;
    bool inside = false;
    for (int i = 0; i < image->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &image->dlpi_phdr[i];
        uint64_t start = image->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_DYNAMIC) dynamic = (const ElfW(Dyn) *)start;
        inside = inside || (part->p_type == PT_LOAD && address - start < part->p_memsz);
    }
    return inside ? dynamic : NULL;
}

static int mscope_look_at_linkage(struct dl_phdr_info *image, size_t size, void *context)
{
    (void)size;
    struct mscope_linkage *wanted = context;
    const ElfW(Dyn) *dynamic = mscope_dynamic_section(image, wanted->address);
    if (dynamic == NULL) return 0;
    wanted->found = true;
    const char *names = NULL;
    for (const ElfW(Dyn) *entry = dynamic; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_STRTAB) names = (const char *)entry->d_un.d_ptr;
    for (const ElfW(Dyn) *entry = dynamic; names != NULL && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_NEEDED || entry->d_tag == DT_SONAME)
            wanted->needs = wanted->needs || strcmp(names + entry->d_un.d_val, wanted->library) == 0;
    return 1;
}

uint32_t mscope_image_links(uint64_t address, const char *library)
{
    struct mscope_linkage wanted = {.address = address, .library = library};
    if (mscope_can_take_loader_lock()) dl_iterate_phdr(mscope_look_at_linkage, &wanted);
    if (!wanted.found) return MSCOPE_IMAGE_UNKNOWN;
    return wanted.needs ? MSCOPE_IMAGE_LINKS : MSCOPE_IMAGE_LACKS;
}
