/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_batch.c -- questions that cost time go to the batch role, and come back.
 *
 * A question waits until its answer is here or the role has died; then whoever asked gets
 * a sentence. With the last answer the role is let go.
 */
#include "role/engine_inside.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { DAYS_DEFAULT = 30, DAYS_MOST = 400 };

static bool
refuse(struct wr *reply, const char *sentence)
{
	struct jw j;

	jw_begin(&j, reply);
	jw_object(&j, NULL);
	jw_flag(&j, "ok", false);
	jw_text(&j, "error", sentence);
	jw_end(&j);
	return true;
}

static void
drop_question(struct engine *e, size_t at)
{
	e->question_count--;
	memmove(&e->questions[at], &e->questions[at + 1],
	    (e->question_count - at) * sizeof e->questions[0]);
}

static void
send_question(struct engine *e, const struct question *q)
{
	struct wr w;

	wr_init(&w, 64);
	wr_u64(&w, q->ticket);
	wr_u64(&w, (uint64_t)engine_now(e));
	wr_u32(&w, q->days);
	msg_send(e->batch, WIRE_MEASURE, w.bytes, w.size, -1);
	wr_fini(&w);
}

bool
engine_ask_batch(struct engine *e, uint64_t ticket, const json_t *args, struct wr *reply)
{
	int64_t days = json_integer_value(json_object_get(args, "days"));
	struct question *q = &e->questions[e->question_count];

	if (days < 0 || days > DAYS_MOST)
		return refuse(reply, "args.days must be at most 400");
	if (e->question_count == QUESTIONS)
		return refuse(reply, "too many measurements at once; ask again later");
	*q = (struct question){ticket, (uint32_t)(days > 0 ? days : DAYS_DEFAULT)};
	e->question_count++;
	if (e->batch != NULL)
		send_question(e, q);
	else if (e->question_count == 1)
		msg_send(e->role->parent, WIRE_BATCH_START, "", 0, -1);
	return false;
}

/* Its end is no news then. */
static void
let_go(struct engine *e)
{
	msg_peer_free(e->batch);
	e->batch = NULL;
	e->batch_let_go = e->batch_run;
}

/* Who is told may ask again at once: that is a new question, for a new role. */
static void
batch_lost(struct engine *e)
{
	struct question told[QUESTIONS];
	size_t count = e->question_count;
	struct wr w;

	memcpy(told, e->questions, count * sizeof told[0]);
	e->question_count = 0;
	let_go(e);
	wr_init(&w, 1024);
	(void)refuse(&w, "the measurement ended before its answer; ask again");
	for (size_t i = 0; i < count; i++)
		control_answer(e->control, told[i].ticket, w.bytes, w.size);
	wr_fini(&w);
}

void
engine_batch_told(struct engine *e, bool alive, uint32_t run)
{
	if (alive)
		e->batch_run = run;
	else if (run != e->batch_let_go) {
		e->batch_run = run;
		batch_lost(e);
	}
}

static void
on_batch(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct engine *e = ctx;
	uint64_t ticket = rd_u64(&msg->body);
	size_t size = rd_left(&msg->body), at = 0;

	while (at < e->question_count && e->questions[at].ticket != ticket)
		at++;
	if (msg->type != WIRE_ANSWER || msg->body.bad || at == e->question_count) {
		msg_violation(peer, "an answer of batch does not read");
		return;
	}
	control_answer(e->control, ticket, rd_take(&msg->body, size), size);
	drop_question(e, at);
	if (e->question_count == 0)
		let_go(e);
}

static void
on_batch_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct engine *e = ctx;

	(void)peer;
	role_tell_violation(e->role, BATCH_ROLE, 0, why);
	batch_lost(e);
}

static const struct msg_calls batch_calls = {on_batch, on_batch_gone, NULL};

void
engine_connect_batch(struct engine *e, int fd)
{
	msg_peer_free(e->batch);
	e->batch = msg_peer_new(e->role->loop, fd, &batch_calls, e);
	for (size_t i = 0; i < e->question_count; i++)
		send_question(e, &e->questions[i]);
	if (e->question_count == 0) /* they were asked of an engine before us */
		let_go(e);
}
