/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect.c -- a share of the lines: events in from all sources, sightings out.
 *
 * The work is detect/runner.h's; here are its surroundings: rings in, a numbered stream
 * out to the engine, the changes of holders from the lease logs. The sources of the
 * runner are those of the configuration, then the lease logs if there are any, then the
 * marks.
 *
 * Waiting: a source ahead of the others is not read (runner_wants), nor is any while the
 * engine does not keep up; its ring then fills, and decode decides what that means.
 */
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/when.h"
#include "detect/weights.h"
#include "intel/import.h"
#include "intel/review.h"
#include "role/detect_inside.h"
#include "role/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ENGINE_QUEUE = 4 << 20, /* bytes: the engine is behind */
	KEPT_ALONE = 64 << 20,  /* bytes kept while there is no engine */
	SIGHTING_BYTES = 16384,
	LIST_CONFIDENCE = 75 /* of a list that does not say */
};

/* ---- out */

static void
on_sighting(void *ctx, const struct sighting *s)
{
	struct detect *d = ctx;

	wr_reset(&d->sighting);
	sighting_write(s, &d->sighting);
	stream_out_put(&d->out, WIRE_SIGHTING, d->sighting.bytes, d->sighting.size);
}

static void
drop_notice(struct detect *d, size_t at)
{
	free(d->notices[at]);
	d->notice_count--;
	memmove(&d->notices[at], &d->notices[at + 1],
	    (d->notice_count - at) * sizeof d->notices[0]);
}

void
detect_keep_notice(struct detect *d, const char *text)
{
	if (d->notice_count == NOTICES)
		drop_notice(d, 0);
	d->notices[d->notice_count] = xstrdup(text);
	d->notice_count++;
}

/* A person has said what to do with the indicator that a notice begins with. */
void
detect_drop_answered(struct detect *d)
{
	for (size_t i = d->notice_count; i-- > 0;) {
		char value[INDICATOR_NAME + 8];
		size_t size = strcspn(d->notices[i], " ");

		if (size >= sizeof value)
			continue;
		memcpy(value, d->notices[i], size);
		value[size] = '\0';
		if (indicators_review_of(d->indicators, value) != REVIEW_NONE)
			drop_notice(d, i);
	}
}

static void
on_notice(void *ctx, const char *detector, const char *text)
{
	detect_keep_notice(ctx, text);
	log_event(LEVEL_WARNING, "notice", "detector", detector, "text", text, NULL);
}

int64_t
detect_inputs(const struct detect *d)
{
	int64_t least = WHEN_NEVER;

	if (d->role->config->leases.count > 0)
		least = d->leases_watermark;
	for (size_t i = 0; i < d->feed_count; i++)
		if (d->feeds[i].watermark < least)
			least = d->feeds[i].watermark;
	return least;
}

/* Quiet hours have few epochs, but time goes on: no sighting can be received at or before
 * the last possible end of an epoch that all sources have passed. */
static int64_t
passed(const struct detect *d)
{
	int64_t now = runner_now(d->runner), least = detect_inputs(d);
	int64_t marks = detect_marks_passed(d);

	if (marks < least)
		least = marks;
	if (least == WHEN_NEVER || least < 0)
		return least == WHEN_NEVER ? least : now;
	least -= least % MERGE_EPOCH;
	return least > now ? least : now;
}

/* After everything that it speaks of has been put into the stream. */
static void
tell_watermark(struct detect *d, bool always)
{
	int64_t now = runner_now(d->runner);
	int64_t t = passed(d);
	uint8_t body[16];

	if (d->out.peer == NULL || (t == d->said && !always))
		return;
	for (int i = 0; i < 8; i++) {
		body[i] = (uint8_t)((uint64_t)t >> (56 - 8 * i));
		body[8 + i] = (uint8_t)((uint64_t)now >> (56 - 8 * i));
	}
	msg_send(d->out.peer, WIRE_WATERMARK, body, sizeof body, -1);
	d->said = t;
}

/* ---- in */

void
detect_tell_taken(struct feed *f)
{
	struct wr w;

	if (f->peer == NULL)
		return;
	wr_init(&w, 64);
	wr_u64(&w, f->taken);
	wr_u64(&w, f->durable);
	msg_send(f->peer, WIRE_TAKEN, w.bytes, w.size, -1);
	wr_fini(&w);
}

uint64_t
detect_changes_taken(const struct detect *d)
{
	return d->role->config->leases.count > 0
		   ? runner_seq(d->runner, (uint32_t)d->feed_count)
		   : 0;
}

void
detect_tell_leases(struct detect *d, uint32_t type)
{
	struct wr w;

	if (d->leases == NULL)
		return;
	wr_init(&w, 64);
	wr_u64(&w, type == WIRE_HELLO ? detect_changes_taken(d) : d->changes_durable);
	msg_send(d->leases, type, w.bytes, w.size, -1);
	wr_fini(&w);
}

static bool
engine_keeps_up(const struct detect *d)
{
	if (d->out.peer == NULL)
		return d->out.kept < KEPT_ALONE;
	return msg_queued(d->out.peer) < ENGINE_QUEUE;
}

static void
bad_feed(struct feed *f, const char *why)
{
	if (f->peer != NULL)
		msg_violation(f->peer, why);
}

/* One frame of one source. False: none came. */
static bool
take_frame(struct detect *d, struct feed *f)
{
	struct rd r;
	uint64_t number;
	uint32_t type;

	wr_reset(&d->frame);
	if (!ring_get(f->ring, &type, &d->frame)) {
		if (ring_bad(f->ring))
			bad_feed(f, "the ring's counters are impossible");
		return false;
	}
	if (ring_wake(f->ring))
		msg_send(f->peer, WIRE_WAKE, "", 0, -1);
	r = rd_init(d->frame.bytes, d->frame.size);
	number = rd_u64(&r);
	if (type != WIRE_BATCH || r.bad || !batch_read(d->batch, &r) ||
	    d->batch->source != (uint32_t)(f - d->feeds)) {
		bad_feed(f, "a batch does not read");
		return false;
	}
	(void)runner_put(d->runner, d->batch);
	f->taken = number > f->taken ? number : f->taken;
	if (d->batch->watermark > f->watermark) {
		f->watermark = d->batch->watermark;
		if (f->watermark != WHEN_NEVER)
			f->newest = f->watermark;
		detect_give_marks(d);
	}
	d->dirty = true;
	return true;
}

static void work(void *ctx);

static void
schedule(struct detect *d)
{
	if (d->scheduled)
		return;
	d->scheduled = true;
	(void)loop_after(d->role->loop, 0, work, d);
}

static void
work(void *ctx)
{
	struct detect *d = ctx;
	bool more = false;

	d->scheduled = false;
	for (size_t i = 0; i < d->feed_count; i++)
		if (d->feeds[i].ring != NULL && engine_keeps_up(d) &&
		    runner_wants(d->runner, (uint32_t)i))
			more |= take_frame(d, &d->feeds[i]);
	tell_watermark(d, false);
	if (d->dirty && clock_monotonic() - d->written > d->role->config->detect.snapshot)
		detect_snapshot(d);
	role_changed(d->role);
	if (more)
		schedule(d);
}

static void
on_timer(void *ctx)
{
	struct detect *d = ctx;

	if (d->dirty && clock_monotonic() - d->written > d->role->config->detect.snapshot)
		detect_snapshot(d);
	(void)loop_after(d->role->loop, d->role->config->detect.snapshot, on_timer, d);
}

/* ---- peers */

static void
on_feed(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct feed *f = ctx;

	if (msg->type == WIRE_WAKE)
		schedule(f->detect);
	else
		msg_violation(peer, "decode may not say this to detect");
}

static void
forget_feed(struct feed *f)
{
	msg_peer_free(f->peer);
	ring_close(f->ring);
	f->peer = NULL;
	f->ring = NULL;
}

static void
on_feed_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct feed *f = ctx;

	(void)peer;
	role_tell_violation(
	    f->detect->role, DECODE_ROLE, (unsigned)(f - f->detect->feeds), why);
	forget_feed(f);
}

static void
engine_says(struct detect *d, struct msg_peer *peer, struct msg *msg)
{
	uint64_t number = rd_u64(&msg->body);

	if (msg->body.bad || rd_left(&msg->body) > 0)
		msg_violation(peer, "a number does not read");
	else if (msg->type == WIRE_ACK)
		stream_out_ack(&d->out, number);
	else {
		if (!stream_out_hello(&d->out, peer, number))
			log_line(LEVEL_ERROR,
			    "the engine's store is older than this snapshot: sightings "
			    "up to number %llu are gone",
			    (unsigned long long)d->out.had);
		d->out.peer = peer;
		tell_watermark(d, true);
		schedule(d);
	}
}

static void
on_engine(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct detect *d = ctx;

	if (msg->type == WIRE_HELLO || msg->type == WIRE_ACK)
		engine_says(d, peer, msg);
	else if (detect_take_mark(d, msg)) {
		d->dirty = true;
		schedule(d);
	} else
		msg_violation(peer, "the engine may not say this to detect");
}

static void
on_engine_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct detect *d = ctx;

	role_tell_violation(d->role, ENGINE_ROLE, 0, why);
	stream_out_lost(&d->out);
	msg_peer_free(peer);
	d->engine = NULL;
}

static void
on_engine_room(void *ctx, struct msg_peer *peer)
{
	(void)peer;
	schedule(ctx);
}

static bool
read_change(struct rd *r, struct line_change *c)
{
	c->seq = rd_u64(r);
	c->time = (int64_t)rd_u64(r);
	c->line.realm = rd_u32(r);
	(void)rd_copy(r, c->line.addr.b, sizeof c->line.addr.b);
	c->line.port_lo = rd_u16(r);
	c->line.port_hi = rd_u16(r);
	return !r->bad && rd_left(r) == 0;
}

static void
on_leases(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct detect *d = ctx;
	struct line_change change = {0};
	uint32_t source = (uint32_t)d->feed_count;

	if (msg->type == WIRE_CHANGE && read_change(&msg->body, &change)) {
		(void)runner_change(d->runner, source, &change);
		d->dirty = true;
	} else if (msg->type == WIRE_WATERMARK) {
		d->leases_watermark = (int64_t)rd_u64(&msg->body);
		runner_watermark(d->runner, source, d->leases_watermark);
		detect_give_marks(d);
		d->dirty = true;
	} else {
		msg_violation(peer, "a change of holders does not read");
		return;
	}
	schedule(d);
}

static void
on_leases_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct detect *d = ctx;

	role_tell_violation(d->role, LEASES_ROLE, 0, why);
	msg_peer_free(peer);
	d->leases = NULL;
}

static const struct msg_calls feed_calls = {on_feed, on_feed_gone, NULL};
static const struct msg_calls engine_calls = {on_engine, on_engine_gone, on_engine_room};
static const struct msg_calls leases_calls = {on_leases, on_leases_gone, NULL};

static void
connect_feed(struct detect *d, const struct role_link *link)
{
	struct feed *f = &d->feeds[link->index % d->feed_count];
	struct err err;

	forget_feed(f);
	f->ring = ring_open(link->ring, false, &err);
	if (f->ring == NULL)
		role_fail(&err);
	f->peer = msg_peer_new(d->role->loop, link->fd, &feed_calls, f);
	detect_tell_taken(f);
	schedule(d);
}

static void
detect_connect(void *self, const struct role_link *link)
{
	struct detect *d = self;

	if (link->kind == DECODE_ROLE)
		connect_feed(d, link);
	else if (link->kind == LEASES_ROLE) {
		msg_peer_free(d->leases);
		d->leases = msg_peer_new(d->role->loop, link->fd, &leases_calls, d);
		detect_tell_leases(d, WIRE_HELLO);
	} else {
		msg_peer_free(d->engine);
		stream_out_lost(&d->out);
		d->engine = msg_peer_new(d->role->loop, link->fd, &engine_calls, d);
		detect_tell_marks(d, WIRE_HELLO);
	}
}

/* ---- life */

static void
open_slots(struct role *role, struct err *err)
{
	char path[64];

	for (int i = 0; i < SNAPSHOT_SLOTS; i++) {
		(void)snprintf(
		    path, sizeof path, "snapshots/detect-%u.%d", role->index, i);
		role->slots.fds[i] = place_file(role->config, path, err);
	}
}

static void
on_refused(void *ctx, uint64_t line, const char *sentence)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%llu", (unsigned long long)line);
	log_event(LEVEL_NOTICE, "indicator refused", "file", (const char *)ctx, "line",
	    text, "why", sentence, NULL);
}

/* One list of the configuration; lines that do not read are counted in the log. */
static bool
read_list(struct detect *d, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct indicator_row preset = {.role = INDICATOR_C2,
	    .purpose = PURPOSE_MALICIOUS_CODE,
	    .confidence = LIST_CONFIDENCE,
	    .source = slash != NULL ? slash + 1 : path,
	    .until = WHEN_NEVER};
	struct import_stat stat;
	struct wr text;
	bool good;

	wr_init(&text, IMPORT_FILE_MOST);
	good = file_read(path, &text, err);
	if (good) {
		stat = indicators_import(d->indicators, &preset, wr_string(&text),
		    text.size, on_refused, (void *)(uintptr_t)path);
		log_line(LEVEL_INFO, "indicators: %s: %llu taken, %llu refused", path,
		    (unsigned long long)stat.taken, (unsigned long long)stat.refused);
	}
	wr_fini(&text);
	return good;
}

/* Our own file of the directory (`botkoll intel import`), then the configured lists. */
static bool
read_knowledge(struct detect *d, struct err *err)
{
	const struct config *c = d->role->config;
	char *own = place_path(c, INDICATORS_FILE);
	char *reviews = place_path(c, REVIEWS_FILE);
	bool good;

	d->weights = weights_read(c->weights, err);
	d->indicators = indicators_new();
	good = d->weights != NULL && (access(own, F_OK) != 0 || read_list(d, own, err));
	for (size_t i = 0; good && i < c->intel.count; i++)
		good = read_list(d, c->intel.items[i], err);
	good = good && reviews_load(d->indicators, reviews, err);
	indicators_seal(d->indicators);
	free(reviews);
	free(own);
	return good;
}

static void
fill_environment(struct detect *d)
{
	const struct config *c = d->role->config;
	size_t n = 0;

	while (detectors[n] != NULL)
		n++;
	d->options = xcalloc(n, sizeof *d->options);
	for (size_t i = 0; i < n; i++)
		d->options[i] = config_of_detector(c, detectors[i]);
	runner_preset(&d->env);
	d->env.sources = detect_marks_source(d) + 1;
	d->env.lines = (size_t)c->detect.lines;
	d->env.classes = 0;
	d->grounds = xcalloc(d->env.sources, 1);
	for (size_t i = 0; i < d->feed_count; i++) {
		d->env.classes |= config_decoder(c, i)->class_set;
		d->grounds[i] = (uint8_t)config_decoder(c, i)->ground.basis;
	}
	d->env.grounds = d->grounds;
	d->env.v6_length = (uint8_t)c->v6_prefix;
	d->env.hold = c->detect.hold;
	d->env.wait = c->detect.pair_wait;
	d->env.seed = (uint64_t)c->seed;
	d->env.indicators = d->indicators;
	d->env.weights = d->weights;
	d->env.options = d->options;
	d->env.out =
	    (struct runner_out){.ctx = d, .sighting = on_sighting, .notice = on_notice};
}

static void *
detect_warm(struct role *role, struct err *err)
{
	struct detect *d = xcalloc(1, sizeof *d);

	d->role = role;
	d->feed_count = role->config->decoder_count;
	d->feeds = xcalloc(d->feed_count, sizeof *d->feeds);
	for (size_t i = 0; i < d->feed_count; i++) {
		d->feeds[i].detect = d;
		d->feeds[i].watermark = d->feeds[i].newest = INT64_MIN;
	}
	if (!read_knowledge(d, err))
		return NULL; /* the process ends */
	open_slots(role, err);
	fill_environment(d);
	stream_out_init(&d->out);
	d->said = d->leases_watermark = INT64_MIN;
	d->batch = batch_new();
	wr_init(&d->frame, RING_FRAME_MAX);
	wr_init(&d->sighting, SIGHTING_BYTES);
	return d;
}

static void
detect_start(void *self)
{
	struct detect *d = self;

	d->runner = runner_new(&d->env);
	detect_restore(d);
	detect_marks_init(d);
	d->written = clock_monotonic();
	(void)loop_after(d->role->loop, d->role->config->detect.snapshot, on_timer, d);
}

static void
detect_status(void *self, struct jw *j)
{
	struct detect *d = self;
	struct runner_stat s = runner_stat(d->runner);
	int64_t now = runner_now(d->runner);

	jw_uint(j, "events", s.events);
	jw_uint(j, "flows", s.flows);
	jw_uint(j, "names", s.names);
	jw_uint(j, "lines", s.lines);
	jw_uint(j, "lines_evicted", s.lines_evicted);
	jw_uint(j, "findings", s.findings);
	jw_uint(j, "sightings", d->out.last);
	jw_uint(j, "unacknowledged", d->out.last - d->out.had);
	jw_uint(j, "findings_evicted", s.findings_evicted);
	jw_uint(j, "paired", s.pair.paired);
	jw_uint(j, "copies", s.pair.copies);
	jw_uint(j, "pair_evicted", s.pair.evicted);
	jw_uint(j, "waiting", s.merge.waiting);
	jw_uint(j, "forced", s.merge.forced);
	jw_uint(j, "late", s.merge.late);
	jw_uint(j, "repeated", s.merge.repeated);
	jw_uint(j, "changes", detect_changes_taken(d));
	jw_uint(j, "marks", runner_seq(d->runner, detect_marks_source(d)));
	jw_uint(j, "marked", s.marked);
	jw_uint(j, "marks_late", d->marks.late);
	jw_uint(j, "marks_evicted", s.marks_evicted);
	jw_uint(j, "memory", runner_memory(d->runner));
	jw_uint(j, "snapshots", d->generation);
	jw_array(j, "notices");
	for (size_t i = 0; i < d->notice_count; i++)
		jw_text(j, NULL, d->notices[i]);
	jw_end(j);
	if (now == INT64_MIN || now == WHEN_NEVER)
		jw_null(j, "now");
	else
		jw_when(j, "now", now);
}

static void
detect_stop(void *self)
{
	detect_snapshot(self);
}

const struct role_ops detect_ops = {
    .name = "detect",
    .allow = 0,
    .warm = detect_warm,
    .start = detect_start,
    .connect = detect_connect,
    .status = detect_status,
    .stop = detect_stop,
};
