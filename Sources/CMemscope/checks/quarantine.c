// Freed blocks that are filled and kept for a while: a write to one is found, and an access through a pointer read from
// one faults (poison.c).
//
// The filling, read as a pointer, is an address that does not exist. The first two words of a block that may be a Swift
// object stay as they were, so that a message to a freed object does not end the program before it is reported: the
// object's class can still be read, and a changed reference count shows that there was a message.
#include "checks/canary.h"
#include "checks/checks.h"
#include "checks/quarantine.h"
#include "checks/queue.h"

#include <string.h>

enum { MSCOPE_SHARES = 4, MSCOPE_SHARE_ITEMS = 1 << 18, MSCOPE_HEADER = 16 };
enum { MSCOPE_ITEM_SHIFT = 48, MSCOPE_ITEM_SHIFT_MASK = 63 };
#define MSCOPE_ITEM_KNOWN (1ull << 62)  // its damage was reported
#define MSCOPE_ITEM_HEADER (1ull << 63) // its first two words were kept: they are in the item

/// bytes = what the blocks kept take, <= quarantine_bytes / MSCOPE_SHARES, at rest
/// of each block kept: its slot says that it is a checked one and has ended
///
/// Each share has its part of the limit, so that threads that free at the same time seldom touch the same words.
struct mscope_share {
    struct mscope_queue kept;
    _Alignas(64) _Atomic uint64_t bytes;
};
static struct mscope_share mscope_shares[MSCOPE_SHARES];

bool mscope_quarantine_start(void)
{
    for (int i = 0; i < MSCOPE_SHARES; i++)
        if (!mscope_queue_start(&mscope_shares[i].kept, MSCOPE_SHARE_ITEMS)) return false;
    return true;
}

/// The share for the block that the thread frees now. The thread changes its share after some blocks, and uses each
/// share once before any of them again, in an order drawn anew each time. So a thread fills all shares alike, and no
/// two threads use the same shares for long.
static struct mscope_share *mscope_share_here(void)
{
    enum { MSCOPE_IN_A_ROW_SHIFT = 9 };
    const uint64_t odd = 0x9E3779B97F4A7C15ull;
    uint64_t turn = mscope_tls.quarantined++ >> MSCOPE_IN_A_ROW_SHIFT;
    uint64_t drawn = (mscope_thread_pointer() ^ turn / MSCOPE_SHARES) * odd;
    drawn = (drawn ^ drawn >> 32) * odd >> 32;
    return &mscope_shares[(drawn + turn * (drawn >> 2 | 1)) % MSCOPE_SHARES];
}

// address:48 | exponent of the lead:6 | flags
static inline uint64_t mscope_item_block(const struct mscope_item *item)
{
    return item->address & ((1ull << MSCOPE_ITEM_SHIFT) - 1);
}
static inline uint32_t mscope_item_lead(const struct mscope_item *item)
{
    return item->address >> MSCOPE_ITEM_SHIFT & MSCOPE_ITEM_SHIFT_MASK;
}

/// The slot describes the block until the block's memory is given back.
static inline uint64_t mscope_item_size(const struct mscope_item *item)
{
    uint64_t block = mscope_item_block(item), what;
    mscope_find_slot(block, &what);
    return mscope_block_size(what, block);
}

static void mscope_report_write(struct mscope_item *item, uint64_t damage, uint32_t flags)
{
    uint64_t what;
    struct mscope_slot *slot = mscope_find_slot(mscope_item_block(item), &what);
    item->address |= MSCOPE_ITEM_KNOWN;
    struct mscope_error error = {
        .kind = MSCOPE_USE_AFTER_FREE_WRITE,
        .flags = MSCOPE_ERROR_FOUND_LATER | MSCOPE_ERROR_WRITE | flags,
        .address = damage,
        .block = mscope_item_block(item),
        .size = mscope_item_size(item),
        .offset = (int64_t)(damage - mscope_item_block(item)),
        .type_word = item->address & MSCOPE_ITEM_HEADER ? item->first : 0,
        .allocated_site = mscope_allocating_site(what),
        .freed_site = mscope_site_of_mark(mscope_load_relaxed(&slot->born)),
        .family = mscope_slot_flags(what) >> MSCOPE_SLOT_FAMILY_SHIFT & 3,
    };
    mscope_report(&error);
}

/// Reports the first write to a freed block; the caller has taken the block's item out of the queue.
static void mscope_check_item(struct mscope_item *item, uint64_t size, uint32_t flags)
{
    if (item->address & MSCOPE_ITEM_KNOWN) return;
    uint64_t block = mscope_item_block(item), filled = block, damage;
    if (item->address & MSCOPE_ITEM_HEADER) {
        const uint8_t *now = (const uint8_t *)block, *then = (const uint8_t *)&item->first;
        for (uint64_t i = 0; i < MSCOPE_HEADER; i++)
            if (now[i] != then[i]) return mscope_report_write(item, block + i, flags);
        filled += MSCOPE_HEADER;
    }
    damage = mscope_first_damage(filled, block + size, MSCOPE_POISON);
    if (damage != block + size || !mscope_canary_is_whole(block, size, mscope_item_lead(item), &damage))
        mscope_report_write(item, damage, flags);
}

/// The blocks to be checked next have long left the cache: fetches first their slots, then the blocks, whose size is in
/// the slots.
static void mscope_fetch_ahead(const struct mscope_queue *kept)
{
    enum { MSCOPE_AHEAD = 8, MSCOPE_FETCHED = 512, MSCOPE_CACHE_LINE = 64 };
    struct mscope_item far = {.address = mscope_queue_glimpse(kept, 2 * MSCOPE_AHEAD)};
    struct mscope_item near = {.address = mscope_queue_glimpse(kept, MSCOPE_AHEAD)};
    struct mscope_region *region = mscope_find_region(mscope_item_block(&far));
    if (region != NULL) {
        __builtin_prefetch(mscope_large_slot(region, mscope_item_block(&far)), 1);
        __builtin_prefetch(mscope_small_slot(region, mscope_item_block(&far)), 1);
    }
    uint64_t block = mscope_item_block(&near), size = mscope_item_size(&near);
    uint64_t end = block + (size < MSCOPE_FETCHED ? size : MSCOPE_FETCHED);
    for (uint64_t at = block - 32; at < end; at += MSCOPE_CACHE_LINE) __builtin_prefetch((const void *)at, 1);
}

/// Gives the block back to the allocator. Returns how many bytes it took.
static uint64_t mscope_let_go(const struct mscope_item *item, uint64_t size)
{
    mscope_canary_give_back(mscope_item_block(item), mscope_item_lead(item));
    return mscope_canary_bytes(size, mscope_item_lead(item));
}

/// Gives back the block that was kept longest. Returns how many bytes it took, 0 when there is none.
static uint64_t mscope_evict(struct mscope_queue *kept)
{
    struct mscope_item item;
    mscope_fetch_ahead(kept);
    if (!mscope_queue_take(kept, &item)) return 0;
    uint64_t size = mscope_item_size(&item);
    mscope_check_item(&item, size, 0);
    return mscope_let_go(&item, size);
}

/// Whether the first word of a block may be the address of a Swift object's metadata.
static bool mscope_may_be_object(uint64_t block, uint64_t size)
{
    if (!mscope_has_swift() || size < MSCOPE_HEADER || (block & 7) != 0) return false;
    uint64_t word = *(const uint64_t *)block, what;
    if ((word & 7) != 0 || word < 4096 || word >> MSCOPE_ADDRESS_BITS != 0) return false;
    // Metadata has words before its address, so no block begins there; at the next element of a list, one does.
    mscope_find_slot(word, &what);
    return !mscope_owns_slot(what, word);
}

static void mscope_do_not_keep(uint64_t block, uint32_t shift)
{
    mscope_add_relaxed(&mscope_check_counters.not_quarantined, 1);
    mscope_canary_give_back(block, shift);
}

static inline bool mscope_is_too_full(const struct mscope_share *share, uint64_t bytes)
{
    return bytes > mscope_check_options.quarantine_bytes / MSCOPE_SHARES
           || mscope_queue_length(&share->kept) >= MSCOPE_SHARE_ITEMS;
}

void mscope_quarantine(uint64_t block, uint64_t size, uint32_t shift)
{
    uint64_t bytes = mscope_canary_bytes(size, shift);
    if (bytes > mscope_check_options.quarantine_bytes / MSCOPE_SHARES) return mscope_do_not_keep(block, shift);
    struct mscope_item item = {.address = block | (uint64_t)shift << MSCOPE_ITEM_SHIFT};
    uint64_t filled = block;
    if (mscope_may_be_object(block, size)) {
        memcpy(&item.first, (const void *)block, MSCOPE_HEADER);
        item.address |= MSCOPE_ITEM_HEADER;
        filled += MSCOPE_HEADER;
    }
    memset((void *)filled, MSCOPE_POISON, block + size - filled);
    // The sum changes once, for the block that comes and those that go.
    struct mscope_share *share = mscope_share_here();
    uint64_t held = mscope_load_relaxed(&share->bytes), evicted = 0, last = 1;
    while (last != 0 && mscope_is_too_full(share, held + bytes - evicted)) evicted += last = mscope_evict(&share->kept);
    // Nothing can be taken out of a full queue while a thread is in the middle of using it, or was when this process
    // was forked.
    bool kept = last != 0 && mscope_queue_put(&share->kept, item);
    uint64_t came = kept ? bytes : 0;
    if (came != evicted) mscope_add_relaxed(&share->bytes, came - evicted);
    if (!kept) mscope_do_not_keep(block, shift);
}

void mscope_quarantine_limit(uint64_t bytes)
{
    if (bytes >= mscope_check_options.quarantine_bytes) return;
    mscope_check_options.quarantine_bytes = bytes;
    for (int i = 0; i < MSCOPE_SHARES; i++) {
        struct mscope_share *share = &mscope_shares[i];
        for (uint64_t evicted = 1; evicted != 0 && mscope_load_relaxed(&share->bytes) > bytes / MSCOPE_SHARES;) {
            evicted = mscope_evict(&share->kept);
            mscope_add_relaxed(&share->bytes, -evicted);
        }
    }
}

/// Each item is out of the queue while it is checked, so that no thread gives the block back meanwhile.
static void mscope_sweep_share(struct mscope_share *share)
{
    for (uint64_t n = mscope_queue_length(&share->kept); n > 0; n--) {
        struct mscope_item item;
        if (!mscope_queue_take(&share->kept, &item)) return;
        uint64_t size = mscope_item_size(&item);
        mscope_check_item(&item, size, MSCOPE_ERROR_SWEEP);
        if (!mscope_queue_put(&share->kept, item)) mscope_add_relaxed(&share->bytes, -mscope_let_go(&item, size));
    }
}

void mscope_quarantine_sweep(void)
{
    for (int i = 0; i < MSCOPE_SHARES; i++) mscope_sweep_share(&mscope_shares[i]);
}

void mscope_quarantine_totals(struct mscope_check_totals *out)
{
    for (int i = 0; i < MSCOPE_SHARES; i++) {
        out->quarantined_blocks += mscope_queue_length(&mscope_shares[i].kept);
        out->quarantined_bytes += mscope_load_relaxed(&mscope_shares[i].bytes);
    }
    out->quarantine_limit = mscope_check_options.quarantine_bytes;
}

/// Takes each item out and puts it back, which keeps the order.
static bool mscope_share_is_valid(struct mscope_share *share)
{
    uint64_t bytes = 0;
    for (uint64_t n = mscope_queue_length(&share->kept); n > 0; n--) {
        struct mscope_item item;
        uint64_t what;
        if (!mscope_queue_take(&share->kept, &item)) return false;
        mscope_find_slot(mscope_item_block(&item), &what);
        bytes += mscope_canary_bytes(mscope_item_size(&item), mscope_item_lead(&item));
        bool has_ended = (what & MSCOPE_SLOT_LIVE) == 0 && (what & MSCOPE_SLOT_ENDED) != 0;
        if (!mscope_queue_put(&share->kept, item) || !has_ended || !mscope_is_checked(what)) return false;
    }
    return bytes == mscope_load_relaxed(&share->bytes)
           && bytes <= mscope_check_options.quarantine_bytes / MSCOPE_SHARES;
}

bool mscope_quarantine_is_valid(void)
{
    bool is_valid = true;
    for (int i = 0; i < MSCOPE_SHARES; i++) is_valid &= mscope_share_is_valid(&mscope_shares[i]);
    return is_valid;
}
