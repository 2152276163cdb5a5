/* SPDX-License-Identifier: Apache-2.0 */
/* schema.h -- the vendor's newer schema becomes the site's own table of facts. */
#ifndef REPORT_SCHEMA_H
#define REPORT_SCHEMA_H

#include "base/buf.h"
#include "base/err.h"
#include "report/facts.h"

struct schema_change {
	const char *what; /* "new type", "new column", "changed field", "new class" */
	const char *type, *column;  /* column: NULL for a type */
	const char *before, *after; /* fields or constants; NULL: there is none */
};

typedef void schema_told(void *ctx, const struct schema_change *change);

/* `json`: the vendor's intelmq.json (report_schema). Writes the table that `old` becomes
 * with it, checked by reading it back, and tells of every difference (borrowed). What the
 * vendor does not say -- whose address a type speaks of, its severity, columns of long
 * ago -- stays as it was; a new type takes it from its IPv4 twin or from its class. */
MUST_CHECK bool schema_update(const struct facts *old, const char *json, size_t size,
    struct wr *out, schema_told *tell, void *ctx, struct err *err);

#endif
