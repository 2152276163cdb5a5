/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prevalence.c -- see prevalence.h. Each line's days are marked in a row of flags that
 * reaches G days (and the window) back before the first day asked for; then one walk over
 * the flags counts it where it is active or new. Once for the line as a whole, once for
 * each family.
 *
 * Wilson 1927: the interval of a share that is sane for small counts. It is the sampling
 * error alone, which is the smallest of the errors; it says nothing of what was not seen.
 */
#include "measure/prevalence.h"

#include "base/mem.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BACK = PREVALENCE_GAP, FLAGS = PREVALENCE_DAYS + BACK };

_Static_assert(PREVALENCE_GAP >= PREVALENCE_WINDOW, "the gap reaches over the window");

struct prevalence_run {
	struct prevalence *p;
	uint64_t line;
	bool any;
	int64_t first; /* day of the first data */
	char family[SIGHTING_NAME];
	bool of_line[FLAGS], of_family[FLAGS]; /* [0] is day from - BACK */
};

int64_t
prevalence_reach(int64_t from)
{
	return from - BACK;
}

struct prevalence_run *
prevalence_begin(int64_t from, int64_t to)
{
	struct prevalence_run *run = xcalloc(1, sizeof *run);

	assert(to >= from && to - from < PREVALENCE_DAYS);
	run->p = xcalloc(1, sizeof *run->p);
	run->p->from = from;
	run->p->to = to;
	run->first = INT64_MAX;
	return run;
}

static struct prevalence_family *
family_of(struct prevalence *p, const char *name)
{
	struct prevalence_family *f;

	for (size_t i = 0; i < p->family_count; i++)
		if (strcmp(p->families[i].name, name) == 0)
			return &p->families[i];
	p->families = xrealloc(p->families, (p->family_count + 1) * sizeof *p->families);
	f = &p->families[p->family_count++];
	memset(f, 0, sizeof *f);
	(void)snprintf(f->name, sizeof f->name, "%s", name);
	return f;
}

/* Walks over the flags and calls back nothing: adds 1 to each day of `out` on which the
 * bearer is active or new. */
static void
walk(const struct prevalence *p, const bool *flags, struct prevalence_day *out)
{
	size_t days = (size_t)(p->to - p->from) + 1, last = 0;
	bool seen = false;

	for (size_t i = 0; i < days + BACK; i++) {
		bool fresh = flags[i] && (!seen || i - last > PREVALENCE_GAP);

		if (flags[i]) {
			seen = true;
			last = i;
		}
		if (i < BACK)
			continue;
		out[i - BACK].active += seen && i - last < PREVALENCE_WINDOW;
		out[i - BACK].fresh += fresh;
	}
}

static void
close_family(struct prevalence_run *run)
{
	size_t days = (size_t)(run->p->to - run->p->from) + 1;
	struct prevalence_day *of = xcalloc(days, sizeof *of);
	struct prevalence_family *f = family_of(run->p, run->family);

	walk(run->p, run->of_family, of);
	f->active += of[days - 1].active;
	for (size_t i = days; i-- > 0 && days - i <= PREVALENCE_WINDOW;)
		f->fresh += of[i].fresh;
	free(of);
	memset(run->of_family, 0, sizeof run->of_family);
}

static void
close_line(struct prevalence_run *run)
{
	close_family(run);
	walk(run->p, run->of_line, run->p->days);
	run->p->lines++;
	memset(run->of_line, 0, sizeof run->of_line);
}

void
prevalence_add(struct prevalence_run *run, const struct day_seen *row)
{
	int64_t at = row->day - prevalence_reach(run->p->from);

	if (at < 0 || row->day > run->p->to)
		return;
	if (run->any && row->line != run->line)
		close_line(run);
	else if (run->any && strcmp(row->family, run->family) != 0)
		close_family(run);
	run->any = true;
	run->line = row->line;
	(void)snprintf(run->family, sizeof run->family, "%s", row->family);
	run->of_line[at] = true;
	run->of_family[at] = true;
	if (row->day < run->first)
		run->first = row->day;
}

static int
by_name(const void *a, const void *b)
{
	const struct prevalence_family *x = a, *y = b;

	return strcmp(x->name, y->name);
}

struct prevalence *
prevalence_end(struct prevalence_run *run)
{
	struct prevalence *p = run->p;

	if (run->any)
		close_line(run);
	if (p->family_count > 0)
		qsort(p->families, p->family_count, sizeof *p->families, by_name);
	/* Data that reach back to the very first day wanted may have begun earlier. */
	p->complete_from = !run->any ? p->to + 1 : run->first + PREVALENCE_GAP;
	if (run->any && run->first == prevalence_reach(p->from))
		p->complete_from = p->from;
	free(run);
	return p;
}

void
prevalence_free(struct prevalence *p)
{
	if (p == NULL)
		return;
	free(p->families);
	free(p);
}

void
prevalence_interval(uint64_t count, uint64_t of, double *low, double *high)
{
	const double z = 1.959964;
	double n = (double)of, share, centre, half, scale;

	*low = 0;
	*high = 1;
	if (of == 0 || count > of)
		return;
	share = (double)count / n;
	scale = 1 + z * z / n;
	centre = (share + z * z / (2 * n)) / scale;
	half = z / scale * sqrt(share * (1 - share) / n + z * z / (4 * n * n));
	*low = fmax(0, centre - half);
	*high = fmin(1, centre + half);
}
