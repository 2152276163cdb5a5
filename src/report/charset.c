/* SPDX-License-Identifier: Apache-2.0 */
/* charset.c -- see charset.h. */
#include "report/charset.h"

#include "base/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { NAME = 32, GROWTH = 4 }; /* bytes of UTF-8 that a byte may become */

/* The last resort stands first. */
static const char *const names[] = {"windows-1252", "iso-8859-1", "iso-8859-2",
    "iso-8859-5", "iso-8859-7", "iso-8859-9", "iso-8859-15", "windows-1250",
    "windows-1251", "windows-1253", "windows-1254", "windows-1256", "koi8-r", "koi8-u",
    "gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc-jp", "iso-2022-jp", "euc-kr",
    "utf-7", "utf-16", "utf-16le", "utf-16be"};

enum { NAMES = sizeof names / sizeof *names };

static struct {
	bool warm;
	iconv_t converters[NAMES];
} kept;

void
charset_warm(void)
{
	if (kept.warm)
		return;
	for (int i = 0; i < NAMES; i++)
		kept.converters[i] = iconv_open("UTF-8", names[i]);
	kept.warm = true;
}

/* "charset=ISO-8859-1; format=flowed" -> "ISO-8859-1" */
static void
clean_name(const char *declared, char out[NAME])
{
	size_t size;

	if (strncasecmp(declared, "charset=", 8) == 0)
		declared += 8;
	declared += strspn(declared, " \"'");
	size = strcspn(declared, " ;\"'");
	(void)snprintf(out, NAME, "%.*s", size < NAME ? (int)size : NAME - 1, declared);
}

static iconv_t
converter(const char *declared)
{
	char name[NAME];

	charset_warm();
	clean_name(declared != NULL ? declared : "", name);
	if (strncasecmp(name, "cp125", 5) == 0)
		(void)snprintf(name, sizeof name, "windows-%.4s", declared + 2);
	for (int i = 0; i < NAMES; i++)
		if (strcasecmp(name, names[i]) == 0 &&
		    kept.converters[i] != (iconv_t)(intptr_t)-1)
			return kept.converters[i];
	return kept.converters[0];
}

static size_t
convert_bytes(iconv_t with, char *in, size_t size, char *out, size_t room)
{
	char *at = out;

	if (with == (iconv_t)(intptr_t)-1)
		return 0;
	(void)iconv(with, NULL, NULL, NULL, NULL);
	while (size > 0 && room > 1) {
		if (iconv(with, &in, &size, &at, &room) != (size_t)-1)
			break;
		if (errno == E2BIG || size == 0)
			break;
		*at++ = '?';
		room--;
		in++;
		size--;
	}
	return (size_t)(at - out);
}

const char *
charset_utf8(struct arena *arena, const char *declared, const void *bytes, size_t size,
    size_t *length)
{
	char *copy, *out;
	size_t used = size;

	/* A 7-bit text can still be UTF-7 or ISO-2022: then the name says so. */
	if (utf8_valid(bytes, size) &&
	    (declared == NULL || (strcasestr(declared, "2022") == NULL &&
				     strcasestr(declared, "utf-7") == NULL &&
				     strcasestr(declared, "utf-16") == NULL)))
		out = arena_strdup(arena, bytes, size);
	else {
		copy = arena_strdup(arena, bytes, size);
		out = arena_get(arena, GROWTH * size + 1);
		used = convert_bytes(converter(declared), copy, size, out, GROWTH * size);
	}
	for (size_t i = 0; i < used; i++)
		if (out[i] == 0)
			out[i] = ' ';
	out[used] = 0;
	*length = used;
	return out;
}
