// Which threads are MemScope's; known also when nothing is recorded.
#include "base/base.h"

static _Atomic uint32_t mscope_own_threads;
static _Atomic int32_t mscope_own_tids[MSCOPE_OWN_THREADS];    // 0: free
static _Atomic uint64_t mscope_own_stacks[MSCOPE_OWN_THREADS]; // same index: an address near the outer end of the stack

void mscope_own_thread_joins(void)
{
    mscope_add_relaxed(&mscope_own_threads, 1);
    for (int i = 0; i < MSCOPE_OWN_THREADS; i++) {
        int32_t nobody = 0;
        if (!mscope_cas_acq_rel(&mscope_own_tids[i], &nobody, mscope_thread_id())) continue;
        mscope_store_release(&mscope_own_stacks[i], (uint64_t)__builtin_frame_address(0));
        return;
    }
}

void mscope_own_thread_leaves(void)
{
    mscope_add_relaxed(&mscope_own_threads, -1u);
    for (int i = 0; i < MSCOPE_OWN_THREADS; i++)
        if (mscope_load_relaxed(&mscope_own_tids[i]) == mscope_thread_id())
            mscope_store_release(&mscope_own_tids[i], 0);
}

uint32_t mscope_own_thread_count(void)
{
    return mscope_load_relaxed(&mscope_own_threads);
}

void mscope_list_own_threads(int32_t *tids)
{
    for (int i = 0, count = 0; i < MSCOPE_OWN_THREADS; i++) {
        tids[i] = 0;
        int32_t tid = mscope_load_acquire(&mscope_own_tids[i]);
        if (tid != 0) tids[count++] = tid;
    }
}

uint64_t mscope_find_own_stack(uint64_t start, uint64_t end)
{
    for (int i = 0; i < MSCOPE_OWN_THREADS; i++) {
        uint64_t stack = mscope_load_acquire(&mscope_own_stacks[i]);
        if (mscope_load_acquire(&mscope_own_tids[i]) != 0 && stack >= start && stack < end) return stack;
    }
    return 0;
}

void mscope_own_threads_after_fork(void)
{
    mscope_store_relaxed(&mscope_own_threads, 0);
    for (int i = 0; i < MSCOPE_OWN_THREADS; i++) mscope_store_relaxed(&mscope_own_tids[i], 0);
}
