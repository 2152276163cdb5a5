/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isc.c -- ISC dhcpd's lease files, dhcpd.leases and dhcpd6.leases (dhcpd.leases(5)).
 *
 *     lease 192.0.2.10 { starts 2 2026/01/06 07:11:41; ends ...; binding state active;
 *         hardware ethernet 02:00:00:00:00:01; uid "\001..."; option agent.circuit-id
 *         0:1:3:e9; }
 *     ia-pd "<IAID><DUID>" { cltt ...; iaprefix 2001:db8:1::/56 { binding state active;
 *         ends ...; } }
 *
 * An append-only file: each block is what became of an address then, so its history is
 * the sequence of blocks. Statements are read as dhcpd's own parser reads them, over
 * lines, with quoted strings (octal escapes, braces inside) and blocks within blocks
 * skipped. Times are UTC. A block that is not active tells of a lease that is over: held
 * from `starts` to `ends`. A file that was rewritten holds nothing else of it.
 *
 * The client of ia-* is the DUID without its IAID. Client ids and DUIDs are told as Kea
 * tells them, 01:02:ab; a circuit id in quotes as its text. Not handled: a circuit id in
 * hexadecimal of more than 31 bytes (refused); what dhcpd forgot when it rewrote the file
 * while nobody read it.
 */
#include "base/mem.h"
#include "base/when.h"
#include "line/lease_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS = 6, TOKEN = 256, IAID = 4, DEEP = 64, ENDINGS = 2 };

#define UNTOLD INT64_MIN

struct token {
	char text[TOKEN]; /* escapes undone */
	size_t size;
	bool quoted;
};

struct isc {
	struct token tokens[TOKENS]; /* of the statement that is being read */
	size_t count;
	unsigned depth;  /* braces that are open */
	unsigned family; /* depth at which the block of an address is: 1 or, v6, 2 */
	bool inside;     /* such a block is open */
	int64_t cltt, starts, ends;
	int64_t contact; /* cltt of the ia-* around it */
	char state[16];
	char client[TOKEN], circuit[TOKEN], hardware[TOKEN]; /* "": not told */
	struct prefix prefix;
};

static void *
isc_open(int64_t zone_offset)
{
	(void)zone_offset; /* its times are UTC */
	return xcalloc(1, sizeof(struct isc));
}

static bool
isc_recognise(const char *text, size_t size)
{
	static const char *const heads[] = {"# The format of this file is documented in",
	    "# This lease file was written by isc-dhcp", "lease ", "ia-na \"", "ia-ta \"",
	    "ia-pd \"", "server-duid ", "authoring-byte-order "};

	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		if (size >= strlen(heads[i]) &&
		    memcmp(text, heads[i], strlen(heads[i])) == 0)
			return true;
	return false;
}

/* ---- statements */

static bool
is(const struct isc *s, size_t i, const char *word)
{
	return i < s->count && !s->tokens[i].quoted &&
	       strcmp(s->tokens[i].text, word) == 0;
}

/* "starts 2 2026/01/06 07:11:41", "starts epoch 1767683501", "ends never" */
static bool
time_of(const struct isc *s, int64_t *out)
{
	char text[32];
	unsigned y, m, d;
	int64_t seconds;
	int used = 0;

	if (is(s, 1, "never")) {
		*out = WHEN_NEVER;
		return true;
	}
	if (is(s, 1, "epoch") && s->count > 2) {
		if (sscanf(s->tokens[2].text, "%11" SCNd64 "%n", &seconds, &used) != 1 ||
		    s->tokens[2].text[used] != 0 || seconds < 0)
			return false;
		*out = seconds * WHEN_SECOND;
		return true;
	}
	if (s->count < 4 ||
	    sscanf(s->tokens[2].text, "%4u/%2u/%2u%n", &y, &m, &d, &used) != 3 ||
	    s->tokens[2].text[used] != 0)
		return false;
	(void)snprintf(
	    text, sizeof text, "%04u-%02u-%02u %.8s", y, m, d, s->tokens[3].text);
	return when_parse(text, out, NULL);
}

/* "0:1:3:e9" as "00:01:03:e9", the form that Kea's logs have. */
static bool
pairs(const char *text, char *out, size_t room)
{
	size_t at = 0;

	for (; *text != 0; text += *text == ':') {
		size_t digits = strspn(text, "0123456789abcdefABCDEF");
		unsigned byte;

		if (digits < 1 || digits > 2 || sscanf(text, "%2x", &byte) != 1 ||
		    at + 4 > room || (text[digits] != 0 && text[digits] != ':'))
			return false;
		at += (size_t)snprintf(out + at, room - at, at ? ":%02x" : "%02x", byte);
		text += digits;
	}
	return at > 0;
}

static bool
statement_client(struct isc *s)
{
	const struct token *last = &s->tokens[s->count - 1];

	if (is(s, 0, "uid"))
		return last->quoted ? lease_key_hex(s->client, sizeof s->client,
					  last->text, last->size)
				    : pairs(last->text, s->client, sizeof s->client);
	if (is(s, 0, "hardware"))
		return pairs(last->text, s->hardware, sizeof s->hardware);
	if (!is(s, 0, "option") || !is(s, 1, "agent.circuit-id"))
		return true;
	if (!last->quoted)
		return pairs(last->text, s->circuit, sizeof s->circuit);
	return lease_key_text(s->circuit, sizeof s->circuit, last->text, last->size) ||
	       lease_key_hex(s->circuit, sizeof s->circuit, last->text, last->size);
}

/* What ended with ";" matters inside the block of an address, and `cltt` around it. */
static bool
statement(struct isc *s)
{
	if (s->count < 2)
		return true;
	if (!s->inside)
		return s->depth != 1 || s->family != 2 || !is(s, 0, "cltt") ||
		       time_of(s, &s->contact);
	if (s->depth != s->family)
		return true;
	if (is(s, 0, "starts"))
		return time_of(s, &s->starts);
	if (is(s, 0, "ends"))
		return time_of(s, &s->ends);
	if (is(s, 0, "cltt"))
		return time_of(s, &s->cltt);
	if (is(s, 0, "binding") && s->count > 2)
		(void)snprintf(s->state, sizeof s->state, "%.15s", s->tokens[2].text);
	return statement_client(s);
}

/* ---- blocks */

static bool
begin_address(struct isc *s, unsigned family)
{
	s->depth = s->family = family;
	s->inside = s->count > 1 && prefix_parse(s->tokens[1].text, &s->prefix);
	s->starts = s->ends = s->cltt = UNTOLD;
	s->state[0] = s->circuit[0] = s->hardware[0] = 0;
	if (family == 1)
		s->client[0] = 0;
	return s->inside;
}

static bool
begin_association(struct isc *s)
{
	const struct token *name = &s->tokens[1];

	s->depth = 1;
	s->family = 2;
	s->inside = false;
	s->contact = UNTOLD;
	return s->count > 1 && name->size > IAID &&
	       lease_key_hex(
		   s->client, sizeof s->client, name->text + IAID, name->size - IAID);
}

/* A block that begins where none can is what follows a torn one: dhcpd was killed. */
static bool
begin(struct isc *s)
{
	bool torn = s->depth > 0;

	if (is(s, 0, "lease"))
		return begin_address(s, 1) && !torn;
	if (is(s, 0, "ia-na") || is(s, 0, "ia-ta") || is(s, 0, "ia-pd"))
		return begin_association(s) && !torn;
	if ((is(s, 0, "iaaddr") || is(s, 0, "iaprefix")) && s->depth == 1 &&
	    s->family == 2)
		return begin_address(s, 2);
	s->depth++;
	return s->depth < DEEP;
}

static bool
named(const struct isc *s, struct lease_event *out)
{
	const char *const keys[] = {s->circuit, s->client, s->hardware};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (*keys[i] != 0)
			return lease_key_text(out->subscriber, sizeof out->subscriber,
			    keys[i], strlen(keys[i]));
	return false;
}

/* The block of an address is whole: how many events, or -1. */
static int
finish(const struct isc *s, struct lease_event *out, struct err *err)
{
	bool active = strcmp(s->state, "active") == 0;
	bool abandoned = strcmp(s->state, "abandoned") == 0;
	int64_t since = s->starts != UNTOLD ? s->starts
			: s->cltt != UNTOLD ? s->cltt
			: s->family == 2    ? s->contact
					    : UNTOLD;

	*out = (struct lease_event){.addr = s->prefix.addr,
	    .length = s->prefix.length,
	    .time = since,
	    .expires = s->ends != UNTOLD ? s->ends : WHEN_NEVER};
	if (active && (since == UNTOLD || since == WHEN_NEVER))
		return err_set(err, "an active lease that does not say since when") - 1;
	if (active && !named(s, out))
		return err_set(err, "it names no client, or one too long") - 1;
	if (active)
		return 1;
	if (s->ends == UNTOLD || s->ends == WHEN_NEVER)
		return 0; /* not held, nor known to have been */
	out[1] = *out;
	out[1].change = LEASE_ENDED;
	out[1].time = s->ends;
	out[1].expires = WHEN_NEVER;
	out[1].subscriber[0] = 0; /* whoever holds it, holds it no longer */
	if (!abandoned && since != UNTOLD && since < s->ends && named(s, out))
		return 2;
	out[0] = out[1];
	return 1;
}

static int
end(struct isc *s, struct lease_event *out, struct err *err)
{
	bool whole = s->inside && s->depth == s->family;

	if (s->depth > 0)
		s->depth--;
	if (!whole)
		return 0;
	s->inside = false;
	return finish(s, out, err);
}

/* ---- tokens */

static char
escaped(const char **at, const char *stop)
{
	unsigned value = 0;
	int digits = 0;

	for (; digits < 3 && *at < stop && **at >= '0' && **at <= '7'; digits++)
		value = 8 * value + (unsigned)(*(*at)++ - '0');
	if (digits > 0)
		return (char)value;
	return *at < stop ? *(*at)++ : '\\';
}

/* One word or quoted string from `at`; false if it is too long or not closed. */
static bool
take_token(struct isc *s, const char **at, const char *stop)
{
	struct token spare, *t = s->count < TOKENS ? &s->tokens[s->count++] : &spare;

	t->size = 0;
	t->quoted = **at == '"';
	*at += t->quoted;
	while (*at < stop &&
	       (t->quoted ? **at != '"' : strchr(" \t\r;{}\"", **at) == NULL)) {
		char c = *(*at)++;

		if (t->quoted && c == '\\')
			c = escaped(at, stop);
		if (t->size + 1 >= sizeof t->text)
			return false;
		t->text[t->size++] = c;
	}
	t->text[t->size] = 0;
	if (!t->quoted)
		return true;
	return (*at)++ < stop;
}

/* The mark that ends a statement. Returns as isc_line does. */
static int
take_mark(struct isc *s, char mark, struct lease_event *out, struct err *err)
{
	bool good = true;
	int n = 0;

	if (mark == ';')
		good = statement(s);
	else if (mark == '{')
		good = begin(s);
	else
		n = end(s, out, err);
	s->count = 0;
	return good ? n : err_set(err, "not understood, or torn before") - 1;
}

static int
isc_line(
    void *self, const char *text, size_t size, struct lease_event *out, struct err *err)
{
	struct isc *s = self;
	const char *at = text, *stop = text + size;
	int count = 0;
	bool bad = memchr(text, 0, size) != NULL;

	while (at < stop && !bad && *at != '#') {
		if (strchr(";{}", *at) != NULL) {
			int n = count + ENDINGS > LEASE_EVENTS
				    ? err_set(err, "too many leases on one line") - 1
				    : take_mark(s, *at, out + count, err);

			if (n < 0)
				return -1;
			count += n;
			at++;
		} else if (strchr(" \t\r", *at) != NULL) {
			at++;
		} else if (!take_token(s, &at, stop)) {
			bad = true;
		}
	}
	if (!bad)
		return count;
	s->count = 0;
	s->inside = false; /* half a lease is none */
	return err_set(err, "a string that is too long, not closed, or not text") - 1;
}

const struct lease_reader lease_reader_isc = {
    .name = "isc",
    .summary = "ISC dhcpd's dhcpd.leases and dhcpd6.leases",
    .recognise = isc_recognise,
    .open = isc_open,
    .line = isc_line,
    .close = free,
};
