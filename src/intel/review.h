/* SPDX-License-Identifier: Apache-2.0 */
/*
 * review.h -- what people said of indicators that were suspended: a file of our own.
 *
 * An indicator that too many lines hit is suspended and goes to a person, with both
 * readings: a bad indicator, or an outbreak. The answers stand in a CSV of the daemon's
 * directory (value, review, time), the last of a value counts; they apply to every list
 * that has the value. `keep`: popularity does not suspend it again. `retired`: it counts
 * no more.
 */
#ifndef INTEL_REVIEW_H
#define INTEL_REVIEW_H

#include "intel/indicators.h"

/* Name of the file in the daemon's directory. */
#define REVIEWS_FILE "reviews.csv"

/* Into a set that is not sealed. A file that does not exist says nothing; a line that
 * does not read fails the whole, with a sentence. */
MUST_CHECK bool reviews_load(struct indicators *set, const char *path, struct err *err);
/* Appends one answer, durable before it returns. */
MUST_CHECK bool reviews_add(const char *path, const char *value,
    enum indicator_review review, int64_t now, struct err *err);

#endif
