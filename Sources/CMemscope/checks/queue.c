// A queue of limited size that any thread may use at any moment, also in a signal handler that interrupted another use.
//
// Dmitry Vyukov's bounded queue for many producers and consumers: the number of each place says whose turn it is.
//   number == n: free for the n-th item to come; number == n + 1: holds it; number == n + capacity: free again
// A thread that comes to a place which an interrupted thread is using does not wait: to this thread the queue is full,
// or empty.
#include "checks/checks.h"
#include "checks/queue.h"

struct mscope_place {
    _Atomic uint64_t number;
    struct mscope_item item;
};

enum { MSCOPE_PLACES_A_PAGE = 4096 / sizeof(struct mscope_place) };

bool mscope_queue_start(struct mscope_queue *queue, uint64_t least)
{
    uint64_t capacity = 1; // a power of two: no division on the way
    while (capacity < least) capacity *= 2;
    struct mscope_place *places = mscope_map(capacity * sizeof(*places));
    if (places == NULL) return false;
    queue->capacity = capacity;
    queue->places = places;
    return true;
}

// A number is kept minus the index of its place, so that zeroed memory is an empty queue and no page need be touched.
static inline uint64_t mscope_number_at(const struct mscope_queue *queue, uint64_t n)
{
    return mscope_load_acquire(&queue->places[n & (queue->capacity - 1)].number) + (n & (queue->capacity - 1));
}
static inline void mscope_set_number(struct mscope_queue *queue, uint64_t n, uint64_t number)
{
    mscope_store_release(&queue->places[n & (queue->capacity - 1)].number, number - (n & (queue->capacity - 1)));
}

bool mscope_queue_put(struct mscope_queue *queue, struct mscope_item item)
{
    uint64_t n = mscope_load_relaxed(&queue->tail);
    for (;;) {
        uint64_t number = mscope_number_at(queue, n);
        if (number < n) return false;
        if (number > n)
            n = mscope_load_relaxed(&queue->tail);
        else if (mscope_cas_acq_rel(&queue->tail, &n, n + 1))
            break;
    }
    queue->places[n & (queue->capacity - 1)].item = item;
    mscope_set_number(queue, n, n + 1);
    if (n % MSCOPE_PLACES_A_PAGE == 0)
        mscope_write_fresh(&queue->places[(n + MSCOPE_PLACES_A_PAGE) & (queue->capacity - 1)].number);
    return true;
}

bool mscope_queue_take(struct mscope_queue *queue, struct mscope_item *out)
{
    uint64_t n = mscope_load_relaxed(&queue->head);
    for (;;) {
        uint64_t number = mscope_number_at(queue, n);
        if (number < n + 1) return false;
        if (number > n + 1)
            n = mscope_load_relaxed(&queue->head);
        else if (mscope_cas_acq_rel(&queue->head, &n, n + 1))
            break;
    }
    *out = queue->places[n & (queue->capacity - 1)].item;
    mscope_set_number(queue, n, n + queue->capacity);
    return true;
}

uint64_t mscope_queue_glimpse(const struct mscope_queue *queue, uint64_t distance)
{
    uint64_t n = mscope_load_relaxed(&queue->head) + distance;
    return *(const volatile uint64_t *)&queue->places[n & (queue->capacity - 1)].item.address;
}

uint64_t mscope_queue_length(const struct mscope_queue *queue)
{
    uint64_t head = mscope_load_relaxed(&queue->head), tail = mscope_load_relaxed(&queue->tail);
    return tail > head ? tail - head : 0;
}
