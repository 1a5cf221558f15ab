// libMemscopeBridge.so: the first library in the engine's own namespace. Libraries there see nothing of the
// program's libraries and do not disturb them. In that namespace the bridge stands for the core, which a process has
// only once, and for malloc: it forwards their functions.
#include <pthread.h>
#include <signal.h>
#include <stddef.h>

#define MSCOPE_BRIDGE(name) __attribute__((visibility("hidden"))) void *bridge_to_##name;
#include "bridge.def"
#undef MSCOPE_BRIDGE

#if defined(__x86_64__)
#define MSCOPE_BRIDGE_JUMP(name) "jmp *bridge_to_" #name "(%rip)\n"
#elif defined(__aarch64__)
#define MSCOPE_BRIDGE_JUMP(name)                  \
    "adrp x16, bridge_to_" #name "\n"             \
    "ldr x16, [x16, :lo12:bridge_to_" #name "]\n" \
    "br x16\n"
#endif

#define MSCOPE_BRIDGE(name)                                                                                      \
    __asm__(".globl " #name "\n.type " #name ", %function\n" #name ":\n" MSCOPE_BRIDGE_JUMP(name) ".size " #name \
                                                                                                  ", .-" #name);
#include "bridge.def"
#undef MSCOPE_BRIDGE

static const struct {
    const char *name;
    void **place;
} bridges[] = {
#define MSCOPE_BRIDGE(name) {#name, &bridge_to_##name},
#include "bridge.def"
#undef MSCOPE_BRIDGE
};

/// Looks up every function with `find`. Returns the name of a missing one, or NULL. Nothing here may be called before.
const char *memscope_bridge_bind(void *(*find)(const char *name))
{
    for (size_t i = 0; i < sizeof(bridges) / sizeof(bridges[0]); i++) {
        *bridges[i].place = find(bridges[i].name);
        if (*bridges[i].place == NULL) return bridges[i].name;
    }
    return NULL;
}

enum { STACK = 2 << 20 }; // enough for the engine, whatever the stacks of the program's threads are

/// Runs `body` on a thread of this namespace's libc and waits for it; no thread of the program belongs to that libc.
/// Returns an error number when the thread cannot be made.
int memscope_bridge_run(void *(*body)(void *), void *context)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    int error = pthread_create(&thread, &attributes, body, context);
    pthread_attr_destroy(&attributes);
    if (error == 0) pthread_join(thread, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}
