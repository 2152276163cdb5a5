/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cymru.c -- Team Cymru's CAP lists, new form: rows of
 *
 *     category|address|asn|timestamp|optional_information|asninfo
 *
 * The information is a list of "key: value" between semicolons, of bare words, or of
 * pairs between blanks; a list of ports makes an item of each. Times are UTC.
 *
 * Not handled: the form before 2019 (three blocks of comment and columns without header).
 */
#include "base/csv.h"
#include "base/utf8.h"
#include "report/field.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA = 64 << 20, PORTS = 64 };

struct cymru {
	struct csv csv;
	struct arena *arena;
	const struct report_sink *sink;
	struct report_stat *stat;
	uint64_t line;
	const char *record;
	size_t record_size;
	int ports[PORTS];
	size_t port_count;
	struct item item;
};

static const struct category {
	const char *name, *class, *identifier, *application, *malware;
} categories[] = {
    {"bot", "infected-system", "", "", ""},
    {"bruteforce", "brute-force", "", "", ""},
    {"conficker", "infected-system", "conficker", "", "conficker"},
    {"controller", "c2-server", "", "", ""},
    {"darknet", "scanner", "darknet", "", ""},
    {"honeypot", "scanner", "honeypot", "", ""},
    {"openresolver", "vulnerable-system", "dns-open-resolver", "dns", ""},
    {"openresolvers", "vulnerable-system", "dns-open-resolver", "dns", ""},
    {"phishing", "phishing", "phishing", "", ""},
    {"proxy", "proxy", "openproxy", "", ""},
    {"scanner", "scanner", "scanner", "", ""},
    {"spam", "spam", "spam", "", ""},
};

static const struct category *
category_of(const char *name)
{
	for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
		if (strcmp(categories[i].name, name) == 0)
			return &categories[i];
	return NULL;
}

/* ---- the information */

static int64_t
number_of(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	return end == text ? -1 : value;
}

static void
put_protocol(struct cymru *c, const char *text)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {{1, "icmp"}, {6, "tcp"}, {11, "nvp-ii"}, {17, "udp"}, {47, "gre"},
	    {58, "ipv6-icmp"}, {59, "ipv6-nonxt"}, {132, "sctp"}};
	int64_t number = number_of(text);

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == number) {
			item_text(&c->item, "protocol.transport", names[i].name);
			return;
		}
	if (number >= 0)
		item_int(&c->item, "extra.protocol.transport", number);
}

/* "23, 2323 (total_count:9)" */
static void
put_ports(struct cymru *c, const char *text)
{
	while (*text != 0 && *text != '(' && c->port_count < PORTS) {
		int64_t port = number_of(text);

		if (port >= 0 && port <= UINT16_MAX)
			c->ports[c->port_count++] = (int)port;
		text += strcspn(text, ",(");
		text += *text == ',';
	}
}

static void
put_family(struct cymru *c, const char *text)
{
	const char *name = field_lower(c->arena, text, strlen(text));

	item_text(&c->item, "malware.name", name);
	item_text(&c->item, "classification.identifier", name);
}

/* "socks4-61039", "httppost" */
static void
put_proxy(struct cymru *c, const char *text)
{
	const struct field_place at = {&c->item, c->arena};
	size_t size = strcspn(text, "-");

	item_text(&c->item, "protocol.application", field_lower(c->arena, text, size));
	if (text[size] == '-')
		(void)field_port(&at, "source", number_of(text + size + 1));
}

static void
put_networks(struct cymru *c, const char *text)
{
	const struct value *asn = item_value(&c->item, "source.asn");
	char *list = arena_get(c->arena, strlen(text) + 40);
	size_t used;

	if (asn == NULL || strspn(text, "0123456789, ") != strlen(text) || *text == 0 ||
	    text[strlen(text) - 1] == ',')
		return;
	used = (size_t)sprintf(list, "[%lld, ", (long long)asn->number);
	(void)sprintf(list + used, "%s]", text);
	item_put(&c->item, "extra.source.asns",
	    &(struct value){.type = VALUE_JSON, .text = list});
}

static void
put_pair(struct cymru *c, const char *key, const char *text)
{
	const struct field_place at = {&c->item, c->arena};

	if (strcmp(key, "family") == 0 || strcmp(key, "mwtype") == 0)
		put_family(c, text);
	else if (strcmp(key, "dest_addr") == 0 || strcmp(key, "destaddr") == 0 ||
		 strcmp(key, "dstaddr") == 0)
		(void)field_addr(&at, "destination", text);
	else if (strcmp(key, "dest_port") == 0)
		(void)field_port(&at, "destination", number_of(text));
	else if (strcmp(key, "port") == 0 || strcmp(key, "srcport") == 0)
		(void)field_port(&at, "source", number_of(text));
	else if (strcmp(key, "protocol") == 0)
		put_protocol(c, text);
	else if (strcmp(key, "proxy_type") == 0)
		put_proxy(c, text);
	else if (strcmp(key, "hostname") == 0)
		(void)field_name(&at, "source", text);
	else if (strcmp(key, "username") == 0)
		item_text(&c->item, "source.account", text);
	else if (strcmp(key, "additional_asns") == 0)
		put_networks(c, text);
	else if (strcmp(key, "darknet_port") == 0 || strcmp(key, "honeypot_port") == 0 ||
		 strcmp(key, "ports_scanned") == 0 ||
		 strcmp(key, "destination_port_numbers") == 0)
		put_ports(c, text);
}

/* "srcport 61458 mwtype Conficker dstaddr 192.0.2.1" */
static void
put_old_pairs(struct cymru *c, char *text)
{
	char *rest = NULL, *key = strtok_r(text, " ", &rest), *value;

	while (key != NULL && (value = strtok_r(NULL, " ", &rest)) != NULL) {
		if (strcmp(key, "srcport") == 0 && number_of(value) >= 0)
			item_int(&c->item, "extra.source_port", number_of(value));
		put_pair(c, key, value);
		key = strtok_r(NULL, " ", &rest);
	}
}

static void
put_word(struct cymru *c, const struct category *category, char *text)
{
	if (strcmp(category->name, "proxy") == 0) {
		put_proxy(c, text);
	} else if (strstr(text, "://") != NULL) {
		item_text(&c->item, "source.url", text);
	} else if (strchr(text, ' ') != NULL) {
		put_old_pairs(c, text);
	} else if (strcmp(category->name, "bruteforce") == 0) {
		item_text(&c->item, "protocol.application", text);
		item_text(&c->item, "classification.identifier", text);
	}
}

/* One part of the information; "a.example.comport: 80" has two grown together. */
static void
put_part(struct cymru *c, const struct category *category, char *text)
{
	char *colon = strchr(text, ':'), *grown;

	if (colon == NULL || strncmp(colon, "://", 3) == 0) {
		put_word(c, category, text);
		return;
	}
	*colon++ = 0;
	colon += strspn(colon, " ");
	grown = strstr(colon, "port: ");
	if (grown != NULL) {
		put_pair(c, "port", grown + strlen("port: "));
		*grown = 0;
	}
	put_pair(c, text, colon);
}

static void
put_information(struct cymru *c, const struct category *category, const char *text)
{
	char *copy = arena_strdup(c->arena, text, strlen(text)), *rest = NULL;

	for (char *part = strtok_r(copy, ";", &rest); part != NULL;
	     part = strtok_r(NULL, ";", &rest)) {
		part += strspn(part, " ");
		if (*part != 0)
			put_part(c, category, part);
	}
}

/* ---- rows */

/* "Example AS Name, AT" */
static void
put_network(struct cymru *c, const char *asn, const char *info)
{
	const char *comma = strrchr(info, ',');
	int64_t number = number_of(asn);

	if (number > 0 && number <= UINT32_MAX)
		item_int(&c->item, "source.asn", number);
	if (comma == NULL || strlen(comma) != strlen(", SE"))
		return;
	item_text(&c->item, "source.as_name",
	    arena_strdup(c->arena, info, (size_t)(comma - info)));
	item_text(&c->item, "source.geolocation.cc", comma + 2);
}

static void
put_row(struct cymru *c, const struct category *category, int port)
{
	const char *const *cells = c->csv.fields;
	const struct field_place at = {&c->item, c->arena};

	item_begin(&c->item);
	c->item.row = c->line;
	c->item.piece = c->record;
	c->item.piece_size = c->record_size;
	item_text(&c->item, "time.source", cells[3]);
	(void)field_addr(&at, "source", cells[1]);
	put_network(c, cells[2], c->csv.count > 5 ? cells[5] : "");
	item_text(&c->item, "malware.name", category->malware);
	item_text(&c->item, "protocol.application", category->application);
	c->port_count = 0;
	if (c->csv.count > 4)
		put_information(c, category, cells[4]);
	if (port >= 0)
		item_int(&c->item, "destination.port", port);
	item_text(&c->item, "classification.identifier", category->identifier);
	item_text(&c->item, "feed.provider", "Team Cymru");
	item_classify(&c->item, category->class);
	utf8_copy(c->item.identifier, sizeof c->item.identifier, "cymru-cap");
	utf8_copy(c->item.upstream, sizeof c->item.upstream, "cymru.com");
	item_derive(&c->item);
}

static void
refuse_row(struct cymru *c, const char *why)
{
	report_refuse(c->sink, c->stat,
	    &(struct refusal){.row = c->line,
		.reason = why,
		.piece = c->record,
		.size = c->record_size,
		.severity = SEVERITY_UNDETERMINED});
}

static void
take_row(struct cymru *c)
{
	const struct category *category =
	    c->csv.count >= 4 ? category_of(c->csv.fields[0]) : NULL;
	size_t ports, i = 0;

	c->stat->rows++;
	if (c->csv.broken || category == NULL) {
		refuse_row(c, "no category that is known");
		return;
	}
	arena_reset(c->arena);
	put_row(c, category, -1);
	if (!c->item.has_time) {
		refuse_row(c, "its time is missing or not understood");
		return;
	}
	ports = c->port_count;
	c->stat->rows += ports > 1 ? ports - 1 : 0;
	do {
		if (ports > 0)
			put_row(c, category, c->ports[i]);
		c->stat->items++;
		c->sink->item(c->sink->ctx, &c->item);
	} while (++i < ports);
}

static size_t
take_records(void *ctx, const char *text, size_t size, bool last, struct err *err)
{
	struct cymru *c = ctx;
	size_t at = 0, used;

	(void)err;
	while ((used = csv_next(&c->csv, text + at, size - at, last)) > 0) {
		c->line += c->line == 0;
		c->record = text + at;
		c->record_size = used;
		if ((c->csv.count > 0 || c->csv.broken) && text[at] != '#')
			take_row(c);
		at += used;
		c->line += c->csv.lines;
	}
	return at;
}

static bool
cymru_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	struct cymru *c = xcalloc(1, sizeof *c);
	struct input *input = report_open(in, err);
	const char *member;
	int more = input == NULL ? -1 : 1;

	c->sink = sink;
	c->stat = stat;
	c->arena = arena_new(ARENA);
	csv_init(&c->csv, '|');
	while (more > 0 && (more = input_next(input, &member, err)) > 0) {
		c->line = 0;
		if (!input_windows(input, take_records, c, err))
			more = -1;
	}
	input_free(input);
	csv_fini(&c->csv);
	arena_free(c->arena);
	free(c);
	return more == 0;
}

static int
cymru_recognise(const char *name, const uint8_t *head, size_t size)
{
	static const char sign[] = "category|address|asn|timestamp|optional_information";

	(void)name;
	return memmem(head, size, sign, sizeof sign - 1) != NULL ? 80 : 0;
}

const struct format format_cymru = {
    .name = "cymru",
    .summary = "Team Cymru's CAP lists",
    .recognise = cymru_recognise,
    .read = cymru_read,
};
