// The configuration of the memory checks, and functions that several of them need.
#include "checks/canary.h"
#include "checks/checks.h"
#include "checks/guard.h"
#include "checks/quarantine.h"

#include <string.h>

struct mscope_check_counters mscope_check_counters;
uint32_t mscope_checks_level; // MSCOPE_CHECKS_OFF until booted
struct mscope_check_options mscope_check_options;
bool mscope_checks_settled;
bool mscope_knows_families;

// ---- configuration

static void mscope_read_options(void)
{
    static const char *const sides[] = {"random", "after", "before"}, *const alignments[] = {"16", "8", "1"};
    static const uint32_t bytes[] = {16, 8, 1};
    mscope_check_options = (struct mscope_check_options){
        .guard_side = mscope_choice("MEMSCOPE_GUARD_SIDE", sides, 3, MSCOPE_SIDE_RANDOM,
                                    "'; accepted are random, after, before; using random"),
        .guard_align =
            bytes[mscope_choice("MEMSCOPE_GUARD_ALIGN", alignments, 3, 0, "'; accepted are 1, 8, 16; using 16")],
        .guard_rate = mscope_number("MEMSCOPE_GUARD_RATE", 1, 1000000000, 20000,
                                    "'; accepted are numbers from 1 to 1000000000; using 20000"),
        .guard_slots = mscope_number("MEMSCOPE_GUARD_SLOTS", 1, 1 << 14, 256,
                                     "'; accepted are numbers from 1 to 16384; using 256"),
        .pages_bytes = mscope_number("MEMSCOPE_PAGES_BYTES", 1 << 20, 1ull << 40, 256ull << 20,
                                     "'; accepted are numbers from 1048576 to 1099511627776; using 268435456"),
        .quarantine_bytes = mscope_number("MEMSCOPE_QUARANTINE_BYTES", 0, 1ull << 40, 64ull << 20,
                                          "'; accepted are numbers from 0 to 1099511627776; using 67108864"),
    };
}

void mscope_checks_start(void)
{
    mscope_read_options();
    static const char *const levels[] = {"off", "sampled", "full", "pages"}, *const actions[] = {"report", "abort"};
    mscope_checks_level = mscope_choice("MEMSCOPE_CHECKS", levels, 4, MSCOPE_CHECKS_SAMPLED,
                                        "'; accepted are off, sampled, full, pages; using sampled");
    mscope_aborts_on_error =
        mscope_choice("MEMSCOPE_ON_ERROR", actions, 2, 0, "'; accepted are report, abort; using report") == 1;
    // Blocks of glibc's are aligned to 16 bytes; other allocators have size classes of 8.
    mscope_block_misalignment = strcmp(mscope_allocator_name(), "glibc") == 0 ? 15 : 7;
}

void mscope_checks_activate(void)
{
    bool works = mscope_checks_level == MSCOPE_CHECKS_OFF
                 || (mscope_guard_start() && mscope_fault_start()
                     && (mscope_checks_level < MSCOPE_CHECKS_FULL || mscope_quarantine_start()));
    if (!works) mscope_checks_level = MSCOPE_CHECKS_OFF; // no address space: readers see that nothing is checked
    mscope_checks_settled = true;
}

bool mscope_checks_need_all(void)
{
    return mscope_checks_level >= MSCOPE_CHECKS_FULL;
}

void mscope_read_check_totals(struct mscope_check_totals *out)
{
    const struct mscope_check_counters *from = &mscope_check_counters;
    *out = (struct mscope_check_totals){
        .checks = mscope_checks_level,
        .abort_on_error = mscope_aborts_on_error,
        .unknown_frees = mscope_load_relaxed(&from->unknown_frees),
        .guarded = mscope_load_relaxed(&from->guarded),
        .guarded_now = mscope_load_relaxed(&from->guarded_now),
        .guard_full = mscope_load_relaxed(&from->guard_full),
        .faults = mscope_load_relaxed(&from->faults),
        .canaried = mscope_canaried_blocks(),
        .not_quarantined = mscope_load_relaxed(&from->not_quarantined),
        .lost_blocks = mscope_load_relaxed(&from->lost_blocks),
        .sweeps = mscope_load_relaxed(&from->sweeps),
    };
    mscope_error_totals(out);
    mscope_guard_totals(out);
    mscope_quarantine_totals(out);
    out->guard_rate = mscope_check_options.guard_rate;
}

// ---- stacks

struct mscope_witness mscope_witness(struct mscope_cursor at)
{
    struct mscope_bank *borrowed = NULL, *bank = mscope_bank_here(&borrowed);
    if (bank == NULL) return (struct mscope_witness){0};
    bool held = mscope_hold_numbers(bank, at.sp);
    uint32_t site = mscope_site_here(&bank->unwinder, at.pc, at.sp, at.fp);
    struct mscope_witness result = {.site = mscope_site_id(site), .thread = bank->thread};
    mscope_release_numbers(bank, held);
    if (borrowed != NULL) mscope_leave_borrowed(borrowed);
    return result;
}

uint32_t mscope_site_of_mark(uint64_t mark)
{
    uint64_t who = mark & (MSCOPE_MARK_SITE - 1);
    if (mark & MSCOPE_MARK_SITE) return (uint32_t)who;
    struct mscope_bank *borrowed = NULL, *bank = who ? mscope_bank_here(&borrowed) : NULL;
    if (bank == NULL) return 0;
    bool held = mscope_hold_numbers(bank, (uint64_t)__builtin_frame_address(0));
    uint32_t id = mscope_site_id(mscope_site_of_frame(who));
    mscope_release_numbers(bank, held);
    if (borrowed != NULL) mscope_leave_borrowed(borrowed);
    return id;
}

uint32_t mscope_allocating_site(uint64_t what)
{
    uint32_t number = mscope_slot_site(what), id = mscope_site_id(number);
    return id == number || (what & MSCOPE_SLOT_LIVE) != 0 ? id : 0;
}

// ---- the sweep: a check of all checked blocks

void mscope_check_heap(void)
{
    static _Atomic uint32_t under_way;
    if (mscope_exchange_acq_rel(&under_way, 1)) return;
    mscope_guard_sweep();
    if (mscope_checks_level >= MSCOPE_CHECKS_FULL) {
        mscope_canary_sweep();
        mscope_quarantine_sweep();
    }
    mscope_add_relaxed(&mscope_check_counters.sweeps, 1);
    mscope_store_release(&under_way, 0);
}

/// Blocks that were never freed are checked at the end, too.
static __attribute__((destructor)) void mscope_checks_leave(void)
{
    if (mscope_checks_settled && mscope_checks_level != MSCOPE_CHECKS_OFF) mscope_check_heap();
}
