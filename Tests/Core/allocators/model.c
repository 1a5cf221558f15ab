// Random sequences of allocator calls against a model: contents, alignment, zeroing,
// usable size, errno, overlap; and the core's live set equals the model's.
//
// Arguments: seed, steps, number of threads. Works over any allocator behind the core.
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "../support/live.h"
#include "../support/random.h"

enum { SLOTS = 600, THREADS_MAX = 8 };

struct entry {
    unsigned char *block;
    size_t size;
    uint64_t pattern;
};

struct world {
    struct entry entries[SLOTS];
    uint64_t seed;
    pthread_t thread;
    long steps;
};

static struct world worlds[THREADS_MAX];
static _Atomic uint64_t made, gone, made_bytes, gone_bytes;
// One lock for the lines: a failure of one thread must not mix with another's.
static pthread_mutex_t lines = PTHREAD_MUTEX_INITIALIZER;

#define must(condition, ...) \
    do { \
        if (!(condition)) { \
            pthread_mutex_lock(&lines); \
            check_fail(__FILE__, __LINE__, __VA_ARGS__); \
            pthread_mutex_unlock(&lines); \
        } \
    } while (0)

static void *(*type_new)(size_t);
static size_t largest_promise;

static unsigned char byte_at(uint64_t pattern, size_t i) {
    return (unsigned char)(pattern + i * 31);
}

static void fill(struct entry *entry, size_t from) {
    for (size_t i = from; i < entry->size && i < from + 4096; i++) entry->block[i] = byte_at(entry->pattern, i);
    if (entry->size) entry->block[entry->size - 1] = byte_at(entry->pattern, entry->size - 1);
}

static void verify(const struct entry *entry, size_t size) {
    for (size_t i = 0; i < size && i < 4096; i += 1 + i / 64) {
        must(entry->block[i] == byte_at(entry->pattern, i), "byte %zu of %zu is damaged", i, entry->size);
    }
}

static size_t some_size(uint64_t *seed) {
    switch (random_below(seed, 12)) {
    case 0: return 0;
    case 1: return 1 + random_below(seed, 8);
    case 2: return random_below(seed, 70000);
    case 3: return random_below(seed, 40) ? random_below(seed, 5000) : random_below(seed, 3u << 20);
    case 4: return (size_t)1 << random_below(seed, 17);
    default: return random_below(seed, 600);
    }
}

static size_t some_alignment(uint64_t *seed) {
    return (size_t)8 << random_below(seed, random_below(seed, 10) ? 6 : 14);
}

static void adopt(struct entry *entry, void *block, size_t size, size_t alignment, uint64_t *seed) {
    *entry = (struct entry){block, size, random_next(seed)};
    must(block != NULL, "an allocation of %zu bytes failed", size);
    if (alignment > largest_promise) alignment = largest_promise;
    must(((uintptr_t)block & (alignment - 1)) == 0, "%p is not aligned to %zu", block, alignment);
    must(malloc_usable_size(block) >= size, "the usable size %zu is below %zu", malloc_usable_size(block), size);
    fill(entry, 0);
    atomic_fetch_add(&made, 1);
    atomic_fetch_add(&made_bytes, size);
}

static void check_zero(const unsigned char *block, size_t size) {
    for (size_t i = 0; i < size; i++) must(block[i] == 0, "calloc left %d at %zu of %zu", block[i], i, size);
}

static void create(struct entry *entry, uint64_t *seed) {
    size_t size = some_size(seed), alignment = some_alignment(seed);
    void *block = NULL;
    switch (random_below(seed, 8)) {
    case 0:
        block = calloc(1 + size / 7, 7);
        size = (1 + size / 7) * 7;
        check_zero(block, size);
        adopt(entry, block, size, size >= 16 ? 16 : 1, seed);
        return;
    case 1: adopt(entry, memalign(alignment, size), size, alignment, seed); return;
    case 2: adopt(entry, aligned_alloc(alignment, size / alignment * alignment), size / alignment * alignment,
        alignment, seed); return;
    case 3:
        must(posix_memalign(&block, alignment, size) == 0, "posix_memalign(%zu, %zu) failed", alignment, size);
        adopt(entry, block, size, alignment, seed);
        return;
    case 4: adopt(entry, realloc(NULL, size ? size : 1), size ? size : 1, 1, seed); return;
    case 5: adopt(entry, reallocarray(NULL, size / 3 + 1, 3), (size / 3 + 1) * 3, 1, seed); return;
    case 6:
        if (type_new) adopt(entry, type_new(size), size, 1, seed);
        return;
    default: adopt(entry, malloc(size), size, size >= 16 ? 16 : 1, seed);
    }
}

static void destroy(struct entry *entry) {
    if (!entry->block) return;
    verify(entry, entry->size);
    atomic_fetch_add(&gone, 1);
    atomic_fetch_add(&gone_bytes, entry->size);
    free(entry->block);
    entry->block = NULL;
}

static void resize(struct entry *entry, uint64_t *seed) {
    if (!entry->block) return;
    size_t old = entry->size, size = 1 + some_size(seed);
    verify(entry, old);
    unsigned char *block = realloc(entry->block, size);
    must(block, "realloc to %zu failed", size);
    entry->block = block;
    entry->size = size;
    size_t kept = old < size ? old : size;
    for (size_t i = 0; i + 1 < kept && i < 4096; i++) must(block[i] == byte_at(entry->pattern, i),
        "realloc lost byte %zu", i);
    fill(entry, 0);
    atomic_fetch_add(&gone, 1);
    atomic_fetch_add(&gone_bytes, old);
    atomic_fetch_add(&made, 1);
    atomic_fetch_add(&made_bytes, size);
}

static void refuse(void) {
    volatile size_t huge = PTRDIFF_MAX;
    must(malloc(huge) == NULL, "malloc of half the address space succeeded");
    must(calloc(huge, 4) == NULL, "an overflowing calloc succeeded");
    must(reallocarray(NULL, huge, 4) == NULL, "an overflowing reallocarray succeeded");
    errno = 4711;
}

static void *run(void *argument) {
    struct world *world = argument;
    for (long step = 0; step < world->steps; step++) {
        struct entry *entry = &world->entries[random_below(&world->seed, SLOTS)];
        errno = 4711;
        uint64_t choice = random_below(&world->seed, 100);
        if (choice == 0) refuse();
        else if (choice < 25) resize(entry, &world->seed);
        else if (choice < 45) destroy(entry);
        else if (!entry->block) create(entry, &world->seed);
        else destroy(entry);
        must(errno == 4711, "errno became %d", errno);
    }
    return NULL;
}

static void compare(int threads) {
    struct live live = live_take();
    must(live.complete, "the walk missed %llu blocks", (unsigned long long)live.missed);
    for (size_t i = 1; i < live.count; i++) {
        const struct mscope_block *a = &live.blocks[i - 1], *b = &live.blocks[i];
        must(a->address + a->size <= b->address, "blocks of %llu and %llu bytes overlap", (unsigned long long)a->size,
            (unsigned long long)b->size);
    }
    uint64_t count = 0, bytes = 0;
    for (int t = 0; t < threads; t++) {
        for (size_t i = 0; i < SLOTS; i++) {
            const struct entry *entry = &worlds[t].entries[i];
            if (!entry->block) continue;
            count++;
            bytes += entry->size;
            const struct mscope_block *found = live_at(&live, entry->block);
            must(found, "a block of %zu bytes is missing from the walk", entry->size);
            must(!found || found->size == entry->size, "the walk says %llu for %zu bytes",
                (unsigned long long)(found ? found->size : 0), entry->size);
        }
    }
    expect_equal(count, made - gone, "the model's own count");
    expect_equal(bytes, made_bytes - gone_bytes, "the model's own bytes");
    live_drop(&live);
}

int main(int count, char **arguments) {
    uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
    long steps = count > 2 ? atol(arguments[2]) : 100000;
    int threads = count > 3 ? atoi(arguments[3]) : 1;
    type_new = (void *(*)(size_t))dlsym(RTLD_DEFAULT, "_Znwm");
    // A C program that has the core linked exports no operator new: C++ libraries then use the
    // one of the allocator behind, which the core does not see.
    Dl_info ours, theirs;
    bool known = type_new && dladdr((void *)type_new, &theirs) && dladdr((void *)mscope_read_totals, &ours);
    if (known && ours.dli_fbase != theirs.dli_fbase) type_new = NULL;
    // Debian's mimalloc 2.0.9 by itself misplaces some blocks of 256 bytes and more alignment.
    largest_promise = strcmp(mscope_allocator_name(), "mimalloc") == 0 ? 128 : SIZE_MAX;
    char name[128];
    snprintf(name, sizeof name, "%ld calls of %d threads agree with the model over %s (seed %llu)", steps, threads,
        mscope_allocator_name(), (unsigned long long)seed);
    test(name);
    // Threads first: their own blocks stay until they are joined.
    for (int t = 0; t < threads; t++) worlds[t] = (struct world){.seed = seed * 1000 + (uint64_t)t + 1,
        .steps = steps / threads};
    struct live before = live_take();
    size_t others = before.count;
    live_drop(&before);
    if (threads == 1) run(&worlds[0]);
    for (int t = 0; threads > 1 && t < threads; t++) pthread_create(&worlds[t].thread, NULL, run, &worlds[t]);
    for (int t = 0; threads > 1 && t < threads; t++) pthread_join(worlds[t].thread, NULL);
    compare(threads);
    struct live after = live_take();
    int64_t extra = (int64_t)after.count - (int64_t)others - (int64_t)(made - gone);
    must(extra >= 0 && extra <= (threads == 1 ? 0 : 2 * threads), "the walk has %lld blocks that the model does not",
        (long long)extra);
    live_drop(&after);
    expect_consistent();
    for (int t = 0; t < threads; t++) {
        for (size_t i = 0; i < SLOTS; i++) destroy(&worlds[t].entries[i]);
    }
    expect_equal(made_bytes, gone_bytes, "bytes at the end");
    end();
    return check_result();
}
