// Banks: a thread takes one at its first allocation, and gives it up when it ends.
#include "record/record.h"

_Atomic(struct mscope_bank *) mscope_banks[MSCOPE_BANKS];
_Atomic uint32_t mscope_bank_count;
/// How many banks have no owner, or will have none in a moment. When all banks exist and this is 0, the search for a
/// free bank is skipped.
static _Atomic uint32_t mscope_free_banks;

// The end of the main thread's stack; ld.so exports it.
extern void *__libc_stack_end;

static void mscope_find_stack(struct mscope_bank *bank)
{
    uint64_t here = (uint64_t)__builtin_frame_address(0);
    // glibc puts a thread's control block at the upper end of its stack; the main thread's is elsewhere.
    bool main_thread = mscope_is_first_thread();
    uint64_t high = main_thread ? (uint64_t)__libc_stack_end : mscope_thread_pointer();
    if (high < here) high = here; // not a stack whose end is known
    mscope_start_unwinder(&bank->unwinder, high);
    mscope_release_numbers(bank, true);
    // A thread that was cancelled during a write has left these set.
    struct mscope_ring *ring = mscope_load_relaxed(&bank->ring);
    struct mscope_departure_log *log = mscope_load_relaxed(&bank->departures);
    if (ring != NULL) mscope_store_relaxed(&ring->writer, 0);
    if (log != NULL) mscope_store_relaxed(&log->writer, 0);
}

static struct mscope_bank *mscope_find_bank(void)
{
    uint32_t count = mscope_load_acquire(&mscope_bank_count);
    bool any = mscope_load_relaxed(&mscope_free_banks) != 0;
    for (uint32_t i = 0; any && i < count && i < MSCOPE_BANKS; i++) {
        struct mscope_bank *bank = mscope_load_acquire(&mscope_banks[i]);
        uint32_t free = MSCOPE_BANK_FREE;
        if (bank && mscope_load_relaxed(&bank->state) == free
            && mscope_cas_acq_rel(&bank->state, &free, MSCOPE_BANK_OWNED)) {
            mscope_add_relaxed(&mscope_free_banks, -1u);
            return bank;
        }
    }
    if (count >= MSCOPE_BANKS) return NULL;
    struct mscope_bank *bank = mscope_map(sizeof(struct mscope_bank));
    if (bank == NULL) return NULL;
    uint32_t index = mscope_add_relaxed(&mscope_bank_count, 1);
    if (index >= MSCOPE_BANKS) {
        mscope_store_relaxed(&mscope_bank_count, MSCOPE_BANKS);
        mscope_unmap(bank, sizeof(*bank));
        return NULL;
    }
    mscope_store_relaxed(&bank->state, MSCOPE_BANK_OWNED);
    bank->random = mscope_now() ^ (uint64_t)bank;
    mscope_store_release(&mscope_banks[index], bank);
    return bank;
}

/// The counters of sites for which there is no memory.
static struct mscope_tally mscope_unread_tally;

struct mscope_tally *mscope_new_chunk(struct mscope_bank *bank, uint32_t site)
{
    _Atomic(struct mscope_chunk *) *place = &bank->chunks[site / MSCOPE_CHUNK_SITES];
    struct mscope_chunk *fresh = mscope_allocate_for_ever(sizeof(*fresh)), *other = NULL;
    if (fresh == NULL) {
        mscope_add_relaxed(&mscope_global.missing_counters, 1);
        return &mscope_unread_tally;
    }
    // A signal handler on this thread may have made the chunk in between.
    if (!mscope_cas_acq_rel(place, &other, fresh)) fresh = other;
    mscope_add_relaxed(&mscope_global.counter_bytes, sizeof(*fresh));
    return &fresh->sites[site % MSCOPE_CHUNK_SITES];
}

struct mscope_bank *mscope_claim_bank(void)
{
    struct mscope_bank *bank = mscope_find_bank();
    if (bank != NULL) mscope_find_stack(bank);
    return bank;
}

void mscope_leave_borrowed(struct mscope_bank *bank)
{
    mscope_release_numbers(bank, true); // a thread that was cancelled while it recorded has left it set
    mscope_add_relaxed(&mscope_free_banks, 1);
    mscope_store_release(&bank->state, MSCOPE_BANK_FREE);
}

void mscope_free_other_banks(void)
{
    uint32_t count = mscope_load_relaxed(&mscope_bank_count);
    mscope_store_relaxed(&mscope_free_banks, 0); // banks that were free are counted again below
    for (uint32_t i = 0; i < count && i < MSCOPE_BANKS; i++) {
        struct mscope_bank *bank = mscope_load_relaxed(&mscope_banks[i]);
        if (bank != NULL && bank != mscope_tls.bank) mscope_leave_borrowed(bank);
    }
}
