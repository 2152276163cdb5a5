/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet.h -- the headers of one captured packet.
 *
 * Lengths are those the IP header states, never what was captured: captures are often cut
 * short, and a cut packet is not a malformed one. Tunnels inside IP are not entered.
 */
#ifndef EVENT_PACKET_H
#define EVENT_PACKET_H

#include "base/addr.h"

enum packet_result {
	PACKET_IP,        /* `out` is filled */
	PACKET_NON_IP,    /* ARP and other protocols beside IP */
	PACKET_CUT,       /* the capture ended before the addresses */
	PACKET_UNKNOWN,   /* a link layer that is not known here */
	PACKET_MALFORMED, /* the packet itself is broken */
};

/* The packet that an ICMP error quotes. */
struct packet_quote {
	struct addr src, dst;
	uint16_t sport, dport;
	uint8_t proto;
};

struct packet {
	struct addr src, dst;
	uint16_t sport, dport;
	uint8_t proto;
	uint8_t tcp_flags;
	uint8_t icmp_type, icmp_code;
	bool cut;            /* less was captured than the IP header states */
	bool first_fragment; /* more follow */
	bool later_fragment; /* no ports */
	bool unreachable;    /* an ICMP error that says: this got no further */
	uint32_t fragment_id;
	uint32_t length;           /* of the IP packet */
	struct packet_quote quote; /* if `unreachable`; proto 0: it could not be read */
	const uint8_t *payload;    /* of TCP or UDP, borrowed from the bytes */
	size_t payload_size;       /* captured */
	uint32_t tcp_seq;
};

/* `link`: LINKTYPE_ number of the capture file. `size` bytes were captured of `length`.
 */
enum packet_result packet_decode(
    uint32_t link, const uint8_t *bytes, size_t size, size_t length, struct packet *out);

#endif
