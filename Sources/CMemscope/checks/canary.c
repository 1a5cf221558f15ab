// Blocks with canaries: bytes before a block's first byte and after its last that nobody may write.
//
//   raw [filled] [canary: 16] block: size [filled: 8 to 24, to the end of the allocator's chunk]
//
//   lead = block - raw, 16 or the alignment asked for
//   canary = two hashes of block, size and lead's exponent, but its last byte is the filling: the byte likeliest to be
//   written must differ from what is written there by chance
//
// The canary also says where the allocator's block begins. When part of the canary was overwritten, the rest still says
// it; when all of it was, the block is never given back.
#include "checks/canary.h"
#include "checks/checks.h"
#include "checks/quarantine.h"

#include <errno.h>
#include <string.h>

enum {
    MSCOPE_LEAD_SHIFT = 4,
    MSCOPE_LEAD = 1 << MSCOPE_LEAD_SHIFT,
    MSCOPE_MOST_LEAD_SHIFT = 24,
    // so many of a canary's 16 bytes must still be right for the lead that it states to be believed
    MSCOPE_CANARY_SURE = 6,
    MSCOPE_WATCHED_LEAD = 256,
    MSCOPE_LEAST_END = 24, // so that the next block begins 32 bytes further, whichever allocator made it: see shadow.h
    MSCOPE_MOST_REAR = 24, // at most this many bytes from the end of a block to the end of its canary
};

struct mscope_canary {
    uint64_t a, b;
};

static inline uint64_t mscope_hash_word(uint64_t x)
{
    x = (x ^ x >> 31) * 0x9E3779B97F4A7C15ull;
    return (x ^ x >> 29) * 0xbf58476d1ce4e5b9ull;
}

static inline struct mscope_canary mscope_canary_of(uint64_t block, uint64_t size, uint32_t shift)
{
    uint64_t a = mscope_hash_word(block ^ size << 32 ^ size >> 32 ^ (uint64_t)shift << 58);
    return (struct mscope_canary){a, (a ^ a >> 32) * 0x9E3779B97F4A7C15ull >> 8 | (uint64_t)MSCOPE_CANARY << 56};
}

static inline bool mscope_same_canary(const struct mscope_canary *a, const struct mscope_canary *b)
{
    return a->a == b->a && a->b == b->b;
}

/// The number of bytes from a block's first to the end of the canary behind it.
static inline uint64_t mscope_canary_end(uint64_t size)
{
    uint64_t end = ((size + 15) & ~15ull) + 8;
    return end < MSCOPE_LEAST_END ? MSCOPE_LEAST_END : end;
}

/// The exponent of the lead, as the canary says it; 0 when too little of the canary is left.
static uint32_t mscope_lead_shift(const struct mscope_canary *found, uint64_t block, uint64_t size)
{
    struct mscope_canary wanted = mscope_canary_of(block, size, MSCOPE_LEAD_SHIFT);
    if (mscope_same_canary(found, &wanted)) return MSCOPE_LEAD_SHIFT;
    uint32_t best = 0, best_count = MSCOPE_CANARY_SURE - 1;
    for (uint32_t shift = MSCOPE_LEAD_SHIFT; shift <= MSCOPE_MOST_LEAD_SHIFT; shift++) {
        uint32_t count = 0;
        wanted = mscope_canary_of(block, size, shift);
        for (size_t i = 0; i < sizeof(wanted); i++)
            count += ((const uint8_t *)found)[i] == ((const uint8_t *)&wanted)[i];
        if (count > best_count) {
            best = shift;
            best_count = count;
        }
    }
    return best;
}

// ---- allocating

static void *mscope_ask(const struct mscope_request *request, uint64_t lead, uint64_t bytes)
{
    if (lead <= MSCOPE_LEAD) return request->zeroed ? mscope_next.calloc(1, bytes) : mscope_next.malloc(bytes);
    void *raw = mscope_next.memalign(lead, bytes);
    if (raw != NULL && request->zeroed) memset(raw, 0, bytes);
    return raw;
}

/// The memory of a checked block. An allocator may call its own functions by their public names, which are the core's
/// hooks: then a hook has recorded the memory as a block of the program's, and the record is removed.
static void *mscope_raw_block(const struct mscope_request *request, uint64_t lead)
{
    mscope_tls.asking = 1;
    void *raw = mscope_ask(request, lead, lead + mscope_canary_end(request->size));
    bool came_by_hook = mscope_tls.asking == 2;
    mscope_tls.asking = 0;
    if (mscope_unlikely(came_by_hook) && raw != NULL)
        mscope_record_moved(NULL, 0, mscope_take_record(raw, 0), MSCOPE_CALLER);
    return raw;
}

/// An arena of glibc's other than the main one grows by a page at a time, with a call of the kernel for each: that
/// costs more than the page, and checked blocks need many, because freed ones are kept. A large block that is freed at
/// once makes glibc ask for several pages together. Called for the first block in a stretch of heap.
static __attribute__((noinline)) void mscope_grow_arena(uint64_t raw)
{
    enum { MSCOPE_OTHER_ARENA = 4, MSCOPE_MAPPED = 2 }; // flags in the word before a block of glibc's
    enum { MSCOPE_AHEAD = 48 << 10 };                   // less than the size at which glibc gives memory back
    struct mscope_bank *bank = mscope_tls.bank;
    if (bank == NULL || mscope_least_request != 0) return; // another allocator
    uint64_t left = bank->arena_end - raw;
    if (left > MSCOPE_STRETCH_BYTES && left <= MSCOPE_AHEAD) return;
    uint64_t head = ((const uint64_t *)raw)[-1];
    if ((head & (MSCOPE_OTHER_ARENA | MSCOPE_MAPPED)) != MSCOPE_OTHER_ARENA) return;
    int error = errno;
    void *ahead = mscope_next.malloc(MSCOPE_AHEAD);
    mscope_next.free(ahead);
    errno = error;
    uint64_t distance = (uint64_t)ahead - raw;
    bank->arena_end = (distance < MSCOPE_AHEAD ? (uint64_t)ahead : raw) + MSCOPE_AHEAD;
}

static void mscope_write_canaries(uint64_t block, uint64_t size, uint32_t shift)
{
    uint64_t lead = 1ull << shift, watched = lead < MSCOPE_WATCHED_LEAD ? lead : MSCOPE_WATCHED_LEAD;
    mscope_fill_slack(block - watched, block - MSCOPE_LEAD);
    struct mscope_canary canary = mscope_canary_of(block, size, shift);
    memcpy((void *)(block - MSCOPE_LEAD), &canary, sizeof(canary));
    mscope_fill_slack(block + size, block + mscope_canary_end(size));
}

void *mscope_canary_allocate(const struct mscope_request *request)
{
    uint64_t lead = request->alignment > MSCOPE_LEAD ? request->alignment : MSCOPE_LEAD;
    if (request->size >= MSCOPE_SIZE_LIMIT || lead >> MSCOPE_MOST_LEAD_SHIFT != 0) return NULL;
    void *raw = mscope_raw_block(request, lead);
    if (raw == NULL) return NULL;
    uint64_t block = (uint64_t)raw + lead;
    if (mscope_unlikely(mscope_is_new_stretch(block))) mscope_grow_arena((uint64_t)raw);
    mscope_write_canaries(block, request->size, (uint32_t)__builtin_ctzll(lead));
    if (!mscope_record_checked(block, request)) {
        mscope_next.free(raw);
        return NULL;
    }
    struct mscope_bank *bank = mscope_tls.bank;
    if (mscope_likely(bank != NULL))
        mscope_bump(&bank->canaried, 1);
    else
        mscope_add_relaxed(&mscope_check_counters.canaried, 1);
    return (void *)block;
}

uint64_t mscope_canaried_blocks(void)
{
    uint64_t sum = mscope_load_relaxed(&mscope_check_counters.canaried);
    uint32_t banks = mscope_load_acquire(&mscope_bank_count);
    for (uint32_t i = 0; i < banks && i < MSCOPE_BANKS; i++) {
        const struct mscope_bank *bank = mscope_load_acquire(&mscope_banks[i]);
        if (bank != NULL) sum += mscope_load_relaxed(&bank->canaried);
    }
    return sum;
}

// ---- checking

/// The damaged byte of the canary that is nearest to the block; `block` when there is none.
static uint64_t mscope_canary_damage(const struct mscope_canary *found, const struct mscope_canary *wanted,
                                     uint64_t block)
{
    const uint8_t *a = (const uint8_t *)found, *b = (const uint8_t *)wanted;
    if (mscope_same_canary(found, wanted)) return block;
    for (uint64_t i = sizeof(*found); i-- > 0;)
        if (a[i] != b[i]) return block - MSCOPE_LEAD + i;
    return block;
}

static bool mscope_copy(uint64_t from, void *out, uint64_t size, bool owned)
{
    if (owned) memcpy(out, (const void *)from, size);
    return owned || mscope_read_memory(from, out, size) == size;
}

bool mscope_canary_view(uint64_t block, uint64_t size, bool owned, struct mscope_view *out)
{
    uint8_t found[MSCOPE_LEAD], rear[MSCOPE_MOST_REAR];
    *out = (struct mscope_view){.block = block, .size = size, .end = block + mscope_canary_end(size)};
    uint64_t behind = block + size, count = out->end - behind;
    if (!mscope_copy(block - MSCOPE_LEAD, found, sizeof(found), owned) || !mscope_copy(behind, rear, count, owned))
        return false;
    const struct mscope_canary *canary = (const struct mscope_canary *)(const void *)found;
    struct mscope_canary wanted = mscope_canary_of(block, size, mscope_lead_shift(canary, block, size));
    for (uint64_t i = 0; i < sizeof(found); i++) {
        if (found[i] == ((const uint8_t *)&wanted)[i]) continue;
        if (out->front_end == 0) out->front = block - MSCOPE_LEAD + i;
        out->front_end = block - MSCOPE_LEAD + i + 1;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (rear[i] == MSCOPE_CANARY) continue;
        if (out->rear_end == 0) out->rear = behind + i;
        out->rear_end = behind + i + 1;
    }
    return true;
}

/// Reports what was written around a block that only the caller can reach, and writes its canaries again. Returns the
/// exponent of its lead; 0 when that is lost.
static uint32_t mscope_mend_canaries(const struct mscope_departure *block, struct mscope_witness at)
{
    uint64_t address = block->address;
    uint32_t shift = mscope_lead_shift((const struct mscope_canary *)(address - MSCOPE_LEAD), address, block->size);
    uint64_t lead = shift ? 1ull << shift : MSCOPE_LEAD, low = lead < MSCOPE_WATCHED_LEAD ? lead : MSCOPE_WATCHED_LEAD;
    uint64_t above = address - MSCOPE_LEAD, before = mscope_last_damage(address - low, above, MSCOPE_CANARY);
    struct mscope_view view;
    mscope_canary_view(address, block->size, true, &view);
    mscope_report_around(block, &view, at, 0);
    if (view.front_end == 0 && before != above) mscope_report_before(block, before, at);
    if (shift != 0) mscope_write_canaries(address, block->size, shift);
    return shift;
}

/// Whether nothing was written around a block; for blocks with no larger alignment than malloc's.
static inline bool mscope_is_untouched(uint64_t block, uint64_t size)
{
    uint64_t damage;
    return mscope_canary_is_whole(block, size, MSCOPE_LEAD_SHIFT, &damage);
}

void mscope_canary_release(const struct mscope_free_call *call, struct mscope_slot *slot, uint64_t what)
{
    struct mscope_departure block = {call->address, what, mscope_load_relaxed(&slot->born),
                                     mscope_block_size(what, call->address)};
    mscope_note_order(slot, call->address);
    // If two threads free the block at once, one is first; the call of the other is a bad free.
    if (!mscope_cas_acq_rel(&slot->what, &what, mscope_ended(what))) {
        mscope_is_bad_free(call);
        return;
    }
    struct mscope_witness here = mscope_witness(call->caller);
    uint32_t shift = mscope_is_untouched(block.address, block.size) ? (uint32_t)MSCOPE_LEAD_SHIFT
                                                                    : mscope_mend_canaries(&block, here);
    mscope_record_free(slot, block.what, block.address, mscope_mark_of_site(here.site));
    if (shift == 0) {
        mscope_add_relaxed(&mscope_check_counters.lost_blocks, 1);
        return;
    }
    mscope_quarantine(block.address, block.size, shift);
}

void mscope_canary_give_back(uint64_t block, uint32_t shift)
{
    mscope_next.free((void *)(block - (1ull << shift)));
}

uint64_t mscope_canary_bytes(uint64_t size, uint32_t shift)
{
    return (1ull << shift) + mscope_canary_end(size);
}

bool mscope_canary_is_whole(uint64_t block, uint64_t size, uint32_t shift, uint64_t *damage)
{
    struct mscope_canary wanted = mscope_canary_of(block, size, shift);
    uint64_t end = block + mscope_canary_end(size);
    *damage = mscope_canary_damage((const struct mscope_canary *)(block - MSCOPE_LEAD), &wanted, block);
    if (*damage != block) return false;
    *damage = mscope_first_damage(block + size, end, MSCOPE_CANARY);
    return *damage == end;
}

// ---- the sweep: checking all of them while the program goes on

static void mscope_sweep_block(struct mscope_slot *slot, const struct mscope_departure *block)
{
    struct mscope_view view;
    if (!mscope_canary_view(block->address, block->size, false, &view)) return;
    if (view.front_end == 0 && view.rear_end == 0) return;
    // The bytes are those of the live block only if that block still lives.
    if (mscope_load_acquire(&slot->what) != block->what || mscope_load_acquire(&slot->born) != block->born) return;
    mscope_report_around(block, &view, (struct mscope_witness){0}, MSCOPE_ERROR_SWEEP);
}

static void mscope_sweep_stretch(struct mscope_region *region, uint64_t granule)
{
    for (uint64_t i = 0; i < MSCOPE_STRETCH_GRANULES; i++) {
        struct mscope_departure found;
        struct mscope_slot *slot = mscope_read_granule(region, granule + i, &found);
        if (slot == NULL || !mscope_is_checked(found.what)) continue;
        if (!mscope_is_guarded(found.address)) mscope_sweep_block(slot, &found);
    }
}

void mscope_canary_sweep(void)
{
    for (uint64_t r = mscope_lowest_region(); r <= mscope_highest_region(); r++) {
        struct mscope_region *region = mscope_load_acquire(&mscope_regions[r]);
        for (uint64_t stretch = 0; region != NULL && stretch < MSCOPE_REGION_STRETCHES; stretch++) {
            if (mscope_is_used(region, stretch))
                mscope_sweep_stretch(region, r * MSCOPE_REGION_GRANULES + stretch * MSCOPE_STRETCH_GRANULES);
        }
    }
}
