/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_indicators.c -- any bytes as a list of indicators: what was taken is written, and
 * read back is taken again, all of it, and written as the same bytes.
 */
#include "base/when.h"
#include "intel/import.h"

#include <assert.h>

enum { ROOM = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct indicators *
import(const void *text, size_t size, struct import_stat *stat)
{
	struct indicator_row preset = {
	    .source = "fuzz", .confidence = 80, .from = INT64_MIN, .until = WHEN_NEVER};
	struct indicators *set = indicators_new();

	*stat = indicators_import(set, &preset, text, size, NULL, NULL);
	indicators_seal(set);
	return set;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct import_stat stat, again;
	struct indicators *set = import(bytes, size, &stat), *copy;
	struct wr w, v;

	wr_init(&w, ROOM);
	wr_init(&v, ROOM);
	indicators_write(set, &w);
	copy = import(w.bytes, w.size, &again);
	assert(again.refused == 0 && again.taken == indicators_count(set));
	indicators_write(copy, &v);
	assert(w.size == v.size && memcmp(w.bytes, v.bytes, w.size) == 0);
	for (size_t i = 0; i < indicators_count(set); i++) {
		const struct indicator *at = indicators_at(set, i);
		const char *name = indicator_text(set, at->name);

		if (at->bin == BIN_NONE || at->from > 0 || at->until <= 0)
			continue;
		assert(at->type == INDICATOR_DOMAIN
			   ? indicators_match_name(set, name, strlen(name), 0) != NULL
			   : indicators_match(
				 set, &at->prefix.addr, at->proto, at->port, 0) != NULL);
	}
	wr_fini(&w);
	wr_fini(&v);
	indicators_free(set);
	indicators_free(copy);
	return 0;
}
