/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v9.h -- an exporter of NetFlow version 9 (RFC 3954), as a border router is one.
 *
 * Records of one direction go in, datagrams come out: templates repeated at intervals,
 * data of both address families, sequence numbers that count datagrams, times relative to
 * the exporter's start. Nothing here is shared with the decoder that reads it.
 */
#ifndef SIM_V9_H
#define SIM_V9_H

#include "base/addr.h"

#include <stdint.h>

enum {
	V9_DATAGRAM = 1400, /* bytes at most, header included */
	V9_RECORD_V4 = 36,
	V9_RECORD_V6 = 60,
	V9_TEMPLATE_EVERY = 32, /* datagrams */
};

struct v9_record {
	int64_t first, last; /* µs since 1970 */
	struct addr src, dst;
	uint32_t packets, bytes;
	uint16_t sport, dport;
	uint16_t input, output; /* interface indices */
	uint8_t proto, flags, tos, direction;
};

/* One datagram; `time`: µs, when it leaves. The bytes are borrowed for the call. */
typedef void v9_emit(void *ctx, int64_t time, const uint8_t *bytes, size_t size);

struct v9 {
	v9_emit *emit;
	void *ctx;
	int64_t boot; /* µs, whole seconds: what the record times count from */
	int64_t oldest;
	uint32_t source_id, sequence;
	uint32_t counts[2]; /* records waiting: IPv4, IPv6 */
	uint8_t data[2][V9_DATAGRAM];
};

void v9_init(struct v9 *v9, uint32_t source_id, int64_t boot, v9_emit *emit, void *ctx);
/* Takes a record that is exported at `now` (µs, never falling); sends a datagram when it
 * is full or when its oldest record has waited for five seconds. */
void v9_put(struct v9 *v9, const struct v9_record *record, int64_t now);
void v9_flush(struct v9 *v9, int64_t now);

#endif
