/* SPDX-License-Identifier: Apache-2.0 */
/*
 * charts.c -- see charts.h. Probabilities near one differ by what is missing to it, so
 * the posterior is drawn in nats (log odds), where evidence adds up and both thresholds
 * show.
 */
#include "web/charts.h"

#include "base/mem.h"
#include "base/when.h"
#include "chart/chart.h"
#include "measure/today.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct points {
	double *x, *y;
	size_t count, room;
};

static void
add_point(struct points *p, double x, double y)
{
	if (p->count == p->room) {
		p->room = p->room ? p->room * 2 : 64;
		p->x = xrealloc(p->x, p->room * sizeof *p->x);
		p->y = xrealloc(p->y, p->room * sizeof *p->y);
	}
	p->x[p->count] = x;
	p->y[p->count++] = y;
}

static double
log_odds(double probability)
{
	return log(probability / (1 - probability));
}

static bool
take_entry(void *ctx, const struct entry *entry, const void *payload, size_t size)
{
	(void)payload;
	(void)size;
	if (entry->type == ENTRY_OPENED || entry->type == ENTRY_EVIDENCE)
		add_point(ctx, (double)entry->time,
		    entry->score + log_odds(entry->prior > 0 ? entry->prior : 1e-3));
	return true;
}

void
chart_of_case(struct store *store, const struct case_record *record, struct wr *out)
{
	struct points p = {0};
	double first, last, span[2], suspect[2], infected[2];

	store_entries(store, record->id, take_entry, &p);
	if (p.count == 0)
		add_point(&p, (double)record->now.opened, log_odds(1e-3));
	first = p.x[0];
	last = fmax(p.x[p.count - 1], first + (double)WHEN_DAY);
	add_point(&p, last, p.y[p.count - 1]);
	span[0] = first;
	span[1] = last;
	suspect[0] = suspect[1] = log_odds(.5);
	infected[0] = infected[1] = log_odds(.99);
	chart_svg(
	    &(struct chart){
		.title = "Evidence and prior, in nats",
		.description =
		    "Log odds of infection as the case's log tells them, beside "
		    "the thresholds of suspect (0) and infected (4.6).",
		.width = 560,
		.height = 260,
		.time = true,
		.from_zero = true,
		.series =
		    (const struct chart_series[]){
			{CHART_STEPS, "log odds", p.x, p.y, NULL, NULL, p.count},
			{CHART_LINE, "infected", span, infected, NULL, NULL, 2},
			{CHART_LINE, "suspect", span, suspect, NULL, NULL, 2},
		    },
		.series_count = 3,
	    },
	    out);
	free(p.x);
	free(p.y);
}

void
chart_of_prevalence(struct store *store, int64_t now, int64_t days, struct wr *out)
{
	struct prevalence *p = measure_days(store, now, days);
	size_t count = (size_t)(p->to - p->from + 1);
	double x[PREVALENCE_DAYS], active[PREVALENCE_DAYS], fresh[PREVALENCE_DAYS];

	for (size_t i = 0; i < count; i++) {
		x[i] = (double)(p->from + (int64_t)i) * (double)WHEN_DAY;
		active[i] = (double)p->days[i].active;
		fresh[i] = (double)p->days[i].fresh;
	}
	chart_svg(
	    &(struct chart){
		.title = "Lines seen acting as bots",
		.description =
		    "Per day: lines active in the last 10 days, and new episodes.",
		.y_label = "lines",
		.width = 960,
		.height = 320,
		.time = true,
		.from_zero = true,
		.series =
		    (const struct chart_series[]){
			{CHART_BARS, "new episodes", x, fresh, NULL, NULL, count},
			{CHART_STEPS, "active, 10 days", x, active, NULL, NULL, count},
		    },
		.series_count = 2,
	    },
	    out);
	prevalence_free(p);
}
