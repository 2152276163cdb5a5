/* SPDX-License-Identifier: Apache-2.0 */
/*
 * item.c -- an item is filled, parsed, and becomes JSON for `botkoll parse` or a
 * sighting.
 *
 * JSON nests names at their dots ("source.ip" lies in "source"). Where one name is both a
 * value and the beginning of others (extra.source and extra.source.naics), the value
 * comes out under its whole rest of a name, dot included: readers that flatten the object
 * see the same names either way.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "base/when.h"
#include "detect/weights.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME = 128, TAXONOMY = 30 };

/* ---- filling */

static const char *const field_names[FIELD_COUNT] = {
    [FIELD_ANY] = "",
    [FIELD_TIME] = "time.source",
    [FIELD_ADDR] = "source.ip",
    [FIELD_PORT] = "source.port",
    [FIELD_REMOTE] = "destination.ip",
    [FIELD_REMOTE_PORT] = "destination.port",
    [FIELD_REMOTE_NAME] = "destination.fqdn",
    [FIELD_PROTOCOL] = "protocol.transport",
    [FIELD_SEVERITY] = "severity",
    [FIELD_MALWARE] = "malware.name",
    [FIELD_TAXONOMY] = "classification.taxonomy",
    [FIELD_TYPE] = "classification.type",
};

enum item_field
item_field(const char *name)
{
	for (enum item_field f = FIELD_TIME; f < FIELD_COUNT; f++)
		if (strcmp(field_names[f], name) == 0)
			return f;
	return FIELD_ANY;
}

void
item_begin(struct item *item)
{
	const size_t parsed = offsetof(struct item, addr);

	item->value_count = 0;
	memset(item->known, 0, sizeof item->known);
	memset((char *)item + parsed, 0, sizeof *item - parsed);
	item->role = ROLE_OTHER;
	item->kind = KIND_OTHER;
	item->confidence = -1;
}

static const struct value *
known_value(const struct item *item, enum item_field field)
{
	return item->known[field] == 0 ? NULL : &item->values[item->known[field] - 1];
}

const struct value *
item_value(const struct item *item, const char *name)
{
	enum item_field field = item_field(name);

	if (field != FIELD_ANY)
		return known_value(item, field);
	for (size_t i = 0; i < item->value_count; i++)
		if (strcmp(item->values[i].name, name) == 0)
			return &item->values[i];
	return NULL;
}

static const char *
text_of(const struct value *v)
{
	return v != NULL && v->type == VALUE_TEXT ? v->text : "";
}

const char *
item_value_text(const struct item *item, const char *name)
{
	return text_of(item_value(item, name));
}

void
item_append(struct item *item, enum item_field field, const struct value *value)
{
	if (item->value_count == ITEM_VALUES)
		return;
	item->values[item->value_count++] = *value;
	if (field != FIELD_ANY)
		item->known[field] = (uint16_t)item->value_count;
}

void
item_put(struct item *item, const char *name, const struct value *value)
{
	struct value named = *value;

	if (item_value(item, name) != NULL)
		return;
	named.name = name;
	item_append(item, item_field(name), &named);
}

void
item_text(struct item *item, const char *name, const char *text)
{
	if (*text != 0)
		item_put(item, name, &(struct value){.type = VALUE_TEXT, .text = text});
}

void
item_int(struct item *item, const char *name, int64_t number)
{
	item_put(item, name, &(struct value){.type = VALUE_INT, .number = number});
}

/* ---- parsing what Botkoll acts on */

static const char *
known_text(const struct item *item, enum item_field field)
{
	return text_of(known_value(item, field));
}

static uint16_t
port_of(const struct item *item, enum item_field field)
{
	const struct value *v = known_value(item, field);

	return v != NULL && v->type == VALUE_INT && v->number > 0 &&
		       v->number <= UINT16_MAX
		   ? (uint16_t)v->number
		   : 0;
}

static uint8_t
protocol_of(const char *name)
{
	return strcasecmp(name, "tcp") == 0 ? 6 : strcasecmp(name, "udp") == 0 ? 17 : 0;
}

static uint8_t
severity_of(const char *word, uint8_t otherwise)
{
	if (*word == 0)
		return otherwise;
	for (int i = SEVERITY_INFO; i <= SEVERITY_CRITICAL; i++)
		if (strcasecmp(word, severity_names[i]) == 0)
			return (uint8_t)i;
	return otherwise;
}

/* "taxonomy/type", as much as there is room for. */
static void
derive_class(struct item *item)
{
	char *end = item->rsit + sizeof item->rsit - 1;
	char *at = stpncpy(item->rsit, known_text(item, FIELD_TAXONOMY), TAXONOMY);

	*at++ = '/';
	at = stpncpy(at, known_text(item, FIELD_TYPE), (size_t)(end - at));
	*at = 0;
	if (!utf8_valid(item->rsit, (size_t)(at - item->rsit)))
		(void)strcpy(item->rsit, "/");
}

static void
derive_names(struct item *item)
{
	const char *family = known_text(item, FIELD_MALWARE);
	const char *remote = known_text(item, FIELD_REMOTE_NAME);

	derive_class(item);
	family_name(strncmp(family, "cve-", 4) == 0 ? "" : family, item->family);
	if (*remote != 0)
		utf8_copy(item->remote_name, sizeof item->remote_name, remote);
}

static void
digest_value(struct digest *d, const struct value *v)
{
	digest_text(d, v->name);
	digest_u64(d, v->type);
	switch (v->type) {
	case VALUE_TEXT:
	case VALUE_JSON:
		digest_text(d, v->text);
		break;
	case VALUE_INT:
		digest_u64(d, (uint64_t)v->number);
		break;
	case VALUE_REAL:
		digest_field(d, &v->real, sizeof v->real);
		break;
	case VALUE_FLAG:
		digest_u64(d, v->flag);
		break;
	}
}

static bool
is_zero(const struct id128 *id)
{
	return memcmp(id, &(struct id128){{0}}, sizeof *id) == 0;
}

static bool
derive_addr(const struct item *item, enum item_field field, struct addr *out)
{
	const char *text = known_text(item, field);

	return *text != 0 && addr_parse(text, out);
}

void
item_derive(struct item *item)
{
	struct digest d;

	item->has_time = when_parse(known_text(item, FIELD_TIME), &item->time, NULL);
	item->has_addr = derive_addr(item, FIELD_ADDR, &item->addr);
	(void)derive_addr(item, FIELD_REMOTE, &item->remote);
	item->port = port_of(item, FIELD_PORT);
	item->remote_port = port_of(item, FIELD_REMOTE_PORT);
	item->proto = protocol_of(known_text(item, FIELD_PROTOCOL));
	item->severity = severity_of(known_text(item, FIELD_SEVERITY), item->severity);
	derive_names(item);
	if (item->aside != NULL)
		item_text(item, "extra.set_aside", item->aside);
	if (!is_zero(&item->digest))
		return;
	digest_init(&d);
	digest_text(&d, item->identifier);
	for (size_t i = 0; i < item->value_count; i++)
		digest_value(&d, &item->values[i]);
	item->digest = digest_id(&d);
}

/* ---- JSON */

static int
by_name(const void *a, const void *b)
{
	const struct value *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void
write_value(struct jw *j, const char *name, const struct value *v)
{
	struct err err;
	json_t *list;

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
	case VALUE_JSON:
		list = json_read(v->text, strlen(v->text), &err);
		jw_value(j, name, list);
		json_decref(list);
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

/* ---- sighting */

double
report_weight(const struct weight_table *weights, const struct sighting *s)
{
	const char *what = "infection";
	char name[32];

	if (s->role != ROLE_BOT)
		return 0;
	if (s->gold && s->grade == 'A')
		return weights_get(weights, "report.sinkhole");
	if (s->kind == KIND_SCAN || s->kind == KIND_BRUTEFORCE || s->kind == KIND_SPAM)
		what = kind_names[s->kind];
	(void)snprintf(name, sizeof name, "report.%s.%c", what, s->grade);
	return weights_get(weights, name);
}

/* The worse of what the item and what its source is worth. */
static uint8_t
grade_of(const struct item *item, const struct item_origin *origin)
{
	return item->grade > (uint8_t)origin->grade ? item->grade
						    : (uint8_t)origin->grade;
}

static const char *
no_sighting(const struct item *item)
{
	if (item->aside != NULL)
		return item->aside;
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
	    .grade = grade_of(item, origin),
	    .gold = item->gold && grade_of(item, origin) == 'A',
	    .data_class = DATA_REPORT,
	    .basis = BASIS_NETWORK_SECURITY,
	    .confidence = item->confidence >= 0 ? item->confidence : 1,
	    .weights_version = weights_version(origin->weights),
	    .count = 1,
	    .remote = item->remote,
	    .remote_port = item->remote_port,
	    .raw = item->digest,
	};
	(void)snprintf(out->source, sizeof out->source, "%s", origin->source);
	(void)strcpy(out->tlp, item->tlp);
	(void)strcpy(out->upstream, item->upstream);
	(void)strcpy(out->identifier, item->identifier);
	(void)strcpy(out->rsit, item->rsit);
	(void)strcpy(out->family, item->family);
	(void)strcpy(out->remote_name, item->remote_name);
	write_why(item, out);
	sighting_set_id(out, &item->digest, 0);
	out->weight = report_weight(origin->weights, out);
	return true;
}
