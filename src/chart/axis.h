/* SPDX-License-Identifier: Apache-2.0 */
/*
 * axis.h -- where to put the ticks of an axis, and what to write at them.
 *
 * Numbers: steps of 1, 2 or 5 times a power of ten (Heckbert, "Nice numbers for graph
 * labels", Graphics Gems 1990). Times: whole minutes, hours, days, weeks, months, in UTC.
 */
#ifndef CHART_AXIS_H
#define CHART_AXIS_H

#include <stdbool.h>
#include <stddef.h>

enum { AXIS_TICKS = 16, AXIS_LABEL = 24 };

struct axis {
	double low, high; /* of the axis; may reach beyond the data */
	size_t count;
	double at[AXIS_TICKS];
	char label[AXIS_TICKS][AXIS_LABEL];
};

/* Covers [low, high] with about `wanted` ticks (2 to 10); equal or unordered ends are
 * widened. */
void axis_number(struct axis *axis, double low, double high, unsigned wanted);
/* `low`, `high`: µs since 1970. The axis keeps these ends; ticks lie inside. */
void axis_time(struct axis *axis, double low, double high, unsigned wanted);

#endif
