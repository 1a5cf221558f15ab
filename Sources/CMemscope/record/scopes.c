// Scopes: what each part of the program allocates. Accounts count; here are the sums over scopes in each other.
//
// The live bytes of a scope are needed at each moment only for the peak. An account tells its scopes up to 4 KiB less
// than it has, so most births and ends need no word; one of a scope with an exact peak tells each change.
#include "record/record.h"

#include <string.h>

enum { MSCOPE_SCOPES = 1 << 16, MSCOPE_SLACK = 4096 };

struct mscope_scope_name {
    size_t size;
    char text[];
};

struct mscope_scope {
    uint32_t parent; // has a lower number
    bool exact;
    mscope_free_list free_accounts;
    _Atomic int64_t live_bytes; // as told by the accounts of this scope and those inside
    _Atomic int64_t peak_live_bytes;
    _Atomic uint64_t calls, running, nanoseconds;
    _Atomic(struct mscope_scope_name *) name;
};
static struct mscope_scope *mscope_scopes; // entry 0: no scope
static _Atomic uint32_t mscope_last_scope;

bool mscope_scopes_start(void)
{
    mscope_scopes = mscope_map(sizeof(struct mscope_scope) * MSCOPE_SCOPES);
    return mscope_scopes != NULL;
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

bool mscope_name_scope(uint32_t scope, const char *text, size_t size)
{
    struct mscope_scope_name *name = mscope_allocate_for_ever(sizeof(*name) + size);
    if (name == NULL || scope == 0 || scope > mscope_scope_count()) return false;
    name->size = size;
    memcpy(name->text, text, size);
    mscope_store_release(&mscope_scopes[scope].name, name);
    return true;
}

const char *mscope_scope_text(uint32_t scope, size_t *size)
{
    if (mscope_scopes == NULL || scope > mscope_scope_count()) return NULL;
    const struct mscope_scope_name *name = mscope_load_acquire(&mscope_scopes[scope].name);
    if (name == NULL) return NULL;
    *size = name->size;
    return name->text;
}

mscope_free_list *mscope_free_accounts(uint32_t scope)
{
    return &mscope_scopes[scope].free_accounts;
}

uint64_t mscope_slack_of(uint32_t scope)
{
    if (scope == 0) return UINT64_MAX;
    return mscope_scopes[scope].exact ? 0 : MSCOPE_SLACK;
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

static void mscope_raise_peak(struct mscope_scope *scope, int64_t live)
{
    int64_t peak = mscope_load_relaxed(&scope->peak_live_bytes);
    while (live > peak && !mscope_cas_acq_rel(&scope->peak_live_bytes, &peak, live)) {
    }
}

/// context: hook path
static void mscope_change_scopes(uint32_t scope, int64_t change)
{
    for (; scope != 0; scope = mscope_scopes[scope].parent) {
        struct mscope_scope *one = &mscope_scopes[scope];
        mscope_raise_peak(one, mscope_add_relaxed(&one->live_bytes, change) + change);
    }
}

/// The live bytes may change on another thread, which finds what was published before: so they are compared again.
void mscope_publish_on(struct mscope_account *account)
{
    do {
        uint64_t live = mscope_live_bytes_on(account), wanted = live > account->slack ? live - account->slack / 2 : 0;
        uint64_t known = mscope_exchange_acq_rel(&account->published, wanted);
        if (wanted != known) mscope_change_scopes(account->scope, (int64_t)(wanted - known));
        atomic_thread_fence(memory_order_seq_cst);
    } while (mscope_must_publish(account));
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

static bool mscope_is_among(const uint32_t *scopes, uint32_t count, uint32_t scope)
{
    for (uint32_t i = 0; i < count; i++)
        if (scopes[i] == scope) return true;
    return false;
}

/// The scopes of a call, and of those around it, that have ended at `time`; each once. Returns how many.
static uint32_t mscope_ended_scopes(uint32_t call, uint64_t time, uint32_t *out)
{
    uint32_t found = 0;
    for (int depth = 0; call != 0 && depth < MSCOPE_CALL_DEPTH; depth++, call = mscope_outer_call(call)) {
        uint64_t end = mscope_end_of_call(call);
        uint32_t scope = mscope_scope_of_call(call);
        if (end != 0 && end <= time && !mscope_is_among(out, found, scope)) out[found++] = scope;
    }
    return found;
}

static void mscope_add_account(const struct mscope_reading *reading, const struct mscope_account *account)
{
    uint32_t ended[MSCOPE_CALL_DEPTH], uses = mscope_load_acquire(&account->uses);
    struct mscope_scope_counts *own = uses > 1 ? mscope_place_of_scope(reading, account->scope) : NULL;
    if (own == NULL) return;
    uint32_t found = mscope_ended_scopes(mscope_load_relaxed(&account->call), UINT64_MAX, ended);
    struct mscope_counts counts = mscope_account_counts(account);
    uint64_t blocks = counts.allocations > counts.frees ? counts.allocations - counts.frees : 0;
    uint64_t bytes = counts.allocated_bytes > counts.freed_bytes ? counts.allocated_bytes - counts.freed_bytes : 0;
    own->allocations += counts.allocations, own->allocated_bytes += counts.allocated_bytes;
    own->live_blocks += blocks, own->live_bytes += bytes;
    mscope_fence_acquire();
    if (blocks == 0 || mscope_load_relaxed(&account->uses) != uses) return; // another call has it by now
    for (uint32_t i = 0; i < found; i++) mscope_count_escaped(reading, ended[i], blocks, bytes);
}

static void mscope_add_accounts(const struct mscope_reading *reading)
{
    uint32_t highest = mscope_highest_account();
    for (uint32_t i = 1; i <= highest; i++) {
        const struct mscope_account *account = mscope_account_if_made(i);
        if (account != NULL) mscope_add_account(reading, account);
    }
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

static void mscope_add_own(struct mscope_scope_counts *out, struct mscope_scope *scope)
{
    mscope_raise_peak(scope, (int64_t)out->live_bytes);
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
    uint32_t ended[MSCOPE_CALL_DEPTH];
    return mscope_is_among(ended, mscope_ended_scopes(call, mscope_walk_start(), ended), scope);
}

bool mscope_scope_has(uint32_t scope, uint64_t born)
{
    return scope != 0 && (born & MSCOPE_COUNTED) && mscope_is_inside(mscope_account_at((uint32_t)born)->scope, scope);
}
