// The index of the stack table: from a hash to a number, in one word, so that an entry is complete as soon as it is
// visible, and no thread waits.
//
// It has three levels, and a fourth for very many stacks: a small program touches 256 KiB of it, a large one 17 MiB. A
// stack is looked for in one cache line of the first level and in two neighbouring lines of each other level.
//
//   word = upper 41 bits of the hash | number:23      0: free; with the hash inverted: its code was unloaded
#include "stacks/index.h"
#include "stacks/sites.h"
#include "stacks/stacks.h"

enum { MSCOPE_LEVELS = 4, MSCOPE_LINES_OF_A_STACK = 7 };
static const uint32_t mscope_level_lines[MSCOPE_LEVELS] = {MSCOPE_FIRST_LINES, 1 << 14, 1 << 18, 1 << 21};
_Atomic(_Atomic uint64_t *) mscope_index[MSCOPE_LEVELS]; // the last level is mapped when it is needed

static inline size_t mscope_level_bytes(int level)
{
    return mscope_level_lines[level] * MSCOPE_LINE * sizeof(uint64_t);
}

/// Maps a level of the index; NULL when there is no memory.
static _Atomic uint64_t *mscope_map_level(int level)
{
    _Atomic uint64_t *fresh = mscope_map(mscope_level_bytes(level)), *other = NULL;
    if (fresh == NULL || mscope_cas_acq_rel(&mscope_index[level], &other, fresh)) return fresh;
    mscope_unmap((void *)fresh, mscope_level_bytes(level));
    return other;
}

bool mscope_index_start(void)
{
    bool complete = true;
    for (int level = 0; level < MSCOPE_LEVELS - 1; level++) complete &= mscope_map_level(level) != NULL;
    return complete;
}

uint64_t mscope_index_bytes(void)
{
    return mscope_load_relaxed(&mscope_index[MSCOPE_LEVELS - 1]) == NULL ? 0 : mscope_level_bytes(MSCOPE_LEVELS - 1);
}

/// The n-th line in which a stack may be: in levels 0, 1, 1, 2, 2, 3, 3. NULL where the level is not mapped.
static inline _Atomic uint64_t *mscope_line(int n, uint64_t hash)
{
    int level = (n + 1) / 2;
    _Atomic uint64_t *start = mscope_load_acquire(&mscope_index[level]);
    uint64_t line = (hash & (mscope_level_lines[level] - 1)) ^ (uint64_t)(n > 0 && n % 2 == 0);
    return start == NULL ? NULL : &start[line * MSCOPE_LINE];
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

/// A word that matches no stack: it has no number, and its place may be taken.
static const uint64_t mscope_removed_word = 1ull << MSCOPE_SITE_BITS;

// ---- looking up

uint32_t mscope_find_in_later_lines(uint64_t hash)
{
    const _Atomic uint64_t *line = mscope_line(0, hash);
    for (int n = 1; n < MSCOPE_LINES_OF_A_STACK; n++) {
        if (line == NULL || mscope_load_relaxed(&line[MSCOPE_LINE - 1]) == 0) return 0;
        line = mscope_line(n, hash);
        uint32_t found = line != NULL ? mscope_number_in(line, hash) : 0;
        if (mscope_likely(found != 0)) return found;
    }
    return 0;
}

// ---- putting in

/// The first level is filling up. Look-ups will read the second level at any place before it is written: so each page
/// is written now.
void mscope_prepare_index(uint32_t sites)
{
    enum { MSCOPE_WORDS_A_PAGE = 512 };
    if (mscope_likely(sites != mscope_level_lines[0] * MSCOPE_LINE / 2)) return;
    for (uint64_t i = 0; i < (uint64_t)mscope_level_lines[1] * MSCOPE_LINE; i += MSCOPE_WORDS_A_PAGE)
        mscope_write_fresh(&mscope_load_relaxed(&mscope_index[1])[i]);
}

/// Whether the image in which `site` has a frame is mapped again at the same place.
static bool mscope_is_back(uint32_t site)
{
    const struct mscope_site_entry *entry = mscope_entry(site);
    return entry->retired_image == mscope_image_identity(entry->retired_at);
}

/// Puts a number into a place that has none, or whose stack's code was unloaded. Returns the number that is valid for
/// the stack; 0 when another stack is there.
static uint32_t mscope_put_at(_Atomic uint64_t *place, uint32_t site, uint64_t hash, bool revives)
{
    uint64_t seen = mscope_load_acquire(place);
    bool retired = seen != 0 && mscope_same_hash(seen, ~hash);
    uint32_t known = (uint32_t)(seen & MSCOPE_SITE_MASK);
    if (retired && !revives) return 0;
    if (retired && mscope_is_back(known)) site = known;
    if (seen == 0 || seen == mscope_removed_word || retired) {
        if (site != 0 && mscope_cas_acq_rel(place, &seen, mscope_site_word(hash, site))) return site;
    }
    return mscope_same_hash(seen, hash) ? (uint32_t)(seen & MSCOPE_SITE_MASK) : 0;
}

uint32_t mscope_put_into_index(uint32_t site, uint64_t hash, bool revives)
{
    for (int n = 0; n < MSCOPE_LINES_OF_A_STACK; n++) {
        _Atomic uint64_t *line = mscope_line(n, hash);
        if (line == NULL && site != 0) line = mscope_map_level((n + 1) / 2) ? mscope_line(n, hash) : NULL;
        for (int i = 0; line != NULL && i < MSCOPE_LINE; i++) {
            uint32_t valid = mscope_put_at(&line[i], site, hash, revives);
            if (valid != 0) return valid;
        }
    }
    return 0;
}

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

// ---- taking out

/// Replaces the words of a hash that are `from`.
static void mscope_replace_word(uint64_t hash, uint64_t from, uint64_t to)
{
    _Atomic uint64_t *line;
    for (int n = 0; n < MSCOPE_LINES_OF_A_STACK && (line = mscope_line(n, hash)) != NULL; n++)
        for (int i = 0; i < MSCOPE_LINE; i++) {
            uint64_t word = mscope_load_relaxed(&line[i]);
            if (word == from) mscope_cas_acq_rel(&line[i], &word, to);
        }
}

/// Removes the word only: a thread that has chosen the alias may put the word into the index later.
static void mscope_remove_alias(uint32_t site)
{
    uint64_t hash = mscope_load_acquire(&mscope_entry(site)->alias);
    if (hash != 0) mscope_replace_word(hash, mscope_site_word(hash, site), mscope_removed_word);
}

bool mscope_is_findable(uint32_t site)
{
    uint64_t hash = mscope_load_acquire(&mscope_entry(site)->alias);
    return hash != 0 && mscope_find_site(hash) == site;
}

void mscope_forget_alias(uint32_t site)
{
    mscope_remove_alias(site);
    mscope_store_release(&mscope_entry(site)->alias, 0);
}

void mscope_take_out_of_index(uint32_t site)
{
    const struct mscope_site_entry *entry = mscope_entry(site);
    uint64_t hash = entry->hash;
    mscope_remove_alias(site);
    // The retired word first: a thread may turn it into the other one.
    if (entry->retired_at != 0) mscope_replace_word(hash, mscope_retired_word(hash, site), mscope_removed_word);
    mscope_replace_word(hash, mscope_site_word(hash, site), mscope_removed_word);
}

void mscope_retire_in_index(uint32_t site)
{
    uint64_t hash = mscope_entry(site)->hash;
    mscope_remove_alias(site);
    mscope_replace_word(hash, mscope_site_word(hash, site), mscope_retired_word(hash, site));
}
