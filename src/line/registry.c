/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c -- see registry.h. Checks the shape only: a row needs a line number and no
 * control bytes; what the columns mean is the engine's concern. An unknown
 * column is refused with the header, since its data would silently be lost.
 */
#include "line/registry.h"

#include "base/csv.h"

#include <stdio.h>
#include <string.h>

static const char *const column_names[REGISTRY_COLUMNS] = {
    [REGISTRY_LINE] = "line",
    [REGISTRY_SUBSCRIBER] = "subscriber",
    [REGISTRY_REALM] = "realm",
    [REGISTRY_PREFIXES] = "prefixes",
    [REGISTRY_NAME] = "name",
    [REGISTRY_EMAIL] = "email",
    [REGISTRY_PHONE] = "phone",
    [REGISTRY_POSTAL] = "postal",
    [REGISTRY_LANGUAGE] = "language",
    [REGISTRY_SEGMENT] = "segment",
    [REGISTRY_PROFILE] = "profile",
    [REGISTRY_EXEMPT] = "exempt",
    [REGISTRY_OPERATOR] = "operator",
};

struct registry {
	struct csv csv;
	const char *name;
	int columns[REGISTRY_COLUMNS];
	size_t line, *refused;
	void (*complain)(const char *sentence);
};

static bool
read_header(struct registry *r, struct err *err)
{
	size_t known = 0;

	for (size_t i = 0; i < REGISTRY_COLUMNS; i++) {
		r->columns[i] = csv_column(&r->csv, column_names[i]);
		known += r->columns[i] >= 0;
	}
	if (r->csv.broken || r->columns[REGISTRY_LINE] < 0)
		return err_set(err,
		    "%s:1: no header of a line registry (column \"line\" is missing)",
		    r->name);
	if (known == r->csv.count)
		return true;
	for (size_t i = 0; i < r->csv.count; i++) {
		bool found = false;

		for (size_t c = 0; c < REGISTRY_COLUMNS; c++)
			found = found || r->columns[c] == (int)i;
		if (!found)
			return err_set(err,
			    "%s:1: column \"%.40s\" is unknown or twice there", r->name,
			    r->csv.fields[i]);
	}
	return true;
}

static const char *
flaw(const struct registry *r, const char *const *columns)
{
	if (r->csv.broken)
		return "a quote that is not closed, or too long a row";
	if (columns[REGISTRY_LINE][0] == 0)
		return "no line number";
	for (size_t i = 0; i < REGISTRY_COLUMNS; i++)
		for (const char *at = columns[i]; *at != 0; at++)
			if ((unsigned char)*at < ' ' && *at != '\n')
				return "a control byte";
	return NULL;
}

static bool
take_row(struct registry *r, registry_row *row, void *ctx, struct err *err)
{
	const char *columns[REGISTRY_COLUMNS];
	const char *why;
	char sentence[256];

	for (size_t i = 0; i < REGISTRY_COLUMNS; i++) {
		int at = r->columns[i];

		columns[i] =
		    at < 0 || (size_t)at >= r->csv.count ? "" : r->csv.fields[at];
	}
	why = flaw(r, columns);
	if (why == NULL)
		return row(ctx, r->line, columns, err);
	++*r->refused;
	if (r->complain != NULL) {
		(void)snprintf(
		    sentence, sizeof sentence, "%s:%zu: %s", r->name, r->line, why);
		r->complain(sentence);
	}
	return true;
}

static bool
read_rows(struct registry *r, const char *text, size_t size, registry_row *row, void *ctx,
    struct err *err)
{
	size_t at = csv_mark(text, size), used;

	used = csv_next(&r->csv, text + at, size - at, true);
	if (!read_header(r, err))
		return false;
	for (at += used; at < size; at += used) {
		r->line += r->csv.lines;
		used = csv_next(&r->csv, text + at, size - at, true);
		if ((r->csv.count > 0 || r->csv.broken) && !take_row(r, row, ctx, err))
			return false;
	}
	return true;
}

bool
registry_read(const char *name, const char *text, size_t size, registry_row *row,
    void *ctx, size_t *refused, void (*complain)(const char *sentence), struct err *err)
{
	struct registry r = {
	    .name = name, .line = 1, .refused = refused, .complain = complain};
	bool good;

	*refused = 0;
	csv_init(&r.csv, ',');
	good = read_rows(&r, text, size, row, ctx, err);
	csv_fini(&r.csv);
	return good;
}
