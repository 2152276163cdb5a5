/* SPDX-License-Identifier: Apache-2.0 */
/* lease_source.c -- the list of readers; a new one is a file and a line here. */
#include "line/lease_source.h"

#include "base/near.h"
#include "base/when.h"

#include <stdio.h>
#include <string.h>

/* Hours east of Greenwich. */
static const struct {
	const char *name;
	int hours;
} zones[] = {
    {"UTC", 0},
    {"GMT", 0},
    {"Z", 0},
    {"WET", 0},
    {"WEST", 1},
    {"BST", 1},
    {"CET", 1},
    {"CEST", 2},
    {"MET", 1},
    {"MEST", 2},
    {"EET", 2},
    {"EEST", 3},
    {"MSK", 3},
    {"EST", -5},
    {"EDT", -4},
    {"CST", -6},
    {"CDT", -5},
    {"MST", -7},
    {"MDT", -6},
    {"PST", -8},
    {"PDT", -7},
};

const struct lease_reader *const lease_readers[] = {
    &lease_reader_kea_forensic,
    &lease_reader_kea_csv,
    &lease_reader_csv,
    &lease_reader_isc,
    &lease_reader_radius_detail,
    &lease_reader_cgnat,
    &lease_reader_dnsmasq,
    NULL,
};

const struct lease_reader *
lease_reader_find(const char *name, const char *line, size_t size)
{
	for (const struct lease_reader *const *r = lease_readers; *r != NULL; r++)
		if (name != NULL ? strcmp((*r)->name, name) == 0
				 : (*r)->recognise(line, size))
			return *r;
	return NULL;
}

const struct lease_reader *
lease_reader_named(const char *name, struct err *err)
{
	const struct lease_reader *reader = lease_reader_find(name, NULL, 0);
	const char *names[NEAR_FEW];
	char nearest[160];
	size_t count = 0;

	if (reader != NULL)
		return reader;
	for (; count < NEAR_FEW && lease_readers[count] != NULL; count++)
		names[count] = lease_readers[count]->name;
	near_list(name, names, count, nearest, sizeof nearest);
	(void)err_set(
	    err, "no reader of leases is called \"%.60s\"; there are: %s", name, nearest);
	return NULL;
}

bool
lease_event_fits(const struct lease_event *event, uint8_t v6_length, struct err *err)
{
	if (event->length == 128 ||
	    (!addr_is_v4(&event->addr) && event->length == v6_length))
		return true;
	if (addr_is_v4(&event->addr))
		return err_set(err,
		    "a whole IPv4 prefix is leased: name its addresses, or give it to "
		    "the line in the registry");
	return err_set(err, "a /%u is delegated, but lines are told apart by /%u",
	    event->length, v6_length);
}

bool
lease_key_text(char *out, size_t room, const char *text, size_t size)
{
	*out = 0;
	if (size == 0 || size >= room)
		return false;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	memcpy(out, text, size);
	out[size] = 0;
	return true;
}

bool
lease_key_hex(char *out, size_t room, const char *bytes, size_t size)
{
	*out = 0;
	if (size == 0 || 3 * size > room)
		return false;
	for (size_t i = 0; i < size; i++)
		(void)snprintf(out + 3 * i, 4, i + 1 < size ? "%02x:" : "%02x",
		    (unsigned)(unsigned char)bytes[i]);
	return true;
}

bool
lease_zone(const char *name, int64_t *east)
{
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
		if (strcmp(zones[i].name, name) == 0) {
			*east = zones[i].hours * WHEN_HOUR;
			return true;
		}
	return false;
}
