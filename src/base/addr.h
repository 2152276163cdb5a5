/* SPDX-License-Identifier: Apache-2.0 */
/*
 * addr.h -- an Internet address is 16 bytes, IPv4 mapped into ::ffff:0:0/96.
 *
 * One type for both families: code that compares, hashes and masks needs no branch. The
 * length of a prefix always counts the 128 bits; text shows IPv4 lengths to people.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct addr {
	uint8_t b[16];
};

struct prefix {
	struct addr addr; /* bits beyond `length` are zero */
	uint8_t length;   /* of 128; IPv4 /24 is 120 */
};

enum { ADDR_TEXT = 48, PREFIX_TEXT = 52 };

/* `host`: IPv4 address in host byte order. */
struct addr addr_v4(uint32_t host);
static inline bool
addr_is_v4(const struct addr *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(a->b, mapped, sizeof mapped) == 0;
}
/* The IPv4 address in host byte order; only for addresses that are IPv4. */
uint32_t addr_to_v4(const struct addr *a);
static inline bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a->b, b->b, 16) == 0;
}
static inline int
addr_compare(const struct addr *a, const struct addr *b)
{
	return memcmp(a->b, b->b, 16);
}
uint64_t addr_hash(const struct addr *a, uint64_t seed);
/* Dotted quad or RFC 5952 text; `out` holds ADDR_TEXT bytes and is returned. */
const char *addr_text(const struct addr *a, char *out);
/* Strict: dotted quad or RFC 4291 text, nothing around it. */
bool addr_parse(const char *text, struct addr *out);

struct prefix prefix_of(const struct addr *a, uint8_t length);
bool prefix_holds(const struct prefix *p, const struct addr *a);
const char *prefix_text(const struct prefix *p, char *out);
/* "192.0.2.0/24", "2001:db8::/32", or an address for its full length. Bits beyond the
 * length are refused. */
bool prefix_parse(const char *text, struct prefix *out);

#endif
