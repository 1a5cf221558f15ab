// The history: rings are drained by one thread, complete while drained, counted when full.
#include <pthread.h>
#include <stdatomic.h>
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>

#include "../support/live.h"

static struct mscope_event events[1 << 16];

static void discard(void) {
    while (mscope_drain_events(events, 1 << 16) > 0) {}
}

static void in_order(void) {
    test("every allocation, reallocation and free is in the history, in order");
    mscope_set_event_interval(1);
    discard();
    void *p = malloc(1234);
    uint64_t first = (uint64_t)(uintptr_t)p;
    p = realloc(p, 123456);
    uint64_t second = (uint64_t)(uintptr_t)p;
    free(p);
    size_t got = mscope_drain_events(events, 1 << 16), seen = 0;
    uint64_t last = 0;
    for (size_t i = 0; i < got; i++) {
        struct mscope_event e = events[i];
        if (e.address != first && e.address != second) continue;
        expect(e.time >= last, "time runs backwards");
        last = e.time;
        if (seen == 0) expect(e.kind == MSCOPE_EVENT_ALLOCATION && e.size == 1234 && e.address == first && e.site,
            "the first event is %u of %llu bytes", e.kind, (unsigned long long)e.size);
        seen++;
    }
    expect(seen >= 3, "only %zu events", seen);
    expect(got > 0 && events[got - 1].kind == MSCOPE_EVENT_FREE && events[got - 1].address == second,
        "the last event is not the free");
    end();

    test("an interval of 0 writes no history");
    mscope_set_event_interval(0);
    free(malloc(99));
    expect_equal(mscope_drain_events(events, 1 << 16), 0, "the number of events");
    end();
}

static _Atomic uint64_t in_handler;

static void allocate_in_handler(int number) {
    (void)number;
    for (int i = 0; i < 3; i++) free(malloc(24));
    in_handler += 3;
}

/// A handler may come amid the write of a record: either both are there, or what is lost is counted.
static void with_signals(void) {
    test("what signal handlers allocate is in the history, or counted as dropped");
    mscope_set_event_interval(1);
    discard();
    signal(SIGALRM, allocate_in_handler);
    struct itimerval often = {{0, 50}, {0, 50}}, never = {{0, 0}, {0, 0}};
    struct mscope_totals before, after;
    mscope_read_totals(&before);
    uint64_t got = 0, pairs = 400000;
    in_handler = 0;
    setitimer(ITIMER_REAL, &often, NULL);
    for (uint64_t i = 0; i < pairs; i++) {
        free(malloc(16));
        if (i % 1000 == 0) got += mscope_drain_events(events, 1 << 16);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    got += mscope_drain_events(events, 1 << 16);
    mscope_read_totals(&after);
    expect(in_handler > 0, "no signal came");
    uint64_t allocated = after.program.allocations - before.program.allocations;
    expect_equal(allocated, pairs + in_handler, "the change of allocations");
    expect_equal(got + (after.dropped_events - before.dropped_events), 2 * (pairs + in_handler),
        "events drained and dropped");
    mscope_set_event_interval(0);
    end();
}

static void full_ring(void) {
    test("a full ring drops, counts its drops, and blocks nobody");
    mscope_set_event_interval(1);
    discard();
    struct mscope_totals before, after;
    mscope_read_totals(&before);
    for (int i = 0; i < 100000; i++) free(malloc(16));
    mscope_read_totals(&after);
    size_t got = mscope_drain_events(events, 1 << 16);
    got += mscope_drain_events(events, 1 << 16);
    got += mscope_drain_events(events, 1 << 16);
    expect_equal(got + (after.dropped_events - before.dropped_events), 200000, "events drained and dropped");
    expect_equal(after.program.allocations - before.program.allocations, 100000, "the change of allocations");
    mscope_set_event_interval(0);
    end();
}

static void *work(void *argument) {
    for (int i = 0; i < 200000; i++) free(malloc((size_t)(uintptr_t)argument));
    return NULL;
}

static void drained_meanwhile(void) {
    test("events of four threads drained meanwhile are whole");
    mscope_set_event_interval(1);
    discard();
    struct mscope_totals before, after;
    mscope_read_totals(&before);
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++) pthread_create(&threads[i], NULL, work, (void *)(1000 + i));
    uint64_t allocations = 0, frees = 0;
    for (int round = 0; round < 4000 || allocations == 0; round++) {
        size_t got = mscope_drain_events(events, 1 << 16);
        for (size_t i = 0; i < got; i++) {
            if (events[i].size < 1000 || events[i].size > 1003) continue;
            expect(events[i].kind == MSCOPE_EVENT_ALLOCATION || events[i].kind == MSCOPE_EVENT_FREE,
                "an event of kind %u", events[i].kind);
            expect(events[i].thread != 0 && events[i].address != 0 && events[i].time != 0, "a torn event");
            if (events[i].kind == MSCOPE_EVENT_ALLOCATION) allocations++;
            else frees++;
        }
        if (round > 100) usleep(100);
    }
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    for (size_t got; (got = mscope_drain_events(events, 1 << 16)) > 0;) {
        for (size_t i = 0; i < got; i++) {
            if (events[i].size < 1000 || events[i].size > 1003) continue;
            if (events[i].kind == MSCOPE_EVENT_ALLOCATION) allocations++;
            else frees++;
        }
    }
    mscope_read_totals(&after);
    uint64_t dropped = after.dropped_events - before.dropped_events;
    expect(allocations + frees + dropped >= 1600000 && allocations + frees + dropped < 1600100,
        "%llu + %llu events, %llu dropped", (unsigned long long)allocations,
        (unsigned long long)frees, (unsigned long long)dropped);
    mscope_set_event_interval(0);
    end();
}

int main(void) {
    in_order();
    with_signals();
    full_ring();
    drained_meanwhile();
    return check_result();
}
