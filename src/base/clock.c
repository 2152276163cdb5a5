/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c -- see clock.h. The only place that asks the system what time it is. */
#include "base/clock.h"

#include <time.h>

static int64_t
read_system(clockid_t which)
{
	struct timespec ts;

	(void)clock_gettime(which, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void
clock_init(struct clock *clock, enum clock_kind kind)
{
	*clock = (struct clock){.kind = kind, .now = INT64_MIN};
}

/* WALL too never moves back: a step of the system's clock shows as a pause. */
int64_t
clock_now(struct clock *clock)
{
	if (clock->kind == CLOCK_WALL) {
		int64_t now = read_system(CLOCK_REALTIME);

		clock->now = now > clock->now ? now : clock->now;
	}
	return clock->now;
}

void
clock_advance(struct clock *clock, int64_t t)
{
	if (clock->kind == CLOCK_REPLAY && t > clock->now)
		clock->now = t;
}

int64_t
clock_monotonic(void)
{
	return read_system(CLOCK_MONOTONIC);
}
