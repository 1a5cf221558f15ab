// Sampled figures are estimates: their error is known, and they have no bias.
//
// With mean distance M a block of s bytes is a sample with p = 1 - exp(-s / M), and
// stands for 1 / p blocks; n blocks are then estimated with the standard error
// sqrt(n (1 - p) / p). Five standard errors fail one good run in a million, but only where
// there are many samples and none weighs much: forty at least, and no block of a few bytes.
#include <math.h>
#include <stdint.h>

#include "../support/live.h"

enum { ERRORS = 5 };

static double interval;

static double chance(double size) {
    return 1 - exp(-size / interval);
}

// Weights are whole numbers, rounded at random: that adds at most a variance of 1/4 per sample.
static double variance(double size) {
    double p = chance(size);
    return (1 - p) / p + 0.25 * p;
}

static void in_mode(uint32_t mode) {
    mscope_set_mode(mode);
    mark();
}

static struct mscope_counts leave_mode(void) {
    struct mscope_counts got = change();
    mscope_set_mode(MSCOPE_FULL);
    return got;
}

static void expect_estimate(struct mscope_counts got, double count, double bytes, double count_error,
    double bytes_error) {
    expect(fabs((double)got.allocations - count) <= ERRORS * count_error + 1,
        "estimated %llu blocks of %.0f, with a standard error of %.0f",
        (unsigned long long)got.allocations, count, count_error);
    expect(fabs((double)got.allocated_bytes - bytes) <= ERRORS * bytes_error + 1,
        "estimated %llu bytes of %.0f, with a standard error of %.0f",
        (unsigned long long)got.allocated_bytes, bytes, bytes_error);
}

static void within_error(size_t size, size_t count) {
    char name[160];
    snprintf(name, sizeof name, "%zu blocks of %zu bytes are estimated within %d standard errors at %.0f", count, size,
        ERRORS, interval);
    test(name);
    in_mode(MSCOPE_SAMPLED);
    for (size_t i = 0; i < count; i++) free(malloc(size));
    struct mscope_counts got = leave_mode();
    double error = sqrt((double)count * variance((double)size));
    expect_estimate(got, (double)count, (double)count * (double)size, error, error * (double)size);
    expect_equal(got.allocations, got.frees, "estimated allocations");
    end();
}

static void unbiased(size_t size, size_t count, int repetitions) {
    char name[160];
    snprintf(name, sizeof name, "the mean of %d estimates has no bias for %zu bytes at %.0f", repetitions, size,
        interval);
    test(name);
    double sum = 0, squares = 0, n = (double)count;
    for (int i = 0; i < repetitions; i++) {
        in_mode(MSCOPE_SAMPLED);
        for (size_t k = 0; k < count; k++) free(malloc(size));
        double got = (double)leave_mode().allocations;
        sum += got;
        squares += got * got;
    }
    double mean = sum / repetitions, error = sqrt(n * variance((double)size)), spread = sqrt(fmax(0,
        squares / repetitions - mean * mean));
    expect(fabs(mean - n) <= ERRORS * error / sqrt(repetitions) + 0.5, "the mean is %.1f for %zu, standard error %.1f",
        mean, count, error / sqrt(repetitions));
    expect(spread <= 1.3 * error + 1 && spread >= error / 1.5 - 1, "the estimates spread by %.1f, not %.1f", spread,
        error);
    end();
}

static size_t mixed_size(size_t i) {
    return 200 + i * 7919 % 5000;
}

static void mixed(void) {
    test("a mix of sizes is estimated in total, and by its sites in sampled and balanced");
    double bytes = 0, blocks = 300000, bytes_variance = 0, count_variance = 0;
    for (size_t i = 0; i < 300000; i++) {
        double size = (double)mixed_size(i);
        bytes += size;
        bytes_variance += size * size * variance(size);
        count_variance += variance(size);
    }
    uint32_t modes[] = {MSCOPE_SAMPLED, MSCOPE_BALANCED};
    for (int m = 0; m < 2; m++) {
        struct mscope_counts before = site_sum();
        in_mode(modes[m]);
        for (size_t i = 0; i < 300000; i++) free(malloc(mixed_size(i)));
        struct mscope_counts got = leave_mode(), sites = site_sum();
        sites.allocations -= before.allocations, sites.allocated_bytes -= before.allocated_bytes;
        expect_estimate(sites, blocks, bytes, sqrt(count_variance), sqrt(bytes_variance));
        if (m == 0) expect_estimate(got, blocks, bytes, sqrt(count_variance), sqrt(bytes_variance));
        else expect_equal(got.allocations, 300000, "allocations in balanced");
    }
    end();
}

// What lives at the end is a single block of known size; its history must not matter.
static void chains(const char *name, uint32_t mode, size_t first, size_t step, size_t last, size_t count) {
    test(name);
    static void *blocks[100000];
    struct mscope_counts before = site_sum();
    in_mode(mode);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(first);
        for (size_t size = first + step; step && size < last; size += step) blocks[i] = realloc(blocks[i], size);
        blocks[i] = realloc(blocks[i], last);
    }
    struct mscope_counts got = change(), sites = site_sum();
    sites.allocations -= before.allocations, sites.frees -= before.frees;
    sites.allocated_bytes -= before.allocated_bytes, sites.freed_bytes -= before.freed_bytes;
    double error = sqrt((double)count * variance((double)last)), wanted = (double)count;
    double live = mode == MSCOPE_SAMPLED ? (double)got.allocations - (double)got.frees
        : (double)sites.allocations - (double)sites.frees;
    expect(fabs(live - wanted) <= ERRORS * error + 1, "%.0f live blocks are estimated for %.0f, standard error %.0f",
        live, wanted, error);
    for (size_t i = 0; i < count; i++) free(blocks[i]);
    got = leave_mode();
    expect_equal(got.allocations, got.frees, "allocations at the end");
    expect_equal(got.allocated_bytes, got.freed_bytes, "allocated bytes at the end");
    end();
}

static void marked(void) {
    test("sampled blocks say so, with their weight, and their sum is the estimate");
    static void *blocks[200000];
    struct mscope_totals before, after;
    mscope_set_mode(MSCOPE_SAMPLED);
    mscope_read_totals(&before);
    for (size_t i = 0; i < 200000; i++) blocks[i] = malloc(100);
    mscope_read_totals(&after);
    struct live live = live_take();
    uint64_t samples = 0, weight = 0;
    double p = chance(101);
    for (size_t i = 0; i < live.count; i++) {
        struct mscope_block block = live.blocks[i];
        if (!(block.flags & MSCOPE_BLOCK_SAMPLED) || block.size != 100) continue;
        samples++;
        weight += block.weight;
        expect(fabs((double)block.weight - 1 / p) < 1 + 0.02 / p, "a weight of %llu, not %.1f",
            (unsigned long long)block.weight, 1 / p);
        expect(block.site != 0 && block.site_weight == block.weight, "a sample whose stack stands for %llu",
            (unsigned long long)block.site_weight);
    }
    double expected = 200000 * p, spread = sqrt(expected);
    expect(fabs((double)samples - expected) < 5 * spread, "%llu samples, not %.0f", (unsigned long long)samples,
        expected);
    expect_equal(after.sampled_allocations - before.sampled_allocations, samples, "the raw number of samples");
    expect_equal(after.program.allocations - before.program.allocations, weight, "the estimate");
    live_drop(&live);
    for (size_t i = 0; i < 200000; i++) free(blocks[i]);
    mscope_set_mode(MSCOPE_FULL);
    end();
}

static void zero_size(void) {
    test("blocks of no bytes are estimated too");
    in_mode(MSCOPE_SAMPLED);
    double blocks = interval * 40;
    for (size_t i = 0; i < (size_t)blocks; i++) free(malloc(0));
    struct mscope_counts got = leave_mode();
    expect_estimate(got, blocks, 0, sqrt(blocks * variance(1)), 0);
    expect_equal(got.allocations, got.frees, "estimated allocations");
    end();
}

int main(int count, char **arguments) {
    interval = count > 1 ? atof(arguments[1]) : 512 * 1024;
    if (!mscope_set_sample_interval((uint64_t)interval)) return 2;
    within_error(16, 3000000);
    within_error(1024, 1000000);
    within_error(600 * 1024, 20000);
    within_error(3000, 200000);
    int repetitions = interval > 100000 ? 100 : 200; // there each takes longer
    unbiased(16, (size_t)(interval * 5), repetitions);
    unbiased(1024, (size_t)(interval / 10), repetitions);
    unbiased((size_t)interval * 6 / 5, 500, 200);
    unbiased((size_t)interval / 3, 1000, 200);
    mixed();
    marked();
    zero_size();
    size_t large = (size_t)interval;
    chains("blocks shrunk from large to small are estimated without bias", MSCOPE_SAMPLED, large, 0, 200, 100000);
    chains("blocks grown in small steps are estimated without bias", MSCOPE_SAMPLED, 64, 64, 2048, 20000);
    chains("blocks grown in one step are estimated without bias", MSCOPE_SAMPLED, 100, 0, large, 3000);
    chains("the same by site in balanced, for blocks grown in small steps", MSCOPE_BALANCED, 64, 64, 2048, 20000);
    return check_result();
}
