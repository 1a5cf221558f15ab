// The table of accounts.
#include "record/record.h"

_Atomic(struct mscope_account *) mscope_account_segments[MSCOPE_ACCOUNTS / MSCOPE_SEGMENT_ACCOUNTS];
static uint32_t *mscope_thread_numbers; // by the index of an account that is not counted
static _Atomic uint32_t mscope_thread_accounts, mscope_counted_accounts;

bool mscope_accounts_start(void)
{
    mscope_thread_numbers = mscope_map(sizeof(uint32_t) * MSCOPE_ACCOUNTS);
    return mscope_thread_numbers != NULL;
}

uint32_t mscope_highest_account(void)
{
    uint32_t highest = mscope_load_acquire(&mscope_counted_accounts);
    return highest < MSCOPE_ACCOUNTS ? highest : MSCOPE_ACCOUNTS - 1;
}

/// The count is read first, so that a full table is not written.
static uint32_t mscope_next_index(_Atomic uint32_t *count)
{
    uint32_t index = mscope_load_relaxed(count) + 1;
    if (index < MSCOPE_ACCOUNTS) index = mscope_add_relaxed(count, 1) + 1;
    return index < MSCOPE_ACCOUNTS ? index : 0;
}

uint32_t mscope_new_thread_account(uint32_t thread)
{
    uint32_t index = mscope_next_index(&mscope_thread_accounts);
    if (index == 0) mscope_add_relaxed(&mscope_global.dropped_accounts, 1);
    if (index != 0) mscope_thread_numbers[index] = thread;
    return index;
}

// ---- counted accounts

struct mscope_account *mscope_account_if_made(uint32_t index)
{
    struct mscope_account *segment = mscope_load_acquire(&mscope_account_segments[index / MSCOPE_SEGMENT_ACCOUNTS]);
    return segment != NULL ? &segment[index % MSCOPE_SEGMENT_ACCOUNTS] : NULL;
}

static _Atomic uint32_t *mscope_next_account(uint32_t index)
{
    return &mscope_account_at(index)->next;
}

static bool mscope_map_segment(uint32_t index)
{
    enum { MSCOPE_SEGMENT_BYTES = MSCOPE_SEGMENT_ACCOUNTS * sizeof(struct mscope_account) };
    _Atomic(struct mscope_account *) *place = &mscope_account_segments[index / MSCOPE_SEGMENT_ACCOUNTS];
    if (mscope_load_acquire(place) != NULL) return true;
    struct mscope_account *fresh = mscope_map(MSCOPE_SEGMENT_BYTES), *other = NULL;
    if (fresh == NULL) return false;
    if (!mscope_cas_acq_rel(place, &other, fresh)) mscope_unmap(fresh, MSCOPE_SEGMENT_BYTES);
    return true;
}

static uint32_t mscope_free_or_new_index(uint32_t scope)
{
    uint32_t index = mscope_take_number(mscope_free_accounts(scope), mscope_next_account);
    if (index == 0) index = mscope_next_index(&mscope_counted_accounts);
    if (index != 0 && mscope_map_segment(index)) return index;
    mscope_add_relaxed(&mscope_global.dropped_accounts, 1);
    return 0;
}

struct mscope_counts mscope_account_counts(const struct mscope_account *account)
{
    struct mscope_counts counts;
    counts.frees = mscope_load_acquire(&account->frees) + mscope_load_acquire(&account->other_frees);
    counts.freed_bytes = mscope_load_acquire(&account->freed_bytes) + mscope_load_acquire(&account->other_freed_bytes);
    counts.allocations = mscope_load_acquire(&account->allocations);
    counts.allocated_bytes = mscope_load_acquire(&account->allocated_bytes);
    return counts;
}

struct mscope_owner mscope_owner_of(uint64_t born)
{
    uint32_t number = (uint32_t)(born & MSCOPE_ACCOUNT_MASK);
    if (!(number & MSCOPE_COUNTED))
        return (struct mscope_owner){.thread = mscope_thread_numbers[number % MSCOPE_ACCOUNTS]};
    const struct mscope_account *account = mscope_account_at(number);
    return (struct mscope_owner){account->thread, mscope_load_relaxed(&account->call), account->task};
}

/// A block that realloc moved may have been born before its account was taken, and is not known any more either.
struct mscope_owner mscope_earlier_owner_of(uint64_t born)
{
    if (!(born & MSCOPE_COUNTED)) return mscope_owner_of(born);
    const struct mscope_account *account = mscope_account_at((uint32_t)born);
    uint32_t uses = mscope_load_acquire(&account->uses);
    struct mscope_owner owner = mscope_owner_of(born);
    bool is_its = mscope_load_relaxed(&account->since) < mscope_birth_of(born) && uses % 2 == 0;
    mscope_fence_acquire();
    return is_its && mscope_load_relaxed(&account->uses) == uses ? owner : (struct mscope_owner){0};
}

/// A walk looks up accounts of blocks that end during it. The question must come after the counts are read: a walk that
/// begins later has no block of the account.
bool mscope_account_is_unused(const struct mscope_account *account)
{
    struct mscope_counts counts = mscope_account_counts(account);
    bool unused = counts.allocations == counts.frees && counts.allocated_bytes == counts.freed_bytes;
    return unused && mscope_load_acquire(&mscope_walking) == 0;
}

uint32_t mscope_take_account(uint32_t thread, uint64_t task, const void *object, uint32_t call)
{
    uint32_t scope = mscope_scope_of_call(call);
    uint32_t index = mscope_free_or_new_index(scope);
    if (index == 0) return 0;
    struct mscope_account *account = mscope_account_at(index);
    mscope_use_call(call);
    uint32_t uses = mscope_load_relaxed(&account->uses);
    void *kept = mscope_begin_keeping_counts(account);
    mscope_store_relaxed(&account->uses, uses + 1);
    atomic_thread_fence(memory_order_release); // a reader that sees what follows also sees that
    account->scope = scope;
    account->slack = mscope_slack_of(scope);
    account->index = index;
    account->task = task;
    account->thread = thread;
    mscope_store_relaxed(&account->call, call);
    mscope_store_relaxed(&account->since, mscope_birth_now());
    mscope_note_task(account, object);
    mscope_store_release(&account->uses, uses + 2);
    mscope_end_keeping_counts(kept);
    mscope_store_release(&account->state, MSCOPE_ACCOUNT_USED);
    return index | MSCOPE_COUNTED;
}

void mscope_free_account(struct mscope_account *account)
{
    uint32_t state = mscope_load_acquire(&account->state), call = mscope_load_relaxed(&account->call);
    if (state == MSCOPE_ACCOUNT_FREE || !mscope_cas_acq_rel(&account->state, &state, MSCOPE_ACCOUNT_FREE)) return;
    mscope_list_number(mscope_free_accounts(account->scope), account->index, mscope_next_account);
    mscope_leave_call(call);
}

// ---- counting

void mscope_count_death_on(uint32_t thread, uint32_t number, uint64_t bytes, uint64_t blocks)
{
    struct mscope_account *account = mscope_account_at(number);
    if (mscope_likely(account->thread == thread)) {
        mscope_bump(&account->freed_bytes, bytes);
        mscope_bump(&account->frees, blocks);
    } else {
        atomic_fetch_add_explicit(&account->other_freed_bytes, bytes, memory_order_release);
        atomic_fetch_add_explicit(&account->other_frees, blocks, memory_order_release);
    }
    if (account->slack != UINT64_MAX && mscope_unlikely(mscope_must_publish(account))) mscope_publish_on(account);
}
