// How many threads the system allows, for the text of a failure, which names the limit that allows too few.
#ifndef CORE_TESTS_LIMITS_H
#define CORE_TESTS_LIMITS_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/// The first line of a small file; "none" without the file.
static inline const char *limits_line(const char *path, char *text, size_t size) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, text, size - 1) : -1;
    if (file >= 0) close(file);
    if (got <= 0) return strcpy(text, "none");
    text[got] = 0;
    text[strcspn(text, "\n")] = 0;
    return text;
}

/// pids.max of the control group and of those above it, innermost first, as far as they can be seen from here. In the
/// second version of groups they are all in one tree, in the first one each controller has its own.
static inline void limits_of_groups(char *text, size_t size) {
    char groups[4096], path[4400], line[32];
    FILE *file = fopen("/proc/self/cgroup", "re");
    *text = 0;
    while (file != NULL && fgets(groups, sizeof groups, file) != NULL) {
        groups[strcspn(groups, "\n")] = 0;
        char *controllers = strchr(groups, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (group == NULL) continue;
        *group++ = 0;
        bool second = controllers[1] == 0;
        if (!second && strcmp(controllers + 1, "pids") != 0) continue;
        for (char *end = group + strlen(group); end != NULL; end = strrchr(group, '/')) {
            *end = 0;
            snprintf(path, sizeof path, "/sys/fs/cgroup%s%s/pids.max", second ? "" : "/pids", group);
            size_t used = strlen(text);
            if (strcmp(limits_line(path, line, sizeof line), "none") != 0 && used < size)
                snprintf(text + used, size - used, " %s", line);
        }
    }
    if (file != NULL) fclose(file);
}

static inline const char *thread_limits(void) {
    static char text[512];
    char threads[32], pids[32], maps[32], groups[256];
    struct rlimit processes = {0, 0};
    getrlimit(RLIMIT_NPROC, &processes);
    limits_of_groups(groups, sizeof groups);
    snprintf(text, sizeof text,
        "ulimit -u %lld, kernel.threads-max %s, kernel.pid_max %s, vm.max_map_count %s, pids.max of control groups%s",
        (long long)processes.rlim_cur, limits_line("/proc/sys/kernel/threads-max", threads, sizeof threads),
        limits_line("/proc/sys/kernel/pid_max", pids, sizeof pids),
        limits_line("/proc/sys/vm/max_map_count", maps, sizeof maps), *groups ? groups : " none");
    return text;
}

#endif
