// Scans while threads allocate as fast as they can, and while the program forks: its results stay correct, and
// reachable blocks are never called lost.
//
// arguments: the number of scans, of threads; how: "ptrace", "signal" or "stopped"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../support/random.h"
#include "../support/reach.h"

enum { SLOTS = 512, MOST = 16 };
static _Atomic bool over;
static _Atomic long wrong, rounds, forks;

struct block {
    struct block *next;
    uint64_t sum, size;
    unsigned char bytes[];
};

static struct block *make(uint64_t *seed, struct block *next) {
    uint64_t size = random_below(seed, random_below(seed, 100) ? 400 : 200000);
    struct block *block = malloc(sizeof *block + size);
    *block = (struct block){.next = next, .sum = 0, .size = size};
    for (uint64_t i = 0; i < size; i += 61) block->sum += block->bytes[i] = (unsigned char)random_next(seed);
    return block;
}

static void check_and_free(struct block *block) {
    while (block) {
        uint64_t sum = 0;
        for (uint64_t i = 0; i < block->size; i += 61) sum += block->bytes[i];
        if (sum != block->sum) atomic_fetch_add(&wrong, 1);
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

// Threads that spin would leave a scan a fifth of a processor. They are interrupted anywhere all the same.
static void stand_back(void) {
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 10);
}

static void *allocate(void *argument) {
    stand_back();
    uint64_t seed = 77 + (uint64_t)(uintptr_t)argument;
    struct block **lists = calloc(SLOTS, sizeof *lists);
    while (!over) {
        uint64_t slot = random_below(&seed, SLOTS);
        if (random_below(&seed, 4) == 0) {
            check_and_free(lists[slot]);
            lists[slot] = NULL;
        } else {
            lists[slot] = make(&seed, lists[slot]);
            if (random_below(&seed, 8) == 0)
                lists[slot] = realloc(lists[slot], sizeof(struct block) + lists[slot]->size + 100);
        }
        atomic_fetch_add(&rounds, 1);
    }
    for (int i = 0; i < SLOTS; i++) check_and_free(lists[i]);
    free(lists);
    return NULL;
}

static void *fork_often(void *unused) {
    (void)unused;
    while (!over) {
        pid_t child = fork();
        if (child == 0) {
            free(malloc(1000));
            _exit(7);
        }
        int status;
        if (child < 0 || waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 7) atomic_fetch_add(&wrong, 1);
        atomic_fetch_add(&forks, 1);
        usleep(2000);
    }
    return NULL;
}

static void *allocate_once(void *size) {
    return malloc((size_t)(uintptr_t)size);
}

static void *start_threads(void *unused) {
    (void)unused;
    stand_back();
    while (!over) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, allocate_once, (void *)100) != 0) continue;
        void *block;
        pthread_join(thread, &block);
        free(block);
    }
    return NULL;
}

struct sums {
    uint64_t pause, duration, lost, lost_often;
    uint32_t least_read;
    int refused;
};

static void scan_once(const struct mscope_scan_options *options, struct sums *sums) {
    struct reach reach = reach_take_as(options);
    if (!reach.scan) {
        check_write("# problem %d\n", reach.problem);
        sums->refused++;
        return;
    }
    sums->pause += reach.scan->pause;
    sums->duration += reach.scan->duration;
    if (options->registers) { // without them there may be suspects
        sums->lost_often += reach.unreachable != 0;
        sums->lost += reach.unreachable;
        if (reach.scan->threads_read < sums->least_read) sums->least_read = reach.scan->threads_read;
    }
    reach_drop(&reach);
}

static void report(const char *how, int scans, const struct sums *sums) {
    check_write("# %s: pause %llu us, duration %llu us in the mean; %ld rounds, %ld forks; at least %u threads read; "
        "%llu blocks lost in %llu scans\n", how, (unsigned long long)sums->pause / 1000 / (unsigned)scans,
        (unsigned long long)sums->duration / 1000 / (unsigned)scans, rounds, forks, sums->least_read,
        (unsigned long long)sums->lost, (unsigned long long)sums->lost_often);
}

int main(int count, char **arguments) {
    int scans = count > 1 ? atoi(arguments[1]) : 200, threads = count > 2 ? atoi(arguments[2]) : 8;
    const char *how = count > 3 ? arguments[3] : "ptrace";
    struct mscope_scan_options options = reach_options;
    options.without_ptrace = strcmp(how, "ptrace") != 0;
    options.without_fork = strcmp(how, "stopped") == 0;
    pthread_t all[MOST + 2];
    for (int i = 0; i < threads; i++) pthread_create(&all[i], NULL, allocate, (void *)(intptr_t)i);
    pthread_create(&all[threads], NULL, fork_often, NULL);
    pthread_create(&all[threads + 1], NULL, start_threads, NULL);
    usleep(50000);
    struct sums sums = {.least_read = UINT32_MAX};
    test("scans while threads allocate, start, end and fork");
    for (int i = 0; i < scans; i++) {
        options.registers = i % 8 != 7;
        scan_once(&options, &sums);
    }
    over = true;
    for (int i = 0; i < threads + 2; i++) pthread_join(all[i], NULL);
    report(how, scans, &sums);
    expect_equal(sums.refused, 0, "the number of refused scans");
    expect_equal(wrong, 0, "the number of wrong results");
    expect(rounds > scans, "the program made no progress");
    // One moment seen wrongly is a suspect; a block that is held must not be lost again and again.
    expect(sums.lost_often * 20 <= (uint64_t)scans + 20, "blocks were lost in %llu scans",
        (unsigned long long)sums.lost_often);
    end();
    return check_result();
}
