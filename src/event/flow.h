/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow.h -- packets become flows.
 *
 * A flow is one conversation of (addresses, ports, protocol), both directions in one
 * record. It goes out when it has been idle for `idle`, active for `active` (then the
 * rest follows, marked `continued`), begins anew, or when the table is full and it is the
 * one idle for longest (counted as evicted). Time is that of the packets. An ICMP error
 * that quotes a flow of the table makes no flow; it is that flow's answer.
 */
#ifndef EVENT_FLOW_H
#define EVENT_FLOW_H

#include "event/event.h"
#include "event/packet.h"

#include "base/buf.h"

struct flow_config {
	size_t flows;
	int64_t active, idle; /* µs */
	uint64_t seed;
};

/* kind, first, last, ends, counters, flags, answer, sampling 1; the rest is the caller's.
 * Borrowed for the call. */
typedef void flow_sink(void *ctx, const struct event *ev);

struct flows;

struct flows *flows_new(const struct flow_config *config);
void flows_free(struct flows *f);
void flows_packet(
    struct flows *f, const struct packet *p, int64_t t, flow_sink *sink, void *ctx);
/* Ends what is idle at `now`. WHEN_NEVER: everything, oldest first. */
void flows_advance(struct flows *f, int64_t now, flow_sink *sink, void *ctx);
uint64_t flows_evicted(const struct flows *f);
size_t flows_memory(const struct flows *f);
void flows_save(const struct flows *f, struct wr *w);
/* Into a fresh table of the same configuration; false: bad bytes, free it. */
bool flows_load(struct flows *f, struct rd *r);

#endif
