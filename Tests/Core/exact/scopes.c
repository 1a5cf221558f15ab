// What tasks allocate in calls of scopes is counted exactly, whichever threads the tasks run on and free their blocks
// on. The tasks are this program's own: it stands in for Swift's runtime, so that each allocation is known.
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "CMemscopeScopes.h"
#include "../support/live.h"
#include "../support/random.h"

struct holder { // as a Swift object begins
    uint64_t class, counts;
    uint32_t call;
};

struct task {
    uint64_t id;
    struct holder *holder; // what the task-local variable refers to
};

static _Thread_local struct task *current;
static _Thread_local struct holder *outside_of_tasks;
static const char key;

__attribute__((visibility("default"))) const void *swift_task_getCurrent(void) { return current; }
__attribute__((visibility("default"))) uint64_t swift_task_getJobTaskId(const void *task) {
    return ((const struct task *)task)->id;
}
__attribute__((visibility("default"))) const void *swift_task_localValueGet(const void *wanted) {
    if (wanted != &key) return NULL;
    struct holder **holder = current != NULL ? &current->holder : &outside_of_tasks;
    return *holder != NULL ? holder : NULL;
}

static void begin(struct holder *holder, struct holder *outer, uint32_t scope) {
    holder->call = mscope_begin_call(scope, outer != NULL ? outer->call : 0);
    expect(holder->call != 0, "a call found no place");
    *(current != NULL ? &current->holder : &outside_of_tasks) = holder;
    mscope_call_changed();
}

static void finish(struct holder *holder, struct holder *outer) {
    *(current != NULL ? &current->holder : &outside_of_tasks) = outer;
    mscope_call_changed();
    mscope_end_call(holder->call);
    mscope_release_call(holder->call);
}

// ---- a million allocations

enum { DEPTH = 50, TASKS = 1000, ROUNDS = 100, EACH = 10, WORKERS = 4, KEPT = 64 };

static uint32_t scopes[DEPTH];
static struct task tasks[TASKS];
static struct holder holders[TASKS][DEPTH];
static pthread_barrier_t barrier;
static _Atomic bool stops;

static struct {
    _Atomic uint64_t allocations, bytes, live_blocks, live_bytes;
} wanted[DEPTH];

// Blocks of any task, which any thread frees.
static struct kept {
    _Atomic(void *) block;
    uint32_t depth;
    uint64_t size;
} kept[TASKS * KEPT];

static uint32_t depth_of(uint32_t task) { return task % DEPTH; }

static void free_kept(struct kept *one) {
    void *block = atomic_load(&one->block);
    if (block == NULL) return;
    atomic_fetch_sub(&wanted[one->depth].live_blocks, 1);
    atomic_fetch_sub(&wanted[one->depth].live_bytes, one->size);
    atomic_store(&one->block, NULL);
    free(block);
}

static void run(uint32_t task, uint64_t *random) {
    uint32_t depth = depth_of(task);
    current = &tasks[task];
    for (int i = 0; i < EACH; i++) {
        uint64_t size = 1 + random_below(random, 700);
        void *block = malloc(size);
        atomic_fetch_add(&wanted[depth].allocations, 1);
        atomic_fetch_add(&wanted[depth].bytes, size);
        // Rounds differ in which thread runs a task, so most blocks are freed by another thread.
        struct kept *place = &kept[task * KEPT + random_below(random, KEPT)];
        free_kept(place);
        atomic_fetch_add(&wanted[depth].live_blocks, 1);
        atomic_fetch_add(&wanted[depth].live_bytes, size);
        place->depth = depth, place->size = size;
        atomic_store(&place->block, block);
    }
    current = NULL;
}

static void *work(void *argument) {
    uint32_t worker = (uint32_t)(uintptr_t)argument;
    uint64_t random = worker + 1;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t task = 0; task < TASKS; task++)
            if ((task + round) % WORKERS == worker) run(task, &random);
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

/// As the collector does, though more often.
static void *tick(void *argument) {
    mscope_thread_mark_internal();
    while (!atomic_load(&stops)) {
        mscope_tick();
        usleep(20000);
    }
    return argument;
}

static struct mscope_scope_counts read_scope(uint32_t scope) {
    struct mscope_scope_counts counts;
    mscope_read_scope(scope, &counts);
    return counts;
}

static void expect_sums(bool ended) {
    static struct mscope_scope_counts all[1024];
    uint64_t allocations = 0, bytes = 0, live_blocks = 0, live_bytes = 0;
    mscope_read_scopes(all, mscope_scope_count() + 1);
    for (int depth = DEPTH - 1; depth >= 0; depth--) {
        allocations += wanted[depth].allocations, bytes += wanted[depth].bytes;
        live_blocks += wanted[depth].live_blocks, live_bytes += wanted[depth].live_bytes;
        const struct mscope_scope_counts *is = &all[scopes[depth]];
        struct mscope_scope_counts one = read_scope(scopes[depth]);
        expect(memcmp(is, &one, sizeof one) == 0, "depth %d: read alone it differs", depth);
        expect_equal(is->allocations, allocations, "the allocations in a scope");
        expect_equal(is->allocated_bytes, bytes, "the bytes allocated in a scope");
        expect_equal(is->live_blocks, live_blocks, "the live blocks of a scope");
        expect_equal(is->live_bytes, live_bytes, "the live bytes of a scope");
        expect_equal(is->escaped_blocks, ended ? live_blocks : 0, "the escaped blocks of a scope");
        expect_equal(is->escaped_bytes, ended ? live_bytes : 0, "the escaped bytes of a scope");
        expect_equal(is->running, ended ? 0 : is->calls, "the calls that run");
        expect(is->peak_live_bytes >= live_bytes, "the peak is lower than what lives");
    }
}

static void exactly(void) {
    test("a million allocations of 1,000 tasks in 50 scopes count where they were made");
    pthread_t workers[WORKERS];
    for (int i = 0; i < DEPTH; i++) scopes[i] = mscope_make_scope(i > 0 ? scopes[i - 1] : 0, false);
    for (uint32_t task = 0; task < TASKS; task++) {
        tasks[task].id = task + 1;
        current = &tasks[task];
        for (uint32_t i = 0; i <= depth_of(task); i++)
            begin(&holders[task][i], i > 0 ? &holders[task][i - 1] : NULL, scopes[i]);
    }
    current = NULL;
    pthread_barrier_init(&barrier, NULL, WORKERS);
    for (uintptr_t i = 0; i < WORKERS; i++) pthread_create(&workers[i], NULL, work, (void *)i);
    for (int i = 0; i < WORKERS; i++) pthread_join(workers[i], NULL);
    expect_sums(false);
    expect_equal(read_scope(scopes[0]).allocations, (uint64_t)TASKS * ROUNDS * EACH, "all allocations");
    end();

    test("blocks have escaped when their call has ended");
    for (uint32_t task = 0; task < TASKS; task++) {
        current = &tasks[task];
        for (uint32_t i = depth_of(task) + 1; i-- > 0;)
            finish(&holders[task][i], i > 0 ? &holders[task][i - 1] : NULL);
    }
    current = NULL;
    expect_sums(true);
    for (int i = 0; i < TASKS * KEPT; i++) free_kept(&kept[i]);
    expect_sums(true);
    expect_equal(read_scope(scopes[0]).live_blocks, 0, "the live blocks in the end");
    end();
}

// ---- numbers are used again

static uint64_t drops(void) {
    struct mscope_totals totals;
    mscope_read_totals(&totals);
    return totals.dropped_accounts + mscope_dropped_calls();
}

static void many_calls(void) {
    test("three million calls in a row need no more room than one");
    uint32_t scope = mscope_make_scope(0, false);
    uint64_t before = drops();
    struct task task = {.id = 1000001};
    struct holder holder = {0};
    current = &task;
    for (int i = 0; i < 3000000; i++) {
        begin(&holder, NULL, scope);
        free(malloc(100));
        finish(&holder, NULL);
    }
    current = NULL;
    struct mscope_scope_counts counts = read_scope(scope);
    expect_equal(counts.allocations, 3000000, "the allocations");
    expect_equal(counts.calls, 3000000, "the calls");
    expect_equal(counts.live_blocks, 0, "the live blocks");
    expect_equal(drops(), before, "what found no place");
    end();
}

static void many_tasks(void) {
    test("tasks that have ended leave their place to others");
    uint64_t before = drops(), last = 2000000 + (1 << 20) * 2;
    for (uint64_t id = 2000000; id < last; id++) {
        struct task task = {.id = id};
        current = &task;
        free(malloc(100));
        current = NULL;
        if (id % 100000 == 0) usleep(50000); // the collector comes once a second where such a server runs
    }
    expect_equal(drops(), before, "what found no place");
    end();
}

// ---- peaks, threads, misuse

static void peaks(void) {
    test("the peak of a scope is as exact as it says");
    struct task task = {.id = 10};
    struct holder holder = {0};
    current = &task;
    for (int exact = 0; exact < 2; exact++) {
        uint32_t scope = mscope_make_scope(0, exact != 0);
        uint64_t live = 0, peak = 0, random = 5;
        void *blocks[200] = {0};
        uint64_t sizes[200] = {0};
        begin(&holder, NULL, scope);
        for (int i = 0; i < 20000; i++) {
            uint64_t at = random_below(&random, 200), size = 1 + random_below(&random, 3000);
            live -= sizes[at];
            free(blocks[at]);
            blocks[at] = malloc(size);
            sizes[at] = size;
            live += size;
            if (live > peak) peak = live;
        }
        struct mscope_scope_counts counts = read_scope(scope);
        uint64_t error = exact ? 0 : 4096;
        expect(counts.peak_live_bytes <= peak && counts.peak_live_bytes + error >= peak,
            "the peak is %llu, and %llu was read", (unsigned long long)peak,
            (unsigned long long)counts.peak_live_bytes);
        expect_equal(counts.live_bytes, live, "the live bytes");
        for (int i = 0; i < 200; i++) free(blocks[i]);
        finish(&holder, NULL);
    }
    current = NULL;
    end();
}

static void *on_other_thread(void *block) {
    free(block);
    return malloc(50);
}

static void outside(void) {
    test("outside of tasks a call belongs to its thread");
    struct holder outer = {0}, inner = {0};
    uint32_t scope = mscope_make_scope(0, false), inside = mscope_make_scope(scope, false);
    pthread_t thread;
    void *other;
    begin(&outer, NULL, scope);
    void *first = malloc(1000);
    begin(&inner, &outer, inside);
    void *second = malloc(200);
    finish(&inner, &outer);
    void *third = malloc(30);
    pthread_create(&thread, NULL, on_other_thread, first); // allocates in the scope, too
    uint64_t made = read_scope(scope).allocations;
    pthread_join(thread, &other);
    expect_equal(read_scope(scope).allocations, made, "the allocations after another thread's");
    expect_equal(read_scope(inside).live_bytes, 200, "the live bytes of the inner scope");
    expect_equal(read_scope(inside).escaped_bytes, 200, "the escaped bytes of the inner scope");
    expect_equal(read_scope(scope).escaped_bytes, 0, "the escaped bytes of the outer scope");
    finish(&outer, NULL);
    free(malloc(7));
    expect(read_scope(scope).live_bytes >= 230, "only %llu live bytes",
        (unsigned long long)read_scope(scope).live_bytes);
    expect_equal(read_scope(scope).escaped_bytes, read_scope(scope).live_bytes, "the escaped bytes");
    free(second);
    free(third);
    free(other);
    expect_equal(read_scope(inside).live_blocks, 0, "the live blocks of the inner scope");
    end();
}

static void misuse(void) {
    test("a call that ends twice, and calls too deep in each other, change nothing");
    uint32_t scope = mscope_make_scope(0, false);
    struct holder once = {0};
    begin(&once, NULL, scope);
    finish(&once, NULL);
    uint64_t before = mscope_dropped_calls(), calls = read_scope(scope).calls;
    mscope_end_call(once.call);
    mscope_end_call(0);
    expect_equal(read_scope(scope).running, 0, "the calls that run");
    uint32_t call = 0, deep = 0;
    for (int i = 0; i < 200; i++) {
        uint32_t next = mscope_begin_call(scope, call);
        if (next != 0) call = next, deep++;
    }
    expect_equal(deep, 128, "how deep calls may be");
    expect_equal(mscope_dropped_calls() - before, 72, "the calls that found no place");
    expect_equal(read_scope(scope).calls, calls + 128, "the calls");
    expect_equal(mscope_begin_call(0, 0), 0, "the call of no scope");
    end();
}

int main(void) {
    pthread_t collector;
    if (!mscope_is_active()) return skip("the program's allocations do not go through MemScope"), 0;
    mscope_set_call_key(&key);
    pthread_create(&collector, NULL, tick, NULL);
    outside();
    misuse();
    peaks();
    many_calls();
    many_tasks();
    exactly();
    atomic_store(&stops, true);
    pthread_join(collector, NULL);
    return check_state.failures != 0;
}
