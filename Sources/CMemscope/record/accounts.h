// Accounts: who allocated a block: a thread, a task on it, a call of a scope. A block's record names its account.
#ifndef MSCOPE_RECORD_ACCOUNTS_H
#define MSCOPE_RECORD_ACCOUNTS_H

#include "record/bank.h"

// number = counted:1 | index:23          0: not known
//
// What a thread allocates outside of tasks and scopes is not counted here: its bank counts that. An account that no
// live block has, and that no thread is about to use, gets another thread, task and call of the same scope. It counts
// on, so a scope's figures are the sums over its accounts.
//
//   frees + other_frees <= allocations, at rest; the same for bytes
//   a live block has the account  =>  thread, task and call stay as they are
//   published <= live bytes <= published + slack, when no thread is in the middle of counting
//
// Memory is mapped by segments, when it is needed: a program may limit its data.
enum { MSCOPE_ACCOUNTS = 1 << 20, MSCOPE_COUNTED = 1 << 23, MSCOPE_SEGMENT_ACCOUNTS = 1 << 12 };
enum mscope_account_state { MSCOPE_ACCOUNT_FREE, MSCOPE_ACCOUNT_USED, MSCOPE_ACCOUNT_WITHDRAWN };
struct mscope_account {
    uint64_t task;
    uint32_t thread;
    _Atomic uint32_t call;
    uint32_t scope;
    _Atomic uint32_t next;                                             // in the scope's list of free accounts
    uint64_t slack;                                                    // see mscope_bytes_changed
    _Atomic uint64_t allocations, allocated_bytes, frees, freed_bytes; // by the account's thread
    _Alignas(64) _Atomic uint64_t other_frees;                         // by other threads
    _Atomic uint64_t other_freed_bytes;
    _Atomic uint64_t published;   // the live bytes that the scopes have been told
    _Atomic uint32_t state, uses; // uses: odd while it is being taken
    uint64_t allocations_seen;    // when it was withdrawn
    uint32_t index;
    _Atomic uint64_t since; // when it was taken, as mscope_birth_now() says
    // Of the task, as far as it is known: see struct mscope_task_usage.
    _Alignas(64) uint64_t object;
    uint64_t creator, created_at, parent;
    uint32_t job_flags, task_site, facts;
    _Atomic uint64_t base_allocations, base_bytes; // what was counted before it was taken
};
_Static_assert(sizeof(struct mscope_account) == 192, "what other threads write has a cache line of its own");
// what is known of the task; the other bits are of the first word of its object
enum { MSCOPE_FACT_BLOCK = 1, MSCOPE_FACT_JOB_FLAGS = 2, MSCOPE_FACT_LAYOUT = 4, MSCOPE_FACTS = 7 };

extern MSCOPE_HIDDEN _Atomic(struct mscope_account *)
    mscope_account_segments[MSCOPE_ACCOUNTS / MSCOPE_SEGMENT_ACCOUNTS];

/// The account that has a counted number.
static inline struct mscope_account *mscope_account_at(uint32_t number)
{
    uint32_t index = number & (MSCOPE_ACCOUNTS - 1);
    return &mscope_load_relaxed(
        &mscope_account_segments[index / MSCOPE_SEGMENT_ACCOUNTS])[index % MSCOPE_SEGMENT_ACCOUNTS];
}

// ---- accounts.c
MSCOPE_HIDDEN bool mscope_accounts_start(void);
/// A number for what a thread allocates outside of tasks and scopes; 0 when there are too many.
MSCOPE_HIDDEN uint32_t mscope_new_thread_account(uint32_t thread);
/// A number for what a thread allocates in a task, or 0, and a call of a scope, or 0; 0 when there are too many.
/// `object` is the task's; NULL: no task.
MSCOPE_HIDDEN uint32_t mscope_take_account(uint32_t thread, uint64_t task, const void *object, uint32_t call);
/// The index of the last counted account that was made; the first one is 1.
MSCOPE_HIDDEN uint32_t mscope_highest_account(void);
/// For readers: NULL while there is no memory for it.
MSCOPE_HIDDEN struct mscope_account *mscope_account_if_made(uint32_t index);
/// Reads what an account has counted; the frees are read first.
MSCOPE_HIDDEN struct mscope_counts mscope_account_counts(const struct mscope_account *account);
/// Who allocated a live block with this `born`.
MSCOPE_HIDDEN struct mscope_owner mscope_owner_of(uint64_t born);
/// Who allocated a block that may have ended; zeros when that is not known any more.
MSCOPE_HIDDEN struct mscope_owner mscope_earlier_owner_of(uint64_t born);
/// Whether no live block has the account, and no walk may still have such a block.
MSCOPE_HIDDEN bool mscope_account_is_unused(const struct mscope_account *account);
/// Gives an unused account back, unless another thread has done that.
MSCOPE_HIDDEN void mscope_free_account(struct mscope_account *account);

// ---- recycle_accounts.c
/// The work of each second that gives accounts without live blocks back.
MSCOPE_HIDDEN void mscope_recycle_accounts(void);
/// In a forked child: waits anew.
MSCOPE_HIDDEN void mscope_restart_account_grace(void);
/// Makes a thread forget an account that it keeps for its next allocations; false when it keeps none.
MSCOPE_HIDDEN bool mscope_forget_account(const struct mscope_account *account);

/// Tells the scopes of an account that its live bytes have changed: see scopes.c. context: any thread
MSCOPE_RARE void mscope_publish_on(struct mscope_account *account);

// ---- counting

static inline uint64_t mscope_live_bytes_on(const struct mscope_account *account)
{
    uint64_t ended = mscope_load_acquire(&account->freed_bytes) + mscope_load_acquire(&account->other_freed_bytes);
    return mscope_load_acquire(&account->allocated_bytes) - ended;
}

/// Whether the scopes must hear that live bytes have changed. They are told less than there is, so that their peaks are
/// lower bounds.
static inline bool mscope_must_publish(const struct mscope_account *account)
{
    return mscope_live_bytes_on(account) - mscope_load_relaxed(&account->published) > account->slack;
}

/// Counts a block's birth on its account, on the account's thread.
MSCOPE_INLINE void mscope_count_birth_on(uint32_t number, uint64_t bytes, uint64_t blocks)
{
    struct mscope_account *account = mscope_account_at(number);
    mscope_bump(&account->allocations, blocks);
    mscope_bump(&account->allocated_bytes, bytes);
    if (account->slack != UINT64_MAX && mscope_unlikely(mscope_must_publish(account))) mscope_publish_on(account);
}

/// Counts a block's end on its account, on any thread. Bytes first: see mscope_account_is_unused.
MSCOPE_RARE void mscope_count_death_on(uint32_t thread, uint32_t number, uint64_t bytes, uint64_t blocks);

#endif
