/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xarf.c -- XARF, abuse reports as JSON (xarf.org): version 4 (xarf_v4.c) and those
 * before it (xarf_old.c). A document is one report, or an array of them.
 *
 * A document is read whole, up to DOCUMENT bytes: the schema allows 50 pieces of evidence
 * of 5 MB, nobody sends that, and evidence is for people. It stays in the raw piece and
 * is neither unpacked nor copied.
 *
 * What does not keep to the schema is refused with the reason, one report at a time: who
 * writes XARF does so by a program, and one that errs in what it must say may err in what
 * it means. One rule is not enforced: that an attack from an address must name the source
 * port. Without it a claim is still a claim; attribution says where the port is missing.
 */
#include "report/xarf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOCUMENT = 16 << 20, REPORTS = 100000, ARENA = 1 << 20 };

const char *
xarf_text(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text != NULL && *text != 0 ? text : NULL;
}

void
xarf_reporter(const struct field_place *at, const char *text)
{
	struct item named = {0};

	field_upstream(&named, text);
	item_text(at->item, "extra.reporter",
	    arena_strdup(at->arena, named.upstream, strlen(named.upstream)));
	if (at->item->upstream[0] == 0)
		(void)strcpy(at->item->upstream, named.upstream);
}

static void
fill_time(const struct field_place *at, const char *name, const char *text)
{
	char shown[WHEN_TEXT];
	struct date date;

	if (!date_parse(text, 0, &date))
		return;
	(void)when_text(date.time, shown);
	item_text(at->item, name, arena_strdup(at->arena, shown, strlen(shown)));
}

static void
fill_text(const struct field_place *at, const struct xarf_field *f, const char *text)
{
	switch (f->how) {
	case XARF_TEXT:
		item_text(at->item, f->field, text);
		break;
	case XARF_LOWER:
		item_text(at->item, f->field, field_lower(at->arena, text, strlen(text)));
		break;
	case XARF_ADDR:
		(void)field_addr(at, f->field, text);
		break;
	case XARF_HOST:
		(void)field_host(at, f->field, text);
		break;
	case XARF_URL:
		(void)field_url(at, f->field, text);
		break;
	case XARF_TIME:
		fill_time(at, f->field, text);
		break;
	case XARF_PROTOCOL:
		field_protocol(at, text);
		break;
	case XARF_INT:
	case XARF_PORT:
		break;
	}
}

void
xarf_fill(const struct field_place *at, const json_t *report,
    const struct xarf_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_object_get(report, fields[i].member);
		const char *text = json_string_value(value);

		if (text != NULL && *text != 0)
			fill_text(at, &fields[i], text);
		else if (json_is_integer(value) && fields[i].how == XARF_PORT)
			(void)field_port(at, fields[i].field, json_integer_value(value));
		else if (json_is_integer(value) && fields[i].how == XARF_INT)
			item_int(at->item, fields[i].field, json_integer_value(value));
	}
}

/* ---- the document */

struct reader {
	const struct report_sink *sink;
	struct report_stat *stat;
	const char *reporter; /* who sent it; NULL: not told */
	const struct wr *document;
	struct arena *arena;
	struct item item;
};

static void
take_report(struct reader *r, const json_t *report, uint64_t row)
{
	const struct field_place at = {&r->item, r->arena};
	struct err err;
	bool good;

	r->stat->rows++;
	arena_reset(r->arena);
	item_begin(&r->item);
	r->item.row = row;
	r->item.piece = r->document->bytes;
	r->item.piece_size = r->document->size;
	if (r->reporter != NULL)
		field_upstream(&r->item, r->reporter);
	if (json_object_get(report, "xarf_version") != NULL)
		good = xarf_read_v4(&at, report, &err);
	else
		good = xarf_read_old(&at, report, &err);
	if (!good) {
		report_refuse(r->sink, r->stat,
		    &(struct refusal){.row = row,
			.reason = err.text,
			.piece = r->document->bytes,
			.size = r->document->size,
			.severity = r->item.severity});
		return;
	}
	r->stat->items++;
	r->sink->item(r->sink->ctx, &r->item);
}

static bool
take_document(struct reader *r, struct err *err)
{
	const struct wr *d = r->document;
	size_t mark = d->size >= 3 && memcmp(d->bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	json_t *json = json_read((const char *)d->bytes + mark, d->size - mark, err);
	size_t count = json_array_size(json);

	if (json == NULL)
		return false;
	if (json_is_object(json))
		take_report(r, json, 1);
	for (size_t i = 0; i < count && i < REPORTS; i++)
		take_report(r, json_array_get(json, i), i + 1);
	json_decref(json);
	if (count > REPORTS)
		return err_set(err, "more than %d reports in one document", REPORTS);
	return true;
}

static size_t
collect(void *ctx, const char *text, size_t size, bool last, struct err *err)
{
	struct wr *document = ctx;

	(void)last;
	wr_put(document, text, size);
	if (!document->bad)
		return size;
	(void)err_set(err, "an XARF document of more than %d bytes", DOCUMENT);
	return INPUT_STOP;
}

static bool
read_member(struct reader *r, struct input *input, struct wr *document, struct err *err)
{
	wr_reset(document);
	return input_windows(input, collect, document, err) && take_document(r, err);
}

static bool
xarf_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	struct input *input = report_open(in, err);
	struct wr document;
	struct reader *r = xcalloc(1, sizeof *r);
	const char *member;
	int more = input == NULL ? -1 : 1;

	wr_init(&document, DOCUMENT);
	*r = (struct reader){.sink = sink,
	    .stat = stat,
	    .reporter = in->reporter,
	    .document = &document,
	    .arena = arena_new(ARENA)};
	while (more > 0) {
		more = input_next(input, &member, err);
		if (more > 0 && !read_member(r, input, &document, err))
			more = -1;
	}
	arena_free(r->arena);
	free(r);
	wr_fini(&document);
	input_free(input);
	return more == 0;
}

static int
xarf_recognise(const char *name, const uint8_t *head, size_t size)
{
	static const char *const members[] = {"\"xarf_version\"", "\"ReporterInfo\""};
	size_t at = size >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (at < size && strchr(" \t\r\n", head[at]) != NULL)
		at++;
	if (at == size || (head[at] != '{' && head[at] != '['))
		return 0;
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (memmem(head, size, members[i], strlen(members[i])) != NULL)
			return 80;
	return strstr(name, "xarf") != NULL ? 50 : 0;
}

const struct format format_xarf = {
    .name = "xarf",
    .summary = "XARF, abuse reports as JSON, versions 1 to 4",
    .recognise = xarf_recognise,
    .read = xarf_read,
};
