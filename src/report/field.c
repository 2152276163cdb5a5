/* SPDX-License-Identifier: Apache-2.0 */
/* field.c -- see field.h. */
#include "report/field.h"

#include "base/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_SIZE = 253, LOWER_MAX = 1024 };

/* "source" and "ip" become "source.ip", which outlives the item. */
static const char *
name_of(const char *side, const char *field)
{
	static const char *const names[][2] = {
	    {"source.ip", "destination.ip"},
	    {"source.port", "destination.port"},
	    {"source.fqdn", "destination.fqdn"},
	    {"source.url", "destination.url"},
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(strchr(names[i][0], '.') + 1, field) == 0)
			return names[i][*side == 'd'];
	return NULL;
}

bool
field_addr(const struct field_place *at, const char *side, const char *text)
{
	char copy[ADDR_TEXT], shown[ADDR_TEXT];
	struct addr addr;
	size_t size;

	text += strspn(text, " \t[\"'");
	size = strspn(text, "0123456789abcdefABCDEF.:");
	if (size == 0 || size >= sizeof copy ||
	    (text[size] != 0 && strchr(" \t\r\n]\"'(,;", text[size]) == NULL))
		return false;
	(void)snprintf(copy, sizeof copy, "%.*s", (int)size, text);
	if (!addr_parse(copy, &addr) || (addr_is_v4(&addr) && addr_to_v4(&addr) == 0))
		return false;
	(void)addr_text(&addr, shown);
	item_text(
	    at->item, name_of(side, "ip"), arena_strdup(at->arena, shown, strlen(shown)));
	return true;
}

bool
field_port(const struct field_place *at, const char *side, int64_t port)
{
	if (port < 1 || port > UINT16_MAX)
		return false;
	item_int(at->item, name_of(side, "port"), port);
	return true;
}

/* How much of the text a domain name is; 0 if none: at least one dot, a letter at the
 * end's start. */
static size_t
name_size(const char *text)
{
	size_t size = 0, dots = 0, last = 0;

	for (; isalnum((unsigned char)text[size]) ||
	       (text[size] != 0 && strchr("-_.", text[size]) != NULL);
	     size++)
		if (text[size] == '.') {
			dots++;
			last = size;
		}
	if (size == 0 || size > NAME_MAX_SIZE || dots == 0 || text[0] == '.' ||
	    !isalpha((unsigned char)text[last + 1]))
		return 0;
	return size;
}

const char *
field_lower(struct arena *arena, const char *text, size_t size)
{
	char *copy = arena_strdup(arena, text, size < LOWER_MAX ? size : LOWER_MAX);

	for (char *c = copy; *c != 0; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

bool
field_name(const struct field_place *at, const char *side, const char *text)
{
	size_t size = name_size(text);

	if (size == 0 || text[size] != 0)
		return false;
	item_text(at->item, name_of(side, "fqdn"), field_lower(at->arena, text, size));
	return true;
}

bool
field_host(const struct field_place *at, const char *side, const char *text)
{
	return field_addr(at, side, text) || field_name(at, side, text);
}

/* "[2001:db8::1]:8080", "192.0.2.1:2222", "example.org", and an address of eight groups
 * without brackets whose ninth number is the port. */
static void
split_host(const struct field_place *at, const char *side, const char *host, size_t size)
{
	char copy[NAME_MAX_SIZE + 8], *port = NULL;
	size_t colons = 0;

	if (size >= sizeof copy)
		return;
	(void)snprintf(copy, sizeof copy, "%.*s", (int)size, host);
	for (size_t i = 0; copy[i] != 0; i++)
		colons += copy[i] == ':';
	if (copy[0] == '[') {
		port = strstr(copy, "]:");
		port = port != NULL ? port + 1 : NULL;
	} else if (colons == 1 || colons == 8)
		port = strrchr(copy, ':');
	if (port != NULL)
		*port++ = 0;
	if (item_value(at->item, name_of(side, "ip")) == NULL)
		(void)field_host(at, side, copy);
	else
		(void)field_name(at, side, copy);
	if (port != NULL)
		(void)field_port(at, side, strtol(port, NULL, 10));
}

bool
field_url(const struct field_place *at, const char *side, const char *text)
{
	const char *host = strstr(text, "://");
	const char *user;
	size_t size;

	if (host == NULL || host == text || host - text > 16)
		return false;
	item_text(at->item, name_of(side, "url"), text);
	host += 3;
	size = strcspn(host, "/?# \t\r\n");
	user = memrchr(host, '@', size);
	if (user != NULL) {
		size -= (size_t)(user + 1 - host);
		host = user + 1;
	}
	split_host(at, side, host, size);
	return true;
}

void
field_protocol(const struct field_place *at, const char *text)
{
	static const char *const transports[] = {"tcp", "udp", "icmp", "sctp"};
	const char *name = field_lower(at->arena, text, strlen(text));

	for (size_t i = 0; i < sizeof transports / sizeof *transports; i++)
		if (strcmp(name, transports[i]) == 0) {
			item_text(at->item, "protocol.transport", name);
			return;
		}
	item_text(at->item, "protocol.application", name);
}

void
field_time(const struct field_place *at, const struct date *date)
{
	char text[WHEN_TEXT];

	(void)when_text(date->time, text);
	item_text(at->item, "time.source", arena_strdup(at->arena, text, strlen(text)));
	if (date->precision > 0)
		item_int(
		    at->item, "extra.time_precision_s", date->precision / WHEN_SECOND);
	if (!date->zoned)
		item_text(at->item, "extra.time_zone", "not stated");
	item_derive(at->item);
	at->item->precision = date->precision;
}

void
field_upstream(struct item *item, const char *text)
{
	const char *sign = strrchr(text, '@');
	const char *domain = sign != NULL ? sign + 1 : text;
	size_t size = name_size(domain);
	char copy[NAME_MAX_SIZE + 1];

	if (size == 0)
		return;
	(void)snprintf(copy, sizeof copy, "%.*s", (int)size, domain);
	for (char *c = copy; *c != 0; c++)
		*c = (char)tolower((unsigned char)*c);
	utf8_copy(item->upstream, sizeof item->upstream, copy);
}

void
field_identifier(struct item *item, const char *format, const char *type)
{
	char text[3 * SIGHTING_NAME];

	(void)snprintf(text, sizeof text, "%s%s%s", format, *type != 0 ? " " : "", type);
	utf8_copy(item->identifier, sizeof item->identifier, text);
}

void
field_tlp(struct item *item, const char *word)
{
	static const char *const words[] = {"white", "clear", "green", "amber", "red"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(word, words[i]) == 0)
			(void)snprintf(item->tlp, sizeof item->tlp, "%s", words[i]);
}
