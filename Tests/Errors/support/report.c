// Preloaded behind the core: at exit each process writes a file of its own with the core's reports, a line of
// JSON for each report, with the stacks' frames as image and offset.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "CMemscope.h"

static void write_stack(int file, const char *name, uint32_t number) {
    struct mscope_site site;
    dprintf(file, ",\"%s\":[", name);
    if (number && mscope_read_site(number, &site)) {
        for (uint32_t i = 0; i < site.frame_count; i++) {
            // A return address may be the first of the next function.
            uint64_t address = site.frames[i] - 1;
            Dl_info image;
            bool known = dladdr((void *)(uintptr_t)address, &image) != 0;
            uint64_t offset = known ? address - (uint64_t)(uintptr_t)image.dli_fbase : address;
            dprintf(file, "%s[\"%s\",%llu]", i ? "," : "", known ? image.dli_fname : "?", (unsigned long long)offset);
        }
    }
    dprintf(file, "]");
}

static void write_error(int file, const struct mscope_error *error) {
    dprintf(file, "{\"kind\":%u,\"flags\":%u,\"count\":%llu,\"block\":%llu,\"size\":%llu,\"offset\":%lld", error->kind,
            error->flags, (unsigned long long)error->count, (unsigned long long)error->block,
            (unsigned long long)error->size, (long long)error->offset);
    dprintf(file, ",\"threads\":[%u,%u,%u]", error->access_thread, error->allocated_thread, error->freed_thread);
    write_stack(file, "access", error->access_site);
    write_stack(file, "allocated", error->allocated_site);
    write_stack(file, "freed", error->freed_site);
    dprintf(file, "}\n");
}

__attribute__((destructor)) static void write_report(void) {
    const char *prefix = getenv("ERRORS_FILE");
    char path[4096];
    if (!prefix || snprintf(path, sizeof path, "%s.%d", prefix, (int)getpid()) >= (int)sizeof path) return;
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) return;
    static struct mscope_error all[1024];
    uint32_t cursor = 0;
    size_t count = mscope_read_errors(&cursor, all, sizeof all / sizeof *all);
    struct mscope_check_totals totals;
    mscope_read_check_totals(&totals);
    dprintf(file, "{\"errors\":%llu,\"distinct\":%llu,\"dropped\":%llu,\"guarded\":%llu,\"full\":%llu,\"faults\":%llu",
            (unsigned long long)totals.errors, (unsigned long long)totals.distinct, (unsigned long long)totals.dropped,
            (unsigned long long)totals.guarded, (unsigned long long)totals.guard_full,
            (unsigned long long)totals.faults);
    dprintf(file, ",\"canaried\":%llu,\"unkept\":%llu,\"kinds\":[", (unsigned long long)totals.canaried,
            (unsigned long long)totals.not_quarantined);
    for (int kind = 0; kind < MSCOPE_ERROR_KINDS; kind++)
        dprintf(file, "%s%llu", kind ? "," : "", (unsigned long long)totals.by_kind[kind]);
    dprintf(file, "]}\n");
    for (size_t i = 0; i < count; i++) write_error(file, &all[i]);
    close(file);
}
