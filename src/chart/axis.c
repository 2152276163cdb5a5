/* SPDX-License-Identifier: Apache-2.0 */
/* axis.c -- see axis.h. */
#include "chart/axis.h"

#include "base/when.h"

#include <math.h>
#include <stdio.h>

static double
nice_step(double span, unsigned wanted)
{
	double rough = span / wanted, power = pow(10, floor(log10(rough)));
	double times = rough / power;

	return (times < 1.5 ? 1 : times < 3.5 ? 2 : times < 7.5 ? 5 : 10) * power;
}

static void
widen(double *low, double *high)
{
	if (!isfinite(*low) || !isfinite(*high))
		*low = *high = 0;
	if (*high > *low)
		return;
	*high = *low + fmax(1, fabs(*low) * 0.1);
}

void
axis_number(struct axis *axis, double low, double high, unsigned wanted)
{
	double step;
	int decimals;

	widen(&low, &high);
	step = nice_step(high - low, wanted);
	axis->low = floor(low / step + 1e-9) * step;
	axis->high = ceil(high / step - 1e-9) * step;
	decimals = (int)fmin(9, fmax(0, ceil(-log10(step) - 1e-9)));
	axis->count = 0;
	for (size_t i = 0; i < AXIS_TICKS; i++) {
		double at = axis->low + (double)i * step;

		if (at > axis->high + step / 2)
			break;
		axis->at[i] = at;
		(void)snprintf(axis->label[i], AXIS_LABEL, "%.*f", decimals,
		    fabs(at) < step / 2 ? 0 : at);
		axis->count++;
	}
}

/* Steps that people read as whole; beyond the last, months. */
static const int64_t steps[] = {WHEN_MINUTE, 5 * WHEN_MINUTE, 15 * WHEN_MINUTE, WHEN_HOUR,
    3 * WHEN_HOUR, 6 * WHEN_HOUR, 12 * WHEN_HOUR, WHEN_DAY, 2 * WHEN_DAY, 7 * WHEN_DAY,
    14 * WHEN_DAY};
enum { STEPS = sizeof steps / sizeof *steps };

static void
add_tick(struct axis *axis, int64_t t, const char *label)
{
	if (axis->count == AXIS_TICKS)
		return;
	axis->at[axis->count] = (double)t;
	(void)snprintf(axis->label[axis->count++], AXIS_LABEL, "%s", label);
}

static void
label_of(int64_t t, bool hours, char *out, size_t room)
{
	struct civil c = when_to_civil(t);

	if (hours && (c.hour != 0 || c.minute != 0))
		(void)snprintf(out, room, "%02u:%02u", c.hour, c.minute);
	else
		(void)snprintf(out, room, "%d-%02u-%02u", (int)c.year, c.month, c.day);
}

static void
ticks_of_step(struct axis *axis, int64_t low, int64_t high, int64_t step)
{
	/* Weeks begin on Mondays: 1970-01-05 was one. */
	int64_t origin = step >= 7 * WHEN_DAY ? 4 * WHEN_DAY : 0;
	int64_t first = (low - origin + step - 1) / step * step + origin;
	char label[AXIS_LABEL];

	for (int64_t t = first; t <= high; t += step) {
		label_of(t, step < WHEN_DAY, label, sizeof label);
		add_tick(axis, t, label);
	}
}

static void
ticks_of_months(struct axis *axis, int64_t low, int64_t high, int64_t every)
{
	struct civil c = when_to_civil(low);
	int64_t month = c.year * 12 + c.month - 1;
	char label[AXIS_LABEL];

	for (month = (month + every) / every * every; axis->count < AXIS_TICKS;
	     month += every) {
		struct civil at = {.year = (int32_t)(month / 12),
		    .month = (uint8_t)(month % 12 + 1),
		    .day = 1};
		int64_t t = when_from_civil(&at);

		if (t > high)
			return;
		(void)snprintf(label, sizeof label, "%d-%02u", (int)at.year, at.month);
		add_tick(axis, t, label);
	}
}

void
axis_time(struct axis *axis, double low, double high, unsigned wanted)
{
	int64_t span, month = 30 * WHEN_DAY;
	size_t i = 0;

	widen(&low, &high);
	axis->low = low;
	axis->high = high;
	axis->count = 0;
	span = (int64_t)(high - low);
	while (i < STEPS && span / steps[i] > wanted)
		i++;
	if (i < STEPS)
		ticks_of_step(axis, (int64_t)low, (int64_t)high, steps[i]);
	else
		ticks_of_months(axis, (int64_t)low, (int64_t)high,
		    1 + span / (month * (int64_t)wanted));
}
