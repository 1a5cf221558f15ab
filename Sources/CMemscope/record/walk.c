// Walks over the live blocks of one moment, without stopping the program.
//
// A walk reads slots in order of address. A block that ends meanwhile is written to its thread's departure log before
// its slot is cleared, and a block recorded meanwhile carries the walk's number. So the blocks that lived when the walk
// began are those in slots, without the ones that carry this walk's number, and those in the logs, without the ones
// already read (one bit for each granule).
#include "record/record.h"
#include "record/shadow.h"

#include <time.h>

_Atomic uint32_t mscope_walking;

// One walk at a time, so its state is global.
static struct {
    _Atomic uint32_t taken;
    uint32_t count;           // number of the walk under way, or of the last
    uint64_t began, ended;    // in the unit of births
    uint64_t start;           // as mscope_now() says
    uint32_t region, granule; // first phase: slots
    uint32_t bank, departure; // second phase: logs
    bool finished;            // everything was delivered
    _Atomic uint64_t missed;
} mscope_walk;

static void mscope_clear_delivered(void)
{
    for (uint32_t i = mscope_lowest_region(); i <= mscope_highest_region(); i++) {
        struct mscope_region *region = mscope_load_acquire(&mscope_regions[i]);
        if (region != NULL) mscope_discard_pages((void *)region->delivered, sizeof(region->delivered));
    }
}

bool mscope_walk_begin(void)
{
    if (mscope_exchange_acq_rel(&mscope_walk.taken, 1)) return false;
    mscope_walk.region = mscope_lowest_region();
    mscope_walk.granule = mscope_walk.bank = mscope_walk.departure = 0;
    mscope_walk.finished = false;
    mscope_store_relaxed(&mscope_walk.missed, 0);
    // Begins one tick after the last walk ended: otherwise blocks of that walk could be taken for blocks of this one.
    while ((mscope_walk.began = mscope_birth_now()) <= mscope_walk.ended)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    if (++mscope_walk.count == 0) mscope_walk.count = 1;
    mscope_store_release(&mscope_walking, mscope_walk.count);
    mscope_walk.start = mscope_now();
    // Frees that do not see the walk yet happen before its beginning.
    atomic_thread_fence(memory_order_seq_cst);
    return true;
}

/// The thread's log of `walk`; NULL when there is no memory for one.
static struct mscope_departure_log *mscope_own_log(struct mscope_bank *bank, uint32_t walk)
{
    struct mscope_departure_log *log = mscope_load_relaxed(&bank->departures);
    if (log == NULL) {
        log = mscope_map(sizeof(*log));
        if (log == NULL) return NULL;
        mscope_store_release(&bank->departures, log);
    }
    if (mscope_load_relaxed(&log->generation) != walk) {
        mscope_store_relaxed(&log->count, 0);
        mscope_store_release(&log->generation, walk);
    }
    return log;
}

void mscope_note_departure(struct mscope_bank *bank, uint32_t walk, const struct mscope_departure *departure)
{
    struct mscope_departure_log *log = mscope_own_log(bank, walk);
    bool writes = log != NULL && mscope_begin_write(&log->writer);
    uint32_t count = writes ? mscope_load_relaxed(&log->count) : MSCOPE_DEPARTURES;
    if (count < MSCOPE_DEPARTURES) {
        log->entries[count] = *departure;
        mscope_store_release(&log->count, count + 1);
    } else {
        mscope_add_relaxed(&mscope_walk.missed, 1);
    }
    if (writes) mscope_end_write(&log->writer);
}

static inline uint32_t mscope_walk_of(uint64_t what)
{
    return mscope_slot_flags(what) >> MSCOPE_SLOT_WALK_SHIFT & 7;
}

/// Whether a block was recorded since the walk began. The birth alone is too coarse, and a block that realloc moved
/// keeps its old birth. Walk numbers repeat every seven walks: then births differ, and mscope_walk_end has removed the
/// number from moved blocks.
bool mscope_is_newer(uint32_t walk, uint64_t what, uint64_t born)
{
    if (mscope_walk_of(what) != mscope_walk_number(walk)) return false;
    return (mscope_slot_flags(what) & MSCOPE_SLOT_REALLOCATED) || mscope_birth_of(born) >= mscope_walk.began;
}

/// Delivers a block if it was not delivered yet; false when the walk must leave it out.
static bool mscope_deliver(const struct mscope_departure *found, struct mscope_block *out)
{
    if (mscope_is_newer(mscope_walk.count, found->what, found->born)) return false;
    struct mscope_region *region = mscope_find_region(found->address);
    uint64_t index = found->address >> MSCOPE_GRANULE_SHIFT & (MSCOPE_REGION_GRANULES - 1);
    _Atomic uint8_t *bits = &region->delivered[index / 8];
    uint8_t bit = (uint8_t)(1 << index % 8), before = mscope_load_relaxed(bits);
    if (before & bit) return false;
    mscope_store_relaxed(bits, before | bit);
    mscope_describe_block(out, found->address, found->what, found->born, found->size);
    return true;
}

static size_t mscope_walk_slots(struct mscope_block *out, size_t capacity)
{
    size_t filled = 0;
    for (; mscope_walk.region <= mscope_highest_region(); mscope_walk.region++, mscope_walk.granule = 0) {
        struct mscope_region *region = mscope_load_acquire(&mscope_regions[mscope_walk.region]);
        if (region == NULL) continue;
        uint64_t first = (uint64_t)mscope_walk.region << (MSCOPE_REGION_SHIFT - MSCOPE_GRANULE_SHIFT);
        for (; mscope_walk.granule < MSCOPE_REGION_GRANULES; mscope_walk.granule++) {
            if (filled == capacity) return filled;
            if (!mscope_is_used(region, mscope_walk.granule / MSCOPE_STRETCH_GRANULES)) {
                mscope_walk.granule |= MSCOPE_STRETCH_GRANULES - 1;
                continue;
            }
            struct mscope_departure found;
            if (mscope_read_granule(region, first + mscope_walk.granule, &found) == NULL) continue;
            filled += mscope_deliver(&found, &out[filled]);
        }
    }
    return filled;
}

static uint32_t mscope_bank_limit(void)
{
    uint32_t count = mscope_load_acquire(&mscope_bank_count);
    return count < MSCOPE_BANKS ? count : MSCOPE_BANKS;
}

/// The log of a bank for this walk; NULL: there is none.
static struct mscope_departure_log *mscope_log_at(uint32_t index)
{
    struct mscope_bank *bank = mscope_load_acquire(&mscope_banks[index]);
    struct mscope_departure_log *log = bank ? mscope_load_acquire(&bank->departures) : NULL;
    return log != NULL && mscope_load_acquire(&log->generation) == mscope_walk.count ? log : NULL;
}

static size_t mscope_walk_departures(struct mscope_block *out, size_t capacity)
{
    size_t filled = 0;
    for (; mscope_walk.bank < mscope_bank_limit(); mscope_walk.bank++, mscope_walk.departure = 0) {
        struct mscope_departure_log *log = mscope_log_at(mscope_walk.bank);
        for (; log != NULL && mscope_walk.departure < mscope_load_acquire(&log->count); mscope_walk.departure++) {
            if (filled == capacity) return filled;
            const struct mscope_departure *entry = &log->entries[mscope_walk.departure];
            if (entry->what != 0) filled += mscope_deliver(entry, &out[filled]);
        }
    }
    return filled;
}

uint64_t mscope_walk_start(void)
{
    return mscope_walk.start;
}

size_t mscope_walk_next(struct mscope_block *out, size_t capacity)
{
    size_t filled = mscope_walk_slots(out, capacity);
    if (filled == 0) filled = mscope_walk_departures(out, capacity);
    mscope_walk.finished = filled == 0 && capacity > 0;
    return filled;
}

/// A block that realloc moved has the walk's number and an old birth: seven walks later it would be taken for a new
/// one.
static void mscope_settle_moved(void)
{
    for (uint32_t i = 0; i < mscope_bank_limit(); i++) {
        struct mscope_departure_log *log = mscope_log_at(i);
        for (uint32_t n = 0; log != NULL && n < mscope_load_acquire(&log->count); n++) {
            if (log->entries[n].what != 0) continue;
            uint64_t what;
            struct mscope_slot *slot = mscope_find_slot(log->entries[n].address, &what);
            // The block's owner may free it at any moment: then the exchange fails, or the owner's store comes after
            // it.
            if ((what & MSCOPE_SLOT_LIVE) && mscope_walk_of(what) != 0)
                mscope_cas_acq_rel(&slot->what, &what, what & ~(7ull << MSCOPE_SLOT_WALK_SHIFT));
        }
    }
}

bool mscope_walk_end(uint64_t *missed)
{
    *missed = mscope_load_relaxed(&mscope_walk.missed);
    bool finished = mscope_walk.finished;
    mscope_store_release(&mscope_walking, 0);
    mscope_settle_moved();
    mscope_clear_delivered();
    mscope_walk.ended = mscope_birth_now();
    mscope_store_release(&mscope_walk.taken, 0);
    return *missed == 0 && finished;
}

void mscope_walk_after_fork(void)
{
    mscope_store_relaxed(&mscope_walking, 0);
    if (mscope_load_relaxed(&mscope_walk.taken)) mscope_clear_delivered();
    mscope_store_relaxed(&mscope_walk.taken, 0);
}
