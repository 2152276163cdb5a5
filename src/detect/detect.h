/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect.h -- the interface every detector implements.
 *
 * A detector reads batches of paired events of our lines and reports findings: its
 * present belief about one line, as a weight in nats and a sentence with the numbers. A
 * finding replaces the detector's earlier one about that line (same key and window). A
 * detector is one file in this directory plus a line here and a line in detect.c. It owns
 * its state in memory sized by its options at open(), does no I/O, reads no clock, and
 * knows nothing of subscribers, cases or actions: the same events, options and seed give
 * the same findings, so any alarm can be replayed and explained.
 *
 *     self = d->open(&env);
 *     d->feed(self, view, out);             events of one span of time, in order
 *     d->advance(self, now, out);           at each whole epoch of event time
 *     d->line_changed(self, &key, t);       the holder of the key ended at t
 *     d->save(self, w) / d->load(self, r)   snapshots; load into a fresh self
 *     d->close(self);
 *
 * One flow, one group: detectors are fed in the fixed order of `detectors[]`, and one
 * that takes a flow as evidence calls view_claim(); later detectors of other groups skip
 * it.
 */
#ifndef DETECT_DETECT_H
#define DETECT_DETECT_H

#include "base/conf.h"
#include "detect/score.h"
#include "event/batch.h"

struct indicators; /* intel/indicators.h; NULL if none are loaded */

struct finding {
	const char *detector; /* its name; constant */
	struct line_key line;
	uint8_t group, kind;
	bool gold;
	bool remote_c2; /* the far end is a control server, and no sinkhole */
	uint8_t data_class;
	double weight;
	int64_t first, last; /* of the evidence */
	int64_t window;      /* start of the period; part of the sighting's identity */
	uint32_t count;
	struct addr remote;
	uint16_t remote_port;
	uint8_t flow_count;
	char remote_name[SIGHTING_REMOTE];
	char family[SIGHTING_NAME];
	char why[SIGHTING_WHY];
	struct flow_record flows[SIGHTING_FLOWS];
};

struct findings; /* where findings go: a list in tests, the runner in the product */

void finding_report(struct findings *out, const struct finding *f);
/* For a person: one sentence, such as that an indicator was suspended. */
void finding_notice(struct findings *out, const char *detector, const char *text);

/* A run of events inside a batch, with the claims made on them. */
struct view {
	const struct batch *batch;
	const struct event *const *events; /* in order of (ready, source, seq) */
	uint8_t *claims;                   /* 0, or 1 + group */
	uint32_t count;
};

static inline bool
view_free(const struct view *v, uint32_t i, enum group group)
{
	return v->claims[i] == 0 || v->claims[i] == 1 + group;
}

static inline void
view_claim(const struct view *v, uint32_t i, enum group group)
{
	v->claims[i] = (uint8_t)(1 + group);
}

struct weight_table; /* detect/weights.h: share/weights.yaml */

struct detect_env {
	const void *options; /* the detector's own, filled from its table */
	uint64_t seed;
	size_t lines; /* how many lines to size tables for */
	int64_t hold; /* µs: state of a line without lease generation is dropped after */
	const struct indicators *indicators;
	const struct weight_table *weights;
};

/* The time to live of a line's state, for table_get: a line without lease generation is
 * believed to be the same for `hold`. */
static inline int64_t
line_ttl(const struct line_key *key, int64_t hold)
{
	return key->lease_gen == 0 ? hold : 0;
}

struct detector {
	const char *name;    /* its section in the configuration, its golden test */
	const char *summary; /* one line, for help and lists */
	unsigned wants;      /* set of enum event_kind */
	unsigned classes;    /* set of enum data_class that it touches */
	enum group group;
	const struct conf_opt *options;
	size_t options_size;

	void *(*open)(const struct detect_env *env);
	void (*feed)(void *self, const struct view *view, struct findings *out);
	void (*advance)(void *self, int64_t now, struct findings *out);
	void (*line_changed)(void *self, const struct line_key *old, int64_t t);
	void (*save)(const void *self, struct wr *w);
	bool (*load)(void *self, struct rd *r);
	size_t (*memory)(const void *self); /* bytes held */
	void (*close)(void *self);
};

extern const struct detector *const detectors[]; /* NULL-terminated, in feeding order */

extern const struct detector detector_indicator;
extern const struct detector detector_scan;

#endif
