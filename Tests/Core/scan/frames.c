// Which words of a stack count: those of the program's frames, not old words in holes of libc's frames.
//
// argument: how the threads are held: "ptrace", "signal", or "stopped" (by a signal, without a copy)
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../support/reach.h"

enum { WORDS = 1024, WAYS = 4, KEPT_SIZE = 210, LOST_SIZE = 220 };
static hidden stale[WAYS], kept[WAYS];
static sem_t never;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static _Atomic int ready;
static _Atomic bool over;

/// Leaves a block's address in every word that the next call's frames may lie on.
static __attribute__((noinline)) hidden stain(void) {
    void *volatile words[WORDS];
    void *block = malloc(LOST_SIZE);
    for (int i = 0; i < WORDS; i++) words[i] = block;
    return hide(block);
}

static __attribute__((noinline)) void wait_in(long way) {
    struct timespec second = {1, 0}, until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    switch (way) {
    case 0: sem_timedwait(&never, &until); break;
    case 1: clock_nanosleep(CLOCK_MONOTONIC, 0, &second, NULL); break;
    case 2:
        pthread_mutex_lock(&mutex);
        pthread_cond_timedwait(&condition, &mutex, &until);
        pthread_mutex_unlock(&mutex);
        break;
    default: nanosleep(&second, NULL);
    }
}

static void *wait_often(void *argument) {
    long way = (long)argument;
    // Two of the variables are kept twice.
    void *volatile local[2] = {malloc(KEPT_SIZE), NULL};
    if (way % 2 == 1) local[1] = local[0];
    kept[way] = hide(local[0]);
    stale[way] = stain();
    atomic_fetch_add(&ready, 1);
    while (!over) wait_in(way);
    free(local[0]);
    return NULL;
}

int main(int count, char **arguments) {
    const char *how = count > 1 ? arguments[1] : "ptrace";
    struct mscope_scan_options options = reach_options;
    options.without_ptrace = strcmp(how, "ptrace") != 0;
    options.without_fork = strcmp(how, "stopped") == 0;
    pthread_t threads[WAYS];
    sem_init(&never, 0, 0);
    for (long way = 0; way < WAYS; way++) pthread_create(&threads[way], NULL, wait_often, (void *)way);
    while (ready < WAYS) usleep(1000);
    usleep(100000); // until they wait
    hidden own = stain();
    struct reach reach = reach_take_as(&options);
    test("a thread that waits holds what its own frames have, and nothing by the frames it waits in");
    expect(reach.scan != NULL, "problem %d", reach.problem);
    if (reach.scan == NULL) return 1;
    reach_print(&reach);
    for (int way = 0; way < WAYS; way++) {
        expect(reach_holds(&reach, kept[way]), "the local variable of way %d is lost", way);
        expect_equal(reach_root_kind(&reach, kept[way]), MSCOPE_ROOT_STACK, "its root");
        expect_equal(reach_root_words(&reach, kept[way]), 1 + way % 2, "the words that lead to it");
        expect(!reach_holds(&reach, stale[way]), "what lies under the wait of way %d holds a block", way);
    }
    end();
    test("the frames of the scan itself hold nothing");
    expect(!reach_holds(&reach, own), "what lies under the scan holds a block");
    reach_drop(&reach);
    end();
    over = true;
    for (int way = 0; way < WAYS; way++) pthread_join(threads[way], NULL);
    return check_result();
}
