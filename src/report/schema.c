/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.c -- see schema.h.
 *
 * The vendor's file is an object of reports: file_name, constant_fields {field: value},
 * required_fields and optional_fields [[field, column, conversion]]. Field "extra." means
 * extra.COLUMN, false that the column is left out. A conversion that this program does
 * not have is taken for validate_to_none: nothing is lost, and the change is told.
 *
 * Types that the vendor no longer names stay in the table: old reports are still met.
 */
#include "report/schema.h"

#include "base/json.h"
#include "base/mem.h"
#include "report/item.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LIMIT = 16 << 20, ROW = 600 };

struct update {
	const struct facts *old;
	const json_t *schema;
	struct wr *out;
	schema_told *tell;
	void *ctx;
	struct arena *arena;
	const struct fact_report *was; /* the type at hand in the old table; or NULL */
	const char *type;
};

static const char *
string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static void
tell(const struct update *u, const char *what, const char *column, const char *before,
    const char *after)
{
	u->tell(u->ctx, &(struct schema_change){what, u->type, column, before, after});
}

/* A line of fields between tabs; false where a field would break it. */
static bool
put_line(struct update *u, const char *const *fields, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(fields[i]);

		if (size == 0 || size > ROW || strpbrk(fields[i], "\t\r\n") != NULL ||
		    (i == 0 && fields[i][0] == '#'))
			return err_set(
			    err, "%s: a name or value that no table can hold", u->type);
		wr_put(u->out, fields[i], size);
		wr_u8(u->out, i + 1 < count ? '\t' : '\n');
	}
	return !u->out->bad || err_set(err, "the table grows too large");
}

static bool
put_row(struct update *u, const char *a, const char *b, const char *c, struct err *err)
{
	return put_line(u, (const char *const[]){a, b, c}, 3, err);
}

static const char *
conversion_of(const char *vendors)
{
	static const char *const names[][2] = {{"", "text"}, {"validate_to_none", "none"},
	    {"convert_int", "int"}, {"invalidate_zero", "nonzero"},
	    {"convert_bool", "bool"}, {"validate_ip", "ip"},
	    {"add_UTC_to_timestamp", "utc"}, {"extract_cve_from_tag", "cve"},
	    {"convert_float", "real"}, {"convert_date", "date"},
	    {"convert_date_utc", "date"}, {"convert_http_host_and_url", "url"},
	    {"validate_fqdn", "name"}, {"validate_network", "network"},
	    {"category_or_detail", "detail"}, {"force_base64", "base64"},
	    {"scan_exchange_taxonomy", "exchange-taxonomy"},
	    {"scan_exchange_type", "exchange-type"},
	    {"scan_exchange_identifier", "exchange-identifier"}};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i][0], vendors) == 0)
			return names[i][1];
	return NULL;
}

/* ---- the line of a type */

/* "scan6_x" and "event6_x" after "scan_x" and "event4_x". */
static const struct fact_report *
twin_of(const struct facts *facts, const char *type)
{
	static const char *const between[] = {"_", "4_"};
	const char *six = strstr(type, "6_");
	const struct fact_report *twin = NULL;
	char name[128];

	for (size_t i = 0; six != NULL && twin == NULL && i < 2; i++) {
		(void)snprintf(name, sizeof name, "%.*s%s%s", (int)(six - type), type,
		    between[i], six + 2);
		twin = facts_find(facts, name);
	}
	return twin;
}

/* Whose address a new type speaks of: what its class usually means, but a scan finds what
 * is exposed. */
static struct fact_report
guess(const struct update *u, const json_t *report)
{
	struct fact_report r = {.role = ROLE_OTHER, .kind = KIND_OTHER};
	struct item *item = xcalloc(1, sizeof *item);
	const char *class =
	    string_of(json_object_get(report, "constant_fields"), "classification.type");

	item_begin(item);
	if (strncmp(u->type, "scan", 4) == 0 || strncmp(u->type, "population", 10) == 0) {
		r.role = ROLE_EXPOSED;
		r.kind = KIND_EXPOSURE;
	} else if (*class != 0) {
		item_classify(item, class);
		r.role = item->role;
		r.kind = item->kind;
	}
	free(item);
	return r;
}

static bool
put_report(
    struct update *u, const struct fact_report *r, const char *others, struct err *err)
{
	const char *const fields[] = {"report", u->type, fact_roles[r->role],
	    fact_kinds[r->kind], r->gold ? "gold" : "-", fact_severities[r->severity],
	    others};

	return put_line(u, fields, 7, err);
}

/* ---- constants */

static const char *
constant_of(const struct fact_report *r, const char *field)
{
	for (size_t i = 0; r != NULL && i < r->constant_count; i++)
		if (strcmp(r->constants[i].field, field) == 0)
			return r->constants[i].value;
	return NULL;
}

static bool
put_constants(struct update *u, const json_t *report, struct err *err)
{
	json_t *now = json_object_get(report, "constant_fields"), *value;
	const struct fact_report *from =
	    u->was != NULL ? u->was : twin_of(u->old, u->type);
	const char *field;

	json_object_foreach(now, field, value)
	{
		const char *text = json_string_value(value);
		const char *before = constant_of(u->was, field);

		if (text == NULL || *text == 0)
			return err_set(
			    err, "%s: constant %.60s is no text", u->type, field);
		if (u->was != NULL && (before == NULL || strcmp(before, text) != 0))
			tell(u, "changed constant", field, before, text);
		if (!put_row(u, "=", field, text, err))
			return false;
	}
	for (size_t i = 0; from != NULL && i < from->constant_count; i++) {
		const struct fact_constant *c = &from->constants[i];
		bool class = strncmp(c->field, "classification.t", 16) == 0;

		if (json_object_get(now, c->field) == NULL && (u->was != NULL || class) &&
		    !put_row(u, "=", c->field, c->value, err))
			return false;
	}
	return true;
}

/* ---- columns */

struct mapping {
	const char *column, *field, *conversion;
};

/* One [field, column, conversion]; column is NULL where it is left out on purpose. */
static bool
read_mapping(struct update *u, const json_t *row, struct mapping *out, struct err *err)
{
	const json_t *field = json_array_get(row, 0);
	const char *column = json_string_value(json_array_get(row, 1));
	const char *name = json_string_value(field);
	const char *vendors = json_string_value(json_array_get(row, 2));
	char text[ROW];

	*out = (struct mapping){0};
	if (column != NULL && json_is_false(field))
		return true;
	if (name == NULL || column == NULL)
		return err_set(
		    err, "%s: a row that is not [field, column, ...]", u->type);
	(void)snprintf(text, sizeof text, "%.250s%.250s", name,
	    strcmp(name, "extra.") == 0 ? column : "");
	out->column = column;
	out->field = arena_strdup(u->arena, text, strlen(text));
	out->conversion = conversion_of(vendors != NULL ? vendors : "");
	if (out->conversion == NULL) {
		tell(u, "unknown conversion", column, NULL, vendors);
		out->conversion = "none";
	}
	return true;
}

static bool
has_column(const struct fact_report *r, const char *column, const char *field)
{
	for (size_t i = 0; i < r->column_count; i++)
		if (strcmp(r->columns[i].column, column) == 0 &&
		    (field == NULL || strcmp(r->columns[i].field, field) == 0))
			return true;
	return false;
}

static const char *
first_field(const struct fact_report *r, const char *column)
{
	for (size_t i = 0; i < r->column_count; i++)
		if (strcmp(r->columns[i].column, column) == 0)
			return r->columns[i].field;
	return NULL;
}

static void
tell_mapping(struct update *u, const struct mapping *m)
{
	if (u->was == NULL || has_column(u->was, m->column, m->field))
		return;
	tell(u, has_column(u->was, m->column, NULL) ? "changed field" : "new column",
	    m->column, first_field(u->was, m->column), m->field);
}

static bool
put_list(struct update *u, const json_t *list, struct mapping *all, size_t *count,
    struct err *err)
{
	size_t i;
	json_t *row;

	json_array_foreach(list, i, row)
	{
		struct mapping m;

		if (!read_mapping(u, row, &m, err))
			return false;
		if (m.column == NULL)
			continue;
		if (*count == FACTS_REPORTS)
			return err_set(
			    err, "%s: more than %d columns", u->type, FACTS_REPORTS);
		tell_mapping(u, &m);
		all[(*count)++] = m;
		if (!put_row(u, m.column, m.field, m.conversion, err))
			return false;
	}
	return true;
}

static bool
is_sent(const struct mapping *all, size_t count, const char *column, const char *field)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i].column, column) == 0 &&
		    (field == NULL || strcmp(all[i].field, field) == 0))
			return true;
	return false;
}

/* Kept is a column that is no longer sent, and a meaning of our own beside the vendor's,
 * unless the vendor's has changed. */
static bool
keeps(const struct mapping *all, size_t count, const struct fact_report *was,
    const struct fact_column *old)
{
	if (!is_sent(all, count, old->column, NULL))
		return true;
	if (is_sent(all, count, old->column, old->field))
		return false;
	for (size_t i = 0; i < was->column_count; i++)
		if (strcmp(was->columns[i].column, old->column) == 0 &&
		    is_sent(all, count, old->column, was->columns[i].field))
			return true;
	return false;
}

static bool
put_columns(struct update *u, const json_t *report, struct err *err)
{
	struct mapping all[FACTS_REPORTS];
	size_t count = 0;

	if (!put_list(u, json_object_get(report, "required_fields"), all, &count, err) ||
	    !put_list(u, json_object_get(report, "optional_fields"), all, &count, err))
		return false;
	if (count == 0)
		return err_set(err, "%s: no columns", u->type);
	for (size_t i = 0; u->was != NULL && i < u->was->column_count; i++) {
		const struct fact_column *c = &u->was->columns[i];

		if (keeps(all, count, u->was, c) &&
		    !put_row(
			u, c->column, c->field, fact_conversions[c->conversion], err))
			return false;
	}
	return true;
}

static bool
put_new(struct update *u, const json_t *report, struct err *err)
{
	const struct fact_report *twin = twin_of(u->old, u->type);
	struct fact_report guessed = guess(u, report);

	u->was = facts_find(u->old, u->type);
	if (u->was == NULL)
		tell(u, "new type", NULL, NULL,
		    fact_roles[(twin != NULL ? twin : &guessed)->role]);
	if (u->was == NULL && twin != NULL) {
		guessed = *twin;
		guessed.severity = SEVERITY_UNDETERMINED;
	}
	return put_report(u, u->was != NULL ? u->was : &guessed, "old", err) &&
	       put_constants(u, report, err) && put_columns(u, report, err);
}

/* As it was. */
static bool
put_old(struct update *u, const struct fact_report *r, struct err *err)
{
	u->type = r->name;
	if (!put_report(u, r, r->others != NULL ? r->others->name : "-", err))
		return false;
	for (size_t i = 0; i < r->constant_count; i++)
		if (!put_row(u, "=", r->constants[i].field, r->constants[i].value, err))
			return false;
	for (size_t i = 0; i < r->column_count; i++)
		if (!put_row(u, r->columns[i].column, r->columns[i].field,
			fact_conversions[r->columns[i].conversion], err))
			return false;
	return true;
}

static bool
named(const json_t *schema, const char *type)
{
	const char *key;
	json_t *report;

	json_object_foreach((json_t *)(uintptr_t)schema, key, report)
	{
		if (strcmp(string_of(report, "file_name"), type) == 0)
			return true;
	}
	return false;
}

static bool
put_all(struct update *u, struct err *err)
{
	const char *key;
	json_t *report;

	json_object_foreach((json_t *)(uintptr_t)u->schema, key, report)
	{
		if (strcmp(key, "_meta") == 0)
			continue;
		u->type = string_of(report, "file_name");
		if (*u->type == 0 ||
		    !json_is_object(json_object_get(report, "constant_fields")))
			return err_set(
			    err, "%.60s: no file_name or constant_fields", key);
		if (!put_new(u, report, err))
			return false;
	}
	for (size_t i = 0; i < u->old->report_count; i++)
		if (!named(u->schema, u->old->reports[i].name) &&
		    !put_old(u, &u->old->reports[i], err))
			return false;
	return true;
}

bool /* NOLINTNEXTLINE(readability-function-size): a call and its context */
schema_update(const struct facts *old, const char *json, size_t size, struct wr *out,
    schema_told *told, void *ctx, struct err *err)
{
	struct update u = {.old = old, .out = out, .tell = told, .ctx = ctx};
	struct facts *check = NULL;
	json_t *schema;
	bool good;

	if (size > LIMIT)
		return err_set(err, "a schema of more than %d MiB", LIMIT >> 20);
	schema = json_read(json, size, err);
	if (schema == NULL)
		return false;
	u.schema = schema;
	u.arena = arena_new(SIZE_MAX);
	good = json_is_object(schema) || err_set(err, "no object of reports");
	good = good && put_all(&u, err);
	if (good)
		check =
		    facts_read("the new table", (const char *)out->bytes, out->size, err);
	good = good && check != NULL;
	facts_free(check);
	arena_free(u.arena);
	json_decref(schema);
	return good;
}
