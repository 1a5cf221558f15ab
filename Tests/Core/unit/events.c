// One producer, one consumer: every loss is counted, no event comes twice, events are in order.
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "../support/check.h"
#include "hooks/hooks.h"

enum { EVENTS = 2000000 };

static _Atomic bool done;
static _Atomic uint64_t drained;

/// Waits a moment until some were drained: on busy processors the other thread might hardly run meanwhile.
static void let_drain(void) {
    uint64_t before = atomic_load(&drained);
    for (int i = 0; i < 1000 && atomic_load(&drained) == before; i++) usleep(100);
}

static void *produce(void *argument) {
    struct mscope_bank *bank = mscope_enter();
    for (uint64_t i = 1; i <= EVENTS; i++) {
        struct mscope_event event = {.time = i, .address = i * 3, .size = i * 5, .kind = MSCOPE_EVENT_FREE,
            .thread = 7};
        mscope_push_event(bank, &event);
        if (i % 10000 == 0) let_drain();
    }
    atomic_store(&done, true);
    return argument;
}

int main(void) {
    mscope_boot();
    test("two million events through a ring that is drained meanwhile");
    pthread_t thread;
    pthread_create(&thread, NULL, produce, NULL);
    static struct mscope_event events[3000];
    uint64_t last = 0, got = 0;
    for (bool more = true; more;) {
        bool ended = atomic_load(&done);
        size_t count = mscope_drain_events(events, 3000);
        for (size_t i = 0; i < count; i++) {
            uint64_t number = events[i].address / 3;
            expect(number > last, "event %llu after %llu", (unsigned long long)number, (unsigned long long)last);
            expect(events[i].size == number * 5 && events[i].thread == 7, "event %llu is torn",
                (unsigned long long)number);
            last = number;
        }
        got += count;
        atomic_store(&drained, got);
        more = !ended || count > 0;
    }
    pthread_join(thread, NULL);
    expect_equal(got + mscope_global.dropped_events, EVENTS, "events drained and dropped");
    expect(got > EVENTS / 100, "only %llu were drained", (unsigned long long)got);
    end();
    return check_result();
}
