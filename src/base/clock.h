/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h -- who knows what time it is.
 *
 * WALL: the system's time. REPLAY: time is what the watermarks of the inputs say, so a
 * compressed week runs through the same code as a live one. Only roles own a clock;
 * detectors, scoring, cases and statistics are given `now`.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum clock_kind { CLOCK_WALL, CLOCK_REPLAY };

struct clock {
	enum clock_kind kind;
	int64_t now; /* REPLAY: the last value set; never moves back */
};

void clock_init(struct clock *clock, enum clock_kind kind);
/* µs since 1970. In REPLAY, INT64_MIN before the first watermark. */
int64_t clock_now(struct clock *clock);
/* REPLAY: moves time forward to `t`; earlier values are ignored. WALL: does nothing. */
void clock_advance(struct clock *clock, int64_t t);
/* Monotonic µs for time-outs of the machine itself (sockets, back-off), in both kinds. */
int64_t clock_monotonic(void);

#endif
