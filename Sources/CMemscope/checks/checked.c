// Which allocations are checked, and how a checked one is made.
#include "checks/checks.h"
#include "checks/guard.h"

/// Draws how many allocations pass until one is checked, each with probability 1 / rate.
static int64_t mscope_draw_distance(struct mscope_bank *bank)
{
    return mscope_check_options.guard_rate <= 1 ? 0 : mscope_next_trial(bank, mscope_check_options.guard_rate);
}

/// Draws when the next check is due. Returns whether this allocation is checked.
static bool mscope_is_chosen(void)
{
    struct mscope_bank *borrowed = NULL, *bank = mscope_bank_here(&borrowed);
    if (bank == NULL) return false;
    bool chosen = true;
    if (!mscope_tls.checks_drawn) { // a thread's first allocation
        mscope_tls.checks_drawn = 1;
        int64_t passing = mscope_draw_distance(bank);
        chosen = passing == 0;
        mscope_store_relaxed(&mscope_tls.until_check, passing);
    }
    if (chosen) mscope_store_relaxed(&mscope_tls.until_check, mscope_draw_distance(bank) + 1);
    if (borrowed != NULL) mscope_leave_borrowed(borrowed);
    return chosen;
}

void *mscope_allocate_checked(const struct mscope_request *request)
{
    if (!mscope_checks_settled) return NULL;
    if (mscope_checks_level == MSCOPE_CHECKS_OFF) {
        mscope_store_relaxed(&mscope_tls.until_check, INT64_MAX / 2);
        return NULL;
    }
    if (mscope_unlikely(mscope_tls.asking)) {
        mscope_tls.asking = 2;
        return NULL;
    }
    if (mscope_tls.internal || request->alignment & (request->alignment - 1)) return NULL;
    if (mscope_checks_level == MSCOPE_CHECKS_SAMPLED) return mscope_is_chosen() ? mscope_guard_allocate(request) : NULL;
    mscope_store_relaxed(&mscope_tls.until_check, 0); // every allocation is checked
    void *block = mscope_checks_level == MSCOPE_CHECKS_PAGES ? mscope_guard_allocate(request) : NULL;
    return block != NULL ? block : mscope_canary_allocate(request);
}

bool mscope_record_checked(uint64_t address, const struct mscope_request *request)
{
    mscope_record_here((void *)address, request->size, request->family, request->caller.pc, request->caller.sp,
                       request->caller.fp);
    struct mscope_slot *slot = mscope_place_of_slot(address, request->size);
    uint64_t what = slot ? mscope_load_relaxed(&slot->what) : 0;
    if (!mscope_owns_slot(what, address)) return false;
    mscope_store_release(&slot->what, what | MSCOPE_SIZE_CHECKED << MSCOPE_SIZE_SHIFT);
    return true;
}
