// Loaded and unloaded by other tests: recursion through it, a constructor, a destructor,
// and thread-local storage that is allocated on first use.
#include <stdlib.h>
#include <string.h>

static _Thread_local char storage[5000];

__attribute__((constructor)) static void loaded(void) {
    free(malloc(71));
}

__attribute__((destructor)) static void unloaded(void) {
    free(malloc(72));
}

__attribute__((noinline)) int plugin_call(void (*call)(size_t), int depth) {
    char bytes[depth + 1];
    memset(bytes, depth, (size_t)depth + 1);
    call((size_t)depth + 200);
    memset(storage, depth, sizeof storage);
    return depth ? plugin_call(call, depth - 1) + bytes[depth] + storage[depth] : 0;
}

void *plugin_allocate(size_t size) {
    void *block = malloc(size);
    return memset(block, 1, size);
}

// By the caller's allocator: a library in another namespace has a malloc of its own.
void *plugin_call_back(size_t size, void *(*allocate)(size_t)) {
    void *block = allocate(size);
    return memset(block, 1, size);
}
