// Time: nanoseconds for reports, and the coarse clock for births (when a block was allocated). A call of the kernel's
// clock function for the coarse clock costs 3 ns, reading the kernel's memory for it 0.5 ns (kernel_clock.c), the tick
// counter 10 ns.
#include "base/base.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>

uint64_t mscope_now(void)
{
    struct timespec now;
    // A thread in seccomp's strict mode may neither read the tick counter nor make the system call.
    bool is_coarse = mscope_unlikely(mscope_is_denied(SYS_clock_gettime));
    clock_gettime(is_coarse ? CLOCK_MONOTONIC_COARSE : CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/// Reads the coarse clock: libc's function, or after boot the kernel's own, which libc's would call.
static int (*mscope_get_time)(clockid_t, struct timespec *) = clock_gettime;

uint64_t mscope_ask_birth_now(void)
{
    struct timespec now;
    mscope_get_time(CLOCK_MONOTONIC_COARSE, &now);
    return mscope_birth_at((uint64_t)now.tv_sec, (uint64_t)now.tv_nsec);
}

/// Finds the kernel's clock, and the kernel's clock function in the code that the kernel maps into each process: libc's
/// wrapper is a third of the cost.
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
    struct link_map *map = NULL; // in glibc this is also the handle that dlopen returns
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

uint64_t mscope_coarse_now(void)
{
    return mscope_birth_to_time(mscope_birth_now());
}
