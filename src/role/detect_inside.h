/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect_inside.h -- what the files of the detect role share.
 *
 * detect.c: life and peers, events in, sightings out; detect_marks.c: the engine's marks;
 * detect_snapshot.c: what lets a killed role go on.
 */
#ifndef ROLE_DETECT_INSIDE_H
#define ROLE_DETECT_INSIDE_H

#include "base/ring.h"
#include "detect/runner.h"
#include "role/role.h"
#include "role/stream.h"

enum { NOTICES = 64 };

struct feed { /* one source */
	struct detect *detect;
	struct msg_peer *peer;
	struct ring *ring;
	uint64_t taken, durable;
	int64_t watermark;
	int64_t newest; /* the last watermark that was a time, INT64_MIN: none */
};

/* Marks that have come and whose time has not. */
struct detect_marks {
	struct line_mark *items; /* in the order of their numbers */
	size_t first, end, room;
	int64_t told;     /* the engine's watermark */
	int64_t given;    /* what the runner was told of it */
	uint64_t durable; /* number */
	uint64_t late;
};

struct detect {
	struct role *role;
	struct runner *runner;
	struct runner_env env;
	struct indicators *indicators;
	struct weight_table *weights;
	const void **options;
	uint8_t *grounds; /* enum basis of each source */
	struct feed *feeds;
	size_t feed_count;
	struct msg_peer *engine, *leases;
	int64_t leases_watermark;
	uint64_t changes_durable;
	struct detect_marks marks;
	struct stream_out out;
	int64_t said; /* watermark told to the engine */
	struct batch *batch;
	struct wr frame, sighting;
	char *notices[NOTICES]; /* what waits for a person, oldest first */
	size_t notice_count;
	unsigned slot; /* to be overwritten next */
	uint64_t generation;
	int64_t written;
	bool scheduled, dirty;
};

/* ---- detect.c */
void detect_tell_taken(struct feed *f);
void detect_tell_leases(struct detect *d, uint32_t type);
uint64_t detect_changes_taken(const struct detect *d);
void detect_keep_notice(struct detect *d, const char *text);
/* Drops those whose indicator a person has decided about. */
void detect_drop_answered(struct detect *d);
/* The least watermark of all inputs, marks apart. */
int64_t detect_inputs(const struct detect *d);

/* ---- detect_marks.c */
void detect_marks_init(struct detect *d);
/* MARK or WATERMARK came from the engine; false: it does not read. */
bool detect_take_mark(struct detect *d, struct msg *msg);
/* Gives the runner what is due; to be called when the watermark of an input has moved. */
void detect_give_marks(struct detect *d);
/* HELLO: the last number that has come; ACK: the last that is durable. */
void detect_tell_marks(struct detect *d, uint32_t type);
/* How far the marks let us say that everything has been told; WHEN_NEVER: no limit. */
int64_t detect_marks_passed(const struct detect *d);
uint32_t detect_marks_source(const struct detect *d);

/* ---- detect_snapshot.c */
void detect_snapshot(struct detect *d);
void detect_restore(struct detect *d);

#endif
