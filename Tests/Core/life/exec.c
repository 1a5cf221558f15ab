// Ways to start another program. The program started is this one, with an argument.
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>

#include "../support/live.h"

extern char **environ;
static char *self;

static int as_started(const char *word) {
    if (strcmp(word, "clean") == 0) {
        // A fresh program: its figures begin with its own first block.
        void *block = malloc(4321);
        struct mscope_block found;
        bool good = mscope_is_active() && mscope_find_block((uintptr_t)block, &found) && found.size == 4321;
        free(block);
        return good && live_totals().allocations < 500 ? 33 : 1;
    }
    return 34;
}

static void wait_for(pid_t child, int wanted, const char *what) {
    int status = 0;
    expect(child > 0 && waitpid(child, &status, 0) == child, "%s: no child", what);
    expect(WIFEXITED(status) && WEXITSTATUS(status) == wanted, "%s: status %x", what, (unsigned)status);
}

static void starts(void) {
    char *arguments[] = {self, "clean", NULL};
    test("fork and exec start a program that tracks from its beginning");
    pid_t child = fork();
    if (child == 0) {
        free(malloc(10));
        execv(self, arguments);
        _exit(99);
    }
    wait_for(child, 33, "execv");
    end();

    test("posix_spawn, system and popen do too, and the parent's figures stay");
    mark();
    expect_equal(posix_spawn(&child, self, NULL, NULL, arguments, environ), 0, "posix_spawn");
    wait_for(child, 33, "posix_spawn");
    struct mscope_counts counts = change();
    expect_equal(counts.allocations - counts.frees, 0, "live blocks");
    char command[4096];
    snprintf(command, sizeof command, "'%s' clean", self);
    int status = system(command);
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 33, "system: status %x", (unsigned)status);
    FILE *pipe = popen(command, "r");
    status = pclose(pipe);
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 33, "popen: status %x", (unsigned)status);
    end();
}

// The child of vfork lives in the parent's memory: what it records, the parent has recorded.
static void vforks(void) {
    test("a vfork child may exec, or fail to, and the parent's figures hold");
    mark();
    char *arguments[] = {self, "clean", NULL};
    for (int i = 0; i < 200; i++) {
        pid_t child = vfork();
        if (child == 0) {
            execv(i % 2 ? self : "/no/such/program", arguments);
            _exit(55);
        }
        wait_for(child, i % 2 ? 33 : 55, "vfork");
    }
    struct mscope_counts counts = change();
    expect_equal(counts.allocations, counts.frees, "allocations");
    expect_equal(mscope_fork_generation(), 0, "the parent's fork generation");
    end();

    test("malloc in a vfork child that exits counts in the parent, whose memory it is");
    static void *volatile block;
    mark();
    pid_t child = vfork();
    if (child == 0) {
        block = malloc(654);
        _exit(3);
    }
    wait_for(child, 3, "vfork");
    expect_block(block, 654, 0);
    expect_change(1, 0, 654, 0);
    free(block);
    expect_change(1, 1, 654, 654);
    end();
}

static void failing_exec(void) {
    test("after an exec that fails, tracking goes on");
    pid_t child = fork();
    if (child == 0) {
        char *arguments[] = {"x", NULL};
        execv("/no/such/program", arguments);
        void *p = malloc(88);
        struct mscope_block found;
        _exit(mscope_find_block((uintptr_t)p, &found) && found.size == 88 && errno == ENOENT ? 0 : 1);
    }
    wait_for(child, 0, "the child");
    end();
}

int main(int count, char **arguments) {
    if (count > 1) return as_started(arguments[1]);
    self = arguments[0];
    starts();
    vforks();
    failing_exec();
    test("live figures, walk and sites agree after all of it");
    expect_consistent();
    end();
    return check_result();
}
