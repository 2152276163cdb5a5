/* SPDX-License-Identifier: Apache-2.0 */
/* brakes.c -- see brakes.h. */
#include "case/brakes.h"

#include "base/when.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int
by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

double
brake_median(const struct brake_history *history)
{
	uint64_t sorted[BRAKE_DAYS];

	memcpy(sorted, history->daily, sizeof sorted);
	qsort(sorted, BRAKE_DAYS, sizeof sorted[0], by_size);
	return (double)(sorted[BRAKE_DAYS / 2 - 1] + sorted[BRAKE_DAYS / 2]) / 2;
}

bool
brake_holds(const struct brake_history *history, int64_t floor, double factor)
{
	double limit = fmax((double)floor, factor * brake_median(history));

	return (double)history->last_day > limit;
}

bool
brake_fits(const struct policy_caps *caps, const struct brake_counts *counts)
{
	return counts->notices_hour < (uint64_t)caps->notices_per_hour &&
	       counts->notices_hour_cause < (uint64_t)caps->notices_per_hour_per_cause;
}

bool
brake_shadow(
    const struct policy_shadow *shadow, int64_t since, int64_t now, uint64_t judged)
{
	return now < since + shadow->days * WHEN_DAY || judged < (uint64_t)shadow->sample;
}

const char *
cause_of(const struct sighting *s, char *out)
{
	(void)snprintf(out, BRAKE_CAUSE, "%s:%s",
	    s->group == GROUP_REPORT ? "report" : "detector", s->identifier);
	return out;
}

const char *
cause_indicator(const struct sighting *s, char *out)
{
	static const struct addr none;
	char text[ADDR_TEXT];

	out[0] = '\0';
	if (s->group != GROUP_INTEL)
		return out;
	if (s->remote_name[0] != '\0')
		(void)snprintf(out, BRAKE_CAUSE, "indicator:%s", s->remote_name);
	else if (!addr_equal(&s->remote, &none))
		(void)snprintf(
		    out, BRAKE_CAUSE, "indicator:%s", addr_text(&s->remote, text));
	return out;
}

bool
cause_named(const char *text, bool held, struct err *err)
{
	static const char *const kinds[] = {
	    "report:", "detector:", "indicator:", "source:", "upstream:"};
	const char *more = held ? "; or site" : ", source:NAME, upstream:NAME";

	for (size_t i = 0; text != NULL && i < (held ? 3 : 5); i++)
		if (strncmp(text, kinds[i], strlen(kinds[i])) == 0 &&
		    strlen(text) > strlen(kinds[i]) && strlen(text) < BRAKE_CAUSE)
			return true;
	if (held && text != NULL && strcmp(text, "site") == 0)
		return true;
	return err_set(err,
	    "\"%.60s\" names no cause: report:TYPE, detector:NAME, indicator:NAME%s",
	    text ? text : "", more);
}

bool
cause_matches(const struct sighting *s, const char *cause)
{
	char own[BRAKE_CAUSE];

	if (strncmp(cause, "source:", 7) == 0)
		return strcmp(cause + 7, s->source) == 0;
	if (strncmp(cause, "upstream:", 9) == 0)
		return strcmp(cause + 9, s->upstream) == 0;
	if (strncmp(cause, "indicator:", 10) == 0)
		return strcmp(cause, cause_indicator(s, own)) == 0;
	return strcmp(cause, cause_of(s, own)) == 0;
}
