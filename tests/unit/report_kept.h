/* SPDX-License-Identifier: Apache-2.0 */
/* report_kept.h -- a sink that keeps items as JSON, for tests of formats. */
#ifndef REPORT_KEPT_H
#define REPORT_KEPT_H

#include "report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { KEPT = 24 };

struct kept {
	size_t count, refused;
	struct item items[KEPT]; /* values are gone, the parsed fields stay */
	char json[KEPT][3000];
	char reason[200];
	struct report_stat stat;
	struct err err;
};

static void
keep_item(void *ctx, const struct item *item)
{
	struct kept *k = ctx;
	struct wr w;

	assert_true(k->count < KEPT);
	wr_init(&w, 1 << 20);
	item_json(item, &w);
	(void)snprintf(k->json[k->count], sizeof k->json[0], "%s", wr_string(&w));
	wr_fini(&w);
	k->items[k->count++] = *item;
}

static void
keep_refusal(void *ctx, const struct refusal *refusal)
{
	struct kept *k = ctx;

	k->refused++;
	(void)snprintf(k->reason, sizeof k->reason, "%s", refusal->reason);
}

/* Reads the text as `format` (NULL: recognised); false where the whole failed. */
static bool
read_kept(struct kept *k, const char *format, const char *text, size_t size)
{
	const struct report_sink sink = {
	    .item = keep_item, .refuse = keep_refusal, .ctx = k};
	struct report_input in = {.name = "report",
	    .fd = -1,
	    .bytes = (const uint8_t *)text,
	    .size = size,
	    .format = format};
	bool good;

	memset(k, 0, sizeof *k);
	good = report_read(&in, &sink, &k->stat, &k->err);
	if (good)
		assert_int_equal(k->stat.items + k->stat.refused, k->stat.rows);
	return good;
}

#define assert_holds(text, part) assert_non_null(strstr(text, part))
#define assert_lacks(text, part) assert_null(strstr(text, part))

#endif
