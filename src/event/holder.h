/* SPDX-License-Identifier: Apache-2.0 */
/*
 * holder.h -- which generation of holder, and which port block, an address is under now.
 *
 * Told of changes in the order of event time, it completes the keys of events. A line
 * whose change is not remembered keeps generation 0: the detectors then fall back on
 * time.
 */
#ifndef EVENT_HOLDER_H
#define EVENT_HOLDER_H

#include "event/event.h"
#include "event/merge.h"

struct holders;

struct holders *holders_new(size_t lines, uint64_t seed);
void holders_free(struct holders *h);
/* `key` without generation becomes the key of the line's present holder; `port`: of our
 * end, chooses the port block if the address is shared by blocks. */
void holders_complete(
    struct holders *h, struct line_key *key, uint16_t port, int64_t now);
/* Sets *old to the key of the former holder; false if none was known. */
bool holders_change(
    struct holders *h, const struct line_change *change, struct line_key *old);
/* The same by the port block's first port, of the holder at `as_of`; false if another has
 * come since. */
bool holders_at(const struct holders *h, struct line_key *key, int64_t as_of);
size_t holders_memory(const struct holders *h);
void holders_save(const struct holders *h, struct wr *w);
bool holders_load(struct holders *h, struct rd *r);

#endif
