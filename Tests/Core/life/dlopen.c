// Libraries that come and go. Argument: path of the plugin. A copy of it under other
// names gives other images.
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "../support/live.h"

static const char *plugin;

static bool image_named(const char *path, struct mscope_image *out) {
    mscope_refresh_images();
    static struct mscope_image images[64];
    uint32_t cursor = 0;
    size_t got;
    bool found = false;
    while ((got = mscope_read_images(&cursor, images, 64)) > 0) {
        for (size_t i = 0; i < got; i++) {
            if (strcmp(images[i].path, path) == 0) *out = images[i], found = true;
        }
    }
    return found;
}

static void names_stay(void) {
    test("an unloaded library keeps its name, its range and its stacks");
    void *handle = dlopen(plugin, RTLD_NOW);
    void *(*allocate)(size_t) = (void *(*)(size_t))dlsym(handle, "plugin_allocate");
    void *block = allocate(777);
    uint64_t code = (uint64_t)(uintptr_t)allocate;
    struct mscope_image image;
    expect(image_named(plugin, &image), "the library is not among the images");
    expect(image.start <= code && code < image.end && image.unloaded_at == 0, "its range does not hold its code");
    expect(image.build_id_size > 0, "it has no build id");
    dlclose(handle);
    expect(image_named(plugin, &image), "the library is no longer among the images");
    expect(image.unloaded_at >= image.loaded_at && image.unloaded_at > 0, "it is not called unloaded");
    struct mscope_block found;
    struct mscope_site site;
    expect(mscope_find_block((uintptr_t)block, &found) && mscope_read_site(found.site, &site),
        "the block or its stack is gone");
    expect(site.frame_count && site.frames[0] > image.start && site.frames[0] < image.end,
        "the stack does not begin in the library");
    free(block);
    end();
}

static void loop(int rounds) {
    test("loading and unloading in a loop stays exact and bounded");
    struct mscope_totals before, after;
    mscope_tick();
    mscope_read_totals(&before);
    for (int i = 0; i < rounds; i++) {
        void *handle = dlopen(plugin, i % 2 ? RTLD_LAZY : RTLD_NOW);
        void *(*allocate)(size_t) = (void *(*)(size_t))dlsym(handle, "plugin_allocate");
        void *block = allocate((size_t)i + 1);
        expect_block(block, (size_t)i + 1, 0);
        dlclose(handle);
        expect_block(block, (size_t)i + 1, 0);
        free(block);
    }
    mscope_tick();
    mscope_read_totals(&after);
    expect_equal(after.dropped_stacks, before.dropped_stacks, "dropped stacks");
    uint64_t live = after.program.allocations - after.program.frees;
    live -= before.program.allocations - before.program.frees;
    expect((int64_t)live <= 8, "%lld blocks stay", (long long)live);
    expect(after.own_bytes < before.own_bytes + (16u << 20), "own memory grew by %lld",
        (long long)(after.own_bytes - before.own_bytes));
    end();
}

static _Atomic bool stop;

static void *allocate_meanwhile(void *argument) {
    while (!atomic_load(&stop)) free(malloc((size_t)(uintptr_t)argument));
    return NULL;
}

static void *load_meanwhile(void *argument) {
    for (int i = 0; i < 300; i++) {
        void *handle = dlopen(plugin, RTLD_NOW);
        int (*call)(void (*)(size_t), int) = (int (*)(void (*)(size_t), int))dlsym(handle, "plugin_call");
        call((void (*)(size_t))argument, 5);
        dlclose(handle);
    }
    return NULL;
}

static __attribute__((noinline)) void allocate(size_t size) {
    char *block = malloc(size);
    block[0] = 1;
    free(block);
}

static void side_by_side(void) {
    test("two threads load and unload while two allocate");
    pthread_t threads[4];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, load_meanwhile, (void *)allocate);
    for (int i = 2; i < 4; i++) pthread_create(&threads[i], NULL, allocate_meanwhile, (void *)(uintptr_t)(100 * i));
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    atomic_store(&stop, true);
    for (int i = 2; i < 4; i++) pthread_join(threads[i], NULL);
    expect_consistent();
    end();
}

// Another library at the same address: the first one's rules and stacks must not serve it.
static void same_address(const char *other) {
    test("another library at the address of an unloaded one has stacks of its own");
    for (int i = 0; i < 20; i++) {
        const char *paths[2] = {plugin, other};
        for (int k = 0; k < 2; k++) {
            void *handle = dlopen(paths[k], RTLD_NOW);
            void *(*allocate_)(size_t) = (void *(*)(size_t))dlsym(handle, "plugin_allocate");
            struct mscope_block found;
            struct mscope_site site;
            struct mscope_image image;
            expect(image_named(paths[k], &image) && !image.unloaded_at, "the loaded library is not among the images");
            void *block = allocate_(60);
            expect(mscope_find_block((uintptr_t)block, &found) && mscope_read_site(found.site, &site), "no stack");
            expect(site.frames[0] >= image.start && site.frames[0] < image.end, "the stack begins elsewhere");
            expect(site.first_seen >= image.loaded_at, "the stack is older than the library it begins in");
            free(block);
            dlclose(handle);
        }
    }
    end();
}

int main(int count, char **arguments) {
    if (count < 3) return 2;
    plugin = arguments[1];
    names_stay();
    loop(500);
    side_by_side();
    same_address(arguments[2]);
    return check_result();
}
