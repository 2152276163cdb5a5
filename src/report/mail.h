/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail.h -- an abuse mail taken apart, and what reads its parts.
 *
 * mail.c bounds and parses the mail, finds out who reports, and asks the readers in turn:
 * feedback reports (arf.c), X-ARF (mail_xarf.c), documents that are reports themselves
 * (report_part), notices in XML (mail_xml.c), free text (mail_text.c). The first that
 * gives a statement ends the questions.
 */
#ifndef REPORT_MAIL_H
#define REPORT_MAIL_H

#include "report/field.h"
#include "report/report.h"

enum { MAIL_PARTS = 1000, MAIL_NESTING = 24, MAIL_TEXT = 2 << 20 };

struct mail_part {
	const char *type; /* "text/plain", in small letters */
	const char *name; /* file name; "" */
	const char *text; /* once asked for: mail_part_text */
	size_t text_size;
	void *object; /* gmime's */
};

struct mail {
	const struct report_input *in;
	const struct report_sink *sink;
	struct report_stat *stat;
	struct arena *arena;   /* lives as long as the mail */
	struct arena *scratch; /* as long as an item */
	struct item *item;
	const void *bytes; /* the whole mail: the piece of its items */
	size_t size;
	const char *subject;  /* "" */
	const char *reporter; /* domain; "" */
	int64_t sent;         /* µs; 0: no date that can be read */
	struct mail_part *parts;
	size_t count;
	uint64_t given, refused; /* statements and pieces so far */
};

/* A statement begins: an empty item with reporter and piece; returns where its fields go.
 * `identifier`: at most SIGHTING_NAME bytes are kept. */
struct field_place mail_begin(struct mail *mail, const char *identifier);
/* And ends: with its time, or NULL where none was told. */
void mail_end(struct mail *mail, const struct date *date);
void mail_refuse(struct mail *mail, uint64_t row, const char *reason);

/* Of any part, UTF-8, at most MAIL_TEXT bytes and bounded over the whole mail; "". */
const char *mail_part_text(struct mail *mail, struct mail_part *part);
/* The n-th header so called of a part or nested message, as one line; NULL. */
const char *mail_header(struct mail *mail, void *object, const char *name, int n);
/* The value of "Name: value" at the start of a line, continuation lines joined; NULL. */
const char *mail_value(struct arena *arena, const char *text, const char *name);

/* Before a jail. */
void mail_warm(void);

void mail_read_arf(struct mail *mail);
void mail_read_xarf(struct mail *mail);
void mail_read_xml(struct mail *mail);
void mail_read_text(struct mail *mail);

#endif
