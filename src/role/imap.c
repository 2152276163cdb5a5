/* SPDX-License-Identifier: Apache-2.0 */
/* imap.c -- see imap.h. */
#include "role/imap.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WORD = 64 };

void
imap_init(struct imap *imap, const struct imap_calls *calls, void *ctx)
{
	*imap = (struct imap){.calls = calls, .ctx = ctx};
	wr_init(&imap->line, IMAP_LINE);
}

void
imap_fini(struct imap *imap)
{
	wr_fini(&imap->line);
}

void
imap_expect(struct imap *imap, const char *tag)
{
	(void)snprintf(imap->tag, sizeof imap->tag, "%s", tag);
	imap->done = IMAP_NOT_YET;
	imap->literal = 0;
	imap->in_fetch = false;
	wr_reset(&imap->line);
}

bool
imap_quote(const char *name, struct wr *out)
{
	for (const char *p = name; *p != 0; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e || *p == '"' ||
		    *p == '\\')
			return false;
	wr_printf(out, "\"%s\"", name);
	return !out->bad;
}

/* Behind `word`, where the line begins with it; NULL. */
static const char *
after(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncasecmp(line, word, n) == 0 ? line + n : NULL;
}

/* Digits to a number; *at moves behind them. False: none, or too many. */
static bool
number(const char **at, uint64_t *out)
{
	const char *p = *at;

	for (*out = 0; *p >= '0' && *p <= '9'; p++) {
		if (p - *at >= 18)
			return false;
		*out = *out * 10 + (uint64_t)(*p - '0');
	}
	if (p == *at)
		return false;
	*at = p;
	return true;
}

static void
take_search(struct imap *imap, const char *at)
{
	uint64_t uid;

	while (*at == ' ') {
		at++;
		if (!number(&at, &uid))
			return;
		if (uid > 0 && uid <= UINT32_MAX)
			imap->calls->found(imap->ctx, (uint32_t)uid);
	}
}

static void
take_words(struct imap *imap, const char *at)
{
	char word[WORD];

	while (*at == ' ') {
		size_t n = strcspn(++at, " ");

		if (n > 0 && n < sizeof word) {
			memcpy(word, at, n);
			word[n] = 0;
			imap->calls->capability(imap->ctx, word);
		}
		at += n;
	}
}

static void
take_validity(struct imap *imap, const char *line)
{
	const char *at = strcasestr(line, "[UIDVALIDITY ");
	uint64_t n;

	if (at == NULL)
		return;
	at += 13;
	if (number(&at, &n) && n <= UINT32_MAX && *at == ']')
		imap->calls->validity(imap->ctx, (uint32_t)n);
}

static void
take_size(struct imap *imap, const char *line)
{
	const char *at = strcasestr(line, "RFC822.SIZE ");
	uint64_t n;

	if (at == NULL)
		return;
	at += 12;
	if (number(&at, &n))
		imap->calls->size(imap->ctx, n);
}

/* "{123}" at the end of the line. */
static bool
ends_in_literal(const char *line, uint64_t *size)
{
	const char *at = strrchr(line, '{');

	if (at == NULL)
		return false;
	at++;
	return number(&at, size) && strcmp(at, "}") == 0;
}

/* "* 12 FETCH (..." */
static bool
is_fetch(const char *line)
{
	uint64_t n;

	line += 2;
	return number(&line, &n) && after(line, " FETCH ") != NULL;
}

static void
take_untagged(struct imap *imap, const char *line)
{
	const char *at;

	if ((at = after(line, "* SEARCH")) != NULL)
		take_search(imap, at);
	else if ((at = after(line, "* CAPABILITY")) != NULL)
		take_words(imap, at);
	else if (after(line, "* OK ") != NULL)
		take_validity(imap, line);
	else if (is_fetch(line))
		imap->in_fetch = true;
}

/* Behind a literal, or a FETCH response without one. */
static void
take_fetch(struct imap *imap, const char *line)
{
	imap->in_fetch = ends_in_literal(line, &imap->literal);
	take_size(imap, line);
}

static bool
take_line(struct imap *imap, struct err *err)
{
	const char *line = wr_string(&imap->line), *at;
	size_t tag = strlen(imap->tag);

	if (strlen(line) != imap->line.size)
		return err_set(err, "a zero byte in the server's words");
	if (!imap->in_fetch && strncmp(line, "* ", 2) == 0)
		take_untagged(imap, line);
	else if (!imap->in_fetch && strncmp(line, imap->tag, tag) == 0 &&
		 line[tag] == ' ') {
		at = after(line + tag + 1, "OK");
		imap->done = at != NULL && (*at == ' ' || *at == 0) ? IMAP_OK : IMAP_NO;
	} else if (!imap->in_fetch)
		return err_set(err, "the server speaks no IMAP");
	if (imap->in_fetch)
		take_fetch(imap, line);
	wr_reset(&imap->line);
	return true;
}

/* How many bytes belonged to it; 0 with a sentence: the reading ends. */
static size_t
take_literal(struct imap *imap, const uint8_t *bytes, size_t size, struct err *err)
{
	size_t n = size < imap->literal ? size : (size_t)imap->literal;

	imap->literal -= n;
	return imap->calls->bytes(imap->ctx, bytes, n, err) ? n : 0;
}

bool
imap_take(struct imap *imap, const uint8_t *bytes, size_t size, struct err *err)
{
	while (size > 0 && imap->done == IMAP_NOT_YET) {
		const uint8_t *end = memchr(bytes, '\n', size);
		size_t n = end != NULL ? (size_t)(end - bytes) : size;

		if (imap->literal > 0) {
			n = take_literal(imap, bytes, size, err);
			if (n == 0)
				return false;
			bytes += n;
			size -= n;
			continue;
		}
		wr_put(&imap->line, bytes, n);
		if (imap->line.bad)
			return err_set(err, "a line of more than %d bytes", IMAP_LINE);
		bytes += n + (end != NULL);
		size -= n + (end != NULL);
		if (end == NULL)
			break;
		if (imap->line.size > 0 && imap->line.bytes[imap->line.size - 1] == '\r')
			imap->line.size--;
		if (!take_line(imap, err))
			return false;
	}
	return true;
}
