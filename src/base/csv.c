/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv.c -- see csv.h. The record is unquoted into a buffer of its own, so the input may
 * be mapped, or a window that moves.
 */
#include "base/csv.h"

#include "base/mem.h"

#include <endian.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
csv_init(struct csv *csv, char separator)
{
	*csv = (struct csv){.separator = separator};
	csv->bytes = xmalloc(CSV_RECORD + CSV_FIELDS + sizeof(uint64_t));
}

void
csv_fini(struct csv *csv)
{
	free(csv->bytes);
	*csv = (struct csv){0};
}

size_t
csv_mark(const char *text, size_t size)
{
	return size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

int
csv_column(const struct csv *csv, const char *name)
{
	for (size_t i = 0; i < csv->count; i++)
		if (strcasecmp(csv->fields[i], name) == 0)
			return (int)i;
	return -1;
}

struct walk {
	const char *at, *end;
	char *out;
	bool quoted; /* inside quotes */
};

static void
field_begin(struct csv *csv, struct walk *w)
{
	if (csv->count < CSV_FIELDS)
		csv->fields[csv->count++] = w->out;
	else
		csv->repaired = true;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (uint8_t)(byte))

/* The lowest bit set is in the first byte that is zero; 0: none is. */
static inline uint64_t
zeros(uint64_t word)
{
	return (word - EACH(1)) & ~word & EACH(0x80);
}

/* Copies what stands before the next byte that is one of the two or zero; eight at a
 * time, for most fields are that short. `out` has room for a word more. */
static inline void
copy_until(struct walk *w, char one, char other)
{
	const char *at = w->at;
	char *out = w->out;

	for (; (size_t)(w->end - at) >= sizeof(uint64_t); at += 8, out += 8) {
		uint64_t word, found;

		memcpy(&word, at, sizeof word);
		memcpy(out, &word, sizeof word);
		word = le64toh(word);
		found = zeros(word) | zeros(word ^ EACH(one)) | zeros(word ^ EACH(other));
		if (found != 0) {
			int before = __builtin_ctzll(found) / 8;

			w->at = at + before;
			w->out = out + before;
			return;
		}
	}
	while (at < w->end && *at != one && *at != other && *at != 0)
		*out++ = *at++;
	w->at = at;
	w->out = out;
}

/* Up to the closing quote, and past it. */
static void
quoted_part(struct csv *csv, struct walk *w)
{
	w->quoted = true;
	for (w->at++;; w->at++) {
		copy_until(w, '"', '\n');
		if (w->at == w->end)
			return;
		if (*w->at == 0) {
			csv->repaired = true;
			continue;
		}
		if (*w->at == '"' && (w->at + 1 == w->end || w->at[1] != '"'))
			break;
		csv->lines += *w->at == '\n';
		w->at += *w->at == '"'; /* of two, one counts */
		*w->out++ = *w->at;
	}
	w->at++;
	w->quoted = false;
}

/* Unless they are the field's own. */
static void
skip_blanks(struct walk *w)
{
	const char *at = w->at;

	while (at < w->end && *at == ' ')
		at++;
	if (at < w->end && *at == '"')
		w->at = at;
}

/* One field; false at the end of the input. */
static bool
field(struct csv *csv, struct walk *w)
{
	if (csv->loose)
		skip_blanks(w);
	if (w->at < w->end && *w->at == '"')
		quoted_part(csv, w);
	for (;; w->at++) {
		copy_until(w, csv->separator, '\n');
		if (w->at == w->end || *w->at != 0)
			break;
		csv->repaired = true;
	}
	if (w->at == w->end || *w->at == '\n')
		while (w->out > csv->bytes && w->out[-1] == '\r')
			w->out--;
	*w->out++ = 0;
	return w->at < w->end;
}

/* The first line of a record that cannot be read as one. */
static size_t
refuse(struct csv *csv, const char *text, size_t size)
{
	const char *newline = memchr(text, '\n', size);

	csv->broken = true;
	csv->count = 0;
	csv->lines = 1;
	return newline != NULL ? (size_t)(newline - text) + 1 : size;
}

size_t
csv_next(struct csv *csv, const char *text, size_t size, bool last)
{
	size_t seen = size < CSV_RECORD ? size : CSV_RECORD;
	struct walk w = {.at = text, .end = text + seen, .out = csv->bytes};
	bool whole = size >= CSV_RECORD || last;

	csv->count = csv->lines = 0;
	csv->broken = csv->repaired = false;
	if (size == 0)
		return 0;
	do {
		field_begin(csv, &w);
		if (!field(csv, &w)) {
			if (!whole)
				return 0;
			if (w.quoted || size >= CSV_RECORD)
				return refuse(csv, text, size);
			break;
		}
	} while (*w.at++ == csv->separator);
	csv->lines += w.at > text && w.at[-1] == '\n';
	if (csv->count == 1 && csv->fields[0][0] == 0)
		csv->count = 0;
	return (size_t)(w.at - text);
}
