/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonfeed.c -- feeds that are JSON: IntelMQ's events (also Proki of CZ.NIC, and what
 * `botkoll parse` prints), n6, Microsoft CTIP, HaaS of CZ.NIC, Fraunhofer's DGA archive.
 *
 * A feed is an array of records, an object with such an array in `data`, one record, or a
 * record a line. A record's kind is known by its keys; what the keys mean is a table.
 * What no table knows is kept as extra.KEY. Numbers, truth values and lists keep their
 * type.
 *
 * Not handled: CTIP's `Payload` (base64 within), n6's `until` and `count` of aggregates.
 */
#include "base/utf8.h"
#include "report/convert.h"
#include "report/document.h"
#include "report/field.h"
#include "report/plan.h"
#include "report/sensor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEP = 3, KEY = 100 };

/* clang-format off */
static const struct fact_column n6[] = {
	{"time", "time.source", CONVERT_DATE, SHAPE_ANY},
	{"category", "classification.type", CONVERT_CLASS, SHAPE_ANY},
	{"name", "malware.name", CONVERT_NONE, SHAPE_SMALL},
	{"dip", "destination.ip", CONVERT_IP, SHAPE_ANY},
	{"dport", "destination.port", CONVERT_INT, SHAPE_PORT},
	{"sport", "source.port", CONVERT_INT, SHAPE_PORT},
	{"proto", "protocol.transport", CONVERT_TEXT, SHAPE_SMALL},
	{"fqdn", "source.fqdn", CONVERT_NAME, SHAPE_NAME},
	{"url", "source.url", CONVERT_PAGE, SHAPE_ANY},
	{"md5", "malware.hash.md5", CONVERT_TEXT, SHAPE_SMALL},
	{"sha1", "malware.hash.sha1", CONVERT_TEXT, SHAPE_SMALL},
	{NULL, NULL, CONVERT_TEXT, SHAPE_ANY}};
static const struct fact_column n6_address[] = {
	{"ip", "source.ip", CONVERT_IP, SHAPE_ANY},
	{"asn", "source.asn", CONVERT_TEXT, SHAPE_ASN},
	{"cc", "source.geolocation.cc", CONVERT_TEXT, SHAPE_COUNTRY},
	{"rdns", "source.reverse_dns", CONVERT_NAME, SHAPE_NAME},
	{NULL, NULL, CONVERT_TEXT, SHAPE_ANY}};
static const struct fact_column haas[] = {
	{"time", "time.source", CONVERT_DATE, SHAPE_ANY},
	{"ip", "source.ip", CONVERT_IP, SHAPE_ANY},
	{"country", "source.geolocation.cc", CONVERT_TEXT, SHAPE_COUNTRY},
	{"time_closed", "extra.time_closed", CONVERT_DATE, SHAPE_ANY},
	{NULL, NULL, CONVERT_TEXT, SHAPE_ANY}};
static const struct fact_column ctip[] = {
	{"DateTimeReceivedUtc", "time.source", CONVERT_DATE, SHAPE_ANY},
	{"Malware", "malware.name", CONVERT_NONE, SHAPE_SMALL},
	{"TLP", "tlp", CONVERT_UPPER, SHAPE_ANY},
	{"SourceIp", "source.ip", CONVERT_IP, SHAPE_ANY},
	{"SourcePort", "source.port", CONVERT_INT, SHAPE_PORT},
	{"DestinationIp", "destination.ip", CONVERT_IP, SHAPE_ANY},
	{"DestinationPort", "destination.port", CONVERT_INT, SHAPE_PORT},
	{"firstreporteddatetime", "time.source", CONVERT_DATE, SHAPE_ANY},
	{"networksourceipv4", "source.ip", CONVERT_IP, SHAPE_ANY},
	{"networksourceport", "source.port", CONVERT_INT, SHAPE_PORT},
	{"networksourceasn", "source.asn", CONVERT_TEXT, SHAPE_ASN},
	{"networkdestinationipv4", "destination.ip", CONVERT_IP, SHAPE_ANY},
	{"networkdestinationport", "destination.port", CONVERT_INT, SHAPE_PORT},
	{"networkdestinationasn", "destination.asn", CONVERT_TEXT, SHAPE_ASN},
	{"threattype", "malware.name", CONVERT_NONE, SHAPE_SMALL},
	{"tlplevel", "tlp", CONVERT_UPPER, SHAPE_ANY},
	{NULL, NULL, CONVERT_TEXT, SHAPE_ANY}};
/* clang-format on */

static void
put_text(struct document *doc, const char *key, const char *text,
    const struct fact_column *fact)
{
	static const struct row none;
	struct value value = {.name = fact->field};
	const struct fact_column kept = {key, fact->field, fact->conversion, fact->shape};

	if (*text != 0 && convert(&kept, text, &none, doc->arena, &value))
		item_put(&doc->item, fact->field, &value);
}

/* Numbers, truth values and lists as they are; texts through the fact's conversion. */
static void
put_value(struct document *doc, const char *key, const json_t *json,
    const struct fact_column *fact)
{
	struct value value = {.type = VALUE_INT};
	char text[32], *list;

	if (json_is_string(json)) {
		put_text(doc, key,
		    arena_strdup(
			doc->arena, json_string_value(json), json_string_length(json)),
		    fact);
		return;
	}
	if (json_is_integer(json) && fact->conversion == CONVERT_DATE) {
		(void)snprintf(text, sizeof text, "%lld", json_integer_value(json));
		put_text(doc, key, text, fact);
		return;
	}
	if (json_is_integer(json)) {
		value.number = json_integer_value(json);
	} else if (json_is_real(json)) {
		value.type = VALUE_REAL;
		value.real = json_real_value(json);
	} else if (json_is_boolean(json)) {
		value.type = VALUE_FLAG;
		value.flag = json_is_true(json);
	} else if (json_is_array(json)) {
		list = json_dumps(json, JSON_COMPACT);
		value.type = VALUE_JSON;
		value.text = arena_strdup(doc->arena, list, strlen(list));
		free(list);
	} else {
		return;
	}
	item_put(&doc->item, fact->field, &value);
}

static void
put_extra(struct document *doc, const char *key, const json_t *json)
{
	const char *name = plan_name(doc->arena, key) - strlen("extra.");
	const struct fact_column fact = {key, name, CONVERT_TEXT, SHAPE_ANY};

	if (name[strlen("extra.")] != 0 && strlen(name) < KEY)
		put_value(doc, key, json, &fact);
}

/* A record whose keys a table knows. */
static void
put_record(struct document *doc, const json_t *record, const struct fact_column *facts)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)record, key, value)
	{
		const struct fact_column *f = facts;

		while (f->column != NULL && strcmp(f->column, key) != 0)
			f++;
		if (f->column != NULL)
			put_value(doc, key, value, f);
		else
			put_extra(doc, key, value);
	}
}

static void
give(struct document *doc, const json_t *record, const char *class)
{
	struct item *item = &doc->item;
	const char *told = item_value_text(item, "classification.type");

	item_classify(item, *told != 0 ? told : class);
	field_tlp(item, item_value_text(item, "tlp"));
	document_give(doc, record);
}

/* ---- IntelMQ's events */

static bool
is_field(const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 0; i < size; i++)
		if (name[i] == '.' ? i == 0 || name[i - 1] == '.' || i + 1 == size
				   : strchr("abcdefghijklmnopqrstuvwxyz0123456789_",
					 name[i]) == NULL)
			return false;
	return size > 0 && size < KEY;
}

static bool
ends(const char *text, const char *end)
{
	size_t a = strlen(text), b = strlen(end);

	return a >= b && strcmp(text + a - b, end) == 0;
}

static enum conversion
conversion_of(const char *field)
{
	if (strncmp(field, "time.", 5) == 0 || ends(field, "time_observation"))
		return CONVERT_DATE;
	if (strcmp(field, "classification.type") == 0)
		return CONVERT_CLASS;
	if (strcmp(field, "source.ip") == 0 || strcmp(field, "destination.ip") == 0)
		return CONVERT_IP;
	return ends(field, ".network") ? CONVERT_NETWORK : CONVERT_TEXT;
}

/* What tells of the sender's reading, not of the event, is set apart. */
static const char *
renamed(const char *name)
{
	static const char *const names[][2] = {{"feed.name", "extra.original_feed_name"},
	    {"time.observation", "extra.original_time_observation"}};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i][0], name) == 0)
			return names[i][1];
	return name;
}

static void
put_event(struct document *doc, const json_t *event, const char *prefix, int depth)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)event, key, value)
	{
		char name[2 * KEY];
		const char *field;
		struct fact_column fact;

		if (snprintf(name, sizeof name, "%s%s", prefix, key) >= KEY ||
		    !is_field(name) || strcmp(name, "raw") == 0 ||
		    strcmp(name, "classification.taxonomy") == 0)
			continue;
		if (json_is_object(value)) {
			(void)strcat(name, ".");
			if (depth < DEEP)
				put_event(doc, value, name, depth + 1);
			continue;
		}
		field = renamed(name);
		field = arena_strdup(doc->arena, field, strlen(field));
		fact = (struct fact_column){
		    field, field, conversion_of(field), fact_shape(field)};
		put_value(doc, field, value, &fact);
	}
}

static void
give_event(struct document *doc, const json_t *event)
{
	const char *feed;

	(void)document_item(doc, "intelmq");
	put_event(doc, event, "", 0);
	feed = item_value_text(&doc->item, "feed.provider");
	if (*feed == 0)
		feed = item_value_text(&doc->item, "extra.original_feed_name");
	if (*feed != 0)
		utf8_copy(doc->item.upstream, sizeof doc->item.upstream, feed);
	give(doc, event, "undetermined");
}

/* ---- the others */

static void
put_constant(struct document *doc, const char *name, const char *text)
{
	item_text(&doc->item, name, text);
}

/* Each of the addresses is an item. */
static void
give_n6(struct document *doc, const json_t *record)
{
	const json_t *addresses = json_object_get(record, "address");
	size_t i = 0;

	do {
		const json_t *address = json_array_get(addresses, i);

		(void)document_item(doc, "n6");
		if (address != NULL)
			put_record(doc, address, n6_address);
		put_record(doc, record, n6);
		give(doc, record, "undetermined");
	} while (++i < json_array_size(addresses));
}

/* A honeypot: who logged in has broken in elsewhere as well. */
static void
give_haas(struct document *doc, const json_t *record)
{
	bool in = json_is_true(json_object_get(record, "login_successful"));

	(void)document_item(doc, "haas");
	put_constant(doc, "protocol.transport", "tcp");
	put_constant(doc, "protocol.application", "ssh");
	item_int(&doc->item, "destination.port", 22);
	if (!in)
		item_int(&doc->item, "extra.count", 1);
	put_record(doc, record, haas);
	give(doc, record, in ? "system-compromise" : "brute-force");
}

static void
give_ctip(struct document *doc, const json_t *record)
{
	(void)document_item(doc, "ctip");
	utf8_copy(doc->item.upstream, sizeof doc->item.upstream, "microsoft");
	put_record(doc, record, ctip);
	give(doc, record, "infected-system");
}

/* {"FAMILY_dga_SEED": [name or address, ...]}: where bots of the day look for orders. */
static void
give_dga(struct document *doc, const char *key, const json_t *names)
{
	size_t i, family = (size_t)(strstr(key, "_dga_") - key);
	json_t *name;

	json_array_foreach((json_t *)(uintptr_t)names, i, name)
	{
		const char *text = json_string_value(name);
		char copy[KEY];

		if (text == NULL)
			continue;
		(void)document_item(doc, "dga");
		(void)snprintf(copy, sizeof copy, "%.*s",
		    (int)(family < KEY ? family : KEY - 1), key);
		put_constant(
		    doc, "malware.name", arena_strdup(doc->arena, copy, strlen(copy)));
		(void)field_host(
		    &(struct field_place){&doc->item, doc->arena}, "source", text);
		give(doc, name, "c2-server");
	}
}

/* A record as the site's mapping reads it; what that does not name is kept. */
static void
give_mapped(struct document *doc, const json_t *record)
{
	const struct fact_report *report = map_report(doc->in->map);
	const char *key, *provider;
	json_t *value;

	(void)document_item(doc, report->name);
	for (size_t i = 0; i < report->constant_count; i++)
		put_constant(doc, report->constants[i].field, report->constants[i].value);
	for (size_t i = 0; i < report->column_count; i++)
		put_value(doc, report->columns[i].column,
		    sensor_at(record, report->columns[i].column), &report->columns[i]);
	json_object_foreach((json_t *)(uintptr_t)record, key, value)
	{
		size_t i = 0;

		while (i < report->column_count &&
		       strcmp(report->columns[i].column, key) != 0)
			i++;
		if (i == report->column_count)
			put_extra(doc, key, value);
	}
	provider = item_value_text(&doc->item, "feed.provider");
	utf8_copy(doc->item.upstream, sizeof doc->item.upstream,
	    *provider != 0 ? provider : report->name);
	give(doc, record, map_class(doc->in->map));
}

static bool
has(const json_t *object, const char *key)
{
	return json_object_get(object, key) != NULL;
}

static void
give_record(struct document *doc, const json_t *record)
{
	if (doc->in->map != NULL && json_is_object(record))
		give_mapped(doc, record);
	else if (has(record, "login_successful") && has(record, "ip"))
		give_haas(doc, record);
	else if (has(record, "DataFeed") || has(record, "networksourceipv4"))
		give_ctip(doc, record);
	else if (json_is_string(json_object_get(record, "category")) &&
		 has(record, "restriction"))
		give_n6(doc, record);
	else if (has(record, "source.ip") || has(record, "classification.type") ||
		 json_is_object(json_object_get(record, "source")) ||
		 json_is_object(json_object_get(record, "classification")))
		give_event(doc, record);
	else
		document_refuse(
		    doc, record, "no record of a known feed", SEVERITY_UNDETERMINED);
}

/* ---- documents */

static void
give_all(struct document *doc, const json_t *json)
{
	const json_t *data = json_object_get(json, "data");
	const char *key;
	size_t i;
	json_t *value;

	if (json_is_array(data))
		json = data;
	if (json_is_array(json)) {
		json_array_foreach((json_t *)(uintptr_t)json, i, value)
		    give_record(doc, value);
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)json, key, value)
	{
		if (doc->in->map != NULL || !json_is_array(value) ||
		    strstr(key, "_dga_") == NULL) {
			give_record(doc, json);
			return;
		}
		give_dga(doc, key, value);
	}
}

/* A record a line: a line that is none is refused alone. */
static void
read_lines(struct document *doc, const char *text, size_t size)
{
	while (size > 0) {
		const char *end = memchr(text, '\n', size);
		size_t length = end != NULL ? (size_t)(end - text) : size;
		size_t used = length + (end != NULL), blank = 0;
		struct err err;
		json_t *json;

		while (blank < length && strchr(" \t\r", text[blank]) != NULL)
			blank++;
		json = blank < length ? json_read(text, length, &err) : NULL;
		if (json_is_object(json))
			give_record(doc, json);
		else if (blank < length)
			document_refuse(
			    doc, NULL, "a line that is no record", SEVERITY_UNDETERMINED);
		json_decref(json);
		text += used;
		size -= used;
	}
}

static bool
read_document(struct document *doc, const char *text, size_t size, struct err *err)
{
	json_t *json = json_read(text, size, err);

	if (json == NULL && memchr(text, '\n', size) == NULL)
		return false;
	if (json == NULL)
		read_lines(doc, text, size);
	else
		give_all(doc, json);
	json_decref(json);
	return true;
}

static bool
feed_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	return document_each(in, sink, stat, read_document, err);
}

static int
feed_recognise(const char *name, const uint8_t *head, size_t size)
{
	static const char *const signs[] = {"\"login_successful\"",
	    "\"classification.type\"", "_dga_", "\"restriction\"", "\"DataFeed\"",
	    "\"networksourceipv4\"", "\"classification\":{"};
	size_t at = 0;

	(void)name;
	while (at < size && head[at] != 0 && strchr(" \t\r\n", head[at]) != NULL)
		at++;
	if (at == size || (head[at] != '{' && head[at] != '['))
		return 0;
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (memmem(head, size, signs[i], strlen(signs[i])) != NULL)
			return 50;
	return 0;
}

const struct format format_jsonfeed = {
    .name = "jsonfeed",
    .summary = "feeds that are JSON: IntelMQ, n6, CTIP, HaaS, Proki, DGA archive",
    .recognise = feed_recognise,
    .read = feed_read,
};
