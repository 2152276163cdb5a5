/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c -- see registry.h. Checks the shape only: a row needs a line number and no
 * control bytes; what the columns mean is the engine's concern. An unknown
 * column is refused with the header, since its data would silently be lost.
 */
#include "line/registry.h"

#include "base/csv.h"

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
	int columns[REGISTRY_COLUMNS];
	size_t line, *refused;
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
		return err_set(err, "registry: no header (column \"line\" is missing)");
	if (known == r->csv.count)
		return true;
	for (size_t i = 0; i < r->csv.count; i++) {
		bool found = false;

		for (size_t c = 0; c < REGISTRY_COLUMNS; c++)
			found = found || r->columns[c] == (int)i;
		if (!found)
			return err_set(err,
			    "registry: column \"%.40s\" is unknown or twice there",
			    r->csv.fields[i]);
	}
	return true;
}

/* A quote that is not closed, no line number, a control byte. */
static bool
flawed(const struct registry *r, const char *const *columns)
{
	if (r->csv.broken)
		return true;
	if (columns[REGISTRY_LINE][0] == 0)
		return true;
	for (size_t i = 0; i < REGISTRY_COLUMNS; i++)
		for (const char *at = columns[i]; *at != 0; at++)
			if ((unsigned char)*at < ' ' && *at != '\n')
				return true;
	return false;
}

static bool
take_row(struct registry *r, registry_row *row, void *ctx, struct err *err)
{
	const char *columns[REGISTRY_COLUMNS];

	for (size_t i = 0; i < REGISTRY_COLUMNS; i++) {
		int at = r->columns[i];

		columns[i] =
		    at < 0 || (size_t)at >= r->csv.count ? "" : r->csv.fields[at];
	}
	if (!flawed(r, columns))
		return row(ctx, r->line, columns, err);
	++*r->refused;
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
registry_read(const char *text, size_t size, registry_row *row, void *ctx,
    size_t *refused, struct err *err)
{
	struct registry r = {.line = 1, .refused = refused};
	bool good;

	*refused = 0;
	csv_init(&r.csv, ',');
	good = read_rows(&r, text, size, row, ctx, err);
	csv_fini(&r.csv);
	return good;
}
