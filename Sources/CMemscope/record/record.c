// The hot path: the work after an allocation has succeeded, and before a block is really freed.
//
// context of everything here: hook path; any thread, before main, during thread exit, in a signal handler, in a vfork
// child. Nothing here allocates, locks, logs, formats or touches errno.
#include "record/hot.h"
#include "record/record.h"

void mscope_write_event(struct mscope_bank *bank, uint32_t kind, uint64_t address, uint64_t what, uint64_t born,
                        uint64_t size)
{
    struct mscope_event event = {
        .time = mscope_now(),
        .address = address,
        .size = size,
        .task = mscope_owner_of(born).task,
        .site = mscope_site_id(mscope_slot_site(what)),
        .thread = bank->thread,
        .kind = kind,
        .flags = mscope_slot_flags(what) & MSCOPE_SLOT_INTERNAL ? MSCOPE_BLOCK_INTERNAL : 0,
    };
    mscope_push_event(bank, &event);
}

/// About one in `interval` allocations writes history.
static inline uint32_t mscope_event_flag(struct mscope_bank *bank)
{
    uint32_t interval = mscope_load_relaxed(&mscope_event_interval);
    if (mscope_likely(interval == 0)) return 0;
    bank->random += 0x9e3779b97f4a7c15ull;
    return interval == 1 || (uint32_t)(bank->random >> 33) % interval == 0 ? MSCOPE_SLOT_EVENT : 0;
}

/// What sampling decides for an allocation: record nothing (0), all but the stack (LIVE), or everything.
static uint32_t mscope_decide(struct mscope_bank *bank, uint32_t mode)
{
    if (mode == MSCOPE_FULL) return MSCOPE_SLOT_LIVE;
    if (mscope_load_relaxed(&mscope_tls.until_sample) > 0) return mode == MSCOPE_BALANCED ? MSCOPE_SLOT_LIVE : 0;
    mscope_store_relaxed(&mscope_tls.until_sample, mscope_next_sample(bank));
    mscope_add_relaxed(&mscope_global.sampled_allocations, 1);
    return MSCOPE_SLOT_LIVE | MSCOPE_SLOT_SAMPLED | (mode == MSCOPE_SAMPLED ? MSCOPE_SLOT_WEIGHTED : 0u);
}

/// The bank of a thread at its first allocation, or one borrowed for this call while the thread starts or ends.
static struct mscope_bank *mscope_bank_of_new_thread(uint64_t counted)
{
    struct mscope_bank *bank = mscope_enter();
    // The thread's countdown was never drawn: it is drawn here, less what the hook has already subtracted.
    if (bank != NULL) mscope_store_relaxed(&mscope_tls.until_sample, mscope_next_sample(bank) - (int64_t)counted);
    return bank;
}

/// In `sampled` mode a block counts for those that it stands for.
static void mscope_count_on_account(struct mscope_bank *bank, uint64_t born, uint64_t size, uint32_t flags, bool birth)
{
    if (!(born & MSCOPE_COUNTED) || (flags & MSCOPE_SLOT_INTERNAL)) return;
    uint64_t blocks = flags & MSCOPE_SLOT_WEIGHTED ? mscope_weight(size, born) : 1;
    if (birth)
        mscope_count_birth_on((uint32_t)born, size * blocks, blocks);
    else
        mscope_count_death_on(bank->thread, (uint32_t)born, size * blocks, blocks);
}

/// The flags of a birth during a walk, or while history is wanted.
static inline uint32_t mscope_noted_flags(struct mscope_bank *bank, uint32_t walk)
{
    return mscope_event_flag(bank) | mscope_walk_number(walk) << MSCOPE_SLOT_WALK_SHIFT;
}

static inline bool mscope_mode_samples(uint32_t mode)
{
    return mode == MSCOPE_SAMPLED || mode == MSCOPE_BALANCED;
}

/// After a birth that could not be recorded: the mark of the block before must not be taken for a mark of this one.
static void mscope_forget_mark(uint64_t address)
{
    struct mscope_region *region = mscope_find_region(address);
    if (region == NULL) return;
    struct mscope_slot *large = mscope_large_slot(region, address), *small = mscope_small_slot(region, address);
    if (mscope_load_relaxed(&small->what) != 0) mscope_store_release(&small->what, 0);
    uint64_t ended = mscope_load_relaxed(&large->what);
    while (mscope_tells_of(ended, address) && !mscope_cas_acq_rel(&large->what, &ended, MSCOPE_WHAT_FORGOTTEN)) {
    }
}

void mscope_record(void *block, size_t size, uint32_t family, struct mscope_cursor caller)
{
    uint32_t mode = mscope_load_relaxed(&mscope_current_mode);
    if (mode == MSCOPE_PROBED) mscope_store_relaxed(&mscope_hook_ran, 1);
    if (mode == MSCOPE_OFF || mode == MSCOPE_PROBED) return;
    struct mscope_bank *bank = mscope_tls.bank, *borrowed = NULL;
    if (mscope_unlikely(bank == NULL)) {
        bank = mscope_bank_of_new_thread(mscope_mode_samples(mode) ? size | 1 : 0);
        if (bank == NULL) return mscope_forget_mark((uint64_t)block);
        if (mscope_tls.bank != bank) borrowed = bank;
    }
    uint32_t flags = mscope_decide(bank, mode);
    if (flags != 0) {
        uint32_t site = 0;
        bool held = mscope_hold_numbers(bank, caller.sp);
        // Sites are the program's: blocks of MemScope's own threads are counted, but get no site.
        if (!mscope_tls.internal && (mode == MSCOPE_FULL || (flags & MSCOPE_SLOT_SAMPLED)))
            site = mscope_site_here(&bank->unwinder, caller.pc, caller.sp, caller.fp);
        flags |= family << MSCOPE_SLOT_FAMILY_SHIFT | (mscope_tls.internal ? MSCOPE_SLOT_INTERNAL : 0u);
        uint64_t born = mscope_birth_now() << 24 | mscope_find_account(bank, caller.pc);
        if (flags & MSCOPE_SLOT_SAMPLED) born |= mscope_round_weight(bank, size);
        flags |= mscope_noted_flags(bank, mscope_load_acquire(&mscope_walking));
        struct mscope_slot *slot = mscope_place_of_slot((uint64_t)block, size);
        if (slot != NULL) {
            mscope_count_on_account(bank, born, size, flags, true);
            mscope_record_birth(bank, slot, (uint64_t)block, size, site, flags, born);
        }
        mscope_release_numbers(bank, held);
    }
    if (mscope_unlikely(borrowed != NULL)) mscope_leave_borrowed(borrowed);
}

struct mscope_bank *mscope_bank_here(struct mscope_bank **borrowed)
{
    struct mscope_bank *bank = mscope_tls.bank;
    if (mscope_likely(bank != NULL)) return bank;
    bank = mscope_bank_of_new_thread(0);
    if (bank != NULL && mscope_tls.bank != bank) *borrowed = bank;
    return bank;
}

/// Counts the end of a block for its site and, if history has its birth, writes history.
static void mscope_record_any_death(struct mscope_bank *bank, const struct mscope_departure *old)
{
    uint32_t flags = mscope_slot_flags(old->what);
    if ((flags & MSCOPE_SLOT_EVENT) && mscope_end_watched(old->address, old->born, NULL, 0))
        // first: later the account may be another task's
        mscope_write_event(bank, MSCOPE_EVENT_FREE, old->address, old->what, old->born, old->size);
    mscope_count_on_account(bank, old->born, old->size, flags, false);
    mscope_record_death(bank, old->size, mscope_slot_site(old->what), flags, old->born);
}

/// The record of the block at `address`, which owns the slot.
static struct mscope_departure mscope_departing(struct mscope_slot *slot, uint64_t what, uint64_t address)
{
    return (struct mscope_departure){.address = address,
                                     .what = what,
                                     .born = mscope_load_relaxed(&slot->born),
                                     .size = mscope_block_size(what, address)};
}

/// Notes the end of a block for a walk under way, if the block lived when the walk began.
static void mscope_tell_walk(struct mscope_bank *bank, const struct mscope_departure *old)
{
    uint32_t walk = mscope_load_acquire(&mscope_walking);
    if (walk != 0 && !mscope_is_newer(walk, old->what, old->born)) mscope_note_departure(bank, walk, old);
}

void mscope_record_free(struct mscope_slot *slot, uint64_t what, uint64_t address, uint64_t mark)
{
    struct mscope_bank *borrowed = NULL, *bank = mscope_bank_here(&borrowed);
    if (mscope_likely(bank != NULL)) {
        struct mscope_departure old = mscope_departing(slot, what, address);
        bool held = mscope_hold_numbers(bank, (uint64_t)__builtin_frame_address(0));
        mscope_tell_walk(bank, &old);
        mscope_record_any_death(bank, &old);
        mscope_note_order(slot, address);
        mscope_mark_freed(slot, what, mark);
        mscope_release_numbers(bank, held);
    } else {
        mscope_note_order(slot, address);
        mscope_mark_freed(slot, what, mark);
    }
    if (mscope_unlikely(borrowed != NULL)) mscope_leave_borrowed(borrowed);
}

// ---- realloc: lift the old record out of the table, let the allocator work, settle the new record in the table

struct mscope_departure mscope_take_record(void *block, uint64_t mark)
{
    uint64_t address = (uint64_t)block, what;
    struct mscope_slot *slot = mscope_find_slot(address, &what);
    if (!mscope_owns_slot(what, address)) return (struct mscope_departure){0};
    struct mscope_departure old = mscope_departing(slot, what, address);
    if (mscope_unlikely(mscope_load_relaxed(&mscope_walking) != 0)) {
        struct mscope_bank *borrowed = NULL, *bank = mscope_bank_here(&borrowed);
        if (bank != NULL) mscope_tell_walk(bank, &old);
        if (borrowed != NULL) mscope_leave_borrowed(borrowed);
    }
    mscope_tls.moving++;
    mscope_note_order(slot, address);
    mscope_mark_freed(slot, what, mark);
    return old;
}

void mscope_restore_record(struct mscope_departure old)
{
    if (old.what == 0) return;
    struct mscope_slot *slot = mscope_make_slot(old.address, old.size);
    mscope_fill(slot, old.address, old.size, old.what, old.born);
    mscope_tls.moving--;
}

/// Flags of a known block that realloc moved. In every mode the new block is sampled, or not, like a newly allocated
/// one of its size, so that estimates have no bias. Only exact values are kept: a block that was measured, and its
/// measured stack. The new block is malloc's, whichever function allocated the old one.
static uint32_t mscope_flags_of_moved(struct mscope_bank *bank, uint32_t mode, uint64_t size, uint32_t old,
                                      uint32_t *site)
{
    bool measured = !(old & MSCOPE_SLOT_WEIGHTED), measured_site = *site != 0 && !(old & MSCOPE_SLOT_SAMPLED);
    uint32_t kept = old & MSCOPE_SLOT_INTERNAL;
    if (mode == MSCOPE_FULL) return kept | MSCOPE_SLOT_LIVE | MSCOPE_SLOT_REALLOCATED;
    if (measured_site) return kept | MSCOPE_SLOT_LIVE | MSCOPE_SLOT_REALLOCATED;
    *site = 0;
    if (mode == MSCOPE_OFF) return measured ? kept | MSCOPE_SLOT_LIVE | MSCOPE_SLOT_REALLOCATED : 0;
    mscope_take_sample_distance(size);
    uint32_t decision = mscope_decide(bank, mode);
    if (measured) decision = (decision | MSCOPE_SLOT_LIVE) & ~(uint32_t)MSCOPE_SLOT_WEIGHTED;
    return decision ? kept | decision | MSCOPE_SLOT_REALLOCATED : 0;
}

static __attribute__((noinline)) void mscope_record_newborn(struct mscope_bank *bank, uint64_t address, uint64_t size,
                                                            const struct mscope_departure *old,
                                                            struct mscope_cursor caller)
{
    uint32_t mode = mscope_load_relaxed(&mscope_current_mode), site = mscope_slot_site(old->what);
    uint32_t flags = mscope_flags_of_moved(bank, mode, size, mscope_slot_flags(old->what), &site);
    if (flags == 0) return;
    // loaded once: the note and the number must belong to the same walk
    uint32_t walk = mscope_load_acquire(&mscope_walking);
    if (mscope_unlikely(walk != 0)) mscope_note_departure(bank, walk, &(struct mscope_departure){.address = address});
    // The stack is that of the call that made the block this big; the birth is that of the first block.
    if (!(flags & MSCOPE_SLOT_INTERNAL) && (mode == MSCOPE_FULL || (flags & MSCOPE_SLOT_SAMPLED)))
        site = mscope_site_here(&bank->unwinder, caller.pc, caller.sp, caller.fp);
    uint64_t born = mscope_birth_of(old->born) << 24 | mscope_find_account(bank, caller.pc);
    if (flags & MSCOPE_SLOT_SAMPLED) born |= mscope_round_weight(bank, size);
    flags |= mscope_noted_flags(bank, walk);
    struct mscope_slot *slot = mscope_place_of_slot(address, size);
    if (slot == NULL) return;
    mscope_count_on_account(bank, born, size, flags, true);
    mscope_record_birth(bank, slot, address, size, site, flags, born);
}

/// Counts one block more for a site, or one less: in between it is not without blocks.
static void mscope_keep_used(struct mscope_bank *bank, uint32_t site, uint64_t change)
{
    if (site != 0) mscope_bump(&mscope_site_tally(bank, site)->allocations, change);
    atomic_thread_fence(memory_order_release);
}

/// Counts a realloc as one free and one allocation; the new block keeps the birth of the old one.
void mscope_record_moved(void *block, size_t size, struct mscope_departure old, uint64_t pc, uint64_t sp, uint64_t fp)
{
    if (old.what == 0) { // never recorded: a birth like any other
        if (block == NULL) return;
        if (!mscope_passes(size)) mscope_record_here(block, size, MSCOPE_FAMILY_MALLOC, pc, sp, fp);
        return;
    }
    struct mscope_bank *borrowed = NULL, *bank = mscope_bank_here(&borrowed);
    if (bank == NULL) {
        if (block != NULL) mscope_forget_mark((uint64_t)block);
        mscope_tls.moving--;
        return;
    }
    struct mscope_cursor caller = {pc, sp, fp};
    bool held = mscope_hold_numbers(bank, sp);
    uint32_t site = mscope_slot_site(old.what); // the new block may keep it
    if (mscope_unlikely(old.what & MSCOPE_SLOT_EVENT))
        mscope_end_watched(old.address, old.born, &caller, (uint64_t)block);
    mscope_keep_used(bank, site, 1);
    mscope_record_any_death(bank, &old);
    if (block != NULL) mscope_record_newborn(bank, (uint64_t)block, size, &old, caller);
    mscope_keep_used(bank, site, -1ull);
    mscope_release_numbers(bank, held);
    mscope_tls.moving--;
    if (mscope_unlikely(borrowed != NULL)) mscope_leave_borrowed(borrowed);
}
