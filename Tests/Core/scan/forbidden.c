// If the system forbids the preferred method of a scan, the scan uses the next method and names it.
//
// argument: "ptrace" (a filter refuses it), "kill" (a filter kills who tries), "clone" (no new processes), "limit" (no
// more processes for this user), "yama" (nothing is forbidden but by the kernel's own setting)
#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "../support/reach.h"

static hidden lost_block, held_block;
static void *holder;
static int pipes[2];

static void install(struct sock_filter *filter, unsigned short length) {
    struct sock_fprog program = {.len = length, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(3);
}

static void refuse(unsigned call, unsigned answer) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    install(filter, sizeof filter / sizeof *filter);
}

static void refuse_processes(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    install(filter, sizeof filter / sizeof *filter);
}

static void *sleep_in_read(void *unused) {
    void *volatile held = malloc(55);
    held_block = hide(held);
    char byte;
    if (read(pipes[0], &byte, 1) != 1) _exit(5);
    free(held);
    return unused;
}

static __attribute__((noinline)) void make(void) {
    lost_block = hide(malloc(44));
    holder = malloc(33);
}

int main(int count, char **arguments) {
    const char *what = count > 1 ? arguments[1] : "ptrace";
    if (pipe(pipes) != 0) return 3;
    pthread_t thread;
    pthread_create(&thread, NULL, sleep_in_read, NULL);
    make();
    usleep(50000);
    uint32_t wanted = MSCOPE_SCAN_FORK_SIGNAL;
    if (strcmp(what, "ptrace") == 0) refuse(SYS_ptrace, SECCOMP_RET_ERRNO | EPERM);
    if (strcmp(what, "kill") == 0) refuse(SYS_ptrace, SECCOMP_RET_KILL_PROCESS);
    if (strcmp(what, "clone") == 0) {
        refuse_processes();
        wanted = MSCOPE_SCAN_STOPPED_SIGNAL;
    }
    if (strcmp(what, "limit") == 0) {
        struct rlimit none = {1, 1};
        if (setrlimit(RLIMIT_NPROC, &none) != 0 || (getuid() == 0 && setuid(65534) != 0)) return 3;
        prctl(PR_SET_DUMPABLE, 1); // else /proc/self belongs to root
        wanted = MSCOPE_SCAN_STOPPED_SIGNAL;
    }
    scrub_stack();
    for (int registers = 1; registers >= 0; registers--) {
        test(registers ? "a scan with registers goes the next best way" : "one without goes it too, or copies only");
        struct mscope_scan_options options = reach_options;
        options.registers = registers;
        struct reach reach = reach_take_as(&options);
        expect(reach.scan != NULL, "problem %d", reach.problem);
        if (reach.scan) {
            reach_print(&reach);
            bool copies = wanted != MSCOPE_SCAN_STOPPED_SIGNAL;
            expect_equal(reach.scan->method, (!registers && copies ? MSCOPE_SCAN_FORK : wanted), "the method");
            expect_lost(&reach, lost_block, "what nothing holds");
            expect(reach_holds(&reach, held_block), "what a sleeping thread holds is lost");
            expect(reach_holds(&reach, hide(holder)), "what a global holds is lost");
            reach_drop(&reach);
        }
        end();
    }
    if (write(pipes[1], "a", 1) != 1) return 3;
    pthread_join(thread, NULL);
    return check_result();
}
