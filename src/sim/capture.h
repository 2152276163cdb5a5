/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture.h -- a pcap file written packet by packet: Ethernet, IPv4, UDP or TCP.
 *
 * Checksums are right, so that other tools read the files without complaint. Addresses
 * are IPv4 only.
 */
#ifndef SIM_CAPTURE_H
#define SIM_CAPTURE_H

#include "base/err.h"

#include <stdint.h>
#include <stdio.h>

struct capture {
	FILE *file;
	uint16_t ident; /* of the next IPv4 packet */
};

struct packet {
	int64_t time; /* µs since 1970 */
	uint32_t src, dst;
	uint16_t sport, dport;
	uint32_t seq, ack; /* TCP only */
	uint8_t flags;     /* TCP flags; 0: the packet is UDP */
	const void *payload;
	size_t size;
};

MUST_CHECK bool capture_open(struct capture *c, const char *path, struct err *err);
void capture_put(struct capture *c, const struct packet *packet);
/* Closes in any case; false if a write failed since the opening. */
MUST_CHECK bool capture_close(struct capture *c, struct err *err);

#endif
