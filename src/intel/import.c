/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import.c -- see import.h. The first record that is neither blank nor comment decides:
 * if a column of it is called as values are, it is a header and the rest is CSV; else
 * every line is one value. Texts from strangers end up in sentences for customers, so
 * their control characters and quotes become question marks.
 */
#include "intel/import.h"

#include "base/csv.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/when.h"
#include "event/event.h"
#include "event/tlp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum column {
	VALUE,
	PORT,
	PROTOCOL,
	ROLE,
	PURPOSE,
	CONFIDENCE,
	SHARED,
	SOURCE,
	FAMILY,
	FROM,
	UNTIL,
	TLP,
	COLUMNS
};

/* The names by which a column goes, ours first. */
static const char *const column_names[COLUMNS][9] = {
    [VALUE] = {"value", "indicator", "ioc", "dst_ip", "dstip", "ip", "domain", "host"},
    [PORT] = {"port", "dst_port", "dstport"},
    [PROTOCOL] = {"protocol", "proto"},
    [ROLE] = {"role"},
    [PURPOSE] = {"purpose"},
    [CONFIDENCE] = {"confidence"},
    [SHARED] = {"shared"},
    [SOURCE] = {"source"},
    [FAMILY] = {"family", "malware"},
    [FROM] = {"from", "valid_from"},
    [UNTIL] = {"until", "valid_until"},
    [TLP] = {"tlp"},
};

struct reader {
	struct indicators *set;
	const struct indicator_row *preset;
	struct csv csv;
	bool known; /* the first record has been seen */
	bool table;
	int columns[COLUMNS];
	struct import_stat stat;
	import_refused *refused;
	void *ctx;
};

static void
refuse(struct reader *r, uint64_t line, const char *sentence)
{
	r->stat.refused++;
	if (r->refused != NULL)
		r->refused(r->ctx, line, sentence);
}

static const char *
clean_label(const char *text, char out[INDICATOR_LABEL])
{
	size_t size = strlen(text), used = 0;

	while (size > 0) {
		uint32_t code;
		size_t step = utf8_next(text, size, &code);

		if (used + step >= INDICATOR_LABEL)
			break;
		if (code < 0x20 || code == 0x7f || code == '"' || code == UTF8_INVALID)
			out[used++] = '?';
		else
			for (size_t i = 0; i < step; i++)
				out[used++] = text[i];
		text += step;
		size -= step;
	}
	out[used] = '\0';
	return out;
}

/* The field of the column, or NULL if it is absent or empty. */
static const char *
field(const struct reader *r, enum column column)
{
	int at = r->columns[column];

	if (at < 0 || (size_t)at >= r->csv.count || r->csv.fields[at][0] == '\0')
		return NULL;
	return r->csv.fields[at];
}

static bool
read_number(const struct reader *r, enum column column, unsigned long most,
    unsigned long *out, struct err *err)
{
	const char *text = field(r, column);
	unsigned long v;
	char *end;

	if (text == NULL)
		return true;
	errno = 0;
	v = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : most + 1;
	if (v > most || errno != 0 || *end != '\0')
		return err_set(err, "%s \"%.40s\" is no number up to %lu",
		    column_names[column][0], text, most);
	*out = v;
	return true;
}

static bool
read_choice(const struct reader *r, enum column column, const char *const *names,
    uint8_t *out, struct err *err)
{
	const char *text = field(r, column);

	if (text == NULL)
		return true;
	for (uint8_t i = 0; names[i] != NULL; i++)
		if (strcasecmp(names[i], text) == 0) {
			*out = i;
			return true;
		}
	return err_set(err, "%s \"%.40s\" is none of those taken (%s, %s%s%s)",
	    column_names[column][0], text, names[0], names[1], names[2] ? ", " : "",
	    names[2] ? names[2] : "");
}

static bool
read_time(const struct reader *r, enum column column, int64_t *out, struct err *err)
{
	const char *text = field(r, column);

	if (text == NULL)
		return true;
	if (!when_parse(text, out, NULL))
		return err_set(
		    err, "%s \"%.40s\" is no time", column_names[column][0], text);
	return true;
}

static bool
read_tlp(const struct reader *r, uint8_t *out, struct err *err)
{
	const char *text = field(r, TLP);

	if (text == NULL)
		return true;
	*out = (uint8_t)tlp_parse(text);
	return *out != TLP_UNTOLD || err_set(err, "tlp \"%.40s\" is no colour", text);
}

static bool
read_row(struct reader *r, struct indicator_row *row, struct err *err)
{
	static const char *const flags[] = {"no", "yes", NULL}, *const protocols[] = {
								    "any", "tcp", "udp",
								    NULL};
	static const uint8_t numbers[] = {0, PROTO_TCP, PROTO_UDP};
	uint8_t shared = row->shared, proto = 0;
	unsigned long port = row->port, confidence = row->confidence;

	row->value = field(r, VALUE);
	if (row->value == NULL)
		return err_set(err, "no value");
	if (!read_number(r, PORT, 65535, &port, err) ||
	    !read_number(r, CONFIDENCE, 100, &confidence, err) ||
	    !read_choice(r, ROLE, indicator_role_names, &row->role, err) ||
	    !read_choice(r, PURPOSE, indicator_purpose_names, &row->purpose, err) ||
	    !read_choice(r, SHARED, flags, &shared, err) ||
	    !read_choice(r, PROTOCOL, protocols, &proto, err) ||
	    !read_time(r, FROM, &row->from, err) ||
	    !read_time(r, UNTIL, &row->until, err) || !read_tlp(r, &row->tlp, err))
		return false;
	row->port = (uint16_t)port;
	row->confidence = (uint8_t)confidence;
	row->shared = shared != 0;
	if (field(r, PROTOCOL) != NULL)
		row->proto = numbers[proto];
	return true;
}

bool
indicators_take(
    struct indicators *set, const struct indicator_row *foreign, struct err *err)
{
	char family[INDICATOR_LABEL], source[INDICATOR_LABEL];
	struct indicator_row row = *foreign;

	row.family = clean_label(row.family ? row.family : "", family);
	row.source = clean_label(row.source ? row.source : "", source);
	if (row.until <= row.from)
		return err_set(err, "it ends before it begins");
	return indicators_add(set, &row, err);
}

static void
take(struct reader *r, const struct indicator_row *row, uint64_t line)
{
	struct err err;

	if (indicators_take(r->set, row, &err))
		r->stat.taken++;
	else
		refuse(r, line, err.text);
}

static void
take_record(struct reader *r, uint64_t line)
{
	struct indicator_row row = *r->preset;
	struct err err;

	if (!read_row(r, &row, &err)) {
		refuse(r, line, err.text);
		return;
	}
	if (field(r, SOURCE) != NULL)
		row.source = field(r, SOURCE);
	if (field(r, FAMILY) != NULL)
		row.family = field(r, FAMILY);
	take(r, &row, line);
}

/* A word of a plain list; of a hosts file ("0.0.0.0 name") the second. */
static void
take_line(struct reader *r, const char *text, size_t size, uint64_t line)
{
	static const char blank[] = " \t\r,;";
	struct indicator_row row = *r->preset;
	char copy[512], *word, *rest, *name;

	if (size >= sizeof copy) {
		refuse(r, line, "the line is longer than any indicator");
		return;
	}
	memcpy(copy, text, size);
	copy[size] = '\0';
	word = strtok_r(copy, blank, &rest);
	if (word != NULL &&
	    (strcmp(word, "0.0.0.0") == 0 || strcmp(word, "127.0.0.1") == 0) &&
	    (name = strtok_r(NULL, blank, &rest)) != NULL)
		word = name;
	if (word == NULL)
		return;
	row.value = word;
	take(r, &row, line);
}

static bool
is_comment(const char *text, size_t size)
{
	while (size > 0 && (*text == ' ' || *text == '\t' || *text == '\r')) {
		text++;
		size--;
	}
	return size == 0 || *text == '#' || *text == ';' ||
	       (size >= 2 && text[0] == '/' && text[1] == '/');
}

static bool
read_header(struct reader *r)
{
	for (int c = 0; c < COLUMNS; c++) {
		r->columns[c] = -1;
		for (int k = 0; column_names[c][k] != NULL && r->columns[c] < 0; k++)
			r->columns[c] = csv_column(&r->csv, column_names[c][k]);
	}
	return r->columns[VALUE] >= 0;
}

/* One record or line at `text`; returns how many bytes it took. */
static size_t
read_one(struct reader *r, const char *text, size_t size)
{
	const char *newline = memchr(text, '\n', size);
	size_t line = newline ? (size_t)(newline - text) : size, taken;
	uint64_t number = r->stat.lines + 1;

	if (is_comment(text, line) || (r->known && !r->table)) {
		r->stat.lines++;
		if (!is_comment(text, line))
			take_line(r, text, line, number);
		return line + (newline != NULL);
	}
	taken = csv_next(&r->csv, text, size, true);
	if (taken == 0)
		return size;
	if (!r->known) {
		r->known = true;
		r->table = !r->csv.broken && read_header(r);
		if (!r->table)
			return read_one(r, text, size);
	} else if (r->csv.broken) {
		refuse(r, number, "a quote that is not closed, or a record too long");
	} else {
		take_record(r, number);
	}
	r->stat.lines += r->csv.lines;
	return taken;
}

struct import_stat
indicators_import(struct indicators *set, const struct indicator_row *preset,
    const char *text, size_t size, import_refused *refused, void *ctx)
{
	struct reader r = {.set = set, .preset = preset, .refused = refused, .ctx = ctx};
	size_t at = csv_mark(text, size);

	csv_init(&r.csv, ',');
	while (at < size)
		at += read_one(&r, text + at, size - at);
	csv_fini(&r.csv);
	return r.stat;
}

static const char *
limit_text(int64_t t, char *out)
{
	if (t == INT64_MIN || t == WHEN_NEVER)
		return "";
	return when_text(t, out);
}

void
indicators_write(const struct indicators *set, struct wr *out)
{
	char value[INDICATOR_NAME + 8], from[WHEN_TEXT], until[WHEN_TEXT];

	for (int c = 0; c < COLUMNS; c++)
		wr_printf(out, "%s%s", c ? "," : "", column_names[c][0]);
	wr_printf(out, "\n");
	for (size_t k = 0; k < indicators_count(set); k++) {
		const struct indicator *i = indicators_at(set, k);
		const char *proto = i->proto == PROTO_TCP ? "tcp" : "udp";

		wr_printf(out, "%s,,%s,%s,%s,%u,%s,\"%s\",\"%s\",%s,%s,%s\n",
		    indicator_value(set, i, value), i->proto != 0 ? proto : "",
		    indicator_role_names[i->role], indicator_purpose_names[i->purpose],
		    i->confidence, i->shared ? "yes" : "no",
		    indicator_text(set, i->source), indicator_text(set, i->family),
		    limit_text(i->from, from), limit_text(i->until, until),
		    tlp_words[i->tlp]);
	}
}

struct first_refusal {
	uint64_t line;
	char sentence[160];
};

static void
note_first(void *ctx, uint64_t line, const char *sentence)
{
	struct first_refusal *first = ctx;

	if (first->line != 0)
		return;
	first->line = line;
	(void)snprintf(first->sentence, sizeof first->sentence, "%s", sentence);
}

bool
indicators_load(struct indicators *set, const char *path, struct err *err)
{
	struct indicator_row preset = {
	    .confidence = 50, .from = INT64_MIN, .until = WHEN_NEVER};
	struct first_refusal first = {.line = 0};
	bool good = true;
	struct wr text;

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return true;
	wr_init(&text, IMPORT_FILE_MOST);
	good = file_read(path, &text, err);
	if (good)
		(void)indicators_import(set, &preset, (const char *)text.bytes, text.size,
		    note_first, &first);
	wr_fini(&text);
	if (first.line != 0)
		return err_set(err, "%.80s:%llu: %s", path,
		    (unsigned long long)first.line, first.sentence);
	return good;
}

struct indicators *
indicators_read(const char *path, struct err *err)
{
	struct indicators *set = indicators_new();

	if (!indicators_load(set, path, err)) {
		indicators_free(set);
		return NULL;
	}
	indicators_seal(set);
	return set;
}
