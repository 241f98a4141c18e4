/* chi_square.h - whether counts look as if they came from a uniform distribution. */
#ifndef SCH_TESTS_SUPPORT_CHI_SQUARE_H
#define SCH_TESTS_SUPPORT_CHI_SQUARE_H

#include <stdbool.h>
#include <stddef.h>

/* Pearson's statistic against its quantile for 6 standard deviations: a uniform source fails about once in 10^9 times.
 * Quantile: Wilson and Hilferty 1931. Each category should expect 5 counts at least. */
static inline bool chi_square_is_uniform(const size_t *count, size_t categories)
{
    double total = 0;
    for (size_t i = 0; i < categories; i++) {
        total += (double)count[i];
    }
    double expected = total / (double)categories;
    double statistic = 0;
    for (size_t i = 0; i < categories; i++) {
        double off = (double)count[i] - expected;
        statistic += off * off / expected;
    }
    double df = (double)categories - 1;
    double variance = 2 / (9 * df);
    double low = 0;
    double high = 1;
    while (high - low > 1e-12) { /* the square root, without the mathematics library */
        double middle = (low + high) / 2;
        *(middle * middle < variance ? &low : &high) = middle;
    }
    double cube = 1 - variance + 6 * high;
    return statistic < df * cube * cube * cube;
}

#endif
