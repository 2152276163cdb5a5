/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.c -- one source, or a share of it: its bytes become events, handed to the detect
 * roles by shard.
 *
 * A frame in a ring is the number of the last event emitted so far, then a batch. With
 * several detect roles each gets the events of its share of the lines, and every
 * watermark.
 *
 * A file rewinds. From time to time the source's state is written down with the number of
 * the last event, into one of two slots; of these, one is always from before what every
 * detect role has made durable. When a detect role comes back and says what it has
 * (TAKEN), the source goes back to the newest such state; events that others have seen
 * already they drop by number. A socket cannot go back: it goes on with numbers that
 * nobody has seen, and what a killed role held is lost, which shows as missing numbers.
 *
 * Capture never waits: when a ring is full, a live source drops whole batches, counted.
 * Files, and everything in REPLAY, wait.
 */
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/ring.h"
#include "base/when.h"
#include "role/place.h"
#include "role/role.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TARGETS = 16,
	IDLE_EVERY = 1000000,
	EXPORTERS_SHOWN = 64,
	FRAME = 8 + sizeof(struct batch)
};

static_assert((int)FRAME <= (int)RING_FRAME_MAX, "a batch fits a frame");

/* A frame that found no room. */
struct waiting {
	struct waiting *next;
	size_t size;
	uint8_t bytes[];
};

struct target { /* a detect role */
	struct decode *decode;
	struct msg_peer *peer;
	struct ring *ring;
	bool said; /* TAKEN came since it was connected */
	uint64_t taken, durable;
	struct waiting *first, **last;
	struct batch *share; /* with several targets */
};

struct point { /* a state that was written down */
	bool valid;
	uint64_t number; /* of the last event before it */
	struct wr state;
};

struct decode {
	struct role *role;
	const struct config_source *conf;
	struct source_env env;
	void *input; /* NULL: not open */
	int fd;
	int receive_buffer; /* bytes of a socket's, as the kernel counts; 0: a file */
	struct target targets[TARGETS];
	size_t target_count;
	struct point points[SNAPSHOT_SLOTS];
	uint64_t number; /* of the last event emitted */
	uint64_t offset; /* live: added to the source's own numbers */
	int64_t watermark, newest;
	int64_t written;  /* monotonic: when a point was last written */
	uint64_t dropped; /* batches of a live source */
	bool ended, finish, scheduled;
	struct wr frame;
};

/* ---- giving batches away */

static void
wake(struct target *t)
{
	if (t->peer != NULL && ring_wake(t->ring))
		msg_send(t->peer, WIRE_WAKE, "", 0, -1);
}

static void
drop_waiting(struct target *t)
{
	while (t->first != NULL) {
		struct waiting *w = t->first;

		t->first = w->next;
		free(w);
	}
	t->last = &t->first;
}

/* True: nothing waits any more. */
static bool
drain(struct target *t)
{
	while (t->first != NULL &&
	       ring_put(t->ring, WIRE_BATCH, t->first->bytes, t->first->size)) {
		struct waiting *w = t->first;

		t->first = w->next;
		free(w);
	}
	if (t->first == NULL)
		t->last = &t->first;
	wake(t);
	return t->first == NULL;
}

static bool
may_drop(const struct decode *d)
{
	return d->conf->live && d->role->config->clock == CLOCK_WALL;
}

static void
keep(struct target *t, const struct wr *frame)
{
	struct waiting *w = xmalloc(sizeof *w + frame->size);

	w->next = NULL;
	w->size = frame->size;
	memcpy(w->bytes, frame->bytes, frame->size);
	*t->last = w;
	t->last = &w->next;
}

static void
give(struct target *t, const struct batch *batch)
{
	struct decode *d = t->decode;

	if (!t->said) { /* it will say what it has, and we go back there */
		d->dropped += d->conf->live;
		return;
	}
	wr_reset(&d->frame);
	wr_u64(&d->frame, d->number);
	batch_write(batch, &d->frame);
	if (t->first == NULL &&
	    ring_put(t->ring, WIRE_BATCH, d->frame.bytes, d->frame.size))
		wake(t);
	else if (may_drop(d))
		d->dropped++;
	else
		keep(t, &d->frame);
}

static size_t
share_of(const struct decode *d, const struct line_key *key)
{
	assert(d->target_count > 0);
	return addr_hash(&key->addr, key->realm) % d->target_count;
}

static void
deal_one(struct decode *d, const struct batch *batch, const struct event *ev)
{
	struct target *t = &d->targets[share_of(d, &ev->line)];
	struct event *copy = batch_add(t->share);

	*copy = *ev;
	copy->name = copy->name_size = 0;
	if (ev->name_size > 0)
		(void)batch_set_name(
		    t->share, copy, batch_name(batch, ev), ev->name_size);
}

static void
deal(struct decode *d, const struct batch *batch)
{
	for (size_t i = 0; i < d->target_count; i++) {
		batch_reset(d->targets[i].share);
		d->targets[i].share->source = batch->source;
		d->targets[i].share->watermark = batch->watermark;
	}
	for (uint32_t i = 0; i < batch->count; i++)
		deal_one(d, batch, &batch->events[i]);
	for (size_t i = 0; i < d->target_count; i++)
		give(&d->targets[i], d->targets[i].share);
}

static void
sink(void *ctx, struct batch *batch)
{
	struct decode *d = ctx;

	batch->source = d->conf->number;
	for (uint32_t i = 0; i < batch->count; i++)
		batch->events[i].seq += d->offset;
	if (batch->count > 0)
		d->number = batch->events[batch->count - 1].seq;
	d->watermark = batch->watermark;
	if (d->watermark != WHEN_NEVER && d->watermark > d->newest)
		d->newest = d->watermark;
	if (d->target_count == 1)
		give(&d->targets[0], batch);
	else
		deal(d, batch);
	role_changed(d->role);
}

/* ---- points to go back to */

static uint64_t
least(const struct decode *d, bool durable)
{
	uint64_t number = UINT64_MAX;

	for (size_t i = 0; i < d->target_count; i++) {
		const struct target *t = &d->targets[i];
		uint64_t n = durable ? t->durable : t->taken;

		number = n < number ? n : number;
	}
	return number;
}

/* The slot that may be overwritten, or -1: the older one, once the newer one is from
 * before what every detect role has made durable. */
static int
free_slot(const struct decode *d)
{
	int newer = d->points[1].valid &&
		    (!d->points[0].valid || d->points[1].number > d->points[0].number);

	if (!d->points[newer].valid)
		return newer;
	if (d->conf->live || d->points[newer].number <= least(d, true))
		return !newer;
	return d->points[!newer].valid ? -1 : !newer;
}

static void
write_point(struct decode *d)
{
	int slot = free_slot(d);
	struct point *p = &d->points[slot < 0 ? 0 : slot];
	struct err err;
	struct wr w;

	d->written = clock_monotonic();
	if (slot < 0 || d->ended)
		return;
	wr_init(&w, SNAPSHOT_MAX);
	wr_u64(&w, d->number);
	d->conf->source->save(d->input, &w);
	p->valid = !w.bad &&
		   snapshot_write(&d->role->slots, (unsigned)slot, w.bytes, w.size, &err);
	if (!w.bad && !p->valid)
		log_line(LEVEL_WARNING, "source %s: %s", d->conf->name, err.text);
	wr_fini(&p->state);
	p->state = w;
	p->number = d->number;
}

static void
read_points(struct decode *d)
{
	for (unsigned i = 0; i < SNAPSHOT_SLOTS; i++) {
		struct point *p = &d->points[i];
		struct rd r;

		wr_init(&p->state, SNAPSHOT_MAX);
		if (!snapshot_read(&d->role->slots, i, &p->state))
			continue;
		r = rd_init(p->state.bytes, p->state.size);
		p->number = rd_u64(&r);
		p->valid = !r.bad;
	}
}

static const struct point *
best_point(const struct decode *d, uint64_t most)
{
	const struct point *best = NULL;

	for (int i = 0; i < SNAPSHOT_SLOTS; i++)
		if (d->points[i].valid && d->points[i].number <= most &&
		    (best == NULL || d->points[i].number > best->number))
			best = &d->points[i];
	return best;
}

static bool
load_point(struct decode *d, const struct point *p)
{
	struct rd r = rd_init(p->state.bytes, p->state.size);

	(void)rd_u64(&r);
	return d->conf->source->load(d->input, &r);
}

static void
open_input(struct decode *d)
{
	struct err err;

	if (d->input != NULL)
		d->conf->source->close(d->input);
	if (!d->conf->live && lseek(d->fd, 0, SEEK_SET) < 0) {
		(void)err_errno(&err, "source %s: go back", d->conf->name);
		role_fail(&err);
	}
	d->input = d->conf->source->open(&d->env, d->fd, d->conf->name, &err);
	if (d->input == NULL)
		role_fail(&err);
}

/* Stands where every detect role can follow. */
static void
go_back(struct decode *d)
{
	const struct point *p =
	    best_point(d, d->conf->live ? UINT64_MAX : least(d, false));
	uint64_t seen = 0;

	open_input(d);
	if (p != NULL && !load_point(d, p)) {
		log_line(LEVEL_WARNING, "source %s: its written state cannot be read",
		    d->conf->name);
		open_input(d);
		p = NULL;
	}
	d->number = p != NULL ? p->number : 0;
	d->ended = false;
	for (size_t i = 0; i < d->target_count; i++)
		seen = d->targets[i].taken > seen ? d->targets[i].taken : seen;
	if (d->conf->live && seen > d->number) {
		d->offset = seen - d->number;
		d->number = seen;
	}
}

/* ---- work */

static bool
can_work(const struct decode *d)
{
	bool whole = d->input != NULL && !d->ended;

	for (size_t i = 0; i < d->target_count; i++)
		if (!d->targets[i].said || d->targets[i].first != NULL)
			return whole && may_drop(d);
	return whole;
}

static void work(void *ctx);

static void
schedule(struct decode *d)
{
	if (d->scheduled || !can_work(d))
		return;
	d->scheduled = true;
	(void)loop_after(d->role->loop, 0, work, d);
}

static void on_input(void *ctx, int fd, unsigned ready);

static void
finish(struct decode *d)
{
	d->conf->source->finish(d->input, WHEN_NEVER, sink, d);
	d->ended = true;
	role_changed(d->role);
}

static void
work(void *ctx)
{
	struct decode *d = ctx;
	bool more;

	d->scheduled = false;
	if (!can_work(d))
		return;
	more = d->conf->source->step(d->input, sink, d);
	if (!more && (!d->conf->live || d->finish))
		finish(d);
	else if (clock_monotonic() - d->written > d->role->config->detect.snapshot)
		write_point(d);
	role_changed(d->role);
	if (more)
		schedule(d);
	else if (!d->ended)
		loop_fd(d->role->loop, d->fd, LOOP_READ, on_input, d);
}

/* Something came on the socket: read until nothing is left, then wait here again. */
static void
on_input(void *ctx, int fd, unsigned ready)
{
	struct decode *d = ctx;

	(void)ready;
	loop_forget(d->role->loop, fd);
	schedule(d);
}

static void
on_idle(void *ctx)
{
	struct decode *d = ctx;
	struct clock wall;

	clock_init(&wall, CLOCK_WALL);
	if (d->input != NULL && !d->ended && d->conf->source->idle != NULL)
		d->conf->source->idle(d->input, clock_now(&wall), sink, d);
	(void)loop_after(d->role->loop, IDLE_EVERY, on_idle, d);
}

/* ---- messages */

static void
on_taken(struct target *t, struct msg_peer *peer, struct msg *msg)
{
	struct decode *d = t->decode;
	bool fresh = !t->said;

	t->taken = rd_u64(&msg->body);
	t->durable = rd_u64(&msg->body);
	if (msg->body.bad || rd_left(&msg->body) > 0 || t->durable > t->taken) {
		msg_violation(peer, "TAKEN does not read");
		return;
	}
	t->said = true;
	if (!fresh)
		return;
	for (size_t i = 0; i < d->target_count; i++)
		if (!d->targets[i].said)
			return;
	if (d->input == NULL || (!d->conf->live && least(d, false) < d->number) ||
	    (d->ended && !d->conf->live))
		go_back(d);
	else if (d->ended) /* a live source that was finished says so again */
		finish(d);
	schedule(d);
}

static void
on_message(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct target *t = ctx;

	if (msg->type == WIRE_TAKEN)
		on_taken(t, peer, msg);
	else if (msg->type == WIRE_WAKE) {
		if (drain(t))
			schedule(t->decode);
	} else
		msg_violation(peer, "detect may not say this to decode");
}

static void
forget(struct target *t)
{
	msg_peer_free(t->peer);
	ring_close(t->ring);
	drop_waiting(t);
	t->peer = NULL;
	t->ring = NULL;
	t->said = false;
}

static void
on_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct target *t = ctx;

	(void)peer;
	role_tell_violation(
	    t->decode->role, DETECT_ROLE, (unsigned)(t - t->decode->targets), why);
	forget(t);
}

static const struct msg_calls calls = {on_message, on_gone, NULL};

static void
decode_connect(void *self, const struct role_link *link)
{
	struct decode *d = self;
	struct target *t = &d->targets[link->index % TARGETS];
	struct err err;

	forget(t);
	t->ring = ring_open(link->ring, true, &err);
	if (t->ring == NULL)
		role_fail(&err);
	t->peer = msg_peer_new(d->role->loop, link->fd, &calls, t);
}

static void
decode_told(void *self, struct msg *msg)
{
	struct decode *d = self;

	if (msg->type != WIRE_FINISH)
		return;
	d->finish = true;
	schedule(d);
}

/* ---- life */

static void
open_slots(struct role *role, const struct config_source *conf, struct err *err)
{
	char path[512], part[16] = "";

	if (conf->part > 0)
		(void)snprintf(part, sizeof part, "+%u", conf->part);
	for (int i = 0; i < SNAPSHOT_SLOTS; i++) {
		(void)snprintf(
		    path, sizeof path, "snapshots/decode-%s%s.%d", conf->name, part, i);
		role->slots.fds[i] = place_file(role->config, path, err);
	}
}

static void *
decode_warm(struct role *role, struct err *err)
{
	struct decode *d = xcalloc(1, sizeof *d);
	const struct config *c = role->config;

	d->role = role;
	d->conf = config_decoder(c, role->index);
	d->fd = d->conf->live ? role->fds[0] : open(d->conf->path, O_RDONLY | O_CLOEXEC);
	if (d->fd < 0) {
		(void)err_errno(err, "source %s: open %s", d->conf->name, d->conf->path);
		free(d);
		return NULL;
	}
	if (d->conf->live)
		(void)getsockopt(d->fd, SOL_SOCKET, SO_RCVBUF, &d->receive_buffer,
		    &(socklen_t){sizeof d->receive_buffer});
	open_slots(role, d->conf, err);
	d->env = (struct source_env){.number = d->conf->number,
	    .realm = d->conf->realm_number,
	    .ours = &c->ours,
	    .sampling = (uint32_t)d->conf->sampling,
	    .lateness = d->conf->lateness,
	    .classes = d->conf->class_set,
	    .flows = (size_t)d->conf->flows,
	    .active = d->conf->active,
	    .idle = d->conf->idle,
	    .seed = (uint64_t)c->seed};
	d->target_count = (size_t)c->detect.processes;
	for (size_t i = 0; i < d->target_count; i++) {
		d->targets[i].decode = d;
		d->targets[i].last = &d->targets[i].first;
		d->targets[i].share = d->target_count > 1 ? batch_new() : NULL;
	}
	wr_init(&d->frame, FRAME);
	d->watermark = d->newest = INT64_MIN;
	return d;
}

static void
decode_start(void *self)
{
	struct decode *d = self;

	read_points(d);
	d->written = clock_monotonic();
	if (may_drop(d))
		(void)loop_after(d->role->loop, IDLE_EVERY, on_idle, d);
}

struct exporter_list {
	struct jw *j;
	uint32_t count;
};

static void
put_exporter(void *ctx, const struct netflow_exporter *e)
{
	struct exporter_list *list = ctx;
	char addr[ADDR_TEXT];

	if (list->count++ >= EXPORTERS_SHOWN)
		return;
	jw_object(list->j, NULL);
	jw_text(list->j, "exporter", addr_text(&e->addr, addr));
	jw_uint(list->j, "domain", e->domain);
	jw_uint(list->j, "version", e->version);
	jw_uint(list->j, "sampling", e->sampling);
	jw_uint(list->j, "datagrams", e->datagrams);
	jw_uint(list->j, "flow_records", e->records);
	jw_uint(list->j, "lost_flows", e->lost_flows);
	jw_end(list->j);
}

static void
put_exporters(const struct decode *d, struct jw *j)
{
	struct exporter_list list = {.j = j};

	jw_array(j, "exporters");
	if (d->input != NULL && d->conf->source->exporters != NULL)
		d->conf->source->exporters(d->input, put_exporter, &list);
	jw_end(j);
	jw_uint(j, "exporter_count", list.count);
}

static void
decode_status(void *self, struct jw *j)
{
	struct decode *d = self;
	static const struct source_stat none;
	const struct source_stat *s =
	    d->input != NULL ? d->conf->source->stat(d->input) : &none;

	jw_text(j, "source", d->conf->name);
	jw_text(j, "type", d->conf->source->name);
	if (d->conf->processes > 1)
		jw_uint(j, "part", d->conf->part);
	if (d->role->port > 0)
		jw_uint(j, "port", d->role->port);
	if (d->conf->live)
		jw_int(j, "receive_buffer", d->receive_buffer);
	jw_uint(j, "records", s->records);
	jw_uint(j, "decoded", s->decoded);
	jw_uint(j, "malformed", s->malformed);
	jw_uint(j, "unknown", s->unknown);
	jw_uint(j, "non_ip", s->non_ip);
	jw_uint(j, "truncated", s->truncated);
	jw_uint(j, "events", s->events);
	jw_uint(j, "flow_records", s->flow_records);
	jw_uint(j, "lost", s->lost);
	jw_uint(j, "lost_flows", s->lost_flows);
	jw_uint(j, "dropped", s->dropped);
	jw_uint(j, "evicted", s->evicted);
	jw_uint(j, "late", s->late);
	jw_uint(j, "not_ours", s->not_ours);
	jw_uint(j, "dropped_batches", d->dropped);
	jw_uint(j, "number", d->number);
	if (d->newest == INT64_MIN)
		jw_null(j, "watermark");
	else
		jw_when(j, "watermark", d->newest);
	jw_flag(j, "ended", d->ended);
	put_exporters(d, j);
}

static void
decode_stop(void *self)
{
	struct decode *d = self;

	if (d->input != NULL)
		write_point(d);
}

const struct role_ops decode_ops = {
    .name = "decode",
    .allow = 0,
    .warm = decode_warm,
    .start = decode_start,
    .connect = decode_connect,
    .told = decode_told,
    .status = decode_status,
    .stop = decode_stop,
};
