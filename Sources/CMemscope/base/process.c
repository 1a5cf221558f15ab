// State that exists once in a process, and once in a thread.
#include "base/base.h"

_Thread_local struct mscope_tls mscope_tls;
struct mscope_global_counters mscope_global;
uint64_t mscope_first_thread_pointer;
_Atomic int32_t mscope_ending_thread;
static _Atomic uint32_t mscope_generation;

bool mscope_is_first_thread(void)
{
    int32_t thread = mscope_thread_id();
    return thread != 0 ? thread == mscope_process_id() : mscope_thread_pointer() == mscope_first_thread_pointer;
}

uint32_t mscope_fork_generation(void)
{
    return mscope_load_relaxed(&mscope_generation);
}

void mscope_process_after_fork(void)
{
    mscope_add_relaxed(&mscope_generation, 1);
    mscope_store_relaxed(&mscope_ending_thread, 0);
}
