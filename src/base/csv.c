/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv.c -- see csv.h. The record is unquoted into a buffer of its own, so the input may
 * be mapped, or a window that moves.
 */
#include "base/csv.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
csv_init(struct csv *csv, char separator)
{
	*csv = (struct csv){.separator = separator};
	csv->bytes = xmalloc(CSV_RECORD + CSV_FIELDS);
}

void
csv_fini(struct csv *csv)
{
	free(csv->bytes);
	*csv = (struct csv){0};
}

size_t
csv_mark(const char *text, size_t size)
{
	return size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

int
csv_column(const struct csv *csv, const char *name)
{
	for (size_t i = 0; i < csv->count; i++)
		if (strcasecmp(csv->fields[i], name) == 0)
			return (int)i;
	return -1;
}

struct walk {
	const char *at, *end;
	char *out;
	bool quoted; /* inside quotes */
};

static void
field_begin(struct csv *csv, struct walk *w)
{
	if (csv->count < CSV_FIELDS)
		csv->fields[csv->count++] = w->out;
	else
		csv->repaired = true;
}

/* One byte inside quotes. False: it was the closing quote. */
static bool
inside(struct csv *csv, struct walk *w)
{
	if (*w->at == '"' && w->at + 1 < w->end && w->at[1] == '"') {
		*w->out++ = '"';
		w->at += 2;
		return true;
	}
	if (*w->at == '"') {
		w->at++;
		return false;
	}
	if (*w->at == 0)
		csv->repaired = true;
	else
		*w->out++ = *w->at;
	csv->lines += *w->at++ == '\n';
	return true;
}

/* One field; false at the end of the input. */
static bool
field(struct csv *csv, struct walk *w)
{
	if (w->at < w->end && *w->at == '"') {
		w->at++;
		w->quoted = true;
		while (w->at < w->end && w->quoted)
			w->quoted = inside(csv, w);
	}
	while (w->at < w->end && *w->at != csv->separator && *w->at != '\n') {
		if (*w->at == 0)
			csv->repaired = true;
		else
			*w->out++ = *w->at;
		w->at++;
	}
	if (w->at == w->end || *w->at == '\n')
		while (w->out > csv->bytes && w->out[-1] == '\r')
			w->out--;
	*w->out++ = 0;
	return w->at < w->end;
}

/* The first line of a record that cannot be read as one. */
static size_t
refuse(struct csv *csv, const char *text, size_t size)
{
	const char *newline = memchr(text, '\n', size);

	csv->broken = true;
	csv->count = 0;
	csv->lines = 1;
	return newline != NULL ? (size_t)(newline - text) + 1 : size;
}

size_t
csv_next(struct csv *csv, const char *text, size_t size, bool last)
{
	size_t seen = size < CSV_RECORD ? size : CSV_RECORD;
	struct walk w = {.at = text, .end = text + seen, .out = csv->bytes};
	bool whole = size >= CSV_RECORD || last;

	csv->count = csv->lines = 0;
	csv->broken = csv->repaired = false;
	if (size == 0)
		return 0;
	do {
		field_begin(csv, &w);
		if (!field(csv, &w)) {
			if (!whole)
				return 0;
			if (w.quoted || size >= CSV_RECORD)
				return refuse(csv, text, size);
			break;
		}
	} while (*w.at++ == csv->separator);
	csv->lines += w.at > text && w.at[-1] == '\n';
	if (csv->count == 1 && csv->fields[0][0] == 0)
		csv->count = 0;
	return (size_t)(w.at - text);
}
