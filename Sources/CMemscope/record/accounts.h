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
enum { MSCOPE_ACCOUNTS = 1 << 20, MSCOPE_COUNTED = 1 << 23 };
enum mscope_account_state { MSCOPE_ACCOUNT_FREE, MSCOPE_ACCOUNT_USED, MSCOPE_ACCOUNT_WITHDRAWN };
struct mscope_account {
    uint64_t task;
    uint32_t thread;
    _Atomic uint32_t call;
    uint32_t scope;
    _Atomic uint32_t next;                                             // in the scope's list of free accounts
    uint64_t publish_mask;                                             // see mscope_bytes_changed
    _Atomic uint64_t allocations, allocated_bytes, frees, freed_bytes; // by the account's thread
    _Alignas(64) _Atomic uint64_t other_frees;                         // by other threads
    _Atomic uint64_t other_freed_bytes;
    _Atomic uint64_t published;   // the live bytes that the scopes have been told
    _Atomic uint32_t state, uses; // uses: how often it was taken
    uint64_t allocations_seen;    // when it was withdrawn
    _Atomic uint64_t since;       // when it was taken, as mscope_birth_now() says
};
_Static_assert(sizeof(struct mscope_account) == 128, "what other threads write has a cache line of its own");

extern MSCOPE_HIDDEN struct mscope_account *mscope_accounts; // entry 0: unknown

static inline struct mscope_account *mscope_account_at(uint32_t number)
{
    return &mscope_accounts[number & (MSCOPE_ACCOUNTS - 1)];
}

// ---- accounts.c
MSCOPE_HIDDEN bool mscope_accounts_start(void);
/// A number for what a thread allocates outside of tasks and scopes; 0 when there are too many.
MSCOPE_HIDDEN uint32_t mscope_new_thread_account(uint32_t thread);
/// A number for what a thread allocates in a task, or 0, and a call of a scope, or 0; 0 when there are too many.
MSCOPE_HIDDEN uint32_t mscope_take_account(uint32_t thread, uint64_t task, uint32_t call);
/// The number of the last account that was made.
MSCOPE_HIDDEN uint32_t mscope_highest_account(void);
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

/// To be called after the bytes of an account with a scope have changed, on any thread: see scopes.c.
MSCOPE_RARE void mscope_bytes_changed(struct mscope_account *account, int64_t change);

// ---- counting

/// Whether the scopes must hear of a change that led to `bytes`: of each change, or when a multiple of 4 KiB is passed.
MSCOPE_INLINE bool mscope_must_publish(const struct mscope_account *account, uint64_t bytes, uint64_t change)
{
    return ((bytes ^ (bytes - change)) & account->publish_mask) != 0;
}

/// Counts a block's birth on its account, on the account's thread.
MSCOPE_INLINE void mscope_count_birth_on(uint32_t number, uint64_t bytes, uint64_t blocks)
{
    struct mscope_account *account = mscope_account_at(number);
    mscope_bump(&account->allocations, blocks);
    mscope_bump(&account->allocated_bytes, bytes);
    uint64_t sum = mscope_load_relaxed(&account->allocated_bytes);
    if (mscope_unlikely(mscope_must_publish(account, sum, bytes))) mscope_bytes_changed(account, (int64_t)bytes);
}

/// Counts a block's end on its account, on any thread. Bytes first: see mscope_account_is_unused.
MSCOPE_RARE void mscope_count_death_on(uint32_t thread, uint32_t number, uint64_t bytes, uint64_t blocks);

#endif
