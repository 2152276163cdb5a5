/* SPDX-License-Identifier: Apache-2.0 */
/*
 * item.c -- what becomes of an item: JSON for `botkoll parse`, or a sighting.
 *
 * JSON nests names at their dots ("source.ip" lies in "source"). Where one name is both a
 * value and the beginning of others (extra.source and extra.source.naics), the value
 * comes out under its whole rest of a name, dot included: readers that flatten the object
 * see the same names either way.
 */
#include "base/mem.h"
#include "base/when.h"
#include "detect/weights.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 128 };

static int
by_name(const void *a, const void *b)
{
	const struct value *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void
write_value(struct jw *j, const char *name, const struct value *v)
{
	switch (v->type) {
	case VALUE_TEXT:
		jw_text(j, name, v->text);
		break;
	case VALUE_INT:
		jw_int(j, name, v->number);
		break;
	case VALUE_REAL:
		jw_fixed(j, name, v->real, 6);
		break;
	case VALUE_FLAG:
		jw_flag(j, name, v->flag);
		break;
	}
}

static bool
begins(const char *text, const char *head, size_t size)
{
	return strncmp(text, head, size) == 0;
}

/* Is values[i] also the beginning of the next names? */
static bool
is_parent(const struct value *const *values, size_t i, size_t count)
{
	size_t size = strlen(values[i]->name);

	for (size_t n = i + 1;
	     n < count && begins(values[n]->name, values[i]->name, size); n++)
		if (values[n]->name[size] == '.')
			return true;
	return false;
}

/* Writes the values [from, to), whose names agree in their first `depth` bytes. */
static void
write_level(struct jw *j, const struct value *const *values, size_t from, size_t to,
    size_t depth, int level)
{
	while (from < to) {
		const char *rest = values[from]->name + depth, *dot = strchr(rest, '.');
		size_t size = dot != NULL ? (size_t)(dot - rest) + 1 : 0, end = from + 1;
		char name[NAME];

		if (dot == NULL || level == 3 || size >= sizeof name) {
			write_value(j, rest, values[from++]);
			continue;
		}
		while (end < to && begins(values[end]->name + depth, rest, size))
			end++;
		(void)snprintf(name, sizeof name, "%.*s", (int)size - 1, rest);
		if (from > 0 && strlen(values[from - 1]->name) == depth + size - 1 &&
		    is_parent(values, from - 1, to)) {
			for (; from < end; from++)
				write_value(j, values[from]->name + depth, values[from]);
			continue;
		}
		jw_object(j, name);
		write_level(j, values, from, end, depth + size, level + 1);
		jw_end(j);
		from = end;
	}
}

void
item_json(const struct item *item, struct wr *out)
{
	const struct value *values[ITEM_VALUES];
	struct jw j;

	for (size_t i = 0; i < item->value_count; i++)
		values[i] = &item->values[i];
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): the elements are pointers */
	qsort(values, item->value_count, sizeof *values, by_name);
	jw_begin(&j, out);
	jw_object(&j, NULL);
	write_level(&j, values, 0, item->value_count, 0, 0);
	jw_end(&j);
}

/* A third party's word on scans and the like weighs what our own observation would. */
static double
item_weight(const struct item *item, const struct weight_table *weights)
{
	if (item->role != ROLE_BOT)
		return 0;
	if (item->gold)
		return weights_get(weights, "report.sinkhole");
	switch (item->kind) {
	case KIND_SCAN:
		return weights_get(weights, "scan");
	case KIND_BRUTEFORCE:
		return weights_get(weights, "bruteforce");
	default:
		return weights_get(weights, "report.infection.A");
	}
}

static const char *
no_sighting(const struct item *item)
{
	if (!item->has_addr)
		return "no address";
	if (!item->has_time)
		return "no time";
	if (item->role == ROLE_VICTIM || item->role == ROLE_OTHER)
		return "the address is not the one at fault";
	return NULL;
}

static void
write_why(const struct item *item, struct sighting *s)
{
	char when[WHEN_TEXT];

	(void)snprintf(s->why, sizeof s->why, "%.20s reported it in %.47s at %s%s%.47s",
	    item->upstream, item->identifier, when_text(item->time, when),
	    item->family[0] != 0 ? ": " : "", item->family);
}

bool
item_to_sighting(const struct item *item, const struct item_origin *origin,
    struct sighting *out, const char **reason)
{
	*reason = no_sighting(item);
	if (*reason != NULL)
		return false;
	*out = (struct sighting){
	    .first = item->time,
	    .last = item->time,
	    .precision = item->precision,
	    .received = origin->received,
	    .addr = item->addr,
	    .realm = origin->realm,
	    .port = item->port,
	    .proto = item->proto,
	    .role = item->role,
	    .kind = item->kind,
	    .group = GROUP_REPORT,
	    .severity = item->severity,
	    .grade = 'A',
	    .gold = item->gold,
	    .data_class = DATA_REPORT,
	    .basis = BASIS_NETWORK_SECURITY,
	    .weight = item_weight(item, origin->weights),
	    .confidence = 1,
	    .weights_version = weights_version(origin->weights),
	    .count = 1,
	    .remote = item->remote,
	    .remote_port = item->remote_port,
	    .raw = item->digest,
	};
	(void)snprintf(out->source, sizeof out->source, "%s", origin->source);
	(void)strcpy(out->upstream, item->upstream);
	(void)strcpy(out->identifier, item->identifier);
	(void)strcpy(out->rsit, item->rsit);
	(void)strcpy(out->family, item->family);
	(void)strcpy(out->remote_name, item->remote_name);
	write_why(item, out);
	sighting_set_id(out, &item->digest, 0);
	return true;
}
