// A program that filters its system calls: no call of MemScope ends it. Argument: what happens to a call that is
// not on the list ("refused", "deadly"), or "strict" for the mode without a list.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/check.h"

#define ALLOW(number) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define NUMBER BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))

static void plain_calls(void) {
    test("system calls and prctl do what libc's do");
    char name[16] = "";
    expect(prctl(PR_SET_NAME, "filtered", 0, 0, 0) == 0 && prctl(PR_GET_NAME, name, 0, 0, 0) == 0, "prctl");
    expect(strcmp(name, "filtered") == 0, "the name is %s", name);
    errno = 0;
    expect(prctl(-5) == -1 && errno == EINVAL, "a bad option: %d", errno);
    expect(syscall(SYS_getpid) == getpid(), "getpid");
    errno = 0;
    expect(syscall(SYS_close, 12345) == -1 && errno == EBADF, "close: %d", errno);
    long page = syscall(SYS_mmap, 0L, 4096L, (long)PROT_READ, (long)(MAP_PRIVATE | MAP_ANONYMOUS), -1L, 0L);
    expect(page > 0 && *(volatile char *)page == 0, "a call of six words: %ld", page);
    long child = syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);
    if (child == 0) _exit(9);
    int status = 0;
    expect(child > 0 && waitpid((pid_t)child, &status, 0) == child && WEXITSTATUS(status) == 9, "clone: %d", status);
    end();
}

static void bad_filters(void) {
    test("what the kernel refuses changes nothing, and has its error");
    struct sock_filter never[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 3), BPF_STMT(BPF_RET | BPF_K, 0)};
    struct sock_fprog odd = {2, never}, empty = {0, never}, far = {2, (void *)16};
    errno = 0;
    expect(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &odd) == -1 && errno == EINVAL, "an odd offset: %d", errno);
    expect(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &empty) == -1 && errno == EINVAL, "an empty one: %d", errno);
    expect(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &far) == -1 && errno == EFAULT, "a bad address: %d", errno);
    errno = 0;
    expect(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (void *)8) == -1 && errno == EFAULT, "seccomp: %d", errno);
    expect(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &(uint32_t){SECCOMP_RET_ALLOW}) == 0, "asking");
    free(malloc(100));
    end();
}

static void *works(void *result) {
    for (size_t i = 1; i < 3000; i++) {
        char *volatile block = malloc(i);
        block = realloc(block, 2 * i);
        free(block);
    }
    *(int *)result = 1;
    return NULL;
}

static __attribute__((noinline)) void deep(int levels) {
    volatile char space[4096];
    space[0] = space[4095] = (char)levels;
    free(malloc(space[0] + 1));
    if (levels > 0) deep(levels - 1);
}

/// By prctl, and by the call of its own.
static int shut_in(uint32_t action, int by_prctl) {
    struct sock_filter list[] = {
        NUMBER, ALLOW(SYS_read), ALLOW(SYS_write), ALLOW(SYS_brk), ALLOW(SYS_mmap), ALLOW(SYS_munmap),
        ALLOW(SYS_mprotect), ALLOW(SYS_madvise), ALLOW(SYS_futex), ALLOW(SYS_exit), ALLOW(SYS_exit_group),
        ALLOW(SYS_rt_sigreturn), ALLOW(SYS_mremap), ALLOW(SYS_clone), ALLOW(SYS_clone3), ALLOW(SYS_set_robust_list),
        ALLOW(SYS_rseq), ALLOW(SYS_rt_sigprocmask), ALLOW(SYS_newfstatat), ALLOW(SYS_fstat), ALLOW(SYS_getrandom),
        ALLOW(SYS_openat), ALLOW(SYS_close), ALLOW(SYS_rt_sigaction), ALLOW(SYS_sched_getaffinity),
        ALLOW(SYS_prlimit64),
        BPF_STMT(BPF_RET | BPF_K, action)};
    struct sock_fprog filter = {sizeof(list) / sizeof(list[0]), list};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    if (by_prctl) return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
}

static int work_inside(void) {
    int first = 0, second = 0;
    works(&first);
    deep(200);
    pthread_t thread;
    if (pthread_create(&thread, NULL, works, &second) == 0) pthread_join(thread, NULL);
    return first + second;
}

static void inside(uint32_t action) {
    for (int by_prctl = 0; by_prctl < 2; by_prctl++) {
        test(by_prctl ? "a filter set by prctl leaves the program its work" : "and one set by seccomp(2)");
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            if (shut_in(action, by_prctl) != 0) _exit(1);
            _exit(work_inside() == 2 ? 42 : 2);
        }
        int status;
        waitpid(child, &status, 0);
        expect(WIFEXITED(status) && WEXITSTATUS(status) == 42, "status %x", status);
        end();
    }
}

static void strict(void) {
    test("in the strict mode the program may read, write, and end");
    pid_t child = fork();
    if (child == 0) {
        void *before = malloc(50), *kept[100];
        for (int i = 0; i < 100; i++) kept[i] = malloc(64);
        for (int i = 0; i < 100; i++) free(kept[i]);
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) syscall(SYS_exit, 1);
        // What was freed before is there to be had again.
        for (int i = 0; i < 5000; i++) free(memset(malloc(64), 1, 64));
        free(before);
        for (int i = 0; i < 100; i++) free(malloc(40));
        syscall(SYS_exit, 43);
    }
    int status;
    waitpid(child, &status, 0);
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 43, "status %x", status);
    end();
}

int main(int count, char **arguments) {
    const char *kind = count > 1 ? arguments[1] : "";
    plain_calls();
    bad_filters();
    if (strcmp(kind, "refused") == 0) inside(SECCOMP_RET_ERRNO | EPERM);
    if (strcmp(kind, "deadly") == 0) inside(SECCOMP_RET_KILL_PROCESS);
    if (strcmp(kind, "strict") == 0) strict();
    return check_state.failures != 0;
}
