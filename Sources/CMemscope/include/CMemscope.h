// The capture core's public header, with the parts it includes: what Swift may ask of the core.
//
// Nothing here runs on the hook path. Unless its comment says otherwise, a function may be called from any thread,
// takes no lock that the hooks could want, and never fails: results that did not fit are counted in `struct
// mscope_totals`.
//
// Sizes are bytes. Times are nanoseconds on CLOCK_MONOTONIC. Threads are numbered from 1 by the core, in the order of
// their first allocation; a task is Swift's task id, 0 when there was none.
#ifndef MSCOPE_CMEMSCOPE_H
#define MSCOPE_CMEMSCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CMemscopeDescriptors.h"
#include "CMemscopeErrors.h"

#pragma clang assume_nonnull begin

enum { MSCOPE_MAX_FRAMES = 128, MSCOPE_PATH_MAX = 512, MSCOPE_NAME_MAX = 16, MSCOPE_BUILD_ID_MAX = 20 };

// ---- hooks/boot.c

enum mscope_mode { MSCOPE_OFF = 0, MSCOPE_SAMPLED = 1, MSCOPE_BALANCED = 2, MSCOPE_FULL = 3 };

uint32_t mscope_mode(void);
void mscope_set_mode(uint32_t mode);
/// Mean distance between two samples, in allocated bytes, in `sampled` and `balanced` mode. It can be set until the
/// first sample is taken, because weights are computed from it; false afterwards, or for less than 1.
uint64_t mscope_sample_interval(void);
bool mscope_set_sample_interval(uint64_t bytes);
/// Whether the program's malloc is the core's; false when the hooks were compiled out (sanitizers), another definition
/// won, or this copy stood down for a linked one.
bool mscope_is_active(void);
/// Makes this copy do nothing but forward calls. A linked copy calls this function in a preloaded one.
void mscope_stand_down(void);
/// A variable of the environment; NULL when it is not set, or must not be trusted (setuid programs).
const char *_Nullable mscope_environment(const char *name);
/// Marks the calling thread as one of MemScope's own: its blocks are counted apart.
void mscope_thread_mark_internal(void);
/// The calling thread is one of MemScope's and has nothing more to do.
void mscope_thread_leave(void);
/// Marks a thread of the program's that works for MemScope for a while, or ends that. Returns what it was before.
bool mscope_thread_set_internal(bool internal);
/// The number of forks between the program's start and this process: MemScope's threads do not survive a fork.
uint32_t mscope_fork_generation(void);
uint64_t mscope_now(void);
/// The name of the next allocator: "glibc", "jemalloc", "tcmalloc", "mimalloc", "unknown".
const char *mscope_allocator_name(void);
/// Bytes that the allocator holds from the system; UINT64_MAX: not known.
uint64_t mscope_allocator_held_bytes(void);

// ---- counters

struct mscope_counts {
    uint64_t allocations, frees, allocated_bytes, freed_bytes;
};

struct mscope_totals {
    struct mscope_counts program;  // estimates for what happened in `sampled` mode
    struct mscope_counts internal; // MemScope's own threads
    uint64_t sampled_allocations;  // raw number of samples behind the estimates; 0: all measured
    uint64_t gaps;                 // times tracking was `off` after it had begun
    uint64_t peak_live_bytes;      // within peak_error_bytes
    uint64_t peak_error_bytes;
    uint64_t mmap_calls, munmap_calls, mmap_bytes, munmap_bytes;
    uint64_t own_bytes; // mapped by the core and in use
    uint64_t own_limit_bytes;
    uint64_t sites, site_capacity;
    // Sites without live blocks whose numbers were needed, and what was counted for them.
    uint64_t recycled_sites, recycled_allocations, recycled_bytes;
    uint64_t stacks_exact, stacks_truncated, stacks_guessed; // distinct stacks
    uint64_t threads_alive, threads_seen;
    uint64_t dropped_events, dropped_stacks, dropped_blocks, dropped_accounts, dropped_threads;
    uint64_t started_at;
};

void mscope_read_totals(struct mscope_totals *out);

// ---- sites.c

enum {
    MSCOPE_STACK_TRUNCATED = 1, // deeper than MSCOPE_MAX_FRAMES or no unwind rule
    MSCOPE_STACK_GUESSED = 2,   // some frame was found by its frame pointer alone
    MSCOPE_STACK_ASYNC = 4,     // the tail was followed through Swift async contexts
};

/// Site 0 stands for "no stack taken" (balanced mode, or the stack table is full); it has no counters.
struct mscope_site {
    uint32_t id, flags, frame_count, reserved;
    uint64_t first_seen;
    struct mscope_counts counts;
    uint64_t peak_bytes;                // highest live bytes seen at a merge: a lower bound
    uint64_t frames[MSCOPE_MAX_FRAMES]; // return addresses, innermost first
};

/// Merges the per-thread counters. Fills `out` with up to `capacity` sites in order of id, beginning at `*cursor`, and
/// advances it. Returns how many, 0 at the end.
size_t mscope_read_sites(uint32_t *cursor, struct mscope_site *out, size_t capacity);
/// One site without counters; false when there is no such id.
bool mscope_read_site(uint32_t id, struct mscope_site *out);

/// Keeps a site from being recycled until it is released; false when the id is not valid any more.
bool mscope_retain_site(uint32_t id);
void mscope_release_site(uint32_t id);

// ---- shadow.c

enum {
    MSCOPE_BLOCK_INTERNAL = 1,
    MSCOPE_BLOCK_SAMPLED = 2,      // its stack was sampled: at its site it stands for `site_weight` blocks
    MSCOPE_BLOCK_REALLOCATED = 4,  // `birth` is that of the first block of a chain of reallocs
    MSCOPE_BLOCK_FAMILY_SHIFT = 8, // family = flags >> 8 & 3: 0 malloc, 1 new, 2 new[]
};

struct mscope_block {
    uint64_t address, size, birth, task;
    uint64_t weight;      // how many blocks it stands for: 1 unless the block was taken in `sampled` mode
    uint64_t site_weight; // the same for its site: more than 1 also in `balanced` mode, 0 when its stack was not taken
    uint32_t site, thread, flags;
    uint32_t call; // of a scope; 0: none. See mscope_has_escaped
};

/// Starts a consistent walk: blocks freed from now on are noted for it. One at a time: false when another walk is under
/// way.
bool mscope_walk_begin(void);
/// Fills `out` with blocks that were live when the walk began, each once: first ascending by address, then, in no
/// order, those that were freed meanwhile. Returns how many, 0 at the end.
size_t mscope_walk_next(struct mscope_block *out, size_t capacity);
/// Ends the walk. True when every block that was live at its beginning was delivered; `missed` counts those that were
/// not.
bool mscope_walk_end(uint64_t *missed);
/// The live block that contains `address`; false when none is known.
bool mscope_find_block(uint64_t address, struct mscope_block *out);

// ---- threads.c

struct mscope_thread_info {
    uint32_t id;
    int32_t tid;
    uint64_t started_at, ended_at; // ended_at 0 while alive
    struct mscope_counts counts;
    bool internal;
    char name[MSCOPE_NAME_MAX];
};

size_t mscope_read_threads(uint32_t *cursor, struct mscope_thread_info *out, size_t capacity);

// ---- images.c

struct mscope_image {
    uint64_t bias, start, end;        // load bias; first and one past the last mapped address
    uint64_t loaded_after, loaded_at; // times of refreshes: not mapped yet; mapped
    uint64_t unloaded_at;             // 0 while mapped
    uint32_t build_id_size;
    uint8_t build_id[MSCOPE_BUILD_ID_MAX];
    char path[MSCOPE_PATH_MAX]; // absolute; "[vdso]"; a file's name alone, or "", where no more is known
};

/// Notes images loaded and unloaded since the last call (dlclose does so by itself). The image of code with an address
/// and a time is the one that covers the address, with loaded_after <= time, and time < unloaded_at unless that is 0.
/// There is at most one.
void mscope_refresh_images(void);
size_t mscope_read_images(uint32_t *cursor, struct mscope_image *out, size_t capacity);

// ---- linkage.c

enum { MSCOPE_IMAGE_UNKNOWN = 0, MSCOPE_IMAGE_LACKS = 1, MSCOPE_IMAGE_LINKS = 2 };
/// Whether the image mapped at `address` is the library of this name, or was linked against it; unknown when no image
/// of the process is there, as in the namespace that the engine may have.
uint32_t mscope_image_links(uint64_t address, const char *library);

// ---- events.c

enum mscope_event_kind { MSCOPE_EVENT_ALLOCATION = 1, MSCOPE_EVENT_FREE = 2, MSCOPE_EVENT_REALLOCATION = 3 };

struct mscope_event {
    uint64_t time, address, size, task;
    uint32_t site, thread, kind, flags;
};

/// Share of allocations that write history: 0 none, 1 all, n one in about n.
void mscope_set_event_interval(uint32_t interval);
/// Moves up to `capacity` events out of the rings. Only the collector thread calls it.
size_t mscope_drain_events(struct mscope_event *out, size_t capacity);
/// The collector's work of each second: gives memory back, measures MemScope's own, notes images, updates peaks,
/// recycles sites, begins an era when due. Only the collector calls it, and once the report if there is no collector.
void mscope_tick(void);

#pragma clang assume_nonnull end

#include "CMemscopeExit.h"
#include "CMemscopeMemory.h"
#include "CMemscopeScan.h"
#include "CMemscopeScopes.h"
#include "CMemscopeTasks.h"
#include "CMemscopeWatched.h"

#endif
