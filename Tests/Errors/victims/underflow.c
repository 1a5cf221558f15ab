// Writes before a block's beginning.
#include "../support/victim.h"

#include <pthread.h>
#include <stdatomic.h>

VICTIM(write_byte_before) {
    char *block = allocate(24);
    block[-(ptrdiff_t)crime] = 'x';
    release(block);
}

VICTIM(write_word_before) {
    uint64_t *block = (uint64_t *)allocate(32);
    block[-(ptrdiff_t)crime] = 0x1122334455667788;
    release(block);
}

VICTIM(write_across_beginning) {
    char *block = allocate(32);
    *(uint64_t *)(block - 4 * crime) = 0x1122334455667788;
    release(block);
}

VICTIM(write_page_before) {
    char *block = allocate_cushioned(32);
    memset(block - 4096 * crime, 'x', 32 + 4064 * crime);
    release(block);
}

VICTIM(write_loop_before) {
    int *block = (int *)allocate(64);
    for (ptrdiff_t i = 15; i >= -(ptrdiff_t)crime; i--) block[i] = (int)i;
    release(block);
}

VICTIM(write_memcpy_before) {
    char *block = allocate(40);
    memcpy(block - 8 * crime, "eight bytes are right", 21);
    release(block);
}

VICTIM(write_memmove_before) {
    char *block = allocate(96);
    memmove(block - 4 * crime, block + 8, 32);
    release(block);
}

VICTIM(write_memset_before) {
    char *block = allocate(48);
    memset(block - crime, 'x', 16);
    release(block);
}

VICTIM(write_strcpy_before) {
    char *block = allocate(32);
    strcpy(block - 2 * crime, "text");
    release(block);
}

VICTIM(write_zeroed_before) {
    uint32_t *block = (uint32_t *)calloc(10, 4);
    settle_neighbour(40);
    block[-(ptrdiff_t)crime] = 7;
    release(block);
}

VICTIM(write_aligned_before) {
    char *block = (char *)aligned_alloc(64, 128);
    settle_neighbour(128);
    block[-(ptrdiff_t)crime] = 'x';
    release(block);
}

VICTIM(write_megabyte_before) {
    char *block = allocate(1 << 20);
    block[-(ptrdiff_t)crime] = 'x';
    release(block);
}

VICTIM(write_atomic_before) {
    _Atomic uint64_t *block = (_Atomic uint64_t *)allocate(16);
    atomic_fetch_xor(&block[-(ptrdiff_t)crime], UINT64_MAX);
    release(block);
}

static void *write_there(void *block) {
    ((char *)block)[-(ptrdiff_t)crime] = 'x';
    return NULL;
}

VICTIM(write_before_by_other_thread) {
    char *block = allocate(112);
    pthread_t thread;
    pthread_create(&thread, NULL, write_there, block);
    pthread_join(thread, NULL);
    release(block);
}
