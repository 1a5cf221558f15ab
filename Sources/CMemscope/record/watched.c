// The table of watched blocks, by address. A thread that ends a block finds its entry without a lock.
//
//   life = epoch:62 | state:2        the epoch counts how often the entry was used
//
// A block is in one of the buckets that follow the one of its address. An entry may be used for another block when it
// is free, or when its block has ended and nobody watches.
#include "record/watched.h"

#include "record/record.h"

enum { MSCOPE_WAYS = 8, MSCOPE_BUCKETS = MSCOPE_WATCHED_CAPACITY / MSCOPE_WAYS, MSCOPE_BUCKETS_TRIED = 4 };
enum mscope_life { MSCOPE_LIFE_FREE, MSCOPE_LIFE_LIVE, MSCOPE_LIFE_ENDING, MSCOPE_LIFE_ENDED, MSCOPE_LIVES };
struct mscope_watched_entry {
    _Atomic uint64_t life, address, born;
    uint64_t ended_at, moved_to;
    uint32_t site, thread; // of the end
    uint32_t uses;
    bool has_history; // history has its birth
};
static _Atomic(struct mscope_watched_entry *) mscope_watched_entries; // mapped when it is needed

static inline enum mscope_life mscope_life_of(uint64_t life)
{
    return (enum mscope_life)(life % MSCOPE_LIVES);
}

/// The n-th place where the entry of an address may be.
static inline struct mscope_watched_entry *mscope_watched_place(uint64_t address, uint32_t n)
{
    uint64_t bucket = (address >> 4) * MSCOPE_HASH_BASE >> 40;
    return &mscope_load_relaxed(&mscope_watched_entries)[(bucket * MSCOPE_WAYS + n) % MSCOPE_WATCHED_CAPACITY];
}

/// The entry of a block: that of a live one, if there is one; else of one that has ended; NULL when there is neither.
/// `*life` is of the time before the entry was compared.
static struct mscope_watched_entry *mscope_find_watched(uint64_t address, uint64_t born, uint64_t *life)
{
    struct mscope_watched_entry *found = NULL;
    if (mscope_load_acquire(&mscope_watched_entries) == NULL) return NULL;
    for (uint32_t n = 0; n < MSCOPE_BUCKETS_TRIED * MSCOPE_WAYS; n++) {
        struct mscope_watched_entry *entry = mscope_watched_place(address, n);
        uint64_t seen = mscope_load_acquire(&entry->life);
        if (mscope_life_of(seen) == MSCOPE_LIFE_FREE || mscope_load_relaxed(&entry->address) != address
            || mscope_load_relaxed(&entry->born) != born)
            continue;
        *life = seen;
        if (mscope_life_of(seen) == MSCOPE_LIFE_LIVE) return entry;
        found = entry;
    }
    return found;
}

// ---- the end of a block

static uint32_t mscope_site_of_end(const struct mscope_cursor *caller)
{
    struct mscope_bank *borrowed = NULL, *bank = mscope_bank_here(&borrowed);
    if (bank == NULL) return 0;
    bool held = mscope_hold_numbers(bank, caller->sp);
    uint32_t site = mscope_site_id(mscope_site_here(&bank->unwinder, caller->pc, caller->sp, caller->fp));
    if (site != 0 && !mscope_retain_site(site)) site = 0;
    mscope_release_numbers(bank, held);
    if (borrowed != NULL) mscope_leave_borrowed(borrowed);
    return site;
}

bool mscope_end_watched(uint64_t address, uint64_t born, const struct mscope_cursor *caller, uint64_t moved_to)
{
    uint64_t life = 0;
    struct mscope_watched_entry *entry = mscope_find_watched(address, born, &life);
    if (entry == NULL) return true;
    uint64_t ending = life - MSCOPE_LIFE_LIVE + MSCOPE_LIFE_ENDING;
    bool has_history = entry->has_history;
    if (mscope_life_of(life) != MSCOPE_LIFE_LIVE || !mscope_cas_acq_rel(&entry->life, &life, ending))
        return has_history;
    const struct mscope_bank *bank = mscope_tls.bank;
    entry->ended_at = mscope_now();
    entry->moved_to = moved_to;
    entry->thread = bank != NULL ? bank->thread : 0;
    entry->site = caller != NULL ? mscope_site_of_end(caller) : 0;
    mscope_store_release(&entry->life, ending - MSCOPE_LIFE_ENDING + MSCOPE_LIFE_ENDED);
    return has_history;
}

// ---- watching

static bool mscope_map_watched(void)
{
    enum { MSCOPE_WATCHED_BYTES = MSCOPE_WATCHED_CAPACITY * sizeof(struct mscope_watched_entry) };
    if (mscope_load_acquire(&mscope_watched_entries) != NULL) return true;
    struct mscope_watched_entry *fresh = mscope_map(MSCOPE_WATCHED_BYTES);
    mscope_store_release(&mscope_watched_entries, fresh);
    return fresh != NULL;
}

/// Frees an entry that nobody watches: false while its block lives, or is about to end.
static bool mscope_free_watched(struct mscope_watched_entry *entry, enum mscope_life state)
{
    uint64_t life = mscope_load_acquire(&entry->life);
    if (mscope_life_of(life) != state
        || !mscope_cas_acq_rel(&entry->life, &life, (life / MSCOPE_LIVES + 1) * MSCOPE_LIVES))
        return false;
    if (entry->site != 0) mscope_release_site(entry->site);
    entry->site = 0;
    return true;
}

/// A free entry for an address; NULL when all its places are used.
static struct mscope_watched_entry *mscope_free_place(uint64_t address)
{
    for (uint32_t n = 0; n < MSCOPE_BUCKETS_TRIED * MSCOPE_WAYS; n++) {
        struct mscope_watched_entry *entry = mscope_watched_place(address, n);
        enum mscope_life life = mscope_life_of(mscope_load_acquire(&entry->life));
        if (life == MSCOPE_LIFE_FREE) return entry;
        if (entry->uses == 0 && mscope_free_watched(entry, MSCOPE_LIFE_ENDED)) return entry;
    }
    return NULL;
}

/// Sets or clears the flag of a live block, which its thread may end at any time; false when it has ended.
static bool mscope_flag_watched(uint64_t address, uint64_t born, bool watched)
{
    uint64_t what;
    struct mscope_slot *slot = mscope_find_slot(address, &what);
    while (mscope_owns_slot(what, address) && mscope_load_acquire(&slot->born) == born) {
        uint64_t flagged = watched ? what | MSCOPE_SLOT_EVENT : what & ~(uint64_t)MSCOPE_SLOT_EVENT;
        if (mscope_cas_acq_rel(&slot->what, &what, flagged)) return true;
    }
    return false;
}

static uint32_t mscope_number_of(const struct mscope_watched_entry *entry)
{
    return (uint32_t)(entry - mscope_load_relaxed(&mscope_watched_entries)) + 1;
}

uint32_t mscope_watch_block(uint64_t address)
{
    uint64_t what;
    struct mscope_slot *slot = mscope_find_slot(address, &what);
    if (!mscope_owns_slot(what, address) || (what & MSCOPE_SLOT_INTERNAL) || !mscope_map_watched()) return 0;
    uint64_t born = mscope_load_acquire(&slot->born), life = 0;
    struct mscope_watched_entry *entry = mscope_find_watched(address, born, &life);
    if (entry != NULL && mscope_life_of(life) == MSCOPE_LIFE_LIVE) {
        entry->uses++;
        return mscope_number_of(entry);
    }
    entry = mscope_free_place(address);
    if (entry == NULL) return MSCOPE_WATCH_FULL;
    mscope_store_relaxed(&entry->born, born);
    entry->has_history = (what & MSCOPE_SLOT_EVENT) != 0;
    entry->uses = 1;
    mscope_store_relaxed(&entry->address, address);
    // The entry first: once the flag is set, the block's end is looked for here.
    mscope_store_release(&entry->life, mscope_load_relaxed(&entry->life) + MSCOPE_LIFE_LIVE);
    if (mscope_flag_watched(address, born, true)) return mscope_number_of(entry);
    mscope_stop_watching(mscope_number_of(entry));
    return 0;
}

static struct mscope_watched_entry *mscope_watched_at(uint32_t number)
{
    struct mscope_watched_entry *entries = mscope_load_acquire(&mscope_watched_entries);
    return entries != NULL && number - 1 < MSCOPE_WATCHED_CAPACITY ? &entries[number - 1] : NULL;
}

void mscope_stop_watching(uint32_t number)
{
    struct mscope_watched_entry *entry = mscope_watched_at(number);
    if (entry == NULL || entry->uses == 0 || --entry->uses != 0) return;
    if (mscope_life_of(mscope_load_acquire(&entry->life)) == MSCOPE_LIFE_LIVE) {
        if (!entry->has_history)
            mscope_flag_watched(mscope_load_relaxed(&entry->address), mscope_load_relaxed(&entry->born), false);
        if (mscope_free_watched(entry, MSCOPE_LIFE_LIVE)) return;
    }
    mscope_free_watched(entry, MSCOPE_LIFE_ENDED); // if it is just about to end, the next one to use the place frees it
}

void mscope_stop_watching_all(void)
{
    for (uint32_t number = 1; number <= MSCOPE_WATCHED_CAPACITY; number++) {
        struct mscope_watched_entry *entry = mscope_watched_at(number);
        if (entry == NULL) return;
        if (entry->uses == 0) continue;
        entry->uses = 1;
        mscope_stop_watching(number);
    }
}

void mscope_read_watched(uint32_t number, struct mscope_watched *out)
{
    struct mscope_watched_entry *entry = mscope_watched_at(number);
    *out = (struct mscope_watched){0};
    if (entry == NULL) return;
    out->address = mscope_load_relaxed(&entry->address);
    if (mscope_life_of(mscope_load_acquire(&entry->life)) == MSCOPE_LIFE_ENDED) {
        out->ended_at = entry->ended_at, out->moved_to = entry->moved_to;
        out->end_site = entry->site, out->end_thread = entry->thread;
        return;
    }
}
