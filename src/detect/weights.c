/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weights.c -- see weights.h. The table is small and asked for at start only, so it is
 * the list that the file is, searched from its beginning.
 */
#include "detect/weights.h"

#include "base/conf.h"
#include "base/digest.h"
#include "base/embedded.h"
#include "base/file.h"
#include "base/mem.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MOST = 1 << 20 };

static const double SIMULATION_MOST = 4;

extern const struct embedded detect_embedded[];

enum weight_basis { ASSIGNED, CAPTURE, SIMULATION, SITE };

static const char *const basis_choices[] = {
    "assigned", "capture", "simulation", "site", NULL};

struct row {
	char *name;
	double weight, line_days, clean_hits;
	int basis;
};

struct weight_table {
	struct conf_list rows;
	uint32_t version;
};

#define ROW(field) .name = #field, .offset = offsetof(struct row, field)

/* clang-format off */
static const struct conf_opt row_options[] = {
	{ROW(name), .type = CONF_TEXT, .required = true, .help = "detector or report, then its bin"},
	{ROW(weight), .type = CONF_REAL, .required = true, .min = 0, .max = 14, .help = "nats"},
	{ROW(basis), .type = CONF_CHOICE, .choices = basis_choices, .required = true, .help = "what the weight rests on"},
	{ROW(line_days), .type = CONF_REAL, .min = 0, .max = 1e12, .help = "clean line-days observed"},
	{ROW(clean_hits), .type = CONF_REAL, .min = 0, .max = 1e12, .help = "clean lines among them that fell into the bin"},
	{.type = CONF_END},
};

static const struct conf_opt file_options[] = {
	{.name = "weights", .type = CONF_LIST, .offset = offsetof(struct weight_table, rows), .rows = row_options, .size = sizeof(struct row), .required = true, .help = "what evidence is worth"},
	{.type = CONF_END},
};
/* clang-format on */

static const struct row *
find(const struct weight_table *table, const char *name)
{
	const struct row *rows = table->rows.items;

	for (size_t i = 0; i < table->rows.count; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static bool
check_rows(const struct weight_table *table, const char *path, struct err *err)
{
	const struct row *rows = table->rows.items;

	for (size_t i = 0; i < table->rows.count; i++) {
		if (find(table, rows[i].name) != &rows[i])
			return err_set(
			    err, "%s: %s is there twice: keep one", path, rows[i].name);
		if (rows[i].basis != ASSIGNED && !(rows[i].line_days > 0))
			return err_set(err,
			    "%s: %s was counted, so it needs line_days above 0", path,
			    rows[i].name);
	}
	return true;
}

/* The rule of three: among N clean line-days c hits allow a rate of (c + 3) / N. */
static void
cap_rows(struct weight_table *table)
{
	struct row *rows = table->rows.items;

	for (size_t i = 0; i < table->rows.count; i++) {
		struct row *r = &rows[i];

		if (r->basis == ASSIGNED)
			continue;
		r->weight =
		    fmin(r->weight, fmax(0, log(r->line_days / (r->clean_hits + 3))));
		if (r->basis == SIMULATION)
			r->weight = fmin(r->weight, SIMULATION_MOST);
	}
}

static uint32_t
digest_of(const void *bytes, size_t size)
{
	struct digest d;
	struct id128 id;
	struct rd r;

	digest_init(&d);
	digest_field(&d, bytes, size);
	id = digest_id(&d);
	r = rd_init(id.b, sizeof id.b);
	return rd_u32(&r);
}

static struct weight_table *
parse(const char *name, const void *bytes, size_t size, struct err *err)
{
	struct weight_table *table = xcalloc(1, sizeof *table);

	if (!conf_parse(file_options, table, name, bytes, size, err)) {
		free(table);
		return NULL;
	}
	if (!check_rows(table, name, err)) {
		weights_free(table);
		return NULL;
	}
	cap_rows(table);
	table->version = digest_of(bytes, size);
	return table;
}

struct weight_table *
weights_read(const char *path, struct err *err)
{
	struct weight_table *table = NULL;
	struct wr text;

	if (path == NULL) {
		const struct embedded *e = embedded_find(detect_embedded, "weights.yaml");

		assert(e != NULL);
		return parse("weights.yaml", e->bytes, e->size, err);
	}
	wr_init(&text, FILE_MOST);
	if (file_read(path, &text, err))
		table = parse(path, text.bytes, text.size, err);
	wr_fini(&text);
	return table;
}

void
weights_free(struct weight_table *table)
{
	if (table == NULL)
		return;
	conf_free(file_options, table);
	free(table);
}

double
weights_get(const struct weight_table *table, const char *name)
{
	const struct row *row = find(table, name);

	return row != NULL ? row->weight : 0;
}

uint32_t
weights_version(const struct weight_table *table)
{
	return table->version;
}
