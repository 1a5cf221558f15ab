// Prototypes shared inside the core, by the file that defines them.
#ifndef MSCOPE_INTERNAL_H
#define MSCOPE_INTERNAL_H

#include <sys/types.h>
#include <time.h>

#include "system.h"
#include "types.h"

// A call on the hot path that hardly ever happens: it saves the registers, so that its callers need not.
#define MSCOPE_RARE MSCOPE_HIDDEN __attribute__((preserve_most, noinline))

// Sanitizers bring their own malloc: the hooks are compiled out, the rest is tested under them.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MSCOPE_NO_HOOKS 1
#endif
#endif

// ---- next.c: the allocator behind us
typedef void (*mscope_handler)(int);
struct mscope_next {
#define MSCOPE_HOOK(result, name, parameters, arguments) result(*name) parameters;
#include "hooks.def"
#undef MSCOPE_HOOK
    void *(*operator_new)(size_t);
};
extern MSCOPE_HIDDEN struct mscope_next mscope_next;
/// The next allocator's entry, or NULL while it is being looked for (dlsym may allocate).
#define MSCOPE_NEXT(name) (mscope_likely(mscope_next.name != NULL) || mscope_boot() ? mscope_next.name : NULL)
/// Smallest request passed on: 32 for allocators that pack smaller blocks, else 0.
extern MSCOPE_HIDDEN size_t mscope_least_request;
MSCOPE_HIDDEN void mscope_resolve_next(void);
/// Serves what is asked for before that; blocks here are never freed and never recorded.
MSCOPE_HIDDEN void *mscope_bootstrap_allocate(size_t size, size_t alignment);
enum { MSCOPE_BOOTSTRAP_BYTES = 1 << 16 };
extern MSCOPE_HIDDEN char mscope_arena[MSCOPE_BOOTSTRAP_BYTES];
static inline bool mscope_is_bootstrap(const void *block)
{
    return (size_t)((const char *)block - mscope_arena) < MSCOPE_BOOTSTRAP_BYTES;
}
MSCOPE_HIDDEN size_t mscope_bootstrap_size(const void *block);

// ---- active.c
/// Why nothing is tracked, where the process' malloc is not ours to track.
extern MSCOPE_HIDDEN const char *mscope_blind_reason;

// ---- control.c
/// Whether another copy of the core has told this one to do nothing.
extern MSCOPE_HIDDEN _Atomic uint32_t mscope_stood_down;
/// Makes the core ready; safe to call again and from inside itself. Returns false while another call is at it.
MSCOPE_HIDDEN bool mscope_boot(void);
/// Whether the environment asks for a server or a report.
MSCOPE_HIDDEN bool mscope_wants_engine(void);

// ---- say.c
/// Writes a line of three parts to standard error.
MSCOPE_HIDDEN void mscope_say(const char *a, const char *b, const char *c);

// ---- process.c
/// Of the thread that loaded us, which is the main thread as a rule.
extern MSCOPE_HIDDEN uint64_t mscope_first_thread_pointer;
MSCOPE_HIDDEN bool mscope_is_first_thread(void);
/// The thread that ends the process, and waits for the report; 0: none.
extern MSCOPE_HIDDEN _Atomic int32_t mscope_ending_thread;
static inline bool mscope_is_ending(int32_t tid)
{
    return mscope_load_relaxed(&mscope_ending_thread) == tid;
}
MSCOPE_HIDDEN void mscope_process_after_fork(void);

// ---- clock.c: what births need of it is in clock.h
MSCOPE_HIDDEN void mscope_clock_start(void);

// ---- memory.c: own memory, straight from mmap
/// Zeroed pages that cost nothing until touched; NULL when the system refuses.
MSCOPE_HIDDEN void *mscope_map(size_t size);
/// The same, where the program's mappings are not, if the system lets us. In the hole that a growing block leaves it
/// would be in that block's way.
MSCOPE_HIDDEN void *mscope_map_apart(size_t size);
/// Has the page of a word written, and the word as it was. Memory that is read before it is written costs two faults,
/// and the second makes every processor forget what it knows of addresses. (A sum with 0 compiles to a load.)
static inline void mscope_write_fresh(_Atomic uint64_t *word)
{
    uint64_t nothing = 0;
    (void)mscope_cas_acq_rel(word, &nothing, 0);
}
/// The same, shared with processes cloned from this one.
MSCOPE_HIDDEN void *mscope_map_shared(size_t size);
/// Whether the program has all that is mapped from now on locked (mlockall).
extern MSCOPE_HIDDEN _Atomic bool mscope_locks_new_maps;
/// Whether the process may map that much more: it may be limited (ulimit -v, -d).
MSCOPE_HIDDEN bool mscope_has_room(size_t size);
MSCOPE_HIDDEN void mscope_unmap(void *start, size_t size);
/// Gives back what lies behind the first `kept` bytes.
MSCOPE_HIDDEN void mscope_shrink(void *start, size_t size, size_t kept);
/// From now on what is mapped is of the copy that a scan runs in.
MSCOPE_HIDDEN void mscope_maps_in_copy(void);
/// Whether such a mapping lies in [from, to).
MSCOPE_HIDDEN bool mscope_is_map_of_copy_in(uint64_t from, uint64_t to);
/// What we have mapped, one after the other from `*cursor` 0.
MSCOPE_HIDDEN bool mscope_own_map(uint32_t *cursor, uint64_t *start, uint64_t *size);
/// Small zeroed pieces that are never given back; NULL when the limit is reached.
MSCOPE_HIDDEN void *mscope_take(size_t size);
/// Empties pages that stay mapped.
MSCOPE_HIDDEN void mscope_give_back(void *start, size_t size);
MSCOPE_HIDDEN void mscope_measure_own(void);
extern MSCOPE_HIDDEN _Atomic uint64_t mscope_own_resident;
/// Whether the kernel lets us ask if an address is readable (seccomp may not).
extern MSCOPE_HIDDEN bool mscope_can_probe;
MSCOPE_HIDDEN void mscope_memory_start(void);
MSCOPE_HIDDEN uint64_t mscope_own_limit(void);

// ---- walk.c
/// The walk under way, counted from 1; 0 without one. A hook loads it once and does all for that walk.
extern MSCOPE_HIDDEN _Atomic uint32_t mscope_walking;
/// What the slots of blocks recorded in a walk carry: 1 to 7, in turn.
static inline uint32_t mscope_walk_number(uint32_t walk)
{
    return mscope_likely(walk == 0) ? 0 : (walk - 1) % 7 + 1;
}
/// Whether a block was recorded since `walk` began.
MSCOPE_HIDDEN bool mscope_is_newer(uint32_t walk, uint64_t what, uint64_t born);
MSCOPE_HIDDEN void mscope_note_departure(struct mscope_bank *bank, uint32_t walk,
                                         const struct mscope_departure *departure);
MSCOPE_HIDDEN void mscope_walk_after_fork(void);

// ---- mode.c
/// An mscope_mode, or MSCOPE_PROBED while the core looks whether the process' malloc is its own.
extern MSCOPE_HIDDEN _Atomic uint32_t mscope_current_mode;
enum { MSCOPE_PROBED = MSCOPE_FULL + 1 };
/// Set by a hook that records nothing because the mode is MSCOPE_PROBED.
extern MSCOPE_HIDDEN _Atomic uint32_t mscope_hook_ran;
/// Whether the program has asked how much more than it wanted there is of a block that is no object of Swift's. Else it
/// has written nothing there.
extern MSCOPE_HIDDEN _Atomic bool mscope_uses_slack;
/// Whether the second word of a block can be the reference counts of a Swift object: inline ones, or a side table.
static inline bool mscope_can_be_object(uint64_t counts)
{
    return (counts & 1) != 0 || counts >> 62 == 3;
}
/// Whether every live block has been recorded since the start of the program.
MSCOPE_HIDDEN bool mscope_knows_all_blocks(void);
/// Which interval of complete tracking this is, in its upper 16 bits; 0 while tracking is not complete. A freed block
/// leaves its mark in the slot: in `what` what it was, not live any more, and in `born` who freed it, a return address
/// or the number of a site, down from the highest address, with the era. A mark of another era says nothing: there may
/// have been blocks since.
extern MSCOPE_HIDDEN _Atomic uint64_t mscope_era;
enum { MSCOPE_ERA_SHIFT = 48 };
static inline uint64_t mscope_mark_of(uint64_t freed_by)
{
    return freed_by | mscope_load_relaxed(&mscope_era);
}
static inline uint64_t mscope_mark_of_site(uint32_t site)
{
    return mscope_mark_of((1ull << MSCOPE_ERA_SHIFT) - 1 - site);
}
MSCOPE_HIDDEN void mscope_era_tick(void);
/// The mode is one of mscope_mode, and tracking possible.
MSCOPE_HIDDEN void mscope_change_mode(uint32_t mode);

// ---- record.c: the hot path, of which hot.h has the part that is inlined
MSCOPE_HIDDEN void mscope_write_event(struct mscope_bank *bank, uint32_t kind, uint64_t address, uint64_t what,
                                      uint64_t born, uint64_t size);
/// Records any block in any mode. In the modes that sample, the caller has counted the size down.
MSCOPE_HIDDEN void mscope_record(void *block, size_t size, uint32_t family, struct mscope_cursor caller);
/// `mark` is left in the slot; see mscope_mark_of.
MSCOPE_HIDDEN void mscope_forget(struct mscope_slot *slot, uint64_t what, uint64_t address, uint64_t mark);
/// Takes a block's record away while realloc may move it; what it was, with `what` 0 when it was unknown.
MSCOPE_HIDDEN struct mscope_departure mscope_lift(void *block, uint64_t mark);
MSCOPE_HIDDEN void mscope_put_back(struct mscope_departure old);
MSCOPE_HIDDEN void mscope_settle(void *block, size_t size, struct mscope_departure old, uint64_t pc, uint64_t sp,
                                 uint64_t fp);

/// The calling thread's bank, or one borrowed that must be given back; NULL only when there is no memory for one.
MSCOPE_HIDDEN struct mscope_bank *mscope_bank_here(struct mscope_bank **borrowed);

// ---- checks.c: the memory checks' configuration; the rest of them is in checks.h
MSCOPE_HIDDEN void mscope_checks_start(void);
MSCOPE_HIDDEN void mscope_check_operators(void);

// ---- actions.c
MSCOPE_HIDDEN void mscope_actions_after_fork(void);

/// Starts what the level needs; the process' malloc is ours.
MSCOPE_HIDDEN void mscope_checks_activate(void);
/// Whether every block has to be recorded, with its stack, for as long as the process lives.
MSCOPE_HIDDEN bool mscope_checks_need_all(void);
/// A fresh block: what was asked for, by whom.
struct mscope_request {
    uint64_t size, alignment; // 0: as malloc aligns
    uint32_t family;
    bool zeroed;
    struct mscope_cursor caller;
};

// ---- checked.c
/// A block that is checked, recorded; NULL when this one is not, or not with success: the allocator is to be asked.
MSCOPE_HIDDEN void *mscope_allocate_checked(const struct mscope_request *request);
/// malloc, as called by `caller`.
MSCOPE_HIDDEN void *mscope_malloc_for(size_t size, struct mscope_cursor caller);
/// The size of a live checked block, which is all that may be used of it; false when the allocator has to be asked.
MSCOPE_HIDDEN bool mscope_checked_size(const void *block, size_t *size);

// ---- release.c
#define MSCOPE_SIZE_UNSTATED UINT64_MAX
/// Forgets a block that is about to be freed; false when the allocator must not see it.
MSCOPE_HIDDEN bool mscope_release(void *block, size_t size, uint32_t family, uint64_t pc, uint64_t sp, uint64_t fp);
/// Whether realloc of this block is done, with `*result`, and the allocator not to be asked.
MSCOPE_HIDDEN bool mscope_settles_realloc(void *block, size_t size, struct mscope_cursor caller, void **result);

// ---- sample.c
extern MSCOPE_HIDDEN _Atomic uint64_t mscope_interval;
/// Bytes to the next sample, exponentially distributed around the interval.
MSCOPE_HIDDEN int64_t mscope_next_sample(struct mscope_bank *bank);
/// How many trials fail before the first success, when one in `rate` > 1 succeeds.
MSCOPE_HIDDEN int64_t mscope_next_trial(struct mscope_bank *bank, uint64_t rate);
/// How many blocks a sampled one stands for; the same at its birth and its death.
MSCOPE_HIDDEN uint64_t mscope_weight(uint64_t size, uint64_t born);
/// MSCOPE_BORN_ROUNDED, or 0, so that the weight of a block of this size has the right mean.
MSCOPE_HIDDEN uint64_t mscope_round_weight(struct mscope_bank *bank, uint64_t size);

// ---- sites.c
/// The number of a stack by its hash; 0 when it is new.
MSCOPE_HIDDEN uint32_t mscope_find_site(uint64_t hash);
/// Lets a stack be found by another hash, too; the first one that a stack gets is kept.
MSCOPE_HIDDEN void mscope_alias_site(uint32_t site, uint64_t hash);
MSCOPE_HIDDEN bool mscope_has_alias(uint32_t site);
/// Gives a stack a number; 0 when the table is full.
MSCOPE_HIDDEN uint32_t mscope_new_site(const struct mscope_stack *stack);
MSCOPE_HIDDEN bool mscope_sites_start(void);
MSCOPE_HIDDEN uint64_t mscope_retire_sites(uint64_t start, uint64_t end, uint64_t image);
/// The highest number that was given out.
MSCOPE_HIDDEN uint32_t mscope_highest_site(void);
/// Whether a number that was given out has a stack.
MSCOPE_HIDDEN bool mscope_is_site(uint32_t id);
/// The most bytes that were seen to live at a site: kept for site_counts.c.
MSCOPE_HIDDEN _Atomic uint64_t *mscope_site_peak(uint32_t id);
/// A stack through an image that was unloaded; false when it is none.
MSCOPE_HIDDEN bool mscope_read_retired_site(uint32_t id, struct mscope_site *out);

// ---- site_counts.c
/// Calls `visit` for each stack of live blocks through an image that was unloaded.
MSCOPE_HIDDEN void mscope_visit_orphans(void (*visit)(const struct mscope_site *site));
MSCOPE_HIDDEN void mscope_update_peaks(void);
MSCOPE_HIDDEN void mscope_site_counts_after_fork(void);

// ---- unwind.c
/// Code at [start, end] is gone: rules, functions and stacks there are forgotten. As mscope_code_users has it.
MSCOPE_HIDDEN uint64_t mscope_forget_code(uint64_t start, uint64_t end, uint64_t image);
/// The site of a stack of which only the innermost return address is known.
MSCOPE_HIDDEN uint32_t mscope_site_of_frame(uint64_t pc);
/// The site of a caller: its return address, its stack pointer after the return, its frame pointer.
MSCOPE_HIDDEN uint32_t mscope_site_here(struct mscope_unwinder *unwinder, uint64_t pc, uint64_t sp, uint64_t fp);
/// For a thread whose stack ends at `high`; the one before had another.
MSCOPE_HIDDEN void mscope_start_unwinder(struct mscope_unwinder *unwinder, uint64_t high);

// ---- prologue.c
MSCOPE_HIDDEN bool mscope_proves_frame(uint64_t pc, uint64_t lowest);

// ---- contexts.c
enum mscope_holding { MSCOPE_HOLDS_NOT, MSCOPE_HOLDS, MSCOPE_HOLDS_UNKNOWN };
/// Looks for the live block around a context, which may be anything; set once, at the start, by whoever knows blocks.
/// Unknown while it does not know all.
extern MSCOPE_HIDDEN enum mscope_holding (*mscope_find_held)(uint64_t context, struct mscope_held *out);
/// An async function without a frame has its context in the register that every frame inside of it leaves alone or
/// saves, the innermost one being the caller of our hook. The register may hold anything: `word` if it is a context,
/// else 0, and the space's tail says that callers are missing.
MSCOPE_HIDDEN uint64_t mscope_context_in(struct mscope_space *space, uint64_t word);
/// The context of the async function at the memo's frame 0; 0 when it has none, or as above.
MSCOPE_HIDDEN uint64_t mscope_innermost_context(struct mscope_space *space);
/// Puts the callers that wait in a context and its parents into the space's tail, which has the hash of the `depth`
/// frames before them. Of a function to be resumed only the entry is known: it is kept as entry + 1, which every reader
/// of return addresses takes back.
MSCOPE_HIDDEN void mscope_follow_contexts(struct mscope_space *space, uint64_t context, uint32_t depth);

// ---- async.c
/// Swift's swift_task_getCurrent, as tasks.c found it; NULL in a process without tasks.
extern MSCOPE_HIDDEN const void *(*_Atomic mscope_current_task)(void);
/// 1 when the code around a return address belongs to an async function, 0 when not, -1 while that is being read.
MSCOPE_HIDDEN int mscope_is_async(uint64_t pc);
MSCOPE_HIDDEN void mscope_forget_async(uint64_t start);

// ---- images.c
/// Who has to know of code that is unloaded; set once, before which no image is looked at.
struct mscope_code_users {
    /// An image at [start, end] is gone. When the newest stack through it was first seen; 0: there is none.
    uint64_t (*forget)(uint64_t start, uint64_t end, uint64_t image);
    /// Calls `visit` for each stack of live blocks through an image that was unloaded.
    void (*visit_orphans)(void (*visit)(const struct mscope_site *site));
};
extern MSCOPE_HIDDEN const struct mscope_code_users *mscope_code_users;
struct mscope_unwind_table {
    uint64_t start, end;   // addresses it speaks for
    const uint8_t *header; // .eh_frame_hdr
};
MSCOPE_HIDDEN bool mscope_find_unwind_table(uint64_t pc, struct mscope_unwind_table *out);
/// Whether an address lies in what an image has to be executed.
MSCOPE_HIDDEN bool mscope_is_executable(uint64_t address);
/// A hash of name, layout and build id of the image that is mapped at `pc` now; 0 when none is.
MSCOPE_HIDDEN uint64_t mscope_image_identity(uint64_t pc);
MSCOPE_HIDDEN void mscope_images_after_fork(void);
/// Whether a thread has the list of images to itself.
MSCOPE_HIDDEN bool mscope_is_imaging(int32_t thread);
// ---- paths.c
/// Writes which file is mapped at an address; false, and "", when that is not known. Any context.
MSCOPE_HIDDEN bool mscope_mapped_path(uint64_t address, char *path);
/// Writes the path of the image that begins at `start` and that ld.so knows as `name`: absolute, or a file's name alone
/// when no more is known, or "". Any context.
MSCOPE_HIDDEN void mscope_image_path(uint64_t start, const char *name, char *path);

// ---- scan.c, stop_signal.c
MSCOPE_HIDDEN void mscope_scan_after_fork(void);
MSCOPE_HIDDEN void mscope_stop_after_fork(void);

// ---- threads.c
extern MSCOPE_HIDDEN _Thread_local struct mscope_tls mscope_tls __attribute__((tls_model("initial-exec")));
extern MSCOPE_HIDDEN _Atomic(struct mscope_bank *) mscope_banks[MSCOPE_BANKS];
extern MSCOPE_HIDDEN _Atomic uint32_t mscope_bank_count;
/// Who has to know that a thread of the program ends by libc, on that thread; set once, at the start.
struct mscope_thread_watcher {
    void (*first_leaves)(void), (*other_leaves)(void);
};
extern MSCOPE_HIDDEN const struct mscope_thread_watcher *mscope_thread_watcher;
/// Makes it known when threads end, also where nothing is tracked.
MSCOPE_HIDDEN bool mscope_watch_thread_exits(void);
/// False where there is no room for the tables: then nothing is tracked, ever.
extern MSCOPE_HIDDEN bool mscope_has_tables;
MSCOPE_HIDDEN bool mscope_threads_start(void);
MSCOPE_HIDDEN struct mscope_bank *mscope_enter(void);
MSCOPE_HIDDEN void mscope_leave_borrowed(struct mscope_bank *bank);
/// Called on the first thread: its end is noted, which need not be the process'.
MSCOPE_HIDDEN void mscope_watch_main_thread(void);
MSCOPE_RARE struct mscope_tally *mscope_new_chunk(struct mscope_bank *bank, uint32_t site);
MSCOPE_HIDDEN void mscope_threads_after_fork(void);

// ---- tasks.c
MSCOPE_HIDDEN bool mscope_tasks_start(void);
/// Callers whose allocations may be a task's, as an address range. Asking Swift costs 4 ns, and a preloaded copy brings
/// Swift's concurrency into programs that have no task: until that library itself allocates, which it does to make a
/// task, there is none. Then the range is everything; it is empty in a process without the library.
struct mscope_task_callers {
    _Atomic uint64_t start, size;
};
extern MSCOPE_HIDDEN struct mscope_task_callers mscope_task_callers;
static inline bool mscope_may_be_task(uint64_t pc)
{
    return pc - mscope_load_relaxed(&mscope_task_callers.start) < mscope_load_relaxed(&mscope_task_callers.size);
}
MSCOPE_HIDDEN void mscope_expect_tasks(void);
/// Called once on each thread, before it may be asked for its task.
MSCOPE_HIDDEN void mscope_meet_tasks(void);
/// The number of a thread, task and scope; 0 when there are too many.
MSCOPE_HIDDEN uint32_t mscope_new_context(uint32_t thread, uint64_t task, uint32_t scope);
/// The (thread, task) of an allocation by the code at `pc`.
MSCOPE_HIDDEN uint32_t mscope_find_context(struct mscope_bank *bank, uint64_t pc);
MSCOPE_HIDDEN struct mscope_context mscope_context_at(uint32_t context);

// ---- scopes.c

/// The scope of the calling task; 0 without one.
MSCOPE_HIDDEN uint32_t mscope_scope_of_task(void);
MSCOPE_HIDDEN void mscope_count_in_scopes(uint32_t scope, uint64_t size, bool born);

static inline struct mscope_tally *mscope_site_tally(struct mscope_bank *bank, uint32_t site)
{
    struct mscope_chunk *chunk = mscope_load_relaxed(&bank->chunks[site / MSCOPE_CHUNK_SITES]);
    return mscope_likely(chunk != NULL) ? &chunk->sites[site % MSCOPE_CHUNK_SITES] : mscope_new_chunk(bank, site);
}

// ---- descriptors.c
MSCOPE_HIDDEN void mscope_descriptors_after_fork(void);

// ---- seccomp.c
/// Whether a call is denied that Swift's part makes.
MSCOPE_HIDDEN bool mscope_is_shut_in(void);
MSCOPE_HIDDEN void mscope_seccomp_start(void);

// ---- exit.c
MSCOPE_HIDDEN void mscope_end_after_fork(void);
/// Whether the environment asks for something at the end.
MSCOPE_HIDDEN bool mscope_wants_end(void);

// ---- last_thread.c
/// Called on the first thread, before others look whether it has ended.
MSCOPE_HIDDEN void mscope_note_first_thread(void);
/// Another thread of the program ends, by libc.
MSCOPE_HIDDEN void mscope_other_thread_leaves(void);
/// The first thread calls pthread_exit: the process ends when the program's last thread does, though ours are left.
MSCOPE_HIDDEN void mscope_main_thread_leaves(void);

// ---- fatal.c
/// From now on signals that ask the process to end do so by themselves: a filter may forbid what our handler does.
MSCOPE_HIDDEN void mscope_unwatch_requests(void);
/// Whether our handler stands for the default action of a signal that asks the process to end.
MSCOPE_HIDDEN bool mscope_is_watched_request(int number);
/// The same of faults, too.
MSCOPE_HIDDEN bool mscope_is_default_ours(int number);
/// What the kernel gets when the program sets `action`: that, or ours, written to `room`.
MSCOPE_HIDDEN const struct sigaction *mscope_action_for_kernel(int number, const struct sigaction *action,
                                                               struct sigaction *room);
/// The program does not see our handler.
MSCOPE_HIDDEN void mscope_hide_request_action(int number, struct sigaction *action);

// ---- events.c
/// One word, so that the hot path asks once: the interval, and whether there are scopes.
enum { MSCOPE_SCOPES_WATCHED = 1u << 31 };
extern MSCOPE_HIDDEN _Atomic uint32_t mscope_event_interval;
MSCOPE_HIDDEN void mscope_watch_scopes(void);
MSCOPE_HIDDEN void mscope_push_event(struct mscope_bank *bank, const struct mscope_event *event);

// ---- totals.c
struct mscope_global_counters {
    _Atomic int64_t live_bytes; // published by banks
    _Atomic int64_t peak_live_bytes;
    _Atomic uint64_t sampled_allocations, gaps;
    _Atomic uint64_t mmap_calls, munmap_calls, mmap_bytes, munmap_bytes;
    _Atomic uint64_t sites, stacks_truncated, stacks_guessed;
    _Atomic uint64_t threads_seen;
    _Atomic uint64_t dropped_events, dropped_stacks, dropped_blocks, dropped_contexts, dropped_threads;
    uint64_t started_at;
};
extern MSCOPE_HIDDEN struct mscope_global_counters mscope_global;
// A bank looks after each 64 KiB of changes, up or down, and tells of 64 KiB: at most twice that is held back.
enum { MSCOPE_PUBLISH_BYTES = 1 << 16 };
MSCOPE_RARE void mscope_publish(struct mscope_bank *bank);
MSCOPE_HIDDEN struct mscope_counts mscope_tally_value(const struct mscope_tally *tally);
MSCOPE_HIDDEN void mscope_sum(struct mscope_counts *into, struct mscope_counts value);

#endif
