// The shadow table: what lives at which address, and walks over it that see one moment.
//
// A walk does not stop the program. It copies slots in order of address; a block that ends meanwhile is written to its
// thread's departure log before its slot is cleared, so the union of both is what lived when the walk began.
#include "internal.h"

#include <time.h>

_Atomic(struct mscope_slot *) mscope_regions[MSCOPE_REGIONS];
_Atomic uint32_t mscope_walking;
// The table is sparse: walks look only between the lowest and the highest region that ever had a slot. Valid when
// zeroed, so the lowest is kept as its distance from the top.
static _Atomic uint32_t mscope_above_lowest, mscope_highest_region;

struct mscope_slot *mscope_new_region(uint64_t address)
{
    uint32_t index = (uint32_t)(address >> MSCOPE_REGION_SHIFT & (MSCOPE_REGIONS - 1));
    size_t bytes = MSCOPE_REGION_SLOTS * sizeof(struct mscope_slot);
    struct mscope_slot *fresh = mscope_map(bytes), *other = NULL;
    if (fresh == NULL) {
        mscope_add_relaxed(&mscope_global.dropped_blocks, 1);
        return NULL;
    }
    if (!mscope_cas_acq_rel(&mscope_regions[index], &other, fresh)) {
        mscope_unmap(fresh, bytes);
        return other;
    }
    uint32_t above = MSCOPE_REGIONS - index, seen = mscope_load_relaxed(&mscope_above_lowest);
    while (above > seen && !mscope_cas_acq_rel(&mscope_above_lowest, &seen, above)) {}
    seen = mscope_load_relaxed(&mscope_highest_region);
    while (index > seen && !mscope_cas_acq_rel(&mscope_highest_region, &seen, index)) {}
    return fresh;
}

static void mscope_describe(struct mscope_block *out, uint64_t address, uint64_t what, uint64_t born, uint64_t size)
{
    uint32_t flags = mscope_slot_flags(what);
    struct mscope_context context = mscope_context_at((uint32_t)(born & MSCOPE_CONTEXT_MASK));
    uint64_t weight = flags & MSCOPE_SLOT_SAMPLED ? mscope_weight(size, address, born) : 1;
    uint32_t site = mscope_slot_site(what);
    *out = (struct mscope_block){
        .address = address,
        .size = size,
        .birth = mscope_birth_to_time(born >> 24),
        .task = context.task,
        .weight = flags & MSCOPE_SLOT_STANDS ? weight : 1,
        .site_weight = site ? weight : 0,
        .site = site,
        .thread = context.thread,
        .flags = (flags & MSCOPE_SLOT_INTERNAL ? MSCOPE_BLOCK_INTERNAL : 0u)
            | (flags & MSCOPE_SLOT_SAMPLED ? MSCOPE_BLOCK_SAMPLED : 0u)
            | (flags & MSCOPE_SLOT_REALLOCATED ? MSCOPE_BLOCK_REALLOCATED : 0u)
            | (flags >> MSCOPE_SLOT_FAMILY_SHIFT & 3u) << MSCOPE_BLOCK_FAMILY_SHIFT,
    };
}

/// Whether a block was recorded since the walk began. The birth alone is too coarse; a block of an earlier walk has the
/// flag too but an earlier birth, because walks are a tick apart.
static bool mscope_is_newer(uint32_t flags, uint64_t born, uint64_t began)
{
    return (flags & MSCOPE_SLOT_IN_WALK) && born >> 24 >= began;
}

/// Copies a slot that its owner may be changing. False when no block lives there.
///
/// A slot is cleared before it is filled anew and `born` is written first, so `what` read twice alike with `born`
/// between belongs to one block, or to two of the same size and site, of which either is true.
static bool mscope_copy_slot(struct mscope_slot *slot, uint64_t granule, struct mscope_block *out, uint64_t began)
{
    uint64_t what = mscope_load_acquire(&slot->what);
    uint32_t flags = mscope_slot_flags(what);
    if (!(flags & MSCOPE_SLOT_LIVE)) return false;
    uint64_t born = mscope_load_acquire(&slot->born);
    uint64_t address = granule << MSCOPE_GRANULE_SHIFT | (flags & MSCOPE_SLOT_HALF ? 16 : 0);
    uint64_t size = mscope_block_size(what, address);
    if (mscope_load_acquire(&slot->what) != what || mscope_is_newer(flags, born, began)) return false;
    mscope_describe(out, address, what, born, size);
    return true;
}

// ---- walks: one at a time, so the cursor is global

static struct {
    _Atomic uint32_t taken, generation;
    uint64_t began, ended;     // as births
    uint32_t region, slot;
    uint32_t bank, departure;  // second phase
    _Atomic uint64_t missed;
} mscope_walk;

bool mscope_walk_begin(void)
{
    if (mscope_exchange_acq_rel(&mscope_walk.taken, 1)) return false;
    mscope_walk.region = MSCOPE_REGIONS - mscope_load_relaxed(&mscope_above_lowest);
    mscope_walk.slot = mscope_walk.bank = mscope_walk.departure = 0;
    mscope_store_relaxed(&mscope_walk.missed, 0);
    uint32_t generation = mscope_add_relaxed(&mscope_walk.generation, 1) + 1;
    // A tick after the last walk, so that its blocks cannot be taken for those of this one.
    while ((mscope_walk.began = mscope_birth_now()) <= mscope_walk.ended) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    mscope_store_release(&mscope_walking, generation ? generation : 1);
    // Frees that do not see the walk yet are ordered before its beginning.
    atomic_thread_fence(memory_order_seq_cst);
    return true;
}

void mscope_note_departure(struct mscope_bank *bank, uint64_t address, uint64_t what, uint64_t born, uint64_t size)
{
    uint32_t generation = mscope_load_acquire(&mscope_walking);
    if (generation == 0) return;
    struct mscope_departure_log *log = mscope_load_relaxed(&bank->departures);
    if (log == NULL) {
        log = mscope_map(sizeof(*log));
        if (log != NULL) mscope_store_release(&bank->departures, log);
    }
    if (log != NULL && mscope_load_relaxed(&log->generation) != generation) {
        mscope_store_relaxed(&log->count, 0);
        mscope_store_release(&log->generation, generation);
    }
    uint32_t count = log ? mscope_load_relaxed(&log->count) : MSCOPE_DEPARTURES;
    if (count >= MSCOPE_DEPARTURES) {
        mscope_add_relaxed(&mscope_walk.missed, 1);
        return;
    }
    log->entries[count] = (struct mscope_departure){address, what, born, size};
    mscope_store_release(&log->count, count + 1);
}

static size_t mscope_walk_slots(struct mscope_block *out, size_t capacity)
{
    size_t filled = 0;
    for (; mscope_walk.region <= mscope_load_relaxed(&mscope_highest_region); mscope_walk.region++, mscope_walk.slot = 0) {
        struct mscope_slot *slots = mscope_load_acquire(&mscope_regions[mscope_walk.region]);
        if (slots == NULL) continue;
        uint64_t first = (uint64_t)mscope_walk.region << (MSCOPE_REGION_SHIFT - MSCOPE_GRANULE_SHIFT);
        for (; mscope_walk.slot < MSCOPE_REGION_SLOTS; mscope_walk.slot++) {
            if (filled == capacity) return filled;
            uint32_t slot = mscope_walk.slot;
            filled += mscope_copy_slot(&slots[slot], first + slot, &out[filled], mscope_walk.began);
        }
    }
    return filled;
}

static size_t mscope_walk_departures(struct mscope_block *out, size_t capacity)
{
    size_t filled = 0;
    uint32_t generation = mscope_load_relaxed(&mscope_walking);
    for (; mscope_walk.bank < mscope_load_relaxed(&mscope_bank_count); mscope_walk.bank++, mscope_walk.departure = 0) {
        struct mscope_bank *bank = mscope_load_acquire(&mscope_banks[mscope_walk.bank]);
        struct mscope_departure_log *log = bank ? mscope_load_acquire(&bank->departures) : NULL;
        if (log == NULL || mscope_load_acquire(&log->generation) != generation) continue;
        for (; mscope_walk.departure < mscope_load_acquire(&log->count); mscope_walk.departure++) {
            if (filled == capacity) return filled;
            const struct mscope_departure *entry = &log->entries[mscope_walk.departure];
            if (mscope_is_newer(mscope_slot_flags(entry->what), entry->born, mscope_walk.began)) continue;
            mscope_describe(&out[filled], entry->address, entry->what, entry->born, entry->size);
            out[filled++].flags |= entry->what ? MSCOPE_BLOCK_DEPARTED : MSCOPE_BLOCK_ARRIVED;
        }
    }
    return filled;
}

size_t mscope_walk_next(struct mscope_block *out, size_t capacity)
{
    size_t filled = mscope_walk_slots(out, capacity);
    return filled ? filled : mscope_walk_departures(out, capacity);
}

bool mscope_walk_end(uint64_t *missed)
{
    *missed = mscope_load_relaxed(&mscope_walk.missed);
    mscope_store_release(&mscope_walking, 0);
    mscope_walk.ended = mscope_birth_now();
    mscope_store_release(&mscope_walk.taken, 0);
    return *missed == 0;
}

void mscope_shadow_after_fork(void)
{
    mscope_store_relaxed(&mscope_walking, 0);
    mscope_store_relaxed(&mscope_walk.taken, 0);
}

bool mscope_find_block(uint64_t address, struct mscope_block *out)
{
    // Backwards from the granule of the address to the block that covers it, at most one region and a bit.
    uint64_t granule = address >> MSCOPE_GRANULE_SHIFT, lowest = granule > MSCOPE_REGION_SLOTS ? granule - MSCOPE_REGION_SLOTS : 0;
    for (; granule > lowest; granule--) {
        struct mscope_slot *slot = mscope_find_slot(granule << MSCOPE_GRANULE_SHIFT);
        if (slot == NULL) {
            granule &= ~(uint64_t)(MSCOPE_REGION_SLOTS - 1); // a whole region without slots
            continue;
        }
        if (mscope_copy_slot(slot, granule, out, UINT64_MAX) && out->address <= address)
            return address < out->address + (out->size ? out->size : 1);
    }
    return false;
}
