// Loses ten blocks of 1000 bytes, then ends in the way that its argument names.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *kept;
static void *freed_at_exit;

// What calls before left below the stack pointer.
static __attribute__((noinline)) void wipe_stack(void) {
    volatile char space[16384];
    for (size_t i = 0; i < sizeof space; i++) space[i] = 0;
}

// On a thread that ends, so that no register and no stack keeps what is lost; the next thread may get its stack.
static void *lose_blocks(void *count) {
    for (long i = 0; i < (long)count; i++) {
        volatile char *block = malloc(1000);
        block[0] = 1;
    }
    wipe_stack();
    return NULL;
}

static void lose(long count) {
    pthread_t thread;
    pthread_create(&thread, NULL, lose_blocks, (void *)count);
    pthread_join(thread, NULL);
}

static void *leave(void *status) {
    exit((int)(long)status);
}

static void *leave_at_once(void *status) {
    _exit((int)(long)status);
}

static void *ask_a_moment_later(void *unused) {
    usleep(10000);
    kill(getpid(), SIGTERM);
    return unused;
}

static void ask_soon(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, ask_a_moment_later, NULL);
}

static void ask_while_leaving(void) {
    ask_soon();
}

static void free_last(void) {
    free(freed_at_exit);
    freed_at_exit = NULL;
    puts("handler");
}

static void end_in_handler(int number) {
    (void)number;
    _exit(31);
}

static void *hang_up(void *unused) {
    kill(getpid(), SIGHUP);
    return unused;
}

/// libc has every thread do it, and waits for them.
static void *change_user(void *unused) {
    (void)unused;
    usleep(200000);
    exit(setuid(getuid()) == 0 ? 21 : 22);
}

static void *outlive(void *unused) {
    usleep(100000);
    puts("outlived");
    return unused;
}

// Whoever looks sees the default action, in all the ways to look.
static int restore_and_raise(void) {
    struct sigaction seen, ignore = {.sa_handler = SIG_IGN}, normal = {.sa_handler = SIG_DFL};
    sigaction(SIGINT, NULL, &seen);
    if (seen.sa_handler != SIG_DFL || seen.sa_flags != 0) return 90;
    if (signal(SIGINT, SIG_IGN) != SIG_DFL || signal(SIGINT, SIG_DFL) != SIG_IGN) return 91;
    if (sigaction(SIGINT, &ignore, &seen) != 0 || seen.sa_handler != SIG_DFL) return 92;
    if (sigaction(SIGINT, &normal, &seen) != 0 || seen.sa_handler != SIG_IGN) return 93;
    raise(SIGINT);
    return 94;
}

// From now on these calls end the process.
static int forbid(int first, int second) {
    struct sock_filter list[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, second, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof(list) / sizeof(list[0]), list};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 95;
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0 ? 16 : 96;
}

// From now on this call ends the thread that makes it.
static void let_thread_be_killed(int call) {
    struct sock_filter list[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof(list) / sizeof(list[0]), list};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

static int in_child(void (*body)(void), int is_vfork) {
    fflush(stdout);
    pid_t child = is_vfork ? vfork() : fork();
    if (child == 0) {
        if (is_vfork) _exit(21);
        body();
    }
    int status;
    waitpid(child, &status, 0);
    printf("child %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    return 12;
}

static void wait_for(pid_t child) {
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
}

static void fork_in_handler(int number) {
    (void)number;
    pid_t child = fork();
    if (child == 0) _exit(0);
    wait_for(child);
}

// Some of the signals come in the middle of a fork.
static int forks_in_handler(void) {
    pid_t parent = getpid();
    signal(SIGALRM, fork_in_handler);
    for (int i = 0; i < 300; i++) {
        pid_t child = fork();
        if (child == 0) {
            kill(parent, SIGALRM);
            _exit(0);
        }
        wait_for(child);
    }
    return 17;
}

static void child_exits(void) {
    lose(3);
    exit(22);
}

static void child_executes(void) {
    execl("/proc/self/exe", "ends", "return", (char *)NULL);
}

static void child_aborts(void) {
    abort();
}

static void child_is_told(void) {
    lose(3);
    kill(getpid(), SIGTERM);
    pause();
}

/// The signal comes while the thread has a lock of the allocator's, now and then.
static void child_is_told_amid(void) {
    if (fork() == 0) {
        usleep(30000);
        kill(getppid(), SIGTERM);
        _exit(0);
    }
    for (size_t size = 1;; size = size * 7919 % 1000003) free(malloc(size));
}

static int end_of_family(const char *way) {
    if (strcmp(way, "fork") == 0) return in_child(child_exits, 0);
    if (strcmp(way, "fork-abort") == 0) return in_child(child_aborts, 0);
    if (strcmp(way, "fork-term") == 0) return in_child(child_is_told, 0);
    if (strcmp(way, "fork-term-amid") == 0) return in_child(child_is_told_amid, 0);
    if (strcmp(way, "forks-in-handler") == 0) return forks_in_handler();
    if (strcmp(way, "execs") == 0) return in_child(child_executes, 0);
    if (strcmp(way, "vfork") == 0) return in_child(NULL, 1);
    return 99;
}

/// From now on there is no /proc. Whoever may not do that can in a namespace of his own.
static void hide_proc(void) {
    dlopen("libgcc_s.so.1", RTLD_NOW); // pthread_exit looks for it
    if (chroot("/dev") != 0 && (unshare(CLONE_NEWUSER) != 0 || chroot("/dev") != 0)) abort();
    if (chdir("/") != 0) abort();
}

/// libc still counts the first thread.
static void end_past_libc(const char *way) {
    pthread_t thread;
    if (strcmp(way, "by-number") == 0) syscall(SYS_exit_group, 25);
    if (strcmp(way, "thread-by-number") == 0) syscall(SYS_exit, 26);
    if (strcmp(way, "outlived-by-number") == 0) pthread_create(&thread, NULL, outlive, NULL), syscall(SYS_exit, 0);
    if (strcmp(way, "hidden-by-number") == 0) hide_proc(), syscall(SYS_exit, 0);
    if (strcmp(way, "hidden-pthread_exit") == 0)
        hide_proc(), pthread_create(&thread, NULL, outlive, NULL), pthread_exit(NULL);
    if (strcmp(way, "strict") == 0) prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), syscall(SYS_exit, 28);
}

static void set_default(int number) {
    signal(number, SIG_DFL);
}

static void set_default_and_send(int number) {
    signal(number, SIG_DFL);
    kill(getpid(), number);
}

static void return_from(int number) {
    (void)number;
}

/// The program has a handler that leaves the rest to the default.
static void end_by_default(const char *way) {
    if (strcmp(way, "segv-default") == 0) signal(SIGSEGV, set_default), *(volatile int *)8 = 1;
    if (strcmp(way, "segv-once") == 0) sysv_signal(SIGSEGV, return_from), *(volatile int *)8 = 1;
    if (strcmp(way, "ill-sent") == 0) signal(SIGILL, set_default_and_send), raise(SIGILL), pause();
}

static int end(const char *way) {
    pthread_t thread;
    end_past_libc(way);
    end_by_default(way);
    if (strcmp(way, "return") == 0) return 3;
    if (strcmp(way, "exit") == 0) exit(4);
    if (strcmp(way, "_exit") == 0) _exit(5);
    if (strcmp(way, "_Exit") == 0) _Exit(6);
    if (strcmp(way, "quick_exit") == 0) quick_exit(7);
    if (strcmp(way, "abort") == 0) abort();
    if (strcmp(way, "segv") == 0) *(volatile int *)8 = 1;
    if (strcmp(way, "raise") == 0) raise(SIGFPE);
    if (strcmp(way, "term") == 0) kill(getpid(), SIGTERM), pause();
    if (strcmp(way, "int") == 0) raise(SIGINT);
    if (strcmp(way, "hup-thread") == 0) pthread_create(&thread, NULL, hang_up, NULL), pause();
    if (strcmp(way, "int-restored") == 0) return restore_and_raise();
    if (strcmp(way, "exit-term") == 0) atexit(ask_while_leaving), exit(27);
    if (strcmp(way, "abort-term") == 0) ask_soon(), abort();
    // More than a pipe takes that nobody reads.
    static char room[1 << 20];
    if (strcmp(way, "exit-blocked") == 0) setvbuf(stdout, room, _IOFBF, sizeof room), printf("%500000d", 1), exit(29);
    if (strcmp(way, "limits-data") == 0)
        return setrlimit(RLIMIT_DATA, &(struct rlimit){400 << 20, 400 << 20}) == 0 && malloc(1 << 20) ? 30 : 97;
    if (strcmp(way, "term-handled") == 0) signal(SIGTERM, end_in_handler), raise(SIGTERM);
    if (strcmp(way, "int-ignored") == 0) return signal(SIGINT, SIG_IGN) == SIG_DFL && raise(SIGINT) == 0 ? 15 : 97;
    if (strcmp(way, "pthread_exit") == 0) pthread_create(&thread, NULL, outlive, NULL), pthread_exit(NULL);
    if (strcmp(way, "pthread_exit-setuid") == 0) pthread_create(&thread, NULL, change_user, NULL), pthread_exit(NULL);
    if (strcmp(way, "pthread_exit-alone") == 0) pthread_exit(NULL);
    if (strcmp(way, "thread-killed") == 0) let_thread_be_killed(SYS_getppid), syscall(SYS_getppid);
    if (strcmp(way, "handled") == 0) signal(SIGSEGV, end_in_handler), raise(SIGSEGV);
    if (strcmp(way, "thread") == 0) pthread_create(&thread, NULL, leave, (void *)8), pause();
    if (strcmp(way, "thread-at-once") == 0) pthread_create(&thread, NULL, leave_at_once, (void *)9), pause();
    if (strcmp(way, "overrun") == 0) return ((volatile char *)malloc(64))[64] == 1 ? 19 : 18;
    // Over the next chunk's size: whoever asks libc for memory from now on ends the process.
    if (strcmp(way, "damage") == 0) return *(char *)memset(malloc(200), 'C', 260) == 'C' ? 20 : 19;
    if (strcmp(way, "no-clone") == 0) return forbid(SYS_clone, SYS_clone3);
    if (strcmp(way, "no-remote-reads") == 0) return forbid(SYS_process_vm_readv, SYS_ptrace);
    if (strcmp(way, "no-files") == 0) return forbid(SYS_openat, SYS_openat);
    if (strstr(way, "fork") != NULL || strcmp(way, "execs") == 0) return end_of_family(way);
    if (strcmp(way, "elsewhere") == 0) return chdir("/") == 0 ? 13 : 14;
    return 99;
}

int main(int count, char **arguments) {
    int at_start = errno;
    if (count < 2) return 98;
    if (strcmp(arguments[1], "errno") == 0) return at_start;
    setvbuf(stdout, NULL, _IOFBF, 4096);
    kept = malloc(77);
    freed_at_exit = malloc(88);
    atexit(free_last);
    if (strcmp(arguments[1], "clean") == 0) return 0;
    lose(10);
    puts("said");
    if (arguments[1][0] == '_' || strcmp(arguments[1], "return") != 0) fflush(stdout);
    return end(arguments[1]);
}
