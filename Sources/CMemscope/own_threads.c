// Which threads are ours, also where nothing is recorded.
#include "own_threads.h"

static _Atomic uint32_t mscope_own_threads;
static _Atomic int32_t mscope_own_tids[MSCOPE_OWN_THREADS]; // 0: free

void mscope_own_thread_joins(void)
{
    mscope_add_relaxed(&mscope_own_threads, 1);
    for (int i = 0; i < MSCOPE_OWN_THREADS; i++) {
        int32_t nobody = 0;
        if (mscope_cas_acq_rel(&mscope_own_tids[i], &nobody, mscope_thread_id())) return;
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

void mscope_own_threads_after_fork(void)
{
    mscope_store_relaxed(&mscope_own_threads, 0);
    for (int i = 0; i < MSCOPE_OWN_THREADS; i++) mscope_store_relaxed(&mscope_own_tids[i], 0);
}
