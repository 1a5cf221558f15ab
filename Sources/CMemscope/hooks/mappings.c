// Mappings are counted separately: they are not heap, but they explain resident memory. dlclose notes the images.
#include "hooks/hooks.h"

#ifndef MSCOPE_NO_HOOKS

#include <errno.h>
#include <sys/mman.h>

void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
    void *(*next)(void *, size_t, int, int, int, off_t) = MSCOPE_NEXT(mmap);
    if (next == NULL) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    void *start = next(address, size, protection, flags, file, offset);
    if (start != MAP_FAILED && !mscope_tls.internal) {
        mscope_add_relaxed(&mscope_global.mmap_calls, 1);
        mscope_add_relaxed(&mscope_global.mmap_bytes, size);
    }
    return start;
}

void *mmap64(void *address, size_t size, int protection, int flags, int file, off_t offset)
    __attribute__((alias("mmap")));

int munmap(void *address, size_t size)
{
    int (*next)(void *, size_t) = MSCOPE_NEXT(munmap);
    if (next == NULL) return 0;
    int result = next(address, size);
    if (result == 0 && !mscope_tls.internal) {
        mscope_add_relaxed(&mscope_global.munmap_calls, 1);
        mscope_add_relaxed(&mscope_global.munmap_bytes, size);
    }
    return result;
}

int dlclose(void *handle)
{
    int (*next)(void *) = MSCOPE_NEXT(dlclose);
    if (next == NULL) return -1;
    mscope_refresh_images(); // notes images that this call may unload
    int result = next(handle);
    mscope_refresh_images();
    return result;
}

#endif
