// Calls of scopes: when they end, what their blocks have escaped from, and when their numbers are used again.
//
// uses = 1 while a task's variable may hold the call + the accounts that have it + the calls begun in it
#include "record/record.h"

enum { MSCOPE_CALLS = 1 << 20, MSCOPE_SEGMENT_CALLS = 1 << 13 };
struct mscope_call {
    uint32_t scope, outer, depth;
    _Atomic uint32_t uses, next;
    uint64_t began;
    _Atomic uint64_t ended; // 0: it runs
};
/// By segments, mapped when they are needed: a program may limit its data.
static _Atomic(struct mscope_call *) mscope_call_segments[MSCOPE_CALLS / MSCOPE_SEGMENT_CALLS];
static _Atomic uint32_t mscope_call_count;
static _Atomic uint64_t mscope_missed_calls;
static mscope_free_list mscope_free_calls;
static _Atomic(const void *) mscope_call_key;

#pragma weak swift_task_localValueGet
extern const void *swift_task_localValueGet(const void *key);

static inline struct mscope_call *mscope_call_at(uint32_t call)
{
    return &mscope_load_relaxed(&mscope_call_segments[call / MSCOPE_SEGMENT_CALLS])[call % MSCOPE_SEGMENT_CALLS];
}

void mscope_set_call_key(const void *key)
{
    mscope_store_release(&mscope_call_key, key);
}

uint32_t mscope_call_here(void)
{
    struct holder { // a Swift object: its class, its reference counts, its first property
        uint64_t class, counts;
        uint32_t call;
    };
    const void *key = mscope_load_acquire(&mscope_call_key);
    if (mscope_likely(key == NULL) || swift_task_localValueGet == NULL) return 0;
    const struct holder *const *value = swift_task_localValueGet(key);
    return value != NULL && *value != NULL ? (*value)->call & (MSCOPE_CALLS - 1) : 0;
}

uint32_t mscope_scope_of_call(uint32_t call)
{
    return call != 0 ? mscope_call_at(call)->scope : 0;
}

uint32_t mscope_outer_call(uint32_t call)
{
    return mscope_call_at(call)->outer;
}

uint64_t mscope_end_of_call(uint32_t call)
{
    return mscope_load_acquire(&mscope_call_at(call)->ended);
}

uint64_t mscope_dropped_calls(void)
{
    return mscope_load_relaxed(&mscope_missed_calls);
}

// ---- numbers

static _Atomic uint32_t *mscope_next_call(uint32_t call)
{
    return &mscope_call_at(call)->next;
}

static bool mscope_map_calls(uint32_t call)
{
    enum { MSCOPE_SEGMENT_BYTES = MSCOPE_SEGMENT_CALLS * sizeof(struct mscope_call) };
    _Atomic(struct mscope_call *) *place = &mscope_call_segments[call / MSCOPE_SEGMENT_CALLS];
    if (mscope_load_acquire(place) != NULL) return true;
    struct mscope_call *fresh = mscope_map(MSCOPE_SEGMENT_BYTES), *other = NULL;
    if (fresh == NULL) return false;
    if (!mscope_cas_acq_rel(place, &other, fresh)) mscope_unmap(fresh, MSCOPE_SEGMENT_BYTES);
    return true;
}

static uint32_t mscope_new_call(void)
{
    uint32_t call = mscope_take_number(&mscope_free_calls, mscope_next_call);
    if (call != 0) return call;
    call = mscope_load_relaxed(&mscope_call_count) + 1;
    if (call < MSCOPE_CALLS) call = mscope_add_relaxed(&mscope_call_count, 1) + 1;
    return call < MSCOPE_CALLS && mscope_map_calls(call) ? call : 0;
}

void mscope_use_call(uint32_t call)
{
    if (call != 0) mscope_add_relaxed(&mscope_call_at(call)->uses, 1);
}

void mscope_leave_call(uint32_t call)
{
    while (call != 0 && atomic_fetch_sub_explicit(&mscope_call_at(call)->uses, 1, memory_order_acq_rel) == 1) {
        uint32_t outer = mscope_call_at(call)->outer;
        mscope_list_number(&mscope_free_calls, call, mscope_next_call);
        call = outer;
    }
}

// ---- begin and end

uint32_t mscope_begin_call(uint32_t scope, uint32_t outer)
{
    uint32_t depth = outer != 0 ? mscope_call_at(outer)->depth + 1 : 0;
    uint32_t call = scope != 0 && depth < MSCOPE_CALL_DEPTH ? mscope_new_call() : 0;
    if (call == 0) {
        mscope_add_relaxed(&mscope_missed_calls, 1);
        return 0;
    }
    struct mscope_call *one = mscope_call_at(call);
    mscope_use_call(outer);
    one->scope = scope, one->outer = outer, one->depth = depth, one->began = mscope_now();
    mscope_store_relaxed(&one->ended, 0);
    mscope_store_release(&one->uses, 1);
    mscope_count_call(scope);
    return call;
}

void mscope_end_call(uint32_t call)
{
    uint64_t runs = 0, now = mscope_now();
    if (call == 0 || !mscope_cas_acq_rel(&mscope_call_at(call)->ended, &runs, now)) return;
    mscope_count_call_end(mscope_call_at(call)->scope, now - mscope_call_at(call)->began);
    mscope_end_account_here(call);
}

void mscope_release_call(uint32_t call)
{
    mscope_leave_call(call);
}
