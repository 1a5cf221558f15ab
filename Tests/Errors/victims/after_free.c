// Uses of freed blocks: the victim frees a block before it uses the block, its twin after.
#include "../support/victim.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>

/// Gives the block back now in the victim only, later in its twin only.
#define TOO_EARLY(block) if (crime) release(block)
#define IN_TIME(block) if (!crime) release(block)

VICTIM(write_byte_freed) {
    char *block = allocate(48);
    TOO_EARLY(block);
    block[20] = 'x';
    IN_TIME(block);
}

VICTIM(write_first_word_freed) {
    uint64_t *block = (uint64_t *)allocate(32);
    TOO_EARLY(block);
    block[0] = 1;
    IN_TIME(block);
}

VICTIM(write_last_byte_freed) {
    char *block = allocate(61);
    TOO_EARLY(block);
    block[60] = 'x';
    IN_TIME(block);
}

VICTIM(write_all_freed) {
    char *block = allocate(200);
    TOO_EARLY(block);
    memset(block, 'x', 200);
    IN_TIME(block);
}

VICTIM(write_loop_freed) {
    int *block = (int *)allocate(80);
    TOO_EARLY(block);
    for (int i = 2; i < 20; i++) block[i] = i;
    IN_TIME(block);
}

VICTIM(write_strcpy_freed) {
    char *block = allocate(64);
    TOO_EARLY(block);
    strcpy(block + 32, "a text");
    IN_TIME(block);
}

VICTIM(write_memcpy_freed) {
    char *block = allocate(96), source[16] = "sixteen letters";
    TOO_EARLY(block);
    memcpy(block + 48, source, 16);
    IN_TIME(block);
}

VICTIM(write_atomic_freed) {
    _Atomic uint64_t *block = (_Atomic uint64_t *)allocate(64);
    TOO_EARLY(block);
    atomic_fetch_add(&block[1], 1);
    IN_TIME(block);
}

VICTIM(write_unlink_freed) {
    struct node {
        struct node *next, *previous;
    } *node = (struct node *)allocate(sizeof *node), *last = (struct node *)allocate(sizeof *last);
    TOO_EARLY(node);
    node->previous = last;
    IN_TIME(node);
    release(last);
}

VICTIM(write_megabyte_freed) {
    char *block = allocate(1 << 20);
    TOO_EARLY(block);
    block[500000] = 'x';
    IN_TIME(block);
}

VICTIM(write_late_freed) {
    settle_others();
    char *block = allocate(5000);
    TOO_EARLY(block);
    allocate_many_others();
    block[4000] = 'x';
    IN_TIME(block);
}

static void *write_there(void *block) {
    ((char *)block)[100] = 'x';
    return NULL;
}

VICTIM(write_freed_by_other_thread) {
    char *block = allocate(112);
    pthread_t thread;
    TOO_EARLY(block);
    pthread_create(&thread, NULL, write_there, block);
    pthread_join(thread, NULL);
    IN_TIME(block);
}

static void *release_there(void *block) {
    TOO_EARLY(block);
    return NULL;
}

VICTIM(write_freed_there) {
    char *block = allocate(112);
    pthread_t thread;
    pthread_create(&thread, NULL, release_there, block);
    pthread_join(thread, NULL);
    block[100] = 'x';
    IN_TIME(block);
}

static __attribute__((noinline)) char *grow(char *block, size_t size) {
    char *grown = (char *)realloc(block, size);
    if (crime && grown == block) abort(); // the old block has to be another
    return grown;
}

VICTIM(write_reallocated) {
    char *block = allocate(40), *grown = grow(block, 9000);
    if (!crime) block = grown;
    block[24] = 'x';
    release(grown);
}

VICTIM(read_byte_freed) {
    char *block = allocate(48);
    TOO_EARLY(block);
    see(block[20]);
    IN_TIME(block);
}

VICTIM(read_first_word_freed) {
    uint64_t *block = (uint64_t *)allocate(32);
    TOO_EARLY(block);
    see(block[0]);
    IN_TIME(block);
}

VICTIM(read_last_byte_freed) {
    char *block = allocate(61);
    TOO_EARLY(block);
    see(block[60]);
    IN_TIME(block);
}

VICTIM(read_loop_freed) {
    int *block = (int *)allocate(80), sum = 0;
    TOO_EARLY(block);
    for (int i = 2; i < 20; i++) sum += block[i];
    see(sum);
    IN_TIME(block);
}

VICTIM(read_memcpy_freed) {
    char *block = allocate(96), target[16];
    TOO_EARLY(block);
    memcpy(target, block + 48, 16);
    see(target[0]);
    IN_TIME(block);
}

VICTIM(read_strlen_freed) {
    char *block = allocate(64);
    TOO_EARLY(block);
    size_t length = strlen(block + 32);
    see(length);
    IN_TIME(block);
}

VICTIM(read_megabyte_freed) {
    char *block = allocate(1 << 20);
    TOO_EARLY(block);
    see(block[500000]);
    IN_TIME(block);
}

VICTIM(read_late_freed) {
    settle_others();
    char *block = allocate(5000);
    TOO_EARLY(block);
    allocate_many_others();
    see(block[4000]);
    IN_TIME(block);
}

VICTIM(read_reallocated) {
    char *block = allocate(40), *grown = grow(block, 9000);
    if (!crime) block = grown;
    see(block[24]);
    release(grown);
}

static void *read_there(void *block) {
    see(((char *)block)[100]);
    return NULL;
}

VICTIM(read_freed_by_other_thread) {
    char *block = allocate(112);
    pthread_t thread;
    TOO_EARLY(block);
    pthread_create(&thread, NULL, read_there, block);
    pthread_join(thread, NULL);
    IN_TIME(block);
}

static sigjmp_buf escape;

static void flee(int number) {
    (void)number;
    siglongjmp(escape, 1);
}

/// Follows a pointer out of a freed block: the program's own handler catches what becomes of it.
VICTIM(follow_freed) {
    struct node {
        struct node *next;
        long value;
    } *node = (struct node *)allocate(sizeof *node), *last = (struct node *)allocate(sizeof *last);
    node->next = last;
    signal(SIGSEGV, flee);
    TOO_EARLY(node);
    if (!sigsetjmp(escape, 1)) see(node->next->value);
    IN_TIME(node);
    release(last);
}
