/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h -- the line registry as the ISP hands it over: CSV, one line a row.
 *
 * Header required; columns in any order:
 *   line       the ISP's own subscription number (identity database only)
 *   subscriber keys in the lease logs, separated by blanks
 *   realm, prefixes   fixed addresses or delegated prefixes, separated by blanks
 *   name, email, phone, postal   (identity database only)
 *   language   sv, en
 *   segment    consumer, business, ...
 *   profile    service profile
 *   exempt     telecare, medical, alarm, ... separated by blanks
 *   operator   wholesale operator that owns the customer
 */
#ifndef LINE_REGISTRY_H
#define LINE_REGISTRY_H

#include "base/err.h"

#include <stddef.h>

enum registry_column {
	REGISTRY_LINE,
	REGISTRY_SUBSCRIBER,
	REGISTRY_REALM,
	REGISTRY_PREFIXES,
	REGISTRY_NAME,
	REGISTRY_EMAIL,
	REGISTRY_PHONE,
	REGISTRY_POSTAL,
	REGISTRY_LANGUAGE,
	REGISTRY_SEGMENT,
	REGISTRY_PROFILE,
	REGISTRY_EXEMPT,
	REGISTRY_OPERATOR,
	REGISTRY_COLUMNS
};

/* Texts are borrowed for the call; a missing column is "". False stops the reading. */
typedef bool registry_row(
    void *ctx, size_t line_number, const char *const *columns, struct err *err);

/* Reads a whole file's text; rows that are refused are counted in *refused. False if the
 * header is wrong or `row` stopped. */
MUST_CHECK bool registry_read(const char *text, size_t size, registry_row *row, void *ctx,
    size_t *refused, struct err *err);

#endif
