/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail_xml.c -- notices that carry XML in their text or beside it, and mails of machines
 * that are no complaint.
 *
 * Copyright notices (ACNS 1.x, http://www.acns.net) are items set aside: whose they are
 * is known, nothing follows from them here. Safe Browsing's lists name sites. Both are
 * told by a few tags, which are looked for as text; entities, CDATA and namespaces do not
 * occur in these values, and no XML parser is needed where none is trusted. DMARC's
 * aggregate reports and delivery failures are recognised by subject and type, and set
 * aside.
 */
#include "report/mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SITES = 10000 };

/* The text of the next <tag> behind `from` and before `end`; NULL. In the scratch. */
static const char *
element(struct mail *m, const char *from, const char *end, const char *tag)
{
	char opening[40];
	const char *at;

	(void)snprintf(opening, sizeof opening, "<%s>", tag);
	at = strstr(from, opening);
	if (at == NULL || at >= end)
		return NULL;
	at += strlen(opening);
	at += strspn(at, " \t\r\n");
	return arena_strdup(m->scratch, at, strcspn(at, "<\r\n"));
}

/* The value of an attribute of the tag at `tag`; NULL. */
static const char *
attribute(struct mail *m, const char *tag, const char *name)
{
	size_t size = strcspn(tag, ">"), length = strlen(name);

	for (const char *at = tag; (at = strstr(at, name)) != NULL; at += length)
		if (at < tag + size && at > tag && at[-1] == ' ' && at[length] == '=' &&
		    at[length + 1] == '"') {
			size_t all = strcspn(at + length + 2, "\"");

			return arena_strdup(
			    m->scratch, at + length + 2, all < 4096 ? all : 4096);
		}
	return NULL;
}

static void
take_infringement(struct mail *m, const char *xml, const char *end)
{
	const char *source = strstr(xml, "<Source>");
	struct field_place at = mail_begin(m, "acns");
	const char *address, *port, *when;
	struct date date;
	bool dated;

	if (source == NULL || source > end)
		source = end;
	address = element(m, source, end, "IP_Address");
	port = element(m, source, end, "Port");
	when = element(m, source, end, "TimeStamp");
	dated = when != NULL && date_parse(when, m->sent, &date);
	item_classify(at.item, "copyright");
	at.item->aside = "copyright";
	if (address != NULL)
		(void)field_addr(&at, "source", address);
	if (port != NULL)
		(void)field_port(&at, "source", strtol(port, NULL, 10));
	mail_end(m, dated ? &date : NULL);
}

/* Inline and attached are the same notice: the first is taken. */
static bool
read_acns(struct mail *m, const char *text)
{
	const char *xml = strstr(text, "<Infringement"), *end;

	if (xml == NULL)
		return false;
	end = strstr(xml, "</Infringement>");
	take_infringement(m, xml, end != NULL ? end : xml + strlen(xml));
	return true;
}

static void
take_site(struct mail *m, const char *tag, bool phishing, const struct date *date)
{
	struct field_place at = mail_begin(m, "safe-browsing");
	const char *url = attribute(m, tag, "url"), *ip = attribute(m, tag, "ip");

	item_classify(at.item, phishing ? "phishing" : "malware-distribution");
	if (ip != NULL)
		(void)field_addr(&at, "source", ip);
	if (url != NULL)
		(void)field_url(&at, "source", url);
	mail_end(m, date);
}

static bool
read_safe_browsing(struct mail *m, const char *text)
{
	const char *tag = strstr(text, "<notification_message"), *when;
	bool phishing = false, dated;
	struct date date;

	if (tag == NULL)
		return false;
	arena_reset(m->scratch);
	when = attribute(m, tag, "date");
	dated = when != NULL && date_parse(when, m->sent, &date);
	for (int n = 0; n < SITES && (tag = strchr(tag + 1, '<')) != NULL;) {
		arena_reset(m->scratch);
		if (strncmp(tag, "<list ", 6) == 0) {
			const char *type = attribute(m, tag, "type");

			phishing = type != NULL && strcmp(type, "1") == 0;
		} else if (strncmp(tag, "<url_info ", 10) == 0) {
			take_site(m, tag, phishing, dated ? &date : NULL);
			n++;
		}
	}
	return true;
}

static void
set_aside(struct mail *m, const char *reason)
{
	struct field_place at = mail_begin(m, reason);

	item_classify(at.item, "other");
	at.item->aside = reason;
	mail_end(m, NULL);
}

static bool
read_no_complaint(struct mail *m)
{
	if (strncasecmp(m->subject, "Report domain:", 14) == 0 &&
	    strcasestr(m->subject, "Submitter:") != NULL) {
		set_aside(m, "dmarc");
		return true;
	}
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->parts[i].type, "message/delivery-status") == 0) {
			set_aside(m, "bounce");
			return true;
		}
	return false;
}

void
mail_read_xml(struct mail *m)
{
	if (read_no_complaint(m))
		return;
	for (size_t i = 0; i < m->count; i++) {
		struct mail_part *part = &m->parts[i];
		const char *text;

		if (strncmp(part->type, "text/", 5) != 0 &&
		    strcmp(part->type, "application/xml") != 0)
			continue;
		text = mail_part_text(m, part);
		if (read_acns(m, text) || read_safe_browsing(m, text))
			return;
	}
}
