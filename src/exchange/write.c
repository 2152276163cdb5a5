/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write.c -- see write.h. XARF 4.2.0, xarf-core.json and the schemas of its
 * types. A control server is infrastructure/compromised_server, since the type "botnet"
 * is about the infected end; what attacked us is of category connection, or spam.
 *
 * Not written: evidence. Packets would show who saw it.
 */
#include "exchange/write.h"

#include "base/json.h"
#include "base/when.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct form {
	uint8_t kind;
	const char *category, *type, *what;
} forms[] = {
    {KIND_C2, "infrastructure", "compromised_server",
	"is contacted by infected devices as their control server"},
    {KIND_SCAN, "connection", "port_scan", "scans addresses of our network"},
    {KIND_BRUTEFORCE, "connection", "login_attack", "tries to log in by guessing"},
    {KIND_DDOS, "connection", "ddos", "takes part in denial of service"},
    {KIND_SPAM, "messaging", "spam", "sends spam"},
};

static const struct form *
form_of(uint8_t kind)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (forms[i].kind == kind)
			return &forms[i];
	return &forms[1];
}

const char *
complaint_number(uint64_t number, char *out)
{
	(void)snprintf(out, COMPLAINT_NUMBER, "BK-%06" PRIu64, number % 10000000000);
	return out;
}

uint64_t
complaint_find(const char *text)
{
	for (const char *at = text; (at = strstr(at, "BK-")) != NULL; at += 3) {
		size_t digits = strspn(at + 3, "0123456789");

		if (digits >= 6 && digits <= 10)
			return strtoull(at + 3, NULL, 10);
	}
	return 0;
}

void
complaint_subject(
    const struct complaint *complaints, size_t count, char *out, size_t room)
{
	char number[COMPLAINT_NUMBER], addr[ADDR_TEXT];

	(void)complaint_number(complaints[0].number, number);
	if (count == 1)
		(void)snprintf(out, room, "[%s] abuse report: %s", number,
		    addr_text(&complaints[0].addr, addr));
	else
		(void)snprintf(
		    out, room, "[%s] abuse report: %zu addresses", number, count);
}

static void
put_statement(const struct complaint *c, struct wr *out)
{
	char number[COMPLAINT_NUMBER], addr[ADDR_TEXT], first[WHEN_TEXT], last[WHEN_TEXT];

	wr_printf(out, "%s  %s", complaint_number(c->number, number),
	    addr_text(&c->addr, addr));
	if (c->port != 0)
		wr_printf(out, " port %u/%s", (unsigned)c->port,
		    c->proto == 17 ? "udp" : "tcp");
	wr_printf(out, " %s", form_of(c->kind)->what);
	if (c->family[0] != 0)
		wr_printf(out, " (%s)", c->family);
	wr_printf(out, ".\n    First seen %s, last seen %s, %" PRIu32 " times.\n",
	    when_text(c->first, first), when_text(c->last, last), c->count);
}

void
complaint_text(const struct complaint *complaints, size_t count,
    const struct complaint_sender *sender, struct wr *out)
{
	wr_printf(out,
	    "Hello,\n\nyou are registered as the abuse contact of the following.\n"
	    "All times are UTC.\n\n");
	for (size_t i = 0; i < count; i++)
		put_statement(&complaints[i], out);
	wr_printf(out,
	    "\nPlease look into it. The same is attached as XARF. If you answer, keep "
	    "the\n"
	    "number in the subject; if the address is not yours, tell us whose it is.\n\n"
	    "%s\n%s\n",
	    sender->name, sender->mail);
}

/* Version 4 in form, as the schema asks: bits of a digest that is drawn like a number. */
static void
put_uuid(struct jw *j, const struct id128 *key)
{
	uint8_t b[16];
	char text[37];

	memcpy(b, key->b, sizeof b);
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	(void)snprintf(text, sizeof text,
	    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
	    b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
	    b[13], b[14], b[15]);
	jw_text(j, "report_id", text);
}

static void
put_party(struct jw *j, const char *name, const struct complaint_sender *sender)
{
	const char *at = strchr(sender->mail, '@');

	jw_object(j, name);
	jw_text(j, "org", sender->name);
	jw_text(j, "contact", sender->mail);
	jw_text(j, "domain", at != NULL ? at + 1 : sender->mail);
	jw_end(j);
}

/* "malware:NAME"; a tag knows few letters. */
static void
put_tag(struct jw *j, const char *family)
{
	char tag[SIGHTING_NAME + 8] = "malware:";
	size_t n = strlen(tag);

	for (; *family != 0; family++)
		tag[n++] = isalnum((unsigned char)*family)
			       ? (char)tolower((unsigned char)*family)
			       : '-';
	tag[n] = 0;
	jw_array(j, "tags");
	jw_text(j, NULL, tag[8] != '-' ? tag : "malware:unknown");
	jw_end(j);
}

/* What the schema of the type asks for beyond the core. */
static void
put_details(struct jw *j, const struct complaint *c, const struct form *form)
{
	if (c->kind == KIND_C2)
		jw_text(j, "compromise_method", "unknown");
	else
		jw_text(j, "protocol",
		    c->kind == KIND_SPAM ? "other"
		    : c->proto == 17     ? "udp"
					 : "tcp");
	if (c->port != 0)
		jw_uint(j, "source_port", c->port);
	jw_when(j, "first_seen", c->first);
	jw_when(j, "last_seen", c->last);
	jw_text(j, "description", form->what);
	if (c->family[0] == 0)
		return;
	jw_text(j, "malware_family", c->family);
	put_tag(j, c->family);
}

static void
put_report(struct jw *j, const struct complaint *c, const struct complaint_sender *sender)
{
	const struct form *form = form_of(c->kind);
	char addr[ADDR_TEXT];

	jw_object(j, NULL);
	jw_text(j, "xarf_version", "4.2.0");
	put_uuid(j, &c->key);
	jw_when(j, "timestamp", c->last); /* of the incident */
	put_party(j, "reporter", sender);
	put_party(j, "sender", sender);
	jw_text(j, "source_identifier", addr_text(&c->addr, addr));
	jw_text(j, "category", form->category);
	jw_text(j, "type", form->type);
	jw_text(j, "evidence_source", c->kind == KIND_C2 ? "flow_analysis" : "honeypot");
	put_details(j, c, form);
	jw_end(j);
}

void
complaint_xarf(const struct complaint *complaints, size_t count,
    const struct complaint_sender *sender, struct wr *out)
{
	struct jw j;

	jw_begin(&j, out);
	if (count > 1)
		jw_array(&j, NULL);
	for (size_t i = 0; i < count; i++)
		put_report(&j, &complaints[i], sender);
	if (count > 1)
		jw_end(&j);
}
