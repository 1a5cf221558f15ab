// Scopes: what each part of the program allocates. Accounts count; here are the sums over scopes in each other.
//
// The live bytes of a scope are needed at each moment only for the peak. So an account tells its scopes when its bytes
// have passed a multiple of 4 KiB; those of a scope with an exact peak tell each change.
#include "record/record.h"

#include <string.h>

enum { MSCOPE_SCOPES = 1 << 16, MSCOPE_PUBLISH_STEP = 4096 };

struct mscope_scope {
    uint32_t parent; // has a lower number
    bool exact;
    mscope_free_list free_accounts;
    _Atomic int64_t live_bytes; // as told by the accounts of this scope and those inside
    _Atomic int64_t peak_live_bytes;
    _Atomic uint64_t calls, running, nanoseconds;
};
static struct mscope_scope *mscope_scopes; // entry 0: no scope
static _Atomic uint32_t mscope_last_scope;

bool mscope_scopes_start(void)
{
    mscope_scopes = mscope_map(sizeof(struct mscope_scope) * MSCOPE_SCOPES);
    return mscope_scopes != NULL && mscope_calls_start();
}

uint32_t mscope_scope_count(void)
{
    uint32_t count = mscope_load_acquire(&mscope_last_scope);
    return count < MSCOPE_SCOPES ? count : MSCOPE_SCOPES - 1;
}

uint32_t mscope_make_scope(uint32_t parent, bool exact)
{
    if (mscope_scopes == NULL || mscope_scope_count() == MSCOPE_SCOPES - 1) return 0;
    uint32_t scope = mscope_add_relaxed(&mscope_last_scope, 1) + 1;
    if (scope >= MSCOPE_SCOPES) return 0;
    mscope_scopes[scope].parent = parent < scope ? parent : 0;
    mscope_scopes[scope].exact = exact || mscope_scopes[mscope_scopes[scope].parent].exact;
    return scope;
}

mscope_free_list *mscope_free_accounts(uint32_t scope)
{
    return &mscope_scopes[scope].free_accounts;
}

uint64_t mscope_publish_mask(uint32_t scope)
{
    if (scope == 0) return 0;
    return mscope_scopes[scope].exact ? ~0ull : ~(uint64_t)(MSCOPE_PUBLISH_STEP - 1);
}

void mscope_count_call(uint32_t scope)
{
    mscope_add_relaxed(&mscope_scopes[scope].calls, 1);
    mscope_add_relaxed(&mscope_scopes[scope].running, 1);
}

void mscope_count_call_end(uint32_t scope, uint64_t nanoseconds)
{
    mscope_add_relaxed(&mscope_scopes[scope].running, -1ull);
    mscope_add_relaxed(&mscope_scopes[scope].nanoseconds, nanoseconds);
}

// ---- live bytes and peaks

static uint64_t mscope_live_bytes_of(const struct mscope_account *account)
{
    struct mscope_counts counts = mscope_account_counts(account);
    return counts.allocated_bytes - counts.freed_bytes;
}

/// context: hook path
static void mscope_change_scopes(uint32_t scope, int64_t change)
{
    for (; scope != 0; scope = mscope_scopes[scope].parent) {
        struct mscope_scope *one = &mscope_scopes[scope];
        int64_t live = mscope_add_relaxed(&one->live_bytes, change) + change;
        int64_t peak = mscope_load_relaxed(&one->peak_live_bytes);
        while (live > peak && !mscope_cas_acq_rel(&one->peak_live_bytes, &peak, live)) {
        }
    }
}

static void mscope_publish_account(struct mscope_account *account)
{
    uint64_t live = mscope_live_bytes_of(account), known = mscope_exchange_acq_rel(&account->published, live);
    if (live != known) mscope_change_scopes(account->scope, (int64_t)(live - known));
}

void mscope_bytes_changed(struct mscope_account *account, int64_t change)
{
    if (mscope_scopes[account->scope].exact) return mscope_change_scopes(account->scope, change);
    mscope_publish_account(account);
}

// ---- reading

/// All scopes, each in its place; or one scope, with those inside it.
struct mscope_reading {
    struct mscope_scope_counts *out;
    uint32_t count, only;
};

static bool mscope_is_inside(uint32_t scope, uint32_t outer)
{
    while (scope > outer) scope = mscope_scopes[scope].parent;
    return scope == outer;
}

/// Where the blocks of an account are counted; NULL: nowhere.
static struct mscope_scope_counts *mscope_place_of_scope(const struct mscope_reading *reading, uint32_t scope)
{
    if (reading->only != 0) return mscope_is_inside(scope, reading->only) ? reading->out : NULL;
    return scope < reading->count ? &reading->out[scope] : NULL;
}

static void mscope_count_escaped(const struct mscope_reading *reading, uint32_t scope, uint64_t blocks, uint64_t bytes)
{
    struct mscope_scope_counts *place = mscope_place_of_scope(reading, scope);
    if (place == NULL || (reading->only != 0 && scope != reading->only)) return;
    place->escaped_blocks += blocks;
    place->escaped_bytes += bytes;
}

/// The scopes of those calls of an account that have ended. Returns how many.
static uint32_t mscope_ended_scopes(uint32_t call, uint32_t *out)
{
    uint32_t found = 0;
    for (int depth = 0; call != 0 && depth < MSCOPE_CALL_DEPTH; depth++, call = mscope_outer_call(call))
        if (mscope_call_has_ended(call)) out[found++] = mscope_scope_of_call(call);
    return found;
}

static void mscope_add_account(const struct mscope_reading *reading, struct mscope_account *account)
{
    uint32_t ended[MSCOPE_CALL_DEPTH], uses = mscope_load_acquire(&account->uses);
    struct mscope_scope_counts *own = mscope_place_of_scope(reading, account->scope);
    if (own == NULL || uses == 0) return;
    if (account->scope != 0 && !mscope_scopes[account->scope].exact) mscope_publish_account(account);
    uint32_t found = mscope_ended_scopes(mscope_load_relaxed(&account->call), ended);
    struct mscope_counts counts = mscope_account_counts(account);
    uint64_t blocks = counts.allocations - counts.frees, bytes = counts.allocated_bytes - counts.freed_bytes;
    own->allocations += counts.allocations, own->allocated_bytes += counts.allocated_bytes;
    own->live_blocks += blocks, own->live_bytes += bytes;
    mscope_fence_acquire();
    if (blocks == 0 || mscope_load_relaxed(&account->uses) != uses) return; // another call has it by now
    for (uint32_t i = 0; i < found; i++) mscope_count_escaped(reading, ended[i], blocks, bytes);
}

static void mscope_add_accounts(const struct mscope_reading *reading)
{
    uint32_t accounts = mscope_highest_account();
    for (uint32_t i = 1; i <= accounts && i < MSCOPE_ACCOUNTS; i++) mscope_add_account(reading, &mscope_accounts[i]);
}

static void mscope_add_to_parents(const struct mscope_reading *reading)
{
    for (uint32_t i = reading->count - 1; i > 0; i--) {
        struct mscope_scope_counts *one = &reading->out[i], *parent = &reading->out[mscope_scopes[i].parent];
        if (parent == reading->out) continue; // scope 0 has only blocks in no scope
        parent->allocations += one->allocations, parent->allocated_bytes += one->allocated_bytes;
        parent->live_blocks += one->live_blocks, parent->live_bytes += one->live_bytes;
    }
}

static void mscope_add_own(struct mscope_scope_counts *out, const struct mscope_scope *scope)
{
    out->peak_live_bytes = (uint64_t)mscope_load_relaxed(&scope->peak_live_bytes);
    out->calls = mscope_load_relaxed(&scope->calls);
    out->running = mscope_load_relaxed(&scope->running);
    out->nanoseconds = mscope_load_relaxed(&scope->nanoseconds);
}

void mscope_read_scopes(struct mscope_scope_counts *out, uint32_t count)
{
    memset(out, 0, sizeof(*out) * count);
    if (mscope_scopes == NULL || count == 0) return;
    struct mscope_reading reading = {out, count, 0};
    mscope_add_accounts(&reading);
    mscope_add_to_parents(&reading);
    for (uint32_t i = 1; i < count; i++) mscope_add_own(&out[i], &mscope_scopes[i]);
}

void mscope_read_scope(uint32_t scope, struct mscope_scope_counts *out)
{
    *out = (struct mscope_scope_counts){0};
    if (mscope_scopes == NULL || scope == 0 || scope > mscope_scope_count()) return;
    struct mscope_reading reading = {out, 1, scope};
    mscope_add_accounts(&reading);
    mscope_add_own(out, &mscope_scopes[scope]);
}

bool mscope_has_escaped(uint32_t call, uint32_t scope)
{
    uint32_t ended[MSCOPE_CALL_DEPTH], found = mscope_ended_scopes(call, ended);
    for (uint32_t i = 0; i < found; i++)
        if (ended[i] == scope) return true;
    return false;
}

bool mscope_scope_has(uint32_t scope, uint64_t born)
{
    const struct mscope_account *account = mscope_account_at((uint32_t)(born & MSCOPE_ACCOUNT_MASK));
    return scope != 0 && mscope_is_inside(account->scope, scope);
}
