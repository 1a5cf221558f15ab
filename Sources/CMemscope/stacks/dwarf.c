// Finds the frame description of an address and runs its instructions up to that address.
#include "stacks/dwarf.h"
#include "stacks/stacks.h"

#include <string.h>

enum {
    DW_EH_PE_absptr = 0x00,
    DW_EH_PE_udata4 = 0x03,
    DW_EH_PE_sdata4 = 0x0b,
    DW_EH_PE_sdata8 = 0x0c,
    DW_EH_PE_udata8 = 0x04,
    DW_EH_PE_pcrel = 0x10,
    DW_EH_PE_datarel = 0x30,
    DW_EH_PE_omit = 0xff,
};

static inline uint32_t mscope_u32(const uint8_t *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof(value));
    return value;
}

/// Reads a pointer in one of the encodings that linkers write; false for any other encoding.
static bool mscope_encoded(const uint8_t **p, uint8_t encoding, uint64_t data_base, uint64_t *out)
{
    uint64_t base = (encoding & 0x70) == DW_EH_PE_pcrel     ? (uint64_t)*p
                    : (encoding & 0x70) == DW_EH_PE_datarel ? data_base
                                                            : 0;
    uint64_t value;
    switch (encoding & 0x0f) {
    case DW_EH_PE_udata4:
        value = mscope_u32(*p);
        *p += 4;
        break;
    case DW_EH_PE_sdata4:
        value = (uint64_t)(int64_t)(int32_t)mscope_u32(*p);
        *p += 4;
        break;
    case DW_EH_PE_absptr:
    case DW_EH_PE_udata8:
    case DW_EH_PE_sdata8:
        memcpy(&value, *p, 8);
        *p += 8;
        break;
    default: return false;
    }
    *out = value + base;
    return !(encoding & 0x80); // indirect pointers do not occur in what is read here
}

/// The last entry of the sorted table in .eh_frame_hdr that begins at or before `pc`.
static const uint8_t *mscope_search(const uint8_t *header, uint64_t pc)
{
    if (header[0] != 1 || header[3] != (DW_EH_PE_datarel | DW_EH_PE_sdata4)) return NULL;
    const uint8_t *p = header + 4;
    uint64_t frames, count;
    if (!mscope_encoded(&p, header[1], (uint64_t)header, &frames)) return NULL;
    if (header[2] == DW_EH_PE_omit || !mscope_encoded(&p, header[2], (uint64_t)header, &count) || count == 0)
        return NULL;
    int64_t target = (int64_t)(pc - (uint64_t)header);
    uint64_t low = 0, high = count;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if ((int32_t)mscope_u32(p + middle * 8) <= target)
            low = middle;
        else
            high = middle;
    }
    return header + (int32_t)mscope_u32(p + low * 8 + 4);
}

struct mscope_cie {
    const uint8_t *program, *end;
    uint64_t code_align;
    int64_t data_align;
    uint64_t ra_register;
    uint8_t encoding;
    bool augmented, signal_frame;
};

static bool mscope_read_cie(const uint8_t *cie, struct mscope_cie *out)
{
    uint32_t length = mscope_u32(cie);
    if (length == 0 || length == UINT32_MAX) return false;
    const uint8_t *p = cie + 8, *end = cie + 4 + length;
    uint8_t version = *p++;
    const char *augmentation = (const char *)p;
    p += strlen(augmentation) + 1;
    *out = (struct mscope_cie){.end = end, .code_align = mscope_uleb(&p), .data_align = mscope_sleb(&p)};
    if (version == 1)
        out->ra_register = *p++;
    else
        out->ra_register = mscope_uleb(&p);
    out->program = p;
    if (*augmentation != 'z') return *augmentation == 0;
    out->augmented = true;
    uint64_t size = mscope_uleb(&p), ignored;
    out->program = p + size;
    for (const char *c = augmentation + 1; *c; c++) {
        if (*c == 'R')
            out->encoding = *p++;
        else if (*c == 'S')
            out->signal_frame = true;
        else if (*c == 'L')
            p++;
        else if (*c == 'P') {
            uint8_t encoding = *p++;
            mscope_encoded(&p, encoding & 0x7f, 0, &ignored);
        } else if (*c != 'B')
            return false;
    }
    return true;
}

/// One run of instructions: the state, the row that the CIE's instructions left, and remembered rows.
struct mscope_run {
    const struct mscope_cie *cie;
    struct mscope_row row, first, remembered[8];
    unsigned depth;
    uint64_t location;
};

static void mscope_restore(struct mscope_run *run, uint64_t which)
{
    int kept = mscope_kept_index(which);
    if (kept >= 0) run->row.kept[kept] = run->first.kept[kept];
    if (which == MSCOPE_DWARF_FP) {
        run->row.fp_offset = run->first.fp_offset;
        run->row.fp_expression = run->first.fp_expression;
    } else if (which == run->cie->ra_register) {
        run->row.ra_undefined = run->first.ra_undefined;
        run->row.ra_offset = run->first.ra_offset;
    } else if (which == MSCOPE_DWARF_CONTEXT) {
        run->row.context_offset = run->first.context_offset;
    }
}

static void mscope_saved_at(struct mscope_run *run, uint64_t which, int64_t offset)
{
    int kept = mscope_kept_index(which);
    if (kept >= 0) run->row.kept[kept] = offset;
    if (which == MSCOPE_DWARF_FP) {
        run->row.fp_offset = offset;
        run->row.fp_expression = NULL;
    } else if (which == run->cie->ra_register) {
        run->row.ra_offset = offset;
        run->row.ra_undefined = false;
    } else if (which == MSCOPE_DWARF_CONTEXT) {
        run->row.context_offset = offset;
    }
}

static const uint8_t *mscope_skip_block(const uint8_t *p)
{
    uint64_t size = mscope_uleb(&p);
    return p + size;
}

/// Runs an instruction that defines the CFA; false when it is another one.
static bool mscope_define_cfa(struct mscope_run *run, uint8_t operation, const uint8_t **p)
{
    struct mscope_row *row = &run->row;
    int64_t scale = run->cie->data_align;
    switch (operation) {
    case 0x0c: // def_cfa
        row->cfa_register = mscope_uleb(p);
        row->cfa_offset = (int64_t)mscope_uleb(p);
        break;
    case 0x0d: row->cfa_register = mscope_uleb(p); break;        // def_cfa_register
    case 0x0e: row->cfa_offset = (int64_t)mscope_uleb(p); break; // def_cfa_offset
    case 0x0f:                                                   // def_cfa_expression
        row->cfa_expression = *p;
        *p = mscope_skip_block(*p);
        return true;
    case 0x12: // def_cfa_sf
        row->cfa_register = mscope_uleb(p);
        row->cfa_offset = mscope_sleb(p) * scale;
        break;
    case 0x13: row->cfa_offset = mscope_sleb(p) * scale; break; // def_cfa_offset_sf
    default: return false;
    }
    if (operation != 0x0e && operation != 0x13) row->cfa_expression = NULL;
    return true;
}

/// Runs an instruction that says where a register is saved; false when it is another one.
static bool mscope_define_register(struct mscope_run *run, uint8_t operation, const uint8_t **p)
{
    int64_t scale = run->cie->data_align;
    bool known =
        (operation >= 0x05 && operation <= 0x09) || operation == 0x10 || operation == 0x11 || operation == 0x16;
    if (!known) return false;
    uint64_t which = mscope_uleb(p);
    bool elsewhere = operation == 0x09 || operation == 0x10 || operation == 0x16;
    run->row.vague |= elsewhere && mscope_kept_index(which) >= 0;
    switch (operation) {
    case 0x05: mscope_saved_at(run, which, (int64_t)mscope_uleb(p) * scale); break; // offset_extended
    case 0x06: mscope_restore(run, which); break;                                   // restore_extended
    case 0x07: run->row.ra_undefined |= which == run->cie->ra_register; break;      // undefined
    case 0x08:
        if (which != run->cie->ra_register) mscope_saved_at(run, which, 0);
        break; // same_value
    case 0x09: // register: a frame pointer kept in another register is not supported
        mscope_uleb(p);
        return which != MSCOPE_DWARF_FP;
    case 0x11: mscope_saved_at(run, which, mscope_sleb(p) * scale); break; // offset_extended_sf
    case 0x10:                                                             // expression
        if (which == MSCOPE_DWARF_FP) run->row.fp_expression = *p;
        *p = mscope_skip_block(*p);
        break;
    default: // val_expression: a frame pointer that is computed, not saved, is not supported
        *p = mscope_skip_block(*p);
        return which != MSCOPE_DWARF_FP;
    }
    return true;
}

/// Runs one instruction other than the three packed ones; false for an unknown one.
static bool mscope_execute(struct mscope_run *run, uint8_t operation, const uint8_t **p)
{
    uint64_t unit = run->cie->code_align;
    switch (operation) {
    case 0x00: return true;                                                     // nop
    case 0x01: return mscope_encoded(p, run->cie->encoding, 0, &run->location); // set_loc
    case 0x02: run->location += *(*p)++ * unit; return true;                    // advance_loc1
    case 0x03:                                                                  // advance_loc2
        run->location += (uint64_t)((*p)[0] | (*p)[1] << 8) * unit;
        *p += 2;
        return true;
    case 0x04: // advance_loc4
        run->location += mscope_u32(*p) * unit;
        *p += 4;
        return true;
    case 0x0a: // remember_state
        if (run->depth == 8) return false;
        run->remembered[run->depth++] = run->row;
        return true;
    case 0x0b: // restore_state
        if (run->depth == 0) return false;
        run->row = run->remembered[--run->depth];
        return true;
    case 0x2d: return true;                 // AArch64 negate_ra_state
    case 0x2e: mscope_uleb(p); return true; // GNU_args_size
    default: return mscope_define_cfa(run, operation, p) || mscope_define_register(run, operation, p);
    }
}

static bool mscope_run(struct mscope_run *run, const uint8_t *p, const uint8_t *end, uint64_t pc)
{
    while (p < end && run->location <= pc) {
        uint8_t operation = *p++;
        switch (operation >> 6) {
        case 1: run->location += (operation & 63) * run->cie->code_align; break;
        case 2: mscope_saved_at(run, operation & 63, (int64_t)mscope_uleb(&p) * run->cie->data_align); break;
        case 3: mscope_restore(run, operation & 63); break;
        default:
            if (!mscope_execute(run, operation, &p)) return false;
        }
    }
    return true;
}

/// The last description that begins at or before `address`, and the range that it covers; false when there is none.
static bool mscope_find_description(uint64_t address, const uint8_t **program, struct mscope_cie *cie, uint64_t *begin,
                                    uint64_t *size, const uint8_t **end)
{
    struct mscope_unwind_table table;
    if (!mscope_find_unwind_table(address, &table)) return false;
    const uint8_t *fde = mscope_search(table.header, address);
    if (fde == NULL || mscope_u32(fde) == 0 || !mscope_read_cie(fde + 4 - mscope_u32(fde + 4), cie)) return false;
    const uint8_t *p = fde + 8;
    if (!mscope_encoded(&p, cie->encoding, 0, begin) || !mscope_encoded(&p, cie->encoding & 0x0f, 0, size))
        return false;
    *program = cie->augmented ? mscope_skip_block(p) : p;
    *end = fde + 4 + mscope_u32(fde);
    return true;
}

uint64_t mscope_undescribed_since(uint64_t pc)
{
    const uint8_t *program, *end;
    struct mscope_cie cie;
    uint64_t begin, size;
    if (!mscope_find_description(pc - 1, &program, &cie, &begin, &size, &end)) return 0;
    return begin <= pc - 1 && begin + size <= pc - 1 ? begin + size : 0;
}

uint64_t mscope_function_of(uint64_t pc)
{
    const uint8_t *program, *end;
    struct mscope_cie cie;
    uint64_t begin, size;
    bool found = mscope_find_description(pc - 1, &program, &cie, &begin, &size, &end);
    return found && pc - 1 - begin < size ? begin : 0;
}

bool mscope_find_row(uint64_t pc, struct mscope_row *out)
{
    uint64_t address = pc - 1, begin, size; // a call may be a function's last instruction
    const uint8_t *program, *end;
    struct mscope_cie cie;
    if (!mscope_find_description(address, &program, &cie, &begin, &size, &end) || address - begin >= size) return false;
    struct mscope_run run = {.cie = &cie, .row = {.ra_offset = -8}};
    if (!mscope_run(&run, cie.program, cie.end, UINT64_MAX)) return false;
    run.first = run.row;
    run.location = begin;
    if (!mscope_run(&run, program, end, address)) return false;
    *out = run.row;
    out->signal_frame = cie.signal_frame;
    return true;
}
