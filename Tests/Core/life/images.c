// The image to which code belongs, and the path of its file. Arguments: path of the program, of the plugin and of
// another one, all absolute. With a fourth argument
// only the program's own image is checked.
#include <dlfcn.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>

#include "../support/live.h"

enum { IMAGES = 1 << 12 };
static struct mscope_image images[IMAGES];
static const char *plugin, *other;
static char folder[PATH_MAX];

static size_t read_images(void) {
    mscope_refresh_images();
    uint32_t cursor = 0;
    size_t count = 0, got;
    while (count < IMAGES && (got = mscope_read_images(&cursor, images + count, IMAGES - count)) > 0) count += got;
    return count;
}

// The one that covered an address at a time; NULL when there is none, or more than one.
static const struct mscope_image *image_at(uint64_t address, uint64_t time) {
    const struct mscope_image *found = NULL;
    size_t count = read_images();
    for (size_t i = 0; i < count; i++) {
        if (address < images[i].start || address >= images[i].end) continue;
        if (time < images[i].loaded_after || (images[i].unloaded_at && time >= images[i].unloaded_at)) continue;
        if (found) return NULL;
        found = &images[i];
    }
    return found;
}

static void expect_image(void *block, const char *path, const char *what) {
    struct mscope_block found = {0};
    struct mscope_site site = {0};
    bool known = block && mscope_find_block((uintptr_t)block, &found) && mscope_read_site(found.site, &site);
    expect(known && site.frame_count, "%s: the block has no stack", what);
    if (!known) return;
    const struct mscope_image *image = image_at(site.frames[0], site.first_seen);
    expect(image && strcmp(image->path, path) == 0, "%s: %s, not %s", what, image ? image->path : "no image", path);
}

typedef void *(*allocate_t)(size_t);

static allocate_t allocator(void *handle) {
    allocate_t found = handle ? (allocate_t)dlsym(handle, "plugin_allocate") : NULL;
    expect(found, "%s", handle ? "no plugin_allocate" : dlerror());
    return found;
}

static void *load_and_allocate(const char *path, size_t size) {
    allocate_t allocate = allocator(dlopen(path, RTLD_NOW));
    return allocate ? allocate(size) : NULL;
}

static void reloads(int rounds) {
    test("a plugin that is loaded again and again takes one entry, and another in its place has its own");
    for (int i = 0; i < rounds; i++) {
        void *handle = dlopen(plugin, RTLD_NOW);
        free(allocator(handle)(100));
        dlclose(handle);
    }
    size_t count = read_images(), gone = 0;
    for (size_t i = 0; i < count; i++) gone += images[i].unloaded_at != 0 && strcmp(images[i].path, plugin) == 0;
    expect(gone <= 2, "%zu entries of images that went", gone);
    void *block = load_and_allocate(other, 1554);
    expect_image(block, other, "its block");
    free(block);
    end();
}

// Each round a copy under a name of its own, and a stack of its own: more than there are entries.
static void copies(int rounds, bool keep) {
    test(keep ? "when images with live blocks have filled the table, a new one has no name, not another's"
              : "entries of images without live blocks are given to others");
    void **blocks = calloc((size_t)rounds, sizeof *blocks);
    char path[PATH_MAX + 32], command[3 * PATH_MAX];
    // Other processes run this test in the same folder.
    snprintf(path, sizeof path, "%s/copy-%d.so", folder, getpid());
    snprintf(command, sizeof command, "cp '%s' '%s'", plugin, path);
    expect(system(command) == 0, "%s", command);
    for (int i = 0; i < rounds; i++) {
        char next[PATH_MAX + 32];
        snprintf(next, sizeof next, "%s/copy-%d-%d.so", folder, getpid(), i);
        expect(rename(path, next) == 0, "%s is not there", path);
        strcpy(path, next);
        void *handle = dlopen(path, RTLD_NOW);
        blocks[i] = allocator(handle)(100);
        if (!keep) free(blocks[i]);
        dlclose(handle);
    }
    unlink(path);
    void *block = load_and_allocate(plugin, 1554);
    struct mscope_block found;
    struct mscope_site site = {0};
    expect(mscope_find_block((uintptr_t)block, &found) && mscope_read_site(found.site, &site), "no stack");
    const struct mscope_image *image = image_at(site.frames[0], site.first_seen);
    if (keep)
        expect(image == NULL || strcmp(image->path, plugin) == 0, "its block is given to %s", image->path);
    else
        expect_image(block, plugin, "its block");
    for (int i = 0; keep && i < rounds; i++) free(blocks[i]);
    free(blocks);
    free(block);
    end();
}

static void relative(void) {
    char name[PATH_MAX], here[PATH_MAX], descriptor[64];
    snprintf(name, sizeof name, "./%s", basename(strcpy(here, other)));
    expect(getcwd(here, sizeof here) && chdir(folder) == 0, "%s is not there", folder);

    test("a library loaded by a relative path keeps its absolute one when the folder changes");
    void *handle = dlopen(name, RTLD_NOW);
    void *block = allocator(handle)(99);
    expect(chdir("/") == 0, "no root");
    expect_image(block, other, "its block");
    free(block);
    dlclose(handle);
    end();

    test("a library loaded by a descriptor keeps its path when the number comes to mean another file");
    int file = open(other, O_RDONLY);
    snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", file);
    handle = dlopen(descriptor, RTLD_NOW);
    block = allocator(handle)(98);
    close(file);
    expect_image(block, other, "its block");
    free(block);
    dlclose(handle);
    expect(chdir(here) == 0, "%s is gone", here);
    end();
}

typedef void *(*call_back_t)(size_t, allocate_t);

static void namespaces(void) {
    test("what dlmopen loads is known, and who comes to its place is not taken for it");
    int major = 0, minor = 0;
    sscanf(gnu_get_libc_version(), "%d.%d", &major, &minor);
    for (int round = 0; round < 2; round++) {
        void *handle = dlmopen(LM_ID_NEWLM, other, RTLD_NOW);
        expect(handle, "%s", dlerror());
        if (handle == NULL) break;
        call_back_t call = (call_back_t)dlsym(handle, "plugin_call_back");
        void *block = call(97, malloc);
        const struct mscope_image *image = image_at((uintptr_t)call, mscope_now());
        if (major > 2 || minor >= 35)
            expect_image(block, other, "its block");
        else
            expect(image == NULL, "its code is given to %s", image->path);
        free(block);
        dlclose(handle);
        expect(image_at((uintptr_t)call, mscope_now()) == NULL, "its code has an image though it is gone");
    }
    end();
}

int main(int count, char **arguments) {
    if (count < 4) return 2;
    test("the program is the first image, by its path");
    expect(read_images() > 0 && strcmp(images[0].path, arguments[1]) == 0, "it is %s", images[0].path);
    expect(images[0].start <= (uintptr_t)main && (uintptr_t)main < images[0].end, "its code lies elsewhere");
    end();
    plugin = arguments[2];
    other = arguments[3];
    strcpy(folder, other);
    strcpy(folder, dirname(folder));
    if (count == 4) {
        relative();
        namespaces();
        reloads(5000);
        copies(4500, false);
        copies(4500, true);
    }
    return check_result();
}
