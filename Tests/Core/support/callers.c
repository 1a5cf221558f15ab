#include "callers.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "CMemscope.h"
#include "check.h"

// Swift's functions are private: they are in .symtab only, where dladdr does not look.
struct symbols {
    const Elf64_Sym *entries;
    size_t count;
    const char *names;
    uint64_t bias, end;
};

static struct symbols symbols;
static _Atomic int failures;

static int main_image(struct dl_phdr_info *info, size_t size, void *argument) {
    (void)size;
    struct symbols *out = argument;
    out->bias = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uint64_t end = info->dlpi_addr + header->p_vaddr + header->p_memsz;
        if (header->p_type == PT_LOAD && end > out->end) out->end = end;
    }
    return 1;
}

__attribute__((constructor)) static void read_symbols(void) {
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status)) return;
    const char *image = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (image == MAP_FAILED) return;
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)image;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(image + header->e_shoff);
    for (size_t i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_type != SHT_SYMTAB) continue;
        symbols.entries = (const Elf64_Sym *)(image + sections[i].sh_offset);
        symbols.count = sections[i].sh_size / sizeof *symbols.entries;
        symbols.names = image + sections[sections[i].sh_link].sh_offset;
    }
    dl_iterate_phdr(main_image, &symbols);
}

static const char *name_of(uint64_t pc) {
    uint64_t address = pc - 1 - symbols.bias;
    const Elf64_Sym *best = NULL;
    if (pc < symbols.bias || pc > symbols.end) return "?";
    for (size_t i = 0; i < symbols.count; i++) {
        const Elf64_Sym *symbol = &symbols.entries[i];
        if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_value > address) continue;
        if (!best || symbol->st_value > best->st_value) best = symbol;
    }
    return best ? symbols.names + best->st_name : "?";
}

__attribute__((noinline)) void *callers_allocate(size_t size) {
    char *block = malloc(size);
    if (block) block[0] = 1;
    return block;
}

static bool contains_word(const char *name, const char *word, size_t length) {
    for (; *name; name++) {
        if (strncmp(name, word, length) == 0) return true;
    }
    return false;
}

static void print_stack(const struct mscope_site *site) {
    for (uint32_t i = 0; i < site->frame_count; i++) {
        check_write("# %u 0x%llx %s\n", i, (unsigned long long)site->frames[i], name_of(site->frames[i]));
    }
}

// One write per test: tests of several threads run side by side.
static void verdict(bool good, const char *test, const char *reason, int length) {
    if (good) {
        check_write("ok - %s\n", test);
        return;
    }
    atomic_fetch_add(&failures, 1);
    check_write("not ok - %s: %.*s\n", test, length, reason);
}

void callers_expect_task(void *block, const char *test, int with_task) {
    struct mscope_block found;
    bool known = mscope_find_block((uint64_t)(uintptr_t)block, &found);
    verdict(known && (found.task != 0) == (with_task != 0), test, "the block has another task", 100);
    free(block);
}

void callers_expect(void *block, const char *test, const char *names) {
    struct mscope_block found;
    struct mscope_site site;
    if (!mscope_find_block((uint64_t)(uintptr_t)block, &found) || !found.site || !mscope_read_site(found.site, &site)) {
        verdict(false, test, "the block has no stack", 100);
        free(block);
        return;
    }
    uint32_t at = 0;
    const char *word = names;
    while (*word) {
        size_t length = strcspn(word, " ");
        while (at < site.frame_count && !contains_word(name_of(site.frames[at]), word, length)) at++;
        if (at == site.frame_count) {
            verdict(false, test, word, (int)length);
            check_write("# the stack lacks the caller named above, after those before it; flags %u\n", site.flags);
            print_stack(&site);
            free(block);
            return;
        }
        word += length;
        while (*word == ' ') word++;
    }
    verdict(true, test, "", 0);
    free(block);
}

int callers_result(void) {
    return failures != 0;
}
