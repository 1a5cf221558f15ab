// What tasks have counted on accounts that other tasks got later. It is kept by task, in a table of fixed size: one
// place for all tasks whose ids are equal modulo the size. The task that gave an account up last has the place. What
// was kept there for another one is lost, and it is known which tasks may have lost something.
#include "record/record.h"

struct mscope_kept_counts {
    _Alignas(64) _Atomic uint32_t version; // odd while a thread changes it
    _Atomic uint64_t task, allocations, allocated_bytes;
    _Atomic uint64_t lost; // tasks up to this id may have lost counts
};
static struct mscope_kept_counts *mscope_kept_counts;
static _Atomic uint64_t mscope_earlier_allocations, mscope_earlier_bytes;

bool mscope_task_counts_start(void)
{
    mscope_kept_counts = mscope_map(sizeof(struct mscope_kept_counts) * MSCOPE_TASK_COUNTS);
    return mscope_kept_counts != NULL;
}

static inline struct mscope_kept_counts *mscope_place_of_task(uint64_t task)
{
    return &mscope_kept_counts[task % MSCOPE_TASK_COUNTS];
}

static void mscope_raise_lost(struct mscope_kept_counts *place, uint64_t task)
{
    uint64_t lost = mscope_load_relaxed(&place->lost);
    while (task > lost && !mscope_cas_acq_rel(&place->lost, &lost, task)) {
    }
}

static void mscope_add_kept(struct mscope_kept_counts *place, uint64_t task, const struct mscope_task_counts *counts)
{
    uint64_t before = mscope_load_relaxed(&place->task);
    if (before != task) {
        mscope_raise_lost(place, before);
        mscope_store_relaxed(&place->task, task);
        mscope_store_relaxed(&place->allocations, 0);
        mscope_store_relaxed(&place->allocated_bytes, 0);
    }
    mscope_bump(&place->allocations, counts->allocations);
    mscope_bump(&place->allocated_bytes, counts->allocated_bytes);
}

void *mscope_begin_keeping_counts(struct mscope_account *account)
{
    struct mscope_counts all = mscope_account_counts(account);
    struct mscope_task_counts counts = {
        all.allocations - mscope_load_relaxed(&account->base_allocations),
        all.allocated_bytes - mscope_load_relaxed(&account->base_bytes),
    };
    mscope_store_relaxed(&account->base_allocations, all.allocations);
    mscope_store_relaxed(&account->base_bytes, all.allocated_bytes);
    if (account->task == 0 || counts.allocations == 0) return NULL;
    mscope_add_relaxed(&mscope_earlier_allocations, counts.allocations);
    mscope_add_relaxed(&mscope_earlier_bytes, counts.allocated_bytes);
    struct mscope_kept_counts *place = mscope_place_of_task(account->task);
    uint32_t version = mscope_load_acquire(&place->version);
    if (version % 2 != 0 || !mscope_cas_acq_rel(&place->version, &version, version + 1)) {
        mscope_raise_lost(place, account->task); // another thread is at it: nobody waits in a hook
        return NULL;
    }
    mscope_add_kept(place, account->task, &counts);
    return place;
}

void mscope_end_keeping_counts(void *kept)
{
    struct mscope_kept_counts *place = kept;
    if (place != NULL) mscope_store_release(&place->version, mscope_load_relaxed(&place->version) + 1);
}

// ---- reading

void mscope_read_earlier_counts(struct mscope_task_counts *out)
{
    out->allocations = mscope_load_acquire(&mscope_earlier_allocations);
    out->allocated_bytes = mscope_load_acquire(&mscope_earlier_bytes);
}

void mscope_begin_task_reading(uint32_t versions[MSCOPE_TASK_COUNTS])
{
    for (uint32_t i = 0; i < MSCOPE_TASK_COUNTS; i++)
        versions[i] = mscope_kept_counts != NULL ? mscope_load_acquire(&mscope_kept_counts[i].version) : 0;
    mscope_fence_acquire();
}

bool mscope_earlier_counts_of(uint64_t task, const uint32_t versions[MSCOPE_TASK_COUNTS],
                              struct mscope_task_counts *out)
{
    *out = (struct mscope_task_counts){0};
    if (mscope_kept_counts == NULL) return true;
    mscope_fence_acquire();
    const struct mscope_kept_counts *place = mscope_place_of_task(task);
    uint64_t owner = mscope_load_acquire(&place->task), lost = mscope_load_acquire(&place->lost);
    if (owner == task) {
        out->allocations = mscope_load_acquire(&place->allocations);
        out->allocated_bytes = mscope_load_acquire(&place->allocated_bytes);
    }
    mscope_fence_acquire();
    uint32_t version = versions[task % MSCOPE_TASK_COUNTS];
    return version % 2 == 0 && mscope_load_acquire(&place->version) == version && task > lost;
}
