// Start, configuration, and what the core does in a forked child.
#include "hooks/ending.h"
#include "hooks/hooks.h"
#include "hooks/untracked.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static _Atomic uint32_t mscope_boot_state; // 0 not yet, 1 under way, 2 done
static bool mscope_preloaded_too;          // a preloaded copy of the core exists besides this one

// ---- mode

static const char *const mscope_mode_names[] = {"off", "sampled", "balanced", "full"};

static uint32_t mscope_mode_from_environment(void)
{
    const char *value = mscope_environment("MEMSCOPE_MODE");
    if (value == NULL || *value == 0) return MSCOPE_FULL;
    for (uint32_t mode = 0; mode < 4; mode++)
        if (strcmp(value, mscope_mode_names[mode]) == 0) return mode;
    mscope_say("MEMSCOPE_MODE is '", value, "'; accepted are full, balanced, sampled, off; using full");
    return MSCOPE_FULL;
}

void mscope_set_mode(uint32_t mode)
{
    if (mode > MSCOPE_FULL || !mscope_is_active() || !mscope_boot() || !mscope_has_tables) return;
    if (mscope_checks_need_all()) mode = MSCOPE_FULL;
    mscope_change_mode(mode);
}

// ---- fork

static void mscope_child_begins(void)
{
    mscope_process_after_fork();
    mscope_threads_after_fork();
    mscope_walk_after_fork();
    mscope_scan_after_fork();
    mscope_images_after_fork();
    mscope_loader_lock_after_fork();
    mscope_unlock_sites();
    mscope_recycle_after_fork();
    mscope_end_after_fork();
    mscope_actions_after_fork();
    mscope_descriptors_after_fork();
    mscope_own_heap_after_fork();
    mscope_set_event_interval(0); // no collector in the child
}

// ---- start

/// The tables take less than half of this: what the process may map is meant for the program first.
enum { MSCOPE_LEAST_ROOM = 1 << 30 };

/// Gives lower rooms the functions of higher rooms that they have to call.
static void mscope_connect(void)
{
    static const struct mscope_code_users users = {mscope_forget_code, mscope_visit_orphans};
    static const struct mscope_thread_watcher watcher = {mscope_main_thread_leaves, mscope_other_thread_leaves};
    mscope_code_users = &users;
    mscope_thread_watcher = &watcher;
    mscope_on_default_fault = mscope_report_fault;
}

bool mscope_boot(void)
{
    uint32_t state = mscope_load_acquire(&mscope_boot_state);
    if (mscope_likely(state == 2)) return true;
    if (state == 1 || !mscope_cas_acq_rel(&mscope_boot_state, &state, 1)) return false;
    mscope_global.started_at = mscope_now();
    mscope_first_thread_pointer = mscope_thread_pointer();
    mscope_memory_start();
    mscope_connect();
    mscope_has_tables = mscope_watch_thread_exits() && mscope_can_map(MSCOPE_LEAST_ROOM) && mscope_stacks_start()
                        && mscope_record_start();
    mscope_clock_start();
    mscope_resolve_next();
    mscope_seccomp_start();
    mscope_checks_start();
    // A second copy, behind this one, is a preloaded one.
    void (*other)(void) = (void (*)(void))dlsym(RTLD_NEXT, "mscope_stand_down");
    if (other != NULL) other();
    mscope_preloaded_too = other != NULL;
    mscope_store_release(&mscope_boot_state, 2);
    if (!mscope_has_tables) {
        mscope_say("no address space for its tables (", "ulimit -v or -d?", "); nothing is tracked");
        return true;
    }
    if (!mscope_is_active()) return true;
    mscope_checks_activate();
    uint32_t mode = mscope_mode_from_environment();
    if (mode != MSCOPE_FULL && mscope_checks_need_all())
        mscope_say("MEMSCOPE_MODE is '", mscope_mode_names[mode], "', but MEMSCOPE_CHECKS needs full; using full");
    mscope_set_mode(mode);
    return true;
}

bool mscope_wants_engine(void)
{
    return mscope_wants_end() || mscope_environment("MEMSCOPE_SERVER_URL") != NULL;
}

// Starts what the environment asks for: Swift's part, or the code that loads it. Absent in C-only builds.
#pragma weak memscope_start_from_environment
extern void memscope_start_from_environment(void);

/// Look-ups that failed in boot must not become the program's error. Not done in boot itself: boot may run inside any
/// function of libc that allocates, and dlerror takes the lock on locales, which newlocale holds while it allocates.
static void mscope_forget_failed_lookups(void)
{
    bool before = mscope_thread_set_internal(true); // dlerror may allocate the text that it keeps
    dlerror();
    mscope_thread_set_internal(before);
}

/// Whether LD_PRELOAD names the file that holds this code: then no code of the program has run yet.
static bool mscope_is_preloaded(void)
{
    const char *wish = mscope_environment("LD_PRELOAD");
    Dl_info info;
    if (wish == NULL || dladdr((const void *)mscope_is_preloaded, &info) == 0 || info.dli_fname == NULL) return false;
    const char *name = strrchr(info.dli_fname, '/');
    return strstr(wish, name != NULL ? name + 1 : info.dli_fname) != NULL;
}

/// Says why nothing that was asked for is done: the process' malloc is not the core's. No code of the engine runs then:
/// it would meet blocks of that malloc, and ask libc about them.
static void mscope_say_blind(void)
{
    // A copy that a linked one has told to stand down is not the copy that was asked.
    if (!mscope_wants_engine() || mscope_load_relaxed(&mscope_stood_down) != 0) return;
    if (!mscope_has_tables) { // boot has said it
        mscope_report_untracked("there is no address space for MemScope's tables, so nothing is tracked",
                                "raise the limit of address space or data (ulimit -v, ulimit -d)");
        return;
    }
    if (!mscope_is_preloaded()) return;
    mscope_say(mscope_blind_reason, "; nothing is tracked", "");
    mscope_report_untracked(mscope_blind_reason, "use libc's malloc, jemalloc, tcmalloc or mimalloc; a malloc that is "
                                                 "part of the program has to be linked behind MemScope");
}

static void mscope_start(void)
{
    if (!mscope_boot()) return;
    mscope_check_operators();
    mscope_forget_failed_lookups();
    // Also where the hooks are not active: a server may run nevertheless, and a child must close its sockets.
    pthread_atfork(NULL, NULL, mscope_child_begins);
    if (!mscope_is_active() || !mscope_has_tables) {
        mscope_say_blind();
        return;
    }
    if (mscope_is_first_thread()) mscope_note_first_thread();
    mscope_watch_main_thread();
    mscope_refresh_images();
    if (mscope_preloaded_too)
        mscope_say("linked and preloaded at once; ", "the linked copy tracks, ", "the preloaded one does nothing");
    if (memscope_start_from_environment != NULL) memscope_start_from_environment();
}

static __attribute__((constructor)) void mscope_loaded(void)
{
    // A program starts with errno 0, whatever calls of ours, or of the libraries loaded with us, have failed.
    int saved = mscope_is_preloaded() ? 0 : errno;
    mscope_start();
    errno = saved;
}

void mscope_tick(void)
{
    mscope_own_heap_tick();
    mscope_measure_own();
    mscope_refresh_images();
    mscope_update_peaks();
    mscope_recycle_tick();
    mscope_recycle_accounts();
    mscope_era_tick();
}
