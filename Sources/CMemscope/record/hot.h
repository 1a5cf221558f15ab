// The part of recording that is inlined where it is used: counting, filling a slot, and all of recording for a plain
// block. Rare work is done by functions that leave all registers as they were (MSCOPE_RARE).
//
// context of everything here: hook path, see record.c
#ifndef MSCOPE_RECORD_HOT_H
#define MSCOPE_RECORD_HOT_H

#include "record/accounts.h"
#include "record/events.h"
#include "record/mode.h"
#include "record/sample.h"
#include "record/shadow.h"
#include "record/tasks.h"
#include "record/threads.h"
#include "record/walk.h"

// ---- record.c
MSCOPE_HIDDEN void mscope_write_event(struct mscope_bank *bank, uint32_t kind, uint64_t address, uint64_t what,
                                      uint64_t born, uint64_t size);
/// Records any block in any mode. In the modes that sample, the caller has already counted the size down.
MSCOPE_HIDDEN void mscope_record(void *block, size_t size, uint32_t family, struct mscope_cursor caller);
/// Records the end of a block. `mark` is written to the slot; see mscope_mark_of.
MSCOPE_HIDDEN void mscope_record_free(struct mscope_slot *slot, uint64_t what, uint64_t address, uint64_t mark);
/// Takes a block's record out of the table while realloc may move the block. Returns the record; `what` is 0 when the
/// block was unknown.
MSCOPE_HIDDEN struct mscope_departure mscope_take_record(void *block, uint64_t mark);
MSCOPE_HIDDEN void mscope_restore_record(struct mscope_departure old);
MSCOPE_HIDDEN void mscope_record_moved(void *block, size_t size, struct mscope_departure old, uint64_t pc, uint64_t sp,
                                       uint64_t fp);

/// The calling thread's bank, or a borrowed one that must be given back; NULL only when there is no memory for one.
MSCOPE_HIDDEN struct mscope_bank *mscope_bank_here(struct mscope_bank **borrowed);

// ---- counting

/// Adds a block to a tally: once, or as often as a sampled block stands for others.
MSCOPE_INLINE void mscope_count_birth(struct mscope_tally *tally, uint64_t size, uint64_t weight)
{
    mscope_bump(&tally->allocations, weight);
    mscope_bump(&tally->allocated_bytes, size * weight);
}

MSCOPE_INLINE void mscope_count_death(struct mscope_tally *tally, uint64_t size, uint64_t weight)
{
    mscope_bump(&tally->freed_bytes, size * weight); // first: see mscope_is_unused
    mscope_bump(&tally->frees, weight);
}

/// Updates the process-wide figure of live bytes now and then: the figure only serves to find the peak.
MSCOPE_INLINE void mscope_live_bytes_changed(struct mscope_bank *bank, uint64_t size)
{
    if (mscope_unlikely(!mscope_count_down(&bank->until_look, size))) mscope_publish(bank);
}

/// Counts an allocation down to the next sample; true while the sample is not reached. A size that is too large for the
/// address space is not counted: the allocation fails.
MSCOPE_INLINE bool mscope_take_sample_distance(uint64_t size)
{
    if (mscope_unlikely(size >> MSCOPE_ADDRESS_BITS != 0)) return true;
    return mscope_count_down(&mscope_tls.until_sample, size | 1);
}

/// Whether an allocation passes unrecorded: in `off` mode all do, in `sampled` mode most do, after one subtraction.
MSCOPE_INLINE bool mscope_passes(size_t size)
{
    uint32_t mode = mscope_load_relaxed(&mscope_current_mode);
    if (mode == MSCOPE_SAMPLED) return mscope_likely(mscope_take_sample_distance(size));
    return mode == MSCOPE_OFF;
}

/// Whether this allocation must be checked, or the thread has not drawn yet which one will be.
MSCOPE_INLINE bool mscope_check_is_due(void)
{
    return mscope_unlikely(!mscope_count_down(&mscope_tls.until_check, 1));
}

// ---- slots

/// Fills the slot of a new block. `born` is written first: see mscope_read_granule.
MSCOPE_INLINE void mscope_fill(struct mscope_slot *slot, uint64_t address, uint64_t size, uint64_t what, uint64_t born)
{
    mscope_store_relaxed(&slot->born, born);
    if (mscope_unlikely(size >= MSCOPE_SIZE_LIMIT)) {
        struct mscope_slot *next = mscope_make_slot(address + 32, 0);
        if (next != NULL) mscope_store_relaxed(&next->born, size);
    }
    mscope_store_release(&slot->what, what);
}

/// Records the birth of a block whose slot, stack and flags are known.
MSCOPE_INLINE void mscope_record_birth(struct mscope_bank *bank, struct mscope_slot *slot, uint64_t address,
                                       uint64_t size, uint32_t site, uint32_t flags, uint64_t born)
{
    mscope_use_slot(slot, address, size);
    uint64_t what = mscope_slot_what(address, size, site, flags);
    uint64_t weight = mscope_unlikely(flags & MSCOPE_SLOT_SAMPLED) ? mscope_weight(size, born) : 1;
    uint64_t own_weight = flags & MSCOPE_SLOT_WEIGHTED ? weight : 1;
    mscope_count_birth(&bank->tally[flags & MSCOPE_SLOT_INTERNAL ? MSCOPE_INTERNAL : MSCOPE_PROGRAM], size, own_weight);
    if (site != 0) mscope_count_birth(mscope_site_tally(bank, site), size, weight);
    mscope_live_bytes_changed(bank, size * own_weight);
    mscope_fill(slot, address, size, what, born);
    if (mscope_unlikely(size > MSCOPE_ORDINARY_BYTES)) mscope_note_size(size);
    if (mscope_unlikely(flags & MSCOPE_SLOT_EVENT))
        mscope_write_event(bank, flags & MSCOPE_SLOT_REALLOCATED ? MSCOPE_EVENT_REALLOCATION : MSCOPE_EVENT_ALLOCATION,
                           address, what, born, size);
}

MSCOPE_INLINE void mscope_record_death(struct mscope_bank *bank, uint64_t size, uint32_t site, uint32_t flags,
                                       uint64_t born)
{
    uint64_t weight = mscope_unlikely(flags & MSCOPE_SLOT_SAMPLED) ? mscope_weight(size, born) : 1;
    uint64_t own_weight = flags & MSCOPE_SLOT_WEIGHTED ? weight : 1;
    mscope_count_death(&bank->tally[flags & MSCOPE_SLOT_INTERNAL ? MSCOPE_INTERNAL : MSCOPE_PROGRAM], size, own_weight);
    if (site != 0) mscope_count_death(mscope_site_tally(bank, site), size, weight);
    mscope_live_bytes_changed(bank, size * own_weight);
}

// ---- the plain case: nearly every block

/// The bank to record a plain birth with: the thread has a bank and is the program's, the size needs no note, no walk
/// is under way and no history is wanted. NULL when one of these is not so.
MSCOPE_INLINE struct mscope_bank *mscope_bank_for_plain_birth(uint64_t size)
{
    bool watched = (mscope_load_acquire(&mscope_walking) | mscope_load_relaxed(&mscope_event_interval)) != 0;
    if (mscope_unlikely(watched || size > MSCOPE_ORDINARY_BYTES || mscope_tls.internal)) return NULL;
    return mscope_tls.bank;
}

MSCOPE_INLINE void mscope_record_plain_birth(struct mscope_bank *bank, struct mscope_slot *slot, uint64_t address,
                                             uint64_t size, uint32_t site, uint32_t family, uint64_t pc)
{
    uint32_t account = mscope_load_relaxed(&bank->account);
    if (mscope_unlikely(mscope_may_be_task(pc))) {
        account = mscope_find_account(bank, pc);
        if (account & MSCOPE_COUNTED) mscope_count_birth_on(account, size, 1);
    }
    mscope_record_birth(bank, slot, address, size, site, MSCOPE_SLOT_LIVE | family << MSCOPE_SLOT_FAMILY_SHIFT,
                        mscope_birth_now() << 24 | account);
}

/// Records an allocation that did not pass, and returns the block. A plain block that needs no sample is recorded at
/// once.
///
/// While the stack is taken, the block's address is kept with all bits turned, and the caller must go on with what is
/// returned: a function called from here saves its caller's registers, and what it leaves on the stack would look like
/// a pointer to the block.
MSCOPE_INLINE void *mscope_record_here(void *block, size_t size, uint32_t family, uint64_t pc, uint64_t sp, uint64_t fp)
{
    uint32_t mode = mscope_load_relaxed(&mscope_current_mode), site = 0;
    uint64_t address = (uint64_t)block;
    bool settled = mode == MSCOPE_FULL
                   || (mode == MSCOPE_BALANCED && mscope_likely(mscope_count_down(&mscope_tls.until_sample, size | 1)));
    struct mscope_bank *bank = settled ? mscope_bank_for_plain_birth(size) : NULL;
    struct mscope_region *region;
    bool held = false;
    if (mscope_unlikely(bank == NULL) || mscope_unlikely((region = mscope_find_region(address)) == NULL)) {
        mscope_record(block, size, family, (struct mscope_cursor){pc, sp, fp});
        return block;
    }
    struct mscope_slot *slot = mscope_slot_for(region, address, size);
    if (mode != MSCOPE_FULL) {
        if (mscope_unlikely(mscope_may_be_task(pc))) held = mscope_hold_numbers(bank, sp);
    } else {
        __builtin_prefetch(slot, 1); // the slot is seldom in the cache; it is fetched while the stack is taken
        uint64_t turned = ~address;
        __asm__ volatile("" : "+r"(turned)); // from here on the compiler does not know the address
        held = mscope_hold_numbers(bank, sp);
        site = mscope_site_here(&bank->unwinder, pc, sp, fp);
        address = ~turned;
    }
    mscope_record_plain_birth(bank, slot, address, size, site, family, pc);
    mscope_release_numbers(bank, held);
    return (void *)address;
}

/// Turns a live block's slot into that of a freed block. The order of the stores matters: see mscope_read_granule.
MSCOPE_INLINE void mscope_mark_freed(struct mscope_slot *slot, uint64_t what, uint64_t mark)
{
    mscope_store_release(&slot->what, mscope_ended(what));
    mscope_store_release(&slot->born, mark);
}

/// Whether `what` is of a live block at `address`, of that family, whose end only counters need to know.
MSCOPE_INLINE bool mscope_is_plain(uint64_t what, uint64_t address, uint32_t family)
{
    uint32_t mask = MSCOPE_SLOT_LIVE | MSCOPE_SLOT_QUARTER | 3 << MSCOPE_SLOT_FAMILY_SHIFT;
    mask |= MSCOPE_SLOT_INTERNAL | MSCOPE_SLOT_SAMPLED | MSCOPE_SLOT_WEIGHTED | MSCOPE_SLOT_EVENT;
    uint32_t wanted = MSCOPE_SLOT_LIVE | family << MSCOPE_SLOT_FAMILY_SHIFT;
    return ((uint32_t)what & mask) == (((uint32_t)address & MSCOPE_SLOT_QUARTER) | wanted);
}

/// Records the end of a plain block; false, and nothing is done, when the block is not plain.
MSCOPE_INLINE bool mscope_record_plain_free(struct mscope_slot *slot, uint64_t what, uint64_t address, uint64_t pc)
{
    uint64_t size = mscope_slot_size(what);
    struct mscope_bank *bank = mscope_tls.bank;
    // The slot cannot distinguish addresses in the same 16 bytes.
    bool plain = (address & 15) == 0 && size < MSCOPE_SIZE_LIMIT && bank != NULL && !mscope_is_own_thread()
                 && mscope_load_acquire(&mscope_walking) == 0;
    if (mscope_unlikely(!plain)) return false;
    uint64_t born = mscope_load_relaxed(&slot->born);
    if (mscope_unlikely(born & MSCOPE_COUNTED)) mscope_count_death_on(bank->thread, (uint32_t)born, size, 1);
    // The mark first: then fewer values stay in registers during the counting.
    mscope_mark_freed(slot, what, mscope_mark_of(pc));
    mscope_record_death(bank, size, mscope_slot_site(what), MSCOPE_SLOT_LIVE, 0);
    return true;
}

#endif
