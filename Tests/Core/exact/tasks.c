// What tasks allocate is counted exactly, also on accounts that other tasks had before; a total that is not known any
// more is never told. What is known of a task is right, and stays known when the task's object is gone. The tasks are
// this program's own: it stands in for Swift's runtime, with objects that are laid out as Swift's.
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "CMemscopeTasks.h"
#include "../support/live.h"
#include "../support/random.h"

struct task { // as far as MemScope reads it
    uint64_t metadata, counts, scheduler[2];
    uint32_t job_flags, id;
    uint64_t between[7];
    uint64_t status;
    const struct record *record;
    uint64_t beyond[12];
    struct task *parent;
};
struct record {
    uint64_t kind;
    const struct record *next;
    const char *name;
};
_Static_assert(offsetof(struct task, job_flags) == MSCOPE_TASK_JOB_FLAGS, "as Swift's");
_Static_assert(offsetof(struct task, status) == MSCOPE_TASK_STATUS, "as Swift's");
_Static_assert(offsetof(struct task, record) == MSCOPE_TASK_RECORD, "as Swift's");
_Static_assert(offsetof(struct task, parent) == MSCOPE_TASK_PARENT, "as Swift's");

static const uint64_t metadata = 0x502;
static _Thread_local struct task *current;

__attribute__((visibility("default"))) const void *swift_task_getCurrent(void) { return current; }
__attribute__((visibility("default"))) uint64_t swift_task_getJobTaskId(const void *task) {
    return ((const struct task *)task)->id;
}

static struct task *make_task(uint32_t id, uint32_t flags, struct task *parent) {
    struct task *task = calloc(1, sizeof *task);
    task->metadata = (uint64_t)&metadata;
    task->id = id, task->job_flags = flags, task->parent = parent;
    return task;
}

// ---- reading

static struct mscope_task_usage usages[1 << 17];
static uint32_t versions[MSCOPE_TASK_COUNTS];

static size_t read_usages(void) {
    uint32_t cursor = 1;
    size_t count = 0, more;
    mscope_begin_task_reading(versions);
    while ((more = mscope_read_task_usages(&cursor, &usages[count], 100)) > 0) count += more;
    return count;
}

/// The sums over the accounts of a task; the facts of one of them.
static struct mscope_task_usage usage_of(uint64_t task, size_t count) {
    struct mscope_task_usage sum = {0};
    for (size_t i = 0; i < count; i++) {
        if (usages[i].task != task) continue;
        uint64_t allocations = sum.allocations + usages[i].allocations;
        uint64_t blocks = sum.live_blocks + usages[i].live_blocks;
        uint64_t bytes = sum.allocated_bytes + usages[i].allocated_bytes, live = sum.live_bytes + usages[i].live_bytes;
        sum = usages[i];
        sum.allocations = allocations, sum.allocated_bytes = bytes, sum.live_blocks = blocks, sum.live_bytes = live;
    }
    return sum;
}

// ---- counts

enum { TASKS = 1000, ROUNDS = 40, WORKERS = 4, FIRST = 100 };
static struct task *tasks[TASKS];
static pthread_barrier_t barrier;
static _Atomic bool stops;
static struct {
    _Atomic uint64_t allocations, bytes, live_blocks, live_bytes;
} wanted[TASKS];
static void *_Atomic kept[TASKS];

/// All that the task had is freed in the first half, so that accounts change hands; then each keeps its last block.
static void run(uint32_t task, uint32_t round, uint64_t *random) {
    current = tasks[task];
    for (int i = 0; i < 5; i++) {
        uint64_t size = 1 + random_below(random, 500);
        wanted[task].allocations++, wanted[task].bytes += size;
        void *block = malloc(size);
        if (i < 4 || round < ROUNDS - 1) {
            free(block);
        } else {
            kept[task] = block;
            wanted[task].live_blocks++, wanted[task].live_bytes += size;
        }
    }
    current = NULL;
}

static void *work(void *argument) {
    uint32_t worker = (uint32_t)(uintptr_t)argument;
    uint64_t random = worker + 1;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t task = 0; task < TASKS; task++)
            if ((task + round) % WORKERS == worker) run(task, round, &random);
        pthread_barrier_wait(&barrier);
        usleep(30000);
    }
    return NULL;
}

/// As the collector does, though more often.
static void *tick(void *argument) {
    mscope_thread_mark_internal();
    while (!atomic_load(&stops)) {
        mscope_tick();
        usleep(10000);
    }
    return argument;
}

static void expect_counts(void) {
    size_t count = read_usages();
    uint64_t known = 0;
    for (uint32_t task = 0; task < TASKS; task++) {
        struct mscope_task_usage is = usage_of(FIRST + task, count);
        struct mscope_task_counts earlier;
        expect_equal(is.live_blocks, wanted[task].live_blocks, "the live blocks of a task");
        expect_equal(is.live_bytes, wanted[task].live_bytes, "the live bytes of a task");
        if (!mscope_earlier_counts_of(FIRST + task, versions, &earlier)) continue;
        known++;
        expect_equal(is.allocations + earlier.allocations, wanted[task].allocations, "the allocations of a task");
        expect_equal(is.allocated_bytes + earlier.allocated_bytes, wanted[task].bytes, "the bytes of a task");
    }
    expect(known > TASKS * 9 / 10, "the totals of %llu tasks are known", (unsigned long long)known);
}

static void expect_sum(void) {
    struct mscope_task_counts earlier;
    uint64_t allocations = 0, bytes = 0;
    size_t count = read_usages();
    mscope_read_earlier_counts(&earlier);
    for (size_t i = 0; i < count; i++)
        earlier.allocations += usages[i].allocations, earlier.allocated_bytes += usages[i].allocated_bytes;
    for (uint32_t task = 0; task < TASKS; task++) allocations += wanted[task].allocations, bytes += wanted[task].bytes;
    expect_equal(earlier.allocations, allocations, "the allocations in tasks");
    expect_equal(earlier.allocated_bytes, bytes, "the bytes allocated in tasks");
}

static void exactly(void) {
    test("200,000 allocations of 1,000 tasks on four threads count for their tasks");
    pthread_t workers[WORKERS];
    for (uint32_t i = 0; i < TASKS; i++) tasks[i] = make_task(FIRST + i, 0, NULL);
    pthread_barrier_init(&barrier, NULL, WORKERS);
    for (uintptr_t i = 0; i < WORKERS; i++) pthread_create(&workers[i], NULL, work, (void *)i);
    for (int i = 0; i < WORKERS; i++) pthread_join(workers[i], NULL);
    struct mscope_task_counts earlier;
    mscope_read_earlier_counts(&earlier);
    expect(earlier.allocations > 1000, "only %llu allocations were on accounts that changed hands",
        (unsigned long long)earlier.allocations);
    expect_counts();
    expect_sum();
    end();
}

static void too_many(void) {
    test("a total of which a part is lost is not known");
    uint64_t known = 0, right = 0, count = MSCOPE_TASK_COUNTS * 3 / 2;
    void **blocks = calloc(count, sizeof *blocks);
    // Each allocates, gives its account up, and allocates again; half of the places in the table are wanted by two.
    for (int round = 0; round < 2; round++) {
        for (uint64_t i = 0; i < count; i++) {
            struct task task = {.metadata = 1, .id = (uint32_t)(100000 + i)};
            current = &task;
            if (round == 0) free(malloc(40));
            else blocks[i] = malloc(60);
            current = NULL;
        }
        usleep(300000);
    }
    size_t read = read_usages();
    uint64_t *allocations = calloc(count, sizeof *allocations);
    for (size_t i = 0; i < read; i++)
        if (usages[i].task >= 100000) allocations[usages[i].task - 100000] += usages[i].allocations;
    for (uint64_t i = 0; i < count; i++) {
        struct mscope_task_counts earlier;
        if (!mscope_earlier_counts_of(100000 + i, versions, &earlier)) continue;
        known++;
        right += allocations[i] + earlier.allocations == 2;
    }
    free(allocations);
    expect_equal(right, known, "the totals that are right");
    expect(known > count / 4 && known < count, "%llu totals are known", (unsigned long long)known);
    for (uint64_t i = 0; i < count; i++) free(blocks[i]);
    free(blocks);
    end();
}

// ---- facts

static void facts(void) {
    test("what is known of a task outlives the task's object");
    struct task *parent = make_task(20, 0, NULL);
    current = parent;
    void *first = malloc(11);
    struct task *child = make_task(21, MSCOPE_JOB_IS_CHILD | MSCOPE_JOB_IS_GROUP_CHILD | MSCOPE_JOB_HAS_NAME, parent);
    char long_name[300];
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    struct record name = {MSCOPE_TASK_NAME_KIND, NULL, long_name}, other = {1, &name, NULL};
    child->record = &other;
    uint64_t before = mscope_now();
    current = child;
    void *second = malloc(22);
    current = NULL;
    free(child);
    size_t count = read_usages();
    struct mscope_task_usage is = usage_of(21, count), outer = usage_of(20, count);
    expect_equal(is.parent, 20, "the parent");
    expect_equal(is.creator, 20, "the creator");
    expect_equal(is.job_flags, MSCOPE_JOB_IS_CHILD | MSCOPE_JOB_IS_GROUP_CHILD | MSCOPE_JOB_HAS_NAME, "the flags");
    expect(is.is_block && is.has_facts, "facts are missing");
    expect(mscope_mode() == MSCOPE_BALANCED || is.site != 0, "the stack is missing");
    expect(is.created_at <= mscope_now() && is.created_at + 1000000000 > before, "it was made at another time");
    expect_equal(strlen(is.name), MSCOPE_TASK_NAME_MAX - 1, "the length of the name");
    expect_equal(outer.creator, 0, "the creator of a task that was made outside of tasks");
    expect(outer.name[0] == 0 && outer.parent == 0, "the parent has a name or a parent");
    struct mscope_block block;
    expect(!mscope_find_block_at((uint64_t)child, &block), "a freed block is found");
    expect(!mscope_find_block_at((uint64_t)parent + 32, &block), "a block is found inside of another one");
    expect(mscope_find_block_at((uint64_t)parent, &block), "a block is not found");
    expect_equal(block.size, sizeof *parent, "the size of a task's block");
    free(first), free(second), free(parent);
    end();
}

static void embedded(void) {
    test("of a task whose object is no block of its own less is known");
    struct task *parent = make_task(30, 0, NULL), *memory = calloc(4, sizeof *memory), *task = &memory[1];
    *task = (struct task){.metadata = (uint64_t)&metadata, .id = 31, .parent = parent};
    task->job_flags = MSCOPE_JOB_IS_CHILD | MSCOPE_JOB_IS_ASYNC_LET;
    current = task;
    void *block = malloc(33);
    current = NULL;
    struct mscope_task_usage is = usage_of(31, read_usages());
    expect(!is.is_block && is.has_facts, "it is taken for a block");
    expect_equal(is.parent, 30, "the parent");
    expect_equal(is.creator + is.created_at + is.site, 0, "the origin");
    task->metadata = 7; // another runtime's
    task->id = 32;
    current = task;
    void *other = malloc(44);
    current = NULL;
    is = usage_of(32, read_usages());
    expect(!is.has_facts && !is.is_ours && is.parent == 0, "another runtime's task was read");
    free(block), free(other), free(memory), free(parent);
    end();
}

int main(void) {
    pthread_t collector;
    if (!mscope_is_active()) return skip("the program's allocations do not go through MemScope"), 0;
    mscope_set_task_metadata((uint64_t)&metadata);
    pthread_create(&collector, NULL, tick, NULL);
    exactly();
    facts();
    embedded();
    too_many();
    atomic_store(&stops, true);
    pthread_join(collector, NULL);
    return check_state.failures != 0;
}
