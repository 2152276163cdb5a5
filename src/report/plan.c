/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.c -- see plan.h.
 *
 * All names are compared when the plan is made. For a row there remain: a conversion for
 * each step with a cell that is not empty, and, for fields that several columns may fill,
 * a look whether one did. The digest is of pairs (number made from the column's name,
 * cell), by the names' order, gathered in a buffer and hashed at once.
 */
#include "report/plan.h"

#include "base/hash.h"
#include "report/convert.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1 << 16, EXTRA = sizeof "extra." - 1 };

struct step {
	const struct fact_column *fact;
	uint16_t column;
	uint16_t slot; /* of a field that others fill, too; 0: nobody else does */
	enum item_field field;
};

struct column {
	const char *kept;       /* "extra.NAME" */
	uint32_t number;        /* stands for the name in the digest */
	bool silent;            /* what its conversions refuse says nothing */
	bool known;             /* to the report's own facts or those of long ago */
	struct fact_column own; /* where no facts are known */
};

struct constant {
	enum item_field field;
	struct value value;
};

struct plan {
	const struct fact_report *report;
	struct arena *names;
	struct column *columns;
	const char **column_names; /* small letters: what convert() asks for */
	uint16_t *order;           /* of the columns by name */
	bool *kept;                /* for one row: the column's cell is in the item */
	size_t column_count, step_count, missing;
	struct step *steps;
	struct constant *constants;
	size_t constant_count;
	bool *filled; /* for one row: by the field's slot */
	size_t slot_count;
	uint8_t *bytes; /* for one row's digest */
	size_t used, room;
};

/* Names go into JSON as they are: small letters, digits, '_' and '-'; else 0. */
static char
name_letter(char letter)
{
	if (isalnum((unsigned char)letter))
		return (char)tolower((unsigned char)letter);
	return letter == '_' || letter == '-' ? letter : 0;
}

static const char *
extra_name(struct arena *arena, const char *text)
{
	char *name = arena_get(arena, EXTRA + strlen(text) + 1);
	size_t used = EXTRA;

	memcpy(name, "extra.", EXTRA);
	for (; *text != 0; text++)
		if ((name[used] = name_letter(*text)) != 0)
			used++;
	name[used] = 0;
	return name;
}

const char *
plan_name(struct arena *arena, const char *column)
{
	return extra_name(arena, column) + EXTRA;
}

/* These convert what says nothing into nothing; what others refuse is kept as it came. */
static bool
says_nothing(enum conversion conversion)
{
	return conversion == CONVERT_NONE || conversion == CONVERT_NONZERO ||
	       conversion == CONVERT_CVE;
}

static void
add_step(struct plan *plan, size_t column, const struct fact_column *fact)
{
	plan->steps = xrealloc(plan->steps, (plan->step_count + 1) * sizeof *plan->steps);
	plan->steps[plan->step_count++] = (struct step){
	    .fact = fact, .column = (uint16_t)column, .field = item_field(fact->field)};
	plan->columns[column].silent |= says_nothing(fact->conversion);
}

/* Steps for the columns that this report knows and no nearer one did. */
static void
add_report(struct plan *plan, const struct fact_report *report, bool *taken)
{
	bool *found = xcalloc(plan->column_count + 1, sizeof *found);

	for (size_t i = 0; i < report->column_count; i++)
		for (size_t n = 0; n < plan->column_count; n++) {
			if (taken[n] ||
			    strcmp(report->columns[i].column, plan->column_names[n]) != 0)
				continue;
			add_step(plan, n, &report->columns[i]);
			found[n] = true;
		}
	for (size_t n = 0; n < plan->column_count; n++)
		taken[n] = taken[n] || found[n];
	free(found);
}

static size_t
count_missing(const struct plan *plan)
{
	const struct fact_report *r = plan->report;
	size_t missing = 0;

	for (size_t i = 0; i < r->column_count; i++) {
		bool there = false;

		for (size_t n = 0; n < plan->column_count && !there; n++)
			there = strcmp(r->columns[i].column, plan->column_names[n]) == 0;
		missing += !there;
	}
	return missing;
}

static void
add_steps(struct plan *plan)
{
	bool *taken = xcalloc(plan->column_count + 1, sizeof *taken);

	for (const struct fact_report *r = plan->report; r != NULL; r = r->others)
		add_report(plan, r, taken);
	for (size_t n = 0; n < plan->column_count; n++) {
		struct column *c = &plan->columns[n];

		c->known = taken[n];
		c->own = (struct fact_column){
		    plan->column_names[n], c->kept, CONVERT_NONE, SHAPE_ANY};
		if (!taken[n] && c->kept[EXTRA] != 0)
			add_step(plan, n, &c->own);
	}
	free(taken);
}

static bool
is_constant(const struct fact_report *report, const char *field)
{
	for (size_t i = 0; i < report->constant_count; i++)
		if (strcmp(report->constants[i].field, field) == 0)
			return true;
	return false;
}

/* Constants come first: slot 1 is filled from the beginning. */
static void
find_contested(struct plan *plan)
{
	plan->slot_count = 2;
	for (size_t i = 0; i < plan->step_count; i++) {
		struct step *s = &plan->steps[i];

		s->slot = is_constant(plan->report, s->fact->field);
		for (size_t n = 0; n < i && s->slot == 0; n++) {
			struct step *rival = &plan->steps[n];

			if (strcmp(rival->fact->field, s->fact->field) != 0)
				continue;
			if (rival->slot == 0)
				rival->slot = (uint16_t)plan->slot_count++;
			s->slot = rival->slot;
		}
	}
	plan->filled = xcalloc(plan->slot_count, sizeof *plan->filled);
}

/* Of a field's constants the first counts. */
static void
take_constants(struct plan *plan)
{
	const struct fact_report *r = plan->report;

	plan->constants = xcalloc(r->constant_count + 1, sizeof *plan->constants);
	for (size_t i = 0; i < r->constant_count; i++) {
		const struct fact_constant *c = &r->constants[i];
		const struct value value = {
		    .name = c->field, .type = VALUE_TEXT, .text = c->value};
		size_t n = 0;

		while (n < i && strcmp(r->constants[n].field, c->field) != 0)
			n++;
		if (n == i)
			plan->constants[plan->constant_count++] =
			    (struct constant){item_field(c->field), value};
	}
}

static int
by_name(const void *a, const void *b, void *ctx)
{
	const struct plan *plan = ctx;
	uint16_t x = *(const uint16_t *)a, y = *(const uint16_t *)b;
	int order = strcmp(plan->column_names[x], plan->column_names[y]);

	return order != 0 ? order : x - y;
}

static void
take_columns(struct plan *plan, const char *const *columns)
{
	for (size_t i = 0; i < plan->column_count; i++) {
		struct column *c = &plan->columns[i];

		c->kept = extra_name(plan->names, columns[i]);
		plan->column_names[i] = c->kept + EXTRA;
		c->number =
		    (uint32_t)hash_bytes(c->kept + EXTRA, strlen(c->kept + EXTRA), 0);
		plan->order[i] = (uint16_t)i;
	}
	if (plan->column_count > 0)
		qsort_r(
		    plan->order, plan->column_count, sizeof *plan->order, by_name, plan);
}

struct plan *
plan_new(const struct fact_report *report, const char *const *columns, size_t count)
{
	struct plan *plan = xcalloc(1, sizeof *plan);

	plan->report = report;
	plan->column_count = count;
	plan->names = arena_new(SIZE_MAX);
	plan->columns = xcalloc(count + 1, sizeof *plan->columns);
	plan->column_names = xcalloc(count + 1, sizeof *plan->column_names);
	plan->order = xcalloc(count + 1, sizeof *plan->order);
	plan->kept = xcalloc(count + 1, sizeof *plan->kept);
	plan->room = ROOM;
	plan->bytes = xmalloc(plan->room);
	take_columns(plan, columns);
	add_steps(plan);
	find_contested(plan);
	take_constants(plan);
	plan->missing = count_missing(plan);
	return plan;
}

void
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	arena_free(plan->names);
	free(plan->columns);
	free(plan->column_names);
	free(plan->order);
	free(plan->kept);
	free(plan->steps);
	free(plan->constants);
	free(plan->bytes);
	free(plan->filled);
	free(plan);
}

size_t
plan_unknown(const struct plan *plan)
{
	size_t unknown = 0;

	for (size_t i = 0; i < plan->column_count; i++)
		unknown += !plan->columns[i].known;
	return unknown;
}

size_t
plan_missing(const struct plan *plan)
{
	return plan->missing;
}

bool
plan_fills(const struct plan *plan, const char *field)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (strcmp(plan->steps[i].fact->field, field) == 0)
			return true;
	return false;
}

/* ---- rows */

static void
take_step(struct plan *plan, const struct step *s, const struct row *row,
    struct arena *arena, struct item *item)
{
	struct value value = {.name = s->fact->field};

	if (!convert(s->fact, row->cells[s->column], row, arena, &value))
		return;
	plan->kept[s->column] = true;
	if (s->slot == 0 || !plan->filled[s->slot])
		item_append(item, s->field, &value);
	plan->filled[s->slot] = true;
}

void
plan_row(
    struct plan *plan, const char *const *cells, struct arena *arena, struct item *item)
{
	const struct row row = {plan->column_names, cells, plan->column_count};

	memset(plan->kept, 0, plan->column_count * sizeof *plan->kept);
	memset(plan->filled, 0, plan->slot_count * sizeof *plan->filled);
	plan->filled[1] = true;
	for (size_t i = 0; i < plan->constant_count; i++)
		item_append(item, plan->constants[i].field, &plan->constants[i].value);
	for (size_t i = 0; i < plan->step_count; i++)
		if (*cells[plan->steps[i].column] != 0)
			take_step(plan, &plan->steps[i], &row, arena, item);
	for (size_t i = 0; i < plan->column_count; i++) {
		const struct column *c = &plan->columns[i];

		if (*cells[i] != 0 && !plan->kept[i] && !c->silent && c->kept[EXTRA] != 0)
			item_text(item, c->kept, cells[i]);
	}
}

/* The text's zero ends it: there is none within. */
static void
gather(struct plan *plan, uint32_t number, const char *text)
{
	size_t size = strlen(text) + 1, need = plan->used + sizeof number + size;

	if (need > plan->room) {
		plan->room = 2 * need;
		plan->bytes = xrealloc(plan->bytes, plan->room);
	}
	memcpy(plan->bytes + plan->used, &number, sizeof number);
	memcpy(plan->bytes + plan->used + sizeof number, text, size);
	plan->used = need;
}

struct id128
plan_digest(struct plan *plan, const char *const *cells)
{
	plan->used = 0;
	gather(plan, 0, plan->report->name);
	for (size_t i = 0; i < plan->column_count; i++) {
		const char *cell = cells[plan->order[i]];

		if (*cell != 0)
			gather(plan, plan->columns[plan->order[i]].number, cell);
	}
	return digest_bytes(plan->bytes, plan->used);
}
