/* SPDX-License-Identifier: Apache-2.0 */
/* dns.h -- what a DNS message asks for, and whether it was found. */
#ifndef EVENT_DNS_H
#define EVENT_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DNS_NAME = 255, DNS_PORT = 53 };

struct dns_message {
	bool response;
	uint8_t rcode;
	uint16_t type;
	uint8_t name_size;
	char name[DNS_NAME]; /* lower case, dots between labels, not terminated; root: "."
			      */
};

/* The payload of a UDP packet; bytes after the question are not looked at, so a cut one
 * will do. False: no standard query or response with a question. */
bool dns_decode(const uint8_t *bytes, size_t size, struct dns_message *out);
/* The first segment of a message over TCP, behind its two bytes of length. */
bool dns_decode_tcp(const uint8_t *bytes, size_t size, struct dns_message *out);

#endif
