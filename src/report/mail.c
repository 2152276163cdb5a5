/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail.c -- abuse mail: the frame around all that comes by mail (RFC 5322, MIME).
 *
 * gmime takes a mail apart; it bounds nesting (1,024 levels) and nothing else, and an
 * object of its costs half a kilobyte for a header and more for a part. So the mail is
 * looked through first: more than MAIL_PARTS lines that separate parts of the mail, and
 * the rest is cut off and refused; more than HEADER_LINES lines that might be headers,
 * one of more than HEADER_SIZE bytes, or more than MAIL bytes, and the whole is. Messages
 * nest REPORT_DEPTH deep. With that, memory is bounded by a few times MAIL, whatever the
 * mail.
 *
 * Who reports: the domain of From. Of a message within a mail it is the outer mail's
 * sender, for anyone can wrap up a letter that he wrote himself; only where a mail comes
 * from the domain that it goes to (a colleague forwards it to the abuse desk) the inner
 * sender counts. A domain, never a person's address.
 *
 * A message within a mail is evidence where the mail itself says something by a machine's
 * words; else it is a report forwarded, and is read as one.
 *
 * Not handled: signatures (they are passed over), encrypted mail (refused), mail inside
 * of TNEF or PDF.
 */
#include "report/charset.h"
#include "report/mail_inside.h"

#include <errno.h>
#include <gmime/gmime.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
	MAIL = 32 << 20,
	HEADER_LINES = 200000,
	DASHED_LINES = 50000,
	HEADER_SIZE = 1 << 20,
	BOUNDARIES = 64,
	BOUNDARY = 80,
	ARENA = 128 << 20,
	SCRATCH = 1 << 20
};

/* ---- items */

struct field_place
mail_begin(struct mail *m, const char *identifier)
{
	struct item *item = m->item;

	arena_reset(m->scratch);
	item_begin(item);
	item->row = m->given + m->refused + 1;
	item->piece = m->bytes;
	item->piece_size = m->size;
	field_identifier(item, identifier, "");
	field_upstream(item, m->reporter);
	return (struct field_place){item, m->scratch};
}

void
mail_end(struct mail *m, const struct date *date)
{
	const struct field_place at = {m->item, m->scratch};

	if (date != NULL)
		field_time(&at, date);
	else
		item_derive(m->item);
	m->given++;
	m->stat->rows++;
	m->stat->items++;
	m->sink->item(m->sink->ctx, m->item);
}

void
mail_refuse(struct mail *m, uint64_t row, const char *reason)
{
	m->refused++;
	m->stat->rows++;
	report_refuse(m->sink, m->stat,
	    &(struct refusal){
		.row = row, .reason = reason, .piece = m->bytes, .size = m->size});
}

/* ---- bounds, before gmime sees it */

struct look {
	char boundaries[BOUNDARIES][BOUNDARY];
	size_t sizes[BOUNDARIES];
	size_t boundary_count;
	size_t parts, dashed, headers;
	size_t run, longest; /* a line like a header with what continues it */
	size_t cut;          /* where the last part that is read ends */
	size_t spare;        /* parts behind it */
};

static void
add_boundary(struct look *l, const char *at, const char *end)
{
	size_t size = 0;
	bool quoted = at < end && *at == '"';

	at += quoted;
	while (at + size < end && (quoted ? at[size] != '"' : at[size] > ' ') &&
	       at[size] != '\n' && (quoted || at[size] != ';'))
		size++;
	if (size == 0 || size >= BOUNDARY || l->boundary_count == BOUNDARIES)
		return;
	memcpy(l->boundaries[l->boundary_count], at, size);
	l->sizes[l->boundary_count++] = size;
}

static void
look_for_boundary(struct look *l, const char *line, size_t size)
{
	static const char word[] = "boundary=";
	const size_t length = sizeof word - 1;

	for (size_t i = 0; i + length < size; i++) {
		const char *b = memchr(line + i, '=', size - i);

		if (b == NULL)
			return;
		i = (size_t)(b - line);
		if (i >= length - 1 &&
		    strncasecmp(b - (length - 1), word, length - 1) == 0)
			add_boundary(l, b + 1, line + size);
	}
}

static bool
separates(const struct look *l, const char *line, size_t size)
{
	for (size_t i = 0; i < l->boundary_count; i++)
		if (size >= l->sizes[i] + 2 &&
		    memcmp(line + 2, l->boundaries[i], l->sizes[i]) == 0)
			return true;
	return false;
}

/* "Name:" */
static bool
may_be_header(const char *line, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (line[i] == ':')
			return i > 0;
		if (line[i] <= ' ' || line[i] > '~')
			return false;
	}
	return false;
}

static void
look_at_line(struct look *l, const char *line, size_t size, size_t offset)
{
	if (size > 2 && line[0] == '-' && line[1] == '-') {
		l->dashed += l->cut == 0;
		if (!separates(l, line, size))
			return;
		if (++l->parts == MAIL_PARTS + 1)
			l->cut = offset;
		l->spare += l->parts > MAIL_PARTS;
		return;
	}
	if (may_be_header(line, size)) {
		l->headers++;
		l->run = size;
	} else if (size > 0 && (*line == ' ' || *line == '\t') && l->run > 0)
		l->run += size;
	else
		l->run = 0;
	l->longest = l->run > l->longest ? l->run : l->longest;
	if (size > 10 && l->boundary_count < BOUNDARIES)
		look_for_boundary(l, line, size < 4096 ? size : 4096);
}

static bool
look_through(struct look *l, const char *text, size_t size, struct err *err)
{
	for (size_t at = 0; at < size;) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t length = end != NULL ? (size_t)(end - text) - at : size - at;

		look_at_line(l, text + at, length, at);
		at += length + 1;
	}
	if (l->headers > HEADER_LINES)
		return err_set(
		    err, "a mail with more than %d lines like headers", HEADER_LINES);
	if (l->longest > HEADER_SIZE)
		return err_set(
		    err, "a mail with a header of more than %d bytes", HEADER_SIZE);
	if (l->dashed > DASHED_LINES)
		return err_set(err,
		    "a mail with more than %d lines that might separate "
		    "parts",
		    DASHED_LINES);
	if (l->cut == 0)
		l->cut = size;
	return true;
}

/* ---- who writes */

/* "Name <a@example.org>" -> "a@example.org"; NULL: there is none. */
static const char *
bare_address(struct arena *arena, const char *header)
{
	const char *sign = header != NULL ? strrchr(header, '@') : NULL;
	const char *from = sign, *to = sign;

	if (sign == NULL)
		return NULL;
	while (from > header && strchr(" \t<\"',;:()", from[-1]) == NULL)
		from--;
	to += strcspn(sign, " \t>\"',;:()");
	if (from == sign || to == sign + 1)
		return NULL;
	return arena_strdup(arena, from, (size_t)(to - from));
}

static const char *
domain_of(struct arena *arena, const char *header)
{
	const char *address = bare_address(arena, header);

	return address != NULL ? strchr(address, '@') + 1 : "";
}

static bool
is_automatic(struct mail *m, void *message)
{
	const char *submitted = mail_header(m, message, "Auto-Submitted", 0);
	const char *precedence = mail_header(m, message, "Precedence", 0);
	const char *path = mail_header(m, message, "Return-Path", 0);

	if (submitted != NULL && strcasecmp(submitted, "no") != 0)
		return true;
	if (precedence != NULL &&
	    (strcasecmp(precedence, "bulk") == 0 || strcasecmp(precedence, "list") == 0 ||
		strcasecmp(precedence, "junk") == 0))
		return true;
	return (path != NULL && strcmp(path, "<>") == 0) ||
	       mail_header(m, message, "List-Id", 0) != NULL;
}

static void
tell_letter(struct mail *m, void *message)
{
	const char *reply = mail_header(m, message, "Reply-To", 0);
	struct report_letter letter = {
	    .message_id = g_mime_message_get_message_id(message)};

	if (m->sink->letter == NULL)
		return;
	letter.from = bare_address(m->arena, reply);
	if (letter.from == NULL)
		letter.from = bare_address(m->arena, mail_header(m, message, "From", 0));
	letter.automatic = is_automatic(m, message);
	m->sink->letter(m->sink->ctx, &letter);
}

static void
take_headers(struct mail *m, void *message)
{
	const char *subject = mail_header(m, message, "Subject", 0);
	const char *date = mail_header(m, message, "Date", 0);
	struct date sent;

	m->subject = subject != NULL ? subject : "";
	m->sent = m->in->sent;
	if (date != NULL && date_prefix(date, 0, &sent) > 0)
		m->sent = sent.time;
}

/* ---- the readers, in turn */

static bool
is_document(const struct mail_part *part)
{
	static const char *const aside[] = {"text/plain", "text/html", "message/",
	    "image/", "application/pgp-", "application/pkcs7-", "application/x-pkcs7-",
	    "text/rfc822-headers"};

	if (strcmp(part->type, "text/plain") == 0 && part->name[0] != 0)
		return true;
	for (size_t i = 0; i < sizeof aside / sizeof *aside; i++)
		if (strncmp(part->type, aside[i], strlen(aside[i])) == 0)
			return false;
	return true;
}

/* AbuseHUB wraps others' reports: its own list tells in local time what the original,
 * which it adds, tells in UTC. */
static bool
is_wrapper(const struct mail *m, const struct mail_part *part)
{
	return strncmp(part->name, "abusehubcsv", 11) == 0 && m->count > 1;
}

/* The name by which a document's type is known. */
static const char *
name_of(const struct mail *m, const struct mail_part *part)
{
	if (strstr(m->subject, "Shadowserver Botnet Drone") != NULL &&
	    strcmp(part->type, "text/csv") == 0)
		return "2015-01-01-botnet_drone-abusehub.csv";
	return part->name;
}

static void
read_documents(struct mail *m, char *why, size_t room)
{
	for (size_t i = 0; i < m->count; i++) {
		struct mail_part *part = &m->parts[i];
		GMimeStream *stream;
		GByteArray *bytes;
		struct err err;
		struct report_input in = {.name = name_of(m, part),
		    .reporter = *m->reporter != 0 ? m->reporter : NULL,
		    .sent = m->sent};
		uint64_t items = m->stat->items, refused = m->stat->refused;

		if (!is_document(part) || is_wrapper(m, part))
			continue;
		stream = mail_part_stream(part);
		if (stream == NULL)
			continue;
		bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
		in.bytes = bytes->data;
		in.size = bytes->len;
		if (bytes->len > 0 && !report_part(m->in, &in, m->sink, m->stat, &err))
			(void)snprintf(why, room, "part %zu: %s", i + 1, err.text);
		m->given += m->stat->items - items;
		m->refused += m->stat->refused - refused;
		g_object_unref(stream);
	}
}

static bool
has_type(const struct mail *m, const char *type)
{
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->parts[i].type, type) == 0)
			return true;
	return false;
}

static void
read_by_machine(struct mail *m, char *why, size_t room)
{
	static void (*const readers[])(struct mail *) = {
	    mail_read_arf, mail_read_xarf, mail_read_xml};

	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
		if (m->given == 0 && m->refused == 0)
			readers[i](m);
	if (m->given == 0 && m->refused == 0)
		read_documents(m, why, room);
}

static void read_message(const struct mail *outer, void *message, const char *reporter,
    uint64_t *given, uint64_t *refused);

/* Messages within a mail that says nothing else: forwarded reports. */
static void
read_nested(struct mail *m, void *message)
{
	const char *from = domain_of(m->arena, mail_header(m, message, "From", 0));
	const char *to = domain_of(m->arena, mail_header(m, message, "To", 0));
	bool colleague = *from != 0 && strcasecmp(from, to) == 0;

	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->parts[i].type, "message/rfc822") == 0)
			read_message(m, m->parts[i].object,
			    colleague ? NULL : m->reporter, &m->given, &m->refused);
}

static void
read_parts(struct mail *m, void *message)
{
	char why[300] = "";

	read_by_machine(m, why, sizeof why);
	if (m->given == 0 && m->refused == 0 && m->in->depth < REPORT_DEPTH)
		mail_read_text(m);
	if (m->given == 0 && m->refused == 0)
		read_nested(m, message);
	if (m->given > 0 || m->refused > 0)
		return;
	if (has_type(m, "application/pgp-encrypted") ||
	    has_type(m, "application/pkcs7-mime"))
		mail_refuse(m, 1, "an encrypted mail");
	else
		mail_refuse(
		    m, 1, why[0] != 0 ? why : "a mail in words that no reader knows");
}

/* `reporter`: who answers for it; NULL: its own sender. */
static void
read_message(const struct mail *outer, void *message, const char *reporter,
    uint64_t *given, uint64_t *refused)
{
	struct report_input in = *outer->in;
	struct mail m = {.in = &in,
	    .sink = outer->sink,
	    .stat = outer->stat,
	    .arena = outer->arena,
	    .scratch = outer->scratch,
	    .item = outer->item,
	    .bytes = outer->bytes,
	    .size = outer->size};

	in.depth++;
	if (in.depth > REPORT_DEPTH) {
		mail_refuse(&m, 1, "messages nested too deep");
		*refused += m.refused;
		return;
	}
	take_headers(&m, message);
	m.reporter = reporter != NULL
			 ? reporter
			 : domain_of(m.arena, mail_header(&m, message, "From", 0));
	if (in.depth == 0)
		tell_letter(&m, message);
	mail_list_parts(&m, message);
	read_parts(&m, message);
	*given += m.given;
	*refused += m.refused;
}

/* ---- the whole */

static void
read_bounded(struct mail *m, const char *text, size_t size)
{
	GByteArray array = {(guint8 *)(uintptr_t)text, (guint)size};
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(&array);
	GMimeParser *parser;
	GMimeMessage *message;

	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	parser = g_mime_parser_new_with_stream(stream);
	message = g_mime_parser_construct_message(parser, NULL);
	g_object_unref(parser);
	if (message != NULL) {
		read_message(m, message, m->in->reporter, &m->given, &m->refused);
		g_object_unref(message);
	} else
		mail_refuse(m, 1, "no mail: no header");
	g_object_unref(stream);
}

static size_t
skip_envelope(const char *text, size_t size)
{
	const char *end;

	if (size < 5 || memcmp(text, "From ", 5) != 0)
		return 0;
	end = memchr(text, '\n', size);
	return end != NULL ? (size_t)(end - text) + 1 : 0;
}

static bool
read_text(const struct report_input *in, const struct wr *whole,
    const struct report_sink *sink, struct report_stat *stat, struct err *err)
{
	const char *text = (const char *)whole->bytes;
	size_t skipped = skip_envelope(text, whole->size);
	struct report_input outer = *in;
	struct look *look = xcalloc(1, sizeof *look);
	struct mail m = {.in = &outer,
	    .sink = sink,
	    .stat = stat,
	    .bytes = whole->bytes,
	    .size = whole->size,
	    .subject = "",
	    .reporter = in->reporter != NULL ? in->reporter : ""};
	bool good = look_through(look, text + skipped, whole->size - skipped, err);

	outer.depth--; /* the mail itself is at in->depth */
	if (good) {
		m.arena = arena_new(ARENA);
		m.scratch = arena_new(SCRATCH);
		m.item = xmalloc(sizeof *m.item);
		read_bounded(&m, text + skipped, look->cut);
		if (look->spare > 0)
			mail_refuse(
			    &m, MAIL_PARTS + 1, "more parts than are read of a mail");
		free(m.item);
		arena_free(m.scratch);
		arena_free(m.arena);
	}
	free(look);
	return good;
}

static size_t
collect(void *ctx, const char *text, size_t size, bool last, struct err *err)
{
	struct wr *whole = ctx;

	(void)last;
	wr_put(whole, text, size);
	if (!whole->bad)
		return size;
	(void)err_set(err, "a mail of more than %d bytes", MAIL);
	return INPUT_STOP;
}

static bool
load(const struct report_input *in, struct wr *whole, struct err *err)
{
	struct input *input = report_open(in, err);
	const char *member;
	bool good = input != NULL && input_next(input, &member, err) == 1 &&
		    input_windows(input, collect, whole, err);

	input_free(input);
	return good;
}

static bool
mail_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	struct wr whole;
	bool good;

	mail_warm();
	if (in->fd < 0 && in->size <= MAIL) {
		whole = (struct wr){
		    .bytes = (uint8_t *)(uintptr_t)in->bytes, .size = in->size};
		return read_text(in, &whole, sink, stat, err);
	}
	wr_init(&whole, MAIL);
	good = load(in, &whole, err) && read_text(in, &whole, sink, stat, err);
	wr_fini(&whole);
	return good;
}

/* What the library thinks of strangers' bytes is not for our log. */
static void
keep_quiet(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data)
{
	(void)domain;
	(void)level;
	(void)message;
	(void)data;
}

void
mail_warm(void)
{
	static bool warm;

	if (warm)
		return;
	warm = true;
	g_mime_init();
	(void)g_log_set_default_handler(keep_quiet, NULL);
	charset_warm();
}

/* How many of the first lines look like headers of a mail. */
static int
mail_recognise(const char *name, const uint8_t *head, size_t size)
{
	static const char *const known[] = {"received:", "return-path:", "delivered-to:",
	    "from:", "to:", "date:", "subject:", "message-id:", "mime-version:",
	    "content-type:", "x-original-to:", "reply-to:"};
	const char *text = (const char *)head, *dot = strrchr(name, '.');
	size_t at = skip_envelope(text, size);
	int found = 0;

	for (int line = 0; line < 60 && at < size; line++) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t length = end != NULL ? (size_t)(end - text) - at : size - at;

		if (length <= 1)
			break;
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			found += length > strlen(known[i]) &&
				 strncasecmp(text + at, known[i], strlen(known[i])) == 0;
		at += length + 1;
	}
	if (dot != NULL && (strcmp(dot, ".eml") == 0 || strcmp(dot, ".mbox") == 0))
		return found > 0 ? 95 : 30;
	return found >= 3 ? 70 : 0;
}

const struct format format_mail = {
    .name = "mail",
    .summary = "abuse mail: ARF, X-ARF, notices, attached reports, free text",
    .recognise = mail_recognise,
    .read = mail_read,
};
