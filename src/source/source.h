/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h -- where events come from: one const struct for each kind.
 *
 * A source turns foreign bytes into one-way events (flow export) or whole ones (packets,
 * through the flow table) and hands them to a sink with a watermark that never falls. It
 * is pulled: `step` does a bounded piece of work and returns whether there is more. All
 * state is flat, so that a file input can be checkpointed and resumed: after load(save())
 * the same events follow, with the same numbers.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include "base/conf.h"
#include "event/batch.h"
#include "event/netflow.h"

/* What the decoders count; every input byte ends in one of these. */
struct source_stat {
	uint64_t records;   /* packets, or datagrams of flow export */
	uint64_t decoded;   /* of them: understood, non-IP included */
	uint64_t malformed; /* of them: broken */
	uint64_t unknown;   /* of them: other link layers, versions, missing templates */
	uint64_t non_ip;    /* of decoded: ARP and other EtherTypes */
	uint64_t truncated; /* of decoded: cut by the capture's snap length */
	uint64_t events;
	uint64_t flow_records; /* records inside the datagrams */
	uint64_t lost;         /* by gaps in the exporters' sequence numbers */
	uint64_t lost_flows;   /* the same as flow records, estimated (netflow.h) */
	uint64_t dropped;      /* datagrams that found the socket's buffer full */
	uint64_t evicted;      /* flows ended early because the table was full */
	uint64_t late;         /* behind the watermark when they came */
	uint64_t not_ours;     /* neither end is one of our networks */
	int64_t newest;        /* event time */
	bool cut_short;        /* a file ended inside a record, or was damaged */
};

/* What of the address space is ours. Borrowed by the source for its life. */
struct our_networks {
	const struct prefix *items;
	const uint32_t *realms; /* parallel; NULL: realm of the source */
	size_t count;
	uint8_t v6_length; /* of delegated prefixes */
};

struct source_env {
	uint32_t number; /* of the source in the configuration */
	uint32_t realm;
	const struct our_networks *ours;
	uint32_t sampling;    /* 0: from the exporter's options, else 1 in N */
	int64_t lateness;     /* µs that the watermark stays behind the newest time */
	unsigned classes;     /* set of enum data_class that may be decoded */
	size_t flows;         /* size of the flow table */
	int64_t active, idle; /* µs: time-outs of the flow table */
	uint64_t seed;
};

/* Called with each full or final batch; the batch is borrowed and reused. */
typedef void source_sink(void *ctx, struct batch *batch);

struct source {
	const char *name;
	const char *summary;
	/* `fd`: a file, FIFO or socket the parent opened; the source reads it, the caller
	 * closes it. `name` is for messages only. NULL with a sentence on failure. */
	void *(*open)(
	    const struct source_env *env, int fd, const char *name, struct err *err);
	/* A bounded piece of work. False: ended (a file), or nothing to read now (a
	 * socket). */
	bool (*step)(void *self, source_sink *sink, void *ctx);
	/* Ends open flows, sends what is left with watermark `until` (WHEN_NEVER: ended).
	 */
	void (*finish)(void *self, int64_t until, source_sink *sink, void *ctx);
	/* A socket that stays silent: the watermark follows the wall. */
	void (*idle)(void *self, int64_t now, source_sink *sink, void *ctx);
	const struct source_stat *(*stat)(const void *self);
	/* Those whom the events come from; NULL: nothing is known of them. */
	void (*exporters)(const void *self,
	    void (*visit)(void *ctx, const struct netflow_exporter *e), void *ctx);
	void (*save)(const void *self, struct wr *w);
	bool (*load)(void *self, struct rd *r);
	void (*close)(void *self);
};

extern const struct source *const sources[]; /* NULL-terminated */

extern const struct source
    source_pcap; /* pcap, pcapng, plain, gzip, xz, zstd; UDP flow export inside it too */
extern const struct source source_netflow; /* v5, v9 and IPFIX over UDP */

/* Recognises a file by its first bytes; NULL with a sentence. */
const struct source *source_for_file(const uint8_t *head, size_t size, struct err *err);

#endif
