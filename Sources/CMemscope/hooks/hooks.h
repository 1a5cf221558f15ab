// hooks: the functions that the program calls in place of libc's, and the order in which the rooms are called. Only
// hooks knows all rooms.
#ifndef MSCOPE_HOOKS_HOOKS_H
#define MSCOPE_HOOKS_HOOKS_H

#include "base/base.h"
#include "checks/checks.h"
#include "images/images.h"
#include "record/record.h"
#include "scan/scan.h"
#include "stacks/stacks.h"

// ---- active.c
/// Why nothing is tracked, where the process' malloc is not the core's.
extern MSCOPE_HIDDEN const char *mscope_blind_reason;

// ---- hooks/boot.c
/// Whether another copy of the core has told this one to do nothing.
extern MSCOPE_HIDDEN _Atomic uint32_t mscope_stood_down;
/// Makes the core ready; may be called again, and from inside itself. False while another call is under way.
MSCOPE_HIDDEN bool mscope_boot(void);
/// Whether the environment asks for a server or a report.
MSCOPE_HIDDEN bool mscope_wants_engine(void);

// ---- next.c
/// The next allocator's function, or NULL while it is being looked for (dlsym may allocate).
#define MSCOPE_NEXT(name) (mscope_likely(mscope_next.name != NULL) || mscope_boot() ? mscope_next.name : NULL)
MSCOPE_HIDDEN void mscope_resolve_next(void);
/// Serves requests that come before that; blocks from here are never freed and never recorded.
MSCOPE_HIDDEN void *mscope_bootstrap_allocate(size_t size, size_t alignment);
enum { MSCOPE_BOOTSTRAP_BYTES = 1 << 16 };
extern MSCOPE_HIDDEN char mscope_arena[MSCOPE_BOOTSTRAP_BYTES];
static inline bool mscope_is_bootstrap(const void *block)
{
    return (size_t)((const char *)block - mscope_arena) < MSCOPE_BOOTSTRAP_BYTES;
}
MSCOPE_HIDDEN size_t mscope_bootstrap_size(const void *block);

// ---- seccomp.c
/// Whether a filter denies a system call that Swift's part makes.
MSCOPE_HIDDEN bool mscope_filter_forbids_report(void);
MSCOPE_HIDDEN void mscope_seccomp_start(void);

// ---- exit.c
MSCOPE_HIDDEN void mscope_end_after_fork(void);
/// Whether the environment asks for something at the end of the process.
MSCOPE_HIDDEN bool mscope_wants_end(void);

// ---- last_thread.c
/// Called on the first thread, before other threads look whether it has ended.
MSCOPE_HIDDEN void mscope_note_first_thread(void);
/// Called when another thread of the program ends, by libc.
MSCOPE_HIDDEN void mscope_other_thread_leaves(void);
/// Called when the first thread calls pthread_exit: the process must end with the program's last thread, though
/// MemScope's are left.
MSCOPE_HIDDEN void mscope_main_thread_leaves(void);

// ---- fatal.c
/// From now on signals that ask the process to end do so without the core: a filter may forbid what the core's handler
/// does.
MSCOPE_HIDDEN void mscope_unwatch_requests(void);
/// Whether the core's handler stands for the default action of a signal that asks the process to end.
MSCOPE_HIDDEN bool mscope_is_watched_request(int number);
/// The same, for faults as well.
MSCOPE_HIDDEN bool mscope_is_default_ours(int number);
/// The action that the kernel gets when the program sets `action`: that one, or the core's, written to `room`.
MSCOPE_HIDDEN const struct sigaction *mscope_action_for_kernel(int number, const struct sigaction *action,
                                                               struct sigaction *room);
/// Hides the core's handler from the program.
MSCOPE_HIDDEN void mscope_hide_request_action(int number, struct sigaction *action);

// ---- mlock.c
struct link_map;
/// Says which namespace is the engine's, by one of its images.
MSCOPE_HIDDEN void mscope_note_engine(const struct link_map *image);

// ---- backtracer.c
/// Called when the program has set a handler for a signal.
MSCOPE_HIDDEN void mscope_note_handler(int number);

#endif
