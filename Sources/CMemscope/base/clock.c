// Time: nanoseconds for reports, and the coarse clock for births: to ask the kernel's entry for it costs 3 ns, to read
// where it keeps it a half (kernel_clock.c); the tick counter costs 10.
#include "base/base.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>

uint64_t mscope_now(void)
{
    struct timespec now;
    // A thread in seccomp's strict mode may not read the tick counter, nor ask.
    bool is_coarse = mscope_unlikely(mscope_is_denied(SYS_clock_gettime));
    clock_gettime(is_coarse ? CLOCK_MONOTONIC_COARSE : CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/// The coarse clock's entry: libc's, or once booted the kernel's own, which libc would call.
static int (*mscope_get_time)(clockid_t, struct timespec *) = clock_gettime;

uint64_t mscope_ask_birth_now(void)
{
    struct timespec now;
    mscope_get_time(CLOCK_MONOTONIC_COARSE, &now);
    return mscope_birth_at((uint64_t)now.tv_sec, (uint64_t)now.tv_nsec);
}

/// Looks for the kernel's clock, and for its entry in the code it maps into each process: libc's wrapper is a third of
/// the cost.
///
/// context: once, from mscope_boot; dlsym may allocate
void mscope_clock_start(void)
{
#if defined(__aarch64__)
    static const char entry[] = "__kernel_clock_gettime";
#else
    static const char entry[] = "__vdso_clock_gettime";
#endif
    Dl_info info;
    struct link_map *map = NULL; // in glibc the same as what dlopen returns
    const void *kernel = (const void *)getauxval(AT_SYSINFO_EHDR);
    if (kernel == NULL || dladdr1(kernel, &info, (void **)&map, RTLD_DL_LINKMAP) == 0 || map == NULL) return;
    int (*found)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(map, entry);
    struct timespec now;
    if (found != NULL && found(CLOCK_MONOTONIC_COARSE, &now) == 0) mscope_get_time = found;
    mscope_find_kernel_clock();
}

uint64_t mscope_birth_to_time(uint64_t birth)
{
    return (birth >> 10) * 1000000000ull + ((birth & 1023) << 20);
}
