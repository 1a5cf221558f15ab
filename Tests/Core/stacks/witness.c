// A witness that stands in front of the core: it passes every allocation on, unwinds the
// same stack with libunwind, and compares what the core recorded, frame by frame.
//
// Preloaded before the core, it sees what libraries allocate. Compiled into a program
// (WITNESS_WRAP, with the linker's --wrap) it sees what the program's objects allocate
// when the core is linked. It reports to the file WITNESS_REPORT names, one line per
// process, so that the program's own output stays as it is.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include "CMemscope.h"

enum { DEPTH = 160, SKIPPED = 1, REPORTED = 4, HASHES = 1 << 18 };

// Weak: a program started without the core keeps running, and its report says 0 stacks.
#pragma weak mscope_find_block
#pragma weak mscope_read_site
#pragma weak mscope_read_memory
#pragma weak mscope_read_totals
#pragma weak mscope_tick

struct stack {
    size_t count;
    uint64_t frames[DEPTH];
};

static _Atomic uint64_t stacks, agreed, by_second, exact_wrong, undecided, truncated, guessed, async_stacks, unknown;
static _Atomic uint64_t distinct;
static _Atomic uint64_t seen[HASHES];
static _Atomic int printed[2];
static _Thread_local volatile int inside __attribute__((tls_model("initial-exec")));

static int report_file(void) {
    const char *path = getenv("WITNESS_REPORT");
    return path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666) : -1;
}

static void say(const char *text, size_t length) {
    int file = report_file();
    if (file < 0) return;
    ssize_t written = write(file, text, length);
    (void)written;
    close(file);
}

// The kernel's return from a signal handler; libunwind's unw_is_signal_frame says so only on
// some paths. mov $15, %rax; syscall (x86-64), mov x8, #139; svc #0 (arm64).
static bool is_signal_return(uint64_t pc) {
#if defined(__x86_64__)
    static const unsigned char code[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
#else
    static const unsigned char code[] = {0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4};
#endif
    unsigned char found[sizeof code]; // an unwinder that erred may be anywhere
    return mscope_read_memory(pc, found, sizeof found) == sizeof found && memcmp(found, code, sizeof code) == 0;
}

// Step by step, by the unwind tables: libunwind's cached walk is faster but may guess. The
// core keeps the instruction a signal interrupted as address + 1, so that a reader of return
// addresses may always subtract one; so do we.
static void by_libunwind(struct stack *out) {
    unw_context_t context;
    unw_cursor_t cursor;
    unw_getcontext(&context);
    unw_init_local(&cursor, &context);
    out->count = 0;
    unsigned interrupted = 0;
    while (out->count < DEPTH) {
        unw_word_t pc = 0;
        unw_get_reg(&cursor, UNW_REG_IP, &pc);
        if (pc == 0) break;
        out->frames[out->count++] = pc + interrupted;
        interrupted = is_signal_return(pc);
        if (unw_step(&cursor) <= 0) break;
    }
}

// libunwind defines these names too; the second referee has to be another one.
static _Unwind_Reason_Code (*second_backtrace)(_Unwind_Trace_Fn, void *);
static _Unwind_Ptr (*second_pc)(struct _Unwind_Context *, int *);

static __attribute__((constructor)) void find_second(void) {
    void *library = dlopen("libgcc_s.so.1", RTLD_NOW);
    if (!library) abort();
    second_pc = (_Unwind_Ptr (*)(struct _Unwind_Context *, int *))dlsym(library, "_Unwind_GetIPInfo");
    second_backtrace = (_Unwind_Reason_Code (*)(_Unwind_Trace_Fn, void *))dlsym(library, "_Unwind_Backtrace");
}

// The collector's work, often: with MEMSCOPE_STACKS_BYTES it recycles the sites whose blocks are gone.
static void *tick(void *unused) {
    (void)unused;
    inside = 1;
    for (;; usleep(1000)) mscope_tick();
    return NULL;
}

static __attribute__((constructor)) void start_ticks(void) {
    pthread_t thread;
    if (!getenv("WITNESS_TICKS") || !mscope_tick) return;
    inside = 1;
    if (pthread_create(&thread, NULL, tick, NULL) != 0) abort();
    inside = 0;
}

static _Unwind_Reason_Code keep_frame(struct _Unwind_Context *context, void *argument) {
    struct stack *out = argument;
    int interrupted = 0;
    uint64_t pc = second_pc(context, &interrupted);
    if (out->count == DEPTH || pc == 0) return _URC_END_OF_STACK;
    out->frames[out->count++] = pc + (interrupted != 0);
    return _URC_NO_REASON;
}

/// Compares from the wrapper's caller outward: `skip` is the number of frames of our own.
static bool same(const struct mscope_site *site, const struct stack *other, size_t skip) {
    size_t theirs = other->count > skip ? other->count - skip : 0, ours = site->frame_count - SKIPPED;
    if (site->flags & MSCOPE_STACK_TRUNCATED && site->frame_count == MSCOPE_MAX_FRAMES) {
        if (theirs < ours) return false;
        theirs = ours;
    }
    if (ours != theirs) return false;
    return memcmp(site->frames + SKIPPED, other->frames + skip, ours * sizeof *site->frames) == 0;
}

/// Whether `other` ends early where the core went on, or has strayed where it had no tables: both
/// happen in code that has none, about which the core knows more or says that it guessed.
static bool gave_up(const struct mscope_site *site, const struct stack *other, size_t skip) {
    size_t theirs = other->count > skip ? other->count - skip : 0, ours = site->frame_count - SKIPPED, same_frames = 0;
    while (same_frames < theirs && same_frames < ours && other->frames[skip + same_frames] == site->frames[SKIPPED
        + same_frames]) same_frames++;
    if (same_frames == theirs && theirs < ours) return true;
    return same_frames > 0 && site->flags & MSCOPE_STACK_GUESSED;
}

static size_t describe(char *text, size_t room, uint64_t pc) {
    Dl_info info;
    const char *name = "?", *image = "?";
    uint64_t offset = 0;
    if (dladdr((void *)(uintptr_t)(pc - 1), &info)) {
        if (info.dli_sname) name = info.dli_sname;
        if (info.dli_fname) image = strrchr(info.dli_fname, '/') ? strrchr(info.dli_fname, '/') + 1 : info.dli_fname;
        offset = pc - (uint64_t)(uintptr_t)info.dli_fbase;
    }
    int length = snprintf(text, room, " %s(%s+0x%llx)", name, image, (unsigned long long)offset);
    return length < 0 ? 0 : (size_t)length < room ? (size_t)length : room - 1;
}

static void print_both(const struct mscope_site *site, const struct stack *other, size_t skip, bool wrong) {
    const char *kind = wrong ? "wrong" : "flagged";
    if (atomic_fetch_add(&printed[wrong], 1) >= REPORTED) return;
    char text[8192];
    size_t at = (size_t)snprintf(text, sizeof text, "# %s flags=%u core:", kind, site->flags);
    size_t limit = sizeof text / 2;
    for (size_t i = SKIPPED; i < site->frame_count && at < limit - 200; i++) at += describe(text + at, limit - at,
        site->frames[i]);
    at += (size_t)snprintf(text + at, sizeof text - at, "\n# %s libunwind:", kind);
    for (size_t i = skip; i < other->count && at < sizeof text - 200; i++) at += describe(text + at,
        sizeof text - at - 2, other->frames[i]);
    text[at++] = '\n';
    say(text, at);
}

static void count_distinct(const struct mscope_site *site) {
    uint64_t hash = 14695981039346656037ull;
    for (uint32_t i = SKIPPED; i < site->frame_count; i++) hash = (hash ^ site->frames[i]) * 1099511628211ull;
    hash |= 1;
    for (uint64_t at = hash >> 20, tries = 0; tries < 64; at++, tries++) {
        uint64_t old = 0;
        if (atomic_compare_exchange_strong(&seen[at % HASHES], &old, hash)) {
            atomic_fetch_add(&distinct, 1);
            return;
        }
        if (old == hash) return;
    }
}

static void judge(const struct mscope_site *site, const struct stack *first, size_t first_skip) {
    atomic_fetch_add(&stacks, 1);
    count_distinct(site);
    if (site->flags & MSCOPE_STACK_TRUNCATED) atomic_fetch_add(&truncated, 1);
    if (site->flags & MSCOPE_STACK_GUESSED) atomic_fetch_add(&guessed, 1);
    if (site->flags & MSCOPE_STACK_ASYNC) {
        atomic_fetch_add(&async_stacks, 1); // logical callers: compared by name elsewhere
        atomic_fetch_add(&agreed, 1);
        return;
    }
    if (same(site, first, first_skip)) {
        atomic_fetch_add(&agreed, 1);
        return;
    }
    // libunwind errs as well (fibers, odd prologues): ask the unwinder that exceptions rely on.
    struct stack second = {0};
    if (second_backtrace) second_backtrace(keep_frame, &second);
    // Frames of judge, witness and the wrapper; what is above them must be the same.
    size_t skip = 0;
    while (skip < second.count && second.frames[skip] != first->frames[first_skip]) skip++;
    if (skip < second.count && same(site, &second, skip)) {
        atomic_fetch_add(&agreed, 1);
        atomic_fetch_add(&by_second, 1);
        return;
    }
    if (gave_up(site, first, first_skip) && gave_up(site, &second, skip)) {
        atomic_fetch_add(&undecided, 1);
        return;
    }
    bool claims_exact = !(site->flags & (MSCOPE_STACK_TRUNCATED | MSCOPE_STACK_GUESSED));
    if (claims_exact) atomic_fetch_add(&exact_wrong, 1);
    print_both(site, first, first_skip, claims_exact);
}

static __attribute__((noinline)) void witness(void *block, uint64_t wrapper) {
    if (!block || inside || !mscope_find_block) return;
    inside = 1;
    int saved = errno;
    struct mscope_block found;
    struct mscope_site site;
    if (!mscope_find_block((uint64_t)(uintptr_t)block, &found) || !found.site || !mscope_read_site(found.site, &site)) {
        atomic_fetch_add(&unknown, 1);
    } else {
        struct stack first;
        by_libunwind(&first);
        // Our own frames end at the one whose return address is the wrapper's caller.
        size_t skip = 0;
        while (skip < first.count && first.frames[skip] != wrapper) skip++;
        judge(&site, &first, skip);
    }
    errno = saved;
    inside = 0;
}

static __attribute__((destructor)) void report(void) {
    char text[512];
    struct mscope_totals totals = {0};
    if (mscope_read_totals) mscope_read_totals(&totals);
    int length = snprintf(text, sizeof text,
        "witness pid=%d stacks=%llu distinct=%llu agreed=%llu second=%llu exact_wrong=%llu "
        "undecided=%llu truncated=%llu guessed=%llu async=%llu unknown=%llu recycled=%llu\n",
        (int)getpid(), (unsigned long long)stacks, (unsigned long long)distinct, (unsigned long long)agreed,
            (unsigned long long)by_second,
        (unsigned long long)exact_wrong, (unsigned long long)undecided, (unsigned long long)truncated,
            (unsigned long long)guessed, (unsigned long long)async_stacks, (unsigned long long)unknown,
            (unsigned long long)totals.recycled_sites);
    say(text, (size_t)length);
}

#define CALLER ((uint64_t)(uintptr_t)__builtin_extract_return_addr(__builtin_return_address(0)))

#ifdef WITNESS_WRAP

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);

void *__wrap_malloc(size_t size) {
    void *block = __real_malloc(size);
    witness(block, CALLER);
    return block;
}

void *__wrap_calloc(size_t count, size_t size) {
    void *block = __real_calloc(count, size);
    witness(block, CALLER);
    return block;
}

void *__wrap_realloc(void *old, size_t size) {
    void *block = __real_realloc(old, size);
    witness(block, CALLER);
    return block;
}

#else

static void *(*_Atomic next_malloc)(size_t);
static void *(*_Atomic next_calloc)(size_t, size_t);
static void *(*_Atomic next_realloc)(void *, size_t);

// dlsym does not allocate unless it fails; the core behind us always defines these.
static void *next(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

// Programs refer to malloc by glibc's version of it, so they find these. The core asks by
// the bare name whether malloc is its own, and finds itself: hidden versions are skipped.
__asm__(".symver witness_malloc, malloc@GLIBC_2.2.5");
__asm__(".symver witness_calloc, calloc@GLIBC_2.2.5");
__asm__(".symver witness_realloc, realloc@GLIBC_2.2.5");

void *witness_malloc(size_t size) {
    if (!next_malloc) next_malloc = (void *(*)(size_t))next("malloc");
    void *block = next_malloc(size);
    witness(block, CALLER);
    return block;
}

void *witness_calloc(size_t count, size_t size) {
    if (!next_calloc) next_calloc = (void *(*)(size_t, size_t))next("calloc");
    void *block = next_calloc(count, size);
    witness(block, CALLER);
    return block;
}

void *witness_realloc(void *old, size_t size) {
    if (!next_realloc) next_realloc = (void *(*)(void *, size_t))next("realloc");
    void *block = next_realloc(old, size);
    witness(block, CALLER);
    return block;
}

#endif
