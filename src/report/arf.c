/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arf.c -- feedback reports: ARF (RFC 5965), its port (RFC 6692), CFBL (RFC 9477), and
 * the feedback loops of mail providers as they are in practice.
 *
 * The part message/feedback-report says what and whom: Source-IP, Arrival-Date or
 * Received-Date. Met deviations: no Feedback-Type (a complaint all the same), "xarf" (an
 * X-ARF report follows), an address with a host's name behind it, mapped into IPv6,
 * empty; no date. Without an address the report is refused, for a person to look at the
 * message; without a date the item has none: when the complaint was sent says little, for
 * people complain months later.
 *
 * The message complained of is evidence and is not read, but for one thing that matters
 * behind CGNAT: a Received line of it may name the source port beside the address.
 *
 * Not complaints, and set aside: not-spam, opt-out, auth-failure (RFC 6591), DMARC, and a
 * message that is the GTUBE test.
 */
#include "report/mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *type, *rsit, *aside;
} types[] = {
    {"abuse", "spam", NULL},
    {"spam", "spam", NULL},
    {"complaint", "spam", NULL},
    {"fraud", "phishing", NULL},
    {"phishing", "phishing", NULL},
    {"virus", "malware-distribution", NULL},
    {"other", "undetermined", NULL},
    {"not-spam", "other", "not-spam"},
    {"opt-out", "other", "opt-out"},
    {"opt-out-list", "other", "opt-out"},
    {"auth-failure", "other", "auth-failure"},
    {"dmarc", "other", "dmarc"},
};

/* "abuse; charset=x", "Abuse " */
static bool
is_word(const char *text, const char *word)
{
	size_t size = strlen(word);

	return strncasecmp(text, word, size) == 0 &&
	       (text[size] == 0 || strchr(" ;,\r", text[size]) != NULL);
}

/* Some glue the next header to the line: "192.0.2.1Reported-Domain: example.org". */
static bool
take_address(const struct field_place *at, const char *text)
{
	char copy[ADDR_TEXT + 1];
	size_t size = strspn(text, "0123456789.");

	if (field_addr(at, "source", text))
		return true;
	(void)snprintf(
	    copy, sizeof copy, "%.*s", size < ADDR_TEXT ? (int)size : ADDR_TEXT, text);
	return field_addr(at, "source", copy);
}

/* A mail is sent by the address: whatever it carries, a host there sent it. */
static void
classify(struct item *item, const char *type)
{
	const char *rsit = "undetermined";

	if (*type == 0)
		type = "abuse";
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (is_word(type, types[i].type)) {
			rsit = types[i].rsit;
			item->aside = types[i].aside;
		}
	item_classify(item, rsit);
	if (item->aside == NULL && strcmp(rsit, "undetermined") != 0) {
		item->role = ROLE_BOT;
		item->kind = KIND_SPAM;
	}
}

/* "([192.0.2.1:4711]" in a Received line; 0: none. */
static long
port_beside(const char *line, const char *address)
{
	size_t size = strlen(address);

	for (const char *at = line; (at = strstr(at, address)) != NULL; at += size)
		if (at > line && at[-1] == '[') {
			const char *rest = at + size;

			rest += *rest == ']';
			if (*rest == ':')
				return strtol(rest + 1, NULL, 10);
		}
	return 0;
}

static void
look_for_port(
    struct mail *m, const struct mail_part *evidence, const struct field_place *at)
{
	const char *address = item_value_text(at->item, "source.ip");

	if (*address == 0 || item_value(at->item, "source.port") != NULL)
		return;
	for (int i = 0; i < 32; i++) {
		const char *line = mail_header(m, evidence->object, "Received", i);

		if (line == NULL)
			return;
		if (field_port(at, "source", port_beside(line, address)))
			return;
	}
}

/* The header X-SpamExperts-Outgoing-Evidence and the like name the test's string. */
static bool
is_test(struct mail *m, const struct mail_part *evidence)
{
	static const char *const headers[] = {
	    "X-SpamExperts-Outgoing-Evidence", "X-Spam-Evidence"};

	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		const char *value = mail_header(m, evidence->object, headers[i], 0);

		if (value != NULL && strncmp(value, "GTUBE", 5) == 0)
			return true;
	}
	return false;
}

static void
take_evidence(struct mail *m, size_t report, const struct field_place *at)
{
	for (size_t i = report + 1; i < m->count; i++) {
		const struct mail_part *part = &m->parts[i];

		if (strcmp(part->type, "message/feedback-report") == 0)
			return;
		if (strcmp(part->type, "message/rfc822") != 0)
			continue;
		look_for_port(m, part, at);
		if (is_test(m, part))
			at->item->aside = "test";
		return;
	}
}

static bool
take_date(struct mail *m, const char *text, struct date *date)
{
	static const char *const names[] = {
	    "Arrival-Date", "Received-Date", "Received", "Date"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = mail_value(m->scratch, text, names[i]);

		if (value != NULL && date_prefix(value, m->sent, date) > 0)
			return true;
	}
	return false;
}

static void
take_report(struct mail *m, size_t i)
{
	static const struct {
		const char *name, *field;
	} kept[] = {{"User-Agent", "extra.user_agent"},
	    {"Reported-Domain", "extra.reported_domain"},
	    {"Reporting-MTA", "extra.reporting_mta"}, {"Incidents", "extra.incidents"},
	    {"Auth-Failure", "extra.auth_failure"}};
	const char *text = mail_part_text(m, &m->parts[i]), *value;
	struct field_place at = mail_begin(m, "arf");
	const char *type = mail_value(m->scratch, text, "Feedback-Type");
	struct date date;
	bool dated;

	type = type != NULL ? type : "";
	classify(at.item, type);
	item_text(at.item, "extra.feedback_type", type);
	value = mail_value(m->scratch, text, "Source-IP");
	if ((value == NULL || !take_address(&at, value)) && at.item->aside == NULL) {
		mail_refuse(m, i + 1, "a feedback report without Source-IP");
		return;
	}
	value = mail_value(m->scratch, text, "Source-Port");
	if (value != NULL)
		(void)field_port(&at, "source", strtol(value, NULL, 10));
	for (size_t k = 0; k < sizeof kept / sizeof *kept; k++) {
		value = mail_value(m->scratch, text, kept[k].name);
		if (value != NULL)
			item_text(at.item, kept[k].field, value);
	}
	take_evidence(m, i, &at);
	dated = take_date(m, text, &date);
	mail_end(m, dated ? &date : NULL);
}

void
mail_read_arf(struct mail *m)
{
	for (size_t i = 0; i < m->count; i++) {
		const char *type;

		if (strcmp(m->parts[i].type, "message/feedback-report") != 0)
			continue;
		arena_reset(m->scratch);
		type = mail_value(
		    m->scratch, mail_part_text(m, &m->parts[i]), "Feedback-Type");
		if (type == NULL || !is_word(type, "xarf"))
			take_report(m, i);
	}
}
