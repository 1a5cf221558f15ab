// The report of a process in which nothing can be tracked: it says why. It is written at the start and without the
// engine, which would have to take memory from a malloc that is not the core's.
#include "hooks/hooks.h"
#include "hooks/untracked.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

enum { MSCOPE_PATH = 4096, MSCOPE_REPORT_BYTES = 2048 };

/// The path that was asked for, with {PID} replaced; false when it is too long, or none was asked for.
static bool mscope_report_path(char *path, size_t size)
{
    const char *wish = mscope_environment("MEMSCOPE_REPORT"), *place;
    if (wish == NULL) return false;
    size_t length = 0;
    for (; (place = strstr(wish, "{PID}")) != NULL; wish = place + strlen("{PID}")) {
        int written = snprintf(path + length, size - length, "%.*s%d", (int)(place - wish), wish, mscope_process_id());
        length += (size_t)written;
        if (written < 0 || length >= size) return false;
    }
    int written = snprintf(path + length, size - length, "%s", wish);
    return written >= 0 && length + (size_t)written < size;
}

/// The process' name, without characters that JSON would have to escape.
static void mscope_read_name(char *name, size_t size)
{
    long file = mscope_system(SYS_openat, AT_FDCWD, "/proc/self/comm", O_RDONLY | O_CLOEXEC);
    long length = file < 0 ? 0 : mscope_system(SYS_read, file, name, size - 1);
    if (file >= 0) mscope_system(SYS_close, file);
    name[length > 0 ? length : 0] = 0;
    name[strcspn(name, "\n")] = 0;
    for (char *at = name; *at != 0; at++)
        if ((unsigned char)*at < ' ' || (unsigned char)*at >= 127 || *at == '"' || *at == '\\') *at = '?';
}

static int mscope_write_report(char *out, size_t size, const char *reason, const char *remedy)
{
    char name[64];
    struct timespec wall;
    uint64_t now = mscope_now();
    mscope_read_name(name, sizeof(name));
    clock_gettime(CLOCK_REALTIME, &wall);
    return snprintf(out, size,
                    "{\"schemaVersion\":1,\"generatedAt\":%llu,\"process\":{\"pid\":%d,\"name\":\"%s\","
                    "\"startedAt\":%llu,\"wallAnchor\":{\"monotonic\":%llu,\"unix\":%lld%09ld}},\"mode\":\"off\","
                    "\"quality\":\"measured\",\"dropped\":0,\"truncated\":false,\"end\":null,\"available\":false,"
                    "\"reason\":\"%s\",\"enable\":\"%s\"}",
                    (unsigned long long)now, mscope_process_id(), name, (unsigned long long)now,
                    (unsigned long long)now, (long long)wall.tv_sec, wall.tv_nsec, reason, remedy);
}

void mscope_report_untracked(const char *reason, const char *remedy)
{
    char path[MSCOPE_PATH], beside[MSCOPE_PATH + 32], text[MSCOPE_REPORT_BYTES];
    struct stat there;
    if (!mscope_report_path(path, sizeof(path))) return;
    // Only a file can be replaced: a pipe or a terminal also gets the program's own output.
    if (mscope_system(SYS_newfstatat, AT_FDCWD, path, &there, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(there.st_mode))
        return;
    int length = mscope_write_report(text, sizeof(text), reason, remedy);
    if (length <= 0 || (size_t)length >= sizeof(text)) return;
    snprintf(beside, sizeof(beside), "%s.%d.new", path, mscope_process_id());
    long file = mscope_system(SYS_openat, AT_FDCWD, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return;
    bool whole = mscope_system(SYS_write, file, text, length) == length;
    mscope_system(SYS_close, file);
    if (whole && mscope_system(SYS_renameat2, AT_FDCWD, beside, AT_FDCWD, path, 0) == 0) return;
    mscope_system(SYS_unlinkat, AT_FDCWD, beside, 0);
}
