/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.h -- how events travel: a header, fixed records, an arena of names.
 *
 * The same bytes go by function call, through shared memory and, later, over a bus. The
 * watermark says: all events of this source with ready <= watermark are in this batch or
 * an earlier one. batch_read trusts nothing: counts, offsets and enumerations of a
 * received batch are checked before anyone looks inside.
 */
#ifndef EVENT_BATCH_H
#define EVENT_BATCH_H

#include "base/buf.h"
#include "event/event.h"

enum { BATCH_VERSION = 1, BATCH_EVENTS = 4096, BATCH_ARENA = 60000 };

struct batch {
	uint32_t source;
	int64_t watermark; /* WHEN_NEVER: the source has ended */
	uint32_t count;
	uint32_t arena_used;
	struct event events[BATCH_EVENTS];
	char arena[BATCH_ARENA];
};

struct batch *batch_new(void);
void batch_free(struct batch *batch);
void batch_reset(struct batch *batch);
/* A zeroed event at the end of the batch, or NULL when it is full. */
struct event *batch_add(struct batch *batch);
/* Copies a name (lower-cased by the caller) into the arena and sets ev->name; false when
 * the arena is full. */
bool batch_set_name(struct batch *batch, struct event *ev, const char *name, size_t size);
/* The event's name, not terminated, ev->name_size bytes; borrowed from the batch. */
const char *batch_name(const struct batch *batch, const struct event *ev);
void batch_write(const struct batch *batch, struct wr *w);
/* One event from the bytes it lay in; false unless all its fields are in range and its
 * name lies within an arena of `arena_used` bytes. */
bool event_read(struct event *ev, struct rd *r, uint32_t arena_used);
/* False if the bytes are no batch of this version; `batch` is then empty. */
bool batch_read(struct batch *batch, struct rd *r);

#endif
