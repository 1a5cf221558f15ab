// Scopes: to which part of the program, by its tasks, a block belongs, and what each part allocates.
//
// A block's context names its scope, so a scope costs nothing more per block. A context is looked up once per task and
// thread: only then the task-local variable is read. Blocks of scopes have the event flag, so that their births and
// ends are counted here; all other blocks cost nothing.
#include "record/record.h"

#include <string.h>

enum { MSCOPE_SCOPES = 1 << 16, MSCOPE_WIPED_BYTES = 48 << 10 };

struct mscope_scope {
    uint32_t parent;
    _Atomic uint64_t allocations, allocated_bytes, live_blocks, live_bytes, peak_live_bytes;
};
static _Atomic(struct mscope_scope *) mscope_scopes; // 0: none
static _Atomic uint32_t mscope_scope_count;
static _Atomic(const void *) mscope_scope_key;

#pragma weak swift_task_localValueGet
extern const void *swift_task_localValueGet(const void *key);

// ---- what was freed

enum { MSCOPE_CLEARED_BYTES = 1 << 16 }; // larger blocks seldom become frames, and may never have been touched
static void (*mscope_plain_free)(void *block);

static void mscope_clear_and_free(void *block)
{
    size_t size = block != NULL ? mscope_next.malloc_usable_size(block) : 0;
    if (size != 0 && size <= MSCOPE_CLEARED_BYTES) memset(block, 0, size);
    mscope_plain_free(block);
}

/// From now on freed blocks are cleared. Tasks make frames of such memory and do not use all of it: to the scan, an old
/// pointer there would hold a lost block that was later allocated at the same address.
static void mscope_clear_what_is_freed(void)
{
    static _Atomic uint32_t done;
    if (mscope_exchange_acq_rel(&done, 1) || mscope_next.free == NULL || mscope_next.malloc_usable_size == NULL) return;
    mscope_plain_free = mscope_next.free;
    atomic_thread_fence(memory_order_release); // before any thread calls the new function
    mscope_next.free = mscope_clear_and_free;
}

// ---- scopes

void mscope_set_scope_key(const void *key)
{
    mscope_store_release(&mscope_scope_key, key);
}

uint32_t mscope_make_scope(uint32_t parent)
{
    struct mscope_scope *scopes = mscope_load_acquire(&mscope_scopes), *other = NULL;
    if (scopes == NULL) {
        scopes = mscope_map(sizeof(*scopes) * MSCOPE_SCOPES);
        if (scopes == NULL) return 0;
        if (!mscope_cas_acq_rel(&mscope_scopes, &other, scopes)) {
            mscope_unmap(scopes, sizeof(*scopes) * MSCOPE_SCOPES);
            scopes = other;
        }
    }
    uint32_t scope = mscope_add_relaxed(&mscope_scope_count, 1) + 1;
    if (scope >= MSCOPE_SCOPES) {
        mscope_store_relaxed(&mscope_scope_count, MSCOPE_SCOPES - 1);
        return 0;
    }
    scopes[scope].parent = parent < scope ? parent : 0;
    mscope_watch_scopes();
    mscope_clear_what_is_freed();
    return scope;
}

/// context: hook path, once per task and thread
uint32_t mscope_scope_of_task(void)
{
    const void *key = mscope_load_acquire(&mscope_scope_key);
    if (mscope_likely(key == NULL) || swift_task_localValueGet == NULL) return 0;
    const uint32_t *value = swift_task_localValueGet(key);
    return value != NULL && *value < MSCOPE_SCOPES ? *value : 0;
}

static void mscope_raise(_Atomic uint64_t *peak, uint64_t value)
{
    uint64_t known = mscope_load_relaxed(peak);
    while (value > known && !mscope_cas_acq_rel(peak, &known, value)) {
    }
}

/// context: hook path
void mscope_count_in_scopes(uint32_t scope, uint64_t size, bool born)
{
    struct mscope_scope *scopes = mscope_load_acquire(&mscope_scopes);
    for (; scope != 0 && scopes != NULL; scope = scopes[scope].parent) {
        struct mscope_scope *one = &scopes[scope];
        if (!born) {
            atomic_fetch_sub_explicit(&one->live_blocks, 1, memory_order_relaxed);
            atomic_fetch_sub_explicit(&one->live_bytes, size, memory_order_relaxed);
            continue;
        }
        mscope_add_relaxed(&one->allocations, 1);
        mscope_add_relaxed(&one->allocated_bytes, size);
        mscope_add_relaxed(&one->live_blocks, 1);
        mscope_raise(&one->peak_live_bytes, mscope_add_relaxed(&one->live_bytes, size) + size);
    }
}

void mscope_read_scope(uint32_t scope, struct mscope_scope_counts *out)
{
    struct mscope_scope *scopes = mscope_load_acquire(&mscope_scopes);
    *out = (struct mscope_scope_counts){0};
    if (scopes == NULL || scope == 0 || scope >= MSCOPE_SCOPES) return;
    struct mscope_scope *one = &scopes[scope];
    out->allocations = mscope_load_relaxed(&one->allocations);
    out->allocated_bytes = mscope_load_relaxed(&one->allocated_bytes);
    out->live_blocks = mscope_load_relaxed(&one->live_blocks);
    out->live_bytes = mscope_load_relaxed(&one->live_bytes);
    out->peak_live_bytes = mscope_load_relaxed(&one->peak_live_bytes);
}

bool mscope_scope_has(uint32_t scope, uint64_t born)
{
    struct mscope_scope *scopes = mscope_load_acquire(&mscope_scopes);
    uint32_t one = mscope_context_at((uint32_t)(born & MSCOPE_CONTEXT_MASK)).scope;
    while (scopes != NULL && one > scope) one = scopes[one].parent; // parents have lower numbers
    return scope != 0 && one == scope;
}

__attribute__((noinline)) void mscope_wipe_stack(void)
{
    char room[MSCOPE_WIPED_BYTES];
    memset(room, 0, sizeof(room));
    __asm__ volatile("" : : "r"(room) : "memory");
}
