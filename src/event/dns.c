/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns.c -- see dns.h. RFC 1035 section 4. Only the first question is read; it may not be
 * compressed, having nothing before it. A byte of a label that is no printable character,
 * or a dot, shows as '?'.
 */
#include "event/dns.h"

#include "base/buf.h"

enum { HEADER = 12, LABEL_MAX = 63, OPCODE_MASK = 0x78, NAME_MAX_TEXT = 253 };

static char
printable(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + ('a' - 'A'));
	return c > ' ' && c < 127 && c != '.' ? (char)c : '?';
}

static bool
read_name(struct rd *r, struct dns_message *out)
{
	size_t used = 0;

	for (;;) {
		uint8_t length = rd_u8(r);
		const uint8_t *label;

		if (r->bad || length > LABEL_MAX)
			return false;
		if (length == 0)
			break;
		label = rd_take(r, length);
		if (label == NULL || used + length + 1 > NAME_MAX_TEXT + (used == 0))
			return false;
		if (used > 0)
			out->name[used++] = '.';
		for (uint8_t i = 0; i < length; i++)
			out->name[used++] = printable(label[i]);
	}
	if (used == 0)
		out->name[used++] = '.';
	out->name_size = (uint8_t)used;
	return true;
}

bool
dns_decode(const uint8_t *bytes, size_t size, struct dns_message *out)
{
	struct rd r = rd_init(bytes, size);
	uint8_t flags, code;
	uint16_t questions;

	rd_skip(&r, 2);
	flags = rd_u8(&r);
	code = rd_u8(&r);
	questions = rd_u16(&r);
	rd_skip(&r, HEADER - 6);
	if (r.bad || (flags & OPCODE_MASK) != 0 || questions != 1 || !read_name(&r, out))
		return false;
	out->type = rd_u16(&r);
	out->response = (flags & 0x80) != 0;
	out->rcode = code & 15;
	rd_skip(&r, 2);
	return !r.bad;
}

bool
dns_decode_tcp(const uint8_t *bytes, size_t size, struct dns_message *out)
{
	struct rd r = rd_init(bytes, size);
	uint16_t length = rd_u16(&r);

	return length >= HEADER && length + (size_t)2 >= size &&
	       dns_decode(r.at, rd_left(&r), out);
}
