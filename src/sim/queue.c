/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.c -- a binary min-heap in an array (Williams 1964).
 */
#include "sim/queue.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

static bool
before(const struct queue_item *a, const struct queue_item *b)
{
	return a->time != b->time ? a->time < b->time : a->order < b->order;
}

void
queue_fini(struct queue *q)
{
	free(q->items);
	*q = (struct queue){0};
}

void
queue_put(struct queue *q, int64_t time, uint64_t order, uint32_t slot)
{
	struct queue_item item = {time, order, slot};
	size_t at = q->count++;

	if (at == q->room) {
		q->room = q->room ? 2 * q->room : 1024;
		q->items = xrealloc(q->items, q->room * sizeof *q->items);
	}
	while (at > 0 && before(&item, &q->items[(at - 1) / 2])) {
		q->items[at] = q->items[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	q->items[at] = item;
}

const struct queue_item *
queue_first(const struct queue *q)
{
	return q->count ? &q->items[0] : NULL;
}

struct queue_item
queue_take(struct queue *q)
{
	struct queue_item first, last;
	size_t at = 0, child;

	assert(q->count > 0);
	first = q->items[0];
	last = q->items[--q->count];
	while ((child = 2 * at + 1) < q->count) {
		if (child + 1 < q->count &&
		    before(&q->items[child + 1], &q->items[child]))
			child++;
		if (!before(&q->items[child], &last))
			break;
		q->items[at] = q->items[child];
		at = child;
	}
	q->items[at] = last;
	return first;
}
