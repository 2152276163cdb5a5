/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brakes.h -- what stops notices that are too many to be true: pure functions of counts.
 *
 * A cap delays: the notice goes out in a later hour. HOLD stops: the cause (or the site)
 * has brought so many new cases within 24 h that a person must look first. A poisoned
 * feed or a bad indicator meets both. Shadow withholds everything until a new
 * installation has been watched for some days and a person has judged a sample.
 */
#ifndef CASE_BRAKES_H
#define CASE_BRAKES_H

#include "case/policy.h"

enum { BRAKE_DAYS = 28, BRAKE_CAUSE = 176 };

enum brake { BRAKE_NONE, BRAKE_CAP, BRAKE_HOLD_CAUSE, BRAKE_HOLD_SITE };

/* Cases opened, by day before the last 24 h, and within them. */
struct brake_history {
	uint64_t daily[BRAKE_DAYS];
	uint64_t last_day;
};

struct brake_counts {
	uint64_t notices_hour, notices_hour_cause; /* already in this hour */
};

/* Whether `history` makes HOLD: last_day > max(floor, factor x median of daily). */
bool brake_holds(const struct brake_history *history, int64_t floor, double factor);
double brake_median(const struct brake_history *history);
/* Whether one more notice fits under the caps. */
bool brake_fits(const struct policy_caps *caps, const struct brake_counts *counts);
/* Whether a new installation is still in shadow: `since` is its first day, `judged` the
 * cases that a person has judged. */
bool brake_shadow(
    const struct policy_shadow *shadow, int64_t since, int64_t now, uint64_t judged);

/* What brought a sighting about, as brakes and `case retract` name it: "report:TYPE" or
 * "detector:NAME". `out` holds BRAKE_CAUSE bytes and is returned. */
const char *cause_of(const struct sighting *s, char *out);
/* "indicator:NAME-or-address" for hits of the indicator detector; "" for others. */
const char *cause_indicator(const struct sighting *s, char *out);
/* Whether a person's text names a cause: one of the kinds above, or "source:X",
 * "upstream:X". `held`: a cause that can be held, "site" besides, not the latter two. */
MUST_CHECK bool cause_named(const char *text, bool held, struct err *err);
/* Whether the sighting stands on `cause`, which may also be "source:X", "upstream:X". */
bool cause_matches(const struct sighting *s, const char *cause);

#endif
