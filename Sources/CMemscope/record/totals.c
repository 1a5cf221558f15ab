// The core's totals.
#include "record/record.h"

struct mscope_counts mscope_tally_value(const struct mscope_tally *tally)
{
    // Frees are read first: so a block allocated and freed in between is never seen as a free without its allocation.
    struct mscope_counts counts;
    counts.frees = mscope_load_acquire(&tally->frees);
    counts.freed_bytes = mscope_load_acquire(&tally->freed_bytes);
    counts.allocations = mscope_load_acquire(&tally->allocations);
    counts.allocated_bytes = mscope_load_acquire(&tally->allocated_bytes);
    return counts;
}

uint64_t mscope_allocations_here(void)
{
    const struct mscope_bank *bank = mscope_tls.bank;
    return bank != NULL ? mscope_load_relaxed(&bank->tally[MSCOPE_PROGRAM].allocations) : 0;
}

void mscope_sum(struct mscope_counts *into, struct mscope_counts value)
{
    into->allocations += value.allocations;
    into->frees += value.frees;
    into->allocated_bytes += value.allocated_bytes;
    into->freed_bytes += value.freed_bytes;
}

static uint64_t mscope_raise_peak_to(int64_t live)
{
    int64_t peak = mscope_load_relaxed(&mscope_global.peak_live_bytes);
    while (live > peak && !mscope_cas_acq_rel(&mscope_global.peak_live_bytes, &peak, live)) {
    }
    return (uint64_t)(live > peak ? live : peak);
}

/// context: hook path; a signal handler may come in between and publish too, each change counts once
void mscope_publish(struct mscope_bank *bank)
{
    // First, so that changes from here on count towards the next comparison.
    mscope_store_relaxed(&bank->until_look, MSCOPE_PUBLISH_BYTES);
    mscope_take_left_blocks();
    const struct mscope_tally *tally = &bank->tally[MSCOPE_PROGRAM];
    int64_t known = mscope_load_relaxed(&bank->published);
    int64_t live = (int64_t)(mscope_load_relaxed(&tally->allocated_bytes) - mscope_load_relaxed(&tally->freed_bytes));
    int64_t change = live - known;
    if (change <= MSCOPE_PUBLISH_BYTES && change >= -MSCOPE_PUBLISH_BYTES) return;
    if (!mscope_cas_acq_rel(&bank->published, &known, live)) return;
    mscope_raise_peak_to(mscope_add_relaxed(&mscope_global.live_bytes, change) + change);
}

static void mscope_read_peak(struct mscope_totals *out, uint32_t banks)
{
    // Each bank may hold back less than twice MSCOPE_PUBLISH_BYTES of the figure the peak is taken from.
    uint64_t live = out->program.allocated_bytes > out->program.freed_bytes
                        ? out->program.allocated_bytes - out->program.freed_bytes
                        : 0;
    out->peak_live_bytes = mscope_raise_peak_to((int64_t)live);
    out->peak_error_bytes = (uint64_t)banks * 2 * MSCOPE_PUBLISH_BYTES;
}

void mscope_read_totals(struct mscope_totals *out)
{
    struct mscope_global_counters *global = &mscope_global;
    *out = (struct mscope_totals){
        .sampled_allocations = mscope_load_relaxed(&global->sampled_allocations),
        .gaps = mscope_load_relaxed(&global->gaps),
        .mmap_calls = mscope_load_relaxed(&global->mmap_calls),
        .munmap_calls = mscope_load_relaxed(&global->munmap_calls),
        .mmap_bytes = mscope_load_relaxed(&global->mmap_bytes),
        .munmap_bytes = mscope_load_relaxed(&global->munmap_bytes),
        .own_bytes = mscope_load_relaxed(&mscope_own_resident),
        .own_limit_bytes = mscope_own_mapped_bytes(),
        .sites = mscope_load_relaxed(&global->sites),
        .site_capacity = MSCOPE_SITE_CAPACITY - 1,
        .recycled_sites = mscope_load_relaxed(&global->recycled_sites),
        .recycled_allocations = mscope_load_relaxed(&global->recycled_allocations),
        .recycled_bytes = mscope_load_relaxed(&global->recycled_bytes),
        .stacks_truncated = mscope_load_relaxed(&global->stacks_truncated),
        .stacks_guessed = mscope_load_relaxed(&global->stacks_guessed),
        .threads_seen = mscope_load_relaxed(&global->threads_seen),
        .dropped_events = mscope_load_relaxed(&global->dropped_events),
        .dropped_stacks = mscope_load_relaxed(&global->dropped_stacks),
        .dropped_blocks = mscope_load_relaxed(&global->dropped_blocks),
        .dropped_accounts = mscope_load_relaxed(&global->dropped_accounts),
        .dropped_threads = mscope_load_relaxed(&global->dropped_threads),
        .started_at = global->started_at,
    };
    uint32_t banks = mscope_load_acquire(&mscope_bank_count);
    for (uint32_t i = 0; i < banks && i < MSCOPE_BANKS; i++) {
        struct mscope_bank *bank = mscope_load_acquire(&mscope_banks[i]);
        if (bank == NULL) continue;
        mscope_sum(&out->program, mscope_tally_value(&bank->tally[MSCOPE_PROGRAM]));
        mscope_sum(&out->internal, mscope_tally_value(&bank->tally[MSCOPE_INTERNAL]));
        out->threads_alive += mscope_load_relaxed(&bank->state) == MSCOPE_BANK_OWNED;
    }
    uint64_t known = out->stacks_truncated + out->stacks_guessed;
    out->stacks_exact = out->sites > known ? out->sites - known : 0;
    mscope_read_peak(out, banks);
}
