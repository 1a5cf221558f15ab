// task_facts.c, task_counts.c: which Swift tasks allocate, how much, and what is known of the tasks themselves.
#ifndef MSCOPE_CMEMSCOPE_TASKS_H
#define MSCOPE_CMEMSCOPE_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

struct mscope_block;

/// Where a task's object keeps what is read of it, in bytes from its start (swift: include/swift/ABI/Task.h,
/// stdlib/public/Concurrency/TaskPrivate.h). Swift makes no promise: the facts are used only once a test with real
/// tasks has passed.
enum {
    MSCOPE_TASK_JOB_FLAGS = 32,
    MSCOPE_TASK_STATUS = 96,
    MSCOPE_TASK_RECORD = 104, // the list of status records: flags with the kind, the next one, what depends on the kind
    MSCOPE_TASK_RECORD_NEXT = 8,
    MSCOPE_TASK_RECORD_NAME = 16,
    MSCOPE_TASK_PARENT = 208, // of child tasks only
};
enum { MSCOPE_TASK_NAME_KIND = 6, MSCOPE_TASK_NAME_MAX = 128 };
#define MSCOPE_JOB_IS_CHILD (1u << 24)
#define MSCOPE_JOB_IS_GROUP_CHILD (1u << 26)
#define MSCOPE_JOB_IS_ASYNC_LET (1u << 28)
#define MSCOPE_JOB_HAS_NAME (1u << 30)
#define MSCOPE_TASK_STATUS_LOCKED 0x200u
#define MSCOPE_TASK_STATUS_RUNNING 0x800u
#define MSCOPE_TASK_STATUS_ENQUEUED 0x1000u
#define MSCOPE_TASK_STATUS_COMPLETE 0x2000u

/// What a task allocated on one thread in one call of a scope, and what was known of the task when that began.
struct mscope_task_usage {
    uint64_t task;
    uint64_t object; // the address of the task's object
    // Of the object, when it is a block that the core knows (is_block); else 0:
    uint64_t creator; // the task that allocated it; 0: none
    uint64_t created_at;
    uint32_t site;
    bool is_block;
    bool is_ours; // the object begins as those of the runtime whose layout was tested, if any was
    // When the layout was known by then (has_facts), or the object is a block; else 0:
    bool has_job_flags, has_facts;
    uint32_t job_flags;
    uint64_t parent; // of a child task
    // Of the task alone, though other tasks may have had the account before.
    uint64_t allocations, allocated_bytes, live_blocks, live_bytes;
    char name[MSCOPE_TASK_NAME_MAX]; // cut off; "": none
};

/// Fills `out` with up to `capacity` accounts of tasks, beginning at `*cursor` (1 at first), and advances it. Returns
/// how many, 0 at the end. In `sampled` mode the counts are estimates.
size_t mscope_read_task_usages(uint32_t *cursor, struct mscope_task_usage *out, size_t capacity);

/// What tasks allocated on accounts that other tasks have by now.
struct mscope_task_counts {
    uint64_t allocations, allocated_bytes;
};
void mscope_read_earlier_counts(struct mscope_task_counts *out);
/// Such counts are kept for a limited number of tasks. To be called before the accounts are read: then
/// mscope_earlier_counts_of finds out whether they changed meanwhile.
enum { MSCOPE_TASK_COUNTS = 1 << 14 };
void mscope_begin_task_reading(uint32_t versions[_Nonnull MSCOPE_TASK_COUNTS]);
/// The counts of one task; false when they are not known, or changed while the accounts were read.
bool mscope_earlier_counts_of(uint64_t task, const uint32_t versions[_Nonnull MSCOPE_TASK_COUNTS],
                              struct mscope_task_counts *out);

/// From now on names and parents of tasks are kept. `metadata` is the first word of each task's object, whose layout
/// was tested.
void mscope_set_task_metadata(uint64_t metadata);
/// The live block that begins at `address`; false when there is none.
bool mscope_find_block_at(uint64_t address, struct mscope_block *out);
/// Whether the program has made a task, as far as the core has seen.
bool mscope_has_tasks(void);
/// What Swift's runtime says is the id of the task whose object is at `object`, which must live; 0: there is no
/// runtime.
uint64_t mscope_task_id(uint64_t object);

#pragma clang assume_nonnull end

#endif
