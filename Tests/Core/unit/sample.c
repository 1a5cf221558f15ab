// The arithmetic of sampling: logarithms without libm, distances, weights.
#include "../../../Sources/CMemscope/record/sample.c"

#include <math.h>

#include "../support/check.h"
#include "hooks/hooks.h"

static void functions(void) {
    test("the logarithm and the exponential agree with libm to 1e-9");
    for (double u = 1; u > 1e-16; u *= 0.97) {
        double wanted = -log(u);
        expect(fabs(mscope_negative_log(u) - wanted) <= 1e-9 * (wanted + 1), "-ln(%g) is %.12g, not %.12g", u,
            mscope_negative_log(u), wanted);
    }
    for (double x = 1e-12; x < 100; x *= 1.07) {
        double wanted = -expm1(-x);
        expect(fabs(mscope_one_minus_exp(x) - wanted) <= 1e-9 * wanted, "1 - exp(-%g) is %.12g, not %.12g", x,
            mscope_one_minus_exp(x), wanted);
    }
    end();
}

static void distances(void) {
    test("distances are exponential: mean, spread and median");
    static struct mscope_bank bank;
    bank.random = 12345;
    enum { COUNT = 400000 };
    double sum = 0, squares = 0, below = 0, mean = (double)mscope_sample_interval();
    for (int i = 0; i < COUNT; i++) {
        double distance = (double)mscope_next_sample(&bank);
        expect(distance >= 1, "a distance of %g", distance);
        sum += distance;
        squares += distance * distance;
        below += distance < mean * log(2);
    }
    double average = sum / COUNT, spread = sqrt(squares / COUNT - average * average);
    expect(fabs(average / mean - 1) < 4 / sqrt(COUNT), "the mean is %.0f", average);
    expect(fabs(spread / mean - 1) < 0.02, "the spread is %.0f", spread);
    expect(fabs(below / COUNT - 0.5) < 2 / sqrt(COUNT), "%.4f are below the median", below / COUNT);
    end();
}

static void weights(void) {
    test("rounded weights have the right mean");
    static struct mscope_bank bank;
    bank.random = 99;
    uint64_t sizes[] = {0, 1, 16, 1000, 100000, 524288, 600000, 5000000, 1ull << 40};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        double sum = 0, wanted = 1 / -expm1(-(double)(sizes[i] | 1) / (double)mscope_sample_interval());
        for (int k = 0; k < 200000; k++) sum += (double)mscope_weight(sizes[i], mscope_round_weight(&bank, sizes[i]));
        expect(fabs(sum / 200000 - wanted) < 0.005 + wanted * 1e-6, "%llu bytes weigh %.4f, not %.4f",
            (unsigned long long)sizes[i], sum / 200000, wanted);
    }
    end();
}

int main(void) {
    mscope_boot();
    functions();
    distances();
    weights();
    return check_result();
}
