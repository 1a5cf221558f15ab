// C++ operator new and delete in all their forms, so that families are known. Weak: a program's own definitions win.
//
// Blocks come from the next malloc, as they do in every known C++ library; where that fails, the library's own operator
// is called, which asks the new handler and throws. If the operators were replaced by others, every form jumps on to
// those, and the core sees what they take from malloc.
#include "hooks/free.h"
#include "hooks/hooks.h"

#ifndef MSCOPE_NO_HOOKS

#include <dlfcn.h>
#include <stdlib.h>

// Name in the object file, number of the form.
#define MSCOPE_NEW_FORMS(X)    \
    X(_Znwm, 0)                \
    X(_Znam, 1)                \
    X(_ZnwmRKSt9nothrow_t, 2)  \
    X(_ZnamRKSt9nothrow_t, 3)  \
    X(_ZnwmSt11align_val_t, 4) \
    X(_ZnamSt11align_val_t, 5) X(_ZnwmSt11align_val_tRKSt9nothrow_t, 6) X(_ZnamSt11align_val_tRKSt9nothrow_t, 7)
#define MSCOPE_DELETE_FORMS(X)   \
    X(_ZdlPv, 0)                 \
    X(_ZdaPv, 1)                 \
    X(_ZdlPvm, 2)                \
    X(_ZdaPvm, 3)                \
    X(_ZdlPvRKSt9nothrow_t, 4)   \
    X(_ZdaPvRKSt9nothrow_t, 5)   \
    X(_ZdlPvSt11align_val_t, 6)  \
    X(_ZdaPvSt11align_val_t, 7)  \
    X(_ZdlPvmSt11align_val_t, 8) \
    X(_ZdaPvmSt11align_val_t, 9) X(_ZdlPvSt11align_val_tRKSt9nothrow_t, 10) X(_ZdaPvSt11align_val_tRKSt9nothrow_t, 11)

// Every form takes at most three words: size or block, then alignment, size or std::nothrow.
typedef void *(*mscope_new_function)(size_t, size_t, size_t);
typedef void (*mscope_delete_function)(void *, size_t, size_t);

static const char *const mscope_new_names[] = {
#define X(name, form) #name,
    MSCOPE_NEW_FORMS(X)
#undef X
};
static const char *const mscope_delete_names[] = {
#define X(name, form) #name,
    MSCOPE_DELETE_FORMS(X)
#undef X
};
_Static_assert(sizeof(mscope_new_names) / sizeof(char *) == 8 && sizeof(mscope_delete_names) / sizeof(char *) == 12,
               "C++20 has 8 replaceable forms of new and 12 of delete");

static inline bool mscope_form_is_array(int form)
{
    return form & 1;
}
static inline uint32_t mscope_family_of(int form)
{
    return mscope_form_is_array(form) ? MSCOPE_FAMILY_NEW_ARRAY : MSCOPE_FAMILY_NEW;
}
static inline bool mscope_form_is_nothrow(int form)
{
    return form == 2 || form == 3 || form >= 6;
}
static inline bool mscope_form_is_aligned(int form)
{
    return form >= 4;
}

/// Calls the library's own operator: it asks the new handler, and throws when that has no more to give.
static __attribute__((noinline)) void *mscope_new_failed(int form, size_t size, size_t second, size_t third)
{
    mscope_new_function next = (mscope_new_function)dlsym(RTLD_NEXT, mscope_new_names[form]);
    if (next != NULL) return next(size, second, third);
    if (mscope_form_is_nothrow(form)) return NULL;
    abort(); // no code here can throw
}

static __attribute__((noinline)) void *mscope_checked_new(size_t size, size_t alignment, uint32_t family,
                                                          struct mscope_cursor caller)
{
    struct mscope_request request = {size, alignment, family, false, caller};
    return mscope_allocate_checked(&request);
}

static inline void *mscope_new(int form, size_t size, size_t second, size_t third, uint64_t pc, uint64_t sp,
                               uint64_t fp)
{
    uint32_t family = mscope_family_of(form);
    if (mscope_next.malloc == NULL && !mscope_boot()) return mscope_bootstrap_allocate(size, 16);
    size_t request = size < mscope_least_request ? mscope_least_request : size ? size : 1;
    bool passes = mscope_passes(size), aligned = mscope_form_is_aligned(form);
    mscope_tls.async_context = 0;
    void *block = mscope_is_own_thread() ? mscope_own_allocate(request, aligned ? second : 16) : NULL;
    if (block == NULL && !passes && mscope_check_is_due()) {
        void *checked = mscope_checked_new(size, aligned ? second : 0, family, (struct mscope_cursor){pc, sp, fp});
        if (checked != NULL) return checked;
    }
    if (block == NULL) block = aligned ? mscope_next.memalign(second, request) : mscope_next.malloc(request);
    if (mscope_unlikely(block == NULL)) return mscope_new_failed(form, size, second, third);
    return passes ? block : mscope_record_here(block, size, family, pc, sp, fp);
}

// The core's operators have names of their own, so that the core can tell whether they are the process' operators.
#define X(name, form)                                                                                               \
    MSCOPE_HIDDEN MSCOPE_NOT_SPLIT MSCOPE_CLEARS_REGISTERS void *mscope##name(size_t size, size_t second,           \
                                                                              size_t third)                         \
    {                                                                                                               \
        if (mscope_unlikely(mscope_next.operator_new != NULL)) return mscope_new_failed(form, size, second, third); \
        return mscope_new(form, size, second, third, MSCOPE_CALLER);                                                \
    }                                                                                                               \
    __attribute__((weak, alias("mscope" #name))) void *name(size_t size, size_t second, size_t third);
MSCOPE_NEW_FORMS(X)
#undef X

static __attribute__((noinline)) void mscope_delete_elsewhere(int form, void *block, size_t second, size_t third)
{
    mscope_delete_function next = (mscope_delete_function)dlsym(RTLD_NEXT, mscope_delete_names[form]);
    if (next != NULL)
        next(block, second, third);
    else
        free(block);
}

#define MSCOPE_UNUSED __attribute__((unused))

/// The size that a form of delete is called with, if any.
static inline size_t mscope_stated_size(int form, size_t second)
{
    return form == 2 || form == 3 || form == 8 || form == 9 ? second : MSCOPE_SIZE_UNSTATED;
}

// As in free: plain blocks jump on, the rest is a function of its own.
// clang-format off
#define X(name, form)                                                                                                 \
    MSCOPE_HIDDEN MSCOPE_NOT_SPLIT void mscope_apart##name(void *block, size_t second, size_t third, uint64_t pc)     \
    {                                                                                                                 \
        (void)pc;                                                                                                     \
        if (mscope_unlikely(mscope_next.operator_new != NULL))                                                        \
            return mscope_delete_elsewhere(form, block, second, third);                                               \
        if (!mscope_release(block, mscope_stated_size(form, second), mscope_family_of(form), MSCOPE_CALLER)) return;  \
        if (mscope_next.free != NULL) mscope_free_to_owner(block);                                                    \
    }                                                                                                                 \
    MSCOPE_HIDDEN __attribute__((used)) void mscope_from##name(void *block, size_t second, size_t third, uint64_t pc) \
    {                                                                                                                 \
        if (mscope_unlikely(                                                                                          \
                mscope_next.operator_new != NULL                                                                      \
                || !mscope_goes_plainly(block, mscope_stated_size(form, second), mscope_family_of(form), pc)))        \
            __attribute__((musttail)) return mscope_apart##name(block, second, third, pc);                            \
        mscope_next.free(block);                                                                                      \
    }                                                                                                                 \
    MSCOPE_HIDDEN __attribute__((naked)) void mscope##name(MSCOPE_UNUSED void *block, MSCOPE_UNUSED size_t second,    \
                                                           MSCOPE_UNUSED size_t third)                                \
    {                                                                                                                 \
        MSCOPE_JUMP_WITH_CALLER(4, "mscope_from" #name);                                                              \
    }                                                                                                                 \
    __attribute__((weak, alias("mscope" #name))) void name(void *block, size_t second, size_t third);
MSCOPE_DELETE_FORMS(X)
#undef X
// clang-format on

/// context: once, from the constructor; a look-up that fails leaves an error for dlerror
void mscope_check_operators(void)
{
    bool ours = mscope_next.operator_new == NULL;
#define X(name, form)                                                                  \
    {                                                                                  \
        void *found = dlsym(RTLD_DEFAULT, #name);                                      \
        ours &= found == (void *)mscope##name && (void *)name == (void *)mscope##name; \
    }
    MSCOPE_NEW_FORMS(X)
    MSCOPE_DELETE_FORMS(X)
#undef X
    mscope_knows_families = ours;
}

#else

void mscope_check_operators(void)
{
}

#endif
