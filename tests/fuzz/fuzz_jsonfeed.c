/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_jsonfeed.c -- any bytes as a feed: recognised, read, JSON
 * and sighting.
 */
#include "detect/weights.h"
#include "report/report.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct weight_table *weights;

/* A sighting that the engine would refuse is fatal to its sender: no report may make one.
 */
static void
assert_readable(const struct sighting *s)
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

static void
take(void *ctx, const struct item *item)
{
	const char *reason;
	struct sighting s = {0};
	struct wr w;
	struct err err;
	json_t *json;

	(void)ctx;
	wr_init(&w, 64 << 20);
	item_json(item, &w);
	assert(!w.bad);
	json = json_read((const char *)w.bytes, w.size, &err);
	assert(json != NULL);
	json_decref(json);
	wr_fini(&w);
	if (item_to_sighting(
		item, &(struct item_origin){weights, "fuzz", 1, 0, 'C'}, &s, &reason))
		assert_readable(&s);
	assert((reason == NULL) == (s.group == GROUP_REPORT));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct report_input in = {
	    .name = "x", .fd = -1, .bytes = bytes, .size = size, .format = "jsonfeed"};
	struct report_stat stat;
	struct err err;

	if (weights == NULL)
		weights = weights_read(NULL, &err);
	assert(weights != NULL);
	(void)format_jsonfeed.recognise("x", bytes, size < 4096 ? size : 4096);
	if (report_read(&in, &(struct report_sink){.item = take}, &stat, &err))
		assert(stat.items + stat.refused == stat.rows);
	return 0;
}
