/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.c -- see utf8.h. */
#include "base/utf8.h"

#include <string.h>

static size_t
bad(uint32_t *code)
{
	*code = UTF8_INVALID;
	return 1;
}

/* How many bytes a lead byte announces, and the payload it carries itself. */
static size_t
lead(uint8_t byte, uint32_t *payload)
{
	if (byte < 0x80) {
		*payload = byte;
		return 1;
	}
	if (byte >= 0xc2 && byte <= 0xdf) {
		*payload = byte & 0x1fU;
		return 2;
	}
	if (byte >= 0xe0 && byte <= 0xef) {
		*payload = byte & 0x0fU;
		return 3;
	}
	*payload = byte & 0x07U;
	return byte >= 0xf0 && byte <= 0xf4 ? 4 : 0;
}

size_t
utf8_next(const char *text, size_t size, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t value;
	size_t length = lead((uint8_t)text[0], &value);

	if (length == 0 || length > size)
		return bad(code);
	for (size_t i = 1; i < length; i++) {
		uint8_t byte = (uint8_t)text[i];

		if ((byte & 0xc0) != 0x80)
			return bad(code);
		value = value << 6 | (byte & 0x3fU);
	}
	if (value < least[length] || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return bad(code);
	*code = value;
	return length;
}

bool
utf8_valid(const char *text, size_t size)
{
	uint32_t code;

	for (size_t i = 0; i < size;) {
		size_t length =
		    (uint8_t)text[i] < 0x80 ? 1 : utf8_next(text + i, size - i, &code);

		if ((uint8_t)text[i] >= 0x80 && code == UTF8_INVALID && length == 1)
			return false;
		i += length;
	}
	return true;
}

void
utf8_copy(char *out, size_t room, const char *text)
{
	size_t left, used = 0;

	for (; used + 1 < room && *text >= ' ' && *text < 0x7f; text++)
		out[used++] = *text; /* mostly all of it */
	left = strlen(text);
	while (left > 0) {
		uint32_t code;
		size_t length = utf8_next(text, left, &code);
		bool plain =
		    code >= ' ' && code != 0x7f && !(code == UTF8_INVALID && length == 1);

		if (used + length >= room)
			break;
		memcpy(out + used, plain ? text : "?", length);
		used += length;
		text += length;
		left -= length;
	}
	out[used] = 0;
}
