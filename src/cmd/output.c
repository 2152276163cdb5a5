/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.c -- see output.h. For people the objects are read back from the JSON that
 * machines would get, so the two never differ; a table is kept until its widths are
 * known. Times lose their fraction of a second there, and only there.
 */
#include "cmd/output.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64 << 20, CELL = 4096, KEY = 64 };

static void
keep(struct output *out, const char *text)
{
	out->cells = xrealloc(out->cells, (out->cell_count + 1) * sizeof *out->cells);
	out->cells[out->cell_count++] = xstrdup(text);
}

void
output_begin(struct output *out, const struct command_call *call,
    const struct output_column *columns)
{
	*out = (struct output){.human = call->human, .columns = columns};
	wr_init(&out->line, LINE);
	if (columns == NULL || !out->human)
		return;
	for (; columns[out->column_count].key != NULL; out->column_count++)
		keep(out, columns[out->column_count].title);
}

struct jw *
output_object(struct output *out)
{
	wr_reset(&out->line);
	jw_begin(&out->jw, &out->line);
	jw_object(&out->jw, NULL);
	return &out->jw;
}

static void cell_text(const json_t *value, struct wr *w);

static void
join(const json_t *array, struct wr *w)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		wr_text(w, i > 0 ? ", " : "");
		cell_text(json_array_get(array, i), w);
	}
}

/* A terminal obeys control bytes; texts of strangers must not reach it with any. */
static void
plain_text(const char *text, struct wr *w)
{
	size_t size = strlen(text);
	uint32_t code;

	for (size_t i = 0; i < size;) {
		size_t length = utf8_next(text + i, size - i, &code);

		if (code < ' ' || (code >= 0x7f && code < 0xa0))
			wr_u8(w, '?');
		else
			wr_put(w, text + i, length);
		i += length;
	}
}

/* Whether the text is a time as when_text writes it, with a fraction of a second. */
static bool
is_fine_time(const char *text)
{
	static const char shape[] = "0000-00-00T00:00:00.";

	for (size_t i = 0; shape[i] != 0; i++)
		if (shape[i] == '0' ? text[i] < '0' || text[i] > '9'
				    : text[i] != shape[i])
			return false;
	text += sizeof shape - 1;
	return strcmp(text + strspn(text, "0123456789"), "Z") == 0;
}

static void
people_text(const char *text, struct wr *w)
{
	if (is_fine_time(text))
		wr_printf(w, "%.19sZ", text);
	else
		plain_text(text, w);
}

static void
cell_text(const json_t *value, struct wr *w)
{
	char *text;

	if (value == NULL || json_is_null(value))
		return;
	if (json_is_boolean(value)) {
		wr_text(w, json_is_true(value) ? "yes" : "no");
	} else if (json_is_string(value)) {
		people_text(json_string_value(value), w);
	} else if (json_is_array(value)) {
		join(value, w);
	} else {
		text = json_dumps(
		    value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
		wr_text(w, text ? text : "");
		free(text);
	}
}

/* The value at "a.b", NULL if it is not there. */
static const json_t *
look_up(const json_t *object, const char *key)
{
	const json_t *found = json_object_get(object, key);
	size_t size = strcspn(key, ".");
	char first[KEY];

	if (found != NULL || key[size] == 0 || size >= sizeof first)
		return found;
	memcpy(first, key, size);
	first[size] = 0;
	return look_up(json_object_get(object, first), key + size + 1);
}

static void
keep_row(struct output *out, const json_t *object)
{
	struct wr cell;

	wr_init(&cell, CELL);
	for (size_t i = 0; i < out->column_count; i++) {
		wr_reset(&cell);
		cell_text(look_up(object, out->columns[i].key), &cell);
		keep(out, wr_string(&cell));
	}
	wr_fini(&cell);
}

static void print_record(const json_t *object, const char *path);

/* Objects are told by their path; those in a list are counted from 1. */
static void
print_value(const char *path, const json_t *value)
{
	char full[4 * KEY];
	struct wr cell;

	if (json_is_object(value)) {
		print_record(value, path);
		return;
	}
	if (json_is_object(json_array_get(value, 0))) {
		for (size_t i = 0; i < json_array_size(value); i++) {
			(void)snprintf(full, sizeof full, "%s.%zu", path, i + 1);
			print_value(full, json_array_get(value, i));
		}
		return;
	}
	wr_init(&cell, LINE);
	cell_text(value, &cell);
	(void)printf("%-28s %s\n", path, wr_string(&cell));
	wr_fini(&cell);
}

static void
print_record(const json_t *object, const char *path)
{
	const char *key;
	json_t *value;
	char full[4 * KEY];

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		(void)snprintf(full, sizeof full, "%s%s%s", path, *path ? "." : "", key);
		print_value(full, value);
	}
}

void
output_json(struct output *out, const json_t *object)
{
	char *text;

	if (!out->human) {
		text = json_text(object);
		(void)puts(text ? text : "null");
		free(text);
	} else if (out->columns != NULL) {
		keep_row(out, object);
	} else {
		print_record(object, "");
		(void)putchar('\n');
	}
}

void
output_object_end(struct output *out)
{
	json_t *object;
	struct err err;

	jw_end(&out->jw);
	if (!out->human) {
		(void)puts(wr_string(&out->line));
		return;
	}
	object = json_read((const char *)out->line.bytes, out->line.size, &err);
	if (object == NULL)
		fatal("output: %s", err.text); /* we wrote it */
	output_json(out, object);
	json_decref(object);
}

/* Characters, which on most terminals are columns; East Asian width is not handled. */
static size_t
width(const char *text)
{
	size_t size = strlen(text), count = 0;
	uint32_t code;

	for (size_t i = 0; i < size; count++)
		i += utf8_next(text + i, size - i, &code);
	return count;
}

static void
print_cell(const char *text, size_t column_width, bool right, bool last)
{
	int pad = (int)(column_width - width(text));

	if (right)
		(void)printf("%*s%s", pad, "", text);
	else if (last)
		(void)fputs(text, stdout);
	else
		(void)printf("%s%*s", text, pad, "");
	(void)fputs(last ? "\n" : "  ", stdout);
}

static void
print_table(const struct output *out)
{
	size_t n = out->column_count, *widths = xcalloc(n, sizeof *widths);

	for (size_t i = 0; i < out->cell_count; i++)
		if (width(out->cells[i]) > widths[i % n])
			widths[i % n] = width(out->cells[i]);
	for (size_t i = 0; i < out->cell_count; i++)
		print_cell(out->cells[i], widths[i % n], out->columns[i % n].right,
		    i % n == n - 1);
	free(widths);
}

void
output_end(struct output *out)
{
	if (out->column_count > 0)
		print_table(out);
	for (size_t i = 0; i < out->cell_count; i++)
		free(out->cells[i]);
	free(out->cells);
	wr_fini(&out->line);
	*out = (struct output){0};
}

void
output_table(const struct command_call *call, const json_t *rows,
    const struct output_column *columns)
{
	struct output out;

	if (json_array_size(rows) == 0)
		return;
	output_begin(&out, call, columns);
	for (size_t i = 0; i < json_array_size(rows); i++)
		output_json(&out, json_array_get(rows, i));
	output_end(&out);
	(void)putchar('\n');
}
