// Which accounts are given back, and when: those without live blocks, once no thread can be about to use them.
//
// A thread keeps the accounts that it used last. So an account is first taken from its thread, and given back a second
// later if nothing was counted on it meanwhile: by then each call that had it has ended (mscope_hold_numbers).
//
// context: the collector, and the thread that waits for the end of the process; one at a time
#include "record/record.h"

static struct mscope_grace mscope_accounts_grace;

static void mscope_withdraw_account(struct mscope_account *account)
{
    uint32_t used = MSCOPE_ACCOUNT_USED;
    if (!mscope_account_is_unused(account)) return;
    account->allocations_seen = mscope_load_relaxed(&account->allocations);
    mscope_forget_account(account);
    mscope_cas_acq_rel(&account->state, &used, MSCOPE_ACCOUNT_WITHDRAWN);
}

static void mscope_settle_account(struct mscope_account *account)
{
    uint32_t withdrawn = MSCOPE_ACCOUNT_WITHDRAWN;
    bool kept = mscope_forget_account(account);
    if (!kept && mscope_account_is_unused(account)
        && account->allocations_seen == mscope_load_relaxed(&account->allocations))
        return mscope_free_account(account);
    mscope_cas_acq_rel(&account->state, &withdrawn, MSCOPE_ACCOUNT_USED);
}

void mscope_recycle_accounts(void)
{
    if (!mscope_has_passed(&mscope_accounts_grace)) return;
    uint32_t highest = mscope_highest_account();
    for (uint32_t i = 1; i <= highest; i++) {
        struct mscope_account *account = mscope_account_if_made(i);
        uint32_t state = account != NULL ? mscope_load_acquire(&account->state) : MSCOPE_ACCOUNT_FREE;
        if (state == MSCOPE_ACCOUNT_WITHDRAWN) mscope_settle_account(account);
        if (state == MSCOPE_ACCOUNT_USED) mscope_withdraw_account(account);
    }
    mscope_begin_grace(&mscope_accounts_grace);
}

void mscope_restart_account_grace(void)
{
    mscope_begin_grace(&mscope_accounts_grace);
}
