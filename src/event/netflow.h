/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netflow.h -- NetFlow v5, v9 (RFC 3954) and IPFIX (RFC 7011, 7012, 5103) to events.
 *
 * A datagram is decoded by the templates that the same exporter (address, observation
 * domain, version) sent before. Templates, like all state, are bounded per exporter, and
 * exporters in number: what strangers send costs accuracy, never memory. Fields beyond
 * the table in element.c are skipped by their length.
 */
#ifndef EVENT_NETFLOW_H
#define EVENT_NETFLOW_H

#include "base/buf.h"
#include "event/event.h"

struct netflow_config {
	size_t exporters;  /* (address, domain, version) remembered */
	uint32_t sampling; /* 1 in N for all; 0: as the exporters tell */
	uint64_t seed;
};

enum netflow_result {
	NETFLOW_DECODED,
	NETFLOW_UNKNOWN, /* another version; or (part of it) has no template */
	NETFLOW_MALFORMED
};

struct netflow_stat {
	uint64_t records;   /* data records, options included */
	uint64_t templates; /* received, repetitions included */
	uint64_t refused;   /* templates beyond what is kept per exporter, or senseless */
	uint64_t lost;      /* v9: datagrams, else records, by the sequence numbers */
	uint64_t lost_flows; /* the same as flow records: of v9 as many for each datagram
				as its exporter sends on average */
};

/* One exporter: address, observation domain (v9: source id, v5: engine) and version. */
struct netflow_exporter {
	struct addr addr;
	uint32_t number, domain, version; /* number: event.exporter */
	uint32_t sampling;                /* 1 in N as it told last; 0: not told */
	uint64_t datagrams, records, lost_flows;
};

/* The export time of the datagram, before its events. */
struct netflow_sink {
	void *ctx;
	void (*time)(void *ctx, int64_t exported);
	/* One-way, but for two-way records; all set but line, ours, source, seq, ready.
	 */
	void (*event)(void *ctx, const struct event *ev);
};

struct netflow;

struct netflow *netflow_new(const struct netflow_config *config);
void netflow_free(struct netflow *n);
/* Whether a UDP payload looks like flow export; no state. */
bool netflow_plausible(const uint8_t *bytes, size_t size);
enum netflow_result netflow_datagram(struct netflow *n, const struct addr *exporter,
    const uint8_t *bytes, size_t size, const struct netflow_sink *sink);
struct netflow_stat netflow_stat(const struct netflow *n);
/* Those remembered, the longest silent first. */
void netflow_each_exporter(const struct netflow *n,
    void (*visit)(void *ctx, const struct netflow_exporter *e), void *ctx);
void netflow_save(const struct netflow *n, struct wr *w);
/* Into a fresh one; false: bad bytes, free it. */
bool netflow_load(struct netflow *n, struct rd *r);

#endif
