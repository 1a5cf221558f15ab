// The reports: a table of limited size, with one entry for each kind and stacks. Any thread may add to it at any
// moment.
//
//   state = 0: free, 1: being written, 2: may be read. Once 2 only `count` and `last_time` change.
//
// context: a fault handler, or a free inside a signal handler; nothing here waits for another thread.
#include "checks/checks.h"
#include "checks/report.h"

#include <stdlib.h>
#include <string.h>

enum { MSCOPE_ERRORS = 1 << 10, MSCOPE_ERROR_INDEX = 1 << 11 };

struct mscope_error_place {
    _Atomic uint32_t state;
    _Atomic uint64_t count, last_time;
    struct mscope_error error;
};
// Mapped by the first report: an address of a block in a report must not count as a reference to the block, as one in a
// variable of the program's would.
static _Atomic(struct mscope_error_place *) mscope_errors;
// By key: upper 48 bits of the key | place + 1; 0: free.
static _Atomic uint64_t mscope_error_index[MSCOPE_ERROR_INDEX];
static _Atomic uint32_t mscope_errors_used;
static _Atomic uint64_t mscope_error_total, mscope_errors_dropped;
static _Atomic uint64_t mscope_errors_by_kind[MSCOPE_ERROR_KINDS];
bool mscope_aborts_on_error;

static uint64_t mscope_error_key(const struct mscope_error *error)
{
    const uint64_t parts[] = {(uint64_t)error->flags << 32 | error->kind, error->access_site, error->allocated_site,
                              error->freed_site};
    uint64_t key = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        key = (key ^ parts[i]) * 0x9E3779B97F4A7C15ull;
        key ^= key >> 29;
    }
    return key;
}

/// Reads the bytes around the damage: the line of 16 bytes where it begins, one line before and two after.
static void mscope_dump_bytes(struct mscope_error *error)
{
    if (error->bytes_at == 0) error->bytes_at = (error->address & ~15ull) - 16;
    uint64_t page = (error->bytes_at + 4095) & ~4095ull;
    error->bytes_count = (uint32_t)mscope_read_memory(error->bytes_at, error->bytes, MSCOPE_ERROR_BYTES);
    if (error->bytes_count != 0 || page - error->bytes_at >= MSCOPE_ERROR_BYTES) return;
    // The first page is unmapped or guarded: the next one may be readable.
    size_t skipped = page - error->bytes_at;
    error->bytes_at = page;
    error->bytes_count = (uint32_t)mscope_read_memory(page, error->bytes, MSCOPE_ERROR_BYTES - skipped);
}

static void mscope_write_error(struct mscope_error_place *place, const struct mscope_error *error)
{
    place->error = *error;
    if (error->bytes_count == 0) mscope_dump_bytes(&place->error);
    if (error->block != 0 && error->type_word == 0)
        mscope_read_memory(error->block, &place->error.type_word, sizeof(uint64_t));
    if (place->error.type_word == MSCOPE_POISON_WORD) place->error.type_word = 0; // the quarantine's filling
    mscope_retain_site(error->access_site);
    mscope_retain_site(error->allocated_site);
    mscope_retain_site(error->freed_site);
    place->error.first_time = mscope_now();
    mscope_store_relaxed(&place->last_time, place->error.first_time);
    mscope_store_release(&place->state, 2);
}

/// The table, mapped at the first report; NULL when there is no memory for it.
static struct mscope_error_place *mscope_error_table(void)
{
    struct mscope_error_place *table = mscope_load_acquire(&mscope_errors), *other = NULL;
    if (table != NULL) return table;
    size_t size = MSCOPE_ERRORS * sizeof(*table);
    table = mscope_map(size);
    if (table == NULL || mscope_cas_acq_rel(&mscope_errors, &other, table)) return table;
    mscope_unmap(table, size); // two threads met the first error at once
    return other;
}

/// The entry of a report with this key; NULL when there is no room. `*fresh`: the entry is new, and the caller must
/// write it.
static struct mscope_error_place *mscope_error_place(uint64_t key, bool *fresh)
{
    struct mscope_error_place *table = mscope_error_table();
    uint32_t mine = 0;
    *fresh = false;
    if (table == NULL) return NULL;
    for (uint32_t i = 0; i < MSCOPE_ERROR_INDEX; i++) {
        _Atomic uint64_t *word = &mscope_error_index[(key + i) % MSCOPE_ERROR_INDEX];
        uint64_t seen = mscope_load_acquire(word);
        if (seen == 0) {
            if (mine == 0) mine = mscope_add_relaxed(&mscope_errors_used, 1) + 1;
            if (mine > MSCOPE_ERRORS) {
                mscope_store_relaxed(&mscope_errors_used, MSCOPE_ERRORS); // the counter must not wrap
                return NULL;
            }
            *fresh = mscope_cas_acq_rel(word, &seen, (key & ~0xffffull) | mine);
            if (*fresh) return &table[mine - 1];
        }
        // `mine` then stays an unused entry: two threads met the same error at once, which is rare.
        if ((seen ^ key) >> 16 == 0) return &table[(seen & 0xffff) - 1];
    }
    return NULL;
}

static char *mscope_append(char *at, const char *text)
{
    while (*text) *at++ = *text++;
    return at;
}

static char *mscope_append_hex(char *at, uint64_t value)
{
    at = mscope_append(at, "0x");
    int digits = 1;
    while (digits < 16 && value >> 4 * digits != 0) digits++;
    while (digits-- > 0) *at++ = "0123456789abcdef"[value >> 4 * digits & 15];
    return at;
}

static _Noreturn void mscope_abort_on(const struct mscope_error *error)
{
    static const char *const names[MSCOPE_ERROR_KINDS] = {"?",           "use-after-free-read", "use-after-free-write",
                                                          "double-free", "invalid-free",        "overflow",
                                                          "underflow",   "mismatched-free"};
    char line[200], *at = mscope_append(line, names[error->kind]);
    at = mscope_append(mscope_append(at, " at "), "");
    at = mscope_append_hex(at, error->address);
    if (error->block != 0) {
        at = mscope_append_hex(mscope_append(at, ", block "), error->block);
        at = mscope_append_hex(mscope_append(at, " of "), error->size);
        at = mscope_append(at, " bytes");
    }
    *at = 0;
    mscope_say(line, "; stopped as MEMSCOPE_ON_ERROR", "=abort asks");
    abort();
}

void mscope_report(const struct mscope_error *error)
{
    mscope_add_relaxed(&mscope_error_total, 1);
    mscope_add_relaxed(&mscope_errors_by_kind[error->kind], 1);
    bool fresh;
    struct mscope_error_place *place = mscope_error_place(mscope_error_key(error), &fresh);
    if (place == NULL) {
        mscope_add_relaxed(&mscope_errors_dropped, 1);
    } else {
        mscope_add_relaxed(&place->count, 1);
        if (fresh)
            mscope_write_error(place, error);
        else
            mscope_store_relaxed(&place->last_time, mscope_now());
    }
    if (mscope_aborts_on_error) mscope_abort_on(error);
}

size_t mscope_read_errors(uint32_t *cursor, struct mscope_error *out, size_t capacity)
{
    struct mscope_error_place *table = mscope_load_acquire(&mscope_errors);
    size_t filled = 0;
    if (table == NULL) return 0;
    for (; *cursor < MSCOPE_ERRORS && filled < capacity; ++*cursor) {
        struct mscope_error_place *place = &table[*cursor];
        if (*cursor >= mscope_load_relaxed(&mscope_errors_used)) break;
        if (mscope_load_acquire(&place->state) != 2) continue;
        out[filled] = place->error;
        out[filled].count = mscope_load_relaxed(&place->count);
        out[filled++].last_time = mscope_load_relaxed(&place->last_time);
    }
    return filled;
}

uint64_t mscope_error_count(void)
{
    return mscope_load_relaxed(&mscope_error_total);
}

void mscope_error_totals(struct mscope_check_totals *out)
{
    out->errors = mscope_load_relaxed(&mscope_error_total);
    out->dropped = mscope_load_relaxed(&mscope_errors_dropped);
    for (int kind = 0; kind < MSCOPE_ERROR_KINDS; kind++)
        out->by_kind[kind] = mscope_load_relaxed(&mscope_errors_by_kind[kind]);
    const struct mscope_error_place *table = mscope_load_acquire(&mscope_errors);
    for (uint32_t i = 0; table != NULL && i < MSCOPE_ERRORS; i++)
        out->distinct += mscope_load_relaxed(&table[i].state) == 2;
}
