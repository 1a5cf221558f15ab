// History: rings of events. Each thread writes its own, the collector reads them. No other state depends on them.
#include "record/record.h"

_Atomic uint32_t mscope_event_interval;

void mscope_set_event_interval(uint32_t interval)
{
    mscope_store_relaxed(&mscope_event_interval, interval);
}

void mscope_push_event(struct mscope_bank *bank, const struct mscope_event *event)
{
    struct mscope_ring *ring = mscope_load_relaxed(&bank->ring);
    if (ring == NULL) {
        ring = mscope_map(sizeof(*ring));
        if (ring != NULL) mscope_store_release(&bank->ring, ring);
    }
    bool writes = ring != NULL && mscope_begin_write(&ring->writer);
    uint64_t head = ring != NULL ? mscope_load_relaxed(&ring->head) : 0;
    if (writes && head - mscope_load_acquire(&ring->tail) < MSCOPE_RING_EVENTS) {
        ring->events[head % MSCOPE_RING_EVENTS] = *event;
        mscope_store_release(&ring->head, head + 1);
    } else {
        mscope_add_relaxed(&mscope_global.dropped_events, 1);
    }
    if (writes) mscope_end_write(&ring->writer);
}

size_t mscope_drain_events(struct mscope_event *out, size_t capacity)
{
    size_t filled = 0;
    uint32_t banks = mscope_load_acquire(&mscope_bank_count);
    for (uint32_t i = 0; i < banks && i < MSCOPE_BANKS && filled < capacity; i++) {
        struct mscope_bank *bank = mscope_load_acquire(&mscope_banks[i]);
        struct mscope_ring *ring = bank ? mscope_load_acquire(&bank->ring) : NULL;
        if (ring == NULL) continue;
        uint64_t tail = mscope_load_relaxed(&ring->tail), head = mscope_load_acquire(&ring->head);
        for (; tail != head && filled < capacity; tail++) out[filled++] = ring->events[tail % MSCOPE_RING_EVENTS];
        mscope_store_release(&ring->tail, tail);
    }
    return filled;
}
