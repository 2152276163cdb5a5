/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kea_csv.c -- Kea's memfile, kea-leases4.csv and kea-leases6.csv.
 *
 * The header tells the version's columns. A row is a lease as it stands: it began at
 * expire - valid_lifetime, or earlier, since a renewal overwrites the start. State 0 is
 * given, 1 declined (nobody holds it), 2 and above ended: at `expire`, if it was
 * reclaimed. A row with valid_lifetime 0 deletes a lease and does not say when it was
 * released: it changes nothing here, the lease counts until its expiry or next holder.
 */
#include "base/csv.h"
#include "base/mem.h"
#include "base/when.h"
#include "line/lease_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column { ADDRESS, LIFETIME, EXPIRE, STATE, CLIENT, DUID, HARDWARE, LENGTH, COLUMNS };

static const char *const names[COLUMNS] = {"address", "valid_lifetime", "expire", "state",
    "client_id", "duid", "hwaddr", "prefix_len"};

struct kea_csv {
	struct csv csv;
	int columns[COLUMNS]; /* -1: not there */
	bool ready;
};

static void *
kea_csv_open(int64_t zone_offset)
{
	struct kea_csv *k = xcalloc(1, sizeof *k);

	(void)zone_offset; /* its times are UTC */
	csv_init(&k->csv, ',');
	return k;
}

static void
kea_csv_close(void *self)
{
	struct kea_csv *k = self;

	csv_fini(&k->csv);
	free(k);
}

static bool
kea_csv_recognise(const char *text, size_t size)
{
	static const char *const heads[] = {"address,hwaddr,", "address,duid,"};

	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		if (size > strlen(heads[i]) &&
		    memcmp(text, heads[i], strlen(heads[i])) == 0)
			return true;
	return false;
}

static bool
number(const char *text, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	return end != text && *end == 0 && errno == 0;
}

static const char *
cell(const struct kea_csv *k, enum column column)
{
	int i = k->columns[column];

	return i < 0 || (size_t)i >= k->csv.count ? "" : k->csv.fields[i];
}

static int
header(struct kea_csv *k, struct err *err)
{
	for (size_t i = 0; i < COLUMNS; i++)
		k->columns[i] = csv_column(&k->csv, names[i]);
	k->ready = k->columns[ADDRESS] >= 0 && k->columns[LIFETIME] >= 0 &&
		   k->columns[EXPIRE] >= 0;
	return k->ready ? 0 : err_set(err, "no header of a Kea lease file") - 1;
}

static const char *
key_of(const struct kea_csv *k)
{
	static const enum column order[] = {CLIENT, DUID, HARDWARE};

	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (*cell(k, order[i]) != 0)
			return cell(k, order[i]);
	return "";
}

/* Kea writes 128 for an address of IPv6, and has no such column for IPv4. */
static bool
length_of(const struct kea_csv *k, struct lease_event *out)
{
	int64_t length = 128;

	if (*cell(k, LENGTH) != 0 && !number(cell(k, LENGTH), &length))
		return false;
	if (length < 0 || length > 128)
		return false;
	out->length = length > 0 ? (uint8_t)length : 128; /* old ones: 0 of an address */
	return true;
}

static int
row(const struct kea_csv *k, struct lease_event *out, struct err *err)
{
	int64_t lifetime, expire, state = 0;
	const char *key = key_of(k);

	*out = (struct lease_event){.expires = WHEN_NEVER};
	if (!addr_parse(cell(k, ADDRESS), &out->addr) || !length_of(k, out) ||
	    !number(cell(k, LIFETIME), &lifetime) || !number(cell(k, EXPIRE), &expire) ||
	    expire < 0 || expire > UINT32_MAX * INT64_C(4) || lifetime < 0 ||
	    lifetime > UINT32_MAX ||
	    (*cell(k, STATE) != 0 && !number(cell(k, STATE), &state)))
		return err_set(err,
			   "its address, length, lifetime, expiry or state is no such") -
		       1;
	if (lifetime == 0)
		return 0;
	if (state == 0 && *key == 0)
		return err_set(err, "it names no subscriber") - 1;
	if (strlen(key) >= sizeof out->subscriber)
		return err_set(err, "its subscriber key is too long") - 1;
	(void)strcpy(out->subscriber, key);
	out->change = state == 0 ? LEASE_GIVEN : LEASE_ENDED;
	out->time = (expire - (state < 2 ? lifetime : 0)) * WHEN_SECOND;
	if (lifetime != UINT32_MAX)
		out->expires = expire * WHEN_SECOND;
	return 1;
}

static int
kea_csv_line(
    void *self, const char *text, size_t size, struct lease_event *out, struct err *err)
{
	struct kea_csv *k = self;

	if (size == 0 || csv_next(&k->csv, text, size, true) == 0 ||
	    (k->csv.count == 0 && !k->csv.broken))
		return 0;
	if (k->csv.broken)
		return err_set(err, "a quote that is not closed, or too long") - 1;
	if (strcmp(k->csv.fields[0], "address") == 0)
		return header(k, err);
	if (!k->ready)
		return err_set(err, "a row before the header") - 1;
	return row(k, out, err);
}

const struct lease_reader lease_reader_kea_csv = {
    .name = "kea-csv",
    .summary = "Kea's lease file, IPv4 or IPv6",
    .recognise = kea_csv_recognise,
    .open = kea_csv_open,
    .line = kea_csv_line,
    .close = kea_csv_close,
};
