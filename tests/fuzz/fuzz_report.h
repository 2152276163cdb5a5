/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_report.h -- what must hold of every report format, whatever its bytes are: each
 * item is JSON, each sighting reads back (one that the engine refuses would be fatal to
 * its sender), and where reading ends well, nothing was lost in between.
 */
#ifndef FUZZ_REPORT_H
#define FUZZ_REPORT_H

#include "base/json.h"
#include "detect/weights.h"
#include "report/indicate.h"
#include "report/report.h"

#include <assert.h>

static inline void
fuzz_sighting(const struct sighting *s)
{
	struct sighting copy;
	struct rd r;
	struct wr w;

	wr_init(&w, 1 << 16);
	sighting_write(s, &w);
	r = rd_init(w.bytes, w.size);
	assert(!w.bad && sighting_read(&copy, &r) && rd_left(&r) == 0);
	wr_fini(&w);
}

/* Taken as intelligence: whole rows, or a reason. */
static inline void
fuzz_indicators(const struct item *item)
{
	const struct indicator_row preset = {.until = INT64_MAX};
	struct indicator_row rows[ITEM_INDICATORS];
	const char *reason;
	size_t count = item_to_indicators(item, &preset, rows, &reason);

	for (size_t i = 0; i < count; i++)
		assert(rows[i].value != NULL && rows[i].from < rows[i].until);
	assert((count == 0) == (reason != NULL));
}

static inline void
fuzz_item(void *ctx, const struct item *item)
{
	const char *reason;
	struct sighting s = {0};
	struct wr w;
	struct err err;
	json_t *json;

	wr_init(&w, 64 << 20);
	item_json(item, &w);
	assert(!w.bad);
	json = json_read((const char *)w.bytes, w.size, &err);
	assert(json != NULL);
	json_decref(json);
	wr_fini(&w);
	if (item_to_sighting(
		item, &(struct item_origin){ctx, "fuzz", 1, 0, 'C'}, &s, &reason))
		fuzz_sighting(&s);
	fuzz_indicators(item);
}

static inline void
fuzz_refusal(void *ctx, const struct refusal *refusal)
{
	(void)ctx;
	assert(refusal->reason != NULL && *refusal->reason != 0);
}

static inline void
fuzz_report(const char *format, const char *name, const uint8_t *bytes, size_t size)
{
	static struct weight_table *weights;
	const struct report_input in = {
	    .name = name, .fd = -1, .bytes = bytes, .size = size, .format = format};
	struct report_stat stat;
	struct err err;

	if (weights == NULL)
		weights = weights_read(NULL, &err);
	assert(weights != NULL);
	if (report_read(&in,
		&(struct report_sink){
		    .item = fuzz_item, .refuse = fuzz_refusal, .ctx = weights},
		&stat, &err))
		assert(stat.items + stat.refused >= stat.rows);
}

#endif
