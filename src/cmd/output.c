/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.c -- see output.h. For people the objects are read back from the JSON that
 * machines would get, so the two never differ; a table is kept until its widths are
 * known.
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

static void
cell_text(const json_t *value, struct wr *w)
{
	char *text;

	if (value == NULL || json_is_null(value))
		return;
	if (json_is_string(value)) {
		plain_text(json_string_value(value), w);
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

/* Nested objects are told by their path. */
static void
print_record(const json_t *object, const char *path)
{
	const char *key;
	json_t *value;
	struct wr cell;
	char full[4 * KEY];

	wr_init(&cell, LINE);
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		(void)snprintf(full, sizeof full, "%s%s%s", path, *path ? "." : "", key);
		if (json_is_object(value)) {
			print_record(value, full);
			continue;
		}
		wr_reset(&cell);
		cell_text(value, &cell);
		(void)printf("%-24s %s\n", full, wr_string(&cell));
	}
	wr_fini(&cell);
}

void
output_json(struct output *out, const json_t *object)
{
	char *text;

	if (!out->human) {
		text = json_dumps(object, JSON_COMPACT | JSON_ENCODE_ANY);
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
