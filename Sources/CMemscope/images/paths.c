// Which file is mapped at an address, as the kernel says: for images whose own name does not lead to their file.
#include "images/images.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

/// Appends one character. Of a path that is too long only the file's name is kept: a cut path could be read as another
/// path.
static void mscope_extend_path(char *path, size_t *length, char c)
{
    if (*length == MSCOPE_PATH_MAX - 1) {
        const char *name = strrchr(path, '/');
        if (name == NULL) return;
        *length = strlen(name + 1);
        memmove(path, name + 1, *length + 1);
    }
    path[(*length)++] = c;
    path[*length] = 0;
}

struct mscope_maps_line {
    uint64_t bounds[2]; // start and end
    uint32_t known;     // how many of the two were read
    size_t length;      // of the path
};

static uint64_t mscope_hexadecimal(char c)
{
    return (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/// Reads one character of `/proc/self/maps`. True at the end of the line whose mapping contains `address`.
static bool mscope_read_maps(struct mscope_maps_line *line, char c, uint64_t address, char *path)
{
    bool inside = line->known == 2 && line->bounds[0] <= address && address < line->bounds[1];
    if (c == '\n') {
        if (inside) return true;
        *line = (struct mscope_maps_line){.length = 0};
    } else if (line->known < 2) {
        if (c == '-' || c == ' ')
            line->known++;
        else
            line->bounds[line->known] = line->bounds[line->known] << 4 | mscope_hexadecimal(c);
    } else if (inside && (c == '/' || line->length > 0)) {
        mscope_extend_path(path, &line->length, c);
    }
    return false;
}

bool mscope_mapped_path(uint64_t address, char *path)
{
    path[0] = 0;
    long file = mscope_system(SYS_openat, AT_FDCWD, "/proc/thread-self/maps", O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    struct mscope_maps_line line = {.length = 0};
    char text[512]; // a hook may run on a small stack
    bool found = false;
    long got;
    while (!found && (got = mscope_system(SYS_read, file, text, sizeof(text))) > 0)
        for (long i = 0; i < got && !found; i++) found = mscope_read_maps(&line, text[i], address, path);
    mscope_system(SYS_close, file);
    return path[0] != 0;
}

/// Whether the name by which ld.so knows an image leads to its file at any time: the name is absolute, and not that of
/// a descriptor, which may later mean another file.
static bool mscope_is_lasting(const char *name)
{
    return name[0] == '/' && strncmp(name, "/proc/", 6) != 0 && strncmp(name, "/dev/fd/", 8) != 0;
}

void mscope_image_path(uint64_t start, const char *name, char *path)
{
    if (!mscope_is_lasting(name) && mscope_mapped_path(start, path)) return;
    const char *slash = strrchr(name, '/');
    // the path is relative to a folder that may have changed since
    if (name[0] != '/' && slash != NULL) name = slash + 1;
    size_t length = 0;
    for (path[0] = 0; *name != 0; name++) mscope_extend_path(path, &length, *name);
}
