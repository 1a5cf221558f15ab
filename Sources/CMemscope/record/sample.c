// Poisson sampling by bytes: each byte is equally likely to be hit, one per interval on average.
//
// A block of s bytes is sampled with probability p = 1 - exp(-s/R), so it stands for 1/p blocks (Horvitz and Thompson,
// "A Generalization of Sampling Without Replacement From a Finite Universe", JASA 47, 1952). The weight is rounded at
// random to a whole number, so that the mean is right; a bit in the slot says which way, so that freeing the block
// subtracts what its birth added.
#include "record/record.h"

_Atomic uint64_t mscope_interval = 512 * 1024;

uint64_t mscope_sample_interval(void)
{
    return mscope_load_relaxed(&mscope_interval);
}

bool mscope_set_sample_interval(uint64_t bytes)
{
    if (bytes < 1 || mscope_load_relaxed(&mscope_global.sampled_allocations) != 0) return false;
    mscope_store_relaxed(&mscope_interval, bytes);
    // The calling thread's next sample was drawn for the old interval. Other running threads keep theirs.
    if (mscope_tls.bank != NULL) mscope_tls.until_sample = mscope_next_sample(mscope_tls.bank);
    return true;
}

/// SplitMix64's finaliser (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
static uint64_t mscope_mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

// libm may write errno and is not everywhere; both functions below are exact to 1e-9.

/// -ln(u) for u in (0, 1].
static double mscope_negative_log(double u)
{
    int exponent = 0;
    while (u < 0.70710678) {
        u *= 2;
        exponent++;
    }
    double z = (u - 1) / (u + 1), square = z * z, term = z, sum = 0;
    for (int n = 1; n < 20; n += 2, term *= square) sum += term / n;
    return exponent * 0.69314718055994531 - 2 * sum;
}

/// 1 - exp(-x) for x >= 0, without cancellation for small x.
static double mscope_one_minus_exp(double x)
{
    if (x > 40) return 1;
    int halvings = 0;
    while (x > 0.125) {
        x /= 2;
        halvings++;
    }
    double term = x, result = 0;
    for (int n = 2; n < 10; n++) {
        result += term;
        term *= -x / n;
    }
    while (halvings--) result = result * (2 - result); // 1 - (1 - p)^2
    return result;
}

/// Uniform in [0, 1).
static double mscope_uniform(struct mscope_bank *bank)
{
    bank->random += 0x9e3779b97f4a7c15ull;
    return (double)(mscope_mix(bank->random) >> 11) * 0x1p-53;
}

int64_t mscope_next_sample(struct mscope_bank *bank)
{
    double distance = mscope_negative_log(1 - mscope_uniform(bank)) * (double)mscope_load_relaxed(&mscope_interval);
    return distance < 1 ? 1 : distance > 1e15 ? 1000000000000000 : (int64_t)distance;
}

int64_t mscope_next_trial(struct mscope_bank *bank, uint64_t rate)
{
    double failures = mscope_negative_log(1 - mscope_uniform(bank)) / mscope_negative_log(1 - 1 / (double)rate);
    return failures > 1e15 ? 1000000000000000 : (int64_t)failures;
}

static double mscope_exact_weight(uint64_t size)
{
    // malloc(0) has no byte to hit: sizes are made odd, here and where the sample is decided.
    return 1 / mscope_one_minus_exp((double)(size | 1) / (double)mscope_load_relaxed(&mscope_interval));
}

uint64_t mscope_round_weight(struct mscope_bank *bank, uint64_t size)
{
    double weight = mscope_exact_weight(size);
    return weight - (double)(uint64_t)weight > mscope_uniform(bank) ? MSCOPE_BORN_ROUNDED : 0;
}

uint64_t mscope_weight(uint64_t size, uint64_t born)
{
    return (uint64_t)mscope_exact_weight(size) + (born & MSCOPE_BORN_ROUNDED ? 1 : 0);
}
