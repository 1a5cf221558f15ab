// Numbers of stacks that are withdrawn, put back, ended and given out again, step by step.
#include <stdlib.h>
#include <string.h>

#include "../support/check.h"
#include "hooks/hooks.h"
#include "record/record.h"
#include "stacks/index.h"
#include "stacks/sites.h"

enum { MANY = 20000, SHALLOW = 16, DEEP = 70, LIMIT = 2 << 20, ROUNDS = 1200, FILLING = 100000 };

// Most have the same line in each level of the index, so that they compete for places.
static struct mscope_stack stack_of(uint64_t seed, uint32_t depth) {
    uint64_t line = seed < FILLING ? 77 : seed; // of the filling ones, each has its own line
    struct mscope_stack stack = {.count = depth, .hash = (seed + 1) << 40 | line};
    for (uint32_t i = 0; i < depth; i++) stack.frames[i] = 0x10000 + seed * 0x1000 + i;
    return stack;
}

static uint32_t number_of(uint64_t seed, uint32_t depth) {
    struct mscope_stack stack = stack_of(seed, depth);
    uint32_t known = mscope_find_site(stack.hash);
    return known ? known : mscope_new_site(&stack);
}

static bool has_stack(uint32_t id, uint64_t seed, uint32_t depth) {
    struct mscope_stack stack = stack_of(seed, depth);
    struct mscope_site site;
    return mscope_read_site(id, &site) && site.frame_count == depth
        && memcmp(site.frames, stack.frames, depth * sizeof *stack.frames) == 0;
}

static void recycle(uint32_t number) {
    expect(mscope_withdraw_site(number) && mscope_end_site(number), "number %u stays", number);
    mscope_recycle_number(number);
}

static void twice_in_a_line(void) {
    test("a stack that is in the index twice is found by one of its numbers");
    uint32_t earlier = number_of(1, 5), first = number_of(2, 5), found;
    expect(mscope_withdraw_site(first), "it cannot be withdrawn");
    uint32_t second = number_of(2, 5);
    expect(second != first && mscope_withdraw_site(earlier), "nothing is free in front");
    mscope_restore_site(first);
    found = mscope_find_site(stack_of(2, 5).hash);
    expect(found == first || found == second, "found %u, not %u or %u", found, first, second);
    expect(mscope_sites_are_valid(1, UINT32_MAX), "an equation does not hold");
    mscope_restore_site(earlier);
    end();
}

static void late_alias(void) {
    test("a second hash that a thread puts into the index after the withdrawal keeps the number from being recycled");
    uint32_t number = number_of(3, 5);
    uint64_t other = 5ull << 50;
    mscope_store_relaxed(&mscope_entry(number)->alias, 0);
    expect(mscope_withdraw_site(number), "it cannot be withdrawn");
    mscope_alias_site(number, other);
    expect(!mscope_end_site(number), "it was ended");
    mscope_restore_site(number);
    expect(mscope_find_site(other) == number && has_stack(mscope_site_id(number), 3, 5), "it is not as before");
    recycle(number);
    expect(mscope_find_site(other) == 0, "the second hash leads to a free number");
    end();
}

static void report_of_a_withdrawn_site(void) {
    test("a site that a report uses while it is withdrawn stays");
    uint32_t number = number_of(4, 5), id = mscope_site_id(number);
    expect(mscope_withdraw_site(number) && mscope_retain_site(id) && !mscope_end_site(number), "it was ended");
    mscope_restore_site(number);
    expect(!mscope_withdraw_site(number) && has_stack(id, 4, 5), "it is not kept");
    mscope_release_site(id);
    recycle(number);
    expect(!mscope_retain_site(id) && !has_stack(id, 4, 5), "it is still there");
    end();
}

static void generations(void) {
    test("no id is given out twice");
    static uint8_t given[MSCOPE_SITE_GENERATIONS];
    uint32_t number = number_of(5, 5);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        uint32_t now = number_of(6 + round, 5), id = mscope_site_id(now);
        if (now == number) expect(given[id >> MSCOPE_SITE_BITS]++ == 0, "id %u came again", id);
        recycle(now);
    }
    end();
}

static uint32_t fill(uint32_t depth, uint64_t seed, uint32_t *numbers) {
    uint32_t taken = 0;
    while (taken < MANY && (numbers[taken] = number_of(seed + taken, depth)) != 0) taken++;
    return taken;
}

static void deeper(void) {
    test("frames of many shallow stacks make room for deep ones");
    static uint32_t numbers[MANY];
    mscope_table_limit = LIMIT;
    uint32_t shallow = fill(SHALLOW, FILLING, numbers), deep = 0;
    expect(shallow > 1000 && shallow < MANY, "%u fill the table", shallow);
    for (uint32_t i = 0; i < shallow; i++) recycle(numbers[i]);
    for (int round = 0; round < 3; round++) {
        deep = fill(DEEP, 3 * FILLING, numbers);
        expect(round == 0 || deep >= shallow * SHALLOW / DEEP / 2, "only %u deep stacks after %u shallow ones", deep,
            shallow);
        expect(mscope_lacks_frames() && mscope_needs_numbers(), "the need is not noticed");
        for (uint32_t i = 0; i < deep; i++) recycle(numbers[i]);
        mscope_join_frames();
    }
    expect(mscope_sites_are_valid(1, UINT32_MAX), "an equation does not hold");
    end();
}

int main(void) {
    mscope_boot();
    twice_in_a_line();
    late_alias();
    report_of_a_withdrawn_site();
    generations();
    deeper();
    return check_result();
}
