/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h -- what happens next: a binary heap of (time, order, slot).
 *
 * `order` parts equal times, so that the sequence does not depend on the heap's shape.
 */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue_item {
	int64_t time;
	uint64_t order;
	uint32_t slot;
};

struct queue {
	struct queue_item *items;
	size_t count, room;
};

/* A zeroed queue is an empty one. */
void queue_fini(struct queue *q);
void queue_put(struct queue *q, int64_t time, uint64_t order, uint32_t slot);
/* The earliest; NULL if the queue is empty. Borrowed until the next call. */
const struct queue_item *queue_first(const struct queue *q);
/* Takes the earliest away; the queue is not empty. */
struct queue_item queue_take(struct queue *q);

#endif
