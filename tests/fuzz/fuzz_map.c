/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_map.c -- a site's mapping of any bytes up to a zero, and what follows read with
 * it. What a mapping makes of a row is bound like any other report (fuzz_report.h).
 */
#include "fuzz_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct weight_table *weights;
	const uint8_t *zero = size > 0 ? memchr(bytes, 0, size) : NULL;
	size_t yaml = zero != NULL ? (size_t)(zero - bytes) : size;
	struct report_input in = {.name = "x", .fd = -1};
	struct report_stat stat;
	struct report_map *map;
	struct err err;

	if (weights == NULL)
		weights = weights_read(NULL, &err);
	assert(weights != NULL);
	map = map_parse("fuzz", (const char *)bytes, yaml, &err);
	if (map == NULL)
		return 0;
	in.map = map;
	in.bytes = bytes + yaml + (zero != NULL);
	in.size = size - yaml - (zero != NULL);
	if (report_read(&in,
		&(struct report_sink){
		    .item = fuzz_item, .refuse = fuzz_refusal, .ctx = weights},
		&stat, &err))
		assert(stat.items + stat.refused >= stat.rows);
	map_free(map);
	return 0;
}
