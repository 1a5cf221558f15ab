// The queue of freed blocks and free cells: threads that use one place at once lose no entry, and none is refused.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "../support/check.h"
#include "checks/queue.h"

// There are more places than there will be items put: none is refused because somebody was interrupted.
enum { THREADS = 4, ROUNDS = 200000, ITEMS = 1000, PLACES = 1 << 20 };

static struct mscope_queue queue;
static _Atomic uint64_t refused;

static void *move(void *argument) {
    for (int i = 0; i < ROUNDS; i++) {
        struct mscope_item item;
        // The next one is a thread's that was interrupted while it put it there.
        while (!mscope_queue_take(&queue, &item)) sched_yield();
        if (!mscope_queue_put(&queue, item)) refused++;
    }
    return argument;
}

int main(void) {
    test("four threads take items out and put them back");
    expect(mscope_queue_start(&queue, PLACES), "no memory");
    for (uint64_t i = 0; i < ITEMS; i++)
        expect(mscope_queue_put(&queue, (struct mscope_item){i, i * 3, i * 5}), "item %llu", (unsigned long long)i);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, move, NULL);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    expect_equal(refused, 0, "items refused");
    expect_equal(mscope_queue_length(&queue), ITEMS, "items left");
    static bool seen[ITEMS];
    struct mscope_item item;
    while (mscope_queue_take(&queue, &item)) {
        uint64_t i = item.address;
        expect(i < ITEMS && !seen[i] && item.first == i * 3 && item.second == i * 5, "item %llu is torn or came twice",
            (unsigned long long)i);
        seen[i % ITEMS] = true;
    }
    end();

    test("a full queue refuses, an empty one gives nothing");
    static struct mscope_queue small;
    mscope_queue_start(&small, 4);
    for (uint64_t i = 0; i < 4; i++) expect(mscope_queue_put(&small, (struct mscope_item){.address = i}), "room");
    expect(!mscope_queue_put(&small, (struct mscope_item){.address = 4}), "a fifth item found room");
    for (uint64_t i = 0; i < 4; i++) expect(mscope_queue_take(&small, &item) && item.address == i, "order");
    expect(!mscope_queue_take(&small, &item), "a fifth item came out");
    end();
    return check_result();
}
