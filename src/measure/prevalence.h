/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prevalence.h -- how many lines are infected, and how many newly: method CM-1, thin.
 *
 * Pure: rows (line, family, day seen) in, figures out. After reference CM-1:
 *   C4  active at day d: lines with at least one observation in the W = 10 days that end
 *       with d
 *   C3  episode: observations of a (line, family) at most G = 30 days apart
 *   C6  new at day d: episodes whose first observation is on d, with none in the G days
 *       before. Full only from G days after the first data (`complete_from`)
 *   C2  the total counts lines, distinct over families, never observations
 * Not here yet: point prevalence, the dark number, durations, intervals over models.
 */
#ifndef MEASURE_PREVALENCE_H
#define MEASURE_PREVALENCE_H

#include "store/store.h"

#define PREVALENCE_METHOD "CM-1/0.1"

enum { PREVALENCE_WINDOW = 10, PREVALENCE_GAP = 30, PREVALENCE_DAYS = 400 };

struct prevalence_day {
	uint64_t active, fresh; /* lines; new episodes of lines, of whatever family */
};

struct prevalence_family {
	char name[SIGHTING_NAME]; /* "" = unknown */
	uint64_t active;          /* at the last day */
	uint64_t fresh;           /* episodes begun in the last W days */
};

struct prevalence {
	int64_t from, to; /* days since 1970, both counted */
	int64_t complete_from;
	struct prevalence_day days[PREVALENCE_DAYS]; /* [0] is `from` */
	struct prevalence_family *families;          /* by name */
	size_t family_count;
	uint64_t lines; /* seen at all */
};

struct prevalence_run;

/* Rows are wanted from prevalence_reach(from) on, ordered by line, family, day. */
int64_t prevalence_reach(int64_t from);
/* `to` - `from` < PREVALENCE_DAYS. */
struct prevalence_run *prevalence_begin(int64_t from, int64_t to);
void prevalence_add(struct prevalence_run *run, const struct day_seen *row);
/* The figures; ends the run. Free with prevalence_free. */
struct prevalence *prevalence_end(struct prevalence_run *run);
void prevalence_free(struct prevalence *p);
/* Wilson's 95 % interval of count / of. */
void prevalence_interval(uint64_t count, uint64_t of, double *low, double *high);

#endif
