/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list.c -- lists of addresses that CERTs and feeds send: one reader, driven by the
 * shapes of headers in share/lists.facts.
 *
 * A list may begin with remarks ('#' or ';'); its header may be one of them. The first
 * line that has all columns of a shape decides. Lists without header are known by a
 * phrase in the remarks. A header that fits no shape, but names an address and a time by
 * one of the usual names, is read as well: with malware as infections, else as mere
 * addresses.
 *
 * Where the class is a column's, whose address it is follows from the class (classes.c).
 * Not handled: tables drawn with lines, spreadsheets.
 */
#include "base/csv.h"
#include "base/utf8.h"
#include "report/field.h"
#include "report/plan.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA = 64 << 20, PREAMBLE = 256 };

static const char separators[] = ",;|\t";

struct list {
	const struct fact_report *report;
	const struct fact_report *headless; /* the remarks speak of it */
	struct plan *plan;                  /* NULL: no header yet */
	size_t column_count;
	struct csv csv;
	struct arena *scratch;
	const struct report_input *in;
	const struct report_sink *sink;
	struct report_stat *stat;
	uint64_t line;
	const char *record;
	size_t record_size;
	struct item item;
};

/* ---- which list */

static bool
in_header(const struct list *l, const char *column, size_t size)
{
	for (size_t i = 0; i < l->csv.count; i++) {
		const char *name = plan_name(l->scratch, l->csv.fields[i]);

		if (strlen(name) == size && memcmp(name, column, size) == 0)
			return true;
	}
	return false;
}

/* Has the header all columns of the shape? */
static bool
fits(const struct list *l, const struct fact_report *r)
{
	const char *at = r->head;

	if (r->head == NULL || r->phrase != NULL || r->separator != l->csv.separator)
		return false;
	for (;;) {
		size_t size = strcspn(at, ",");

		if (!in_header(l, at, size))
			return false;
		if (at[size] == 0)
			return true;
		at += size + 1;
	}
}

/* A list of no known shape. */
static const struct fact_report *
any_list(const struct list *l)
{
	const struct facts *facts = facts_lists();
	struct plan *plan =
	    plan_new(facts_find(facts, "infections"), l->csv.fields, l->csv.count);
	const char *name = NULL;

	if (plan_fills(plan, "source.ip") && plan_fills(plan, "time.source"))
		name = plan_fills(plan, "malware.name") ? "infections" : "addresses";
	plan_free(plan);
	return name != NULL ? facts_find(facts, name) : NULL;
}

static bool
split(struct list *l, const char *line, size_t size, char separator)
{
	l->csv.separator = separator;
	arena_reset(l->scratch);
	return csv_next(&l->csv, line, size, true) > 0 && l->csv.count > 1;
}

/* The list whose header the line is; then csv holds its columns. */
static const struct fact_report *
list_of_header(struct list *l, const char *line, size_t size)
{
	const struct facts *facts = facts_lists();
	const struct fact_report *any = NULL;

	for (const char *s = separators; *s != 0; s++) {
		if (!split(l, line, size, *s))
			continue;
		for (size_t i = 0; i < facts->report_count; i++)
			if (fits(l, &facts->reports[i]))
				return &facts->reports[i];
		any = any_list(l);
		if (any != NULL)
			return any;
	}
	return NULL;
}

static const struct fact_report *
list_of_remark(const char *line, size_t size)
{
	const struct facts *facts = facts_lists();

	for (size_t i = 0; i < facts->report_count; i++) {
		const struct fact_report *r = &facts->reports[i];

		if (r->phrase != NULL &&
		    memmem(line, size, r->phrase, strlen(r->phrase)) != NULL)
			return r;
	}
	return NULL;
}

static void
begin_list(struct list *l, const struct fact_report *report)
{
	const char *columns[CSV_FIELDS];
	char *head, *rest;

	l->report = report;
	l->column_count = l->csv.count;
	if (report->phrase == NULL && (l->in->map == NULL || report->head == NULL)) {
		l->plan = plan_new(report, l->csv.fields, l->csv.count);
		return;
	}
	l->csv.separator = report->separator;
	l->column_count = 0;
	head = rest = xstrdup(report->head);
	while (rest != NULL && l->column_count < CSV_FIELDS)
		columns[l->column_count++] = strsep(&rest, ",");
	l->plan = plan_new(report, columns, l->column_count);
	free(head);
}

/* ---- rows */

/* Without the blanks around it. */
static const char *
trimmed(struct list *l, const char *cell)
{
	size_t size;

	while (*cell == ' ' || *cell == '\t')
		cell++;
	size = strlen(cell);
	if (size == 0 || (cell[size - 1] != ' ' && cell[size - 1] != '\t'))
		return cell;
	while (size > 0 && (cell[size - 1] == ' ' || cell[size - 1] == '\t'))
		size--;
	return arena_strdup(l->scratch, cell, size);
}

static void
fit_row(struct list *l)
{
	l->stat->repaired += l->csv.count != l->column_count || l->csv.repaired;
	for (size_t i = 0; i < l->column_count; i++)
		l->csv.fields[i] = i < l->csv.count ? trimmed(l, l->csv.fields[i]) : "";
}

static void
refuse_row(struct list *l, const char *why)
{
	report_refuse(l->sink, l->stat,
	    &(struct refusal){.row = l->line,
		.reason = why,
		.piece = l->record,
		.size = l->record_size,
		.severity = l->report->severity});
}

static const char *
class_of_rows(const struct list *l)
{
	return l->in->map != NULL ? map_class(l->in->map) : "undetermined";
}

/* What the class means, unless the list itself speaks of one role only. */
static void
derive(struct list *l)
{
	struct item *item = &l->item;
	const char *provider = item_value_text(item, "feed.provider");

	item_classify(item, item_value(item, "classification.type") != NULL
				? item_value_text(item, "classification.type")
				: class_of_rows(l));
	if (l->report->role != ROLE_OTHER) {
		item->role = l->report->role;
		item->kind = l->report->kind;
	}
	utf8_copy(item->identifier, sizeof item->identifier, l->report->name);
	if (*provider == 0 && l->in->reporter != NULL)
		field_upstream(item, l->in->reporter);
	if (item->upstream[0] == 0)
		utf8_copy(item->upstream, sizeof item->upstream,
		    *provider != 0 ? provider : l->report->name);
	field_tlp(item, item_value_text(item, "tlp"));
	item_derive(item);
}

static void
take_row(struct list *l)
{
	l->stat->rows++;
	if (l->csv.broken) {
		refuse_row(l, "a quote that is not closed, or more than 1 MiB");
		return;
	}
	arena_reset(l->scratch);
	fit_row(l);
	item_begin(&l->item);
	l->item.row = l->line;
	l->item.piece = l->record;
	l->item.piece_size = l->record_size;
	plan_row(l->plan, l->csv.fields, l->scratch, &l->item);
	l->item.digest = plan_digest(l->plan, l->csv.fields);
	derive(l);
	if (!l->item.has_time && plan_fills(l->plan, "time.source")) {
		refuse_row(l, "its time is missing or not understood");
		return;
	}
	l->stat->items++;
	l->sink->item(l->sink->ctx, &l->item);
}

static bool
is_remark(const char *line)
{
	return *line == '#' || *line == ';';
}

/* The first line that is no remark, by the site's mapping: a column that it names and the
 * header lacks is a list of another kind. */
static int
take_mapped(struct list *l, const char *line, size_t size, struct err *err)
{
	const struct fact_report *report = map_report(l->in->map);

	if (report->head != NULL) {
		begin_list(l, report);
		return 0;
	}
	(void)split(l, line, size, report->separator);
	for (size_t i = 0; i < report->column_count; i++) {
		const char *column = report->columns[i].column;

		if (in_header(l, column, strlen(column)))
			continue;
		(void)err_set(err, "line %llu: the header has no column \"%.60s\"",
		    (unsigned long long)l->line, column);
		return -1;
	}
	begin_list(l, report); /* what it leaves out, the site did: no drift */
	return 1;
}

/* A line before the header is known. 1: it was used; 0: it is the first row; -1: no list.
 */
static int
take_line(struct list *l, const char *line, size_t size, struct err *err)
{
	const struct fact_report *found;
	size_t marks = 0;

	while (size > marks && strchr("#; \t", line[marks]) != NULL && line[marks] != 0)
		marks++;
	while (size > marks && (line[size - 1] == '\n' || line[size - 1] == '\r'))
		size--;
	if (size == marks)
		return 1;
	if (l->in->map != NULL)
		return is_remark(line) ? 1 : take_mapped(l, line, size, err);
	found = list_of_header(l, line + marks, size - marks);
	if (found != NULL) {
		begin_list(l, found);
		l->stat->unknown += plan_unknown(l->plan);
		return 1;
	}
	if (is_remark(line)) {
		found = list_of_remark(line, size);
		l->headless = l->headless != NULL ? l->headless : found;
		return 1;
	}
	if (l->headless == NULL) {
		(void)err_set(err, "line %llu is no header of a known list",
		    (unsigned long long)l->line);
		return -1;
	}
	begin_list(l, l->headless);
	return 0;
}

/* Lines up to the header; how many bytes were used, INPUT_STOP for none. */
static size_t
find_header(struct list *l, const char *text, size_t size, bool last, struct err *err)
{
	size_t at = l->line == 0 ? csv_mark(text, size) : 0;

	while (l->plan == NULL && at < size) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t length = end != NULL ? (size_t)(end - text) + 1 - at : size - at;
		int used;

		if (end == NULL && !last && length < CSV_RECORD)
			break;
		if (++l->line > PREAMBLE)
			return err_set(err, "no header in %d lines", PREAMBLE) +
			       INPUT_STOP;
		used = take_line(l, text + at, length, err);
		if (used < 0)
			return INPUT_STOP;
		at += used > 0 ? length : 0;
		l->line -= used == 0;
	}
	return at;
}

static size_t
take_records(void *ctx, const char *text, size_t size, bool last, struct err *err)
{
	struct list *l = ctx;
	size_t at = 0, used;

	if (l->plan == NULL) {
		at = find_header(l, text, size, last, err);
		if (at == INPUT_STOP || l->plan == NULL)
			return at;
		l->line++;
	}
	while ((used = csv_next(&l->csv, text + at, size - at, last)) > 0) {
		l->record = text + at;
		l->record_size = used;
		if ((l->csv.count > 0 || l->csv.broken) && !is_remark(text + at))
			take_row(l);
		at += used;
		l->line += l->csv.lines;
	}
	return at;
}

static void
list_begin(struct list *l, const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat)
{
	*l = (struct list){.in = in, .sink = sink, .stat = stat};
	l->scratch = arena_new(ARENA);
	csv_init(&l->csv, ',');
	l->csv.loose = true;
}

static void
list_end(struct list *l)
{
	plan_free(l->plan);
	csv_fini(&l->csv);
	arena_free(l->scratch);
}

static bool
read_members(struct list *l, struct err *err)
{
	struct input *input = report_open(l->in, err);
	const char *member;
	int more = input == NULL ? -1 : 1;

	while (more > 0) {
		more = input_next(input, &member, err);
		if (more <= 0)
			break;
		plan_free(l->plan);
		l->plan = NULL;
		l->headless = NULL;
		l->line = 0;
		if (!input_windows(input, take_records, l, err))
			more = -1;
	}
	input_free(input);
	return more == 0;
}

static bool
list_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	struct list *l = xmalloc(sizeof *l);
	bool good;

	list_begin(l, in, sink, stat);
	good = read_members(l, err);
	list_end(l);
	free(l);
	return good;
}

/* How sure: a shape is sure, any list with addresses and times is not. */
static int
list_recognise(const char *name, const uint8_t *head, size_t size)
{
	struct report_input in = {.name = name};
	struct report_stat stat = {0};
	struct list *l = xmalloc(sizeof *l);
	struct err err;
	int sure = 0;

	list_begin(l, &in, NULL, &stat);
	if (find_header(l, (const char *)head, size, size < 4096, &err) != INPUT_STOP &&
	    l->plan != NULL)
		sure = l->report->head != NULL ? 60 : 30;
	list_end(l);
	free(l);
	return sure;
}

const struct format format_list = {
    .name = "list",
    .summary = "lists of CERTs and feeds (CSV), by the shape of their header",
    .recognise = list_recognise,
    .read = list_read,
};
