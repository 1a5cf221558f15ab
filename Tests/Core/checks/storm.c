// Eight threads that only make memory errors: no thread waits forever, there are few reports, counts are exact.
#include <pthread.h>
#include <stdlib.h>

#include "../support/errors.h"

enum { THREADS = 8 };
static long each;
static _Atomic long crimes;

static __attribute__((noinline)) void crime(int i) {
    char *volatile p = malloc(32);
    free(p);
    struct mscope_check_totals before, after;
    (void)before, (void)after;
    if (i % 4 == 3) {
        free(p); // a double free each
        crimes++;
    } else {
        volatile char c = *(volatile char *)p; // a fault, unless another thread has the cell by now
        (void)c;
    }
}

static void *commit(void *nothing) {
    for (long i = 0; i < each; i++) crime((int)i);
    return nothing;
}

int main(int count, char **arguments) {
    each = count > 1 ? atol(arguments[1]) : 1000;
    test("a storm of bad accesses on eight threads neither stops nor floods");
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, commit, NULL);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    struct mscope_check_totals totals;
    mscope_read_check_totals(&totals);
    uint64_t sum = 0, reads = 0;
    static struct mscope_error all[1024];
    uint32_t cursor = 0;
    size_t distinct = mscope_read_errors(&cursor, all, 1024);
    for (size_t i = 0; i < distinct; i++) sum += all[i].count;
    for (int kind = 0; kind < MSCOPE_ERROR_KINDS; kind++) reads += totals.by_kind[kind];
    expect(distinct < 100, "%zu distinct reports", distinct);
    expect_equal(sum + totals.dropped, totals.errors, "the sum of all counts");
    expect_equal(reads, totals.errors, "the sum by kind");
    // Three of four crimes are reads. What no fault tells of had no room in the pool, but for cells that another thread
    // had by then; a thread that is interrupted while it puts a cell back keeps the others out.
    expect(totals.faults + totals.guard_full > (uint64_t)each * THREADS * 3 / 4 * 9 / 10, "only %llu faults, %llu full",
        (unsigned long long)totals.faults, (unsigned long long)totals.guard_full);
    expect_equal(totals.by_kind[MSCOPE_USE_AFTER_FREE_READ], totals.faults, "the reads after free");
    end();
    return check_result();
}
