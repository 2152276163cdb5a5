/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv.h -- one record at a time of comma-separated values, as strangers write them.
 *
 * RFC 4180 and what is met beyond it: a byte order mark, CR LF, NUL bytes (dropped),
 * quotes in the midst of a bare field (kept), text after a closing quote (kept), a quote
 * that is never closed (its first line alone is refused). A record is bounded in bytes
 * and in fields, whatever the input.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>

enum { CSV_FIELDS = 512, CSV_RECORD = 1 << 20 };

struct csv {
	char separator;
	bool loose;   /* blanks before an opening quote are dropped */
	size_t count; /* fields; 0: a blank line */
	const char *fields[CSV_FIELDS];
	size_t lines;  /* newlines that the record took */
	bool broken;   /* quote not closed, or too long: the fields are not to be used */
	bool repaired; /* NUL bytes or fields beyond CSV_FIELDS were dropped */
	char *bytes;   /* what the fields point into */
};

void csv_init(struct csv *csv, char separator);
void csv_fini(struct csv *csv);
/* Reads the record at the start of `text` and returns how many bytes it took. 0: the
 * record does not end here and, unless `last`, more must be read first. Fields end with a
 * zero byte and are valid until the next call. */
size_t csv_next(struct csv *csv, const char *text, size_t size, bool last);
/* Bytes of a UTF-8 byte order mark at the start of a file: 3 or 0. */
size_t csv_mark(const char *text, size_t size);
/* The index of the column so called, or -1; case does not matter. */
int csv_column(const struct csv *csv, const char *name);

#endif
