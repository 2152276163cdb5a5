/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge.h -- the events of several sources in one order that no batch size changes.
 *
 * Batches are put in as they come; items are taken out in the order (ready, source, seq)
 * as soon as the least watermark of all sources has passed them, with a mark after each
 * epoch of MERGE_EPOCH event time. A line's change of holder (from the lease logs) is a
 * source like any other: put in with merge_change, it comes out in its place in time. So
 * are the engine's marks of lines (merge_mark).
 *
 *     if (merge_wants(m, source)) merge_put(m, batch);
 *     while (merge_next(m, &item)) switch (item.kind) ...
 *
 * An epoch ends at a multiple of MERGE_EPOCH; what is ready at that very time belongs to
 * it. Epochs without items are marked too, but after an hour without any only those that
 * end at ten minutes, after a day only at days: a gap of years costs little, and which
 * marks come depends on the items alone.
 *
 * Memory: at most `limit` events wait. A source ahead of the slowest is told to wait
 * (merge_wants); if the slowest itself fills the store, the oldest events leave before
 * their watermark came (counted as `forced`; with several sources, order then depends on
 * arrival).
 */
#ifndef EVENT_MERGE_H
#define EVENT_MERGE_H

#include "event/batch.h"

#define MERGE_EPOCH (10 * INT64_C(1000000)) /* µs of event time */

enum merge_kind { MERGE_EVENT, MERGE_CHANGE, MERGE_EPOCH_END, MERGE_MARK };

/* The holder of `line` changed at `time`; line.lease_gen is the new generation, or 0: the
 * receiver counts. */
struct line_change {
	int64_t time;
	uint64_t seq; /* per source, from 1, rising */
	struct line_key line;
};

/* Whoever held `line` (without generation) at `as_of` is marked until `until`; no longer
 * if that is past. */
struct line_mark {
	int64_t time; /* when it takes effect */
	uint64_t seq; /* per source, rising */
	int64_t as_of, until;
	struct line_key line;
};

struct merge_item {
	enum merge_kind kind;
	int64_t time;              /* ready; of an epoch its end; never falls */
	uint32_t source;           /* all but EPOCH_END */
	const struct event *event; /* EVENT; borrowed until the next call */
	const char *name;          /* EVENT: event->name_size bytes, not terminated */
	struct line_change change; /* CHANGE */
	struct line_mark mark;     /* MARK */
};

struct merge_stat {
	uint64_t waiting, room; /* events, changes and marks included */
	uint64_t forced;        /* released before their watermark */
	uint64_t late;          /* came behind what had been released */
	uint64_t repeated;      /* dropped: their number had been seen */
};

struct merge;

/* `sources`: numbers 0 to sources - 1 take part; none is ahead until it has spoken. */
struct merge *merge_new(size_t sources, size_t limit);
void merge_free(struct merge *m);
/* False: the source is ahead of the slowest and the store is nearly full; read others. */
bool merge_wants(const struct merge *m, uint32_t source);
/* Takes the batch's events and watermark. Events whose number was seen are dropped, so a
 * repeated batch changes nothing. False: no such source. */
bool merge_put(struct merge *m, const struct batch *batch);
bool merge_change(struct merge *m, uint32_t source, const struct line_change *change);
bool merge_mark(struct merge *m, uint32_t source, const struct line_mark *mark);
/* Nothing of the source with ready <= `t` will follow. WHEN_NEVER: it has ended. */
void merge_watermark(struct merge *m, uint32_t source, int64_t t);
/* The next item in order; false: none until a watermark moves. */
bool merge_next(struct merge *m, struct merge_item *item);
/* The least watermark, INT64_MIN before every source has spoken. */
int64_t merge_now(const struct merge *m);
/* Before anything was released: the time of the first item that waits, WHEN_NEVER if none
 * does. Afterwards INT64_MIN. */
int64_t merge_first(const struct merge *m);
/* The last number taken from the source, for its HELLO. */
uint64_t merge_seq(const struct merge *m, uint32_t source);
struct merge_stat merge_stat(const struct merge *m);
size_t merge_memory(const struct merge *m);
void merge_save(const struct merge *m, struct wr *w);
/* Into a fresh merge of the same number of sources; false: bad bytes, it stays fresh. */
bool merge_load(struct merge *m, struct rd *r);

#endif
