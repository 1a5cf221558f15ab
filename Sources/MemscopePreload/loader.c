// Loads the engine, which is the server and the report, into a process that asks for one of them. Recording needs
// neither: then the process has this one small library of ours, and no Swift.
#include "internal.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char engine_name[] = "libMemscopeEngine.so";

static struct {
    void (*start)(void);
    void (*stop_for_filter)(void);
    char problem[512];
} engine;

/// Writes the path of the engine, which lies beside this library.
static bool find_engine(char *path)
{
    Dl_info here;
    if (dladdr((const void *)find_engine, &here) == 0 || here.dli_fname == NULL) return false;
    const char *slash = strrchr(here.dli_fname, '/');
    int folder = slash != NULL ? (int)(slash + 1 - here.dli_fname) : 0;
    int length = snprintf(path, PATH_MAX, "%.*s%s", folder, here.dli_fname, engine_name);
    return length > 0 && length < PATH_MAX;
}

/// context: a thread of ours, so that what the libraries allocate is not the program's
static void *load_engine(void *unused)
{
    (void)unused;
    char path[PATH_MAX];
    mscope_thread_mark_internal();
    void *handle = find_engine(path) ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    const char *problem = handle == NULL ? dlerror() : NULL;
    if (problem != NULL) snprintf(engine.problem, sizeof(engine.problem), "%s", problem);
    if (handle == NULL) return NULL;
    engine.stop_for_filter = (void (*)(void))dlsym(handle, "memscope_engine_stop_for_filter");
    engine.start = (void (*)(void))dlsym(handle, "memscope_engine_start");
    return NULL;
}

static void load_on_thread(void)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, NULL, load_engine, NULL) == 0) pthread_join(thread, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/// Called by the core when it is loaded, before `main`.
__attribute__((visibility("default"))) void memscope_start_from_environment(void)
{
    if (!mscope_wants_engine()) return;
    bool before = mscope_thread_set_internal(true);
    load_on_thread();
    mscope_thread_set_internal(before);
    if (engine.start != NULL)
        engine.start();
    else
        mscope_say("no server, no report: ", engine.problem[0] ? engine.problem : "the engine cannot be loaded", "");
}

/// Called by the core before a filter is set that forbids what the server needs.
__attribute__((visibility("default"))) void memscope_stop_for_filter(void)
{
    if (engine.stop_for_filter != NULL) engine.stop_for_filter();
}
