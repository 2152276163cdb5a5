/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shadowserver.c -- the CSV reports of the Shadowserver Foundation: one reader for all.
 *
 * The report's type comes from the file's name, what its columns mean from the table of
 * facts by the header's names; their order is free, for the vendor inserts columns at
 * will. A column that the table does not know is kept as extra.COLUMN. Ragged rows are
 * padded or cut, and counted; a row without a time is refused. Rows stream: memory is
 * bounded by one row, the archive's bytes by a limit.
 *
 * Whose address a row speaks of is the table's business: a referer's is a web site's, not
 * a bot's. Not handled: delta mode (it shows in numbers only, not in the rows).
 */
#include "base/csv.h"
#include "base/input.h"
#include "base/utf8.h"
#include "report/plan.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA = 64 << 20 };
_Static_assert((int)CSV_RECORD <= (int)INPUT_PIECE, "a window holds a record");

struct reader {
	const struct fact_report *report;
	bool typed; /* the name tells a type that the table has */
	char type[SIGHTING_NAME];
	struct csv csv;
	struct plan *plan; /* of the header; NULL: none yet */
	size_t column_count;
	struct arena *scratch;
	uint64_t line;
	const struct report_sink *sink;
	struct report_stat *stat;
	const char *record; /* the row's bytes */
	size_t record_size;
	struct item out;
};

static bool
take_header(struct reader *r, struct err *err)
{
	plan_free(r->plan);
	r->plan = plan_new(r->report, r->csv.fields, r->csv.count);
	r->column_count = r->csv.count;
	if (r->csv.broken || !plan_fills(r->plan, "time.source"))
		return err_set(err, "no Shadowserver report: no column \"timestamp\"");
	r->stat->untyped += !r->typed;
	r->stat->unknown += plan_unknown(r->plan);
	r->stat->missing += plan_missing(r->plan);
	return true;
}

/* What the table says of the type. */
static void
derive(struct reader *r)
{
	struct item *item = &r->out;

	item->role = r->report->role;
	item->kind = r->report->kind;
	item->gold = r->report->gold;
	item->severity = r->report->severity;
	(void)strcpy(item->identifier, r->type);
	(void)strcpy(item->upstream, "shadowserver");
	item_derive(item);
}

static void
refuse_row(struct reader *r, const char *why)
{
	report_refuse(r->sink, r->stat,
	    &(struct refusal){.row = r->line,
		.reason = why,
		.piece = r->record,
		.size = r->record_size,
		.severity = r->report->severity});
}

/* A row shorter than the header is padded, a longer one cut. */
static void
fit_row(struct reader *r)
{
	if (r->csv.count != r->column_count || r->csv.repaired)
		r->stat->repaired++;
	for (size_t i = r->csv.count; i < r->column_count; i++)
		r->csv.fields[i] = "";
}

static void
take_row(struct reader *r)
{
	r->stat->rows++;
	if (r->csv.broken) {
		refuse_row(r, "a quote that is not closed, or more than 1 MiB");
		return;
	}
	fit_row(r);
	arena_reset(r->scratch);
	item_begin(&r->out);
	r->out.row = r->line;
	r->out.piece = r->record;
	r->out.piece_size = r->record_size;
	plan_row(r->plan, r->csv.fields, r->scratch, &r->out);
	r->out.digest = plan_digest(r->plan, r->csv.fields);
	derive(r);
	if (!r->out.has_time) {
		refuse_row(r, "its time is missing or not understood");
		return;
	}
	r->stat->items++;
	r->sink->item(r->sink->ctx, &r->out);
}

/* The record that csv holds; false ends the reading. */
static bool
take_record(struct reader *r, struct err *err)
{
	if (r->csv.count == 0 && !r->csv.broken)
		return true; /* a blank line */
	if (r->plan == NULL)
		return take_header(r, err);
	take_row(r);
	return true;
}

/* Records from the window; how many bytes of it were used. */
static size_t
take_records(void *ctx, const char *text, size_t size, bool last, struct err *err)
{
	struct reader *r = ctx;
	size_t at = r->line == 0 ? csv_mark(text, size) : 0, used;

	while ((used = csv_next(&r->csv, text + at, size - at, last)) > 0) {
		r->line += r->line == 0;
		r->record = text + at;
		r->record_size = used;
		at += used;
		if (!take_record(r, err))
			return INPUT_STOP;
		r->line += r->csv.lines;
	}
	return at;
}

/* An archive's member names its type, or the archive does. */
static void
choose_report(struct reader *r, const char *outer, const char *member)
{
	r->report = facts_of_file(member);
	if (r->report == NULL)
		r->report = facts_of_file(outer);
	r->typed = r->report != NULL;
	if (r->report == NULL)
		r->report = facts_generic();
	utf8_copy(r->type, sizeof r->type, r->report->name);
	plan_free(r->plan);
	r->plan = NULL;
	r->line = 0;
}

static bool
read_all(struct reader *r, const struct report_input *in, struct err *err)
{
	struct input *input = report_open(in, err);
	const char *member;
	int more = input == NULL ? -1 : 1;

	while (more > 0) {
		more = input_next(input, &member, err);
		if (more <= 0)
			break;
		choose_report(r, in->name, member);
		if (!input_windows(input, take_records, r, err))
			more = -1;
	}
	input_free(input);
	return more == 0;
}

static bool
shadowserver_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	struct reader *r = xcalloc(1, sizeof *r);
	bool good;

	r->sink = sink;
	r->stat = stat;
	r->scratch = arena_new(ARENA);
	csv_init(&r->csv, ',');
	good = read_all(r, in, err);
	csv_fini(&r->csv);
	plan_free(r->plan);
	arena_free(r->scratch);
	free(r);
	return good;
}

static int
shadowserver_recognise(const char *name, const uint8_t *head, size_t size)
{
	static const char *const heads[] = {"\"timestamp\",", "timestamp,"};
	size_t mark = csv_mark((const char *)head, size);

	if (facts_of_file(name) != NULL)
		return 90;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		if (size - mark >= strlen(heads[i]) &&
		    memcmp(head + mark, heads[i], strlen(heads[i])) == 0)
			return 40;
	return 0;
}

const struct format format_shadowserver = {
    .name = "shadowserver",
    .summary = "CSV reports of the Shadowserver Foundation, plain or compressed",
    .recognise = shadowserver_recognise,
    .read = shadowserver_read,
};
