// Loads the engine, which is the server and the report, into a process that asks for one of them. Recording needs
// neither: then the process has only this small library of MemScope's, and no Swift.
//
// If the process has Swift's runtime, the engine uses the same one, because only that runtime knows the program's
// types. In any other process the engine gets a namespace of its own, with a libc of its own: so the names and versions
// of the engine's libraries cannot conflict with the program's.
#include "hooks/hooks.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static struct {
    void (*start)(void);
    void (*stop_for_filter)(void);
    Lmid_t namespace;
    char problem[512];
} engine;

/// Writes the path of a file in the folder of this library.
static bool find_beside(const char *name, char *path)
{
    Dl_info here;
    if (dladdr((const void *)find_beside, &here) == 0 || here.dli_fname == NULL) return false;
    const char *slash = strrchr(here.dli_fname, '/');
    int folder = slash != NULL ? (int)(slash + 1 - here.dli_fname) : 0;
    int length = snprintf(path, PATH_MAX, "%.*s%s", folder, here.dli_fname, name);
    return length > 0 && length < PATH_MAX;
}

static void *open_beside(Lmid_t namespace, const char *name)
{
    char path[PATH_MAX];
    void *handle = find_beside(name, path) ? dlmopen(namespace, path, RTLD_NOW | RTLD_LOCAL) : NULL;
    const char *problem = handle == NULL ? dlerror() : NULL;
    if (problem != NULL) snprintf(engine.problem, sizeof(engine.problem), "%s", problem);
    return handle;
}

// ---- a namespace of its own

static int (*run_apart)(void *(*body)(void *), void *context);

struct call {
    void (*body)(void *context);
    void *context;
};

static void *enter(void *context)
{
    struct call *call = context;
    mscope_thread_mark_internal();
    call->body(call->context);
    mscope_thread_leave();
    return NULL;
}

static bool call_apart(void (*body)(void *context), void *context)
{
    struct call call = {body, context};
    return run_apart(enter, &call) == 0;
}

static void *this_library;

/// Finds a function of this library, even if another library has one with the same name.
static void *find(const char *name)
{
    return dlsym(this_library, name);
}

/// Runs a function on a thread of the process' own libc, and waits for the thread. Its stack is small: libc keeps the
/// stack, and the program may have all of its memory locked (mlockall).
static void run_on_thread(void *(*body)(void *))
{
    enum { STACK = 512 << 10 };
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    if (pthread_create(&thread, &attributes, body, NULL) == 0) pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}

static void *do_nothing(void *unused)
{
    return unused;
}

/// A libc that has never started a thread skips its locks. The engine's threads belong to another libc, and may still
/// ask this one for memory when MemScope's own heap is full. So this libc must have started a thread.
static void expect_threads(void)
{
    run_on_thread(do_nothing);
}

/// Opens a namespace that contains only the bridge and a libc.
static bool open_namespace(void)
{
    expect_threads();
    Dl_info here;
    if (dladdr((const void *)find, &here) != 0) this_library = dlopen(here.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    void *bridge = open_beside(LM_ID_NEWLM, "libMemscopeBridge.so");
    if (bridge == NULL || this_library == NULL) return false;
    const char *(*bind)(void *(*)(const char *)) =
        (const char *(*)(void *(*)(const char *)))dlsym(bridge, "memscope_bridge_bind");
    run_apart = (int (*)(void *(*)(void *), void *))dlsym(bridge, "memscope_bridge_run");
    if (bind == NULL || run_apart == NULL || dlinfo(bridge, RTLD_DI_LMID, &engine.namespace) != 0) return false;
    const char *missing = bind(find);
    if (missing != NULL) snprintf(engine.problem, sizeof(engine.problem), "there is no %s", missing);
    return missing == NULL;
}

/// Sets the size of an image's array of finalizers to 0. Its page is made writable for this, because it is read-only by
/// now.
static void drop_finalizers(const struct link_map *image)
{
    for (ElfW(Dyn) *entry = image->l_ld; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag != DT_FINI_ARRAYSZ) continue;
        uint64_t page = (uint64_t)entry & ~4095ull, size = (uint64_t)(entry + 1) - page;
        if (mscope_system(SYS_mprotect, page, size, PROT_READ | PROT_WRITE) != 0) return;
        entry->d_un.d_val = 0;
        mscope_system(SYS_mprotect, page, size, PROT_READ);
    }
}

/// At exit, ld.so runs the finalizers of all namespaces on the thread that exits. This thread does not belong to the
/// engine's libc, and the engine's threads may still be running. So the engine's finalizers are dropped.
static void drop_all_finalizers(void *handle)
{
    struct link_map *image = NULL;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &image) != 0) return;
    mscope_note_engine(image);
    while (image->l_prev != NULL) image = image->l_prev;
    for (; image != NULL; image = image->l_next) drop_finalizers(image);
}

// ---- the engine

/// Loads the engine. Swift's runtime installs handlers for faults to print a backtrace if its environment says so. In a
/// namespace of its own it is not the program's runtime, so the program's handlers are restored.
static void load(void *unused)
{
    enum { FAULTS = 7 };
    static const int faults[FAULTS] = {SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};
    uint64_t actions[FAULTS][4];
    (void)unused;
    bool apart = engine.namespace != LM_ID_BASE;
    for (int i = 0; apart && i < FAULTS; i++) mscope_system(SYS_rt_sigaction, faults[i], NULL, actions[i], 8);
    void *handle = open_beside(engine.namespace, "libMemscopeEngine.so");
    for (int i = 0; apart && i < FAULTS; i++) mscope_system(SYS_rt_sigaction, faults[i], actions[i], NULL, 8);
    if (handle == NULL) return;
    if (apart) drop_all_finalizers(handle);
    engine.stop_for_filter = (void (*)(void))dlsym(handle, "memscope_engine_stop_for_filter");
    engine.start = (void (*)(void))dlsym(handle, "memscope_engine_start");
}

/// Loads the engine on a thread of the process' own libc; its blocks count as MemScope's own.
static void *load_here(void *unused)
{
    mscope_thread_mark_internal();
    load(unused);
    return NULL;
}

static void load_on_thread(void)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    run_on_thread(load_here);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void call_plain(void *function)
{
    ((void (*)(void))function)();
}

/// Called by the core when it is loaded, before `main`.
__attribute__((visibility("default"))) void memscope_start_from_environment(void)
{
    if (!mscope_wants_engine()) return;
    bool before = mscope_thread_set_internal(true);
    if (mscope_has_swift()) {
        load_on_thread();
    } else if (open_namespace()) {
        mscope_set_apart(call_apart);
        call_apart(load, NULL);
    }
    mscope_thread_set_internal(before);
    if (engine.start != NULL)
        mscope_call_engine(call_plain, (void *)engine.start);
    else
        mscope_say("no server, no report: ", engine.problem[0] ? engine.problem : "the engine cannot be loaded", "");
}

/// Called by the core before the program installs a filter that forbids the server's system calls.
__attribute__((visibility("default"))) void memscope_stop_for_filter(void)
{
    if (engine.stop_for_filter != NULL) mscope_call_engine(call_plain, (void *)engine.stop_for_filter);
}
