// Whether the process' malloc is the core's.
#include "hooks/hooks.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

_Atomic uint32_t mscope_stood_down;
const char *mscope_blind_reason = "";

#ifndef MSCOPE_NO_HOOKS

void mscope_stand_down(void)
{
    mscope_store_relaxed(&mscope_stood_down, 1);
    mscope_store_relaxed(&mscope_current_mode, MSCOPE_OFF);
}

/// Runs `body` while hooks only note that they ran. Returns whether one did.
static bool mscope_runs_hook(void (*body)(void))
{
    uint32_t before = MSCOPE_OFF, probed = MSCOPE_PROBED;
    mscope_store_relaxed(&mscope_hook_ran, 0);
    mscope_cas_acq_rel(&mscope_current_mode, &before, MSCOPE_PROBED);
    body();
    mscope_cas_acq_rel(&mscope_current_mode, &probed, MSCOPE_OFF); // unless that call booted the core into another mode
    return mscope_load_relaxed(&mscope_hook_ran) != 0;
}

static void mscope_call_malloc(void)
{
    void *(*found)(size_t) = (void *(*)(size_t))dlsym(RTLD_DEFAULT, "malloc");
    free(found ? found(1) : NULL);
}

/// Calls some functions of the next allocator; what it does in its other functions it does in these, too.
static void mscope_call_next(void)
{
    enum { MSCOPE_SMALL_REQUEST = 40, MSCOPE_LARGER_REQUEST = 5000 };
    void *block = mscope_next.malloc(MSCOPE_SMALL_REQUEST);
    void *moved = block != NULL ? mscope_next.realloc(block, MSCOPE_LARGER_REQUEST) : NULL;
    if (moved != NULL || block != NULL) mscope_next.free(moved != NULL ? moved : block);
    block = mscope_next.calloc(1, MSCOPE_SMALL_REQUEST);
    if (block != NULL) mscope_next.free(block);
}

/// Whether the next allocator calls itself by its public names, which are the core's: then each block would be recorded
/// twice, and a block that the allocator frees for itself would be taken for a double free.
static bool mscope_comes_back(void)
{
    if (mscope_next.malloc == NULL || mscope_next.realloc == NULL || mscope_next.calloc == NULL) return false;
    return mscope_runs_hook(mscope_call_next);
}

/// Calls the function that the process calls malloc, and looks whether the core's hook ran. Comparing addresses is not
/// enough: a program at a fixed address has a stub of its own that stands for malloc everywhere.
static bool mscope_probe(void)
{
    if (!mscope_runs_hook(mscope_call_malloc)) {
        mscope_blind_reason = "the program has a malloc of its own";
        return false;
    }
    // Known allocators do not.
    if (strcmp(mscope_allocator_name(), "unknown") != 0 || !mscope_comes_back()) return true;
    mscope_blind_reason = "the allocator calls itself by its public names";
    return false;
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
