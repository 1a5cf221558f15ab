// hooks: what the program calls in our place, and the order in which the rooms are asked. It alone knows them all.
#ifndef MSCOPE_HOOKS_HOOKS_H
#define MSCOPE_HOOKS_HOOKS_H

#include "base/base.h"
#include "checks/checks.h"
#include "images/images.h"
#include "record/record.h"
#include "scan/scan.h"
#include "stacks/stacks.h"

// ---- active.c
/// Why nothing is tracked, where the process' malloc is not ours to track.
extern MSCOPE_HIDDEN const char *mscope_blind_reason;

// ---- hooks/boot.c
/// Whether another copy of the core has told this one to do nothing.
extern MSCOPE_HIDDEN _Atomic uint32_t mscope_stood_down;
/// Makes the core ready; safe to call again and from inside itself. Returns false while another call is at it.
MSCOPE_HIDDEN bool mscope_boot(void);
/// Whether the environment asks for a server or a report.
MSCOPE_HIDDEN bool mscope_wants_engine(void);

// ---- next.c
/// The next allocator's entry, or NULL while it is being looked for (dlsym may allocate).
#define MSCOPE_NEXT(name) (mscope_likely(mscope_next.name != NULL) || mscope_boot() ? mscope_next.name : NULL)
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

// ---- mlock.c
struct link_map;
/// Says which namespace is the engine's, by an image in it.
MSCOPE_HIDDEN void mscope_note_engine(const struct link_map *image);

// ---- backtracer.c
/// The program has set a handler for a signal.
MSCOPE_HIDDEN void mscope_note_handler(int number);

#endif
