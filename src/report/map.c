/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map.c -- see map.h. The file is read by the table below (base/conf.h), so that every
 * word is checked with its line; then it is one more fact_report.
 *
 * Not handled: conditions, several columns put together, nested lists in JSON.
 */
#include "report/map.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/near.h"
#include "report/plan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum map_kind { MAP_CSV, MAP_JSON };

struct map_field {
	char *column;
	int field, as; /* indices into fields[], words[] */
};

struct map_constant {
	int field;
	char *value;
};

struct report_map {
	char *name, *type;
	int kind, separator;
	struct conf_texts columns;
	struct conf_list fields, constants;
	/* Made of these: */
	struct fact_report report;
	struct fact_column *facts;
	struct fact_constant *fixed;
	struct wr head; /* columns between commas */
	struct arena *names;
};

static const char *const kinds[] = {"csv", "json", NULL};
static const char *const separators[] = {
    "comma", "semicolon", "pipe", "tab", "blank", NULL};

/* What a cell may become; the rest of `enum conversion` serves formats of ours. */
static const char *const words[] = {"by-field", "text", "none", "int", "nonzero", "bool",
    "ip", "utc", "real", "date", "name", "network", "class", "upper", "host-ip",
    "host-name", "host-port", "page", NULL};

static const char *const fields[] = {"time.source", "source.ip", "source.port",
    "source.network", "source.asn", "source.as_name", "source.fqdn", "source.url",
    "source.reverse_dns", "source.account", "source.local_hostname",
    "source.geolocation.cc", "source.geolocation.city", "destination.ip",
    "destination.port", "destination.asn", "destination.fqdn", "destination.url",
    "destination.account", "classification.type", "classification.identifier",
    "malware.name", "malware.hash.md5", "malware.hash.sha1", "malware.hash.sha256",
    "protocol.transport", "protocol.application", "product.vendor", "product.name",
    "product.version", "event_description.text", "event_description.url", "feed.provider",
    "tlp", NULL};

#define FIELD(type, member) .name = #member, .offset = offsetof(struct type, member)

/* clang-format off */
static const struct conf_opt field_rows[] = {
	{FIELD(map_field, column), .type = CONF_TEXT, .required = true, .help = "the column; in JSON the key, PARENT/KEY within another object"},
	{FIELD(map_field, field), .type = CONF_CHOICE, .choices = fields, .required = true, .help = "the field that it fills, by its IntelMQ name"},
	{FIELD(map_field, as), .type = CONF_CHOICE, .choices = words, .help = "what it is read as"},
	{.type = CONF_END}};
static const struct conf_opt constant_rows[] = {
	{FIELD(map_constant, field), .type = CONF_CHOICE, .choices = fields, .required = true, .help = "a field that no column fills"},
	{FIELD(map_constant, value), .type = CONF_TEXT, .required = true, .help = "its value, of each row"},
	{.type = CONF_END}};
static const struct conf_opt map_rows[] = {
	{FIELD(report_map, name), .type = CONF_TEXT, .required = true, .help = "what the feed is called in items, letters, digits, '-' and '_'"},
	{FIELD(report_map, kind), .type = CONF_CHOICE, .choices = kinds, .help = "csv: columns; json: an array of records, or a record a line"},
	{FIELD(report_map, separator), .type = CONF_CHOICE, .choices = separators, .help = "csv: what stands between columns"},
	{FIELD(report_map, columns), .type = CONF_TEXTS, .help = "csv: the columns of a list without header"},
	{FIELD(report_map, type), .type = CONF_TEXT, .preset_text = "undetermined", .help = "RSIT type of rows that tell none"},
	{FIELD(report_map, fields), .type = CONF_LIST, .rows = field_rows, .size = sizeof(struct map_field), .required = true, .help = "which column fills which field; other columns become extra.COLUMN"},
	{FIELD(report_map, constants), .type = CONF_LIST, .rows = constant_rows, .size = sizeof(struct map_constant), .help = "fields that are the same for all rows"},
	{.type = CONF_END}};
/* clang-format on */

const struct conf_opt *
map_options(void)
{
	return map_rows;
}

/* ---- checks that the table cannot make */

static bool
check_name(const struct report_map *map, struct err *err)
{
	size_t size = map->name != NULL ? strlen(map->name) : 0;

	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)map->name[i]) &&
		    strchr("-_", map->name[i]) == NULL)
			size = 0;
	if (size == 0 || size >= SIGHTING_NAME)
		return err_set(err, "`name` wants 1 to %d letters, digits, '-' and '_'",
		    SIGHTING_NAME - 1);
	if (map->type == NULL || !class_known(map->type))
		return err_set(err, "`type`: \"%.40s\" is no type of RSIT",
		    map->type != NULL ? map->type : "null");
	return true;
}

/* Without a header, all columns are known. */
static bool
check_column(const struct report_map *map, const char *column, struct err *err)
{
	struct near near = near_init(column);

	for (size_t i = 0; i < map->columns.count; i++) {
		if (strcmp(map->columns.items[i], column) == 0)
			return true;
		near_try(&near, map->columns.items[i]);
	}
	return map->columns.count == 0 ||
	       err_set(err, "`fields`: \"%.40s\" is none of `columns`%s%.40s", column,
		   near_best(&near) != NULL ? "; the nearest is " : "",
		   near_best(&near) != NULL ? near_best(&near) : "");
}

static bool
check_fields(const struct report_map *map, struct err *err)
{
	const struct map_field *f = map->fields.items;
	const struct map_constant *c = map->constants.items;
	bool source = false;

	if (map->fields.count > MAP_FIELDS || map->constants.count > MAP_FIELDS ||
	    map->columns.count > MAP_COLUMNS)
		return err_set(
		    err, "more than %d fields or %d columns", MAP_FIELDS, MAP_COLUMNS);
	for (size_t i = 0; i < map->fields.count; i++) {
		if (f[i].column == NULL || *f[i].column == 0)
			return err_set(err, "`fields`: a column without name");
		if (!check_column(map, f[i].column, err))
			return false;
		source |= strncmp(fields[f[i].field], "source.", 7) == 0;
	}
	for (size_t i = 0; i < map->constants.count; i++)
		if (c[i].value == NULL)
			return err_set(
			    err, "`constants`: %s without value", fields[c[i].field]);
	if (map->kind == MAP_JSON && (map->columns.count > 0 || map->separator != 0))
		return err_set(err, "`columns` and `separator` are for kind csv");
	return source || err_set(err, "`fields`: no column fills source.ip, or another "
				      "field of the source");
}

/* ---- facts */

static enum conversion
conversion_of(const struct map_field *f)
{
	const char *field = fields[f->field];
	const char *last = strrchr(field, '.');

	for (int i = 0; f->as > 0 && i < CONVERT_COUNT; i++)
		if (strcmp(fact_conversions[i], words[f->as]) == 0)
			return (enum conversion)i;
	if (strcmp(field, "time.source") == 0)
		return CONVERT_DATE;
	if (strcmp(field, "classification.type") == 0)
		return CONVERT_CLASS;
	if (last != NULL && strcmp(last, ".ip") == 0)
		return CONVERT_IP;
	if (last != NULL && strcmp(last, ".port") == 0)
		return CONVERT_INT;
	if (last != NULL && strcmp(last, ".network") == 0)
		return CONVERT_NETWORK;
	return fact_shape(field) == SHAPE_NAME ? CONVERT_NAME : CONVERT_NONE;
}

static void
make_facts(struct report_map *map)
{
	const struct map_field *f = map->fields.items;
	const struct map_constant *c = map->constants.items;

	map->names = arena_new(SIZE_MAX);
	map->facts = xcalloc(map->fields.count + 1, sizeof *map->facts);
	map->fixed = xcalloc(map->constants.count + 1, sizeof *map->fixed);
	for (size_t i = 0; i < map->fields.count; i++)
		map->facts[i] = (struct fact_column){
		    .column = map->kind == MAP_JSON ? f[i].column
						    : plan_name(map->names, f[i].column),
		    .field = fields[f[i].field],
		    .conversion = conversion_of(&f[i]),
		    .shape = fact_shape(fields[f[i].field])};
	for (size_t i = 0; i < map->constants.count; i++)
		map->fixed[i] = (struct fact_constant){fields[c[i].field], c[i].value};
	wr_init(&map->head, 2 * MAP_SIZE);
	for (size_t i = 0; i < map->columns.count; i++)
		wr_printf(&map->head, "%s%s", i > 0 ? "," : "",
		    plan_name(map->names, map->columns.items[i]));
	map->report = (struct fact_report){.name = map->name,
	    .role = ROLE_OTHER,
	    .kind = KIND_OTHER,
	    .separator = ",;|\t "[map->separator],
	    .head = map->columns.count > 0 ? wr_string(&map->head) : NULL,
	    .constants = map->fixed,
	    .columns = map->facts,
	    .constant_count = map->constants.count,
	    .column_count = map->fields.count};
}

struct report_map *
map_parse(const char *name, const char *text, size_t size, struct err *err)
{
	struct report_map *map = xcalloc(1, sizeof *map);
	struct err why;

	if (!conf_parse(map_rows, map, name, text, size, err)) {
		free(map);
		return NULL;
	}
	if (check_name(map, &why) && check_fields(map, &why)) {
		make_facts(map);
		return map;
	}
	(void)err_set(err, "%s: %s", name, why.text);
	conf_free(map_rows, map);
	free(map);
	return NULL;
}

struct report_map *
map_read(const char *path, struct err *err)
{
	struct report_map *map = NULL;
	struct wr text;

	wr_init(&text, MAP_SIZE);
	if (file_read(path, &text, err))
		map = map_parse(path, wr_string(&text), text.size, err);
	wr_fini(&text);
	return map;
}

void
map_free(struct report_map *map)
{
	if (map == NULL)
		return;
	free(map->facts);
	free(map->fixed);
	wr_fini(&map->head);
	arena_free(map->names);
	conf_free(map_rows, map);
	free(map);
}

bool
map_is_json(const struct report_map *map)
{
	return map->kind == MAP_JSON;
}

const struct fact_report *
map_report(const struct report_map *map)
{
	return &map->report;
}

const char *
map_class(const struct report_map *map)
{
	return map->type;
}
