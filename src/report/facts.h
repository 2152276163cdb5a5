/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.h -- share/shadowserver.facts: what the columns of each report type mean.
 *
 * The table is built into the program and read once, at first use (warm it before a
 * jail); it is our own file, so a flaw in it is a bug.
 */
#ifndef REPORT_FACTS_H
#define REPORT_FACTS_H

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
	CONVERT_COUNT
};

struct fact_column {
	const char *column, *field;
	enum conversion conversion;
};

struct fact_constant {
	const char *field, *value;
};

struct fact_report {
	const char *name;
	uint8_t role, kind, severity; /* event/sighting.h */
	bool gold;
	const struct fact_report *others; /* knows the columns that this one does not */
	const struct fact_constant *constants;
	const struct fact_column *columns;
	size_t constant_count, column_count;
};

/* NULL if there is no such type. */
const struct fact_report *facts_report(const char *type);
/* The type that a file name names, or NULL: dates, list names and endings aside, and
 * names of long ago included. */
const struct fact_report *facts_of_file(const char *name);
/* For reports of types that came after the table. */
const struct fact_report *facts_generic(void);

#endif
