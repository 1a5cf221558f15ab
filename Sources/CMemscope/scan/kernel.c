// Words that only the kernel holds: the user data of descriptors that a program waits for by epoll, and of its timers.
// Both can be read in /proc. That of io_uring cannot.
//
// The copy has a table of descriptors of its own, and no timers: those of the process are read, a moment later.
#include "scan/scan.h"
#include "scan/scanner.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

enum { MSCOPE_LINE = 4096, MSCOPE_NAMES = 1 << 15 };

/// Calls `see` with each line of a file; a line longer than a page is cut off.
static void mscope_read_lines(struct mscope_scanner *scanner, long file,
                              void (*see)(struct mscope_scanner *scanner, const char *line))
{
    char text[MSCOPE_LINE];
    uint64_t kept = 0;
    long got;
    while (file >= 0 && !mscope_has_problem(scanner)) {
        do got = mscope_system(SYS_read, file, text + kept, sizeof(text) - 1 - kept);
        while (got == -4); // EINTR
        if (got <= 0) break;
        uint64_t filled = kept + (uint64_t)got, start = 0;
        for (uint64_t i = kept; i < filled; i++) {
            if (text[i] != '\n') continue;
            text[i] = 0;
            see(scanner, text + start);
            start = i + 1;
        }
        kept = filled - start;
        if (kept == sizeof(text) - 1) kept = 0;
        memmove(text, text + start, kept);
    }
    if (file >= 0) mscope_system(SYS_close, file);
}

/// The hexadecimal number after `name`; false when the line has none.
static bool mscope_number_behind(const char *line, const char *name, uint64_t *out)
{
    const char *at = strstr(line, name);
    if (at == NULL) return false;
    for (at += strlen(name); *at == ' ';) at++;
    for (*out = 0; (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f'); at++)
        *out = *out << 4 | (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
    return true;
}

/// "tfd:        4 events:       19 data:     7f00c0ffee00  pos:0 ino:…"
static void mscope_see_epoll(struct mscope_scanner *scanner, const char *line)
{
    uint64_t word;
    if (strncmp(line, "tfd:", 4) == 0 && mscope_number_behind(line, " data:", &word)) mscope_try_root(scanner, 0, word);
}

/// "signal: 60/00007fff86e452a8"
static void mscope_see_timer(struct mscope_scanner *scanner, const char *line)
{
    uint64_t word;
    if (strncmp(line, "signal:", 7) == 0 && mscope_number_behind(line, "/", &word)) mscope_try_root(scanner, 0, word);
}

static void mscope_look_at_descriptor(struct mscope_scanner *scanner, int32_t tid, long folder, const char *name)
{
    char target[32], path[64] = "/fdinfo/";
    long length = mscope_system(SYS_readlinkat, folder, name, target, sizeof(target) - 1);
    if (length <= 0) return;
    target[length] = 0;
    if (strcmp(target, "anon_inode:[io_uring]") == 0) scanner->answer->scan.has_unreadable_kernel = true;
    if (strcmp(target, "anon_inode:[eventpoll]") != 0 || strlen(name) > 12) return;
    memcpy(path + 8, name, strlen(name) + 1);
    mscope_read_lines(scanner, mscope_open_task(scanner->plan->process, tid, path, 0), mscope_see_epoll);
}

/// False when the thread has no table of descriptors any more.
static bool mscope_look_at_descriptors(struct mscope_scanner *scanner, int32_t tid, char *entries)
{
    enum { LENGTH_AT = 16, NAME_AT = 19 }; // of getdents64's records
    bool any = false;
    long folder = mscope_open_task(scanner->plan->process, tid, "/fd", O_DIRECTORY), got;
    if (folder < 0) return false;
    while ((got = mscope_system(SYS_getdents64, folder, entries, MSCOPE_NAMES)) > 0 && !mscope_has_problem(scanner)) {
        for (long at = 0; at < got;) {
            uint16_t length;
            memcpy(&length, &entries[at + LENGTH_AT], sizeof(length));
            const char *name = &entries[at + NAME_AT];
            any |= *name != '.';
            if (*name != '.') mscope_look_at_descriptor(scanner, tid, folder, name);
            at += length;
        }
    }
    mscope_system(SYS_close, folder);
    return any;
}

void mscope_find_kernel_roots(struct mscope_scanner *scanner)
{
    const struct mscope_plan *plan = scanner->plan;
    char *entries = mscope_map(MSCOPE_NAMES), path[64];
    scanner->kind = MSCOPE_ROOT_KERNEL;
    // MemScope's threads have a table of their own. A main thread that has ended has none.
    bool found = entries == NULL || mscope_look_at_descriptors(scanner, plan->process, entries);
    for (uint32_t i = 0; i < plan->thread_count && !found; i++) {
        bool own = false;
        for (int n = 0; n < MSCOPE_OWN_THREADS; n++) own |= plan->own_threads[n] == plan->threads[i].tid;
        if (!own) found = mscope_look_at_descriptors(scanner, plan->threads[i].tid, entries);
    }
    if (entries != NULL) mscope_unmap(entries, MSCOPE_NAMES);
    mscope_put(mscope_put(path, "/proc/", plan->process), "/timers", 0);
    mscope_read_lines(scanner, mscope_system(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0), mscope_see_timer);
}
