// Threads: their numbers and names, their start and end.
#include "record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MSCOPE_RECORDS = 1 << 16, MSCOPE_EXIT_ROUNDS = 2 };
struct mscope_thread_record { // of thread number i at i % MSCOPE_RECORDS, until another thread needs the place
    uint32_t thread;
    _Atomic int32_t tid; // 0: no thread yet
    bool internal;
    _Atomic uint64_t ended_at;
    uint64_t started_at;
    struct mscope_counts counts[2]; // final counts, once ended_at != 0
    _Atomic(struct mscope_bank *) bank;
    char name[MSCOPE_NAME_MAX];
};
static struct mscope_thread_record *mscope_records;
bool mscope_has_tables;
const struct mscope_thread_watcher *mscope_thread_watcher;
static pthread_key_t mscope_exit_key;
static bool mscope_has_exit_key;

static void mscope_on_thread_exit(void *rounds);

bool mscope_watch_thread_exits(void)
{
    mscope_has_exit_key = pthread_key_create(&mscope_exit_key, mscope_on_thread_exit) == 0;
    return mscope_has_exit_key;
}

/// Makes the thread call mscope_on_thread_exit when it ends.
static void mscope_watch_this_thread(void)
{
    // A thread of another libc has other keys; it calls mscope_thread_leave itself.
    if (mscope_is_apart() && mscope_tls.internal == MSCOPE_TLS_OWN) return;
    if (mscope_has_exit_key) pthread_setspecific(mscope_exit_key, &mscope_tls);
}

bool mscope_record_start(void)
{
    mscope_find_held = mscope_find_held_block;
    mscope_records = mscope_map(sizeof(struct mscope_thread_record) * MSCOPE_RECORDS);
    return mscope_records != NULL && mscope_accounts_start() && mscope_scopes_start() && mscope_tasks_start()
           && mscope_task_counts_start();
}

// ---- start and end of threads

static void mscope_begin_record(struct mscope_bank *bank)
{
    uint32_t thread = (uint32_t)mscope_add_relaxed(&mscope_global.threads_seen, 1) + 1;
    mscope_tls.thread = bank->thread = thread;
    mscope_tls.account = mscope_new_thread_account(thread);
    mscope_store_relaxed(&bank->account, mscope_tls.account);
    for (int kind = 0; kind < 2; kind++) bank->baseline[kind] = mscope_tally_value(&bank->tally[kind]);
    struct mscope_thread_record *record = &mscope_records[thread % MSCOPE_RECORDS];
    if (mscope_load_relaxed(&record->bank) != NULL) { // a thread whose number is 65,536 lower still lives
        mscope_add_relaxed(&mscope_global.dropped_threads, 1);
        return;
    }
    mscope_store_relaxed(&record->tid, 0);
    atomic_thread_fence(memory_order_release); // a reader that sees the next stores also sees tid 0
    mscope_store_relaxed(&record->ended_at, 0);
    record->name[0] = 0;
    record->thread = thread;
    record->internal = mscope_tls.internal == MSCOPE_TLS_OWN;
    record->started_at = mscope_now();
    mscope_store_relaxed(&record->bank, bank);
    mscope_store_release(&record->tid, mscope_thread_id());
}

/// The calling thread's bank, made at its first call. While the thread starts (the caller is a signal handler, or a
/// destructor of the core's) or after it has given up its bank: a bank that must be given back with
/// mscope_leave_borrowed.
///
/// NULL when there is no memory, and where nothing is tracked.
struct mscope_bank *mscope_enter(void)
{
    if (!mscope_has_tables) return NULL;
    int saved = errno;
    struct mscope_bank *bank = mscope_claim_bank();
    if (bank == NULL) {
        mscope_add_relaxed(&mscope_global.dropped_blocks, 1);
        return NULL;
    }
    if (mscope_tls.state != MSCOPE_TLS_NEW) {
        bank->thread = mscope_tls.thread;
        mscope_store_relaxed(&bank->account, mscope_tls.account);
    } else {
        mscope_tls.state = MSCOPE_TLS_ENTERING;
        mscope_begin_record(bank);
        mscope_warm_up_task_lookup();
        mscope_watch_this_thread();
        mscope_tls.bank = bank;
        mscope_tls.state = MSCOPE_TLS_READY;
    }
    errno = saved;
    return bank;
}

static struct mscope_counts mscope_counts_since(const struct mscope_bank *bank, int kind)
{
    struct mscope_counts now = mscope_tally_value(&bank->tally[kind]), then = bank->baseline[kind];
    // A reader may come between two owners of the bank: then it gets zeros, not wrong numbers.
    if (now.allocations < then.allocations || now.frees < then.frees || now.allocated_bytes < then.allocated_bytes
        || now.freed_bytes < then.freed_bytes)
        return (struct mscope_counts){0};
    return (struct mscope_counts){now.allocations - then.allocations, now.frees - then.frees,
                                  now.allocated_bytes - then.allocated_bytes, now.freed_bytes - then.freed_bytes};
}

/// The record of a thread that lives, or that was the last one in its place; NULL when it has none.
static struct mscope_thread_record *mscope_record_of(uint32_t thread)
{
    struct mscope_thread_record *record = &mscope_records[thread % MSCOPE_RECORDS];
    return thread != 0 && record->thread == thread ? record : NULL;
}

struct mscope_bank *mscope_bank_of_thread(uint32_t thread)
{
    struct mscope_thread_record *record = &mscope_records[thread % MSCOPE_RECORDS];
    if (record->thread == thread) return mscope_load_acquire(&record->bank);
    if (record->thread > thread) return NULL; // it has ended, and left its place to another one
    for (uint32_t i = 0; i < mscope_load_acquire(&mscope_bank_count) && i < MSCOPE_BANKS; i++) {
        struct mscope_bank *bank = mscope_load_acquire(&mscope_banks[i]); // it found no place
        if (bank != NULL && bank->thread == thread && mscope_load_acquire(&bank->state) == MSCOPE_BANK_OWNED)
            return bank;
    }
    return NULL;
}

static void mscope_end_record(uint32_t thread, struct mscope_bank *bank)
{
    struct mscope_thread_record *record = mscope_record_of(thread);
    if (record == NULL) return;
    for (int kind = 0; kind < 2; kind++) record->counts[kind] = mscope_counts_since(bank, kind);
    mscope_store_relaxed(&record->bank, NULL);
    mscope_store_release(&record->ended_at, mscope_now());
}

static void mscope_give_up_bank(struct mscope_tls *tls)
{
    struct mscope_bank *bank = tls->bank;
    struct mscope_thread_record *record = mscope_record_of(tls->thread);
    if (record != NULL) mscope_system(SYS_prctl, PR_GET_NAME, record->name);
    mscope_end_record(tls->thread, bank);
    tls->state = MSCOPE_TLS_LEFT;
    tls->bank = NULL;
    mscope_leave_borrowed(bank);
}

/// Runs when a thread ends, before all other key destructors; asks to be called again, so that blocks of the others are
/// recorded.
static void mscope_on_thread_exit(void *context)
{
    struct mscope_tls *tls = context;
    if (tls != &mscope_tls) return;
    if (tls->exit_rounds == 0) {
        if (tls->internal == MSCOPE_TLS_OWN)
            mscope_own_thread_leaves();
        else if (mscope_is_first_thread())
            mscope_thread_watcher->first_leaves();
        else
            mscope_thread_watcher->other_leaves();
    }
    if (tls->bank == NULL) {
        tls->exit_rounds = 1;
        return;
    }
    if (++tls->exit_rounds <= MSCOPE_EXIT_ROUNDS) {
        mscope_watch_this_thread();
        return;
    }
    mscope_give_up_bank(tls);
}

void mscope_thread_leave(void)
{
    if (!mscope_is_apart()) return; // the key's destructor does it
    mscope_own_thread_leaves();
    if (mscope_tls.bank != NULL) mscope_give_up_bank(&mscope_tls);
}

void mscope_watch_main_thread(void)
{
    if (!mscope_is_first_thread()) return;
    // The bank is made now: the program may enter a sandbox before it allocates.
    if (mscope_tls.bank == NULL) mscope_enter();
    mscope_watch_this_thread();
}

void mscope_thread_mark_internal(void)
{
    if (mscope_tls.internal != MSCOPE_TLS_OWN) mscope_own_thread_joins();
    mscope_tls.internal = MSCOPE_TLS_OWN;
    mscope_watch_this_thread();
    struct mscope_thread_record *record = mscope_records ? mscope_record_of(mscope_tls.thread) : NULL;
    if (record != NULL) record->internal = true;
}

bool mscope_thread_set_internal(bool internal)
{
    bool before = mscope_tls.internal != 0;
    if (mscope_tls.internal == MSCOPE_TLS_OWN) return before;
    mscope_tls.internal = internal ? MSCOPE_TLS_FOR_A_WHILE : 0;
    if (!before) mscope_tls.entry = (uint64_t)__builtin_frame_address(0);
    return before;
}

/// In the child only the calling thread exists; the counts of the others are kept.
void mscope_threads_after_fork(void)
{
    mscope_own_threads_after_fork();
    if (mscope_records == NULL) return;
    for (uint32_t i = 0; i < MSCOPE_RECORDS && i <= mscope_load_relaxed(&mscope_global.threads_seen); i++) {
        struct mscope_bank *bank = mscope_load_relaxed(&mscope_records[i].bank);
        if (bank == NULL) continue;
        if (bank == mscope_tls.bank)
            mscope_store_relaxed(&mscope_records[i].tid, mscope_thread_id());
        else
            mscope_end_record(mscope_records[i].thread, bank);
    }
    mscope_free_other_banks();
}

// ---- reading

static void mscope_read_name(int32_t tid, char *name)
{
    char path[48] = "/proc/self/task/", digits[12];
    int length = 0;
    for (int32_t rest = tid; rest > 0; rest /= 10) digits[length++] = (char)('0' + rest % 10);
    char *end = path + strlen(path);
    while (length > 0) *end++ = digits[--length];
    memcpy(end, "/comm", 6);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    ssize_t size = read(file, name, MSCOPE_NAME_MAX - 1);
    close(file);
    if (size <= 0) return;
    name[size - (name[size - 1] == '\n')] = 0;
}

size_t mscope_read_threads(uint32_t *cursor, struct mscope_thread_info *out, size_t capacity)
{
    size_t filled = 0;
    for (; mscope_records != NULL && *cursor < MSCOPE_RECORDS && filled < capacity; ++*cursor) {
        if (*cursor > mscope_load_relaxed(&mscope_global.threads_seen)) break;
        struct mscope_thread_record *record = &mscope_records[*cursor];
        int32_t tid = mscope_load_acquire(&record->tid);
        uint32_t thread = record->thread;
        if (tid == 0) continue;
        int kind = record->internal ? MSCOPE_INTERNAL : MSCOPE_PROGRAM;
        struct mscope_bank *bank = mscope_load_relaxed(&record->bank);
        if (bank != NULL) mscope_read_name(tid, record->name);
        out[filled] = (struct mscope_thread_info){
            .id = thread,
            .tid = tid,
            .started_at = record->started_at,
            .ended_at = mscope_load_acquire(&record->ended_at),
            .counts = bank ? mscope_counts_since(bank, kind) : record->counts[kind],
            .internal = record->internal,
        };
        memcpy(out[filled].name, record->name, MSCOPE_NAME_MAX);
        atomic_thread_fence(memory_order_acquire);
        // Another thread got the place meanwhile: the record is read the next time.
        if (mscope_load_relaxed(&record->tid) == tid && record->thread == thread) filled++;
    }
    return filled;
}
