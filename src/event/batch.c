/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.c -- see batch.h. The written form is a header (magic, version, size of an event,
 * source, watermark, counts), the events as they lie in memory, the arena. Machines that
 * exchange batches must agree on byte order and layout; the magic and the size tell.
 *
 * Everything that an event's reader may rely on is checked here, on the raw bytes where
 * the type has values that must not exist (bool).
 */
#include "event/batch.h"

#include "base/mem.h"
#include "base/when.h"

#include <stdlib.h>

static const uint32_t magic = 0x424b4556; /* "BKEV" */

struct head {
	uint32_t magic, version, event_size, source, count, arena_used;
	int64_t watermark;
};

/* Far enough from the ends of int64_t that differences and time-outs cannot overflow. */
static const int64_t time_max = INT64_C(1) << 56;

struct batch *
batch_new(void)
{
	struct batch *batch = xmalloc(sizeof *batch);

	batch->source = 0;
	batch->watermark = INT64_MIN;
	batch_reset(batch);
	return batch;
}

void
batch_free(struct batch *batch)
{
	free(batch);
}

void
batch_reset(struct batch *batch)
{
	batch->count = 0;
	batch->arena_used = 0;
}

struct event *
batch_add(struct batch *batch)
{
	struct event *ev;

	if (batch->count == BATCH_EVENTS)
		return NULL;
	ev = &batch->events[batch->count++];
	memset(ev, 0, sizeof *ev);
	return ev;
}

bool
batch_set_name(struct batch *batch, struct event *ev, const char *name, size_t size)
{
	if (size > BATCH_ARENA - batch->arena_used)
		return false;
	if (size > 0)
		memcpy(batch->arena + batch->arena_used, name, size);
	ev->name = (uint16_t)batch->arena_used;
	ev->name_size = (uint16_t)size;
	batch->arena_used += (uint32_t)size;
	return true;
}

const char *
batch_name(const struct batch *batch, const struct event *ev)
{
	return batch->arena + ev->name;
}

void
batch_write(const struct batch *batch, struct wr *w)
{
	struct head head = {
	    .magic = magic,
	    .version = BATCH_VERSION,
	    .event_size = sizeof(struct event),
	    .source = batch->source,
	    .count = batch->count,
	    .arena_used = batch->arena_used,
	    .watermark = batch->watermark,
	};

	wr_put(w, &head, sizeof head);
	wr_put(w, batch->events, batch->count * sizeof batch->events[0]);
	wr_put(w, batch->arena, batch->arena_used);
}

static bool
flags_sound(const uint8_t *raw)
{
	return raw[offsetof(struct event, one_way)] <= 1 &&
	       raw[offsetof(struct event, continued)] <= 1 &&
	       raw[offsetof(struct event, dns_response)] <= 1;
}

static bool
times_sound(const struct event *ev)
{
	return ev->first >= 0 && ev->first <= ev->last && ev->last <= time_max &&
	       ev->ready >= 0 && ev->ready <= time_max;
}

static bool
event_sound(const struct event *ev, uint32_t arena_used)
{
	return (ev->kind == EVENT_FLOW || ev->kind == EVENT_DNS) &&
	       (ev->ours == OURS_SRC || ev->ours == OURS_DST) &&
	       ev->answer <= ANSWER_SILENT && ev->seq > 0 && ev->sampling > 0 &&
	       ev->line.port_lo <= ev->line.port_hi && times_sound(ev) &&
	       (uint32_t)ev->name + ev->name_size <= arena_used;
}

bool
event_read(struct event *ev, struct rd *r, uint32_t arena_used)
{
	const uint8_t *raw = rd_take(r, sizeof *ev);

	if (raw == NULL || !flags_sound(raw))
		return false;
	memcpy(ev, raw, sizeof *ev);
	return event_sound(ev, arena_used);
}

/* Numbers rise; a shard's share of a source has gaps. */
static bool
events_read(struct batch *batch, const struct head *head, struct rd *r)
{
	for (uint32_t i = 0; i < head->count; i++) {
		struct event *ev = &batch->events[i];

		if (!event_read(ev, r, head->arena_used) || ev->source != head->source)
			return false;
		if (i > 0 && ev->seq <= ev[-1].seq)
			return false;
	}
	return rd_copy(r, batch->arena, head->arena_used);
}

bool
batch_read(struct batch *batch, struct rd *r)
{
	struct head head;

	batch_reset(batch);
	batch->source = 0;
	batch->watermark = INT64_MIN;
	if (!rd_copy(r, &head, sizeof head) || head.magic != magic ||
	    head.version != BATCH_VERSION || head.event_size != sizeof(struct event) ||
	    head.count > BATCH_EVENTS || head.arena_used > BATCH_ARENA ||
	    (head.watermark > time_max && head.watermark != WHEN_NEVER) ||
	    !events_read(batch, &head, r))
		return false;
	batch->source = head.source;
	batch->watermark = head.watermark;
	batch->count = head.count;
	batch->arena_used = head.arena_used;
	return true;
}
