/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect_marks.c -- the engine's marks on their way into the runner; how and why: mark.h.
 *
 * Marks wait here, in the order of their numbers, until the inputs have come to their
 * time. So when the inputs end, those that are dated too late can be left out, and the
 * runner has never heard of them. The runner's watermark stays below the first that
 * waits.
 */
#include "base/mem.h"
#include "base/when.h"
#include "role/detect_inside.h"
#include "role/mark.h"

#include <string.h>

uint32_t
detect_marks_source(const struct detect *d)
{
	return (uint32_t)d->feed_count + (d->role->config->leases.count > 0);
}

static bool
is_replay(const struct detect *d)
{
	return d->role->config->clock == CLOCK_REPLAY;
}

static bool
any_waits(const struct detect_marks *m)
{
	return m->first < m->end;
}

static void
give_watermark(struct detect *d, int64_t t)
{
	if (t <= d->marks.given)
		return;
	d->marks.given = t;
	runner_watermark(d->runner, detect_marks_source(d), t);
}

void
detect_marks_init(struct detect *d)
{
	d->marks.durable = runner_seq(d->runner, detect_marks_source(d));
	if (!is_replay(d))
		give_watermark(d, WHEN_NEVER);
}

static void
keep(struct detect_marks *m, const struct line_mark *mark)
{
	if (m->first > 0 && m->end == m->room) {
		m->end -= m->first;
		memmove(m->items, m->items + m->first, m->end * sizeof *m->items);
		m->first = 0;
	}
	if (m->end == m->room) {
		m->room = m->room ? 2 * m->room : 256;
		m->items = xrealloc(m->items, m->room * sizeof *m->items);
	}
	m->items[m->end++] = *mark;
}

/* The last number that has come. */
static uint64_t
last_number(const struct detect *d)
{
	if (any_waits(&d->marks))
		return d->marks.items[d->marks.end - 1].seq;
	return runner_seq(d->runner, detect_marks_source(d));
}

/* A live role that begins anew hears old marks: they hold from now on. */
static void
give(struct detect *d, int64_t inputs)
{
	struct line_mark mark = d->marks.items[d->marks.first++];

	if (!is_replay(d) && mark.time <= inputs) {
		mark.time = inputs != WHEN_NEVER ? inputs + 1 : mark.time;
		d->marks.late++;
	}
	(void)runner_mark(d->runner, detect_marks_source(d), &mark);
}

/* The last date that matters; INT64_MIN as long as nobody has told the time. */
static int64_t
limit_of(const struct detect *d, int64_t inputs)
{
	int64_t newest = INT64_MIN;

	if (inputs != WHEN_NEVER)
		return inputs;
	for (size_t i = 0; i < d->feed_count; i++)
		if (d->feeds[i].newest > newest)
			newest = d->feeds[i].newest;
	return mark_reach(d->role->config->epoch, newest);
}

static void
end_marks(struct detect *d, int64_t limit)
{
	d->marks.first = d->marks.end = 0;
	give_watermark(d, limit);
	give_watermark(d, WHEN_NEVER);
}

void
detect_give_marks(struct detect *d)
{
	struct detect_marks *m = &d->marks;
	int64_t inputs = detect_inputs(d), limit = limit_of(d, inputs), t = m->told;

	if (!is_replay(d)) {
		while (any_waits(m) && inputs != INT64_MIN)
			give(d, inputs);
		return;
	}
	while (any_waits(m) && m->items[m->first].time <= limit)
		give(d, inputs);
	if (inputs == WHEN_NEVER && m->told >= limit) {
		end_marks(d, limit);
		return;
	}
	if (any_waits(m) && m->items[m->first].time <= t)
		t = m->items[m->first].time - 1;
	give_watermark(d, t);
}

bool
detect_take_mark(struct detect *d, struct msg *msg)
{
	struct line_mark mark;

	if (msg->type == WIRE_WATERMARK) {
		int64_t t = (int64_t)rd_u64(&msg->body);

		if (msg->body.bad || rd_left(&msg->body) > 0)
			return false;
		d->marks.told = t > d->marks.told ? t : d->marks.told;
	} else if (msg->type == WIRE_MARK && mark_read(&mark, &msg->body)) {
		bool ended = is_replay(d) && d->marks.given == WHEN_NEVER;

		if (mark.seq > last_number(d) && !ended)
			keep(&d->marks, &mark);
	} else
		return false;
	detect_give_marks(d);
	return true;
}

void
detect_tell_marks(struct detect *d, uint32_t type)
{
	struct wr w;

	if (d->engine == NULL)
		return;
	wr_init(&w, 16);
	wr_u64(&w, type == WIRE_HELLO ? last_number(d) : d->marks.durable);
	msg_send(d->engine, type, w.bytes, w.size, -1);
	wr_fini(&w);
}

int64_t
detect_marks_passed(const struct detect *d)
{
	int64_t first = runner_first(d->runner);

	if (first == WHEN_NEVER)
		return WHEN_NEVER;
	return first != INT64_MIN && first - 1 > d->marks.given ? first - 1
								: d->marks.given;
}
