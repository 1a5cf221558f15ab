// One in `rate` allocations is guarded, on every thread, within the limits of chance. Argument: the rate.
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "../support/errors.h"

enum { THREADS = 4, EACH = 400000 };

static void *allocate(void *nothing) {
    for (int i = 0; i < EACH; i++) free(malloc((size_t)(i % 2000)));
    return nothing;
}

int main(int count, char **arguments) {
    test("the share of guarded allocations is the configured one, to five standard deviations");
    double rate = count > 1 ? atof(arguments[1]) : 1;
    struct mscope_check_totals before, after;
    mscope_read_check_totals(&before);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, allocate, NULL);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    mscope_read_check_totals(&after);
    double n = (double)THREADS * EACH, p = 1 / rate, wanted = n * p, deviation = sqrt(n * p * (1 - p));
    double guarded = (double)(after.guarded - before.guarded + after.guard_full - before.guard_full);
    expect(fabs(guarded - wanted) <= 5 * deviation + 10, "%.0f guarded, %.0f +- %.0f expected", guarded, wanted,
        deviation);
    expect_equal(after.guard_rate, rate, "the rate told");
    expect_equal(after.errors, 0, "the reports");
    end();
    return check_result();
}
