/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.h -- one thing a sensor saw: a flow, or a DNS message. Lives in memory only.
 *
 * Records are of fixed size; names lie in the arena of their batch. An event belongs to
 * exactly one of our lines (`line`); traffic between two of ours is two events. In a flow
 * `src` is the side that began it, as far as could be told. Sources fill in one-way flows
 * (`one_way`): packets, bytes and flags of [0] only; the stage `pair` joins directions.
 *
 * Order. `ready` is the event time at which the event counts as known: the later of
 * `last` and the source's watermark when it was emitted. Everything downstream works in
 * the order (ready, source, seq), which no batch size and no number of processes changes.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "event/key.h"

enum event_kind { EVENT_FLOW = 1, EVENT_DNS = 2 }; /* also a set: detector.wants */

/* `unknown`: only one direction was exported; never a failure. */
enum answer { ANSWER_UNKNOWN, ANSWER_ANSWERED, ANSWER_REFUSED, ANSWER_SILENT };

enum ours { OURS_NONE, OURS_SRC, OURS_DST };

enum tcp_flag {
	TCP_FIN = 1,
	TCP_SYN = 2,
	TCP_RST = 4,
	TCP_PSH = 8,
	TCP_ACK = 16,
	TCP_URG = 32
};

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMP6 = 58 };

struct event {
	int64_t ready, first, last; /* µs since 1970 */
	uint64_t seq;               /* per source, from 1, without gaps */
	struct line_key line;       /* our end */
	struct addr src, dst;
	uint64_t packets[2],
	    bytes[2]; /* [0] src to dst, [1] back; as exported, unsampled = true count */
	uint32_t source;   /* number of the configured source */
	uint32_t exporter; /* number of the exporter within the source */
	uint32_t ingress;  /* interface index, 0 if not told */
	uint32_t sampling; /* 1 in N packets; 1: unsampled */
	uint16_t sport, dport;
	uint16_t nat_port; /* with nat_addr: after translation; 0 if not told */
	uint16_t name,
	    name_size; /* DNS: query name, in the batch's arena (offset in units of 1) */
	uint16_t dns_type;
	uint8_t kind, proto, ours, answer;
	uint8_t tcp_flags[2];
	uint8_t icmp_type, icmp_code;
	uint8_t direction; /* flowDirection of the exporter: 0 ingress, 1 egress, 255 not
			      told */
	bool one_way;
	bool continued; /* an earlier event told of the start of this flow */
	bool dns_response;
	uint8_t dns_rcode;
	uint8_t grounds; /* set of 1 << enum basis of its sources; pair fills it in */
	struct addr nat_addr;
};

#endif
