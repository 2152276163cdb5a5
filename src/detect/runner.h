/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner.h -- what a detect process, `botkoll detect FILE` and the tests run.
 *
 * Batches of several sources are merged into one order of event time, paired, and given
 * to the detectors in their fixed order; at each end of an epoch (MERGE_EPOCH) the
 * detectors advance, and the lines with new findings are scored. A line's findings stay
 * in memory while its posterior is below RUNNER_TELL; from there on, or while the line is
 * marked, they are handed out as sightings, again whenever one changes noticeably. All
 * output is a function of the input's order alone: no batch size shows.
 *
 *     r = runner_new(&env);
 *     if (runner_wants(r, batch->source)) runner_put(r, batch);   -> env.sighting
 *     runner_each_line(r, visit, ctx);
 *     runner_free(r);
 *
 * A sighting that is sent again has the same id, a later `received` and the line's newest
 * weight, count and sentence: it replaces the earlier one.
 */
#ifndef DETECT_RUNNER_H
#define DETECT_RUNNER_H

#include "detect/detect.h"
#include "event/merge.h"
#include "event/pair.h"

#define RUNNER_TELL 0.1

/* The calls are made while runner_put and its likes run; arguments are borrowed. */
struct runner_out {
	void *ctx;
	void (*sighting)(void *ctx, const struct sighting *s);
	/* After the sightings of an epoch; none with received <= `end` follows. */
	void (*epoch)(void *ctx, int64_t end);
	/* Something a person should see, such as a suspended indicator. */
	void (*notice)(void *ctx, const char *detector, const char *text);
};

struct runner_env {
	size_t sources; /* numbered from 0, as in merge.h */
	size_t waiting; /* events that may wait for slower sources */
	size_t flows;   /* one-way flows that may wait for their other direction */
	size_t lines;   /* lines to remember */
	unsigned
	    classes; /* set of enum data_class: detectors that touch others are off */
	const uint8_t *grounds; /* enum basis of each source, borrowed; NULL: none */
	uint8_t v6_length;
	int64_t wait; /* µs: of a one-way record for its other direction (pair.h) */
	int64_t hold; /* µs: without a lease stream, how long an address stays one line */
	double prior;
	uint64_t seed;
	const struct indicators *indicators; /* NULL: none */
	const struct weight_table *weights;
	const void *const *options; /* parallel to detectors[]; NULL, or an entry NULL:
				       presets */
	struct runner_out out;      /* calls may be NULL */
};

struct runner_stat {
	uint64_t events, flows, names; /* after pairing: all, flows, DNS */
	uint64_t lines;                /* live */
	uint64_t lines_evicted;
	uint64_t marked, marks_evicted;
	uint64_t findings, findings_evicted, sightings, suspended;
	struct merge_stat merge;
	struct pair_stat pair;
};

/* A line as the detectors see it. Several generations of one address are several. */
struct runner_line {
	struct line_key key;
	int64_t first, last; /* of its events */
	int64_t alert;       /* event time when `infected` first held; 0: never */
	uint64_t flows;
	struct score score; /* at the time of the call */
	uint32_t finding_count;
	const struct finding *const *findings; /* in the order of detectors[] */
};

struct runner;

/* Everything at its defaults; the caller fills in networks, weights and calls. */
void runner_preset(struct runner_env *env);
struct runner *runner_new(const struct runner_env *env);
void runner_free(struct runner *r);
bool runner_wants(const struct runner *r, uint32_t source);
/* False: no such source. */
bool runner_put(struct runner *r, const struct batch *batch);
bool runner_change(struct runner *r, uint32_t source, const struct line_change *change);
void runner_watermark(struct runner *r, uint32_t source, int64_t t);
/* From its time until `until` the findings about the holder are handed out however weak
 * they are: another holder's never. */
bool runner_mark(struct runner *r, uint32_t source, const struct line_mark *mark);
/* End of the last epoch; INT64_MIN before the first. */
int64_t runner_now(const struct runner *r);
/* As merge_first. */
int64_t runner_first(const struct runner *r);
/* The last number taken from the source. */
uint64_t runner_seq(const struct runner *r, uint32_t source);
/* The lines seen, in the order of their keys. */
void runner_each_line(struct runner *r,
    void (*visit)(void *ctx, const struct runner_line *line), void *ctx);
struct runner_stat runner_stat(const struct runner *r);
size_t runner_memory(const struct runner *r);
void runner_save(const struct runner *r, struct wr *w);
/* Into a fresh runner of the same environment; false: bad bytes, free it. */
bool runner_load(struct runner *r, struct rd *bytes);

#endif
