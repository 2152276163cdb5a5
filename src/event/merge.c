/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge.c -- see merge.h. What waits lies in a slab; a binary heap of times and slot
 * numbers gives the least (ready, source, seq): only equal times look into the slab. The
 * slab grows by doubling up to the limit. Names, which few events have, are copied to the
 * heap memory of their own.
 */
#include "event/merge.h"

#include "base/mem.h"
#include "base/when.h"

#include <assert.h>
#include <stdlib.h>

struct waiting {
	enum merge_kind kind;
	uint32_t source;
	int64_t ready;
	uint64_t seq;
	char *name; /* owned; NULL: none */
	union {
		struct event event;
		struct line_change change;
		struct line_mark mark;
	};
};

struct heap_item {
	int64_t ready;
	uint32_t slot;
};

struct merge_source {
	int64_t watermark;
	uint64_t seq;
};

struct merge {
	size_t sources, limit;
	struct merge_source *source;
	struct waiting *slab;
	struct heap_item *heap;
	uint32_t *spare; /* slot numbers */
	uint32_t room, count;
	uint32_t taken;    /* slot of the item last given out, to be freed; or room */
	int64_t released;  /* time of the last item */
	int64_t last_item; /* the last event or change, or INT64_MIN */
	int64_t epoch;     /* the next end to be marked, or INT64_MIN before any item */
	uint64_t forced, late, repeated;
	size_t name_bytes;
};

enum { SLAB_START = 1024 };

struct merge *
merge_new(size_t sources, size_t limit)
{
	struct merge *m = xcalloc(1, sizeof *m);

	assert(sources > 0 && limit > 0 && limit < UINT32_MAX / 2);
	m->sources = sources;
	m->limit = limit;
	m->source = xcalloc(sources, sizeof *m->source);
	for (size_t i = 0; i < sources; i++)
		m->source[i].watermark = INT64_MIN;
	m->released = m->last_item = m->epoch = INT64_MIN;
	return m;
}

void
merge_free(struct merge *m)
{
	if (m == NULL)
		return;
	for (uint32_t i = 0; i < m->count; i++)
		free(m->slab[m->heap[i].slot].name);
	if (m->taken < m->room)
		free(m->slab[m->taken].name);
	free(m->source);
	free(m->slab);
	free(m->heap);
	free(m->spare);
	free(m);
}

static bool
before(const struct merge *m, struct heap_item a, struct heap_item b)
{
	const struct waiting *x = &m->slab[a.slot], *y = &m->slab[b.slot];

	if (a.ready != b.ready)
		return a.ready < b.ready;
	if (x->source != y->source)
		return x->source < y->source;
	return x->seq < y->seq;
}

static void
heap_up(struct merge *m, uint32_t at)
{
	struct heap_item item = m->heap[at];

	while (at > 0 && before(m, item, m->heap[(at - 1) / 2])) {
		m->heap[at] = m->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	m->heap[at] = item;
}

static void
heap_down(struct merge *m)
{
	struct heap_item item = m->heap[0];
	uint32_t at = 0;

	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= m->count)
			break;
		if (child + 1 < m->count && before(m, m->heap[child + 1], m->heap[child]))
			child++;
		if (!before(m, m->heap[child], item))
			break;
		m->heap[at] = m->heap[child];
		at = child;
	}
	m->heap[at] = item;
}

/* `spare` holds the free slots at [count, room), less the one given out. */
static void
slab_grow(struct merge *m)
{
	uint32_t room = m->room ? m->room * 2 : SLAB_START;

	assert(m->taken >= m->room);
	m->slab = xrealloc(m->slab, room * sizeof *m->slab);
	m->heap = xrealloc(m->heap, room * sizeof *m->heap);
	m->spare = xrealloc(m->spare, room * sizeof *m->spare);
	for (uint32_t i = m->room; i < room; i++)
		m->spare[i] = i;
	m->room = m->taken = room;
}

static void
forget_taken(struct merge *m)
{
	struct waiting *w;

	if (m->taken >= m->room)
		return;
	w = &m->slab[m->taken];
	if (w->name != NULL)
		m->name_bytes -= w->event.name_size;
	free(w->name);
	w->name = NULL;
	m->spare[m->count] = m->taken;
	m->taken = m->room;
}

/* Late events take the time of what has left already: time never falls downstream. */
static struct waiting *
add(struct merge *m, enum merge_kind kind, uint32_t source, int64_t ready, uint64_t seq)
{
	struct waiting *w;
	uint32_t slot;

	if (m->count == m->room)
		slab_grow(m);
	if (ready < m->released) {
		ready = m->released;
		m->late++;
	}
	slot = m->spare[m->count];
	w = &m->slab[slot];
	memset(w, 0, sizeof *w);
	w->kind = kind;
	w->source = source;
	w->ready = ready;
	w->seq = seq;
	m->heap[m->count++] = (struct heap_item){ready, slot};
	return w;
}

/* False: the number has been seen. */
static bool
take_number(struct merge *m, uint32_t source, uint64_t seq)
{
	if (seq <= m->source[source].seq) {
		m->repeated++;
		return false;
	}
	m->source[source].seq = seq;
	return true;
}

static void
add_event(struct merge *m, const struct event *ev, const char *name)
{
	struct waiting *w = add(m, MERGE_EVENT, ev->source, ev->ready, ev->seq);

	w->event = *ev;
	w->event.ready = w->ready;
	if (ev->name_size > 0) {
		w->name = xmalloc(ev->name_size);
		memcpy(w->name, name, ev->name_size);
		m->name_bytes += ev->name_size;
	}
	heap_up(m, m->count - 1);
}

bool
merge_put(struct merge *m, const struct batch *batch)
{
	if (batch->source >= m->sources)
		return false;
	forget_taken(m);
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct event *ev = &batch->events[i];

		if (take_number(m, batch->source, ev->seq))
			add_event(m, ev, batch_name(batch, ev));
	}
	merge_watermark(m, batch->source, batch->watermark);
	return true;
}

bool
merge_change(struct merge *m, uint32_t source, const struct line_change *change)
{
	if (source >= m->sources)
		return false;
	forget_taken(m);
	if (take_number(m, source, change->seq)) {
		struct waiting *w =
		    add(m, MERGE_CHANGE, source, change->time, change->seq);

		w->change = *change;
		w->change.time = w->ready;
		heap_up(m, m->count - 1);
	}
	return true;
}

bool
merge_mark(struct merge *m, uint32_t source, const struct line_mark *mark)
{
	if (source >= m->sources)
		return false;
	forget_taken(m);
	if (take_number(m, source, mark->seq)) {
		struct waiting *w = add(m, MERGE_MARK, source, mark->time, mark->seq);

		w->mark = *mark;
		w->mark.time = w->ready;
		heap_up(m, m->count - 1);
	}
	return true;
}

void
merge_watermark(struct merge *m, uint32_t source, int64_t t)
{
	assert(source < m->sources);
	if (t > m->source[source].watermark)
		m->source[source].watermark = t;
}

int64_t
merge_now(const struct merge *m)
{
	int64_t least = WHEN_NEVER;

	for (size_t i = 0; i < m->sources; i++)
		if (m->source[i].watermark < least)
			least = m->source[i].watermark;
	return least;
}

int64_t
merge_first(const struct merge *m)
{
	if (m->released != INT64_MIN)
		return INT64_MIN;
	return m->count > 0 ? m->heap[0].ready : WHEN_NEVER;
}

/* A batch more of each source must still fit. */
bool
merge_wants(const struct merge *m, uint32_t source)
{
	assert(source < m->sources);
	return m->count + (size_t)BATCH_EVENTS <= m->limit ||
	       m->source[source].watermark <= merge_now(m);
}

uint64_t
merge_seq(const struct merge *m, uint32_t source)
{
	assert(source < m->sources);
	return m->source[source].seq;
}

/* The first end at or after `t`. */
static int64_t
epoch_end(int64_t t, int64_t length)
{
	int64_t rest = ((t % length) + length) % length;

	return rest == 0 ? t : t - rest + length;
}

/* The end that follows `end`, sparser the longer nothing came. */
static int64_t
epoch_next(const struct merge *m, int64_t end)
{
	int64_t quiet = end - m->last_item;

	if (quiet < WHEN_HOUR)
		return end + MERGE_EPOCH;
	if (quiet < WHEN_DAY)
		return epoch_end(end + 1, 10 * WHEN_MINUTE);
	return epoch_end(end + 1, WHEN_DAY);
}

/* Ends are marked up to `until`, which the next item or the watermark sets. After the end
 * of all sources only the epoch of the last item remains. */
static bool
mark_epoch(struct merge *m, int64_t until, struct merge_item *item)
{
	if (m->epoch == INT64_MIN || m->epoch > until)
		return false;
	if (until == WHEN_NEVER && m->epoch - m->last_item >= MERGE_EPOCH)
		return false;
	*item = (struct merge_item){.kind = MERGE_EPOCH_END, .time = m->epoch};
	m->released = m->epoch;
	m->epoch = epoch_next(m, m->epoch);
	return true;
}

static void
release(struct merge *m, struct merge_item *item)
{
	struct waiting *w;
	int64_t end;

	m->taken = m->heap[0].slot;
	m->heap[0] = m->heap[--m->count];
	if (m->count > 0)
		heap_down(m);
	if (m->count > 0)
		__builtin_prefetch(&m->slab[m->heap[0].slot].event);
	w = &m->slab[m->taken];
	m->released = m->last_item = w->ready;
	end = epoch_end(w->ready, MERGE_EPOCH);
	if (m->epoch == INT64_MIN || end < m->epoch)
		m->epoch = end;
	*item =
	    (struct merge_item){.kind = w->kind, .time = w->ready, .source = w->source};
	if (w->kind == MERGE_CHANGE)
		item->change = w->change;
	else if (w->kind == MERGE_MARK)
		item->mark = w->mark;
	else {
		item->event = &w->event;
		item->name = w->name;
	}
}

/* An item at the very end of an epoch belongs to it; so only an item beyond brings the
 * mark. After the mark nothing else comes for that time (late events excepted). */
bool
merge_next(struct merge *m, struct merge_item *item)
{
	int64_t now = merge_now(m), ready;
	bool full;

	forget_taken(m);
	if (m->count == 0)
		return mark_epoch(m, now, item);
	ready = m->heap[0].ready;
	full = m->count > m->limit;
	if (ready > now && !full)
		return mark_epoch(m, now, item);
	if (ready > now)
		m->forced++;
	if (mark_epoch(m, ready - 1, item))
		return true;
	release(m, item);
	return true;
}

struct merge_stat
merge_stat(const struct merge *m)
{
	return (struct merge_stat){.waiting = m->count,
	    .room = m->limit,
	    .forced = m->forced,
	    .late = m->late,
	    .repeated = m->repeated};
}

size_t
merge_memory(const struct merge *m)
{
	return sizeof *m + m->sources * sizeof *m->source +
	       m->room * (sizeof *m->slab + sizeof *m->heap + sizeof *m->spare) +
	       m->name_bytes;
}

/* The heap is saved as it lies; its slots are renumbered in that order, which keeps it a
 * heap. */
void
merge_save(const struct merge *m, struct wr *w)
{
	wr_u64(w, m->sources);
	wr_put(w, m->source, m->sources * sizeof *m->source);
	wr_u64(w, (uint64_t)m->released);
	wr_u64(w, (uint64_t)m->last_item);
	wr_u64(w, (uint64_t)m->epoch);
	wr_u64(w, m->forced);
	wr_u64(w, m->late);
	wr_u64(w, m->repeated);
	wr_u32(w, m->count);
	for (uint32_t i = 0; i < m->count; i++) {
		const struct waiting *x = &m->slab[m->heap[i].slot];

		wr_u8(w, (uint8_t)x->kind);
		wr_u32(w, x->source);
		wr_u64(w, (uint64_t)x->ready);
		wr_u64(w, x->seq);
		if (x->kind == MERGE_CHANGE)
			wr_put(w, &x->change, sizeof x->change);
		else if (x->kind == MERGE_MARK)
			wr_put(w, &x->mark, sizeof x->mark);
		else
			wr_put(w, &x->event, sizeof x->event);
		wr_blob(w, x->name, x->name == NULL ? 0 : x->event.name_size);
	}
}

static bool
load_body(struct waiting *w, struct rd *r)
{
	if (w->kind == MERGE_CHANGE)
		return rd_copy(r, &w->change, sizeof w->change);
	if (w->kind == MERGE_MARK)
		return rd_copy(r, &w->mark, sizeof w->mark);
	return event_read(&w->event, r, UINT32_MAX);
}

static bool
load_waiting(struct merge *m, struct rd *r)
{
	uint8_t kind = rd_u8(r);
	uint32_t source = rd_u32(r);
	int64_t ready = (int64_t)rd_u64(r);
	uint64_t seq = rd_u64(r);
	struct waiting *w;
	struct rd name;

	if (r->bad || source >= m->sources ||
	    (kind != MERGE_EVENT && kind != MERGE_CHANGE && kind != MERGE_MARK))
		return false;
	w = add(m, (enum merge_kind)kind, source, ready, seq);
	if (!load_body(w, r))
		return false;
	name = rd_blob(r);
	if (name.bad || rd_left(&name) != (kind == MERGE_EVENT ? w->event.name_size : 0))
		return false;
	if (rd_left(&name) > 0) {
		w->name = xmalloc(rd_left(&name));
		m->name_bytes += rd_left(&name);
		memcpy(w->name, name.at, rd_left(&name));
	}
	heap_up(m, m->count - 1);
	return true;
}

static bool
load_all(struct merge *m, struct rd *r)
{
	uint32_t count;

	if (rd_u64(r) != m->sources ||
	    !rd_copy(r, m->source, m->sources * sizeof *m->source))
		return false;
	m->released = (int64_t)rd_u64(r);
	m->last_item = (int64_t)rd_u64(r);
	m->epoch = (int64_t)rd_u64(r);
	m->forced = rd_u64(r);
	m->late = rd_u64(r);
	m->repeated = rd_u64(r);
	count = rd_u32(r);
	for (uint32_t i = 0; i < count; i++)
		if (!load_waiting(m, r))
			return false;
	return !r->bad;
}

bool
merge_load(struct merge *m, struct rd *r)
{
	struct merge *fresh = merge_new(m->sources, m->limit), swap;
	bool good = load_all(fresh, r);

	if (good) {
		swap = *m;
		*m = *fresh;
		*fresh = swap;
	}
	merge_free(fresh);
	return good;
}
