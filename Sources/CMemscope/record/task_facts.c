// What is known of a Swift task when it first allocates on a thread. It is noted on the account then, because the
// task's object does not live as long as the task's blocks.
#include "record/record.h"

static _Atomic uint64_t mscope_task_metadata;

// By segments, as accounts are: most programs name no task.
struct mscope_task_name {
    char text[MSCOPE_TASK_NAME_MAX];
};
static _Atomic(struct mscope_task_name *) mscope_task_names[MSCOPE_ACCOUNTS / MSCOPE_SEGMENT_ACCOUNTS];

void mscope_set_task_metadata(uint64_t metadata)
{
    mscope_store_release(&mscope_task_metadata, metadata);
}

// ---- names

static char *mscope_name_of_account(uint32_t index)
{
    struct mscope_task_name *segment = mscope_load_acquire(&mscope_task_names[index / MSCOPE_SEGMENT_ACCOUNTS]);
    return segment != NULL ? segment[index % MSCOPE_SEGMENT_ACCOUNTS].text : NULL;
}

static char *mscope_make_name(uint32_t index)
{
    enum { MSCOPE_SEGMENT_BYTES = MSCOPE_SEGMENT_ACCOUNTS * sizeof(struct mscope_task_name) };
    _Atomic(struct mscope_task_name *) *place = &mscope_task_names[index / MSCOPE_SEGMENT_ACCOUNTS];
    if (mscope_load_acquire(place) == NULL) {
        struct mscope_task_name *fresh = mscope_map(MSCOPE_SEGMENT_BYTES), *other = NULL;
        if (fresh == NULL) return NULL;
        if (!mscope_cas_acq_rel(place, &other, fresh)) mscope_unmap(fresh, MSCOPE_SEGMENT_BYTES);
    }
    return mscope_name_of_account(index);
}

static inline uint64_t mscope_word_at(uint64_t address)
{
    return *(const uint64_t *)address;
}

/// The name of the calling thread's task; NULL: none. Only the task itself changes the list, except while it is locked.
static const char *mscope_find_task_name(uint64_t task)
{
    enum { MSCOPE_MOST_RECORDS = 64 };
    if ((uint32_t)mscope_word_at(task + MSCOPE_TASK_STATUS) & MSCOPE_TASK_STATUS_LOCKED) return NULL;
    uint64_t record = mscope_word_at(task + MSCOPE_TASK_RECORD);
    for (int i = 0; i < MSCOPE_MOST_RECORDS && record != 0; i++) {
        if ((mscope_word_at(record) & 0xff) == MSCOPE_TASK_NAME_KIND)
            return (const char *)mscope_word_at(record + MSCOPE_TASK_RECORD_NAME);
        record = mscope_word_at(record + MSCOPE_TASK_RECORD_NEXT);
    }
    return NULL;
}

static void mscope_keep_task_name(uint32_t index, const char *name)
{
    char *kept = name != NULL ? mscope_make_name(index) : mscope_name_of_account(index);
    if (kept == NULL) return;
    size_t size = 0;
    for (; name != NULL && size < MSCOPE_TASK_NAME_MAX - 1 && name[size] != 0; size++) kept[size] = name[size];
    kept[size] = 0;
}

// ---- facts

/// Bits of the first word of a task's object that tell the objects of one runtime from those of another.
static inline uint32_t mscope_metadata_bits(uint64_t metadata)
{
    return (uint32_t)metadata & ~(uint32_t)MSCOPE_FACTS;
}

bool mscope_find_block_at(uint64_t address, struct mscope_block *out)
{
    uint64_t what;
    const struct mscope_slot *slot = mscope_find_slot(address, &what);
    if (slot == NULL || !mscope_owns_slot(what, address)) return false;
    mscope_describe_block(out, address, what, mscope_load_acquire(&slot->born), mscope_block_size(what, address));
    return true;
}

/// What the core knows of the task's object, when the object is a block of its own. Others are inside of their parent's
/// memory (async let), or were not recorded.
static void mscope_note_task_block(struct mscope_account *account, uint64_t task)
{
    struct mscope_block block;
    if (!mscope_find_block_at(task, &block) || block.size < MSCOPE_TASK_JOB_FLAGS + sizeof(uint64_t)) return;
    account->facts |= MSCOPE_FACT_BLOCK | MSCOPE_FACT_JOB_FLAGS;
    account->creator = block.task;
    account->created_at = block.birth;
    account->task_site = block.site;
    account->job_flags = (uint32_t)mscope_word_at(task + MSCOPE_TASK_JOB_FLAGS);
}

static void mscope_note_by_layout(struct mscope_account *account, uint64_t task)
{
    uint32_t flags = (uint32_t)mscope_word_at(task + MSCOPE_TASK_JOB_FLAGS);
    account->facts |= MSCOPE_FACT_LAYOUT | MSCOPE_FACT_JOB_FLAGS;
    account->job_flags = flags;
    // A parent lives longer than its child task.
    uint64_t parent = flags & MSCOPE_JOB_IS_CHILD ? mscope_word_at(task + MSCOPE_TASK_PARENT) : 0;
    if (parent != 0) account->parent = mscope_task_id(parent);
    mscope_keep_task_name(account->index, flags & MSCOPE_JOB_HAS_NAME ? mscope_find_task_name(task) : NULL);
}

void mscope_note_task(struct mscope_account *account, const void *task)
{
    uint64_t metadata = mscope_load_acquire(&mscope_task_metadata);
    account->object = (uint64_t)task;
    account->facts = task != NULL ? mscope_metadata_bits(mscope_word_at((uint64_t)task)) : 0;
    account->job_flags = account->task_site = 0;
    account->creator = account->created_at = account->parent = 0;
    if (task != NULL) mscope_note_task_block(account, (uint64_t)task);
    if (task != NULL && metadata != 0 && mscope_word_at((uint64_t)task) == metadata)
        mscope_note_by_layout(account, (uint64_t)task);
    else
        mscope_keep_task_name(account->index, NULL);
}

// ---- reading

static void mscope_describe_task_account(const struct mscope_account *account, struct mscope_task_usage *out)
{
    struct mscope_counts counts = mscope_account_counts(account);
    uint64_t allocations = mscope_load_relaxed(&account->base_allocations);
    uint64_t bytes = mscope_load_relaxed(&account->base_bytes), metadata = mscope_load_acquire(&mscope_task_metadata);
    bool is_ours = metadata == 0 || mscope_metadata_bits(metadata) == mscope_metadata_bits(account->facts);
    *out = (struct mscope_task_usage){
        .task = account->task,
        .object = account->object,
        .creator = account->creator,
        .created_at = account->created_at,
        .site = account->task_site,
        .is_block = account->facts & MSCOPE_FACT_BLOCK,
        .is_ours = is_ours,
        .has_job_flags = account->facts & MSCOPE_FACT_JOB_FLAGS,
        .has_facts = account->facts & MSCOPE_FACT_LAYOUT,
        .job_flags = account->job_flags,
        .parent = account->parent,
        .allocations = counts.allocations > allocations ? counts.allocations - allocations : 0,
        .allocated_bytes = counts.allocated_bytes > bytes ? counts.allocated_bytes - bytes : 0,
        .live_blocks = counts.allocations > counts.frees ? counts.allocations - counts.frees : 0,
        .live_bytes = counts.allocated_bytes > counts.freed_bytes ? counts.allocated_bytes - counts.freed_bytes : 0,
    };
    const char *name = mscope_name_of_account(account->index);
    if (name != NULL) memcpy(out->name, name, MSCOPE_TASK_NAME_MAX - 1);
}

/// An account may be taken for another task meanwhile: then it is read again. False when a task has none of it.
static bool mscope_read_task_account(const struct mscope_account *account, struct mscope_task_usage *out)
{
    enum { MSCOPE_TRIES = 100 };
    for (int i = 0; i < MSCOPE_TRIES; i++) {
        uint32_t uses = mscope_load_acquire(&account->uses);
        if (uses < 2) return false;
        if (uses % 2 != 0) continue;
        mscope_describe_task_account(account, out);
        mscope_fence_acquire();
        if (mscope_load_relaxed(&account->uses) == uses) return out->task != 0;
    }
    return false;
}

size_t mscope_read_task_usages(uint32_t *cursor, struct mscope_task_usage *out, size_t capacity)
{
    uint32_t highest = mscope_highest_account();
    size_t filled = 0;
    for (; *cursor <= highest && filled < capacity; ++*cursor) {
        const struct mscope_account *account = mscope_account_if_made(*cursor);
        if (account != NULL) filled += mscope_read_task_account(account, &out[filled]);
    }
    return filled;
}
