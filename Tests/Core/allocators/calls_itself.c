// An allocator behind the core. Its functions call each other by their public names, which lead to the core.
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HEAD = 16 };
static const size_t ROOM = (size_t)4 << 30;
static char *room;
static size_t used;

void *memalign(size_t alignment, size_t size) {
    if (alignment < HEAD) alignment = HEAD;
    if (room == NULL) {
        void *start = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (start == MAP_FAILED) return NULL;
        room = start;
    }
    size_t taken = __atomic_fetch_add(&used, (size + alignment + 2 * HEAD - 1) & ~(size_t)(HEAD - 1), __ATOMIC_SEQ_CST);
    if (taken + size + alignment + 2 * HEAD > ROOM) {
        errno = ENOMEM;
        return NULL;
    }
    char *block = (char *)(((size_t)room + taken + HEAD + alignment - 1) & ~(alignment - 1));
    memcpy(block - sizeof(size), &size, sizeof(size));
    return block;
}

size_t malloc_usable_size(void *block) {
    size_t size = 0;
    if (block != NULL) memcpy(&size, (char *)block - sizeof(size), sizeof(size));
    return size;
}

void *malloc(size_t size) {
    return memalign(HEAD, size);
}

void free(void *block) {
    (void)block;
}

void *calloc(size_t count, size_t size) {
    return memalign(HEAD, count * size); // fresh pages are zero
}

void *realloc(void *block, size_t size) {
    void *moved = memalign(HEAD, size);
    size_t held = malloc_usable_size(block);
    if (moved != NULL && block != NULL) memcpy(moved, block, held < size ? held : size);
    return moved;
}

void *aligned_alloc(size_t alignment, size_t size) {
    return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    *out = memalign(alignment, size);
    return *out != NULL ? 0 : ENOMEM;
}

void *valloc(size_t size) {
    return memalign(4096, size);
}

void *pvalloc(size_t size) {
    return memalign(4096, (size + 4095) & ~(size_t)4095);
}
