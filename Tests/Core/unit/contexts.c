// Valid and invalid chains of async contexts: which are followed, and that only mapped memory is read.
#include <stdlib.h>
#include <sys/mman.h>

#include "../support/check.h"
#include "../support/random.h"
#include "hooks/hooks.h"
#include "stacks/contexts.h"

enum { PAGE = 4096 };

struct context {
    uint64_t parent, resume;
};

static struct mscope_space space;

static void code(void) {
}

static uint64_t entry(void) {
    return (uint64_t)(uintptr_t)code;
}

static uint64_t address_of(const void *pointer) {
    return (uint64_t)(uintptr_t)pointer;
}

static char *page(void) {
    return mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/// Follows from an async function whose frame holds `context`; how many callers were found.
static uint32_t follow(uint64_t context, uint32_t *flags) {
    uint64_t frame[2] = {context, 0};
    space.tail.count = space.tail.flags = 0;
    space.tail.hash = 0;
    mscope_follow_contexts(&space, mscope_innermost_context(&space, MSCOPE_STEP_ASYNC, address_of(&frame[1])), 1);
    *flags = space.tail.flags;
    return space.tail.count;
}

static void expect_chain(uint64_t context, uint32_t count, bool whole, const char *what) {
    uint32_t flags, found = follow(context, &flags);
    expect(found == count, "%s: %u callers, not %u", what, found, count);
    expect(!(flags & MSCOPE_STACK_TRUNCATED) == whole, "%s: the stack calls itself %s", what, whole ? "cut" : "whole");
}

static void chains(void) {
    test("a chain is followed to its end, and one that leads astray is cut where it does");
    char *gone = page();
    munmap(gone, PAGE);
    struct context outermost = {0, 0}, last = {0, entry()}, ended = {address_of(&outermost), entry()};
    struct context two = {address_of(&last), entry()}, astray = {address_of(gone), entry()};
    struct context no_code = {0, address_of(&last)}, to_no_code = {address_of(&no_code), entry()};
    static uint64_t data = 1;
    struct context in_data = {0, address_of(&data)}, no_end = {0, 3};
    struct context odd = {address_of(&last) + 1, entry()};
    expect_chain(0, 0, true, "none");
    expect_chain(address_of(&last), 1, true, "one");
    expect_chain(address_of(&two), 2, true, "two");
    expect_chain(address_of(&ended), 1, true, "one that ends with nothing to resume");
    expect_chain(address_of(gone), 0, false, "no memory at once");
    expect_chain(address_of(&astray), 1, false, "no memory after one");
    expect_chain(address_of(&to_no_code), 1, false, "what is no code");
    expect_chain(address_of(&in_data), 0, false, "data of an image");
    expect_chain(address_of(&no_end), 0, false, "a small number");
    expect_chain(address_of(&data) & ~7ull, 0, false, "an image's data for a context");
    expect_chain(address_of(&odd), 1, false, "an address that is none of a context");
    end();
}

static void endless(void) {
    test("a chain that leads back to itself ends at the most frames a stack may have");
    struct context circle = {0, entry()};
    circle.parent = address_of(&circle);
    expect_chain(address_of(&circle), MSCOPE_MAX_FRAMES - 1, false, "a circle");
    end();
}

static void given_back(void) {
    test("a block in which contexts were found is read only while it lives");
    mscope_store_relaxed(&mscope_era, 1ull << MSCOPE_ERA_SHIFT);
    for (size_t size = 48; size <= 1024; size += 976) { // in a slot of either kind
        char *block = page();
        struct context *context = (struct context *)(block + 16);
        *context = (struct context){0, entry()};
        mscope_record(block, size, MSCOPE_FAMILY_MALLOC, (struct mscope_cursor){entry(), 0, 0});
        for (int i = 0; i < 2000; i++) expect_chain(address_of(context), 1, true, "in a live block");
        bool kept = false;
        for (int i = 0; i < MSCOPE_HELD; i++) kept |= space.held[i].high != 0 && space.held[i].low == address_of(block);
        expect(kept, "the block was not kept in mind");
        uint64_t what;
        struct mscope_slot *slot = mscope_find_slot(address_of(block), &what);
        mscope_record_free(slot, what, address_of(block), mscope_mark_of(entry()));
        munmap(block, PAGE);
        expect_chain(address_of(context), 0, false, "in a block that is gone");
    }
    mscope_store_relaxed(&mscope_era, 0);
    end();
}

static void protected(void) {
    test("a page inside of a live block may be no memory to read");
    mscope_store_relaxed(&mscope_era, 1ull << MSCOPE_ERA_SHIFT);
    char *block = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mscope_record(block, 4 * PAGE, MSCOPE_FAMILY_MALLOC, (struct mscope_cursor){entry(), 0, 0});
    struct context *context = (struct context *)(block + 64);
    *context = (struct context){0, entry()};
    mprotect(block, PAGE, PROT_NONE);
    expect_chain(address_of(context), 0, false, "protected");
    mprotect(block, PAGE, PROT_READ | PROT_WRITE);
    expect_chain(address_of(context), 1, true, "readable");
    mscope_store_relaxed(&mscope_era, 0);
    end();
}

// ---- chains that are kept in mind, beside a walk that keeps nothing

enum { BLOCKS = 8, IN_A_BLOCK = 8, CONTEXTS = BLOCKS * IN_A_BLOCK, BLOCK_SIZE = 1024 };
static char *blocks;
static bool lives[BLOCKS];

static struct context *context_at(uint64_t i) {
    return (struct context *)(blocks + i / IN_A_BLOCK * PAGE + 16 + i % IN_A_BLOCK * 32);
}

static void begin_block(uint64_t i) {
    mmap(blocks + i * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    mscope_record(blocks + i * PAGE, BLOCK_SIZE, MSCOPE_FAMILY_MALLOC, (struct mscope_cursor){entry(), 0, 0});
    lives[i] = true;
}

static void end_block(uint64_t i) {
    uint64_t address = address_of(blocks + i * PAGE), what;
    struct mscope_slot *slot = mscope_find_slot(address, &what);
    mscope_record_free(slot, what, address, mscope_mark_of(entry()));
    mmap(blocks + i * PAGE, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    lives[i] = false;
}

/// Mostly a context leads to one of a higher number, so that few chains go in a circle.
static void change_context(uint64_t i, uint64_t *seed) {
    uint64_t next = i + 1 + random_below(seed, 6);
    uint64_t parent = next < CONTEXTS ? address_of(context_at(next)) : 0, resume = entry() + random_below(seed, 8);
    if (random_below(seed, 50) == 0) parent = address_of(context_at(random_below(seed, CONTEXTS)));
    if (random_below(seed, 50) == 0) resume = 3;
    if (random_below(seed, 20) == 0) parent = resume = 0;
    *context_at(i) = (struct context){parent, resume};
}

static void expect_walk(int step, uint64_t start) {
    uint32_t flags, found = follow(address_of(context_at(start)), &flags), count = 0;
    uint64_t context = address_of(context_at(start)), hash = 0;
    bool whole = true;
    while (context != 0 && whole) {
        const struct context *at = (const struct context *)context;
        if (!lives[(context - address_of(blocks)) / PAGE]) whole = false;
        else if (at->resume == 0 && at->parent == 0) break;
        else if (at->resume < entry() || count == MSCOPE_MAX_FRAMES - 1) whole = false;
        if (!whole) break;
        expect(count < found && space.tail.frames[count] == at->resume + 1, "step %d: caller %u", step, count);
        hash = mscope_hash_frame(hash, at->resume);
        count++;
        context = at->parent;
    }
    expect(found == count, "step %d: %u callers, not %u", step, found, count);
    expect(!(flags & MSCOPE_STACK_TRUNCATED) == whole, "step %d: whole or not", step);
    expect(space.tail.hash == hash, "step %d: the hash", step);
}

static void kept_chains(void) {
    test("a chain is believed only while its blocks live and its words are as they were");
    uint64_t seed = 5;
    mscope_store_relaxed(&mscope_era, 1ull << MSCOPE_ERA_SHIFT);
    blocks = mmap(NULL, BLOCKS * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (uint64_t i = 0; i < BLOCKS; i++) begin_block(i);
    for (uint64_t i = 0; i < CONTEXTS; i++) change_context(i, &seed);
    for (int step = 0; step < 200000; step++) {
        uint64_t block = random_below(&seed, BLOCKS), context = random_below(&seed, CONTEXTS);
        if (step % 200 == 0 && lives[block]) end_block(block);
        else if (step % 100 == 0 && !lives[block]) begin_block(block);
        else if (step % 16 == 0 && lives[context / IN_A_BLOCK]) change_context(context, &seed);
        expect_walk(step, random_below(&seed, CONTEXTS / 4));
    }
    uint32_t kept = 0;
    for (int i = 0; i < MSCOPE_CHAINS; i++) kept += space.chains[i].start != 0;
    expect(kept > 4, "%u chains are kept", kept);
    mscope_store_relaxed(&mscope_era, 0);
    end();
}

int main(void) {
    mscope_boot();
    mscope_store_relaxed(&mscope_current_mode, MSCOPE_BALANCED);
    mscope_set_sample_interval(1ull << 60);
    chains();
    endless();
    given_back();
    protected();
    kept_chains();
    return check_result();
}
