/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail_xarf.c -- X-ARF 0.1 and 0.2: a report as "Name: value" lines in a part of a mail.
 *
 * A part is one where it begins with "---" and holds Report-Type and Source, or the few
 * names by which others do the same ("ip", "uri", "first_seen"). Plain, secure (signed:
 * the parts are the same, one level deeper) and bulk (several such parts, or several
 * documents in one, each behind its own "---") are one to us.
 *
 * Port is the service that was attacked, unless a site is complained of: then it is the
 * site's. A Source that is a URL names no address: the prose then does, behind the URL or
 * behind words; it is looked for only in the mail's own text.
 */
#include "report/mail.h"
#include "report/phrase.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DOCUMENTS = 1000, DOCUMENT = 64 << 10 };

/* Letters of the type that decide, in this order. */
static const struct {
	const char *part, *rsit;
} types[] = {
    {"bot-infection", "infected-system"},
    {"botinfection", "infected-system"},
    {"botnet", "infected-system"},
    {"infected", "infected-system"},
    {"trojan", "infected-system"},
    {"c2", "c2-server"},
    {"phish", "phishing"},
    {"malware", "malware-distribution"},
    {"copyright", "copyright"},
    {"harvest", "spam"},
    {"regbot", "spam"},
    {"reg-bot", "spam"},
    {"badbot", "spam"},
    {"spam", "spam"},
    {"mail", "spam"},
    {"postfix", "spam"},
    {"login", "brute-force"},
    {"bruteforce", "brute-force"},
    {"brute-force", "brute-force"},
    {"ssh", "brute-force"},
    {"imap", "brute-force"},
    {"ftp", "brute-force"},
    {"sip", "brute-force"},
    {"ddos", "ddos"},
    {"dos", "dos"},
    {"probe", "scanner"},
    {"scan", "scanner"},
    {"rfi", "exploit"},
    {"sql", "exploit"},
    {"xss", "exploit"},
    {"exploit", "exploit"},
    {"web", "ids-alert"},
    {"dnsbl", "blocklist"},
    {"open", "potentially-unwanted-accessible"},
};

static const char *
rsit_of(const char *type)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcasestr(type, types[i].part) != NULL)
			return types[i].rsit;
	return "undetermined";
}

static const char *
first_value(struct mail *m, const char *text, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *value = mail_value(m->scratch, text, names[i]);

		if (value != NULL && *value != 0)
			return value;
	}
	return NULL;
}

#define FIRST(m, text, ...)                                                              \
	first_value(m, text, (const char *const[]){__VA_ARGS__},                         \
	    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void
take_ports(struct mail *m, const char *text, const struct field_place *at)
{
	const char *port = FIRST(m, text, "Port");
	const char *own = FIRST(m, text, "Source-Port", "Download-Port");
	bool site = at->item->role == ROLE_WEBSITE;

	if (own != NULL)
		(void)field_port(at, "source", strtol(own, NULL, 10));
	if (port != NULL)
		(void)field_port(
		    at, site ? "source" : "destination", strtol(port, NULL, 10));
}

static void
take_more(struct mail *m, const char *text, const struct field_place *at)
{
	static const struct {
		const char *name, *field;
	} kept[] = {{"Report-ID", "extra.report_id"},
	    {"Report-Type", "extra.report_type"}, {"Category", "extra.category"},
	    {"Occurrences", "extra.count"}, {"Occurances", "extra.count"},
	    {"User-Agent", "extra.user_agent"}, {"signature", "extra.signature"}};
	const char *value = FIRST(m, text, "Service");

	if (value != NULL)
		field_protocol(at, value);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		value = mail_value(m->scratch, text, kept[i].name);
		if (value != NULL)
			item_text(at->item, kept[i].field, value);
	}
	value = FIRST(m, text, "TLP");
	if (value != NULL)
		field_tlp(at->item, value);
	value = FIRST(m, text, "Destination");
	if (value != NULL)
		(void)field_host(at, "destination", value);
	value = FIRST(m, text, "Download-Link", "uri");
	if (value != NULL)
		item_text(at->item, "source.url", value);
}

/* The prose around a report that names only a site. */
static void
find_address(struct mail *m, const struct field_place *at)
{
	for (size_t i = 0; i < m->count; i++) {
		struct mail_part *part = &m->parts[i];

		if (strcmp(part->type, "text/plain") == 0 && part->name[0] == 0 &&
		    phrase_address(mail_part_text(m, part), at))
			return;
	}
}

static void
take_document(struct mail *m, const char *text, const char *name, uint64_t row)
{
	struct field_place at = mail_begin(m, "x-arf");
	const char *type = FIRST(m, text, "Report-Type", "signature");
	const char *source = FIRST(m, text, "Source", "ip", "source-ip");
	const char *when = FIRST(m, text, "Date", "first_seen", "last_seen");
	struct date date;
	bool dated = when != NULL && date_parse(when, m->sent, &date);

	type = type != NULL ? type : name;
	item_classify(at.item, rsit_of(type));
	if (strcmp(rsit_of(type), "copyright") == 0)
		at.item->aside = "copyright";
	field_identifier(at.item, "x-arf", type);
	if (!field_addr(&at, "source", source) && !field_url(&at, "source", source))
		(void)field_name(&at, "source", source);
	if (item_value(at.item, "source.ip") == NULL)
		find_address(m, &at);
	if (item_value(at.item, "source.ip") == NULL &&
	    item_value(at.item, "source.fqdn") == NULL) {
		mail_refuse(m, row, "an X-ARF report without a source that can be read");
		return;
	}
	take_ports(m, text, &at);
	take_more(m, text, &at);
	mail_end(m, dated ? &date : NULL);
}

/* Is this the beginning of such a document? */
static bool
is_document(struct mail *m, const char *text)
{
	arena_reset(m->scratch);
	return FIRST(m, text, "Source", "ip", "source-ip") != NULL &&
	       FIRST(m, text, "Report-Type", "signature") != NULL;
}

static void
take_documents(struct mail *m, struct mail_part *part, uint64_t row)
{
	const char *text = mail_part_text(m, part);

	text += strspn(text, " \t\r\n");
	for (int n = 0; n < DOCUMENTS && strncmp(text, "---", 3) == 0; n++) {
		const char *end = strstr(text + 3, "\n---");
		size_t size = end != NULL ? (size_t)(end + 1 - text) : strlen(text);
		char *copy = xmalloc((size < DOCUMENT ? size : DOCUMENT) + 1);

		(void)snprintf(copy, (size < DOCUMENT ? size : DOCUMENT) + 1, "%s", text);
		if (is_document(m, copy))
			take_document(m, copy, part->name, row);
		free(copy);
		text += size;
	}
}

void
mail_read_xarf(struct mail *m)
{
	for (size_t i = 0; i < m->count; i++) {
		struct mail_part *part = &m->parts[i];

		if (strncmp(part->type, "text/", 5) == 0 ||
		    strcmp(part->type, "application/x-arf") == 0)
			take_documents(m, part, i + 1);
	}
}
