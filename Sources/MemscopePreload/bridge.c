// libMemscopeBridge.so: the first library of the engine's namespace, where nothing of the program's can be seen and
// nothing of it is disturbed. It stands there for the core, of which a process has one, and for malloc.
#include <pthread.h>
#include <signal.h>
#include <stddef.h>

#define MSCOPE_BRIDGE(name) __attribute__((visibility("hidden"))) void *bridge_to_##name;
#include "bridge.def"
#undef MSCOPE_BRIDGE

#if defined(__x86_64__)
#define MSCOPE_BRIDGE_JUMP(name) "jmp *bridge_to_" #name "(%rip)\n"
#elif defined(__aarch64__)
#define MSCOPE_BRIDGE_JUMP(name)            \
    "adrp x16, bridge_to_" #name "\n"       \
    "ldr x16, [x16, :lo12:bridge_to_" #name "]\n" \
    "br x16\n"
#endif

#define MSCOPE_BRIDGE(name)                                              \
    __asm__(".globl " #name "\n.type " #name ", %function\n" #name ":\n" \
            MSCOPE_BRIDGE_JUMP(name) ".size " #name ", .-" #name);
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

/// Asks `find` where everything is; the name of what is missing, or NULL. Before it nothing here may be called.
const char *memscope_bridge_bind(void *(*find)(const char *name))
{
    for (size_t i = 0; i < sizeof(bridges) / sizeof(bridges[0]); i++) {
        *bridges[i].place = find(bridges[i].name);
        if (*bridges[i].place == NULL) return bridges[i].name;
    }
    return NULL;
}

enum { STACK = 2 << 20 }; // what the engine needs, whatever the program's threads have

/// Runs `body` on a thread of this namespace's libc, which no thread of the program is, and waits for it; an error
/// number when there can be none.
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
