// Sampled figures are estimates: their error is known, and they have no bias.
//
// With mean distance M a block of s bytes is a sample with p = 1 - exp(-s / M), and
// stands for 1 / p blocks; n blocks are then estimated with the standard error
// sqrt(n (1 - p) / p). Four standard errors fail one good run in 16,000.
#include <math.h>
#include <stdint.h>

#include "../support/live.h"

static double chance(double size, double interval) {
    return 1 - exp(-size / interval);
}

static struct mscope_counts churn(size_t size, size_t count) {
    mark();
    for (size_t i = 0; i < count; i++) free(malloc(size));
    return change();
}

static void within_error(size_t size, size_t count, uint64_t interval) {
    char name[160];
    snprintf(name, sizeof name, "%zu blocks of %zu bytes are estimated within 4 standard errors at %llu bytes", count, size, (unsigned long long)interval);
    test(name);
    mscope_set_sample_interval(interval);
    mscope_set_mode(MSCOPE_SAMPLED);
    struct mscope_counts got = churn(size, count);
    mscope_set_mode(MSCOPE_FULL);
    double p = chance((double)size, (double)interval), error = sqrt((double)count * (1 - p) / p);
    double off = (double)got.allocations - (double)count, bytes = (double)got.allocated_bytes - (double)(count * size);
    // Weights are whole numbers: rounding adds at most a variance of 1/4 per sample.
    double rounding = sqrt((double)count * p / 4);
    expect(fabs(off) <= 4 * error + 4 * rounding + 1, "estimated %llu, off by %.0f with a standard error of %.0f", (unsigned long long)got.allocations, off, error);
    expect(fabs(bytes) <= (4 * error + 4 * rounding + 1) * (double)size, "estimated %llu bytes, off by %.0f", (unsigned long long)got.allocated_bytes, bytes);
    expect_equal(got.allocations, got.frees, "estimated allocations");
    end();
}

static void unbiased(size_t size, size_t count, uint64_t interval, int repetitions) {
    char name[160];
    snprintf(name, sizeof name, "the mean of %d estimates has no bias for %zu bytes at %llu", repetitions, size, (unsigned long long)interval);
    test(name);
    mscope_set_sample_interval(interval);
    double sum = 0, bytes = 0, squares = 0;
    for (int i = 0; i < repetitions; i++) {
        mscope_set_mode(MSCOPE_SAMPLED);
        struct mscope_counts got = churn(size, count);
        mscope_set_mode(MSCOPE_FULL);
        sum += (double)got.allocations;
        bytes += (double)got.allocated_bytes;
        squares += (double)got.allocations * (double)got.allocations;
    }
    double mean = sum / repetitions, p = chance((double)size, (double)interval), n = (double)count;
    double error = (sqrt(n * (1 - p) / p) + sqrt(n * p / 4)) / sqrt(repetitions);
    double spread = sqrt(fmax(0, squares / repetitions - mean * mean));
    expect(fabs(mean - n) <= 4 * error + 0.5, "the mean is %.1f for %zu, standard error %.1f", mean, count, error);
    expect(fabs(bytes / repetitions - n * (double)size) <= (4 * error + 0.5) * (double)size, "the mean of bytes is %.0f", bytes / repetitions);
    expect(spread <= 2 * sqrt(n * (1 - p) / p) + 2 * sqrt(n * p / 4) + 1, "the estimates spread by %.0f", spread);
    end();
}

static void mixed(void) {
    test("a mix of sizes is estimated by site as well as in total");
    mscope_set_sample_interval(16384);
    mscope_set_mode(MSCOPE_SAMPLED);
    mark();
    double bytes = 0, variance = 0;
    for (size_t i = 0; i < 300000; i++) {
        size_t size = 1 + i * 7919 % 5000;
        double p = chance((double)size, 16384);
        free(malloc(size));
        bytes += (double)size;
        variance += (double)size * (double)size * ((1 - p) / p + 0.25);
    }
    struct mscope_counts got = change();
    mscope_set_mode(MSCOPE_FULL);
    expect(fabs((double)got.allocated_bytes - bytes) <= 4 * sqrt(variance), "estimated %llu bytes of %.0f, standard error %.0f", (unsigned long long)got.allocated_bytes, bytes, sqrt(variance));
    struct mscope_counts sum = site_sum(), totals = live_totals();
    expect_equal(sum.allocations, totals.allocations, "the sites' sum of allocations");
    expect_equal(sum.allocated_bytes, totals.allocated_bytes, "the sites' sum of bytes");
    end();
}

static void marked(void) {
    test("sampled blocks say so, with their weight, and are far fewer than all");
    mscope_set_sample_interval(65536);
    mscope_set_mode(MSCOPE_SAMPLED);
    static void *blocks[200000];
    struct mscope_totals before, after;
    mscope_read_totals(&before);
    for (size_t i = 0; i < 200000; i++) blocks[i] = malloc(100);
    mscope_read_totals(&after);
    struct live live = live_take();
    uint64_t samples = 0, weight = 0;
    for (size_t i = 0; i < live.count; i++) {
        if (!(live.blocks[i].flags & MSCOPE_BLOCK_SAMPLED)) continue;
        samples++;
        weight += live.blocks[i].weight;
        expect(live.blocks[i].weight > 500 && live.blocks[i].weight < 800, "a weight of %llu", (unsigned long long)live.blocks[i].weight);
        expect(live.blocks[i].site != 0, "a sample without a stack");
    }
    // 200,000 blocks at 1 in 655.9: 305 samples, standard error 17.5.
    expect(samples > 305 - 70 && samples < 305 + 70, "%llu samples", (unsigned long long)samples);
    expect_equal(after.sampled_allocations - before.sampled_allocations, samples, "the raw number of samples");
    expect_equal(weight, after.program.allocations - before.program.allocations, "the samples' weight");
    live_drop(&live);
    for (size_t i = 0; i < 200000; i++) free(blocks[i]);
    mscope_set_mode(MSCOPE_FULL);
    end();
}

static void zero_size(void) {
    test("blocks of no bytes do no harm in sampled mode");
    mscope_set_sample_interval(1024);
    mscope_set_mode(MSCOPE_SAMPLED);
    mark();
    for (int i = 0; i < 100000; i++) free(malloc(0));
    struct mscope_counts got = change();
    expect_equal(got.allocations, got.frees, "estimated allocations");
    expect(got.allocations < 200000, "estimated %llu blocks of 100000", (unsigned long long)got.allocations);
    expect_equal(got.allocated_bytes, 0, "estimated bytes");
    mscope_set_mode(MSCOPE_FULL);
    end();
}

int main(void) {
    within_error(16, 3000000, 512 * 1024);
    within_error(16, 1000000, 4096);
    within_error(1024, 1000000, 512 * 1024);
    within_error(600 * 1024, 20000, 512 * 1024);
    within_error(3000, 200000, 4096);
    unbiased(16, 20000, 4096, 200);
    unbiased(1024, 20000, 65536, 200);
    unbiased(600 * 1024, 500, 512 * 1024, 200);
    unbiased(5000, 1000, 4096, 200);
    mixed();
    marked();
    zero_size();
    return check_result();
}
