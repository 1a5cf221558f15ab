// Frame instructions, one by one, against rows known from DWARF 5, section 6.4.2; then the
// frame descriptions of libc.
#include "../../../Sources/CMemscope/stacks/dwarf.c"

#include <dlfcn.h>
#include <stdlib.h>

#include "../support/check.h"
#include "hooks/hooks.h"

// The numbers below are x86-64's: 6 is rbp, 7 is rsp, 16 the return address.
static const struct mscope_cie cie = {
    .code_align = 1, .data_align = -8, .ra_register = 16, .encoding = DW_EH_PE_absptr};

// The row at `pc` of a program that begins at 1000, after the usual state at a function's entry. Copied to a
// buffer of its exact size, so that a read beyond is seen.
static bool row_at(const uint8_t *program, size_t size, uint64_t pc, struct mscope_row *out) {
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, program, size);
    struct mscope_run run = {.cie = &cie, .location = 1000};
    run.row = (struct mscope_row){.cfa_register = MSCOPE_DWARF_SP, .cfa_offset = 8, .ra_offset = -8};
    run.first = run.row;
    bool good = mscope_run(&run, copy, copy + size, pc);
    *out = run.row;
    free(copy);
    return good;
}

#define ROW(pc, ...) \
    struct mscope_row row; \
    const uint8_t program[] = {__VA_ARGS__}; \
    bool good = row_at(program, sizeof program, pc, &row)

static void usual(void) {
    test("push rbp; mov rsp, rbp; then back");
    const uint64_t pcs[] = {1000, 1001, 1004, 1050};
    const int64_t registers[] = {7, 7, 6, 7}, offsets[] = {8, 16, 16, 8}, saved[] = {0, -16, -16, -16};
    for (int i = 0; i < 4; i++) {
        ROW(pcs[i], 0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x02, 40, 0x0c, 7, 8);
        expect(good, "the program failed");
        expect_equal(row.cfa_register, registers[i], "the CFA's register");
        expect_equal(row.cfa_offset, offsets[i], "the CFA's offset");
        expect_equal(row.fp_offset, saved[i], "the place of rbp");
    }
    end();
}

static void deltas(void) {
    test("locations advance by 1, 2 and 4 bytes");
    for (uint64_t pc = 1000; pc < 80000; pc += 499) {
        ROW(pc, 0x02, 200, 0x0e, 16, 0x03, 0x10, 0x27, 0x0e, 24, 0x04, 0x00, 0x00, 0x01, 0x00, 0x0e, 32);
        int64_t wanted = pc < 1200 ? 8 : pc < 11200 ? 16 : pc < 76736 ? 24 : 32;
        expect(good, "the program failed");
        expect_equal(row.cfa_offset, wanted, "the CFA's offset");
    }
    end();
}

static void states(void) {
    test("states are remembered and restored in turn");
    ROW(2000, 0x0e, 16, 0x0a, 0x0e, 24, 0x86, 3, 0x0a, 0x0c, 6, 0x80, 0x02, 0x0b, 0x41);
    expect(good, "the program failed");
    expect_equal(row.cfa_register, 7, "the CFA's register");
    expect_equal(row.cfa_offset, 24, "the CFA's offset");
    expect_equal(row.fp_offset, -24, "the place of rbp");
    end();

    test("a restore without a remembered state, or too many, is an error");
    struct mscope_row ignored;
    const uint8_t none[] = {0x0b};
    expect(!row_at(none, 1, 1000, &ignored), "it was taken");
    uint8_t many[32];
    memset(many, 0x0a, sizeof many);
    expect(!row_at(many, sizeof many, 1000, &ignored), "32 remembered states were taken");
    end();
}

static void forms(void) {
    test("signed and extended forms");
    ROW(1000, 0x12, 7, 0x7e, 0x11, 6, 0x02, 0x13, 0x7d, 0x2e, 0x90, 0x02, 0x05, 16, 3);
    expect(good, "the program failed");
    expect_equal(row.cfa_offset, 24, "the CFA's offset");
    expect_equal(row.fp_offset, -16, "the place of rbp");
    expect_equal(row.ra_offset, -24, "the place of the return address");
    end();
}

static void outermost(void) {
    test("an undefined return address ends the stack");
    ROW(1000, 0x07, 16);
    expect(good && row.ra_undefined, "it did not");
    end();
}

static void in_register(void) {
    test("rbp kept in another register cannot be followed, and is not called unchanged");
    ROW(1000, 0x09, 6, 12);
    expect(!good || row.fp_expression != NULL, "the row says that rbp is unchanged");
    end();

    test("a value instead of a place cannot be followed either");
    const uint8_t offset[] = {0x14, 6, 2}, signed_offset[] = {0x15, 6, 0x7e};
    expect(!row_at(offset, 3, 1000, &row), "val_offset was taken");
    expect(!row_at(signed_offset, 3, 1000, &row), "val_offset_sf was taken");
    end();
}

static void numbers(void) {
    test("LEB128 numbers of every length");
    for (int shift = 0; shift < 63; shift++) {
        int64_t values[] = {(int64_t)(1ull << shift), -(int64_t)(1ull << shift), (int64_t)(1ull << shift) - 1};
        for (int i = 0; i < 3; i++) {
            uint8_t bytes[10];
            int count = 0;
            int64_t rest = values[i];
            for (bool more = true; more; count++) {
                uint8_t byte = rest & 0x7f;
                rest >>= 7;
                more = !((rest == 0 && !(byte & 0x40)) || (rest == -1 && (byte & 0x40)));
                bytes[count] = (uint8_t)(byte | (more ? 0x80 : 0));
            }
            const uint8_t *p = bytes;
            expect(mscope_sleb(&p) == values[i] && p == bytes + count, "%lld is read as another number",
                (long long)values[i]);
        }
    }
    end();
}

// Many addresses of real code: none may crash, and most of libc must have a row.
static void real_code(void) {
    test("all of libc's code can be asked about");
    uint64_t start = (uint64_t)(uintptr_t)dlsym(RTLD_DEFAULT, "qsort") & ~0xfffull, rows = 0, asked = 0;
    for (uint64_t pc = start - 65536; pc < start + 400000; pc += 3) {
        struct mscope_row row;
        asked++;
        rows += mscope_find_row(pc, &row);
    }
    expect(rows > asked * 9 / 10, "only %llu of %llu addresses have a row", (unsigned long long)rows,
        (unsigned long long)asked);
    struct mscope_row row;
    expect(!mscope_find_row(4097, &row) && !mscope_find_row((uint64_t)(uintptr_t)&row, &row),
        "there is a row for no code");
    end();
}

int main(void) {
    mscope_boot();
    usual();
    deltas();
    states();
    forms();
    outermost();
    in_register();
    numbers();
    real_code();
    return check_result();
}
