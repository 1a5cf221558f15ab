// A queue in which no thread waits for another.
#ifndef MSCOPE_CHECKS_QUEUE_H
#define MSCOPE_CHECKS_QUEUE_H

#include "base/base.h"

struct mscope_item {
    uint64_t address, first, second; // first, second: words of the owner
};
struct mscope_queue {
    _Alignas(64) _Atomic uint64_t head;
    _Alignas(64) _Atomic uint64_t tail;
    uint64_t capacity; // 0: no queue
    struct mscope_place *places;
};
MSCOPE_HIDDEN bool mscope_queue_start(struct mscope_queue *queue, uint64_t least);
/// False when it is full.
MSCOPE_HIDDEN bool mscope_queue_put(struct mscope_queue *queue, struct mscope_item item);
/// False when it is empty.
MSCOPE_HIDDEN bool mscope_queue_take(struct mscope_queue *queue, struct mscope_item *out);
/// The address of an item that will be taken soon, or any other value: only good for prefetching.
MSCOPE_HIDDEN uint64_t mscope_queue_glimpse(const struct mscope_queue *queue, uint64_t distance);
MSCOPE_HIDDEN uint64_t mscope_queue_length(const struct mscope_queue *queue);

#endif
