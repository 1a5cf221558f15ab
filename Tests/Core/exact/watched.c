// Watched blocks: their ends are kept, with time, stack and thread, whoever ends them.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "../support/live.h"

enum { BLOCKS = 20000, THREADS = 4, ROUNDS = 20000 };

static struct mscope_watched state_of(uint32_t number) {
    struct mscope_watched state;
    mscope_read_watched(number, &state);
    return state;
}

static bool has_frame_of(uint32_t site, void (*function)(void *)) {
    struct mscope_site stack;
    if (!mscope_read_site(site, &stack)) return false;
    for (uint32_t i = 0; i < stack.frame_count; i++)
        if (stack.frames[i] - (uint64_t)(uintptr_t)function < 200) return true;
    return false;
}

static uint32_t watch(void *block) {
    return mscope_watch_block((uint64_t)(uintptr_t)block);
}

__attribute__((noinline)) static void let_go(void *block) {
    free(block);
    __asm__ volatile("" ::: "memory");
}

static void ends(void) {
    test("a watched block's end has its time, its stack and its thread");
    void *block = malloc(100);
    uint32_t number = watch(block);
    struct mscope_watched state = state_of(number);
    expect(number != 0 && state.ended_at == 0 && state.address == (uint64_t)(uintptr_t)block, "it is not watched");
    expect_equal(watch(block), number, "the number of the same block");
    uint64_t before = mscope_now();
    let_go(block);
    state = state_of(number);
    expect(state.ended_at >= before && state.ended_at <= mscope_now(), "it ended at another time");
    expect(state.moved_to == 0 && state.end_thread != 0, "it was moved, or by no thread");
    expect(has_frame_of(state.end_site, let_go), "the stack is not that of the end");
    mscope_stop_watching(number);
    mscope_stop_watching(number);
    end();

    test("what is no block cannot be watched");
    expect_equal(watch(&state), 0, "the stack's number");
    expect_equal(watch(NULL), 0, "the number of nothing");
    end();
}

static void moves(void) {
    test("a block that realloc moves says where it went");
    char *block = malloc(64), *wall = malloc(64);
    uint32_t number = watch(block);
    char *moved = realloc(block, 1 << 20);
    struct mscope_watched state = state_of(number);
    expect(state.ended_at != 0 && state.moved_to == (uint64_t)(uintptr_t)moved, "it did not move there");
    mscope_stop_watching(number);
    free(moved);
    free(wall);
    end();
}

/// The next block at the same address is another one.
static void again(void) {
    test("a new block at the address of an ended one is not watched");
    void *block = malloc(40);
    uint32_t number = watch(block);
    free(block);
    uint64_t ended_at = state_of(number).ended_at;
    void *next = malloc(40);
    uint32_t other = watch(next);
    expect(other != number, "it has the number of the ended one");
    free(next);
    expect(state_of(number).ended_at == ended_at && state_of(other).ended_at >= ended_at, "the ends are mixed up");
    mscope_stop_watching(number);
    mscope_stop_watching(other);
    end();
}

static void *blocks[BLOCKS];
static uint32_t numbers[BLOCKS];

static void *free_share(void *share) {
    for (int i = (int)(intptr_t)share; i < BLOCKS; i += THREADS) free(blocks[i]);
    return NULL;
}

static void many(void) {
    test("ends of many blocks by several threads are all kept");
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(16 + (size_t)i % 500);
        numbers[i] = watch(blocks[i]);
    }
    int watched = 0, live = 0;
    for (int i = 0; i < BLOCKS; i++) {
        if (numbers[i] == MSCOPE_WATCH_FULL) numbers[i] = 0;
        watched += numbers[i] != 0;
        live += numbers[i] != 0 && state_of(numbers[i]).ended_at == 0;
    }
    expect(watched > BLOCKS * 99 / 100 && live == watched, "%d are watched, %d live", watched, live);
    pthread_t threads[THREADS];
    for (intptr_t i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, free_share, (void *)i);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    int ended = 0;
    for (int i = 0; i < BLOCKS; i++) ended += numbers[i] != 0 && state_of(numbers[i]).ended_at != 0;
    expect_equal(ended, watched, "the number of ends");
    for (int i = 0; i < BLOCKS; i++) mscope_stop_watching(numbers[i]);
    end();

    test("places of ended blocks are used again");
    int again = 0;
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(32);
        numbers[i] = watch(blocks[i]);
        again += numbers[i] != 0 && numbers[i] != MSCOPE_WATCH_FULL;
    }
    expect(again > BLOCKS * 99 / 100, "%d are watched", again);
    for (int i = 0; i < BLOCKS; i++) {
        mscope_stop_watching(numbers[i]);
        free(blocks[i]);
    }
    end();
}

static _Atomic(void *) handed;
static _Atomic bool stops;

static void *free_handed(void *unused) {
    while (!atomic_load(&stops)) {
        void *block = atomic_exchange(&handed, NULL);
        free(block);
        if (block == NULL) sched_yield();
    }
    return unused;
}

/// A thread ends a block at any moment of the watching.
static void races(void) {
    test("a block that ends while it begins to be watched, or stops, is not mixed up with another");
    pthread_t thread;
    uint64_t wrong = 0, known = 0;
    pthread_create(&thread, NULL, free_handed, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        void *block = malloc(48), *kept = malloc(48);
        uint32_t keeper = watch(kept);
        atomic_store(&handed, block);
        uint32_t number = watch(block);
        known += number != 0;
        mscope_stop_watching(number);
        while (atomic_load(&handed) != NULL) sched_yield();
        wrong += state_of(keeper).ended_at != 0;
        free(kept);
        wrong += state_of(keeper).ended_at == 0;
        mscope_stop_watching(keeper);
    }
    atomic_store(&stops, true);
    pthread_join(thread, NULL);
    expect_equal(wrong, 0, "the number of wrong states");
    expect(known > 0, "none was watched");
    end();
}

/// History is told only of ends whose births it has.
static void history(void) {
    test("a watched block is in the history only if it was born there");
    static struct mscope_event events[64];
    void *early = malloc(11);
    uint32_t number = watch(early);
    mscope_set_event_interval(1);
    while (mscope_drain_events(events, 64) > 0) {}
    void *late = malloc(12);
    uint32_t other = watch(late);
    free(early);
    free(late);
    mscope_set_event_interval(0);
    size_t got = mscope_drain_events(events, 64);
    int of_early = 0, of_late = 0;
    for (size_t i = 0; i < got; i++) {
        of_early += events[i].address == (uint64_t)(uintptr_t)early;
        of_late += events[i].address == (uint64_t)(uintptr_t)late;
    }
    expect(of_early == 0 && of_late == 2, "%d events of the first, %d of the second", of_early, of_late);
    expect(state_of(number).ended_at != 0 && state_of(other).ended_at != 0, "an end is not kept");
    mscope_stop_watching(number);
    mscope_stop_watching(other);
    end();
}

int main(void) {
    ends();
    moves();
    again();
    many();
    races();
    history();
    return check_result();
}
