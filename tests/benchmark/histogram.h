/* Delays, counted: a log-linear histogram, whose percentiles are wrong by less than one per cent.

Knows numbers. Must not know what they measure. */

#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

enum { STEP_BITS = 7, STEPS = 1 << STEP_BITS, BUCKETS = (64 - STEP_BITS + 1) * STEPS };

struct histogram {
    uint64_t count, most, buckets[BUCKETS];
};

/* Count one value. */
void histogram_add(struct histogram *histogram, uint64_t value);

/* The nearest-rank percentile, `share` from 0 to 1: the middle of its bucket; 0 of none. */
double histogram_percentile(const struct histogram *histogram, double share);

#endif
