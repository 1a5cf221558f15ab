// Whether the process' malloc is ours.
#include "internal.h"

#include <dlfcn.h>
#include <stdlib.h>

_Atomic uint32_t mscope_hook_ran;
_Atomic uint32_t mscope_stood_down;

#ifndef MSCOPE_NO_HOOKS

void mscope_stand_down(void)
{
    mscope_store_relaxed(&mscope_stood_down, 1);
    mscope_store_relaxed(&mscope_current_mode, MSCOPE_OFF);
}

/// Calls what the process calls malloc and looks whether our hook ran. Comparing addresses would not do: a
/// program at a fixed address has a stub of its own that stands for malloc everywhere.
static bool mscope_probe(void)
{
    void *(*found)(size_t) = (void *(*)(size_t))dlsym(RTLD_DEFAULT, "malloc");
    uint32_t before = MSCOPE_OFF, probed = MSCOPE_PROBED;
    mscope_store_relaxed(&mscope_hook_ran, 0);
    mscope_cas_acq_rel(&mscope_current_mode, &before, MSCOPE_PROBED);
    free(found ? found(1) : NULL);
    mscope_cas_acq_rel(&mscope_current_mode, &probed, MSCOPE_OFF); // unless that call booted us into another mode
    return mscope_load_relaxed(&mscope_hook_ran) != 0;
}

/// context: first from mscope_boot, while the mode is off
bool mscope_is_active(void)
{
    static _Atomic int answer; // 0 unknown, 1 yes, 2 no
    if (mscope_load_relaxed(&answer) == 0) mscope_store_relaxed(&answer, mscope_probe() ? 1 : 2);
    return mscope_load_relaxed(&answer) == 1 && mscope_load_relaxed(&mscope_stood_down) == 0;
}

#else

void mscope_stand_down(void)
{
}

bool mscope_is_active(void)
{
    return false;
}

#endif
