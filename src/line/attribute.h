/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attribute.h -- (realm, address, port, time +- precision) -> line, or an honest refusal.
 *
 * Never the present holder for a past time; never a guess. Every lease that touches
 * [time - slack, time + slack] is a candidate, where slack is the sighting's precision
 * plus the clock error of the lease log. One candidate: unique. More, all whose order
 * only the slack blurs: clock doubtful. Port blocks without a port: needs port.
 */
#ifndef LINE_ATTRIBUTE_H
#define LINE_ATTRIBUTE_H

#include "line/lease.h"

enum attribution {
	ATTRIBUTION_UNIQUE,
	ATTRIBUTION_AMBIGUOUS,
	ATTRIBUTION_NO_LEASE,
	ATTRIBUTION_NEEDS_PORT,
	ATTRIBUTION_NOT_OURS,
	ATTRIBUTION_CLOCK_DOUBTFUL,
	ATTRIBUTION_COUNT
};

enum { ATTRIBUTION_TRAIL = 8 };

struct attributed {
	enum attribution answer;
	uint32_t handle; /* UNIQUE only, else 0 */
	uint32_t candidates;
	uint32_t trail_count;
	struct lease trail[ATTRIBUTION_TRAIL]; /* the leases looked at, oldest first */
};

struct static_line {
	uint32_t realm;
	struct prefix prefix;
	uint32_t handle;
};

struct attributor {
	const struct leases *leases; /* may be NULL */
	const struct static_line
	    *statics; /* sorted by (realm, prefix address); lines with fixed addresses */
	size_t static_count;
	const struct prefix *ours;
	size_t our_count;
	int64_t clock_error; /* µs, of the lease log against UTC */
	int64_t kept; /* leases that ended before are forgotten, even if still there */
	uint8_t v6_length;
};

struct attribute_query {
	uint32_t realm;
	struct addr addr;
	uint16_t port; /* 0: not told */
	int64_t first, last, precision;
};

void attribute(
    const struct attributor *a, const struct attribute_query *q, struct attributed *out);

extern const char *const attribution_names[ATTRIBUTION_COUNT];

#endif
