// The time after which no call can have a number any more that was withdrawn before.
#include "record/record.h"

enum { MSCOPE_LEAST_GRACE = 100000000 }; // nanoseconds: by then each thread sees what others stored before

_Atomic uint32_t mscope_hold_generation = 1;

void mscope_begin_grace(struct mscope_grace *grace)
{
    grace->generation = atomic_fetch_add_explicit(&mscope_hold_generation, 1, memory_order_acq_rel);
    grace->time = mscope_now();
}

bool mscope_has_passed(const struct mscope_grace *grace)
{
    if (mscope_now() - grace->time < MSCOPE_LEAST_GRACE) return false;
    uint32_t banks = mscope_load_acquire(&mscope_bank_count);
    for (uint32_t i = 0; i < banks && i < MSCOPE_BANKS; i++) {
        struct mscope_bank *bank = mscope_load_acquire(&mscope_banks[i]);
        uint32_t since = bank ? mscope_load_acquire(&bank->holds) : 0;
        if (since != 0 && since <= grace->generation) return false;
    }
    return true;
}
