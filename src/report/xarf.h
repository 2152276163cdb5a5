/* SPDX-License-Identifier: Apache-2.0 */
/* xarf.h -- what the versions of XARF have in common (xarf.c), and each by itself. */
#ifndef REPORT_XARF_H
#define REPORT_XARF_H

#include "report/field.h"
#include "report/report.h"

/* A JSON member and the field it fills. */
struct xarf_field {
	const char *member, *field;
	enum {
		XARF_TEXT,
		XARF_LOWER, /* in small letters */
		XARF_INT,
		XARF_ADDR, /* field: "source" or "destination" */
		XARF_PORT, /* the same */
		XARF_HOST, /* the same: address or name */
		XARF_URL,  /* the same */
		XARF_TIME, /* a further time, as text in UTC */
		XARF_PROTOCOL
	} how;
};

/* Fills what members tell; a member of another JSON type says nothing. */
void xarf_fill(const struct field_place *at, const json_t *report,
    const struct xarf_field *fields, size_t count);
/* A string member that is not empty; NULL otherwise. */
const char *xarf_text(const json_t *object, const char *member);

/* Keeps the domain of whom the report names. As item.upstream, only where nobody is known
 * to have sent the report: else one sender could speak with as many voices as it likes.
 */
void xarf_reporter(const struct field_place *at, const char *text);

/* One report to one item; false with a sentence that says which member is wrong. */
MUST_CHECK bool xarf_read_v4(
    const struct field_place *at, const json_t *report, struct err *err);
/* Versions "alpha", "1", "2", "3". */
MUST_CHECK bool xarf_read_old(
    const struct field_place *at, const json_t *report, struct err *err);

#endif
