/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_epoch.c -- sightings wait until all streams have passed an epoch, then go in.
 *
 * An epoch is closed only if something happens in it: a sighting was received, or one of
 * the desk's timers falls due. Which epochs are closed therefore depends on content
 * alone. In REPLAY the orders of an epoch are carried out, and their outcomes written
 * down, before the next one is closed: so the state after it does not depend on how long
 * the mail server took.
 */
#include "role/engine_inside.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/when.h"

#include <stdlib.h>
#include <string.h>

enum { AHEAD = 20000, EARLY = 4096, RETRY = 1000000, TEXT = 200 };

int64_t
engine_now(struct engine *e)
{
	return clock_now(&e->clock);
}

/* ---- streams */

struct engine_stream *
engine_stream(struct engine *e, const char *name)
{
	struct engine_stream *s;

	for (size_t i = 0; i < e->stream_count; i++)
		if (strcmp(e->streams[i]->name, name) == 0)
			return e->streams[i];
	s = xcalloc(1, sizeof *s);
	(void)strncpy(s->name, name, sizeof s->name - 1);
	s->in.durable = s->in.taken = store_stream(e->store, name);
	s->received = INT64_MIN;
	e->streams =
	    xrealloc(e->streams, (e->stream_count + 1) * sizeof(struct engine_stream *));
	e->streams[e->stream_count++] = s;
	return s;
}

static bool
before(const struct waiting *a, const struct waiting *b)
{
	return a->fate.sighting.received < b->fate.sighting.received;
}

static void
push(struct engine *e, struct waiting *w)
{
	size_t i = e->heap_count++;

	if (i == e->heap_room) {
		e->heap_room = e->heap_room ? 2 * e->heap_room : 256;
		e->heap = xrealloc(e->heap, e->heap_room * sizeof(struct waiting *));
	}
	for (; i > 0 && before(w, e->heap[(i - 1) / 2]); i = (i - 1) / 2)
		e->heap[i] = e->heap[(i - 1) / 2];
	e->heap[i] = w;
}

static struct waiting *
pop(struct engine *e)
{
	struct waiting *top = e->heap[0], *last = e->heap[--e->heap_count];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < e->heap_count) {
		if (child + 1 < e->heap_count &&
		    before(e->heap[child + 1], e->heap[child]))
			child++;
		if (!before(e->heap[child], last))
			break;
		e->heap[i] = e->heap[child];
		i = child;
	}
	e->heap[i] = last;
	return top;
}

/* What comes behind the last epoch counts as received now: the past is closed. */
static void
place_in_time(struct engine *e, struct waiting *w)
{
	int64_t *received = &w->fate.sighting.received;

	if (e->closed != INT64_MIN && *received <= e->closed) {
		*received = e->closed + 1;
		e->late++;
	}
	if (*received < w->stream->received)
		*received = w->stream->received;
	w->stream->received = *received;
}

static struct waiting *
next_of(struct producer *p, struct rd *body, enum stream_order *order)
{
	struct waiting *w;
	uint64_t number = rd_u64(body);

	*order = STREAM_GAP;
	if (body->bad || p->stream == NULL)
		return NULL;
	*order = stream_in_take(&p->stream->in, number);
	if (*order != STREAM_NEW)
		return NULL;
	w = xcalloc(1, sizeof *w);
	w->stream = p->stream;
	w->number = number;
	return w;
}

/* It waits for its epoch, or is thrown away as nonsense. */
static bool
wait(struct engine *e, struct waiting *w, bool sound)
{
	if (!sound) {
		fate_fini(&w->fate);
		free(w);
		return false;
	}
	place_in_time(e, w);
	push(e, w);
	engine_schedule(e);
	return true;
}

/* Reports come from intake, and nothing else does: no stranger's text can pass for what
 * our own detectors saw. */
bool
engine_take_sighting(struct engine *e, struct producer *p, struct rd *body)
{
	enum stream_order order;
	struct waiting *w = next_of(p, body, &order);

	if (w == NULL)
		return order == STREAM_OLD;
	return wait(e, w,
	    sighting_read(&w->fate.sighting, body) && p->kind == DETECT_ROLE &&
		w->fate.sighting.group != GROUP_REPORT);
}

bool
engine_take_fate(struct engine *e, struct producer *p, struct rd *body)
{
	enum stream_order order;
	struct waiting *w = next_of(p, body, &order);

	if (w == NULL)
		return order == STREAM_OLD;
	return wait(e, w,
	    fate_read(&w->fate, body) && p->kind == INTAKE_ROLE &&
		w->fate.sighting.group == GROUP_REPORT);
}

/* Far enough from the ends that sums of it and of spans cannot overflow. */
static bool
time_sound(int64_t t)
{
	return t == INT64_MIN || t == WHEN_NEVER ||
	       (t >= -SIGHTING_TIME_MAX && t <= SIGHTING_TIME_MAX);
}

bool
engine_take_watermark(struct engine *e, struct producer *p, struct rd *body)
{
	int64_t t = (int64_t)rd_u64(body), newest = (int64_t)rd_u64(body);

	if (body->bad || rd_left(body) > 0 || !time_sound(t) || !time_sound(newest))
		return false;
	p->watermark = t > p->watermark ? t : p->watermark;
	p->newest = newest > p->newest ? newest : p->newest;
	engine_schedule(e);
	return true;
}

static int64_t
least_watermark(const struct engine *e, bool but_reports)
{
	int64_t least = WHEN_NEVER;

	for (size_t i = 0; i < e->producer_count; i++) {
		const struct producer *p = &e->producers[i];

		if (!p->down && p->watermark < least &&
		    !(but_reports && p->kind == INTAKE_ROLE))
			least = p->watermark;
	}
	return least;
}

/* A role that is ahead of the others waits, once much is pending. */
static void
balance(struct engine *e, int64_t least)
{
	for (size_t i = 0; i < e->producer_count; i++) {
		struct producer *p = &e->producers[i];
		bool ahead = e->heap_count > AHEAD && p->watermark > least &&
			     p->watermark - e->role->config->epoch > least;

		if (e->role->config->clock == CLOCK_WALL && p->kind == INTAKE_ROLE)
			ahead = e->heap_count > AHEAD; /* its file can wait on disk */

		if (p->peer == NULL || p->paused == ahead)
			continue;
		p->paused = ahead;
		msg_pause(p->peer, ahead);
	}
}

/* ---- orders */

void
engine_actor_lost(struct engine *e)
{
	e->in_flight = 0;
	e->orders_due = true;
	desk_orders_again(e->desk);
}

/* Once for each time that the disk is full, say: what waits, is tried again. */
static void
trouble(struct engine *e, const struct err *err)
{
	if (!e->troubled)
		log_line(LEVEL_ERROR, "the store takes nothing in, tried again: %s",
		    err->text);
	e->troubled = true;
}

static void
send_orders(struct engine *e, size_t count)
{
	struct wr w;

	wr_init(&w, MSG_MAX);
	for (size_t i = 0; i < count; i++) {
		wr_reset(&w);
		order_write(&e->orders[i], &w);
		msg_send(e->actor, WIRE_ORDER, w.bytes, w.size, -1);
	}
	wr_fini(&w);
	e->in_flight += (unsigned)count;
}

/* Until the desk has none left, or enough are on their way. False: orders may be left
 * that cannot be written down as sent. */
static bool
dispatch(struct engine *e)
{
	size_t count = 1;
	struct err err;
	bool good = true;

	while (good && count > 0 && e->actor != NULL && e->in_flight < IN_FLIGHT) {
		good = desk_orders(e->desk, engine_now(e), e->orders,
		    IN_FLIGHT - e->in_flight, &count, &err);
		if (good)
			send_orders(e, count);
		else
			trouble(e, &err);
	}
	if (good && count == 0)
		e->orders_due = e->in_flight > 0;
	sodium_memzero(e->orders, sizeof e->orders);
	return good;
}

static void
ask_again(void *ctx)
{
	struct engine *e = ctx;

	e->asking_again = false;
	engine_actor_lost(e);
	engine_schedule(e);
}

/* The actor remembers what it did: asked again, it says so once more. */
static void
outcome_lost(struct engine *e, const struct err *err)
{
	trouble(e, err);
	if (!e->asking_again)
		(void)loop_after(e->role->loop, RETRY, ask_again, e);
	e->asking_again = true;
}

bool
engine_take_outcome(struct engine *e, struct rd *body)
{
	struct id128 key;
	enum outcome outcome;
	char text[TEXT + 1] = "";
	struct err err;

	(void)rd_copy(body, key.b, sizeof key.b);
	outcome = (enum outcome)rd_u8(body);
	if (body->bad || outcome > OUTCOME_REFUSED || rd_left(body) > TEXT)
		return false;
	(void)rd_copy(body, text, rd_left(body));
	if (!desk_outcome(e->desk, engine_now(e), &key, outcome, text, &err)) {
		outcome_lost(e, &err);
		return true;
	}
	if (outcome != OUTCOME_LATER)
		msg_send(e->actor, WIRE_SETTLED, key.b, sizeof key.b, -1);
	e->troubled = false;
	e->in_flight -= e->in_flight > 0;
	engine_schedule(e);
	return true;
}

/* ---- epochs */

static int64_t
epoch_of(const struct engine *e, int64_t t)
{
	int64_t length = e->role->config->epoch, rest = t % length;

	if (t > WHEN_NEVER - length)
		return WHEN_NEVER;
	return rest == 0 ? t : t - rest + (rest > 0 ? length : 0);
}

/* REPLAY, all inputs ended: how far time still goes. */
static int64_t
replay_limit(const struct engine *e)
{
	int64_t limit = e->role->config->replay_until;

	for (size_t i = 0; i < e->producer_count; i++)
		if (e->producers[i].newest != WHEN_NEVER &&
		    e->producers[i].newest > limit)
			limit = e->producers[i].newest;
	return e->closed > limit ? e->closed : limit;
}

/* End of the next epoch that must be closed; WHEN_NEVER: none within reach. */
static int64_t
next_epoch(struct engine *e, int64_t least)
{
	int64_t timer = desk_next_timer(e->desk), next = WHEN_NEVER;
	int64_t first =
	    e->heap_count > 0 ? e->heap[0]->fate.sighting.received : WHEN_NEVER;
	int64_t limit = least;

	if (least == WHEN_NEVER && e->role->config->clock == CLOCK_REPLAY)
		limit = replay_limit(e);
	if (e->closed == INT64_MIN) { /* timers begin with the first news */
		int64_t begin = first < limit ? first : limit;

		timer = timer > begin ? timer : begin;
	}
	if (first < timer)
		return epoch_of(e, first) <= least ? epoch_of(e, first) : WHEN_NEVER;
	if (timer <= limit)
		next = epoch_of(e, timer);
	else if (least == WHEN_NEVER && e->closed < epoch_of(e, limit))
		next = epoch_of(e, limit);
	if (next != WHEN_NEVER && e->closed != INT64_MIN && next <= e->closed)
		next = e->closed + e->role->config->epoch;
	if (least != WHEN_NEVER && next > least)
		return WHEN_NEVER;
	return next;
}

static void
acknowledge(struct engine *e, const struct engine_stream *s)
{
	struct wr w;

	wr_init(&w, 256);
	wr_u64(&w, s->in.durable);
	for (size_t i = 0; i < e->producer_count; i++) {
		const struct producer *p = &e->producers[i];

		if (p->peer == NULL)
			continue;
		if (p->kind == DETECT_ROLE && p->stream == s)
			msg_send(p->peer, WIRE_ACK, w.bytes, w.size, -1);
		if (p->kind == INTAKE_ROLE && strncmp(s->name, "report/", 7) == 0) {
			wr_text(&w, s->name);
			msg_send(p->peer, WIRE_ACK, w.bytes, w.size, -1);
		}
	}
	wr_fini(&w);
}

struct epoch {
	int64_t end;
	bool early; /* only a part of it */
	struct waiting **taken;
	struct fate *fates;
	size_t count;
	struct stream_mark *marks;
	size_t mark_count;
};

static void
gather(struct engine *e, struct epoch *ep)
{
	size_t room = 0;

	while (e->heap_count > 0 && e->heap[0]->fate.sighting.received <= ep->end &&
	       (!ep->early || ep->count < EARLY)) {
		struct waiting *w = pop(e);

		if (ep->count == room) {
			room = room ? 2 * room : 64;
			ep->taken = xrealloc(ep->taken, room * sizeof(struct waiting *));
			ep->fates = xrealloc(ep->fates, room * sizeof *ep->fates);
		}
		ep->taken[ep->count] = w;
		ep->fates[ep->count++] = w->fate;
		if (w->number > w->stream->mark)
			w->stream->mark = w->number;
	}
	ep->marks = xcalloc(e->stream_count + 1, sizeof *ep->marks);
	for (size_t i = 0; i < e->stream_count; i++)
		if (e->streams[i]->mark > e->streams[i]->in.durable)
			ep->marks[ep->mark_count++] = (struct stream_mark){
			    e->streams[i]->name, e->streams[i]->mark};
	if (!ep->early)
		ep->marks[ep->mark_count++] =
		    (struct stream_mark){"clock", (uint64_t)ep->end};
}

static void
after_commit(struct engine *e, const struct epoch *ep)
{
	for (size_t i = 0; i < e->stream_count; i++) {
		struct engine_stream *s = e->streams[i];

		if (s->mark <= s->in.durable)
			continue;
		s->in.durable = s->mark;
		acknowledge(e, s);
	}
	for (size_t i = 0; i < ep->count; i++) {
		e->sightings += ep->taken[i]->fate.kind == FATE_SIGHTING;
		fate_fini(&ep->taken[i]->fate);
		free(ep->taken[i]);
	}
	e->orders_due = true;
	e->troubled = false;
	if (ep->early)
		return;
	e->epochs++;
	e->closed = ep->end;
	clock_advance(&e->clock, ep->end);
}

/* Nothing was taken in: everything waits as before. */
static void
after_failure(struct engine *e, const struct epoch *ep, const struct err *err)
{
	for (size_t i = 0; i < ep->count; i++)
		push(e, ep->taken[i]);
	for (size_t i = 0; i < e->stream_count; i++)
		e->streams[i]->mark = e->streams[i]->in.durable;
	trouble(e, err);
}

static bool
close_epoch(struct engine *e, int64_t end, bool early)
{
	struct epoch ep = {.end = end, .early = early};
	struct err err;
	bool good;

	gather(e, &ep);
	good =
	    desk_epoch(e->desk, end, ep.fates, ep.count, ep.marks, ep.mark_count, &err);
	if (good)
		after_commit(e, &ep);
	else
		after_failure(e, &ep, &err);
	free(ep.taken);
	free(ep.fates);
	free(ep.marks);
	return good;
}

/* WALL: a report of any size is taken in by parts, so that it never lies in memory as a
 * whole. What the other streams have told up to then is known already. */
static bool
is_early(const struct engine *e)
{
	return e->role->config->clock == CLOCK_WALL && e->heap_count >= EARLY &&
	       e->heap[0]->fate.sighting.received <= least_watermark(e, true);
}

static void work(void *ctx);

static void
schedule_after(struct engine *e, int64_t delay)
{
	if (e->scheduled)
		return;
	e->scheduled = true;
	(void)loop_after(e->role->loop, delay, work, e);
}

void
engine_schedule(struct engine *e)
{
	schedule_after(e, 0);
}

/* REPLAY: everything has come, time stands still. */
static void
settle(struct engine *e, int64_t least)
{
	bool done = e->role->config->clock == CLOCK_REPLAY && least == WHEN_NEVER &&
		    e->heap_count == 0 && !e->orders_due;

	if (done && !e->replay_done)
		log_line(LEVEL_NOTICE, "replay done");
	e->replay_done = done;
}

/* Of the leases, those that ended too long ago are forgotten once a day. */
static void
tell_time(struct engine *e)
{
	int64_t now = engine_now(e), day = now / WHEN_DAY;
	struct wr w;

	if (now == INT64_MIN || day == e->day_told)
		return;
	e->day_told = day;
	wr_init(&w, 64);
	wr_u64(&w, (uint64_t)now);
	for (size_t i = 0; i < e->producer_count; i++)
		if (e->producers[i].kind == LEASES_ROLE && e->producers[i].peer != NULL)
			msg_send(e->producers[i].peer, WIRE_TIME, w.bytes, w.size, -1);
	wr_fini(&w);
}

static void
work(void *ctx)
{
	struct engine *e = ctx;
	bool replay = e->role->config->clock == CLOCK_REPLAY;
	int64_t least = least_watermark(e, false), end;
	bool early;

	e->scheduled = false;
	tell_time(e);
	if ((e->orders_due || !replay) && !dispatch(e))
		schedule_after(e, RETRY);
	if (replay && e->orders_due)
		return; /* an outcome, or an actor, brings us back */
	end = next_epoch(e, least);
	early = end == WHEN_NEVER && is_early(e);
	if (early)
		end = e->heap[0]->fate.sighting.received;
	if (end == WHEN_NEVER) {
		engine_tell_marks(e, least);
		settle(e, least);
	} else if (close_epoch(e, end, early)) {
		if (!early)
			engine_tell_marks(e, end);
		engine_schedule(e);
	} else
		schedule_after(e, RETRY);
	balance(e, least_watermark(e, false));
}
