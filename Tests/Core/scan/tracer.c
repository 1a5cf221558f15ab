// The process that may trace a program (PR_SET_PTRACER): if Yama restricts tracing, a scan sets its own tracer, and
// afterwards sets again the tracer that the program had set.
//
// Yama does not show its setting. The calls can be seen: a filter passes each to a child of the test, which notes it.
// If the kernel has no Yama, the child answers that the call succeeded, and a file of the test says that Yama asks.
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../support/reach.h"

static const char scope_file[] = "/proc/sys/kernel/yama/ptrace_scope";
static const uint64_t nobody_there = 1 << 30; // no process has this number

static bool scan(bool without_ptrace) {
    struct mscope_scan_options options = reach_options;
    options.without_ptrace = without_ptrace;
    struct reach reach = reach_take_as(&options);
    expect(reach.scan != NULL, "a scan was refused: problem %d", reach.problem);
    if (!reach.scan) return false;
    bool by_ptrace = reach.scan->method == MSCOPE_SCAN_FORK_PTRACE;
    reach_drop(&reach);
    return by_ptrace;
}

// ---- what the one that was named can do

/// 0, or why the parent cannot be traced.
static int trace_parent(void) {
    pid_t parent = getppid();
    if (ptrace(PTRACE_SEIZE, parent, 0, 0) != 0) return errno;
    int status = 0;
    if (ptrace(PTRACE_INTERRUPT, parent, 0, 0) != 0 || waitpid(parent, &status, __WALL) != parent) return ECHILD;
    return ptrace(PTRACE_DETACH, parent, 0, 0) == 0 ? 0 : errno;
}

/// Asks a child whether it can trace us.
static int ask(const int to[2], const int from[2]) {
    char answer = 0;
    if (write(to[1], "?", 1) != 1 || read(from[0], &answer, 1) != 1) _exit(3);
    return answer;
}

static void traces_still(void) {
    test("who could trace a program before it was scanned can still");
    int questions[2], answers[2];
    if (pipe(questions) != 0 || pipe(answers) != 0) _exit(3);
    pid_t child = fork();
    while (child == 0) {
        char question;
        if (read(questions[0], &question, 1) != 1) _exit(0);
        char answer = (char)trace_parent();
        if (write(answers[1], &answer, 1) != 1) _exit(3);
    }
    close(questions[0]); // else the child would not see our end
    prctl(PR_SET_PTRACER, (unsigned long)child, 0, 0, 0); // an error where there is no Yama
    int before = ask(questions, answers);
    for (int i = 0; i < 3; i++) {
        scan(false);
        int after = ask(questions, answers);
        expect(after == before, "before: %s, after: %s", strerror(before), strerror(after));
    }
    close(questions[1]);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    prctl(PR_SET_PTRACER, 0UL, 0, 0, 0);
    end();
}

// ---- the calls

enum { CALLS = 64 };
struct calls {
    _Atomic uint32_t count;
    uint64_t named[CALLS];
};
static struct calls *calls; // shared with the child that watches
static uint32_t looked_at;
static bool has_yama;

/// What the kernel would be asked, were Yama there: it refuses a process that is not.
static void watch(int listener) {
    for (;;) {
        struct seccomp_notif call;
        memset(&call, 0, sizeof call);
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) {
            if (errno == EINTR || errno == ENOENT) continue;
            _exit(0);
        }
        uint64_t named = call.data.args[1];
        if (calls->count < CALLS) calls->named[calls->count++] = named;
        struct seccomp_notif_resp answer = {.id = call.id};
        if (has_yama) answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        else if (named == nobody_there) answer.error = -EINVAL;
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    }
}

/// A descriptor on which each call of PR_SET_PTRACER, of this process and of its children, waits for an answer.
static int listen_to_calls(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_PTRACER, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static bool write_file(const char *path, const char *text, int flags) {
    int file = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);
    bool written = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0) close(file);
    return written;
}

/// Makes this process one that may mount something, where only it and its children see it.
static bool may_mount(void) {
    char users[32], groups[32];
    snprintf(users, sizeof users, "0 %d 1", (int)geteuid());
    snprintf(groups, sizeof groups, "0 %d 1", (int)getegid());
    bool may = unshare(CLONE_NEWNS) == 0;
    if (!may) {
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); // else /proc/self belongs to root
        may = unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_file("/proc/self/setgroups", "deny", 0)
            && write_file("/proc/self/uid_map", users, 0) && write_file("/proc/self/gid_map", groups, 0);
    }
    return may && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

/// Whether Yama asks, by itself or by a file of ours.
static bool let_yama_ask(void) {
    char mode = 0;
    int file = open(scope_file, O_RDONLY | O_CLOEXEC);
    has_yama = file >= 0;
    if (has_yama && read(file, &mode, 1) != 1) mode = 0;
    if (has_yama) close(file);
    return mode == '1'
        || (may_mount() && mount("tmpfs", "/proc/sys/kernel", "tmpfs", 0, NULL) == 0
            && mkdir("/proc/sys/kernel/yama", 0755) == 0 && write_file(scope_file, "1\n", O_CREAT));
}

/// Another process than any that the program named, and no process at all.
enum { OWN_TRACER = -2 };

static void expect_calls(const char *when, const int64_t *wanted, uint32_t count) {
    uint32_t made = calls->count - looked_at;
    expect(made == count, "%s: %u calls, not %u", when, made, count);
    for (uint32_t i = 0; i < count && i < made; i++) {
        int64_t named = (int64_t)calls->named[looked_at + i];
        bool right = wanted[i] == OWN_TRACER ? named > 0 && named != getpid() : named == wanted[i];
        for (uint32_t k = 0; right && wanted[i] == OWN_TRACER && k < count; k++) right = named != wanted[k];
        expect(right, "%s: call %u names %lld, not %lld", when, i, (long long)named, (long long)wanted[i]);
    }
    looked_at = calls->count;
}
#define EXPECT_CALLS(when, ...) \
    expect_calls(when, (const int64_t[]){__VA_ARGS__}, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static void gives_back(int64_t child) {
    test("a scan names its tracer, and then whom the program had named");
    scan(false);
    EXPECT_CALLS("nobody was named", OWN_TRACER, 0);
    expect(prctl(PR_SET_PTRACER, (unsigned long)child, 0, 0, 0) == 0, "prctl: %s", strerror(errno));
    scan(false);
    scan(false);
    EXPECT_CALLS("a child was named", child, OWN_TRACER, child, OWN_TRACER, child);
    expect(prctl(PR_SET_PTRACER, nobody_there, 0, 0, 0) == -1 && errno == EINVAL, "nobody was accepted");
    scan(false);
    EXPECT_CALLS("nobody was refused", (int64_t)nobody_there, OWN_TRACER, child);
    expect(syscall(SYS_prctl, PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0UL, 0UL, 0UL) == 0, "syscall: %s", strerror(errno));
    scan(false);
    EXPECT_CALLS("all may", -1, OWN_TRACER, -1);
    scan(true);
    EXPECT_CALLS("without ptrace", );
    prctl(PR_SET_PTRACER, 0UL, 0, 0, 0);
    scan(false);
    EXPECT_CALLS("nobody may any more", 0, OWN_TRACER, 0);
    end();
}

static void in_a_child(int64_t child) {
    test("a forked child has named nobody");
    prctl(PR_SET_PTRACER, (unsigned long)child, 0, 0, 0);
    looked_at = calls->count;
    pid_t forked = fork();
    if (forked == 0) {
        scan(false);
        EXPECT_CALLS("in the child", OWN_TRACER, 0);
        _exit(check_state.failed);
    }
    int status = 0;
    waitpid(forked, &status, 0);
    check_state.failed |= status != 0;
    check_state.failures += status != 0;
    looked_at = calls->count;
    scan(false);
    EXPECT_CALLS("afterwards, in its parent", OWN_TRACER, child);
    end();
}

int main(void) {
    traces_still();
    test("the calls of a scan can be seen");
    calls = reach_map(sizeof *calls);
    if (!let_yama_ask()) {
        skip("Yama does not ask here, and no file of ours may say that it does");
        return check_result();
    }
    int listener = listen_to_calls();
    if (listener < 0) {
        skip("the kernel hands no calls to another process");
        return check_result();
    }
    end();
    pid_t child = fork();
    if (child == 0) watch(listener);
    close(listener);
    gives_back(child);
    in_a_child(child);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return check_result();
}
