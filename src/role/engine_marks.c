/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_marks.c -- tells the detect roles which lines are marked; how and why: mark.h.
 *
 * Every detect role is told of every mark, so that their number does not show in what
 * each of them does with its own lines. What is told comes from the store: nothing is
 * kept here but how far each role has been told.
 */
#include "role/engine_inside.h"
#include "role/mark.h"

static bool
send_mark(void *ctx, const struct stored_mark *m)
{
	struct producer *p = ctx;
	struct wr w;

	wr_init(&w, 128);
	mark_write(&m->mark, &w);
	msg_send(p->peer, WIRE_MARK, w.bytes, w.size, -1);
	wr_fini(&w);
	p->marks_told = m->mark.seq;
	return true;
}

static void
tell(struct engine *e, struct producer *p)
{
	struct wr w;

	if (p->kind != DETECT_ROLE || p->peer == NULL || !p->hears)
		return;
	if (p->marks_told < e->marks)
		store_marks_after(e->store, p->marks_told, send_mark, p);
	if (p->marks_until == e->marks_until)
		return;
	p->marks_until = e->marks_until;
	wr_init(&w, 16);
	wr_u64(&w, (uint64_t)p->marks_until);
	msg_send(p->peer, WIRE_WATERMARK, w.bytes, w.size, -1);
	wr_fini(&w);
}

void
engine_tell_marks(struct engine *e, int64_t t)
{
	int64_t until = mark_reach(e->role->config->epoch, t > e->closed ? t : e->closed);

	e->marks = store_mark_last(e->store);
	if (until > e->marks_until)
		e->marks_until = until;
	for (size_t i = 0; i < e->producer_count; i++)
		tell(e, &e->producers[i]);
}

static void
note_durable(struct engine *e)
{
	uint64_t had = UINT64_MAX;

	for (size_t i = 0; i < e->producer_count; i++)
		if (e->producers[i].kind == DETECT_ROLE &&
		    e->producers[i].marks_had < had)
			had = e->producers[i].marks_had;
	desk_marks_taken(e->desk, had);
}

bool
engine_take_marks_number(struct engine *e, struct producer *p, struct msg *msg)
{
	uint64_t number = rd_u64(&msg->body);

	if (p->kind != DETECT_ROLE || msg->body.bad || rd_left(&msg->body) > 0)
		return false;
	if (msg->type == WIRE_ACK) {
		p->marks_had = number;
		note_durable(e);
		return true;
	}
	p->hears = true;
	p->marks_told = number;
	p->marks_until = INT64_MIN;
	e->marks = store_mark_last(e->store);
	tell(e, p);
	return true;
}
