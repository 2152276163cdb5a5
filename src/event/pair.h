/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pair.h -- one-way flow records become flows: both directions, once, with an answer.
 *
 * Takes events in the order of merge and gives events in an order of its own that depends
 * on that order only. What is whole already (flows from packets, DNS, two-way records)
 * passes at once. A one-way record waits `wait` for its other direction; successive
 * records of a long flow add up until it has been silent for `wait` or open for `hold`,
 * when what there is goes out; later pieces are marked `continued` and keep the
 * orientation and answer of the first. A direction is counted at the first observation
 * point (source, exporter, interface, flowDirection) that told of it; copies seen
 * elsewhere, and copies of datagrams, are dropped.
 *
 * Answer: answered if the other side sent more than resets; refused if it sent only
 * resets, or an ICMP unreachable came between the two addresses; silent if nothing came
 * back from an exporter that evidently exports both directions; unknown otherwise, and
 * always for what sampling may have missed.
 *
 * Every event that leaves has its line completed: lease generation and port block, from
 * the changes told. All state is of a size fixed at start.
 */
#ifndef EVENT_PAIR_H
#define EVENT_PAIR_H

#include "event/batch.h"
#include "event/merge.h"

struct pair_config {
	size_t flows;           /* that may wait, and twice as many remembered */
	size_t lines;           /* whose holder is remembered */
	int64_t wait;           /* µs, PAIR_WAIT */
	int64_t hold;           /* µs, PAIR_HOLD */
	uint8_t v6_length;      /* of delegated prefixes */
	const uint8_t *grounds; /* of each source, enum basis; borrowed; NULL: none */
	uint64_t seed;
};

#define PAIR_WAIT (30 * INT64_C(1000000))
#define PAIR_HOLD (300 * INT64_C(1000000))

struct pair_stat {
	uint64_t in, out;
	uint64_t paired;  /* both directions came */
	uint64_t copies;  /* dropped: another observation point, or a repeated record */
	uint64_t merged;  /* records added to a flow that was waiting */
	uint64_t evicted; /* sent early because the table was full */
};

/* The event is borrowed for the call; `name` as in merge_item. */
typedef void pair_sink(void *ctx, const struct event *ev, const char *name);

struct pair;

struct pair *pair_new(const struct pair_config *config);
void pair_free(struct pair *p);
void pair_event(
    struct pair *p, const struct event *ev, const char *name, pair_sink *sink, void *ctx);
/* The line has a new holder. First sends what waits of the old one. Sets *old to the
 * completed key of the former holder, for the detectors; false if the line had none (its
 * generation was not known). */
bool pair_change(struct pair *p, const struct line_change *change, struct line_key *old,
    pair_sink *sink, void *ctx);
/* The key of who holds the line without generation, as holders_at (holder.h). */
bool pair_holder(const struct pair *p, struct line_key *key, int64_t as_of);
/* At each end of an epoch: sends, in order of age, what has waited long enough.
 * WHEN_NEVER: everything. */
void pair_advance(struct pair *p, int64_t now, pair_sink *sink, void *ctx);
struct pair_stat pair_stat(const struct pair *p);
size_t pair_memory(const struct pair *p);
void pair_save(const struct pair *p, struct wr *w);
/* Into a fresh pair of the same configuration; false: bad bytes, free it. */
bool pair_load(struct pair *p, struct rd *r);

#endif
