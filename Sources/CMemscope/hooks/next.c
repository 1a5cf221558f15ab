// Finds the next allocator, and serves the few requests that come during the search.
#include "hooks/hooks.h"

#include <dlfcn.h>
#include <string.h>
#include <malloc.h>

static bool mscope_comes_from(const void *function, const char *library)
{
    Dl_info info;
    return dladdr(function, &info) != 0 && info.dli_fname != NULL && strstr(info.dli_fname, library) != NULL;
}

static void mscope_name_allocator(const void *entry)
{
    static const char *const known[] = {"jemalloc", "tcmalloc", "mimalloc"};
    if (mscope_comes_from(entry, "libc.so.") || mscope_comes_from(entry, "/libc-2")) mscope_allocator = "glibc";
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (mscope_comes_from(entry, known[i])) mscope_allocator = known[i];
    // Other allocators have size classes of 8 and 16 bytes; the shadow table needs blocks to begin 32 bytes apart.
    if (strcmp(mscope_allocator, "glibc") != 0) mscope_least_request = 32;
}

// The function used most is called without a look at mscope_least_request: the pointer takes account of it.
static void *(*mscope_real_malloc)(size_t);

static void *mscope_malloc_rounded(size_t size)
{
    return mscope_real_malloc(size < mscope_least_request ? mscope_least_request : size);
}

/// context: once, from mscope_boot; dlsym may allocate, which mscope_bootstrap_allocate serves
void mscope_resolve_next(void)
{
    struct mscope_next found;
#define MSCOPE_HOOK(result, name, parameters, arguments) found.name = (result(*) parameters)dlsym(RTLD_NEXT, #name);
#include "base/entries.def"
#undef MSCOPE_HOOK
    // A C++ operator new of an unknown library may do more than malloc: it must be called.
    found.operator_new = (void *(*)(size_t))dlsym(RTLD_NEXT, "_Znwm");
    static const char *const plain[] = {"libstdc++", "libc++", "jemalloc", "tcmalloc", "mimalloc", "MemscopePreload"};
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]) && found.operator_new; i++)
        if (mscope_comes_from((const void *)found.operator_new, plain[i])) found.operator_new = NULL;
    mscope_name_allocator((const void *)found.malloc);
    mscope_real_malloc = found.malloc;
    if (mscope_least_request != 0) found.malloc = mscope_malloc_rounded;
    // Up to here every hook saw NULL, and waited or used the bootstrap arena.
    mscope_next = found;
}

uint64_t mscope_allocator_held_bytes(void)
{
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    if (strcmp(mscope_allocator, "glibc") != 0) return UINT64_MAX;
    struct mallinfo2 info = mallinfo2();
    return info.arena + info.hblkhd;
#else
    return UINT64_MAX;
#endif
}

// ---- bootstrap arena

_Alignas(4096) char mscope_arena[MSCOPE_BOOTSTRAP_BYTES];
static _Atomic size_t mscope_arena_used;

size_t mscope_bootstrap_size(const void *block)
{
    size_t size;
    memcpy(&size, (const char *)block - sizeof(size), sizeof(size));
    return size;
}

void *mscope_bootstrap_allocate(size_t size, size_t alignment)
{
    if (alignment < 16) alignment = 16;
    if (size > MSCOPE_BOOTSTRAP_BYTES || alignment > 4096) return NULL;
    size_t room = size + 2 * alignment;
    size_t start = mscope_add_relaxed(&mscope_arena_used, room);
    if (start + room > MSCOPE_BOOTSTRAP_BYTES) return NULL;
    uintptr_t block = ((uintptr_t)mscope_arena + start + sizeof(size) + alignment - 1) & ~(alignment - 1);
    memcpy((char *)block - sizeof(size), &size, sizeof(size));
    return (void *)block;
}
