/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice.h -- what a subscriber reads: subject and body from a template and facts.
 *
 * Templates are data (share/templates/LANGUAGE/NAME.txt: "Subject: ..." and a blank line,
 * then the body), built into the binary; a directory may override each file. Slots stand
 * in braces and are filled from the facts, or from the language's texts.txt, whose pieces
 * may hold slots themselves. A line that is left empty by its slots disappears. There is
 * no machine translation and no mark-up. What a letter must and must not contain is
 * reference/response.md E, held by the unit test.
 */
#ifndef CASE_NOTICE_H
#define CASE_NOTICE_H

#include "base/buf.h"
#include "base/err.h"
#include "event/sighting.h"

struct notices;

/* `directory` NULL: only what is built in. Everything is read now, before any jail. */
struct notices *notices_new(const char *directory, struct err *err);
void notices_free(struct notices *notices);

/* Texts are borrowed and may be NULL or "" where nothing is known. */
struct notice_facts {
	const char *template_; /* "infected", "reminder", ... */
	const char *language;  /* "sv", "en"; others read Swedish */
	const char *isp, *site, *code;
	const char *name;   /* of the customer */
	const char *number; /* of the customer; only its last three characters show */
	const char *family;
	uint8_t kind;        /* enum kind of the strongest evidence */
	bool reported;       /* by others; else seen in traffic */
	int64_t first, last; /* of what was seen */
	uint32_t times, days;
	int64_t next;         /* when we write again if it goes on */
	int64_t kept, verify; /* µs: retention after the end, absence that is clean */
};

/* `subject` holds NOTICE_SUBJECT bytes; the body is appended to `body`. False if there is
 * no such template or a slot is unknown. */
enum { NOTICE_SUBJECT = 256 };
MUST_CHECK bool notice_render(const struct notices *notices,
    const struct notice_facts *facts, char *subject, struct wr *body, struct err *err);

extern const char
    *const notice_languages[]; /* NULL-terminated; the first is the preset */
extern const char *const notice_templates[]; /* NULL-terminated */

#endif
