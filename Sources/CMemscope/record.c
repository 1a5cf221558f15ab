// The hot path: what happens after an allocation succeeded and before a block is really freed.
//
// context of everything here: hook path; any thread, before main, during thread exit, in a signal handler, in a vfork
// child. It does not allocate, lock, log, format or touch errno.
#include "internal.h"

// The compiler makes calls of what has two users; on this path a call is a tenth of the budget.
#define MSCOPE_INLINE static inline __attribute__((always_inline))

/// Bytes count into a tally once, or as often as a sampled block stands for others.
static inline void mscope_count_birth(struct mscope_tally *tally, uint64_t size, uint64_t weight)
{
    mscope_bump(&tally->allocations, weight);
    mscope_bump(&tally->allocated_bytes, size * weight);
}

static inline void mscope_count_death(struct mscope_tally *tally, uint64_t size, uint64_t weight)
{
    mscope_bump(&tally->frees, weight);
    mscope_bump(&tally->freed_bytes, size * weight);
}

/// Lets the process-wide figure know of changes now and then: it is only there to find the peak.
static inline void mscope_live_bytes_changed(struct mscope_bank *bank, const _Atomic uint64_t *counter, uint64_t size)
{
    bool due = mscope_load_relaxed(counter) % MSCOPE_PUBLISH_EVERY == 0 || size >= MSCOPE_PUBLISH_AT_ONCE;
    if (mscope_unlikely(due)) mscope_publish(bank);
}

static inline uint32_t mscope_context_of(struct mscope_bank *bank)
{
    const void *(*current)(void) = mscope_load_relaxed(&mscope_current_task);
    if (mscope_likely(current == NULL)) return bank->context;
    return mscope_find_context(bank);
}

/// Fills the slot of a new block. `born` first: see mscope_read_slot.
static inline void mscope_fill(struct mscope_slot *slot, uint64_t address, uint64_t size, uint64_t what, uint64_t born)
{
    mscope_store_relaxed(&slot->born, born);
    if (mscope_unlikely(size >= MSCOPE_SIZE_HUGE)) {
        struct mscope_slot *next = mscope_make_slot(address + 32);
        if (next != NULL) mscope_store_relaxed(&next->born, size);
    }
    mscope_store_release(&slot->what, what);
}

static void mscope_write_event(struct mscope_bank *bank, uint32_t kind, uint64_t address, uint64_t what, uint64_t born,
                               uint64_t size)
{
    struct mscope_context context = mscope_context_at((uint32_t)(born & MSCOPE_CONTEXT_MASK));
    struct mscope_event event = {
        .time = mscope_now(),
        .address = address,
        .size = size,
        .task = context.task,
        .site = mscope_slot_site(what),
        .thread = bank->thread,
        .kind = kind,
        .flags = mscope_slot_flags(what) & MSCOPE_SLOT_INTERNAL ? MSCOPE_BLOCK_INTERNAL : 0,
    };
    mscope_push_event(bank, &event);
}

/// One in about `interval` allocations writes history.
static inline uint32_t mscope_event_flag(struct mscope_bank *bank)
{
    uint32_t interval = mscope_load_relaxed(&mscope_event_interval);
    if (mscope_likely(interval == 0)) return 0;
    bank->random += 0x9e3779b97f4a7c15ull;
    return interval == 1 || (uint32_t)(bank->random >> 33) % interval == 0 ? MSCOPE_SLOT_EVENT : 0;
}

/// What sampling says of an allocation: nothing is recorded (0), all but its stack (LIVE), or everything.
static uint32_t mscope_decide(struct mscope_bank *bank, uint32_t mode, uint64_t size)
{
    // In `sampled` mode the hook has subtracted the size already.
    if (mode == MSCOPE_BALANCED) mscope_tls.until_sample -= (int64_t)(size | 1);
    if (mscope_tls.until_sample > 0) return mode == MSCOPE_BALANCED ? MSCOPE_SLOT_LIVE : 0;
    mscope_tls.until_sample = mscope_next_sample(bank);
    mscope_add_relaxed(&mscope_global.sampled_allocations, 1);
    return MSCOPE_SLOT_LIVE | MSCOPE_SLOT_SAMPLED | (mode == MSCOPE_SAMPLED ? MSCOPE_SLOT_STANDS : 0u);
}

/// The bank of a thread's first allocation, or one borrowed for this call while the thread comes or goes.
static struct mscope_bank *mscope_bank_of_newcomer(uint32_t mode, uint64_t size)
{
    struct mscope_bank *bank = mscope_enter();
    // Its countdown was never drawn; what the hook subtracted from zero is put in place.
    if (bank != NULL)
        mscope_tls.until_sample = mscope_next_sample(bank) - (mode == MSCOPE_SAMPLED ? (int64_t)(size | 1) : 0);
    return bank;
}

/// Records a birth whose stack and flags are settled.
MSCOPE_INLINE void mscope_record_birth(struct mscope_bank *bank, uint64_t address, uint64_t size, uint32_t site,
                                       uint32_t flags, uint64_t born, uint32_t walk)
{
    struct mscope_slot *slot = mscope_make_slot(address);
    if (mscope_unlikely(slot == NULL)) return;
    flags |= (address & 16 ? MSCOPE_SLOT_HALF : 0u) | mscope_event_flag(bank);
    flags |= mscope_walk_number(walk) << MSCOPE_SLOT_WALK_SHIFT;
    uint64_t what = mscope_slot_what(size, site, flags);
    uint64_t weight = mscope_unlikely(flags & MSCOPE_SLOT_SAMPLED) ? mscope_weight(size, born) : 1;
    uint64_t own_weight = flags & MSCOPE_SLOT_STANDS ? weight : 1;
    mscope_count_birth(&bank->tally[flags & MSCOPE_SLOT_INTERNAL ? MSCOPE_INTERNAL : MSCOPE_PROGRAM], size, own_weight);
    if (mscope_likely(site != 0)) {
        struct mscope_tally *tally = mscope_site_tally(bank, site);
        if (mscope_likely(tally != NULL)) mscope_count_birth(tally, size, weight);
    }
    mscope_live_bytes_changed(bank, &bank->tally[MSCOPE_PROGRAM].allocations, size * own_weight);
    mscope_fill(slot, address, size, what, born);
    if (mscope_unlikely(size > MSCOPE_ORDINARY_BYTES)) mscope_note_size(size);
    if (mscope_unlikely(flags & MSCOPE_SLOT_EVENT))
        mscope_write_event(bank, flags & MSCOPE_SLOT_REALLOCATED ? MSCOPE_EVENT_REALLOCATION : MSCOPE_EVENT_ALLOCATION,
                           address, what, born, size);
}

MSCOPE_INLINE void mscope_record_death(struct mscope_bank *bank, uint64_t address, uint64_t size, uint64_t what,
                                       uint64_t born)
{
    uint32_t flags = mscope_slot_flags(what), site = mscope_slot_site(what);
    uint64_t weight = mscope_unlikely(flags & MSCOPE_SLOT_SAMPLED) ? mscope_weight(size, born) : 1;
    uint64_t own_weight = flags & MSCOPE_SLOT_STANDS ? weight : 1;
    mscope_count_death(&bank->tally[flags & MSCOPE_SLOT_INTERNAL ? MSCOPE_INTERNAL : MSCOPE_PROGRAM], size, own_weight);
    if (mscope_likely(site != 0)) {
        struct mscope_tally *tally = mscope_site_tally(bank, site);
        if (mscope_likely(tally != NULL)) mscope_count_death(tally, size, weight);
    }
    mscope_live_bytes_changed(bank, &bank->tally[MSCOPE_PROGRAM].frees, size * own_weight);
    if (mscope_unlikely(flags & MSCOPE_SLOT_EVENT))
        mscope_write_event(bank, MSCOPE_EVENT_FREE, address, what, born, size);
}

void mscope_record(void *block, size_t size, uint32_t family, uint64_t pc, uint64_t sp, uint64_t fp)
{
    uint32_t mode = mscope_load_relaxed(&mscope_current_mode);
    if (mscope_unlikely(mode == MSCOPE_OFF)) {
        mscope_store_relaxed(&mscope_hook_ran, 1);
        return;
    }
    struct mscope_bank *bank = mscope_tls.bank, *borrowed = NULL;
    if (mscope_unlikely(bank == NULL)) {
        bank = mscope_bank_of_newcomer(mode, size);
        if (bank == NULL) return;
        if (mscope_tls.bank != bank) borrowed = bank;
    }
    // Its slot is seldom in the cache; it is fetched while the stack is taken.
    __builtin_prefetch(mscope_find_slot((uint64_t)block), 1);
    uint32_t flags = mscope_likely(mode == MSCOPE_FULL) ? (uint32_t)MSCOPE_SLOT_LIVE : mscope_decide(bank, mode, size);
    if (flags != 0) {
        uint32_t site = 0;
        // Sites are the program's: what our own threads allocate is counted, not explained.
        if (!mscope_tls.internal && (mode == MSCOPE_FULL || (flags & MSCOPE_SLOT_SAMPLED)))
            site = mscope_site_here(bank, pc, sp, fp);
        flags |= family << MSCOPE_SLOT_FAMILY_SHIFT | (mscope_tls.internal ? MSCOPE_SLOT_INTERNAL : 0u);
        uint64_t born = mscope_birth_now() << 24 | mscope_context_of(bank);
        if (flags & MSCOPE_SLOT_SAMPLED) born |= mscope_round_weight(bank, size);
        mscope_record_birth(bank, (uint64_t)block, size, site, flags, born, mscope_load_acquire(&mscope_walking));
    }
    if (mscope_unlikely(borrowed != NULL)) mscope_leave_borrowed(borrowed);
}

/// The bank to write a death to; NULL only when there is no memory for one.
static inline struct mscope_bank *mscope_bank_for_death(struct mscope_bank **borrowed)
{
    struct mscope_bank *bank = mscope_tls.bank;
    if (mscope_likely(bank != NULL)) return bank;
    bank = mscope_bank_of_newcomer(mscope_load_relaxed(&mscope_current_mode), 0);
    if (bank != NULL && mscope_tls.bank != bank) *borrowed = bank;
    return bank;
}

void mscope_forget(struct mscope_slot *slot, uint64_t what, uint64_t address)
{
    struct mscope_bank *borrowed = NULL, *bank = mscope_bank_for_death(&borrowed);
    uint64_t born = mscope_load_relaxed(&slot->born), size = mscope_block_size(what, address);
    if (mscope_likely(bank != NULL)) {
        uint32_t walk = mscope_load_acquire(&mscope_walking);
        if (mscope_unlikely(walk != 0) && !mscope_is_newer(walk, what, born))
            mscope_note_departure(bank, walk, &(struct mscope_departure){address, what, born, size});
        mscope_record_death(bank, address, size, what, born);
    }
    mscope_store_release(&slot->what, 0);
    if (mscope_unlikely(borrowed != NULL)) mscope_leave_borrowed(borrowed);
}

// ---- realloc: lift the old record, let the allocator work, settle the new one

struct mscope_departure mscope_lift(void *block)
{
    uint64_t address = (uint64_t)block;
    struct mscope_slot *slot = mscope_find_slot(address);
    uint64_t what = slot ? mscope_load_relaxed(&slot->what) : 0;
    if (!mscope_owns_slot(what, address)) return (struct mscope_departure){0};
    struct mscope_departure old = {.address = address,
                                   .what = what,
                                   .born = mscope_load_relaxed(&slot->born),
                                   .size = mscope_block_size(what, address)};
    uint32_t walk = mscope_load_acquire(&mscope_walking);
    if (mscope_unlikely(walk != 0) && !mscope_is_newer(walk, what, old.born)) {
        struct mscope_bank *borrowed = NULL, *bank = mscope_bank_for_death(&borrowed);
        if (bank != NULL) mscope_note_departure(bank, walk, &old);
        if (borrowed != NULL) mscope_leave_borrowed(borrowed);
    }
    mscope_tls.moving = 1;
    mscope_store_release(&slot->what, 0);
    return old;
}

void mscope_put_back(struct mscope_departure old)
{
    if (old.what == 0) return;
    struct mscope_slot *slot = mscope_find_slot(old.address);
    mscope_fill(slot, old.address, old.size, old.what, old.born);
    mscope_tls.moving = 0;
}

/// Flags of a known block that realloc moved. In every mode the new block is sampled, or not, as a newborn of its size
/// would be, so estimates stay without bias; only what is exact stays so: a block that was measured, its measured
/// stack.
static uint32_t mscope_flags_of_moved(struct mscope_bank *bank, uint32_t mode, uint64_t size, uint32_t old,
                                      uint32_t *site)
{
    bool measured = !(old & MSCOPE_SLOT_STANDS), measured_site = *site != 0 && !(old & MSCOPE_SLOT_SAMPLED);
    uint32_t kept = old & (MSCOPE_SLOT_INTERNAL | 3u << MSCOPE_SLOT_FAMILY_SHIFT);
    if (mode == MSCOPE_FULL) return kept | MSCOPE_SLOT_LIVE | MSCOPE_SLOT_REALLOCATED;
    if (measured_site) return kept | MSCOPE_SLOT_LIVE | MSCOPE_SLOT_REALLOCATED;
    *site = 0;
    if (mode == MSCOPE_SAMPLED) mscope_tls.until_sample -= (int64_t)(size | 1);
    uint32_t decision = mode == MSCOPE_OFF ? 0 : mscope_decide(bank, mode, size);
    if (measured) decision = (decision | MSCOPE_SLOT_LIVE) & ~(uint32_t)MSCOPE_SLOT_STANDS;
    return decision ? kept | decision | MSCOPE_SLOT_REALLOCATED : 0;
}

static __attribute__((noinline)) void mscope_record_moved(struct mscope_bank *bank, uint64_t address, uint64_t size,
                                                          const struct mscope_departure *old,
                                                          struct mscope_cursor caller)
{
    uint32_t mode = mscope_load_relaxed(&mscope_current_mode), site = mscope_slot_site(old->what);
    uint32_t flags = mscope_flags_of_moved(bank, mode, size, mscope_slot_flags(old->what), &site);
    if (flags == 0) return;
    uint32_t walk = mscope_load_acquire(&mscope_walking); // once: the note and the number belong together
    if (mscope_unlikely(walk != 0)) mscope_note_departure(bank, walk, &(struct mscope_departure){.address = address});
    // Its stack is the one that made it this big; its birth that of the first block.
    if (!(flags & MSCOPE_SLOT_INTERNAL) && (mode == MSCOPE_FULL || (flags & MSCOPE_SLOT_SAMPLED)))
        site = mscope_site_here(bank, caller.pc, caller.sp, caller.fp);
    uint64_t born = mscope_birth_of(old->born) << 24 | mscope_context_of(bank);
    if (flags & MSCOPE_SLOT_SAMPLED) born |= mscope_round_weight(bank, size);
    mscope_record_birth(bank, address, size, site, flags, born, walk);
}

/// Counts a realloc as one free and one allocation; the new block keeps the birth of the old one.
void mscope_settle(void *block, size_t size, struct mscope_departure old, uint64_t pc, uint64_t sp, uint64_t fp)
{
    if (old.what == 0) { // never recorded: a birth like any other
        if (block == NULL) return;
        if (mscope_load_relaxed(&mscope_current_mode) == MSCOPE_SAMPLED && mscope_take_sample_distance(size)) return;
        mscope_record(block, size, MSCOPE_FAMILY_MALLOC, pc, sp, fp);
        return;
    }
    struct mscope_bank *borrowed = NULL, *bank = mscope_bank_for_death(&borrowed);
    if (bank == NULL) {
        mscope_tls.moving = 0;
        return;
    }
    mscope_record_death(bank, old.address, old.size, old.what, old.born);
    if (block != NULL) mscope_record_moved(bank, (uint64_t)block, size, &old, (struct mscope_cursor){pc, sp, fp});
    mscope_tls.moving = 0;
    if (mscope_unlikely(borrowed != NULL)) mscope_leave_borrowed(borrowed);
}
