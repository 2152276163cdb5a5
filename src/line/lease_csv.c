/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease_csv.c -- leases as plain CSV with a header, for whatever has no reader of its
 * own.
 *
 *     time,action,address,port_lo,port_hi,subscriber,expires
 *     2026-01-02T03:04:05Z,start,192.0.2.7,,,line-17,2026-01-02T04:04:05Z
 *     1767323045,end,192.0.2.7,,,line-17,
 *
 * Columns in any order; time, action, address and subscriber are required. Actions:
 * start, renew (or given, assigned, renewed, alloc) and end (or stop, released, expired).
 * Times are RFC 3339, or seconds since 1970; without a zone the configured offset counts.
 * An address may be a prefix. Ports: both or none.
 */
#include "base/csv.h"
#include "base/mem.h"
#include "base/when.h"
#include "line/lease_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum column { TIME, ACTION, ADDRESS, SUBSCRIBER, PORT_LO, PORT_HI, EXPIRES, COLUMNS };

static const char *const names[COLUMNS] = {
    "time", "action", "address", "subscriber", "port_lo", "port_hi", "expires"};

static const struct {
	const char *name;
	enum lease_change change;
} actions[] = {
    {"start", LEASE_GIVEN},
    {"renew", LEASE_GIVEN},
    {"given", LEASE_GIVEN},
    {"assigned", LEASE_GIVEN},
    {"renewed", LEASE_GIVEN},
    {"alloc", LEASE_GIVEN},
    {"end", LEASE_ENDED},
    {"stop", LEASE_ENDED},
    {"released", LEASE_ENDED},
    {"release", LEASE_ENDED},
    {"expired", LEASE_ENDED},
};

struct lease_csv {
	struct csv csv;
	int columns[COLUMNS];
	int64_t zone_offset;
	bool ready;
};

static void *
lease_csv_open(int64_t zone_offset)
{
	struct lease_csv *l = xcalloc(1, sizeof *l);

	csv_init(&l->csv, ',');
	l->zone_offset = zone_offset;
	return l;
}

static void
lease_csv_close(void *self)
{
	struct lease_csv *l = self;

	csv_fini(&l->csv);
	free(l);
}

static bool
header(struct lease_csv *l)
{
	bool whole = true;

	for (size_t i = 0; i < COLUMNS; i++) {
		l->columns[i] = csv_column(&l->csv, names[i]);
		whole = whole && (i > SUBSCRIBER || l->columns[i] >= 0);
	}
	return whole;
}

static bool
lease_csv_recognise(const char *text, size_t size)
{
	struct lease_csv *l = lease_csv_open(0);
	size_t mark = csv_mark(text, size);
	bool found = csv_next(&l->csv, text + mark, size - mark, true) > 0 && header(l);

	lease_csv_close(l);
	return found;
}

static const char *
cell(const struct lease_csv *l, enum column column)
{
	int i = l->columns[column];

	return i < 0 || (size_t)i >= l->csv.count ? "" : l->csv.fields[i];
}

static bool
time_of(const struct lease_csv *l, const char *text, int64_t *out)
{
	bool zoned;
	int64_t seconds;
	int used = 0;

	if (when_parse(text, out, &zoned)) {
		*out += zoned ? 0 : l->zone_offset;
		return true;
	}
	if (sscanf(text, "%12" SCNd64 "%n", &seconds, &used) != 1 || text[used] != 0 ||
	    seconds < 0)
		return false;
	*out = seconds * WHEN_SECOND;
	return true;
}

static bool
port_of(const char *text, uint16_t *out)
{
	unsigned n = 0;
	int used = 0;

	*out = 0;
	if (*text == 0)
		return true;
	if (sscanf(text, "%5u%n", &n, &used) != 1 || text[used] != 0 || n > UINT16_MAX)
		return false;
	*out = (uint16_t)n;
	return true;
}

static int
row(const struct lease_csv *l, struct lease_event *out, struct err *err)
{
	const char *key = cell(l, SUBSCRIBER);
	struct prefix prefix;
	size_t action = 0;

	*out = (struct lease_event){.expires = WHEN_NEVER};
	while (action < sizeof actions / sizeof *actions &&
	       strcasecmp(actions[action].name, cell(l, ACTION)) != 0)
		action++;
	if (action == sizeof actions / sizeof *actions)
		return err_set(err, "the action is none of start, renew, end") - 1;
	out->change = actions[action].change;
	if (!time_of(l, cell(l, TIME), &out->time) ||
	    (*cell(l, EXPIRES) != 0 && !time_of(l, cell(l, EXPIRES), &out->expires)))
		return err_set(err, "its time is not understood") - 1;
	if (!prefix_parse(cell(l, ADDRESS), &prefix))
		return err_set(err, "its address is not understood") - 1;
	out->addr = prefix.addr;
	out->length = prefix.length;
	if (!port_of(cell(l, PORT_LO), &out->port_lo) ||
	    !port_of(cell(l, PORT_HI), &out->port_hi) || out->port_lo > out->port_hi)
		return err_set(err, "its ports are not understood") - 1;
	if (strlen(key) >= sizeof out->subscriber ||
	    (*key == 0 && out->change == LEASE_GIVEN))
		return err_set(err, "its subscriber is missing or too long") - 1;
	(void)strcpy(out->subscriber, key);
	return 1;
}

static int
lease_csv_line(
    void *self, const char *text, size_t size, struct lease_event *out, struct err *err)
{
	struct lease_csv *l = self;
	size_t mark = csv_mark(text, size);

	if (size == mark || csv_next(&l->csv, text + mark, size - mark, true) == 0 ||
	    (l->csv.count == 0 && !l->csv.broken))
		return 0;
	if (l->csv.broken)
		return err_set(err, "a quote that is not closed, or too long") - 1;
	if (l->ready && csv_column(&l->csv, names[TIME]) < 0)
		return row(l, out, err);
	l->ready = header(l);
	if (!l->ready)
		return err_set(
			   err, "the header needs time, action, address, subscriber") -
		       1;
	return 0;
}

const struct lease_reader lease_reader_csv = {
    .name = "csv",
    .summary = "plain CSV: time, action, address, subscriber, ports, expires",
    .recognise = lease_csv_recognise,
    .open = lease_csv_open,
    .line = lease_csv_line,
    .close = lease_csv_close,
};
