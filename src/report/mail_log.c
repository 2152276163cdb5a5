/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail_log.c -- log lines in complaints: who did it, when, from which port.
 *
 *   ... IP 192.0.2.7.4711 > 198.51.100.1.80: UDP        tcpdump
 *   192.0.2.7:4711 -> 198.51.100.1:80                   flow tools
 *   ... Failed password for x from 192.0.2.7 port 4711  sshd
 *   ... SRC=192.0.2.7 DST=198.51.100.1 SPT=4711 DPT=80  netfilter
 *   192.0.2.7 - - [31/Jan/2026:07:19:02 +0100] "GET ... web servers
 *
 * Each address is one statement, with time and port of its first line. Lines of other
 * shapes say nothing here. Not handled: lines with a time of day and no date.
 */
#include "report/mail_log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "192.0.2.7", "192.0.2.7.4711", "192.0.2.7:4711" at `text`; its length, or 0. */
static size_t
take_end(const char *text, char address[ADDR_TEXT], long *port)
{
	size_t size = strspn(text, "0123456789abcdefABCDEF.:"), all = size;
	struct addr addr;

	*port = 0;
	while (size > 0 && (text[size - 1] == ':' || text[size - 1] == '.'))
		size--;
	if (size < 7 || size >= ADDR_TEXT)
		return 0;
	(void)snprintf(address, ADDR_TEXT, "%.*s", (int)size, text);
	if (!addr_parse(address, &addr)) {
		char *last = strrchr(address, '.'), *colon = strrchr(address, ':');

		last = colon > last ? colon : last;
		if (last == NULL)
			return 0;
		*last = 0;
		if (!addr_parse(address, &addr))
			return 0;
		*port = strtol(last + 1, NULL, 10);
	}
	(void)addr_text(&addr, address);
	return all;
}

/* The number behind `word`; 0: none. */
static long
number_behind(const char *line, size_t size, const char *word)
{
	const char *at = memmem(line, size, word, strlen(word));

	return at != NULL ? strtol(at + strlen(word), NULL, 10) : 0;
}

static bool
take_pair(const char *line, size_t size, struct mail_log *out)
{
	const char *arrow = memmem(line, size, " > ", 3), *from;
	char other[ADDR_TEXT];
	size_t width = 3;

	if (arrow == NULL) {
		arrow = memmem(line, size, " -> ", 4);
		width = 4;
	}
	if (arrow == NULL)
		return false;
	from = arrow;
	while (from > line && !isspace((unsigned char)from[-1]))
		from--;
	return take_end(from, out->address, &out->port) > 0 &&
	       take_end(arrow + width, other, &out->other_port) > 0;
}

static bool
take_from(const char *line, size_t size, struct mail_log *out)
{
	const char *at = line, *end = line + size;
	size_t used;

	while ((at = memmem(at, (size_t)(end - at), " from ", 6)) != NULL) {
		at += 6;
		used = take_end(at, out->address, &out->port);
		if (used > 0 && strncmp(at + used, " port ", 6) == 0) {
			out->port = strtol(at + used + 6, NULL, 10);
			return true;
		}
	}
	return false;
}

static bool
take_netfilter(const char *line, size_t size, struct mail_log *out)
{
	const char *at = memmem(line, size, "SRC=", 4);

	if (at == NULL || take_end(at + 4, out->address, &out->port) == 0)
		return false;
	out->port = number_behind(line, size, "SPT=");
	out->other_port = number_behind(line, size, "DPT=");
	return true;
}

static bool
take_web(const char *line, size_t size, struct mail_log *out)
{
	size_t used = take_end(line, out->address, &out->port);

	return used > 0 && used < size && line[used] == ' ' &&
	       memmem(line, size, " [", 2) != NULL && memchr(line, '"', size) != NULL;
}

bool
mail_log_line(const char *line, int64_t sent, struct mail_log *out)
{
	size_t size = strcspn(line, "\n");
	const char *bracket;

	*out = (struct mail_log){0};
	line += strspn(line, " \t>");
	size = strcspn(line, "\n");
	if (!take_pair(line, size, out) && !take_from(line, size, out) &&
	    !take_netfilter(line, size, out) && !take_web(line, size, out))
		return false;
	out->dated = date_prefix(line, sent, &out->date) > 0 && out->date.timed;
	bracket = memchr(line, '[', size);
	if (!out->dated && bracket != NULL)
		out->dated =
		    date_prefix(bracket + 1, sent, &out->date) > 0 && out->date.timed;
	return true;
}
