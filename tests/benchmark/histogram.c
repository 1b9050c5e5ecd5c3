/* See histogram.h. Values up to 2 * STEPS have a bucket each; above that each power of two has STEPS of them. */

#include "histogram.h"

static unsigned shift_of(uint64_t value) {
    return value < 2 * STEPS ? 0 : 63 - STEP_BITS - (unsigned)__builtin_clzll(value);
}

void histogram_add(struct histogram *histogram, uint64_t value) {
    unsigned shift = shift_of(value);
    histogram->buckets[shift * STEPS + (value >> shift)]++;
    histogram->count++;
    if (value > histogram->most)
        histogram->most = value;
}

static double middle(unsigned bucket) {
    unsigned shift = bucket < 2 * STEPS ? 0 : bucket / STEPS - 1;
    uint64_t lowest = (uint64_t)(bucket - shift * STEPS) << shift;
    return (double)lowest + (double)((1ULL << shift) - 1) / 2;
}

double histogram_percentile(const struct histogram *histogram, double share) {
    double rank = share * (double)histogram->count;
    uint64_t passed = 0;
    for (unsigned bucket = 0; histogram->count && bucket < BUCKETS; bucket++) {
        passed += histogram->buckets[bucket];
        if (passed && (double)passed >= rank)
            return middle(bucket);
    }
    return 0;
}
