// The quarantine by itself: blocks with canaries allocated and freed at random, some written to after, against a model.
#include <stdlib.h>
#include <string.h>

#include "../support/check.h"
#include "../support/random.h"
#include "checks/canary.h"
#include "checks/quarantine.h"
#include "hooks/hooks.h"

enum { PLACES = 200, STEPS = 20000, MOST = 3000, BOUND = 400 << 10 };

struct place {
    char *block;
    size_t size;
};

static struct mscope_check_totals totals(void) {
    struct mscope_check_totals out = {0};
    mscope_quarantine_totals(&out);
    return out;
}

static void allocate(struct place *place, uint64_t *seed) {
    uint64_t alignment = random_below(seed, 8) == 0 ? 16ull << random_below(seed, 6) : 0;
    place->size = random_below(seed, MOST);
    struct mscope_request request = {.size = place->size, .alignment = alignment};
    place->block = mscope_canary_allocate(&request);
    expect(place->block != NULL, "no block of %zu bytes", place->size);
    if (place->block != NULL) memset(place->block, 1, place->size);
}

static void release(const struct place *place) {
    uint64_t what, address = (uint64_t)(uintptr_t)place->block;
    struct mscope_slot *slot = mscope_find_slot(address, &what);
    struct mscope_free_call call = {.address = address, .size = MSCOPE_SIZE_UNSTATED};
    expect(mscope_owns_slot(what, address) && mscope_is_checked(what), "a checked block is not known");
    mscope_canary_release(&call, slot, what);
}

/// Writes to the block that was freed last: the sweep reports it, once.
static void write_after(const struct place *place, uint64_t *seed) {
    if (place->size == 0) return;
    uint64_t before = mscope_error_count();
    place->block[random_below(seed, place->size)] ^= 0x55;
    mscope_quarantine_sweep();
    expect_equal(mscope_error_count(), before + 1, "reports of a write to a freed block");
    mscope_quarantine_sweep();
    expect_equal(mscope_error_count(), before + 1, "reports after another sweep");
}

static void against_model(void) {
    test("20,000 blocks go through the quarantine, whose equations hold after each step");
    struct place places[PLACES] = {0};
    uint64_t seed = 5, freed = 0;
    for (int step = 0; step < STEPS; step++) {
        struct place *place = &places[random_below(&seed, PLACES)];
        if (place->block == NULL) {
            allocate(place, &seed);
        } else {
            release(place);
            freed++;
            if (step % 100 == 0) write_after(place, &seed);
            place->block = NULL;
        }
        expect(mscope_quarantine_is_valid(), "step %d: an equation does not hold", step);
    }
    expect(totals().quarantined_blocks < freed, "nothing left the quarantine");
    end();

    test("a lower bound gives back what is above it, and none keeps nothing");
    mscope_quarantine_limit(BOUND / 8);
    expect(mscope_quarantine_is_valid(), "an equation does not hold under the lower bound");
    expect(totals().quarantined_bytes != 0, "nothing is kept under the lower bound");
    mscope_quarantine_limit(0);
    expect_equal(totals().quarantined_blocks, 0, "blocks kept");
    expect(mscope_quarantine_is_valid(), "an equation does not hold of an empty quarantine");
    end();
}

int main(void) {
    mscope_boot();
    mscope_check_options.quarantine_bytes = BOUND;
    mscope_checks_level = MSCOPE_CHECKS_FULL;
    mscope_change_mode(MSCOPE_FULL);
    expect(mscope_quarantine_start(), "the quarantine did not start");
    against_model();
    return check_result();
}
