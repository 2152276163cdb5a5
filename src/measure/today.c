/* SPDX-License-Identifier: Apache-2.0 */
/*
 * today.c -- from the store's rows to the printed figures; see today.h.
 *
 * The denominator is the number of subscribed lines, which the engine notes at each
 * import of the line registry (setting "lines"): readers never open the identity
 * database. A sighting that could not be attributed may stand for a line of its own: the
 * count of active lines is bounded by [n, n + unattributed sightings].
 */
#include "measure/today.h"

#include "base/when.h"
#include "measure/prevalence.h"

#include <stdio.h>
#include <stdlib.h>

static int64_t
day_of(int64_t t)
{
	return t / WHEN_DAY - (t % WHEN_DAY < 0);
}

static void
write_day(struct jw *j, const char *name, int64_t day)
{
	char text[WHEN_TEXT];

	jw_text_n(j, name, when_text(day * WHEN_DAY, text), 10);
}

static bool
add_row(void *ctx, const struct day_seen *row)
{
	prevalence_add(ctx, row);
	return true;
}

struct sources {
	struct jw *j;
	struct store *store;
};

/* Of a source that tells differences on most days (setting "delta.SOURCE", which the
 * engine notes and never takes back), fewer sightings do not mean fewer bots. */
static bool
write_source(void *ctx, const char *source, uint64_t sightings)
{
	const struct sources *s = ctx;
	char key[64], *delta;

	(void)snprintf(key, sizeof key, "delta.%.50s", source);
	delta = store_setting(s->store, key);
	jw_object(s->j, NULL);
	jw_text(s->j, "source", source);
	jw_uint(s->j, "sightings", sightings);
	if (delta != NULL)
		jw_flag(s->j, "delta", true);
	jw_end(s->j);
	free(delta);
	return true;
}

static uint64_t
subscribed(struct store *store)
{
	char *text = store_setting(store, "lines");
	uint64_t lines = text != NULL ? strtoull(text, NULL, 10) : 0;

	free(text);
	return lines;
}

/* Active lines against subscribed ones, with the interval; null where nobody has told how
 * many there are. */
static void
write_share(struct jw *j, uint64_t active, uint64_t lines)
{
	double low, high;

	if (lines == 0) {
		jw_null(j, "subscribed_lines");
		jw_null(j, "per_1000");
		return;
	}
	prevalence_interval(active, lines, &low, &high);
	jw_uint(j, "subscribed_lines", lines);
	jw_fixed(j, "per_1000", 1000.0 * (double)active / (double)lines, 3);
	jw_array(j, "per_1000_95");
	jw_fixed(j, NULL, 1000 * low, 3);
	jw_fixed(j, NULL, 1000 * high, 3);
	jw_end(j);
}

static void
write_attribution(struct jw *j, struct store *store, int64_t now, uint64_t active)
{
	uint64_t counts[ATTRIBUTION_COUNT], all = 0, not_ours, unique;

	store_answers(store, now - PREVALENCE_WINDOW * WHEN_DAY, now + 1, counts);
	for (size_t i = 0; i < ATTRIBUTION_COUNT; i++)
		all += counts[i];
	not_ours = counts[ATTRIBUTION_NOT_OURS];
	unique = counts[ATTRIBUTION_UNIQUE];
	all -= not_ours;
	jw_array(j, "active_bounds");
	jw_uint(j, NULL, active);
	jw_uint(j, NULL, active + all - unique);
	jw_end(j);
	if (all == 0)
		jw_null(j, "unattributed_share");
	else
		jw_fixed(
		    j, "unattributed_share", (double)(all - unique) / (double)all, 4);
	jw_object(j, "answers");
	for (size_t i = 0; i < ATTRIBUTION_COUNT; i++)
		jw_uint(j, attribution_names[i], counts[i]);
	jw_end(j);
}

static void
write_series(struct jw *j, const struct prevalence *p)
{
	jw_array(j, "days");
	for (int64_t day = p->from; day <= p->to; day++) {
		const struct prevalence_day *d = &p->days[day - p->from];

		jw_object(j, NULL);
		write_day(j, "day", day);
		jw_uint(j, "active", d->active);
		jw_uint(j, "new", d->fresh);
		jw_end(j);
	}
	jw_end(j);
	jw_array(j, "families");
	for (size_t i = 0; i < p->family_count; i++) {
		const struct prevalence_family *f = &p->families[i];

		if (f->active == 0 && f->fresh == 0)
			continue;
		jw_object(j, NULL);
		jw_text(j, "family", f->name[0] != 0 ? f->name : "unknown");
		jw_uint(j, "active", f->active);
		jw_uint(j, "new", f->fresh);
		jw_end(j);
	}
	jw_end(j);
}

struct prevalence *
measure_days(struct store *store, int64_t now, int64_t days)
{
	int64_t from, to = day_of(now);
	struct prevalence_run *run;

	days = days < 1 ? 1 : days > PREVALENCE_DAYS ? PREVALENCE_DAYS : days;
	from = to - days + 1;
	run = prevalence_begin(from, to);
	store_days(store, prevalence_reach(from), to + 1, add_row, run);
	return prevalence_end(run);
}

int64_t
measure_now(struct store *store)
{
	return (int64_t)store_stream(store, "clock");
}

void
measure_json(
    struct store *store, int64_t now, int64_t days, struct jw *j, const char *name)
{
	struct sources sources = {j, store};
	int64_t today = day_of(now);
	struct prevalence *p = measure_days(store, now, days);
	const struct prevalence_day *last = &p->days[p->to - p->from];

	jw_object(j, name);
	jw_text(j, "method", PREVALENCE_METHOD);
	jw_when(j, "time", now);
	write_day(j, "day", today);
	jw_int(j, "window_days", PREVALENCE_WINDOW);
	jw_int(j, "gap_days", PREVALENCE_GAP);
	jw_uint(j, "active", last->active);
	jw_uint(j, "new", last->fresh);
	write_share(j, last->active, subscribed(store));
	write_attribution(j, store, now, last->active);
	/* Before this day some of the "new" may be old: data began less than G before. */
	if (p->complete_from <= today)
		write_day(j, "new_complete_from", p->complete_from);
	else
		jw_null(j, "new_complete_from");
	jw_array(j, "sources");
	store_sources(
	    store, now - PREVALENCE_WINDOW * WHEN_DAY, now + 1, write_source, &sources);
	jw_end(j);
	write_series(j, p);
	jw_end(j);
	prevalence_free(p);
}
