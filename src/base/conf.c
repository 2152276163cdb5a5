/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.c -- see conf.h. YAML events (libyaml) against the tables.
 *
 * The reader walks the event stream and the rows together, so nesting is bounded by the
 * tables and nothing is built that no row asked for. Each function below is entered with
 * `r->event` at the first event of its node and leaves it at the last one. Anchors,
 * aliases, further documents and non-text keys are refused: a configuration needs none
 * of them.
 */
#include "base/conf.h"

#include "base/conf_value.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/near.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { FILE_LIMIT = 4 << 20, ROWS = 64 };

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	const char *name;
	struct err *err;
};

static void
preset_rows(const struct conf_opt *rows, void *target)
{
	for (const struct conf_opt *row = rows; row->type != CONF_END; row++) {
		void *field = conf_field(row, target);

		if (row->type == CONF_SECTION)
			preset_rows(row->rows, field);
		else if (row->type == CONF_LIST)
			*(struct conf_list *)field = (struct conf_list){0};
		else
			conf_value_preset(row, field);
	}
}

void
conf_preset(const struct conf_opt *rows, void *target)
{
	preset_rows(rows, target);
}

static void
free_list(const struct conf_opt *row, struct conf_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		conf_free(row->rows, (char *)list->items + i * row->size);
	free(list->items);
	*list = (struct conf_list){0};
}

void
conf_free(const struct conf_opt *rows, void *target)
{
	for (const struct conf_opt *row = rows; row->type != CONF_END; row++) {
		void *field = conf_field(row, target);

		if (row->type == CONF_SECTION)
			conf_free(row->rows, field);
		else if (row->type == CONF_LIST)
			free_list(row, field);
		else
			conf_value_free(row, field);
	}
}

/* "FILE:LINE: " and the sentence, for the place of the present event. */
__attribute__((format(printf, 2, 3))) static bool
refuse(struct reader *r, const char *format, ...)
{
	char sentence[sizeof r->err->text];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	return err_set(
	    r->err, "%s:%zu: %s", r->name, r->event.start_mark.line + 1, sentence);
}

static bool
refuse_yaml(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	size_t line = p->error == YAML_READER_ERROR ? p->mark.line : p->problem_mark.line;

	return err_set(r->err, "%s:%zu: not YAML: %s", r->name, line + 1,
	    p->problem ? p->problem : "unreadable");
}

static bool
next(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (!yaml_parser_parse(&r->parser, &r->event)) {
		r->event = (yaml_event_t){0};
		return refuse_yaml(r);
	}
	if (r->event.type == YAML_ALIAS_EVENT)
		return refuse(r, "aliases are not supported");
	return true;
}

static bool
skip(struct reader *r, int events)
{
	while (events-- > 0)
		if (!next(r))
			return false;
	return true;
}

/* The scalar's text; NULL for YAML's null. */
static const char *
scalar(const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;

	if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    (*text == 0 || strcmp(text, "~") == 0 || strcmp(text, "null") == 0))
		return NULL;
	return text;
}

static bool
is_null(const yaml_event_t *event)
{
	return event->type == YAML_SCALAR_EVENT && scalar(event) == NULL;
}

/* A zero byte inside would cut the text silently. */
static bool
is_whole(const yaml_event_t *event)
{
	return strlen((const char *)event->data.scalar.value) ==
	       event->data.scalar.length;
}

static bool read_mapping(
    struct reader *r, const struct conf_opt *rows, void *target, const char *where);

static bool
read_scalar(struct reader *r, const struct conf_opt *row, void *field)
{
	bool list = row->type == CONF_TEXTS || row->type == CONF_PREFIXES;
	struct err err;
	bool ok;

	if (r->event.type != YAML_SCALAR_EVENT)
		return refuse(r, "`%s` wants %s, not a mapping or list", row->name,
		    list ? "a list of texts" : conf_type_name(row->type));
	if (!is_whole(&r->event))
		return refuse(r, "`%s`: zero byte in the text", row->name);
	ok = list ? conf_value_append(row, field, scalar(&r->event), &err)
		  : conf_value_parse(row, field, scalar(&r->event), &err);
	return ok || refuse(r, "`%s`: %s", row->name, err.text);
}

/* A list of scalars replaces the preset; a single scalar stands for a list of one. */
static bool
read_scalars(struct reader *r, const struct conf_opt *row, void *field)
{
	conf_value_free(row, field);
	if (is_null(&r->event))
		return true;
	if (r->event.type != YAML_SEQUENCE_START_EVENT)
		return read_scalar(r, row, field);
	for (;;) {
		if (!next(r))
			return false;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return true;
		if (!read_scalar(r, row, field))
			return false;
	}
}

static bool
read_list(struct reader *r, const struct conf_opt *row, struct conf_list *list)
{
	if (is_null(&r->event))
		return true;
	if (r->event.type != YAML_SEQUENCE_START_EVENT)
		return refuse(r, "`%s` wants a list of mappings", row->name);
	for (;;) {
		void *item;

		if (!next(r))
			return false;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return true;
		list->items = xrealloc(list->items, (list->count + 1) * row->size);
		item = (char *)list->items + list->count * row->size;
		memset(item, 0, row->size);
		preset_rows(row->rows, item);
		list->count++;
		if (!read_mapping(r, row->rows, item, row->name))
			return false;
	}
}

static bool
read_value(struct reader *r, const struct conf_opt *row, void *target)
{
	void *field = conf_field(row, target);

	switch (row->type) {
	case CONF_SECTION:
		return is_null(&r->event) || read_mapping(r, row->rows, field, row->name);
	case CONF_LIST:
		return read_list(r, row, field);
	case CONF_PREFIXES:
	case CONF_TEXTS:
		return read_scalars(r, row, field);
	case CONF_INT:
	case CONF_REAL:
	case CONF_FLAG:
	case CONF_TEXT:
	case CONF_DURATION:
	case CONF_TIME:
	case CONF_CHOICE:
	case CONF_ADDR:
		return read_scalar(r, row, field);
	case CONF_END:
		break;
	}
	assert(false && "no such row");
	return false;
}

static bool
unknown(struct reader *r, const struct conf_opt *rows, const char *where)
{
	const char *key = (const char *)r->event.data.scalar.value;
	struct near near = near_init(key);

	for (const struct conf_opt *row = rows; row->type != CONF_END; row++)
		near_try(&near, row->name);
	if (near.best == NULL)
		return refuse(
		    r, "unknown key `%.40s`%s%s", key, *where ? " in " : "", where);
	return refuse(r, "unknown key `%.40s`%s%s; the nearest known key is `%s`", key,
	    *where ? " in " : "", where, near.best);
}

/* The row that the present event names. */
static bool
find_row(struct reader *r, const struct conf_opt *rows, const char *where, size_t *index)
{
	if (r->event.type != YAML_SCALAR_EVENT)
		return refuse(r, "a key must be a text");
	for (size_t i = 0; rows[i].type != CONF_END; i++)
		if (strcmp(rows[i].name, (const char *)r->event.data.scalar.value) == 0 &&
		    is_whole(&r->event)) {
			*index = i;
			return true;
		}
	return unknown(r, rows, where);
}

static bool
has_required(
    struct reader *r, const struct conf_opt *rows, uint64_t seen, const char *where)
{
	for (size_t i = 0; rows[i].type != CONF_END; i++)
		if (rows[i].required && !(seen >> i & 1))
			return refuse(r, "`%s` is missing%s%s", rows[i].name,
			    *where ? " in " : "", where);
	return true;
}

static bool
read_mapping(
    struct reader *r, const struct conf_opt *rows, void *target, const char *where)
{
	uint64_t seen = 0;
	size_t i = 0;

	if (r->event.type != YAML_MAPPING_START_EVENT)
		return refuse(r, "%s%swants a mapping, `key: value`",
		    *where ? where : "the file", " ");
	for (;;) {
		if (!next(r))
			return false;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return has_required(r, rows, seen, where);
		if (!find_row(r, rows, where, &i))
			return false;
		assert(i < ROWS);
		if (seen >> i & 1)
			return refuse(r, "`%s` is given twice", rows[i].name);
		seen |= UINT64_C(1) << i;
		if (!next(r) || !read_value(r, &rows[i], target))
			return false;
	}
}

/* An empty file is a configuration of defaults. */
static bool
read_document(struct reader *r, const struct conf_opt *rows, void *target)
{
	if (!skip(r, 2))
		return false;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return has_required(r, rows, 0, "");
	if (!next(r))
		return false;
	if (is_null(&r->event)) {
		if (!has_required(r, rows, 0, ""))
			return false;
	} else if (!read_mapping(r, rows, target, "")) {
		return false;
	}
	if (!skip(r, 2))
		return false;
	return r->event.type == YAML_STREAM_END_EVENT ||
	       refuse(r, "a second document in one file");
}

bool
conf_parse(const struct conf_opt *rows, void *target, const char *name, const char *text,
    size_t size, struct err *err)
{
	struct reader r = {.name = name, .err = err};
	bool ok;

	conf_preset(rows, target);
	if (!yaml_parser_initialize(&r.parser))
		fatal("libyaml: no memory");
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, size);
	ok = read_document(&r, rows, target);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	if (!ok)
		conf_free(rows, target);
	return ok;
}

bool
conf_read(const struct conf_opt *rows, void *target, const char *path, struct err *err)
{
	struct wr text;
	bool ok;

	wr_init(&text, FILE_LIMIT);
	ok = file_read(path, &text, err) &&
	     conf_parse(rows, target, path, wr_string(&text), text.size, err);
	wr_fini(&text);
	return ok;
}
