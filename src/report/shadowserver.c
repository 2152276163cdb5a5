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
#include "base/when.h"
#include "report/convert.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA = 64 << 20 };
_Static_assert((int)CSV_RECORD <= (int)INPUT_PIECE, "a window holds a record");

struct reader {
	const struct fact_report *report;
	char type[SIGHTING_NAME];
	struct csv csv;
	struct arena *header, *scratch;
	const char *columns[CSV_FIELDS];
	/* What each column means: a run of rows of the table, or of `unknown`. */
	const struct fact_column *facts[CSV_FIELDS];
	size_t fact_counts[CSV_FIELDS];
	struct fact_column unknown[CSV_FIELDS];
	size_t column_count;
	uint64_t line;
	const struct report_sink *sink;
	struct report_stat *stat;
	const char *record; /* the row's bytes */
	size_t record_size;
	struct item out;
};

/* The rows about one column stand together in a report. */
static size_t
facts_of_column(
    const struct fact_report *report, const char *column, const struct fact_column **out)
{
	for (; report != NULL; report = report->others)
		for (size_t i = 0; i < report->column_count; i++) {
			size_t n = 0;

			if (strcmp(report->columns[i].column, column) != 0)
				continue;
			*out = &report->columns[i];
			while (i + n < report->column_count &&
			       strcmp(report->columns[i + n].column, column) == 0)
				n++;
			return n;
		}
	return 0;
}

/* Names go into JSON as they are: small letters, digits, '_' and '-'; else 0. */
static char
name_letter(char letter)
{
	if (isalnum((unsigned char)letter))
		return (char)tolower((unsigned char)letter);
	return letter == '_' || letter == '-' ? letter : 0;
}

/* Returns the length. */
static size_t
put_name(char *out, const char *field)
{
	size_t used = 0;

	for (; *field != 0; field++)
		if ((out[used] = name_letter(*field)) != 0)
			used++;
	out[used] = 0;
	return used;
}

static void
take_column(struct reader *r, size_t i)
{
	char *name = arena_get(r->header, strlen(r->csv.fields[i]) + sizeof "extra.");
	size_t used = put_name(strcpy(name, "extra.") + 6, r->csv.fields[i]);

	r->columns[i] = name + 6;
	r->fact_counts[i] = facts_of_column(r->report, name + 6, &r->facts[i]);
	if (r->fact_counts[i] > 0 || used == 0)
		return;
	r->unknown[i] = (struct fact_column){name + 6, name, CONVERT_NONE};
	r->facts[i] = &r->unknown[i];
	r->fact_counts[i] = 1;
}

static bool
take_header(struct reader *r)
{
	bool timed = false;

	arena_reset(r->header);
	r->column_count = r->csv.count;
	for (size_t i = 0; i < r->csv.count; i++) {
		take_column(r, i);
		timed = timed || strcmp(r->columns[i], "timestamp") == 0;
	}
	return timed && !r->csv.broken;
}

/* These convert what says nothing into nothing; what others refuse is kept as it came. */
static bool
says_nothing(enum conversion conversion)
{
	return conversion == CONVERT_NONE || conversion == CONVERT_NONZERO ||
	       conversion == CONVERT_CVE;
}

static void
add_cell(struct reader *r, const struct row *row, size_t i)
{
	bool kept = false;

	for (size_t n = 0; n < r->fact_counts[i]; n++) {
		const struct fact_column *fact = &r->facts[i][n];
		struct value value = {0};
		bool good = convert(fact, row->cells[i], row, r->scratch, &value);

		if (good)
			item_put(&r->out, fact->field, &value);
		kept = kept || good || says_nothing(fact->conversion);
	}
	if (!kept && r->fact_counts[i] > 0)
		item_put(&r->out, r->columns[i] - strlen("extra."),
		    &(struct value){.type = VALUE_TEXT, .text = row->cells[i]});
}

static void
add_cells(struct reader *r, const struct row *row)
{
	for (size_t i = 0; i < r->column_count; i++)
		if (*row->cells[i] != 0)
			add_cell(r, row, i);
	for (size_t i = 0; i < r->report->constant_count; i++) {
		const struct fact_constant *c = &r->report->constants[i];
		struct value value = {.type = VALUE_TEXT, .text = c->value};

		item_put(&r->out, c->field, &value);
	}
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
	utf8_copy(item->identifier, sizeof item->identifier, r->type);
	utf8_copy(item->upstream, sizeof item->upstream, "shadowserver");
	item_derive(item);
}

/* Of what the row says, whatever the order of its columns. */
static struct id128
row_digest(const struct reader *r, const struct row *row)
{
	struct digest d;

	digest_init(&d);
	digest_text(&d, r->type);
	for (size_t i = 0; i < row->count; i++)
		if (*row->cells[i] != 0) {
			digest_text(&d, row->columns[i]);
			digest_text(&d, row->cells[i]);
		}
	return digest_id(&d);
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

static void
take_row(struct reader *r)
{
	const char *cells[CSV_FIELDS];
	struct row row = {r->columns, cells, r->column_count};

	r->stat->rows++;
	if (r->csv.broken) {
		refuse_row(r, "a quote that is not closed, or more than 1 MiB");
		return;
	}
	if (r->csv.count != r->column_count || r->csv.repaired)
		r->stat->repaired++;
	for (size_t i = 0; i < r->column_count; i++)
		cells[i] = i < r->csv.count ? r->csv.fields[i] : "";
	arena_reset(r->scratch);
	item_begin(&r->out);
	r->out.row = r->line;
	r->out.piece = r->record;
	r->out.piece_size = r->record_size;
	add_cells(r, &row);
	r->out.digest = row_digest(r, &row);
	derive(r);
	if (!r->out.has_time) {
		refuse_row(r, "its time is missing or not understood");
		return;
	}
	r->stat->items++;
	r->sink->item(r->sink->ctx, &r->out);
}

/* Records from the window; how many bytes of it were used. */
static size_t
take_records(void *ctx, const char *text, size_t size, bool last, struct err *err)
{
	struct reader *r = ctx;
	size_t at = r->line == 0 ? csv_mark(text, size) : 0, used;

	while ((used = csv_next(&r->csv, text + at, size - at, last)) > 0) {
		bool first = r->column_count == 0;

		r->line += first && r->line == 0;
		r->record = text + at;
		r->record_size = used;
		at += used;
		if (r->csv.count == 0 && !r->csv.broken) {
			r->line += r->csv.lines;
			continue;
		}
		if (first && !take_header(r)) {
			(void)err_set(
			    err, "no Shadowserver report: no column \"timestamp\"");
			return INPUT_STOP;
		}
		if (!first)
			take_row(r);
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
	if (r->report == NULL)
		r->report = facts_generic();
	utf8_copy(r->type, sizeof r->type, r->report->name);
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
		r->line = r->column_count = 0;
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
	r->header = arena_new(ARENA);
	r->scratch = arena_new(ARENA);
	csv_init(&r->csv, ',');
	good = read_all(r, in, err);
	csv_fini(&r->csv);
	arena_free(r->header);
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
