/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect_snapshot.c -- what lets a killed detect role go on where it stood.
 *
 * A snapshot holds the runner, how far each source was taken in, and the sightings that
 * the engine has not acknowledged. After it, the senders are told what is durable. Marks
 * that wait for their time are not in it: the engine tells them again.
 */
#include "base/log.h"
#include "base/mem.h"
#include "base/when.h"
#include "detect/weights.h"
#include "role/detect_inside.h"

#include <string.h>

enum { SNAPSHOT_VERSION = 3 };

/* What must be the same for a snapshot to be of use. */
static void
put_shape(const struct detect *d, struct wr *w)
{
	const struct config *c = d->role->config;

	wr_u32(w, SNAPSHOT_VERSION);
	wr_u32(w, (uint32_t)c->detect.processes);
	wr_u32(w, d->role->index);
	wr_u32(w, (uint32_t)d->feed_count);
	wr_u64(w, (uint64_t)c->seed);
	wr_u64(w, (uint64_t)c->detect.lines);
	wr_u32(w, weights_version(d->weights));
}

static void
save(const struct detect *d, struct wr *w)
{
	struct wr runner;

	put_shape(d, w);
	wr_u64(w, d->generation);
	for (size_t i = 0; i < d->feed_count; i++) {
		wr_u64(w, d->feeds[i].taken);
		wr_u64(w, (uint64_t)d->feeds[i].watermark);
		wr_u64(w, (uint64_t)d->feeds[i].newest);
	}
	wr_u64(w, (uint64_t)d->marks.given);
	wr_u32(w, (uint32_t)d->notice_count);
	for (size_t i = 0; i < d->notice_count; i++)
		wr_blob(w, d->notices[i], strlen(d->notices[i]));
	stream_out_save(&d->out, w);
	wr_init(&runner, SNAPSHOT_MAX);
	runner_save(d->runner, &runner);
	w->bad |= runner.bad;
	wr_blob(w, runner.bytes, runner.size);
	wr_fini(&runner);
}

void
detect_snapshot(struct detect *d)
{
	struct err err;
	struct wr w;
	bool good;

	d->dirty = false;
	d->generation++;
	wr_init(&w, SNAPSHOT_MAX);
	save(d, &w);
	good = !w.bad && snapshot_write(&d->role->slots, d->slot, w.bytes, w.size, &err);
	if (w.bad)
		(void)err_set(&err, "the state is larger than a snapshot may be");
	wr_fini(&w);
	d->written =
	    clock_monotonic(); /* now: or a slow disk would leave time for nothing else */
	if (!good) {
		log_line(LEVEL_WARNING, "%s", err.text);
		return;
	}
	d->slot = (d->slot + 1) % SNAPSHOT_SLOTS;
	for (size_t i = 0; i < d->feed_count; i++) {
		d->feeds[i].durable = d->feeds[i].taken;
		detect_tell_taken(&d->feeds[i]);
	}
	d->changes_durable = detect_changes_taken(d);
	detect_tell_leases(d, WIRE_ACK);
	d->marks.durable = runner_seq(d->runner, detect_marks_source(d));
	detect_tell_marks(d, WIRE_ACK);
}

/* The generation in a slot, or 0. */
static uint64_t
slot_generation(const struct detect *d, const struct wr *bytes)
{
	struct rd r = rd_init(bytes->bytes, bytes->size);
	struct wr shape;
	const uint8_t *at;
	uint64_t generation = 0;

	wr_init(&shape, 256);
	put_shape(d, &shape);
	at = rd_take(&r, shape.size);
	if (at != NULL && memcmp(at, shape.bytes, shape.size) == 0)
		generation = rd_u64(&r);
	wr_fini(&shape);
	return generation;
}

static void
load_notices(struct detect *d, struct rd *r)
{
	uint32_t count = rd_u32(r);

	for (uint32_t i = 0; i < count && !r->bad; i++) {
		struct rd text = rd_blob(r);
		char copy[512] = "";

		(void)rd_copy(&text, copy,
		    rd_left(&text) < sizeof copy - 1 ? rd_left(&text) : sizeof copy - 1);
		detect_keep_notice(d, copy);
	}
	detect_drop_answered(d);
}

static bool
load(struct detect *d, const struct wr *bytes)
{
	struct rd r = rd_init(bytes->bytes, bytes->size), runner;
	struct wr shape;

	wr_init(&shape, 256);
	put_shape(d, &shape);
	rd_skip(&r, shape.size);
	wr_fini(&shape);
	d->generation = rd_u64(&r);
	for (size_t i = 0; i < d->feed_count; i++) {
		d->feeds[i].taken = d->feeds[i].durable = rd_u64(&r);
		d->feeds[i].watermark = (int64_t)rd_u64(&r);
		d->feeds[i].newest = (int64_t)rd_u64(&r);
	}
	d->marks.told = d->marks.given = (int64_t)rd_u64(&r);
	load_notices(d, &r);
	if (!stream_out_load(&d->out, &r))
		return false;
	runner = rd_blob(&r);
	return !r.bad && runner_load(d->runner, &runner);
}

void
detect_restore(struct detect *d)
{
	struct wr slots[SNAPSHOT_SLOTS];
	uint64_t best = 0, generation;
	struct err err;

	for (unsigned i = 0; i < SNAPSHOT_SLOTS; i++) {
		wr_init(&slots[i], SNAPSHOT_MAX);
		if (!snapshot_read(&d->role->slots, i, &slots[i]))
			continue;
		generation = slot_generation(d, &slots[i]);
		if (generation > best) {
			best = generation;
			d->slot = i;
		}
	}
	if (best > 0 && !load(d, &slots[d->slot])) {
		(void)err_set(&err, "a snapshot does not read; remove %s/snapshots",
		    d->role->config->directory);
		role_fail(&err);
	}
	if (best > 0)
		d->slot = (d->slot + 1) % SNAPSHOT_SLOTS;
	d->changes_durable = detect_changes_taken(d);
	for (unsigned i = 0; i < SNAPSHOT_SLOTS; i++)
		wr_fini(&slots[i]);
}
