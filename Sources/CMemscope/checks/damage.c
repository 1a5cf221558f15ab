// Damage around blocks: one write is one report, even if it reached the canaries of several blocks.
//
// Damaged canaries that follow each other without a gap are a run. A write behind a block began after the block's last
// byte; a write before a block ended before its first byte: the two ends of the run tell which of the two it was.
//
//   block A | rear of A | allocator's | front of B | block B | rear of B ...
//              [==========================]                       a write before B
//           [=========================]                           a write behind A
//           [=============================]                       one of the two: guessed by what they hold
#include "checks/canary.h"
#include "checks/checks.h"

#include <string.h>

enum { MSCOPE_KNOWN_DAMAGES = 1 << 12, MSCOPE_KNOWN_TRIES = 8 };
enum { MSCOPE_MOST_GAP = 64, MSCOPE_MOST_STEPS = 1 << 14, MSCOPE_MOST_ZONES = 64, MSCOPE_COMPARED = 8 };

/// A canary of a block: the one before the block, or the one behind it.
struct mscope_zone {
    struct mscope_departure block;
    struct mscope_view view;
    bool is_front;
};

// ---- what was reported already

// Damage found by a sweep is found again when the block is freed: it is reported once. Two blocks at one address may be
// born at the same tick of the clock; most such blocks differ in size or site.
static _Atomic uint64_t mscope_known_damages[MSCOPE_KNOWN_DAMAGES];

/// Whether this damage was reported already; from now on it counts as reported.
static bool mscope_is_known_damage(const struct mscope_departure *block, uint32_t kind)
{
    const uint64_t odd = 0x9E3779B97F4A7C15ull;
    uint64_t which = block->what >> MSCOPE_SITE_SHIFT << 1 ^ kind;
    uint64_t key = (block->address ^ (block->born ^ which * odd) * odd) * odd;
    key = (key ^ key >> 29) * odd | 1;
    for (uint32_t i = 0; i < MSCOPE_KNOWN_TRIES; i++) {
        _Atomic uint64_t *place = &mscope_known_damages[(key + i) % MSCOPE_KNOWN_DAMAGES];
        uint64_t seen = mscope_load_relaxed(place);
        if (seen == 0 && mscope_cas_acq_rel(place, &seen, key)) return false;
        if (seen == key) return true;
    }
    mscope_store_relaxed(&mscope_known_damages[key % MSCOPE_KNOWN_DAMAGES], key);
    return false;
}

static inline uint32_t mscope_kind_of(const struct mscope_zone *zone)
{
    return zone->is_front ? MSCOPE_UNDERFLOW : MSCOPE_OVERFLOW;
}

// ---- neighbours

static bool mscope_look_at(uint64_t address, struct mscope_zone *out)
{
    uint64_t what;
    struct mscope_slot *slot = mscope_find_slot(address, &what);
    if (!mscope_owns_slot(what, address) || !mscope_is_checked(what)) return false;
    if (mscope_is_guarded(address)) return false;
    out->block =
        (struct mscope_departure){address, what, mscope_load_relaxed(&slot->born), mscope_block_size(what, address)};
    // The bytes are those of the live block only if that block still lives.
    return mscope_canary_view(address, out->block.size, false, &out->view) && mscope_load_acquire(&slot->what) == what
           && mscope_load_relaxed(&slot->born) == out->block.born;
}

/// Whether the damage behind one block and the damage before the next belong together: one byte may be right by chance.
static bool mscope_is_joined(const struct mscope_view *lower, const struct mscope_view *upper)
{
    uint64_t front = upper->block - MSCOPE_FRONT;
    if (lower->rear_end == 0 || upper->front_end == 0 || lower->end > front || front - lower->end > MSCOPE_MOST_GAP)
        return false;
    return lower->end - lower->rear_end + upper->front - front <= 1;
}

/// Whether the damage goes from the canary before a block to the one behind it, and so went over the block itself: then
/// all of the one canary, or all of the other, is damaged.
static bool mscope_goes_through(const struct mscope_view *view)
{
    if (view->front_end == 0 || view->rear_end == 0) return false;
    bool whole = view->front - (view->block - MSCOPE_FRONT) <= 1 || view->end - view->rear_end <= 1;
    return whole && view->block - view->front_end + view->rear - view->block - view->size <= 1;
}

/// Goes to the next zone below, if it belongs to the same run; false when there is none.
static bool mscope_step_down(struct mscope_zone *zone)
{
    struct mscope_zone lower = *zone;
    lower.is_front = !zone->is_front;
    if (!zone->is_front) {
        if (!mscope_goes_through(&zone->view)) return false;
        *zone = lower;
        return true;
    }
    uint64_t at = (zone->block.address - MSCOPE_FRONT) & ~15ull, what;
    for (uint32_t i = 0; i < MSCOPE_MOST_STEPS; i++) {
        at -= 16; // the step in which slots distinguish addresses
        mscope_find_slot(at, &what);
        if (!mscope_owns_slot(what, at)) continue; // blocks that ended may have begun within a live one
        if (!mscope_look_at(at, &lower) || !mscope_is_joined(&lower.view, &zone->view)) return false;
        *zone = lower;
        return true;
    }
    return false;
}

/// Goes to the next zone above, if it belongs to the same run; false when there is none.
static bool mscope_step_up(struct mscope_zone *zone)
{
    struct mscope_zone upper = *zone;
    upper.is_front = !zone->is_front;
    if (zone->is_front) {
        if (!mscope_goes_through(&zone->view)) return false;
        *zone = upper;
        return true;
    }
    uint64_t first = (zone->view.end + MSCOPE_FRONT + 15) & ~15ull;
    for (uint64_t at = first; at <= first + MSCOPE_MOST_GAP; at += 16) {
        if (!mscope_look_at(at, &upper) || !mscope_is_joined(&zone->view, &upper.view)) continue;
        *zone = upper;
        return true;
    }
    return false;
}

// ---- which block was meant

/// Whether the 8 bytes at `place` continue the pattern at `written`, in which every 1, 2 or 4 bytes are alike.
static bool mscope_goes_on(uint64_t written, uint64_t place)
{
    uint8_t pattern[MSCOPE_COMPARED], there[MSCOPE_COMPARED];
    if (mscope_read_memory(written, pattern, sizeof(pattern)) != sizeof(pattern)) return false;
    if (mscope_read_memory(place, there, sizeof(there)) != sizeof(there)) return false;
    for (uint64_t period = 1; period <= 4; period *= 2) {
        if (memcmp(pattern, pattern + period, sizeof(pattern) - period) != 0) continue;
        for (uint64_t i = 0; i < sizeof(there); i++)
            if (there[i] != pattern[(place + i - written) & (period - 1)]) return false;
        return true;
    }
    return false;
}

/// For a run from the end of one block to the beginning of another: whether the upper block was meant. If the pattern
/// goes on inside one of the blocks, only the other end of the run is an end of the write, and the block there was
/// meant. One exception: code that fills the upper block from a place before it stops after as many bytes as the block
/// holds.
static bool mscope_was_before(const struct mscope_zone *low, const struct mscope_zone *high)
{
    uint64_t start = low->view.rear, block = high->block.address, size = high->block.size, last = MSCOPE_COMPARED;
    bool in_low = mscope_goes_on(start, start - last), in_high = mscope_goes_on(block - last, block);
    if (in_low != in_high && in_low) return true;
    if (in_low || !in_high || size < block - start + 4 * last) return false;
    return mscope_goes_on(block - last, start + size - 2 * last) && !mscope_goes_on(block - last, block + size - last);
}

/// The zone of the block that was meant, at one end of a run; where both ends may be meant, it is guessed.
static const struct mscope_zone *mscope_culprit(const struct mscope_zone *low, const struct mscope_zone *high,
                                                uint32_t *flags)
{
    bool over = !low->is_front && low->view.rear == low->block.address + low->block.size;
    bool under = high->is_front && high->view.front_end == high->block.address;
    if (over && under) {
        *flags |= MSCOPE_ERROR_GUESSED;
        return mscope_was_before(low, high) ? high : low;
    }
    if (over || under) return over ? low : high;
    return low->is_front ? high : low;
}

static void mscope_report_zone(const struct mscope_zone *zone, struct mscope_witness at, uint32_t flags)
{
    const struct mscope_departure *block = &zone->block;
    struct mscope_block described;
    mscope_describe_block(&described, block->address, block->what, block->born, block->size);
    struct mscope_error error = mscope_error_about(mscope_kind_of(zone), &described);
    error.flags = MSCOPE_ERROR_FOUND_LATER | MSCOPE_ERROR_WRITE | flags;
    error.address = zone->is_front ? zone->view.front_end - 1 : zone->view.rear;
    error.offset = (int64_t)(error.address - block->address);
    error.access_site = at.site;
    error.access_thread = at.thread;
    mscope_report(&error);
}

/// Reports the run that a damaged canary belongs to, unless it was reported already.
static void mscope_report_run(const struct mscope_zone *zone, struct mscope_witness at, uint32_t flags)
{
    if (mscope_is_known_damage(&zone->block, mscope_kind_of(zone))) return;
    struct mscope_zone low = *zone, high = *zone;
    for (int i = 0; i < MSCOPE_MOST_ZONES && mscope_step_down(&low); i++)
        mscope_is_known_damage(&low.block, mscope_kind_of(&low));
    for (int i = 0; i < MSCOPE_MOST_ZONES && mscope_step_up(&high); i++)
        mscope_is_known_damage(&high.block, mscope_kind_of(&high));
    const struct mscope_zone *culprit = mscope_culprit(&low, &high, &flags);
    mscope_report_zone(culprit, at, flags);
}

void mscope_report_around(const struct mscope_departure *block, const struct mscope_view *view,
                          struct mscope_witness at, uint32_t flags)
{
    struct mscope_zone zone = {.block = *block, .view = *view};
    for (int side = 0; side < 2; side++) {
        zone.is_front = side == 0;
        if (zone.is_front ? zone.view.front_end != 0 : zone.view.rear_end != 0) mscope_report_run(&zone, at, flags);
    }
}

void mscope_report_before(const struct mscope_departure *block, uint64_t damage, struct mscope_witness at)
{
    struct mscope_zone zone = {.block = *block, .view.front_end = damage + 1, .is_front = true};
    if (!mscope_is_known_damage(block, MSCOPE_UNDERFLOW)) mscope_report_zone(&zone, at, 0);
}
