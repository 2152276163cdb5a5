/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kea_forensic.c -- Kea's forensic ("legal") log, the best source of leases.
 *
 *     2018-01-06 01:02:03 CET Address: 192.0.2.100 has been renewed for 1 hrs 52 mins
 *     15 secs to a device with hardware address: hwtype=1 08:00:2b:02:3f:4e, client-id:
 *     17:34:e2, connected via relay at address: 192.0.2.1, identified by circuit-id:
 *     68:6f (howdy) and remote-id: 87:f6                             (one line)
 *
 * Local time with a zone abbreviation: some are known here, the others count with the
 * configured offset. "Prefix: 2001:db8::/56" and "from a device" (released) occur, and
 * custom formats write "for 6735 seconds" and add "subscriber-id: ...". Lines of other
 * shape (continuations have "-" after the time) change nothing. Not handled:
 * abbreviations that mean several zones (IST, CST as China's) count as the first meaning
 * listed.
 */
#include "base/mem.h"
#include "base/when.h"
#include "line/lease_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 2048, STAMP = 19 };

struct forensic {
	int64_t zone_offset;
};

static void *
forensic_open(int64_t zone_offset)
{
	struct forensic *f = xcalloc(1, sizeof *f);

	f->zone_offset = zone_offset;
	return f;
}

static bool
forensic_recognise(const char *text, size_t size)
{
	char stamp[STAMP + 1];
	int64_t t;

	if (size < STAMP + 1 || text[STAMP] != ' ')
		return false;
	memcpy(stamp, text, STAMP);
	stamp[STAMP] = 0;
	return when_parse(stamp, &t, NULL);
}

/* "2018-01-06 01:02:03 CET ", "... +0100 ": to UTC; `*rest` is what follows. */
static bool
stamp(const struct forensic *f, char *line, int64_t *t, const char **rest)
{
	char text[STAMP + 8], name[8];
	int64_t local, east;
	int used = 0;

	if (strlen(line) <= STAMP)
		return false;
	(void)snprintf(text, sizeof text, "%.*s", STAMP, line);
	if (!when_parse(text, &local, NULL))
		return false;
	if (sscanf(line + STAMP, " %7[A-Za-z0-9+:-] %n", name, &used) != 1 || used == 0)
		return false;
	*rest = line + STAMP + used;
	(void)snprintf(text, sizeof text, "%.*s%s", STAMP, line, name);
	if (when_parse(text, t, NULL))
		return true;
	*t = lease_zone(name, &east) ? local - east : local + f->zone_offset;
	return true;
}

/* "for 1 hrs 52 min(s) 15 secs to": µs, or -1. */
static int64_t
duration(const char *at)
{
	int64_t sum = 0;
	unsigned long long n;
	char unit[12];
	int used = 0;

	if (strncmp(at, "infinite", 8) == 0)
		return WHEN_NEVER;
	for (; sscanf(at, "%9llu %11[a-z()]%n", &n, unit, &used) == 2; at += used) {
		switch (unit[0]) {
		case 'd':
			sum += (int64_t)n * WHEN_DAY;
			break;
		case 'h':
			sum += (int64_t)n * WHEN_HOUR;
			break;
		case 'm':
			sum += (int64_t)n * WHEN_MINUTE;
			break;
		case 's':
			sum += (int64_t)n * WHEN_SECOND;
			break;
		default:
			return -1;
		}
	}
	return used > 0 ? sum : -1;
}

/* The bytes after `label`, up to a comma or blank. */
static bool
labelled(const char *text, const char *label, char *out, size_t room)
{
	const char *at = strstr(text, label);
	size_t size;

	if (at == NULL)
		return false;
	at += strlen(label);
	at += strspn(at, " ");
	if (strncmp(at, "hwtype=", 7) == 0)
		at += strcspn(at, " ") + strspn(at + strcspn(at, " "), " ");
	size = strcspn(at, ", \t\r");
	if (size == 0 || size >= room)
		return false;
	memcpy(out, at, size);
	out[size] = 0;
	return true;
}

static bool
subscriber(const char *text, struct lease_event *out)
{
	static const char *const labels[] = {
	    "subscriber-id:", "circuit-id:", "client-id:", "DUID:", "hardware address:"};

	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
		if (labelled(text, labels[i], out->subscriber, sizeof out->subscriber))
			return true;
	return false;
}

/* "Address: A has been " or "Prefix: P/n has been ": `*rest` is the verb. */
static bool
subject(const char *text, struct lease_event *out, const char **rest)
{
	char name[PREFIX_TEXT];
	struct prefix prefix;
	int used = 0;

	if (sscanf(text, "Address: %51s has been %n", name, &used) != 1 || used == 0)
		used = 0;
	if (used == 0 &&
	    (sscanf(text, "Prefix: %51s has been %n", name, &used) != 1 || used == 0))
		return false;
	*rest = text + used;
	if (!prefix_parse(name, &prefix))
		return false;
	out->addr = prefix.addr;
	out->length = prefix.length;
	return true;
}

static int
forensic_line(
    void *self, const char *text, size_t size, struct lease_event *out, struct err *err)
{
	char line[LINE];
	const char *rest, *verb, *lasts;
	int64_t span;

	if (size >= sizeof line || memchr(text, 0, size) != NULL)
		return err_set(err, "longer than %d bytes, or not text", LINE) - 1;
	memcpy(line, text, size);
	line[size] = 0;
	*out = (struct lease_event){.expires = WHEN_NEVER};
	if (size == 0)
		return 0;
	if (!stamp(self, line, &out->time, &rest))
		return err_set(err, "no time with a zone at its start") - 1;
	if (strncmp(rest, "Address:", 8) != 0 && strncmp(rest, "Prefix:", 7) != 0)
		return 0;
	if (!subject(rest, out, &verb))
		return err_set(err, "its address is not understood") - 1;
	if (!subscriber(verb, out))
		return err_set(err, "it names no subscriber") - 1;
	if (strncmp(verb, "released", 8) == 0) {
		out->change = LEASE_ENDED;
		return 1;
	}
	lasts = strstr(verb, " for ");
	span = lasts != NULL ? duration(lasts + 5) : -1;
	if (span < 0 ||
	    (strncmp(verb, "assigned", 8) != 0 && strncmp(verb, "renewed", 7) != 0))
		return err_set(err, "neither assigned, renewed nor released") - 1;
	if (__builtin_add_overflow(out->time, span, &out->expires))
		out->expires = WHEN_NEVER;
	return 1;
}

const struct lease_reader lease_reader_kea_forensic = {
    .name = "kea-forensic",
    .summary = "Kea's forensic log (libdhcp_legal_log)",
    .recognise = forensic_recognise,
    .open = forensic_open,
    .line = forensic_line,
    .close = free,
};
