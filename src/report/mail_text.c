/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail_text.c -- complaints in words, the last resort.
 *
 * A statement is an address that is complained of, a time, and words that say of what. It
 * is looked for in three shapes, in this order:
 *   - a table: a row of names between bars, one of them "ip", and the rows below it;
 *   - labelled lines, "Offending IP: 192.0.2.1", "Time: ...": one address may have
 * several times or issues, each a statement; and lists of bare addresses under headings
 * that say what they did, with "- DATE" below each or no time at all;
 *   - prose: an address behind words that introduce it (report/phrase.c), and the first
 *     date in the text, or that of the first log line that names the address;
 *   - log lines (mail_log.c): each address that they accuse.
 * What the words mean is in tables; no sender is known by name. Without an address or
 * without words that say of what, nothing is guessed: the mail goes to people.
 *
 * Not handled: pictures of text, words in other languages than in the tables.
 */
#include "report/mail.h"
#include "report/mail_log.h"
#include "report/phrase.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LINE = 2048, STATEMENTS = 10000, COLUMNS = 32, WORDS = 256 << 10, SOURCES = 1000 };

struct scan {
	struct mail *m;
	const char *text; /* the whole */
	char address[ADDR_TEXT];
	long port, other_port;
	char url[LINE];
	struct date date, period;
	bool dated, periodic;
	const char *from;    /* where the statement's words begin */
	const char *heading; /* class of the section; NULL */
	const char *class;   /* of the whole; NULL */
	int64_t offset;      /* of the zone that the prose tells */
	bool zoned;
	bool classed; /* that is known */
	/* a table's columns: 0 none, else their place from 1 */
	int column_ip, column_date, column_url;
	bool rows; /* a table has given its rows: other shapes tell the same */
};

/* ---- statements */

/* What the mail as a whole complains of; found once, for texts are long. */
static const char *
class_of_mail(struct scan *s)
{
	if (!s->classed) {
		s->class = phrase_class(s->m->subject, strlen(s->m->subject));
		if (s->class == NULL)
			s->class = phrase_class(s->text, strlen(s->text));
		s->classed = true;
	}
	return s->class;
}

static const char *
class_of(struct scan *s, const char *end)
{
	const char *class = s->heading;

	if (class == NULL && s->from != NULL && end > s->from)
		class = phrase_class(s->from, (size_t)(end - s->from));
	return class != NULL ? class : class_of_mail(s);
}

/* A time without zone has the one that the prose tells. */
static const struct date *
date_of(struct scan *s)
{
	struct date *d = s->dated ? &s->date : s->periodic ? &s->period : NULL;

	if (d != NULL && !d->zoned && d->timed && s->zoned) {
		d->time -= s->offset;
		d->precision -= DATE_NO_ZONE;
		d->zoned = true;
	}
	return d;
}

/* What was gathered up to `end`; the address stays. */
static void
flush(struct scan *s, const char *end)
{
	const char *class;
	struct field_place at;

	if (s->address[0] == 0 || s->m->given >= STATEMENTS)
		return;
	class = class_of(s, end);
	if (class == NULL)
		return;
	at = mail_begin(s->m, "complaint");
	item_classify(at.item, class);
	if (strcmp(class, "copyright") == 0)
		at.item->aside = "copyright";
	(void)field_addr(&at, "source", s->address);
	(void)field_port(&at, "source", s->port);
	(void)field_port(&at, "destination", s->other_port);
	if (at.item->role == ROLE_WEBSITE && s->url[0] != 0)
		(void)field_url(
		    &at, "source", arena_strdup(at.arena, s->url, strlen(s->url)));
	mail_end(s->m, date_of(s));
	s->dated = false;
	s->port = s->other_port = 0;
	s->url[0] = 0;
	s->from = end;
}

static bool
take_addr(const char *text, char out[ADDR_TEXT])
{
	char copy[ADDR_TEXT];
	size_t size = strspn(text, "0123456789abcdefABCDEF.:");
	struct addr addr;

	if (size == 0 || size >= sizeof copy)
		return false;
	(void)snprintf(copy, sizeof copy, "%.*s", (int)size, text);
	if (!addr_parse(copy, &addr))
		return false;
	(void)addr_text(&addr, out);
	return true;
}

/* Another address: what is known of the one before is said now. */
static void
new_address(struct scan *s, const char *address, const char *line, bool pending)
{
	if (pending)
		flush(s, line);
	s->dated = false;
	s->from = line;
	(void)snprintf(s->address, sizeof s->address, "%s", address);
}

/* "09/02/2015 - 10/03/2015", month first, as those who write "Report Date Range" do. */
static void
take_period(struct scan *s, const char *value)
{
	char iso[32];
	int month, day, year;

	if (sscanf(value, "%2d/%2d/%4d", &month, &day, &year) != 3)
		return;
	(void)snprintf(iso, sizeof iso, "%04d-%02d-%02d", year, month, day);
	s->periodic = date_parse(iso, 0, &s->period);
}

/* ---- labelled lines */

struct state {
	bool open; /* the address has not been told of yet */
};

static void
take_label(struct scan *s, struct state *state, enum phrase_label label,
    const char *value, const char *line)
{
	char address[ADDR_TEXT];
	struct date date;

	switch (label) {
	case LABEL_ADDRESS:
		if (!take_addr(value, address))
			return;
		new_address(s, address, line, state->open);
		state->open = true;
		break;
	case LABEL_TIME:
		if (date_prefix(value, s->m->sent, &date) == 0)
			return;
		if (s->dated) {
			flush(s, line);
		}
		s->date = date;
		s->dated = true;
		state->open = s->address[0] != 0;
		break;
	case LABEL_ISSUE:
		if (s->dated && state->open)
			flush(s, line);
		break;
	case LABEL_PORT:
		s->port = strtol(value, NULL, 10);
		break;
	case LABEL_OTHER_PORT:
		s->other_port = strtol(value, NULL, 10);
		break;
	case LABEL_URL:
		(void)snprintf(
		    s->url, sizeof s->url, "%.*s", (int)strcspn(value, " \t\r\n"), value);
		break;
	case LABEL_PERIOD:
		take_period(s, value);
		break;
	case LABEL_NONE:
	case LABEL_OTHER_ADDRESS:
		break;
	}
}

/* "IPs Engaged In Harvesting On Your Network:" */
static bool
take_heading(struct scan *s, struct state *state, const char *line, size_t size)
{
	size_t end = size;

	while (end > 0 && isspace((unsigned char)line[end - 1]))
		end--;
	if (end < 8 || end > 80 || line[end - 1] != ':' ||
	    memmem(line, end, "IPs ", 4) == NULL)
		return false;
	if (state->open)
		flush(s, line);
	state->open = false;
	s->address[0] = 0;
	s->heading = phrase_class(line, end);
	return true;
}

/* A line of a list: a bare address, perhaps with a letter behind it, or "- DATE". */
static void
take_list_line(struct scan *s, struct state *state, const char *line)
{
	const char *at = line + strspn(line, " \t"), *rest;
	char address[ADDR_TEXT];
	struct date date;

	if (s->heading == NULL)
		return;
	if (take_addr(at, address)) {
		rest = at + strspn(at, "0123456789abcdefABCDEF.:");
		rest += strspn(rest, " \t");
		if (*rest != 0 && strchr("(\r\n", *rest) == NULL)
			return;
		new_address(s, address, line, state->open);
		state->open = true;
	} else if (*at == '-' && s->address[0] != 0 &&
		   date_prefix(at + 1, s->m->sent, &date) > 0) {
		s->date = date;
		s->dated = true;
		flush(s, line);
		state->open = false;
	}
}

/* ---- tables */

/* The n-th cell of "|a|b|c|" without blanks around it, n from 1. */
static bool
cell(const char *line, int n, char *out, size_t room)
{
	const char *at = line + strspn(line, " \t");
	size_t size;

	while (n-- > 0) {
		at += strcspn(at, "|\n");
		if (*at != '|')
			return false;
		at++;
	}
	at += strspn(at, " \t");
	size = strcspn(at, "|\r\n");
	while (size > 0 && isspace((unsigned char)at[size - 1]))
		size--;
	(void)snprintf(out, room, "%.*s", (int)(size < room ? size : room - 1), at);
	return size > 0;
}

static bool
take_table_head(struct scan *s, const char *line)
{
	char name[40];

	if (line[strspn(line, " \t")] != '|' || s->column_ip != 0)
		return false;
	for (int i = 1; i < COLUMNS; i++) {
		if (!cell(line, i, name, sizeof name))
			continue;
		if (strcasecmp(name, "ip") == 0)
			s->column_ip = i;
		else if (strcasecmp(name, "date") == 0 || strcasecmp(name, "time") == 0)
			s->column_date = i;
		else if (strcasecmp(name, "url") == 0)
			s->column_url = i;
	}
	return s->column_ip != 0;
}

static void
take_table_row(struct scan *s, const char *line)
{
	char text[LINE];

	if (s->column_ip == 0 || !cell(line, s->column_ip, text, sizeof text) ||
	    !take_addr(text, s->address))
		return;
	if (s->column_date != 0 && cell(line, s->column_date, text, sizeof text))
		s->dated = date_prefix(text, s->m->sent, &s->date) > 0;
	if (s->column_url != 0)
		(void)cell(line, s->column_url, s->url, sizeof s->url);
	s->from = NULL;
	flush(s, line);
	s->rows = true;
}

/* ---- prose */

/* The first date with a time of day; on a line with `needle` where one is given. */
static bool
find_date(const char *text, int64_t sent, const char *needle, struct date *out)
{
	for (const char *line = text; *line != 0;) {
		const char *end = line + strcspn(line, "\n");
		const char *hit = needle != NULL ? strstr(line, needle) : line;

		for (const char *at = line; hit != NULL && hit < end && at < end; at++)
			if (isalnum((unsigned char)*at) &&
			    (at == line || !isalnum((unsigned char)at[-1])) &&
			    date_prefix(at, sent, out) > 0 && out->timed)
				return true;
		line = end + (*end != 0);
	}
	return false;
}

/* What the first log line of that address adds. */
static bool
find_line(struct scan *s)
{
	struct mail_log l;

	for (const char *line = s->text; *line != 0;) {
		if (mail_log_line(line, s->m->sent, &l) &&
		    strcmp(l.address, s->address) == 0) {
			s->port = l.port;
			s->other_port = l.other_port;
			s->date = l.date;
			s->dated = l.dated;
			return l.dated;
		}
		line += strcspn(line, "\n");
		line += *line != 0;
	}
	return false;
}

static void
read_prose(struct scan *s)
{
	struct item probe;
	const struct field_place at = {&probe, s->m->scratch};

	item_begin(&probe);
	arena_reset(s->m->scratch);
	if (!phrase_address(s->m->subject, &at) && !phrase_address(s->text, &at))
		return;
	(void)snprintf(
	    s->address, sizeof s->address, "%s", item_value_text(&probe, "source.ip"));
	s->dated = find_line(s) || find_date(s->text, s->m->sent, s->address, &s->date) ||
		   find_date(s->text, s->m->sent, NULL, &s->date);
	s->from = NULL;
	flush(s, s->text);
}

/* ---- log lines by themselves */

static bool
is_new(char (*seen)[ADDR_TEXT], size_t count, const char *address)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(seen[i], address) == 0)
			return false;
	return true;
}

static void
read_log(struct scan *s)
{
	char(*seen)[ADDR_TEXT] = xcalloc(SOURCES, sizeof *seen);
	size_t count = 0;
	struct mail_log l;

	for (const char *line = s->text; *line != 0 && count < SOURCES;) {
		if (mail_log_line(line, s->m->sent, &l) &&
		    is_new(seen, count, l.address)) {
			(void)strcpy(seen[count++], l.address);
			(void)strcpy(s->address, l.address);
			s->port = l.port;
			s->other_port = l.other_port;
			s->date = l.date;
			s->dated = l.dated;
			s->from = NULL;
			flush(s, line);
		}
		line += strcspn(line, "\n");
		line += *line != 0;
	}
	free(seen);
}

/* ---- the text */

/* Tags become blanks, those that end a line a line's end. */
static char *
without_tags(struct mail *m, const char *html)
{
	char *out = arena_strdup(m->arena, html, strlen(html)), *to = out;

	while (*html != 0) {
		size_t size;

		if (*html != '<') {
			*to++ = *html++;
			continue;
		}
		size = strcspn(html, ">");
		*to++ = strncasecmp(html, "<br", 3) == 0 ||
				strncasecmp(html, "<p", 2) == 0 ||
				strncasecmp(html, "</tr", 4) == 0 ||
				strncasecmp(html, "</div", 5) == 0
			    ? '\n'
			    : ' ';
		html += size + (html[size] != 0);
	}
	*to = 0;
	return out;
}

static const char *
text_of(struct mail *m)
{
	for (int html = 0; html < 2; html++)
		for (size_t i = 0; i < m->count; i++) {
			struct mail_part *part = &m->parts[i];
			const char *text;

			if (strcmp(part->type, html ? "text/html" : "text/plain") != 0)
				continue;
			text = mail_part_text(m, part);
			if (text[strspn(text, " \t\r\n")] != 0)
				return html ? without_tags(m, text) : text;
		}
	return "";
}

static void
read_lines(struct scan *s)
{
	struct state state = {0};
	const char *end = s->text;

	for (const char *line = s->text; *line != 0; line = end + (*end != 0)) {
		const char *value;
		enum phrase_label label;

		end = line + strcspn(line, "\n");
		if (take_table_head(s, line))
			continue;
		if (line[strspn(line, " \t")] == '|') {
			take_table_row(s, line);
			continue;
		}
		if (s->rows || take_heading(s, &state, line, (size_t)(end - line)))
			continue;
		label = phrase_label(line, &value);
		if (label != LABEL_NONE)
			take_label(s, &state, label, value, line);
		else
			take_list_line(s, &state, line);
	}
	if (state.open && !s->rows)
		flush(s, end);
}

void
mail_read_text(struct mail *m)
{
	struct scan *s = xcalloc(1, sizeof *s);
	bool cut;

	s->m = m;
	s->text = text_of(m);
	cut = strlen(s->text) > WORDS;
	if (cut)
		s->text = arena_strdup(m->arena, s->text, WORDS);
	s->zoned = phrase_zone(s->text, &s->offset);
	read_lines(s);
	if (m->given == 0)
		read_prose(s);
	if (m->given == 0)
		read_log(s);
	if (cut && m->given > 0)
		mail_refuse(m, m->given + 1, "a long text: only its beginning was read");
	free(s);
}
