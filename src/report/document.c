/* SPDX-License-Identifier: Apache-2.0 */
/* document.c -- see document.h. */
#include "report/document.h"

#include "base/utf8.h"
#include "report/field.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA = 8 << 20, PIECE = 64 << 10 };

/* ---- whole documents */

static size_t
collect(void *ctx, const char *text, size_t size, bool last, struct err *err)
{
	struct wr *whole = ctx;

	(void)last;
	wr_put(whole, text, size);
	if (!whole->bad)
		return size;
	(void)err_set(err, "the document is larger than %d MiB", DOCUMENT_MOST >> 20);
	return INPUT_STOP;
}

static const char *piece_text(struct document *doc, const json_t *piece);

static bool
read_member(
    struct document *doc, struct input *input, document_read *read, struct err *err)
{
	struct wr whole;
	bool good;

	doc->begun = doc->row;
	doc->steps = 0;
	doc->full = false;
	wr_init(&whole, DOCUMENT_MOST);
	good = input_windows(input, collect, &whole, err);
	if (good)
		good = read(doc, (const char *)whole.bytes, whole.size, err);
	(void)piece_text(doc, NULL); /* its object is gone */
	wr_fini(&whole);
	return good;
}

bool
document_each(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, document_read *read, struct err *err)
{
	struct document *doc = xcalloc(1, sizeof *doc);
	struct input *input = report_open(in, err);
	const char *member;
	int more = input == NULL ? -1 : 1;

	doc->in = in;
	doc->sink = sink;
	doc->stat = stat;
	doc->arena = arena_new(ARENA);
	while (more > 0 && (more = input_next(input, &member, err)) > 0) {
		doc->name = *member != 0 ? member : in->name;
		if (read_member(doc, input, read, err))
			continue;
		document_refuse(doc, NULL, err->text, SEVERITY_UNDETERMINED);
		if (input_failed(input))
			more = -1;
	}
	input_free(input);
	arena_free(doc->arena);
	free(doc);
	return more == 0;
}

/* ---- items */

struct item *
document_item(struct document *doc, const char *identifier)
{
	arena_reset(doc->arena);
	item_begin(&doc->item);
	doc->item.row = doc->row + 1;
	utf8_copy(doc->item.identifier, sizeof doc->item.identifier, identifier);
	utf8_copy(doc->item.upstream, sizeof doc->item.upstream,
	    doc->in->reporter != NULL ? doc->in->reporter : doc->stat->format);
	return &doc->item;
}

/* As text, for the reader of what was refused; NULL where it is too long to keep. Many
 * items in a row may come from one object. */
static const char *
piece_text(struct document *doc, const json_t *piece)
{
	if (piece == doc->piece && piece != NULL)
		return doc->piece_text;
	free(doc->piece_text);
	doc->piece = piece;
	doc->piece_text = piece != NULL ? json_dumps(piece, JSON_COMPACT) : NULL;
	if (doc->piece_text != NULL && strlen(doc->piece_text) > PIECE) {
		free(doc->piece_text);
		doc->piece_text = NULL;
	}
	return doc->piece_text;
}

void
document_give(struct document *doc, const json_t *piece)
{
	const char *text = piece_text(doc, piece);

	item_derive(&doc->item);
	doc->item.piece = text;
	doc->item.piece_size = text != NULL ? strlen(text) : 0;
	doc->row++;
	doc->stat->rows++;
	doc->stat->items++;
	doc->sink->item(doc->sink->ctx, &doc->item);
}

void
document_refuse(
    struct document *doc, const json_t *piece, const char *reason, uint8_t severity)
{
	const char *text = piece_text(doc, piece);

	doc->row++;
	doc->stat->rows++;
	report_refuse(doc->sink, doc->stat,
	    &(struct refusal){.row = doc->row,
		.reason = reason,
		.piece = text,
		.size = text != NULL ? strlen(text) : 0,
		.severity = severity});
}

bool
document_full(struct document *doc)
{
	if (!doc->full && doc->row - doc->begun < DOCUMENT_ITEMS &&
	    ++doc->steps < DOCUMENT_STEPS)
		return false;
	if (!doc->full) {
		doc->full = true;
		document_refuse(doc, NULL, "the document says too much for its size",
		    SEVERITY_MEDIUM);
	}
	return true;
}

void
document_tlp(struct document *doc, enum tlp tlp)
{
	if (tlp == TLP_UNTOLD)
		return;
	(void)strcpy(doc->item.tlp, tlp_words[tlp]);
	item_text(&doc->item, "tlp", tlp_labels[tlp] + strlen("TLP:"));
}

/* ---- places */

static bool
put_address(const struct field_place *at, const char *side, const char *text)
{
	char *out = arena_get(at->arena, PREFIX_TEXT);
	struct prefix prefix;

	if (!prefix_parse(text, &prefix))
		return false;
	if (prefix.length == 128)
		return field_addr(at, side, text);
	item_text(at->item, *side == 's' ? "source.network" : "destination.network",
	    prefix_text(&prefix, out));
	return true;
}

static bool
put_name(const struct field_place *at, const char *side, const char *text)
{
	size_t size = strlen(text);

	if (size == 0 || text[size - 1] != '.')
		return field_name(at, side, text);
	return field_name(at, side, arena_strdup(at->arena, text, size - 1));
}

bool
document_place(struct document *doc, const char *side, const struct place *place)
{
	const struct field_place at = {&doc->item, doc->arena};
	bool put = false;

	if (place->address != NULL)
		put |= put_address(&at, side, place->address);
	if (place->name != NULL)
		put |= put_name(&at, side, place->name);
	if (place->url != NULL)
		put |= field_url(&at, side, place->url);
	if (put && place->port != 0)
		(void)field_port(&at, side, place->port);
	if (put && place->transport != NULL)
		field_protocol(&at, place->transport);
	return put;
}

/* ---- small things */

const char *
member_text(const json_t *object, const char *name)
{
	const json_t *text = json_object_get(object, name);

	return json_is_string(text) && json_string_length(text) <= MEMBER_MOST
		   ? json_string_value(text)
		   : "";
}

bool
tag_class(const char *tag, char *out)
{
	const char *value = strncasecmp(tag, "rsit:", 5) == 0 ? strchr(tag, '=') : NULL;
	size_t size;

	if (value == NULL)
		return false;
	value += 1 + (value[1] == '"');
	size = strcspn(value, "\"");
	if (size == 0 || size >= SIGHTING_NAME)
		return false;
	memcpy(out, value, size);
	out[size] = 0;
	return true;
}

bool
prose_says_c2(const char *text)
{
	static const char *const words[] = {"c2", "c&c", "cnc", "command and control",
	    "command-and-control", "command & control", "botnet controller",
	    "irc server"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t size = strlen(words[i]);

		for (const char *at = text; (at = strcasestr(at, words[i])) != NULL; at++)
			if ((at == text || !isalnum((unsigned char)at[-1])) &&
			    !isalnum((unsigned char)at[size]))
				return true;
	}
	return false;
}
