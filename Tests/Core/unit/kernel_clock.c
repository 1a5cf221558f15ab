// The coarse clock, read where the kernel keeps it.
#include "../../../Sources/CMemscope/base/kernel_clock.c"

#include <sys/wait.h>

#include "../support/check.h"

/// Counts the ticks seen; each birth must lie between what the kernel says before and after it.
static int ticks_told_alike(int wanted) {
    int ticks = 0;
    for (uint64_t last = mscope_ask_birth_now(); ticks < wanted;) {
        uint64_t before = mscope_ask_birth_now(), now = mscope_birth_now(), after = mscope_ask_birth_now();
        expect(before <= now && now <= after, "%llu is not between %llu and %llu", (unsigned long long)now,
            (unsigned long long)before, (unsigned long long)after);
        ticks += now != last;
        last = now;
    }
    return ticks;
}

int main(void) {
    test("a birth is what the kernel says when it is asked");
    mscope_clock_start();
    check_write("# the kernel's page is %s\n", mscope_kernel_clock.sequence ? "read" : "not read: the kernel is asked");
    ticks_told_alike(100);
    end();

    test("the same in a child");
    pid_t child = fork();
    if (child == 0) _exit(ticks_told_alike(20) == 20 ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    expect_equal(status, 0, "the child's status");
    end();

    test("a sequence number that is odd, as in a time namespace, means asking");
    static const _Atomic uint32_t odd = 1;
    static const _Atomic uint64_t wrong[2] = {7, 7};
    mscope_kernel_clock = (struct mscope_kernel_clock){&odd, wrong};
    ticks_told_alike(3);
    end();

    test("a page that says something else is not believed");
    static struct timespec row[64];
    static const _Atomic uint32_t even = 2;
    expect(!mscope_proves_clock(&even, row), "times of 0 were believed");
    end();
    return check_result();
}
