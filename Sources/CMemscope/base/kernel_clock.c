// Where the kernel keeps the coarse clock in the page that it shares with every process ([vvar] in /proc/self/maps).
//
// The kernel's own clock_gettime reads this page (struct vdso_clock in include/vdso/datapage.h): a sequence number,
// then after 32 or 40 bytes a row of times by clock number. The kernel does not promise this layout, so the core uses a
// place only after a check: the two coarse clocks must stand side by side and hold exactly what the kernel says when
// asked. In a time namespace the sequence number is always odd; the kernel's code sees from this that it must ask, and
// so does the core's.
#include "base/base.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MSCOPE_MAPS_TEXT = 2048, MSCOPE_MAPS_LINE = 512 };

struct mscope_kernel_clock mscope_kernel_clock;

/// Where the mapping of that name begins; 0: there is none.
static uint64_t mscope_find_mapping(const char *name, size_t length)
{
    char text[MSCOPE_MAPS_TEXT], line[MSCOPE_MAPS_LINE];
    size_t held = 0;
    uint64_t start = 0;
    long file = mscope_system(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC), got;
    while (file >= 0 && start == 0 && (got = mscope_system(SYS_read, file, text, sizeof(text))) > 0) {
        for (long i = 0; i < got && start == 0; i++) {
            if (text[i] != '\n') {
                if (held < sizeof(line)) line[held++] = text[i];
                continue;
            }
            if (held > length && __builtin_memcmp(line + held - length, name, length) == 0)
                for (const char *at = line; *at != '-'; at++)
                    start = start << 4 | (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
            held = 0;
        }
    }
    if (file >= 0) mscope_system(SYS_close, file);
    return start;
}

static bool mscope_is_time(const _Atomic uint64_t *pair, clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return mscope_load_relaxed(&pair[0]) == (uint64_t)now.tv_sec
           && mscope_load_relaxed(&pair[1]) == (uint64_t)now.tv_nsec;
}

/// Whether the sequence number and the row of times at these places hold what the kernel says. If so, the core uses
/// them.
static bool mscope_proves_clock(const _Atomic uint32_t *sequence, const struct timespec *row)
{
    const _Atomic uint64_t *coarse = (const _Atomic uint64_t *)(const void *)&row[CLOCK_MONOTONIC_COARSE];
    const _Atomic uint64_t *real = (const _Atomic uint64_t *)(const void *)&row[CLOCK_REALTIME_COARSE];
    uint32_t before = mscope_load_acquire(sequence);
    bool same = mscope_is_time(coarse, CLOCK_MONOTONIC_COARSE) && mscope_is_time(real, CLOCK_REALTIME_COARSE);
    mscope_fence_acquire();
    if (!same || (before & 1) != 0 || mscope_load_relaxed(sequence) != before) return false;
    mscope_kernel_clock = (struct mscope_kernel_clock){sequence, coarse};
    return true;
}

/// context: once, from mscope_boot
void mscope_find_kernel_clock(void)
{
    static const char name[] = " [vvar]";
    // A clock begins at the start of the page or 128 bytes into it. A tick may come during a check, so each place is
    // tried twice.
    enum { PLACES = 4, LOOKS = 2 };
    static const uint8_t clocks[PLACES] = {0, 0, 128, 128}, times[PLACES] = {32, 40, 32, 40};
    uint64_t page = mscope_find_mapping(name, sizeof(name) - 1);
    for (int i = 0; page != 0 && i < PLACES * LOOKS; i++) {
        uint64_t clock = page + clocks[i % PLACES];
        if (mscope_proves_clock((const _Atomic uint32_t *)clock, (const struct timespec *)(clock + times[i % PLACES])))
            return;
    }
}
