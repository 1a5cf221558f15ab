// Unwind rules by return address, packed into one word each and kept until an image is unloaded.
#include "stacks/contexts.h"
#include "stacks/dwarf.h"
#include "stacks/rules.h"
#include "stacks/stacks.h"

#include <string.h>

_Atomic uint64_t *mscope_rules;
_Atomic uint32_t mscope_unwind_generation = 1;

bool mscope_rules_start(void)
{
    mscope_rules = mscope_map(sizeof(uint64_t) << MSCOPE_RULES_SHIFT);
    return mscope_rules != NULL;
}

/// After an image was unloaded: other code may be loaded at its addresses.
void mscope_forget_rules(void)
{
    mscope_add_relaxed(&mscope_unwind_generation, 1);
    for (uint32_t i = 0; mscope_rules != NULL && i < 1u << MSCOPE_RULES_SHIFT; i++)
        if (mscope_load_relaxed(&mscope_rules[i]) != 0) mscope_store_relaxed(&mscope_rules[i], 0);
}

static bool mscope_is_usual_frame(const struct mscope_row *row)
{
    return row->cfa_register == MSCOPE_DWARF_FP && row->cfa_offset == 16 && row->fp_offset == -16
           && row->ra_offset == -8 && row->fp_expression == NULL;
}

static uint64_t mscope_pack(const struct mscope_row *row, bool async)
{
    if (row->ra_undefined) return MSCOPE_RULE_END;
    if (row->signal_frame) return MSCOPE_RULE_SIGNAL;
    if (row->cfa_expression != NULL || row->fp_expression != NULL) return MSCOPE_RULE_WIDE;
    if (row->cfa_register == MSCOPE_DWARF_SP && async) return MSCOPE_RULE_ASYNC | MSCOPE_ASYNC_BARE;
    if (mscope_is_usual_frame(row)) return async ? MSCOPE_RULE_ASYNC : MSCOPE_RULE_FRAME;
    bool by_fp = row->cfa_register == MSCOPE_DWARF_FP;
    if (!by_fp && row->cfa_register != MSCOPE_DWARF_SP) return MSCOPE_RULE_WIDE;
    uint64_t cfa = (uint64_t)row->cfa_offset, saved = (uint64_t)-row->fp_offset;
    if (cfa % 8 != 0 || cfa / 8 > 0xffff || saved % 8 != 0 || saved / 8 > 0x1fff) return MSCOPE_RULE_WIDE;
#if defined(__x86_64__)
    if (row->ra_offset != -8) return MSCOPE_RULE_WIDE;
#else
    if (row->ra_offset != row->fp_offset + 8) return MSCOPE_RULE_WIDE;
#endif
    return MSCOPE_RULE_OFFSET | (uint64_t)by_fp << 3 | cfa / 8 << 4 | saved / 8 << 20;
}

/// Whether a signal handler returns to this address. The kernel's own trampoline on arm64 has no description: unwinders
/// must recognise its code. The same is true of some trampolines that programs bring along.
static bool mscope_is_signal_return(uint64_t pc)
{
    static const uint8_t wanted[] = MSCOPE_SIGNAL_RETURN;
    uint8_t code[sizeof(wanted)];
    return mscope_read_memory(pc, code, sizeof(code)) == sizeof(code) && memcmp(code, wanted, sizeof(code)) == 0;
}

static uint64_t mscope_rule_without_row(uint64_t pc, bool async)
{
    if (mscope_is_signal_return(pc)) return MSCOPE_RULE_SIGNAL;
    uint64_t since = mscope_undescribed_since(pc);
    if (since == 0 || !mscope_proves_frame(pc, since))
        return MSCOPE_RULE_NONE | (mscope_is_executable(pc - 1) ? (uint64_t)MSCOPE_NONE_CODE : 0);
    return async ? MSCOPE_RULE_ASYNC : MSCOPE_RULE_FRAME;
}

uint64_t mscope_learn_rule(uint64_t pc)
{
    uint64_t mask = (1ull << MSCOPE_RULE_BITS) - 1;
    _Atomic uint64_t *place = &mscope_rules[mscope_rule_index(pc)];
    uint64_t word = mscope_load_relaxed(place), tag = mscope_rule_tag(pc);
    if ((word & ~mask) == tag && (word & 7) != MSCOPE_RULE_UNKNOWN) return word & mask;
    struct mscope_row row;
    int async = mscope_is_async(pc);
    uint64_t rule = mscope_find_row(pc, &row) ? mscope_pack(&row, async == 1) : mscope_rule_without_row(pc, async == 1);
    // One word, so that no reader mixes two rules. Not kept while another thread reads the image's symbols.
    if (async >= 0) mscope_store_relaxed(place, tag | rule);
    return rule;
}

// ---- rules that do not fit a word

/// Evaluates the operations that compilers use for realigned stacks: a register plus an offset, and loads.
static bool mscope_evaluate(const uint8_t *block, const struct mscope_cursor *at, uint64_t high, uint64_t *out)
{
    uint64_t size = mscope_uleb(&block), value = 0;
    for (const uint8_t *p = block, *end = block + size; p < end;) {
        uint8_t operation = *p++;
        if (operation == 0x70 + MSCOPE_DWARF_FP)
            value = at->fp + (uint64_t)mscope_sleb(&p);
        else if (operation == 0x70 + MSCOPE_DWARF_SP)
            value = at->sp + (uint64_t)mscope_sleb(&p);
        else if (operation == 0x23)
            value += mscope_uleb(&p); // plus_uconst
        else if (operation == 0x06) { // deref
            if (value < at->sp || value > high - 8) return false;
            value = *(const uint64_t *)value;
        } else
            return false;
    }
    *out = value;
    return true;
}

bool mscope_step_wide(struct mscope_cursor *at, uint64_t high)
{
    struct mscope_row row;
    uint64_t cfa, saved = 0;
    if (!mscope_find_row(at->pc, &row)) return false;
    if (row.cfa_expression != NULL) {
        if (!mscope_evaluate(row.cfa_expression, at, high, &cfa)) return false;
    } else {
        // A CFA relative to another register (lazy binding in ld.so) would need the value of that register.
        if (row.cfa_register != MSCOPE_DWARF_FP && row.cfa_register != MSCOPE_DWARF_SP) return false;
        cfa = (row.cfa_register == MSCOPE_DWARF_FP ? at->fp : at->sp) + (uint64_t)row.cfa_offset;
    }
    if (row.fp_expression != NULL) {
        if (!mscope_evaluate(row.fp_expression, at, high, &saved)) return false;
    } else if (row.fp_offset != 0) {
        saved = cfa + (uint64_t)row.fp_offset;
    }
    uint64_t return_address = cfa + (uint64_t)row.ra_offset;
    if (cfa <= at->sp || return_address < at->sp || return_address > high - 8) return false;
    if (saved != 0 && (saved < at->sp || saved > high - 8)) return false;
    if (saved != 0) at->fp = *(const uint64_t *)saved;
    at->pc = mscope_code_address(*(const uint64_t *)return_address);
    at->sp = cfa;
    return true;
}

// ---- where a frame saved the register of the async context: for callers without a frame of their own

enum { MSCOPE_SAVES = 1 << 12, MSCOPE_SAVE_BITS = 16 };
static _Atomic uint64_t mscope_saves[MSCOPE_SAVES]; // return address:48 | distance below the CFA / 8 + 1 :16

/// How far below its CFA the function around `pc` saved the register; 0 when it left it alone, -1 when this is not
/// known.
int64_t mscope_saved_context(uint64_t pc)
{
    _Atomic uint64_t *place = &mscope_saves[mscope_rule_index(pc) % MSCOPE_SAVES];
    uint64_t word = mscope_load_relaxed(place);
    if (word >> MSCOPE_SAVE_BITS != pc) {
        struct mscope_row row;
        if (!mscope_find_row(pc, &row)) return -1;
        uint64_t distance = (uint64_t)-row.context_offset / 8;
        if (distance >= UINT16_MAX) return -1;
        word = pc << MSCOPE_SAVE_BITS | (distance + 1);
        mscope_store_relaxed(place, word);
    }
    return (int64_t)((word & UINT16_MAX) - 1) * 8;
}
