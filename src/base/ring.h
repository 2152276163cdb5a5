/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.h -- frames from one process to another through shared memory.
 *
 * One writer, one reader, a sealed memfd between them (neither can shrink it under the
 * other). Frames {size, type, bytes} are copied out before anyone looks inside, and every
 * number in the shared pages is checked on each use: the other side may write anything
 * there at any time. Waking is the owners' affair, through the message pair that goes
 * with every ring: after a put or a get, ring_wake says whether the other side sleeps.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include "base/buf.h"
#include "base/err.h"

enum { RING_FRAME_MAX = 1 << 20, RING_BYTES = 4 << 20 };

struct ring;

/* Sealed memory for one ring, to be passed to both sides. Fatal on failure. */
int ring_memory(void);
/* Takes `fd`. NULL with a sentence if it is no ring's memory. */
struct ring *ring_open(int fd, bool writer, struct err *err);
void ring_close(struct ring *ring);
/* False: no room now (the reader will wake us), or `bad`. */
bool ring_put(struct ring *ring, uint32_t type, const void *bytes, size_t size);
/* Appends the next frame's bytes to `out`, sets *type. False: none now (the writer will
 * wake us), or `bad`. */
bool ring_get(struct ring *ring, uint32_t *type, struct wr *out);
/* The other side has written nonsense; nothing more will come or go. */
bool ring_bad(const struct ring *ring);
/* After a put or get: the other side waits and must be told. */
bool ring_wake(struct ring *ring);

#endif
