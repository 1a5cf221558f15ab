// Scans: the plan, the copy of the process that reads the heap, and the end of the copy.
#include "scan/scan.h"
#include "scan/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MSCOPE_LEAST_ANSWER = 1 << 24 };
static _Atomic uint32_t mscope_scanning; // one at a time

// ---- the scanner, in the copy or in place

bool mscope_has_problem(struct mscope_scanner *scanner)
{
    if (scanner->problem == 0 && mscope_now() > scanner->deadline) scanner->problem = MSCOPE_SCAN_TIMED_OUT;
    return scanner->problem != 0;
}

static void mscope_scan_memory(struct mscope_scanner *scanner)
{
    if (scanner->problem != 0 || !mscope_read_mappings(scanner)) return;
    scanner->pagemap = mscope_system(SYS_openat, AT_FDCWD, "/proc/self/pagemap", O_RDONLY | O_CLOEXEC, 0);
    mscope_find_nodes(scanner);
    if (scanner->problem == 0) mscope_find_roots(scanner);
    scanner->edges = (struct mscope_scan_edge *)&scanner->roots[scanner->root_count];
    uint64_t used = (uint64_t)scanner->edges - (uint64_t)scanner->answer;
    scanner->edge_capacity =
        used < scanner->answer->capacity ? (scanner->answer->capacity - used) / sizeof(struct mscope_scan_edge) : 0;
    if (scanner->problem == 0) mscope_find_edges(scanner);
    if (scanner->pagemap >= 0) mscope_system(SYS_close, scanner->pagemap);
}

static void mscope_give_up_ranges(struct mscope_ranges *ranges)
{
    if (ranges->items != NULL) mscope_unmap(ranges->items, ranges->capacity * sizeof(*ranges->items));
}

static void mscope_give_up(struct mscope_scanner *scanner)
{
    mscope_give_up_nodes(scanner);
    mscope_give_up_mappings(scanner);
    mscope_give_up_ranges(&scanner->skip);
    mscope_give_up_ranges(&scanner->internal);
    mscope_give_up_ranges(&scanner->buffers);
    mscope_unmap(scanner, sizeof(*scanner));
}

/// Reads everything and writes the answer; NULL when there is no memory to work with.
static struct mscope_scanner *mscope_scan_everything(struct mscope_plan *plan, struct mscope_answer *answer)
{
    struct mscope_scanner *scanner = mscope_map(sizeof(*scanner));
    if (scanner == NULL) {
        answer->problem = MSCOPE_SCAN_NO_MEMORY;
        return NULL;
    }
    scanner->plan = plan;
    scanner->answer = answer;
    scanner->nodes = (struct mscope_scan_node *)(answer + 1);
    scanner->deadline = mscope_now() + plan->options.timeout;
    scanner->memory = -1;
    if (plan->in_place)
        scanner->memory = mscope_system(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDONLY | O_CLOEXEC, 0);
    if (plan->in_place && scanner->memory < 0) scanner->problem = MSCOPE_SCAN_FORBIDDEN;
    mscope_scan_memory(scanner);
    struct mscope_scan *scan = &answer->scan;
    scan->nodes = scanner->nodes;
    scan->edges = scanner->edges;
    scan->roots = scanner->roots;
    scan->node_count = scanner->node_count;
    scan->edge_count = scanner->edge_count;
    scan->root_count = scanner->root_count;
    scan->heap_bytes = scanner->heap_bytes;
    scan->root_bytes = scanner->root_bytes;
    answer->problem = scanner->problem;
    return scanner;
}

static void mscope_scan_in_place(struct mscope_plan *plan, struct mscope_answer *answer)
{
    struct mscope_scanner *scanner = mscope_scan_everything(plan, answer);
    if (scanner == NULL) return;
    if (scanner->problem == 0) mscope_keep_heads(scanner);
    answer->problem = scanner->problem;
    answer->scan.is_partly_readable = true;
    if (scanner->memory >= 0) mscope_system(SYS_close, scanner->memory);
    mscope_give_up(scanner);
}

// ---- the copy

static void mscope_write_file(const char *path, const char *text)
{
    long file = mscope_system(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (file < 0) return;
    mscope_system(SYS_write, file, text, strlen(text));
    mscope_system(SYS_close, file);
}

static _Noreturn void mscope_run_copy(struct mscope_plan *plan, struct mscope_answer *answer)
{
    // The copy must not outlive the program, and is ended first when memory is short.
    mscope_system(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    long parent = mscope_is_denied(SYS_getppid) ? plan->process : mscope_system(SYS_getppid);
    if (parent != plan->process) mscope_system(SYS_exit_group, 1);
    mscope_maps_in_copy();
    mscope_write_file("/proc/self/oom_score_adj", "1000");
    struct mscope_scanner *scanner = mscope_scan_everything(plan, answer);
    mscope_store_release(&answer->state, MSCOPE_ANSWER_READY);
    mscope_system(SYS_futex, &answer->state, FUTEX_WAKE, 1);
    if (answer->problem == 0) mscope_serve_reads(scanner);
    for (;;) mscope_system(SYS_exit_group, 0);
}

int32_t mscope_make_copy(struct mscope_plan *plan, struct mscope_answer *answer)
{
    answer->scan.taken_at = mscope_now();
    // Exit signal 0: nobody is notified when the copy ends, and wait without __WALL does not see it.
    long process = plan->options.without_fork ? -EPERM : mscope_system(SYS_clone, 0);
    if (process == 0) mscope_run_copy(plan, answer);
    uint64_t took = mscope_now() - answer->scan.taken_at;
    if (answer->scan.pause < took) answer->scan.pause = took;
    return (int32_t)process;
}

bool mscope_has_ended(int32_t process, int flags)
{
    long result;
    do result = mscope_system(SYS_wait4, process, NULL, __WALL | flags, NULL);
    while (result == -EINTR);
    return result == process || result == -ECHILD;
}

bool mscope_await(_Atomic uint32_t *state, uint32_t value, int32_t process, uint64_t timeout)
{
    uint64_t began = mscope_now();
    while (mscope_load_acquire(state) == value) {
        struct timespec some = {.tv_nsec = 10000000}; // the copy's death does not wake this thread
        mscope_system(SYS_futex, state, FUTEX_WAIT, value, &some);
        if (mscope_load_acquire(state) != value) break;
        if (mscope_now() - began > timeout) return false;
        // The copy may have written its answer before it ended.
        if (mscope_has_ended(process, WNOHANG)) return mscope_load_acquire(state) != value;
    }
    return true;
}

static void mscope_end_copy(int32_t process)
{
    mscope_system(SYS_kill, process, SIGKILL);
    mscope_has_ended(process, 0);
}

/// Waits for the copy's answer. A copy that found everything stays, to be read.
static uint32_t mscope_await_copy(int32_t process, struct mscope_answer *answer, uint64_t timeout)
{
    if (!mscope_await(&answer->state, MSCOPE_ANSWER_NONE, process, timeout)) {
        bool ended = mscope_has_ended(process, WNOHANG);
        if (!ended) mscope_end_copy(process);
        return ended ? MSCOPE_SCAN_DIED : MSCOPE_SCAN_TIMED_OUT;
    }
    if (answer->problem != 0)
        mscope_end_copy(process);
    else
        answer->copy = process;
    return answer->problem;
}

// ---- the plan

static struct mscope_plan *mscope_make_plan(const struct mscope_scan_options *options, const struct mscope_frame *frame,
                                            uint64_t entry)
{
    struct mscope_plan *plan = mscope_map(sizeof(*plan));
    if (plan == NULL) return NULL;
    plan->options = *options;
    plan->hold_limit = options->timeout;
    plan->process = (int32_t)mscope_system(SYS_getpid);
    plan->sp = frame->sp;
    plan->frame = *frame;
    plan->entry = entry;
    plan->complete = mscope_knows_all_blocks();
    plan->layout = mscope_find_thread_layout();
    plan->code = mscope_find_known_code();
    mscope_list_own_threads(plan->own_threads);
    mscope_find_vectors(plan->vectors);
    if (strcmp(mscope_allocator_name(), "glibc") == 0) plan->arenas = (uint64_t)mscope_next.malloc;
    plan->threads[0] = (struct mscope_scan_thread){.tid = (int32_t)mscope_system(SYS_gettid), .self = true};
    plan->thread_count = 1;
    mscope_list_threads(plan);
    return plan;
}

/// Counts the program's threads; MemScope's own are left out.
static void mscope_count_threads(struct mscope_plan *plan, struct mscope_scan *scan)
{
    uint32_t cursor = 0;
    struct mscope_thread_info infos[16];
    size_t got;
    while ((got = mscope_read_threads(&cursor, infos, 16)) > 0)
        for (size_t i = 0; i < got; i++)
            for (uint32_t n = 0; infos[i].internal && infos[i].ended_at == 0 && n < plan->thread_count; n++)
                plan->threads[n].internal |= plan->threads[n].tid == infos[i].tid;
    for (uint32_t n = 0; n < plan->thread_count; n++) {
        if (plan->threads[n].internal) continue;
        scan->threads++;
        scan->threads_read += (plan->threads[n].held && !plan->threads[n].left) || plan->threads[n].self;
        scan->threads_left += plan->threads[n].left;
    }
}

enum { MSCOPE_HOLD_TRIES = 20 };
enum mscope_hold { MSCOPE_HOLD_NONE, MSCOPE_HOLD_PTRACE, MSCOPE_HOLD_SIGNAL };

/// Forgets what an attempt to hold the threads has noted.
static void mscope_forget_holding(struct mscope_plan *plan)
{
    for (uint32_t i = 0; i < plan->thread_count; i++)
        plan->threads[i] = (struct mscope_scan_thread){.tid = plan->threads[i].tid, .self = plan->threads[i].self};
    plan->held_at = 0;
}

static enum mscope_hold mscope_hold_threads(struct mscope_plan *plan)
{
    if (!plan->options.without_ptrace && mscope_hold_by_ptrace(plan)) return MSCOPE_HOLD_PTRACE;
    mscope_forget_holding(plan);
    return mscope_hold_by_signal(plan) ? MSCOPE_HOLD_SIGNAL : MSCOPE_HOLD_NONE;
}

static void mscope_let_go(struct mscope_plan *plan, enum mscope_hold held)
{
    if (held == MSCOPE_HOLD_PTRACE) mscope_let_go_by_ptrace(plan);
    if (held == MSCOPE_HOLD_SIGNAL) mscope_let_go_by_signal(plan);
    if (plan->pause > plan->longest_pause) plan->longest_pause = plan->pause;
}

/// Whether this moment can be used. A thread that got no processor to stop on runs on, and its registers are not known.
/// While realloc moves a block, neither the table nor the old place has the whole block, and blocks that it points to
/// would seem unreachable.
static bool mscope_is_at_rest(const struct mscope_plan *plan)
{
    uint64_t variables = (uint64_t)&mscope_tls - mscope_thread_pointer();
    for (uint32_t i = 0; i < plan->thread_count; i++) {
        const struct mscope_scan_thread *thread = &plan->threads[i];
        if (thread->seized && !thread->held && thread->sp == 0) return false;
        if (thread->held && thread->pointer != 0
            && ((const volatile struct mscope_tls *)(thread->pointer + variables))->moving)
            return false;
    }
    return true;
}

/// Holds the threads at a moment that can be used, or at the last one that was tried.
static enum mscope_hold mscope_hold_at_rest(struct mscope_plan *plan)
{
    enum mscope_hold held = mscope_hold_threads(plan);
    for (int tries = 1; tries < MSCOPE_HOLD_TRIES && held != MSCOPE_HOLD_NONE; tries++) {
        if (mscope_is_at_rest(plan)) break;
        mscope_let_go(plan, held);
        mscope_forget_holding(plan);
        mscope_system(SYS_nanosleep, &(struct timespec){.tv_nsec = 200000}, NULL);
        held = mscope_hold_threads(plan);
    }
    return held;
}

/// Scans the heap in one of the ways, with the threads held where that is wanted or needed.
static uint32_t mscope_look(struct mscope_plan *plan, struct mscope_answer *answer, bool hold)
{
    plan->hold = hold;
    enum mscope_hold held = hold ? mscope_hold_at_rest(plan) : MSCOPE_HOLD_NONE;
    if (hold && held == MSCOPE_HOLD_NONE) return MSCOPE_SCAN_FORBIDDEN;
    mscope_find_stack_pointers(plan);
    int32_t process = mscope_make_copy(plan, answer);
    plan->in_place = process < 0 && hold;
    if (plan->in_place) mscope_scan_in_place(plan, answer);
    mscope_let_go(plan, held);
    if (plan->longest_pause > answer->scan.pause) answer->scan.pause = plan->longest_pause;
    answer->scan.method = !hold                        ? MSCOPE_SCAN_FORK
                          : plan->in_place             ? MSCOPE_SCAN_STOPPED_SIGNAL
                          : held == MSCOPE_HOLD_SIGNAL ? MSCOPE_SCAN_FORK_SIGNAL
                                                       : MSCOPE_SCAN_FORK_PTRACE;
    if (plan->in_place) return answer->problem;
    return process < 0 ? MSCOPE_SCAN_FORBIDDEN : mscope_await_copy(process, answer, plan->options.timeout);
}

static uint32_t mscope_run_scan(struct mscope_plan *plan, struct mscope_answer *answer)
{
    // No signal interrupts this thread meanwhile, and no handler of the program runs in the copy or the tracer.
    uint64_t all = UINT64_MAX, before = 0;
    mscope_system(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
    uint32_t problem = mscope_look(plan, answer, plan->options.registers);
    // Without a copy the threads must stand still.
    if (problem == MSCOPE_SCAN_FORBIDDEN && !plan->options.registers) problem = mscope_look(plan, answer, true);
    mscope_system(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
    mscope_count_threads(plan, &answer->scan);
    answer->scan.has_unknown_heap = !plan->complete;
    return problem;
}

static struct mscope_scan *mscope_scan_from(const struct mscope_scan_options *options, const struct mscope_frame *frame,
                                            uint64_t entry, enum mscope_scan_problem *problem)
{
    uint64_t began = mscope_now(), size = options->memory_limit;
    // Where the process may not map much, the program is left as much as the scan takes.
    while (size >= 2 * MSCOPE_LEAST_ANSWER && !mscope_can_map(2 * size)) size /= 2;
    struct mscope_plan *plan = mscope_make_plan(options, frame, entry);
    struct mscope_answer *answer = plan != NULL && size > sizeof(*answer) ? mscope_map_shared(size) : NULL;
    uint32_t result = size > sizeof(*answer) ? MSCOPE_SCAN_NO_MEMORY : MSCOPE_SCAN_TOO_LARGE;
    struct mscope_window *window = answer != NULL ? mscope_map_shared(sizeof(*window)) : NULL;
    if (window != NULL) {
        answer->capacity = size;
        answer->owner = plan->process;
        answer->window = window;
        result = mscope_run_scan(plan, answer);
        answer->scan.duration = mscope_now() - began;
    }
    if (plan != NULL) mscope_unmap(plan, sizeof(*plan));
    *problem = result;
    if (result != 0) {
        if (window != NULL) mscope_unmap(window, sizeof(*window));
        if (answer != NULL) mscope_unmap(answer, size);
        return NULL;
    }
    answer->capacity = (uint64_t)&answer->scan.edges[answer->scan.edge_count] - (uint64_t)answer;
    mscope_shrink(answer, size, answer->capacity);
    return &answer->scan;
}

// A function with a frame of its own, which holds the registers that the caller wants to find unchanged: they are roots
// too.
__attribute__((noinline)) struct mscope_scan *mscope_scan_take(const struct mscope_scan_options *options,
                                                               enum mscope_scan_problem *problem)
{
    __builtin_unwind_init();
    if (mscope_mode() < MSCOPE_BALANCED) {
        *problem = MSCOPE_SCAN_INCOMPLETE;
        return NULL;
    }
    if (mscope_exchange_acq_rel(&mscope_scanning, 1)) {
        *problem = MSCOPE_SCAN_BUSY;
        return NULL;
    }
    struct mscope_frame frame = mscope_frame_here();
    bool works_for_us = mscope_tls.internal == MSCOPE_TLS_FOR_A_WHILE;
    uint64_t entry = works_for_us ? mscope_tls.entry : (uint64_t)__builtin_frame_address(0);
    struct mscope_scan *scan = mscope_scan_from(options, &frame, entry, problem);
    mscope_store_release(&mscope_scanning, 0);
    __asm__ volatile("" ::: "memory"); // no tail call: the frame must stay
    return scan;
}

void mscope_scan_after_fork(void)
{
    mscope_store_relaxed(&mscope_scanning, 0);
    mscope_stop_after_fork();
}

void mscope_scan_finish(struct mscope_scan *scan)
{
    struct mscope_answer *answer = (struct mscope_answer *)scan;
    // A child of the program shares this memory with it: the copy is not the child's to end.
    if (mscope_system(SYS_getpid) != answer->owner) return;
    if (answer->copy != 0) mscope_end_copy(answer->copy);
    answer->copy = 0;
    if (answer->window != NULL) mscope_unmap(answer->window, sizeof(*answer->window));
    if (answer->heads != NULL) mscope_unmap(answer->heads, scan->node_count * sizeof(*answer->heads));
    answer->window = NULL;
    answer->heads = NULL;
}

void mscope_scan_release(struct mscope_scan *scan)
{
    struct mscope_answer *answer = (struct mscope_answer *)scan;
    mscope_scan_finish(scan);
    mscope_unmap(answer, answer->capacity);
}

void mscope_scan_origin(uint64_t address, uint64_t born, uint64_t *birth, uint32_t *thread, uint64_t *task)
{
    uint64_t what;
    struct mscope_slot *slot = mscope_find_slot(address, &what);
    bool lives = mscope_owns_slot(what, address) && mscope_load_relaxed(&slot->born) == born;
    struct mscope_owner owner = lives ? mscope_owner_of(born) : mscope_earlier_owner_of(born);
    *birth = mscope_birth_to_time(mscope_birth_of(born));
    *thread = owner.thread;
    *task = owner.task;
}
