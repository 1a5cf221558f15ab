// The functions of libc that the core's hooks replace. Each calls the next function and then records, or forgets and
// then calls.
#include "hooks/free.h"
#include "hooks/hooks.h"

#ifndef MSCOPE_NO_HOOKS

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

// Names of C23 and of other libcs that this libc's headers may lack.
void cfree(void *block);
void free_sized(void *block, size_t size);
void free_aligned_sized(void *block, size_t alignment, size_t size);

static inline size_t mscope_asked(size_t size)
{
    return size < mscope_least_request ? mscope_least_request : size;
}

/// Functions that jump to each other must have the same type; a function with fewer parameters ignores the rest.
static inline void (*mscope_next_free(void))(void *, uint64_t)
{
    return (void (*)(void *, uint64_t))(void (*)(void))mscope_next.free;
}

// Each hook is two functions: one that lets an allocation pass or jumps on, and one that records. The jump leaves the
// stack as the caller made it, so MSCOPE_CALLER in the second function is the program's call.
#define MSCOPE_JUMP __attribute__((musttail)) return
#define MSCOPE_APART static MSCOPE_CLEARS_REGISTERS __attribute__((noinline))

#define MSCOPE_RECORDED(block, size)                                                 \
    do {                                                                             \
        if (mscope_unlikely(block == NULL)) return NULL;                             \
        return mscope_record_here(block, size, MSCOPE_FAMILY_MALLOC, MSCOPE_CALLER); \
    } while (0)

// A function of its own, so that the hooks stay as they are: the few checked blocks cost a call that takes no
// registers.
static __attribute__((noinline)) void *mscope_checked(size_t size, size_t alignment, bool zeroed, uint64_t pc,
                                                      uint64_t sp, uint64_t fp)
{
    struct mscope_request request = {size, alignment, MSCOPE_FAMILY_MALLOC, zeroed, {pc, sp, fp}};
    return mscope_allocate_checked(&request);
}

#define MSCOPE_CHECKED(size, alignment, zeroed)                                           \
    do {                                                                                  \
        if (mscope_check_is_due()) {                                                      \
            void *checked = mscope_checked((size), (alignment), (zeroed), MSCOPE_CALLER); \
            if (checked != NULL) return checked;                                          \
        }                                                                                 \
    } while (0)

// Swift 6.3, StackAllocator.h: the size that a task asks for, to keep frames of async functions in.
enum { MSCOPE_FRAMES_BYTES = 1016 };

/// Whether a block is cleared: bytes that are never written must not show what was there before. Blocks of threads that
/// work for MemScope are roots, and frames of async functions have holes as long as they live.
static inline bool mscope_is_cleared(size_t size)
{
    return mscope_tls.internal || size == MSCOPE_FRAMES_BYTES;
}

// ---- MemScope's own threads, whose blocks are never checked

/// A block for one of MemScope's threads, recorded; NULL when the program's allocator must be asked.
static void *mscope_allocate_own(size_t size, size_t alignment, uint64_t pc, uint64_t sp, uint64_t fp)
{
    void *block = mscope_own_allocate(size, alignment);
    if (block != NULL && !mscope_passes(size)) mscope_record_here(block, size, MSCOPE_FAMILY_MALLOC, pc, sp, fp);
    return block;
}

#define MSCOPE_OWN(size, alignment)                                              \
    do {                                                                         \
        if (mscope_is_own_thread()) {                                            \
            void *own = mscope_allocate_own((size), (alignment), MSCOPE_CALLER); \
            if (own != NULL) return own;                                         \
        }                                                                        \
    } while (0)

/// Whether realloc moves a block out of MemScope's heap, or into it.
static bool mscope_changes_heap(const void *block)
{
    return block != NULL && (mscope_is_in_own_heap(block) || mscope_is_own_thread());
}

/// Moves a block to the heap that the caller's blocks come from; only frees it when `size` is 0.
static void *mscope_change_heap(void *block, size_t size)
{
    void *moved = NULL;
    if (size != 0) {
        size_t held = mscope_is_in_own_heap(block) ? mscope_own_size(block) : mscope_next.malloc_usable_size(block);
        if (mscope_is_own_thread()) moved = mscope_own_allocate(size, 16);
        if (moved == NULL) moved = mscope_next.malloc(mscope_asked(size));
        if (moved == NULL) return NULL;
        __builtin_memcpy(moved, block, held < size ? held : size);
    }
    mscope_free_to_owner(block);
    return moved;
}

/// An allocator's calloc may call the core's malloc.
static __attribute__((noinline)) void *mscope_cleared(size_t size)
{
    if (mscope_tls.asking) return mscope_next.malloc(mscope_asked(size));
    mscope_tls.asking = 1;
    void *block = mscope_next.calloc(1, mscope_asked(size));
    mscope_tls.asking = 0;
    return block;
}

MSCOPE_APART void *mscope_malloc(size_t size)
{
    void *(*next)(size_t) = MSCOPE_NEXT(malloc);
    if (mscope_unlikely(next == NULL)) return mscope_bootstrap_allocate(size, 16);
    MSCOPE_OWN(size, 16);
    MSCOPE_CHECKED(size, 0, false);
    void *block = mscope_unlikely(mscope_is_cleared(size)) ? mscope_cleared(size) : next(size);
    MSCOPE_RECORDED(block, size);
}

void *malloc(size_t size)
{
    if (!mscope_is_own_thread() && mscope_passes(size) && mscope_likely(mscope_next.malloc != NULL))
        MSCOPE_JUMP mscope_next.malloc(size);
    mscope_tls.async_context = mscope_async_register();
    MSCOPE_JUMP mscope_malloc(size);
}

MSCOPE_APART void *mscope_calloc(size_t count, size_t size)
{
    void *(*next)(size_t, size_t) = MSCOPE_NEXT(calloc);
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) return next ? next(count, size) : NULL;
    if (mscope_unlikely(next == NULL)) return mscope_bootstrap_allocate(total, 16);
    MSCOPE_OWN(total, 16);
    MSCOPE_CHECKED(total, 0, true);
    void *block = total < mscope_least_request ? next(1, mscope_least_request) : next(count, size);
    MSCOPE_RECORDED(block, total);
}

void *calloc(size_t count, size_t size)
{
    size_t total;
    // For an allocator with small classes mscope_calloc changes the size, so only glibc's calloc can be jumped to.
    if (!__builtin_mul_overflow(count, size, &total) && mscope_least_request == 0 && mscope_next.calloc != NULL
        && !mscope_is_own_thread() && mscope_passes(total))
        MSCOPE_JUMP mscope_next.calloc(count, size);
    mscope_tls.async_context = mscope_async_register();
    MSCOPE_JUMP mscope_calloc(count, size);
}

// The other functions are rarer: they have no short way.

/// A checked block if this allocation is to get one; `*passes`: nothing is to be recorded.
static inline void *mscope_rarely_checked(size_t size, size_t alignment, bool *passes, uint64_t pc, uint64_t sp,
                                          uint64_t fp)
{
    mscope_tls.async_context = 0;
    *passes = mscope_passes(size);
    return !*passes && mscope_check_is_due() ? mscope_checked(size, alignment, false, pc, sp, fp) : NULL;
}

// Allocates, unless the block is a checked one, and records, unless the allocation passes.
#define MSCOPE_ALLOCATED(size, alignment, allocation)                                 \
    do {                                                                              \
        MSCOPE_OWN(size, alignment);                                                  \
        bool passes;                                                                  \
        void *block = mscope_rarely_checked(size, alignment, &passes, MSCOPE_CALLER); \
        if (block != NULL) return block;                                              \
        block = (allocation);                                                         \
        if (block == NULL || passes) return block;                                    \
        return mscope_record_here(block, size, MSCOPE_FAMILY_MALLOC, MSCOPE_CALLER);  \
    } while (0)

MSCOPE_NOT_SPLIT void *memalign(size_t alignment, size_t size)
{
    void *(*next)(size_t, size_t) = MSCOPE_NEXT(memalign);
    if (mscope_unlikely(next == NULL)) return mscope_bootstrap_allocate(size, alignment);
    MSCOPE_ALLOCATED(size, alignment, next(alignment, mscope_asked(size)));
}

MSCOPE_NOT_SPLIT void *aligned_alloc(size_t alignment, size_t size)
{
    void *(*next)(size_t, size_t) = MSCOPE_NEXT(aligned_alloc);
    if (mscope_unlikely(next == NULL)) return mscope_bootstrap_allocate(size, alignment);
    MSCOPE_ALLOCATED(size, alignment, next(alignment, mscope_asked(size)));
}

MSCOPE_NOT_SPLIT int posix_memalign(void **out, size_t alignment, size_t size)
{
    int (*next)(void **, size_t, size_t) = MSCOPE_NEXT(posix_memalign);
    if (mscope_unlikely(next == NULL)) return ENOMEM;
    bool passes, allowed = alignment != 0 && alignment % sizeof(void *) == 0 && (alignment & (alignment - 1)) == 0;
    void *block = allowed && mscope_is_own_thread() ? mscope_allocate_own(size, alignment, MSCOPE_CALLER) : NULL;
    if (block == NULL) block = mscope_rarely_checked(allowed ? size : SIZE_MAX, alignment, &passes, MSCOPE_CALLER);
    if (block != NULL) {
        *out = block;
        return 0;
    }
    int result = next(out, alignment, mscope_asked(size));
    if (result == 0 && !passes) mscope_record_here(*out, size, MSCOPE_FAMILY_MALLOC, MSCOPE_CALLER);
    return result;
}

MSCOPE_NOT_SPLIT void *valloc(size_t size)
{
    void *(*next)(size_t) = MSCOPE_NEXT(valloc);
    if (mscope_unlikely(next == NULL)) return mscope_bootstrap_allocate(size, 4096);
    MSCOPE_ALLOCATED(size, 4096, next(size));
}

// Never checked: the whole last page may be used, whatever size was asked for.
MSCOPE_NOT_SPLIT void *pvalloc(size_t size)
{
    void *(*next)(size_t) = MSCOPE_NEXT(pvalloc);
    if (mscope_unlikely(next == NULL)) return mscope_bootstrap_allocate(size, 4096);
    MSCOPE_OWN(size, 4096);
    void *block = next(size);
    mscope_tls.async_context = 0;
    if (block != NULL && !mscope_passes(size)) mscope_record_here(block, size, MSCOPE_FAMILY_MALLOC, MSCOPE_CALLER);
    return block;
}

void *mscope_malloc_for(size_t size, struct mscope_cursor caller)
{
    struct mscope_request request = {size, 0, MSCOPE_FAMILY_MALLOC, false, caller};
    if (mscope_is_own_thread()) {
        void *own = mscope_allocate_own(size, 16, caller.pc, caller.sp, caller.fp);
        if (own != NULL) return own;
    }
    bool passes = mscope_passes(size);
    mscope_tls.async_context = 0;
    void *block = !passes && mscope_check_is_due() ? mscope_allocate_checked(&request) : NULL;
    if (block != NULL) return block;
    block = mscope_next.malloc(size);
    if (block != NULL && !passes)
        mscope_record_here(block, size, MSCOPE_FAMILY_MALLOC, caller.pc, caller.sp, caller.fp);
    return block;
}

MSCOPE_APART void mscope_free(void *block, uint64_t pc)
{
    (void)pc;
    if (!mscope_release(block, MSCOPE_SIZE_UNSTATED, MSCOPE_FAMILY_MALLOC, MSCOPE_CALLER)) return;
    void (*next)(void *) = MSCOPE_NEXT(free);
    if (next != NULL) mscope_free_to_owner(block);
}

// Blocks never recorded, and plain ones, jump on; the rest is a function of its own, so that no register is saved here.
MSCOPE_HIDDEN __attribute__((used)) void mscope_free_from(void *block, uint64_t pc)
{
    if (mscope_unlikely(!mscope_goes_plainly(block, MSCOPE_SIZE_UNSTATED, MSCOPE_FAMILY_MALLOC, pc)))
        MSCOPE_JUMP mscope_free(block, pc);
    MSCOPE_JUMP mscope_next_free()(block, pc);
}

__attribute__((naked)) void free(__attribute__((unused)) void *block)
{
    MSCOPE_JUMP_WITH_CALLER(2, "mscope_free_from");
}

void cfree(void *block)
{
    free(block);
}

// A size that is not the block's was reported: it must not reach an allocator that relies on it.

MSCOPE_NOT_SPLIT void free_sized(void *block, size_t size)
{
    if (!mscope_release(block, size, MSCOPE_FAMILY_MALLOC, MSCOPE_CALLER)) return;
    mscope_free_to_owner(block);
}

MSCOPE_NOT_SPLIT void free_aligned_sized(void *block, size_t alignment, size_t size)
{
    (void)alignment;
    if (!mscope_release(block, size, MSCOPE_FAMILY_MALLOC, MSCOPE_CALLER)) return;
    mscope_free_to_owner(block);
}

/// A bootstrap block cannot grow in place: it moves to the real heap.
static void *mscope_leave_bootstrap(void *block, size_t size)
{
    size_t held = block ? mscope_bootstrap_size(block) : 0;
    void *moved = malloc(size);
    if (moved != NULL) __builtin_memcpy(moved, block, held < size ? held : size);
    return moved;
}

static void *mscope_reallocate(void *block, size_t size, uint64_t pc, uint64_t sp, uint64_t fp)
{
    void *(*next)(void *, size_t) = MSCOPE_NEXT(realloc);
    if (mscope_unlikely(next == NULL || mscope_is_bootstrap(block))) return mscope_leave_bootstrap(block, size);
    mscope_tls.async_context = 0;
    void *moved;
    if (block != NULL && mscope_settles_realloc(block, size, (struct mscope_cursor){pc, sp, fp}, &moved)) return moved;
    // The old address may be another thread's before the allocator's realloc returns: the record is lifted first.
    struct mscope_departure old = mscope_take_record(block, mscope_mark_of(pc));
    moved = mscope_changes_heap(block) ? mscope_change_heap(block, size) : next(block, size ? mscope_asked(size) : 0);
    // What realloc does with size 0 is up to the allocator; if it makes a block, that block too must have its granule.
    if (mscope_unlikely(size == 0 && moved != NULL && mscope_least_request != 0)) {
        void *larger = next(moved, mscope_least_request);
        if (larger != NULL) moved = larger;
    }
    if (mscope_unlikely(moved == NULL && size != 0))
        mscope_restore_record(old);
    else
        mscope_record_moved(moved, size, old, pc, sp, fp);
    return moved;
}

MSCOPE_NOT_SPLIT void *realloc(void *block, size_t size)
{
    if (block == NULL && mscope_next.malloc != NULL)
        return mscope_malloc_for(size, (struct mscope_cursor){MSCOPE_CALLER});
    return mscope_reallocate(block, size, MSCOPE_CALLER);
}

MSCOPE_NOT_SPLIT void *reallocarray(void *block, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    if (block == NULL && mscope_next.malloc != NULL)
        return mscope_malloc_for(total, (struct mscope_cursor){MSCOPE_CALLER});
    return mscope_reallocate(block, total, MSCOPE_CALLER);
}

size_t malloc_usable_size(void *block)
{
    if (mscope_is_bootstrap(block)) return mscope_bootstrap_size(block);
    size_t size;
    if (mscope_is_in_own_heap(block)) return mscope_own_size(block);
    if (mscope_checked_size(block, &size)) return size;
    size_t (*next)(void *) = MSCOPE_NEXT(malloc_usable_size);
    size = next ? next(block) : 0;
    bool foreign = size >= 16 && !mscope_can_be_object(((const uint64_t *)block)[1]);
    if (foreign) mscope_store_relaxed(&mscope_uses_slack, true);
    return size;
}

#else

void *mscope_malloc_for(size_t size, struct mscope_cursor caller)
{
    (void)size, (void)caller;
    return NULL;
}

#endif
