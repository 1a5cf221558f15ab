// Wrong calls of free: no live block begins at the address, or the block is of another kind.
//
// Only what is proved is reported. An unknown address may come from an allocator's own functions: such a call is
// counted and passed on, unless the allocator is glibc and would end the program over it.
#include "checks/checks.h"
#include "checks/guard.h"
#include "checks/quarantine.h"
#include "checks/report.h"

#include <dlfcn.h>
#include <string.h>

extern void *__libc_stack_end;

enum { MSCOPE_LOWEST_ADDRESS = 4096 };

void mscope_report_bad_free(const struct mscope_free_call *call, struct mscope_error *error)
{
    struct mscope_witness here = mscope_witness(call->caller);
    error->address = call->address;
    error->access_site = here.site;
    error->access_thread = here.thread;
    error->given_family = call->family;
    error->offset = error->block ? (int64_t)(error->address - error->block) : 0;
    if (call->realloc) error->flags |= MSCOPE_ERROR_REALLOC;
    mscope_report(error);
}

struct mscope_error mscope_error_about(uint32_t kind, const struct mscope_block *block)
{
    return (struct mscope_error){
        .kind = kind,
        .block = block->address,
        .size = block->size,
        .allocated_site = block->site,
        .allocated_thread = block->thread,
        .family = block->flags >> MSCOPE_BLOCK_FAMILY_SHIFT & 3,
    };
}

// ---- addresses where no block begins

static bool mscope_is_on_own_stack(uint64_t address, uint64_t sp)
{
    struct mscope_bank *borrowed = NULL, *bank = mscope_bank_here(&borrowed);
    if (bank == NULL) return false;
    // The caller may be on another stack: a signal's or a fiber's.
    struct mscope_unwinder *unwinder = &bank->unwinder;
    bool on_it = address >= sp && address < unwinder->stack_high
                 && (sp - unwinder->stack_low < unwinder->stack_high - unwinder->stack_low
                     || mscope_new_stack_high(unwinder, sp) == unwinder->stack_high);
    if (borrowed != NULL) mscope_leave_borrowed(borrowed);
    return on_it;
}

/// Whether `address` is on a thread's stack: on the calling thread's above the caller, on another's in the part seen so
/// far.
static bool mscope_is_on_stack(uint64_t address, uint64_t sp)
{
    if (mscope_is_on_own_stack(address, sp)) return true;
    uint32_t count = mscope_load_acquire(&mscope_bank_count);
    for (uint32_t i = 0; i < count && i < MSCOPE_BANKS; i++) {
        struct mscope_bank *bank = mscope_load_acquire(&mscope_banks[i]);
        if (bank == NULL || bank == mscope_tls.bank || mscope_load_relaxed(&bank->state) != MSCOPE_BANK_OWNED) continue;
        // Only below the first thread's stack there is certainly nothing but a gap; the lowest page of another stack
        // may hold something else below the stack pointer.
        const struct mscope_unwinder *unwinder = &bank->unwinder;
        bool is_first = unwinder->stack_high == (uint64_t)__libc_stack_end;
        uint64_t low = unwinder->stack_low + (is_first ? 0 : MSCOPE_PAGE);
        if (address >= low && address < unwinder->stack_high) return true;
        if (is_first && mscope_can_probe && mscope_is_deeper(unwinder, address)) return true;
    }
    return false;
}

#if defined(DLFO_STRUCT_HAS_EH_DBASE)
#pragma weak _dl_find_object
static bool mscope_is_in_image(uint64_t address)
{
    struct dl_find_object found;
    return _dl_find_object != NULL && _dl_find_object((void *)address, &found) == 0;
}
#else
static bool mscope_is_in_image(uint64_t address)
{
    (void)address;
    return false; // dladdr would lock
}
#endif

/// Whether no allocator can have returned the address, whatever the core has missed. *why: the flag that says why, or
/// 0.
static bool mscope_is_impossible(const struct mscope_free_call *call, uint32_t *why)
{
    uint64_t address = call->address;
    *why = 0;
    if (address < MSCOPE_LOWEST_ADDRESS || address >> MSCOPE_ADDRESS_BITS != 0) return true;
    if (mscope_is_on_stack(address, call->caller.sp)) *why = MSCOPE_ERROR_ON_STACK;
    // An unknown allocator may have its first blocks in its own data.
    else if (strcmp(mscope_allocator_name(), "unknown") != 0 && mscope_is_in_image(address))
        *why = MSCOPE_ERROR_IN_IMAGE;
    return *why != 0 || !mscope_may_begin_at(address);
}

static bool mscope_is_interior(const struct mscope_free_call *call)
{
    struct mscope_block block;
    if (!mscope_find_block(call->address, &block) || block.address == call->address) return false;
    struct mscope_error error = mscope_error_about(MSCOPE_INVALID_FREE, &block);
    error.flags = MSCOPE_ERROR_REFUSED | MSCOPE_ERROR_INTERIOR;
    mscope_report_bad_free(call, &error);
    return true;
}

/// Whether, after the small block that the slot describes, a large block may have been at the address: the large slot
/// has another block now, and does not say which of the two ended earlier.
static bool mscope_may_be_older(const struct mscope_slot *slot, uint64_t address)
{
    struct mscope_slot *large = mscope_large_slot(mscope_find_region(address), address);
    uint64_t of_large = mscope_load_relaxed(&large->what);
    return slot != large && ((of_large & MSCOPE_SLOT_LIVE) || !mscope_knows_order(of_large, address));
}

/// Whether the slot has the mark of a block that was freed at this very address, in this era.
static bool mscope_is_freed_twice(const struct mscope_free_call *call)
{
    uint64_t what, era = mscope_load_relaxed(&mscope_era);
    struct mscope_slot *slot = mscope_find_slot(call->address, &what);
    uint64_t mark = slot ? mscope_load_acquire(&slot->born) : 0;
    uint32_t flags = mscope_slot_flags(what);
    if (!mscope_tells_of(what, call->address) || (flags & MSCOPE_SLOT_LIVE)) return false;
    if (era == 0 || mark >> MSCOPE_ERA_SHIFT != era >> MSCOPE_ERA_SHIFT) return false;
    uint64_t again = mscope_load_acquire(&slot->what), noted = 3ull << MSCOPE_SLOT_EARLIER_SHIFT;
    bool guessed = ((what ^ again) & ~noted) != 0 || mscope_may_be_older(slot, call->address);
    struct mscope_error error = {
        .kind = MSCOPE_DOUBLE_FREE,
        .flags = MSCOPE_ERROR_REFUSED | (guessed ? (uint32_t)MSCOPE_ERROR_GUESSED : 0),
        .block = call->address,
        .size = mscope_block_size(what, call->address),
        .allocated_site = mscope_allocating_site(what),
        .freed_site = mscope_site_of_mark(mark),
        .family = flags >> MSCOPE_SLOT_FAMILY_SHIFT & 3,
    };
    mscope_report_bad_free(call, &error);
    return true;
}

/// Whether glibc ends the program because of the word in front of the address, where a chunk's size should be: the
/// rules are those of its _int_free and munmap_chunk.
static bool mscope_is_no_chunk(const struct mscope_free_call *call)
{
    enum { MSCOPE_CHUNK_MAPPED = 2, MSCOPE_CHUNK_FLAGS = 7, MSCOPE_CHUNK_LEAST = 32 };
    if (strcmp(mscope_allocator_name(), "glibc") != 0) return false;
    uint64_t head[2], start = call->address - sizeof(head);
    if (mscope_read_memory(start, head, sizeof(head)) != sizeof(head)) return mscope_can_probe; // no memory is there
    uint64_t size = head[1] & ~(uint64_t)MSCOPE_CHUNK_FLAGS;
    if (head[1] & MSCOPE_CHUNK_MAPPED) return ((start - head[0]) | (head[0] + size)) % MSCOPE_PAGE != 0;
    return size < MSCOPE_CHUNK_LEAST || size % 16 != 0;
}

bool mscope_is_bad_free(const struct mscope_free_call *call)
{
    if (mscope_is_in_own_heap((const void *)call->address)) return false; // the core's heap knows its blocks
    uint64_t what;
    uint32_t why;
    bool complete = mscope_load_relaxed(&mscope_era) != 0, impossible = mscope_is_impossible(call, &why);
    if ((complete || impossible) && mscope_is_interior(call)) return true;
    if (!impossible && (mscope_guard_is_bad_free(call) || mscope_is_freed_twice(call))) return true;
    if (impossible || (complete && mscope_is_no_chunk(call))) {
        struct mscope_error error = {.kind = MSCOPE_INVALID_FREE, .flags = MSCOPE_ERROR_REFUSED | why};
        mscope_report_bad_free(call, &error);
        return true;
    }
    if (complete) {
        mscope_add_relaxed(&mscope_check_counters.unknown_frees, 1);
        return false;
    }
    // A mark of another era is removed, so that it is looked at only once.
    struct mscope_slot *slot = mscope_find_slot(call->address, &what);
    if (mscope_tells_of(what, call->address) && !(what & MSCOPE_SLOT_LIVE)) mscope_cas_acq_rel(&slot->what, &what, 0);
    return false;
}

// ---- live blocks of another kind

bool mscope_is_mismatched(const struct mscope_free_call *call, uint64_t what, uint64_t born)
{
    uint32_t family = mscope_slot_flags(what) >> MSCOPE_SLOT_FAMILY_SHIFT & 3;
    uint64_t size = mscope_block_size(what, call->address);
    bool other_family = mscope_knows_families && family != call->family;
    bool other_size = call->size != MSCOPE_SIZE_UNSTATED && call->size != size
                      && (mscope_knows_families || call->family == MSCOPE_FAMILY_MALLOC);
    if (!other_family && !other_size) return false;
    struct mscope_block block;
    mscope_describe_block(&block, call->address, what, born, size);
    struct mscope_error error = mscope_error_about(MSCOPE_MISMATCHED_FREE, &block);
    if (!other_family) {
        error.flags = MSCOPE_ERROR_BAD_SIZE;
        error.given = call->size;
    }
    mscope_report_bad_free(call, &error);
    return true;
}
