// fork: the child keeps the inherited record and continues it; the parent's record does not change.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/wait.h>

#include "../support/live.h"
#include "../support/random.h"

enum { KEPT = 1000 };

static void *kept[KEPT];

/// Runs `body` in a child; its exit status is the number of failures it printed.
static void in_child(void (*body)(void)) {
    pid_t child = fork();
    if (child == 0) {
        body();
        _exit(check_state.failed);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status)) expect(false, "the child died of signal %d", WTERMSIG(status));
    if (WIFEXITED(status) && WEXITSTATUS(status)) check_state.failed = true, check_state.failures++;
}

static void child_view(void) {
    struct live live = live_take();
    for (size_t i = 0; i < KEPT; i++) {
        const struct mscope_block *found = live_at(&live, kept[i]);
        expect(found && found->size == 100 + i && found->birth, "block %zu is missing or wrong in the child", i);
    }
    expect(live.complete, "the child's walk missed %llu", (unsigned long long)live.missed);
    live_drop(&live);
    mark();
    for (size_t i = 0; i < KEPT; i++) free(kept[i]);
    void *fresh = malloc(777);
    expect_block(fresh, 777, 0);
    expect_change(1, KEPT, 777, 100 * KEPT + KEPT * (KEPT - 1) / 2);
    expect(mscope_mode() == MSCOPE_FULL, "the child's mode is %u", mscope_mode());
}

static void grandchild(void) {
    in_child(child_view);
    child_view();
}

static void plain(void) {
    for (size_t i = 0; i < KEPT; i++) kept[i] = malloc(100 + i);
    uint32_t generation = mscope_fork_generation();
    test("a child knows the blocks it inherited and tracks its own");
    mark();
    in_child(child_view);
    expect_change(0, 0, 0, 0);
    expect_equal(mscope_fork_generation(), generation, "the parent's fork generation");
    end();
    test("so does a grandchild");
    in_child(grandchild);
    expect_change(0, 0, 0, 0);
    end();
}

static void child_generation(void) {
    expect(mscope_fork_generation() > 0, "the child's fork generation is 0");
    expect_equal(mscope_fork_generation(), 1, "the child's fork generation");
}

static int watched_descriptor = -1;

static void child_descriptor(void) {
    expect(fcntl(watched_descriptor, F_GETFD) == -1 && errno == EBADF, "the server's descriptor is open in the child");
}

static void descriptors(void) {
    test("a child closes the descriptors registered for it, and knows that it is one");
    watched_descriptor = dup(1);
    mscope_close_in_child(watched_descriptor);
    in_child(child_descriptor);
    in_child(child_generation);
    expect(fcntl(watched_descriptor, F_GETFD) >= 0, "it was closed in the parent");
    mscope_forget_descriptor(watched_descriptor);
    close(watched_descriptor);
    end();
}

static void first_block_of_child(void) {
    void *block = malloc(321);
    expect_block(block, 321, 0);
    free(block);
    for (int i = 0; i < 100; i++) free(malloc((size_t)i * 1000));
}

// It never allocated: in the child it is the main thread, but on a stack that is not the main one.
static void *fork_on_new_thread(void *argument) {
    in_child(first_block_of_child);
    return argument;
}

static void fork_from_new_threads(void) {
    test("a thread that never allocated forks; its child allocates on that thread's stack");
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, fork_on_new_thread, NULL);
        pthread_join(thread, NULL);
    }
    end();
}

static _Atomic bool stop;
static _Atomic uint64_t turns;

static void *load(void *argument) {
    uint64_t seed = (uint64_t)(uintptr_t)argument + 1;
    void *held[200] = {NULL};
    while (!atomic_load(&stop)) {
        size_t at = random_below(&seed, 200);
        free(held[at]);
        held[at] = random_below(&seed, 50) ? malloc(random_below(&seed, 3000)) : malloc(200000 + random_below(&seed,
            300000));
        if (random_below(&seed, 4) == 0) held[at] = realloc(held[at], random_below(&seed, 8000) + 1);
        // A pause now and then, so that children get the processor as well.
        if (atomic_fetch_add(&turns, 1) % 200 == 0) usleep(100);
    }
    for (size_t i = 0; i < 200; i++) free(held[i]);
    return NULL;
}

static void busy_child(void) {
    void *blocks[100];
    for (size_t i = 0; i < 100; i++) blocks[i] = malloc(i * 50);
    for (size_t i = 0; i < 100; i++) expect_block(blocks[i], i * 50, 0);
    for (size_t i = 0; i < 100; i++) free(blocks[i]);
}

// alarm ends a child that hangs; its death by SIGALRM is then the reason printed.
static void guarded_child(void) {
    alarm(20);
    busy_child();
}

static void *thread_of_child(void *argument) {
    busy_child();
    return argument;
}

static void threaded_child(void) {
    alarm(20);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, thread_of_child, NULL);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    struct live live = live_take();
    expect(live.complete, "the child's walk missed %llu", (unsigned long long)live.missed);
    live_drop(&live);
}

static void under_load(int forks) {
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++) pthread_create(&threads[i], NULL, load, (void *)i);
    test("forks of a multithreaded program under load: no child hangs or errs");
    for (int i = 0; i < forks && !check_state.failed; i++) in_child(i % 50 == 0 ? threaded_child : guarded_child);
    end();
    test("a fork in the middle of a walk leaves child and parent able to walk");
    expect(mscope_walk_begin(), "the walk did not begin");
    in_child(threaded_child);
    struct mscope_block blocks[64];
    while (mscope_walk_next(blocks, 64)) {}
    uint64_t missed = 0;
    mscope_walk_end(&missed);
    end();
    atomic_store(&stop, true);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    test("after all of it the parent's figures are consistent");
    expect_consistent();
    expect(turns > 1000, "the load did not run");
    end();
}

int main(int count, char **arguments) {
    plain();
    descriptors();
    fork_from_new_threads();
    under_load(count > 1 ? atoi(arguments[1]) : 1000);
    return check_result();
}
