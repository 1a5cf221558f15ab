// The stack table: each distinct call stack once. Numbers are dense, so that per-thread counters of neighbouring
// numbers share pages.
//
// The index maps a hash to a number in one word, so an entry is complete as soon as it is visible, and no thread waits.
// It has three levels, and a fourth for very many stacks: a small program touches 256 KiB of it, a large one 17 MiB. A
// stack is looked for in one cache line of the first level and in two neighbouring lines of each other level.
//
//   word = upper 41 bits of the hash | number:23      0: free; with the hash inverted: its code was unloaded
//   ready != 0  =>  the rest of the entry may be read
#include "stacks/sites.h"
#include "stacks/stacks.h"

_Atomic(struct mscope_site_entry *) mscope_segments[MSCOPE_SEGMENTS];
static _Atomic uint32_t mscope_site_count;

enum { MSCOPE_LEVELS = 4, MSCOPE_LINE = 8, MSCOPE_LINES_OF_A_STACK = 7 };
static const uint32_t mscope_level_lines[MSCOPE_LEVELS] = {1 << 12, 1 << 14, 1 << 18, 1 << 21};
static _Atomic(_Atomic uint64_t *) mscope_index[MSCOPE_LEVELS]; // the last level is mapped when it is needed

/// Maps a level of the index; NULL when there is no memory.
static _Atomic uint64_t *mscope_map_level(int level)
{
    const size_t size = mscope_level_lines[level] * MSCOPE_LINE * sizeof(uint64_t);
    _Atomic uint64_t *fresh = mscope_map(size), *other = NULL;
    if (fresh == NULL || mscope_cas_acq_rel(&mscope_index[level], &other, fresh)) return fresh;
    mscope_unmap((void *)fresh, size);
    return other;
}

bool mscope_sites_start(void)
{
    bool complete = true;
    for (int level = 0; level < MSCOPE_LEVELS - 1; level++) complete &= mscope_map_level(level) != NULL;
    return complete;
}

/// The n-th line in which a stack may be: in levels 0, 1, 1, 2, 2, 3, 3. NULL where the level is not mapped.
static inline _Atomic uint64_t *mscope_line(int n, uint64_t hash)
{
    int level = (n + 1) / 2;
    _Atomic uint64_t *start = mscope_load_acquire(&mscope_index[level]);
    uint64_t line = (hash & (mscope_level_lines[level] - 1)) ^ (uint64_t)(n > 0 && n % 2 == 0);
    return start == NULL ? NULL : &start[line * MSCOPE_LINE];
}

static inline bool mscope_same_hash(uint64_t word, uint64_t hash)
{
    return (word ^ hash) >> MSCOPE_SITE_BITS == 0;
}

/// The first level is filling up. Look-ups will read the second level at any place before it is written: so each page
/// is written now.
static void mscope_make_second_level_ready(void)
{
    enum { MSCOPE_WORDS_A_PAGE = 512 };
    for (uint64_t i = 0; i < (uint64_t)mscope_level_lines[1] * MSCOPE_LINE; i += MSCOPE_WORDS_A_PAGE)
        mscope_write_fresh(&mscope_load_relaxed(&mscope_index[1])[i]);
}

/// The entry of a number that was just given out; NULL when there is no memory.
static struct mscope_site_entry *mscope_make_entry(uint32_t site)
{
    const size_t size = sizeof(struct mscope_site_entry) * MSCOPE_SEGMENT_SITES;
    struct mscope_site_entry *entry = mscope_entry(site), *fresh, *other = NULL;
    if (mscope_likely(entry != NULL)) return entry;
    fresh = mscope_map(size);
    if (fresh != NULL && !mscope_cas_acq_rel(&mscope_segments[site / MSCOPE_SEGMENT_SITES], &other, fresh))
        mscope_unmap(fresh, size);
    return mscope_entry(site);
}

/// Writes a stack into the table under a new number; 0 when there is no room.
static uint32_t mscope_write_site(const struct mscope_stack *stack)
{
    uint32_t site = mscope_add_relaxed(&mscope_site_count, 1) + 1;
    if (mscope_unlikely(site == mscope_level_lines[0] * MSCOPE_LINE / 2)) mscope_make_second_level_ready();
    if (site >= MSCOPE_SITE_CAPACITY) {
        mscope_store_relaxed(&mscope_site_count, MSCOPE_SITE_CAPACITY - 1); // the counter must not wrap
        return 0;
    }
    struct mscope_site_entry *entry = mscope_make_entry(site);
    if (entry == NULL || !mscope_keep_frames(site, stack->frames, stack->count, mscope_tls.last_new_site)) return 0;
    entry->flags = (uint16_t)stack->flags;
    entry->hash = stack->hash;
    entry->first_seen = mscope_now();
    return site;
}

static void mscope_count_site(uint32_t site, const struct mscope_stack *stack)
{
    mscope_store_release(&mscope_entry(site)->ready, stack->count);
    mscope_add_relaxed(&mscope_global.sites, 1);
    if (stack->flags & MSCOPE_STACK_GUESSED)
        mscope_add_relaxed(&mscope_global.stacks_guessed, 1);
    else if (stack->flags & MSCOPE_STACK_TRUNCATED)
        mscope_add_relaxed(&mscope_global.stacks_truncated, 1);
}

static inline uint64_t mscope_site_word(uint64_t hash, uint32_t site)
{
    return (hash >> MSCOPE_SITE_BITS << MSCOPE_SITE_BITS) | site;
}

/// The word of a stack whose code was unloaded: no hash matches it, but the same stack, taken again, finds it.
static inline uint64_t mscope_retired_word(uint64_t hash, uint32_t site)
{
    return mscope_site_word(~hash, site);
}

/// Whether the image in which `site` has a frame is mapped again at the same place.
static bool mscope_is_back(uint32_t site)
{
    const struct mscope_site_entry *entry = mscope_entry(site);
    return entry->retired_image == mscope_image_identity(entry->retired_at);
}

/// Puts a number into a place that is free, or whose stack's code was unloaded. Returns the number that is valid for
/// the stack: an older one when another thread was faster, or when the stack's image was loaded again. 0 when another
/// stack is there.
static uint32_t mscope_place_site(_Atomic uint64_t *place, uint32_t site, uint64_t hash)
{
    uint64_t seen = mscope_load_acquire(place);
    bool retired = seen != 0 && mscope_same_hash(seen, ~hash);
    uint32_t known = (uint32_t)(seen & MSCOPE_SITE_MASK);
    if (retired && mscope_is_back(known)) site = known;
    if (seen == 0 || retired) {
        if (site != 0 && mscope_cas_acq_rel(place, &seen, mscope_site_word(hash, site))) return site;
    }
    return mscope_same_hash(seen, hash) ? (uint32_t)(seen & MSCOPE_SITE_MASK) : 0;
}

uint32_t mscope_new_site(const struct mscope_stack *stack)
{
    uint32_t fresh = mscope_write_site(stack);
    for (int n = 0; n < MSCOPE_LINES_OF_A_STACK; n++) {
        _Atomic uint64_t *line = mscope_line(n, stack->hash);
        if (line == NULL) line = mscope_map_level((n + 1) / 2) ? mscope_line(n, stack->hash) : NULL;
        for (int i = 0; line != NULL && i < MSCOPE_LINE; i++) {
            uint32_t site = mscope_place_site(&line[i], fresh, stack->hash);
            if (site == 0) continue;
            if (site == fresh) mscope_count_site(site, stack); // otherwise the new number stays unused
            mscope_tls.last_new_site = site;
            return site;
        }
    }
    mscope_add_relaxed(&mscope_global.dropped_stacks, 1);
    return 0;
}

/// The number beside a hash in a line; 0 when no word has it. All words are compared, two at a time: a branch on the
/// place of the right one would be mispredicted. Each word is read whole, since it lies in an aligned half of a vector.
static inline uint32_t mscope_number_in(const _Atomic uint64_t *line, uint64_t hash)
{
    const volatile mscope_pair *pairs = (const volatile mscope_pair *)(const volatile void *)line;
    mscope_pair wanted = {hash, hash}, found = {0, 0};
    for (int i = 0; i < MSCOPE_LINE / 2; i++) {
        mscope_pair words = pairs[i];
        found |= words & (mscope_pair)((words ^ wanted) >> MSCOPE_SITE_BITS == 0);
    }
    mscope_fence_acquire(); // what the number stands for
    return (uint32_t)(found[0] | found[1]) & MSCOPE_SITE_MASK;
}

uint32_t mscope_find_site(uint64_t hash)
{
    for (int n = 0; n < MSCOPE_LINES_OF_A_STACK; n++) {
        _Atomic uint64_t *line = mscope_line(n, hash);
        if (mscope_unlikely(line == NULL)) return 0;
        uint32_t found = mscope_number_in(line, hash);
        if (mscope_likely(found != 0)) return found;
        if (mscope_load_relaxed(&line[MSCOPE_LINE - 1]) == 0) return 0;
    }
    return 0;
}

/// A word that matches no stack: it has no number, and its place may be taken.
static const uint64_t mscope_removed_word = 1ull << MSCOPE_SITE_BITS;

void mscope_alias_site(uint32_t site, uint64_t hash)
{
    uint64_t none = 0;
    _Atomic uint64_t *alias = &mscope_entry(site)->alias, *line;
    if (mscope_load_relaxed(alias) != 0 || !mscope_cas_acq_rel(alias, &none, hash)) return;
    for (int n = 0; n < MSCOPE_LINES_OF_A_STACK && (line = mscope_line(n, hash)) != NULL; n++)
        for (int i = 0; i < MSCOPE_LINE; i++) {
            uint64_t seen = 0;
            _Atomic uint64_t *place = &line[i];
            if (mscope_cas_acq_rel(place, &seen, mscope_site_word(hash, site))) return;
            if (seen == mscope_removed_word && mscope_cas_acq_rel(place, &seen, mscope_site_word(hash, site))) return;
        }
}

bool mscope_has_alias(uint32_t site)
{
    return mscope_load_relaxed(&mscope_entry(site)->alias) != 0;
}

static void mscope_forget_alias(uint32_t site)
{
    struct mscope_site_entry *entry = mscope_entry(site);
    uint64_t hash = mscope_load_relaxed(&entry->alias);
    _Atomic uint64_t *line;
    for (int n = 0; hash != 0 && n < MSCOPE_LINES_OF_A_STACK && (line = mscope_line(n, hash)) != NULL; n++)
        for (int i = 0; i < MSCOPE_LINE; i++) {
            uint64_t word = mscope_site_word(hash, site);
            mscope_cas_acq_rel(&line[i], &word, mscope_removed_word);
        }
    mscope_store_release(&entry->alias, 0);
}

static void mscope_retire_site(uint32_t site, uint64_t address, uint64_t image)
{
    struct mscope_site_entry *entry = mscope_entry(site);
    _Atomic uint64_t *line;
    mscope_forget_alias(site);
    for (int n = 0; n < MSCOPE_LINES_OF_A_STACK && (line = mscope_line(n, entry->hash)) != NULL; n++)
        for (int i = 0; i < MSCOPE_LINE; i++) {
            _Atomic uint64_t *word = &line[i];
            if (mscope_load_relaxed(word) != mscope_site_word(entry->hash, site)) continue;
            entry->retired_at = address;
            entry->retired_image = image;
            mscope_store_release(word, mscope_retired_word(entry->hash, site));
        }
}

/// Stacks with a frame in an unloaded image keep their number and names. From now on the same addresses mean another
/// stack, unless the same image is loaded there again. Returns when the newest of these stacks was first seen; 0: there
/// is none.
///
/// context: dlclose, outside the hook path
uint64_t mscope_retire_sites(uint64_t start, uint64_t end, uint64_t image)
{
    uint64_t newest = 0, frames[MSCOPE_MAX_FRAMES];
    for (uint32_t site = 1; site <= mscope_load_acquire(&mscope_site_count); site++) {
        const struct mscope_site_entry *entry = mscope_entry(site);
        uint32_t count = mscope_frame_count(entry);
        if (count != 0) mscope_copy_frames(entry, frames);
        for (uint32_t frame = 0; frame < count; frame++) {
            uint64_t address = frames[frame];
            if (address < start || address > end) continue;
            mscope_retire_site(site, address, image);
            if (newest < entry->first_seen) newest = entry->first_seen;
            break;
        }
    }
    return newest;
}

// ---- reading

uint32_t mscope_highest_site(void)
{
    return mscope_load_acquire(&mscope_site_count);
}

bool mscope_read_site(uint32_t id, struct mscope_site *out)
{
    if (id == 0 || id >= MSCOPE_SITE_CAPACITY) return false;
    const struct mscope_site_entry *entry = mscope_entry(id);
    uint32_t count = mscope_frame_count(entry);
    if (count == 0) return false;
    // Not copied as one struct: most of the room for frames is not written.
    out->id = id, out->flags = entry->flags, out->frame_count = count, out->reserved = 0;
    out->first_seen = entry->first_seen;
    out->counts = (struct mscope_counts){0};
    out->peak_bytes = mscope_load_relaxed(&entry->peak);
    mscope_copy_frames(entry, out->frames);
    return true;
}

bool mscope_is_site(uint32_t id)
{
    return mscope_frame_count(mscope_entry(id)) != 0;
}

_Atomic uint64_t *mscope_site_peak(uint32_t id)
{
    return &mscope_entry(id)->peak;
}

bool mscope_read_retired_site(uint32_t id, struct mscope_site *out)
{
    const struct mscope_site_entry *entry = mscope_entry(id);
    return entry != NULL && entry->retired_at != 0 && mscope_read_site(id, out);
}
