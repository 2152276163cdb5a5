/* SPDX-License-Identifier: Apache-2.0 */
/*
 * indicate.c -- see indicate.h.
 *
 * An address of an infected system is no indicator: it is somebody's line. A page's host
 * is one, but serves other pages too, as far as is known: shared. An expired item is
 * taken with its end, so that old captures are judged by what was known of their time.
 */
#include "report/indicate.h"

#include "base/when.h"
#include "event/tlp.h"

#include <string.h>

static bool
role_of(const struct item *item, uint8_t *role)
{
	const char *type = item_value_text(item, "classification.type");

	if (strcmp(type, "c2-server") == 0)
		*role = INDICATOR_C2;
	else if (strcmp(type, "malware-distribution") == 0)
		*role = INDICATOR_DISTRIBUTION;
	else /* listed, no more said: the preset's */
		return strcmp(type, "blacklist") == 0 || strcmp(type, "blocklist") == 0;
	return true;
}

static void
put_validity(const struct item *item, struct indicator_row *row)
{
	int64_t until;

	if (item->has_time && item->time < row->until)
		row->from = item->time;
	if (when_parse(item_value_text(item, "extra.valid_until"), &until, NULL))
		row->until = until;
}

/* False, with the reason, if the item is no indicator whatever its place. */
static bool
fill_row(const struct item *item, struct indicator_row *row, const char **reason)
{
	enum tlp tlp = tlp_parse(item->tlp);

	*reason = item->aside;
	if (*reason == NULL && !role_of(item, &row->role))
		*reason = "it is no indicator of a place to watch";
	put_validity(item, row);
	if (*reason == NULL && row->until <= row->from)
		*reason = "it ends before it begins";
	row->shared |= *item_value_text(item, "source.url") != 0;
	if (item->confidence >= 0)
		row->confidence = (uint8_t)(item->confidence * 100 + 0.5);
	if (item->family[0] != 0)
		row->family = item->family;
	if (tlp != TLP_UNTOLD)
		row->tlp = (uint8_t)tlp;
	return *reason == NULL;
}

size_t
item_to_indicators(const struct item *item, const struct indicator_row *preset,
    struct indicator_row out[ITEM_INDICATORS], const char **reason)
{
	const char *name = item_value_text(item, "source.fqdn");
	const char *address = item_value_text(item, "source.ip");
	struct indicator_row row = *preset;
	size_t count = 0;

	if (*address == 0)
		address = item_value_text(item, "source.network");
	if (!fill_row(item, &row, reason))
		return 0;
	if (*name != 0) {
		row.value = name;
		out[count++] = row;
	}
	if (*address != 0) {
		row.value = address;
		row.port = item->port;
		row.proto = item->port != 0 ? item->proto : 0;
		out[count++] = row;
	}
	if (count == 0)
		*reason = "no address or name";
	return count;
}
