// Blocks of MemScope's own threads never reach the program's allocator; any thread may free them.
#include "../support/weak.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "../support/check.h"
#include "../support/random.h"

enum { SLOTS = 3000, ROUNDS = 200000, MOVED = 200 };

struct piece {
    unsigned char *block, mark;
    size_t size;
};

static size_t some_size(uint64_t *seed) {
    static const size_t limits[] = {1, 40, 200, 3000, 17000, 300000};
    return random_below(seed, limits[random_below(seed, random_below(seed, 20) ? 4 : 6)]) + 1;
}

static void fill(struct piece *piece, unsigned char mark) {
    piece->mark = mark;
    memset(piece->block, mark, piece->size);
}

static bool is_whole(const struct piece *piece) {
    for (size_t i = 0; i < piece->size; i++)
        if (piece->block[i] != piece->mark) return false;
    return true;
}

static bool is_zero(const unsigned char *block, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (block[i] != 0) return false;
    return true;
}

static void make(struct piece *piece, uint64_t *seed) {
    piece->size = some_size(seed);
    switch (random_below(seed, 6)) {
    case 0: {
        piece->block = calloc(1, piece->size);
        expect(is_zero(piece->block, piece->size), "calloc gave what is not zero");
        break;
    }
    case 1: {
        size_t alignment = (size_t)16 << random_below(seed, 9);
        void *block = NULL;
        expect_equal(posix_memalign(&block, alignment, piece->size), 0, "the result of posix_memalign");
        expect((uintptr_t)block % alignment == 0, "%p is not aligned to %zu", block, alignment);
        piece->block = block;
        break;
    }
    default: piece->block = malloc(piece->size);
    }
    expect(piece->block != NULL && (uintptr_t)piece->block % 16 == 0, "malloc gave %p", (void *)piece->block);
    expect(malloc_usable_size(piece->block) >= piece->size, "less can be used than was asked for");
    fill(piece, (unsigned char)random_below(seed, 256));
}

static void resize(struct piece *piece, uint64_t *seed) {
    size_t size = some_size(seed), kept = size < piece->size ? size : piece->size;
    piece->block = realloc(piece->block, size);
    piece->size = kept;
    expect(is_whole(piece), "realloc lost what stood in the block");
    piece->size = size;
    fill(piece, (unsigned char)random_below(seed, 256));
}

static void drop(struct piece *piece) {
    expect(is_whole(piece), "a block of %zu bytes was written by another", piece->size);
    free(piece->block);
    piece->block = NULL;
}

static void work(struct piece *pieces, uint64_t seed, int rounds) {
    for (int i = 0; i < rounds; i++) {
        struct piece *piece = &pieces[random_below(&seed, SLOTS)];
        if (piece->block == NULL) make(piece, &seed);
        else if (random_below(&seed, 4)) drop(piece);
        else resize(piece, &seed);
    }
}

// ---- our threads

static struct piece kept[SLOTS], moved[MOVED], given[MOVED], old;
static atomic_int step;

/// The figures of the program's allocator; reading them again changes none.
static void state(char *text, size_t size) {
    static FILE *file;
    if (file == NULL) file = tmpfile();
    rewind(file);
    malloc_info(0, file);
    fflush(file);
    memset(text, 0, size);
    if (pread(fileno(file), text, size - 1, 0) < 0) text[0] = 0;
}

static void wait_for(int wanted) {
    while (atomic_load(&step) < wanted) usleep(200);
}

static void *be_ours(void *unused) {
    (void)unused;
    mscope_thread_mark_internal();
    uint64_t seed = 11;
    for (int i = 0; i < MOVED; i++) make(&moved[i], &seed); // the main thread will free these
    make(&old, &seed);
    atomic_store(&step, 1);
    wait_for(2);
    work(kept, 42, ROUNDS);
    atomic_store(&step, 3);
    wait_for(4);
    for (int i = 0; i < MOVED; i++) drop(&given[i]); // the main thread's
    for (int i = 0; i < SLOTS; i++)
        if (kept[i].block) drop(&kept[i]);
    atomic_store(&step, 5);
    return NULL;
}

static void nothing_changes(void) {
    static char before[16384], after[16384];
    pthread_t thread;
    uint64_t seed = 5;
    test("work of our own threads changes nothing in the program's allocator");
    for (int i = 0; i < MOVED; i++) make(&given[i], &seed);
    pthread_create(&thread, NULL, be_ours, NULL);
    wait_for(1);
    for (int i = 0; i < 2; i++) state(before, sizeof before); // the file's own buffer is in it
    atomic_store(&step, 2);
    wait_for(3);
    state(after, sizeof after);
    size_t same = 0;
    while (before[same] != 0 && before[same] == after[same]) same++;
    expect(before[0] != 0 && before[same] == after[same],
        "malloc_info differs from \"%.80s\" to \"%.80s\"", before + same, after + same);
    end();

    test("blocks pass between our threads and the program's");
    for (int i = 0; i < MOVED; i++) {
        if (i % 2) resize(&moved[i], &seed);
        drop(&moved[i]);
    }
    atomic_store(&step, 4);
    wait_for(5);
    pthread_join(thread, NULL);
    end();
}

// ---- processes

static void *work_a_while(void *pieces) {
    mscope_thread_mark_internal();
    work(pieces, 7, 30000);
    for (int i = 0; i < SLOTS; i++)
        if (((struct piece *)pieces)[i].block) drop(&((struct piece *)pieces)[i]);
    return NULL;
}

static atomic_bool over;
static struct piece theirs[SLOTS];

static void *work_on(void *unused) {
    (void)unused;
    mscope_thread_mark_internal();
    for (uint64_t seed = 1; !atomic_load(&over); seed++) work(theirs, seed, 2000);
    return NULL;
}

/// A process may be forked while one of our threads is in the middle of something.
static void forks(void) {
    test("a child frees what our threads had, and has a heap of its own for them");
    static struct piece pieces[SLOTS];
    pthread_t thread;
    pthread_create(&thread, NULL, work_on, NULL);
    for (int i = 0; i < 30; i++) {
        usleep(1000);
        pid_t child = fork();
        if (child == 0) {
            pthread_t one;
            alarm(30);
            drop(&old);
            pthread_create(&one, NULL, work_a_while, pieces);
            pthread_join(one, NULL);
            _exit(check_state.failed);
        }
        int status = -1;
        waitpid(child, &status, 0);
        expect_equal(status, 0, "the status of the child");
    }
    atomic_store(&over, true);
    pthread_join(thread, NULL);
    end();
}

// ---- bounds

static uint64_t resident_bytes(void) {
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    fclose(file);
    return (uint64_t)resident * 4096;
}

enum { PIECE = 3 << 20, PIECES = 450 }; // more than the heap has

static void *take_much(void *first) {
    mscope_thread_mark_internal();
    static unsigned char *blocks[PIECES];
    for (int i = 0; i < PIECES; i++) {
        blocks[i] = malloc(PIECE);
        expect(blocks[i] != NULL, "no block %d of %d bytes", i, PIECE);
        memset(blocks[i], i, 64);
        memset(blocks[i] + PIECE - 64, i, 64);
    }
    for (int i = 0; i < PIECES; i++) {
        expect(blocks[i][0] == (unsigned char)i && blocks[i][PIECE - 1] == (unsigned char)i, "block %d was lost", i);
        free(blocks[i]);
    }
    *(uint64_t *)first = resident_bytes();
    for (int i = 0; i < 200; i++) {
        blocks[i] = malloc(1000000);
        expect(is_zero(blocks[i], 1000000), "a block of a million bytes is not zero");
        memset(blocks[i], 1, 1000000);
    }
    for (int i = 0; i < 200; i++) free(blocks[i]);
    mscope_tick();
    return NULL;
}

static void bounds(void) {
    test("a full heap of ours is no end, and what was in it is given back");
    uint64_t before = 0, after;
    pthread_t thread;
    pthread_create(&thread, NULL, take_much, &before);
    pthread_join(thread, NULL);
    after = resident_bytes();
    expect(after < before + (16u << 20), "%llu bytes are resident, %llu were", (unsigned long long)after,
        (unsigned long long)before);
    end();
}

int main(void) {
    nothing_changes();
    forks();
    bounds();
    return check_state.failures != 0;
}
