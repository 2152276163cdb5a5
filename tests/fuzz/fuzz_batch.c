/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_batch.c -- a received batch: what is accepted can be merged and paired. */
#include "event/merge.h"
#include "event/pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
ignore(void *ctx, const struct event *ev, const char *name)
{
	(void)ctx;
	(void)ev;
	(void)name;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct batch *batch;
	struct pair_config config = {
	    .flows = 64, .lines = 64, .wait = PAIR_WAIT, .hold = PAIR_HOLD};
	struct rd r = rd_init(bytes, size);
	struct merge_item item;
	struct merge *merge;
	struct pair *pair;

	if (batch == NULL)
		batch = batch_new();
	if (!batch_read(batch, &r))
		return 0;
	merge = merge_new(4, 1000);
	pair = pair_new(&config);
	(void)merge_put(merge, batch);
	for (uint32_t i = 0; i < 4; i++)
		merge_watermark(merge, i, batch->watermark);
	for (int i = 0; i < 10000 && merge_next(merge, &item); i++)
		if (item.kind == MERGE_EVENT)
			pair_event(pair, item.event, item.name, ignore, NULL);
	pair_advance(pair, INT64_MAX, ignore, NULL);
	merge_free(merge);
	pair_free(pair);
	return 0;
}
