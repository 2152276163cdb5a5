/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.h -- what the columns of a report mean, as data.
 *
 * A table of facts is a text: for each report type whose address it speaks of, constant
 * fields, and for each column the fields that it fills and how. share/shadowserver.facts
 * and share/lists.facts are built into the program and read once, at first use (warm them
 * before a jail); a site may have a newer table (report/schema.h), which is checked.
 */
#ifndef REPORT_FACTS_H
#define REPORT_FACTS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum conversion {
	CONVERT_TEXT, /* as it is, unless empty */
	CONVERT_NONE, /* also not "0" and "unknown" */
	CONVERT_INT,
	CONVERT_NONZERO, /* a number other than 0 */
	CONVERT_BOOL,    /* Y, yes, true, enabled, 1 and their opposites */
	CONVERT_IP,
	CONVERT_UTC, /* a time without zone that is UTC */
	CONVERT_CVE, /* the CVE numbers in a list of tags */
	CONVERT_REAL,
	CONVERT_DATE,    /* a time in any of the usual notations */
	CONVERT_URL,     /* host and path of the row put together */
	CONVERT_NAME,    /* a domain name */
	CONVERT_NETWORK, /* a prefix */
	CONVERT_DETAIL,  /* column `category`, else `detail` */
	CONVERT_BASE64,
	CONVERT_EXCHANGE_TAXONOMY,
	CONVERT_EXCHANGE_TYPE,
	CONVERT_EXCHANGE_IDENTIFIER,
	CONVERT_CLASS,     /* an RSIT type, or what people call it */
	CONVERT_UPPER,     /* in capitals */
	CONVERT_HOST_IP,   /* of "http://192.0.2.1:80/x", "192.0.2.1:80", "192.0.2.1" */
	CONVERT_HOST_NAME, /* the same of a name */
	CONVERT_HOST_PORT,
	CONVERT_PAGE, /* a URL with its scheme; other texts are none */
	CONVERT_COUNT
};

/* What a field's values look like, whichever column they come from. */
enum shape {
	SHAPE_ANY,
	SHAPE_PORT,
	SHAPE_ASN,
	SHAPE_COUNTRY,
	SHAPE_NAME, /* a domain name */
	SHAPE_SMALL /* in small letters */
};

struct fact_column {
	const char *column, *field;
	enum conversion conversion;
	enum shape shape;
};

struct fact_constant {
	const char *field, *value;
};

struct fact_report {
	const char *name;
	uint8_t role, kind, severity; /* event/sighting.h */
	bool gold;
	/* Of lists, which are known by their header: separator, and the columns that it
	 * must have, between commas; or, with a phrase that stands in the remarks at its
	 * beginning, all columns of a list without header. */
	char separator;
	const char *head, *phrase;
	const struct fact_report *others; /* knows the columns that this one does not */
	const struct fact_constant *constants;
	const struct fact_column *columns;
	size_t constant_count, column_count;
};

enum { FACTS_REPORTS = 512, FACTS_ROWS = 32768, FACTS_SIZE = 16 << 20 };

/* A table of facts. */
struct facts {
	struct fact_report *reports;
	struct fact_column *rows;
	struct fact_constant *constants;
	size_t report_count, row_count, constant_count;
	char *text; /* what the rows point into */
};

/* Reads a table; `name` stands for it in sentences. NULL, with the line, where it is not
 * one or goes beyond the limits. */
struct facts *facts_read(
    const char *name, const char *text, size_t size, struct err *err);
void facts_free(struct facts *facts);
/* The type so called, or NULL. */
const struct fact_report *facts_find(const struct facts *facts, const char *type);

/* The table of Shadowserver's types in use: the built-in one, or the site's. */
const struct facts *facts_shadowserver(void);
/* Takes the site's table instead of the built-in one, for the life of the process; before
 * a jail. */
MUST_CHECK bool facts_use(const char *path, struct err *err);
/* The same of DIRECTORY/shadowserver.facts; the built-in one stays where there is none.
 */
MUST_CHECK bool facts_use_site(const char *directory, struct err *err);
/* As facts_find, in the table in use. */
const struct fact_report *facts_report(const char *type);
/* The type that a file name names, or NULL: dates, list names and endings aside, and
 * names of long ago included. */
const struct fact_report *facts_of_file(const char *name);
/* For reports of types that came after the table. */
const struct fact_report *facts_generic(void);

/* share/lists.facts: lists of CERTs and feeds. */
const struct facts *facts_lists(void);

/* Words of the tables. */
extern const char *const fact_conversions[CONVERT_COUNT + 1]; /* ends with NULL */
extern const char *const fact_roles[], *const fact_kinds[], *const fact_severities[];
enum shape fact_shape(const char *field);

#endif
