/* SPDX-License-Identifier: Apache-2.0 */
/* addr.c -- see addr.h. Text of IPv6 goes through inet_pton and inet_ntop. */
#include "base/addr.h"

#include "base/hash.h"

#include <arpa/inet.h>
#include <stdio.h>

struct addr
addr_v4(uint32_t host)
{
	struct addr a = {.b = {[10] = 0xff, [11] = 0xff}};

	for (size_t i = 0; i < 4; i++)
		a.b[15 - i] = (uint8_t)(host >> (8 * i));
	return a;
}

uint32_t
addr_to_v4(const struct addr *a)
{
	return (uint32_t)a->b[12] << 24 | (uint32_t)a->b[13] << 16 |
	       (uint32_t)a->b[14] << 8 | a->b[15];
}

uint64_t
addr_hash(const struct addr *a, uint64_t seed)
{
	return hash_bytes(a->b, sizeof a->b, seed);
}

const char *
addr_text(const struct addr *a, char *out)
{
	if (addr_is_v4(a))
		(void)inet_ntop(AF_INET, a->b + 12, out, ADDR_TEXT);
	else
		(void)inet_ntop(AF_INET6, a->b, out, ADDR_TEXT);
	return out;
}

/* Four numbers without leading zeros, as inet_pton reads them, in a fraction of its time:
 * reports hold millions. */
static bool
parse_v4(const char *at, uint8_t *out)
{
	for (int i = 0; i < 4; i++) {
		unsigned value = 0;
		int digits = 0;

		if (i > 0 && *at++ != '.')
			return false;
		for (; *at >= '0' && *at <= '9' && digits < 4; digits++)
			value = value * 10 + (unsigned)(*at++ - '0');
		if (digits == 0 || value > 255 || (digits > 1 && at[-digits] == '0'))
			return false;
		out[i] = (uint8_t)value;
	}
	return *at == 0;
}

bool
addr_parse(const char *text, struct addr *out)
{
	struct addr a = {.b = {[10] = 0xff, [11] = 0xff}};

	if (!parse_v4(text, a.b + 12) && inet_pton(AF_INET6, text, a.b) != 1)
		return false;
	*out = a;
	return true;
}

struct prefix
prefix_of(const struct addr *a, uint8_t length)
{
	struct prefix p = {.length = length > 128 ? 128 : length};

	memcpy(p.addr.b, a->b, p.length / 8);
	if (p.length % 8 != 0)
		p.addr.b[p.length / 8] =
		    (uint8_t)(a->b[p.length / 8] & 0xff << (8 - p.length % 8));
	return p;
}

bool
prefix_holds(const struct prefix *p, const struct addr *a)
{
	struct prefix other = prefix_of(a, p->length);

	return addr_equal(&p->addr, &other.addr);
}

const char *
prefix_text(const struct prefix *p, char *out)
{
	char text[ADDR_TEXT];
	bool v4 = p->length >= 96 && addr_is_v4(&p->addr);

	(void)snprintf(out, PREFIX_TEXT, "%s/%d", addr_text(&p->addr, text),
	    v4 ? p->length - 96 : p->length);
	return out;
}

bool
prefix_parse(const char *text, struct prefix *out)
{
	char head[ADDR_TEXT];
	const char *slash = strchr(text, '/');
	size_t size = slash ? (size_t)(slash - text) : strlen(text);
	int length = 128, used = 0;
	struct prefix p;
	struct addr a;

	if (size >= sizeof head)
		return false;
	memcpy(head, text, size);
	head[size] = 0;
	if (!addr_parse(head, &a))
		return false;
	if (slash != NULL) {
		if (slash[1] < '0' || slash[1] > '9' ||
		    sscanf(slash + 1, "%3d%n", &length, &used) != 1 ||
		    slash[1 + used] != 0)
			return false;
		length += addr_is_v4(&a) && strchr(head, ':') == NULL ? 96 : 0;
		if (length > 128)
			return false;
	}
	p = prefix_of(&a, (uint8_t)length);
	if (!addr_equal(&p.addr, &a))
		return false;
	*out = p;
	return true;
}
