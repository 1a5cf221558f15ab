// Writes behind a block's end.
#include "../support/victim.h"

#include <pthread.h>
#include <stdatomic.h>
#include <wchar.h>

#include "CMemscope.h"
#pragma weak mscope_thread_set_internal

VICTIM(write_byte) {
    char *block = allocate(24);
    block[23 + crime] = 'x';
    release(block);
}

VICTIM(write_byte_of_odd_size) {
    char *block = allocate(13);
    block[12 + crime] = 'x';
    release(block);
}

VICTIM(write_byte_of_one) {
    char *block = allocate(1);
    block[crime] = 'x';
    release(block);
}

VICTIM(write_byte_of_none) {
    char *block = allocate(0);
    if (crime) block[0] = 'x';
    release(block);
}

VICTIM(write_byte_of_megabyte) {
    char *block = allocate(1 << 20);
    block[(1 << 20) - 1 + crime] = 'x';
    release(block);
}

VICTIM(write_word) {
    uint64_t *block = (uint64_t *)allocate(32);
    block[3 + crime] = 0x1122334455667788;
    release(block);
}

VICTIM(write_across_end) {
    char *block = allocate(32);
    *(uint64_t *)(block + 24 + 4 * crime) = 0x1122334455667788;
    release(block);
}

VICTIM(write_page) {
    char *block = allocate_cushioned(32);
    memset(block + 32, 'x', 4096 * crime);
    release(block);
}

VICTIM(write_loop) {
    short *block = (short *)allocate(48);
    for (size_t i = 0; i < 24 + crime; i++) block[i] = (short)(i + 1);
    release(block);
}

VICTIM(write_memcpy) {
    static const char source[72] = "the length of the source instead of the target's";
    char *block = allocate(64);
    memcpy(block, source, 64 + 8 * crime);
    release(block);
}

VICTIM(write_memmove) {
    char *block = allocate(96);
    memmove(block + 8 * crime, block, 96 - 8 + crime);
    release(block);
}

VICTIM(write_memset) {
    char *block = allocate(48);
    memset(block, 'x', 48 + crime);
    release(block);
}

VICTIM(write_strcpy) {
    char *block = allocate(16);
    strcpy(block, crime ? "sixteen letters." : "fifteen letters");
    block[0] = 's';
    release(block);
}

VICTIM(write_strcat) {
    char *block = allocate(32);
    strcpy(block, "seventeen letters");
    strcat(block, crime ? "and fifteen too" : "and fourteen.");
    release(block);
}

VICTIM(write_strncpy) {
    char *block = allocate(32);
    strncpy(block, "short", 32 + 4 * crime); // fills the rest with zeros
    release(block);
}

VICTIM(write_sprintf) {
    char *block = allocate(8);
    sprintf(block, "%d", crime ? 12345678 : 1234567);
    release(block);
}

VICTIM(write_wide_string) {
    wchar_t *block = (wchar_t *)allocate(16);
    wcscpy(block, crime ? L"four" : L"tri");
    release(block);
}

static __attribute__((noinline)) void *allocate_zeroed(size_t count, size_t size) {
    settle_neighbour(count * size);
    void *block = calloc(count, size);
    settle_neighbour(count * size);
    return block;
}

VICTIM(write_zeroed) {
    int *block = (int *)allocate_zeroed(12, 4);
    block[11 + crime] = 1;
    release(block);
}

static __attribute__((noinline)) void *allocate_aligned(size_t alignment, size_t size) {
    void *block = NULL;
    if (posix_memalign(&block, alignment, size)) abort();
    settle_neighbour(size);
    return block;
}

VICTIM(write_aligned) {
    char *block = (char *)allocate_aligned(64, 192);
    block[191 + crime] = 'x';
    release(block);
}

VICTIM(write_page_aligned) {
    char *block = (char *)allocate_aligned(4096, 4096);
    block[4095 + crime] = 'x';
    release(block);
}

static __attribute__((noinline)) void *shrink(void *block, size_t size) {
    return realloc(block, size);
}

VICTIM(write_shrunk) {
    char *block = (char *)shrink(allocate(400), 80);
    block[79 + crime] = 'x';
    release(block);
}

static __attribute__((noinline)) char *duplicate(const char *text) {
    return strdup(text);
}

VICTIM(write_duplicate) {
    char *block = duplicate("fifteen letters");
    block[15 + crime] = '!';
    release(block);
}

VICTIM(write_structure) {
    struct message {
        uint32_t length;
        char text[28];
    } *message = (struct message *)allocate(sizeof *message);
    for (size_t i = 0; i < 28 + crime; i++) message->text[i] = 'x';
    release(message);
}

VICTIM(write_flexible_member) {
    struct list {
        size_t count;
        uint64_t items[];
    } *list = (struct list *)allocate(sizeof *list + 3 * sizeof(uint64_t));
    list->items[2 + crime] = 5;
    release(list);
}

VICTIM(write_atomic) {
    _Atomic uint64_t *block = (_Atomic uint64_t *)allocate(16);
    atomic_fetch_add(&block[1 + crime], 7);
    release(block);
}

VICTIM(write_exchange) {
    _Atomic uint32_t *block = (_Atomic uint32_t *)allocate(16);
    atomic_exchange(&block[3 + crime], 7);
    release(block);
}

static void *write_there(void *block) {
    ((char *)block)[111 + crime] = 'x';
    return NULL;
}

VICTIM(write_by_other_thread) {
    char *block = allocate(112);
    pthread_t thread;
    pthread_create(&thread, NULL, write_there, block);
    pthread_join(thread, NULL);
    release(block);
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

VICTIM(write_sort) {
    uint64_t *block = (uint64_t *)allocate(64);
    for (uint64_t i = 0; i < 8; i++) block[i] = UINT64_MAX - i; // above what any fill is
    qsort(block, 8 + crime, sizeof *block, ascending);
    release(block);
}

/// Blocks of MemScope's own, which are not checked, between those of the program.
VICTIM(write_byte_beside_internal) {
    char *blocks[100];
    for (int i = 0; i < 100; i++) {
        blocks[i] = allocate(8);
        if (mscope_thread_set_internal) mscope_thread_set_internal(true);
        see(malloc(24 + 16 * (size_t)(i % 2)));
        if (mscope_thread_set_internal) mscope_thread_set_internal(false);
    }
    blocks[50][7 + crime] = 'x';
    for (int i = 0; i < 100; i++) release(blocks[i]);
}
