// Ends, or is told to, while its thread holds ld.so's lock. Argument: "visit" within dl_iterate_phdr, "load" amid
// dlopen and dlclose, "stay" in a place that never gives the lock back; "crash", "exit" or "_exit" there; "begin" in
// the constructor of a library that is loaded.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int visit(struct dl_phdr_info *info, size_t size, void *context) {
    (void)info, (void)size, (void)context;
    raise(SIGTERM);
    usleep(30000);
    return 1;
}

static int stay(struct dl_phdr_info *info, size_t size, void *context) {
    (void)info, (void)size, (void)context;
    raise(SIGTERM);
    while (1) pause();
}

static int crash(struct dl_phdr_info *info, size_t size, void *context) {
    (void)info, (void)size, (void)context;
    *(volatile int *)context = 1;
    return 1;
}

static int leave(struct dl_phdr_info *info, size_t size, void *context) {
    (void)info, (void)size, (void)context;
    exit(9);
}

static int leave_at_once(struct dl_phdr_info *info, size_t size, void *context) {
    (void)info, (void)size, (void)context;
    _exit(9);
}

static void load(const char *plugin) {
    if (fork() == 0) {
        usleep(20000 + (useconds_t)getpid() % 1000);
        kill(getppid(), SIGTERM);
        _exit(0);
    }
    while (1) {
        void *handle = dlopen(plugin, RTLD_NOW);
        if (handle == NULL) exit(1);
        dlclose(handle);
        for (volatile int work = 0; work < 100000; work++) {} // a program does something else, too
    }
}

/// A register may still have what malloc left there, when the process is stopped two calls later.
__attribute__((noinline, zero_call_used_regs("all-gpr"))) static void lose(void) {
    char *volatile lost = malloc(123);
    lost = NULL;
}

int main(int count, char **arguments) {
    if (count < 3) return 2;
    lose();
    switch (arguments[1][0]) {
    case 'v': dl_iterate_phdr(visit, NULL); break;
    case 's': dl_iterate_phdr(stay, NULL); break;
    case 'c': dl_iterate_phdr(crash, NULL); break;
    case 'e': dl_iterate_phdr(leave, NULL); break;
    case '_': dl_iterate_phdr(leave_at_once, NULL); break;
    case 'b': dlopen(arguments[2], RTLD_NOW); break;
    default: load(arguments[2]);
    }
    return 0; // no report names this end
}
