/* SPDX-License-Identifier: Apache-2.0 */
/* test_merge.c -- one order whatever the batches; epochs marked; memory bounded. */
#include "../../src/event/merge.c"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { SOURCES = 3, EVENTS = 3000 };

static const int64_t second = 1000000;

/* The same events for the same source, whatever the batches: ready is at most 5 s ahead
 * of the watermark. */
static struct event
made_up(uint32_t source, uint64_t seq)
{
	int64_t mark = (int64_t)seq * second / 7;
	int64_t ready = mark + (int64_t)(hash_u64(seq, source) % (uint64_t)(5 * second));

	if (seq > EVENTS / 2)
		ready += 7200 * second; /* a gap in the middle */
	return (struct event){.ready = ready,
	    .first = ready,
	    .last = ready,
	    .seq = seq,
	    .source = source,
	    .sampling = 1,
	    .kind = EVENT_DNS,
	    .ours = OURS_SRC};
}

static int64_t
mark_after(uint64_t seq)
{
	return (int64_t)(seq + 1) * second / 7 - 1 +
	       (seq >= EVENTS / 2 ? 7200 * second : 0);
}

static void
drain(struct merge *m, struct wr *out)
{
	struct merge_item item;

	while (merge_next(m, &item)) {
		wr_printf(out, "%d %lld", (int)item.kind, (long long)item.time);
		if (item.kind == MERGE_EVENT)
			wr_printf(out, " %u %llu %.*s", item.source,
			    (unsigned long long)item.event->seq,
			    (int)item.event->name_size, item.name);
		wr_printf(out, "\n");
	}
}

static struct merge *
reloaded(struct merge *m)
{
	struct merge *again = merge_new(SOURCES, 100000);
	struct wr w;
	struct rd r;

	wr_init(&w, 1 << 26);
	merge_save(m, &w);
	r = rd_init(w.bytes, w.size / 2);
	assert_false(merge_load(again, &r));
	r = rd_init(w.bytes, w.size);
	assert_true(merge_load(again, &r));
	assert_int_equal(rd_left(&r), 0);
	wr_fini(&w);
	merge_free(m);
	return again;
}

/* The next up to `size` events of a source as a batch; the last ends the source. */
static void
feed(struct merge *m, uint32_t source, uint64_t *next, uint64_t size)
{
	struct batch *batch = batch_new();

	batch->source = source;
	for (uint64_t i = 0; i < size && *next <= EVENTS; i++, ++*next) {
		struct event *ev = batch_add(batch);
		char name[24];
		int length =
		    snprintf(name, sizeof name, "n%llu", (unsigned long long)*next);

		assert_non_null(ev);
		if (ev != NULL) {
			*ev = made_up(source, *next);
			assert_true(batch_set_name(batch, ev, name, (size_t)length));
		}
	}
	batch->watermark = *next > EVENTS ? WHEN_NEVER : mark_after(*next - 1);
	assert_true(merge_put(m, batch));
	assert_true(merge_put(m, batch)); /* a repeated batch changes nothing */
	batch_free(batch);
}

static void
run(uint64_t seed, bool reload, struct wr *out)
{
	struct merge *m = merge_new(SOURCES, 100000);
	uint64_t next[SOURCES] = {1, 1, 1};
	struct rng rng;

	rng_seed(&rng, seed);
	while (merge_now(m) != WHEN_NEVER) {
		uint32_t source = (uint32_t)rng_below(&rng, SOURCES);

		if (next[source] > EVENTS)
			continue;
		feed(m, source, &next[source], 1 + rng_below(&rng, 200));
		drain(m, out);
		if (reload && rng_below(&rng, 8) == 0)
			m = reloaded(m);
	}
	assert_int_equal(merge_stat(m).waiting, 0);
	assert_int_equal(merge_stat(m).late, 0);
	assert_int_equal(merge_stat(m).forced, 0);
	merge_free(m);
}

static void
test_order_is_of_the_input(void **state)
{
	struct wr first, other;

	(void)state;
	wr_init(&first, 1 << 26);
	wr_init(&other, 1 << 26);
	run(1, false, &first);
	for (uint64_t seed = 2; seed < 6; seed++) {
		wr_reset(&other);
		run(seed, seed % 2 == 0, &other);
		assert_string_equal(wr_string(&first), wr_string(&other));
	}
	assert_true(strstr(wr_string(&first), "\n2 430000000\n") != NULL);
	wr_fini(&first);
	wr_fini(&other);
}

static void
put_one(struct merge *m, uint32_t source, uint64_t seq, int64_t ready, int64_t watermark)
{
	struct batch *batch = batch_new();
	struct event *ev = &batch->events[0];

	batch->source = source;
	batch->watermark = watermark;
	batch->count = 1;
	*ev = (struct event){.ready = ready, .seq = seq, .source = source};
	assert_true(merge_put(m, batch));
	batch_free(batch);
}

static void
test_epoch_holds_its_end(void **state)
{
	struct merge *m = merge_new(2, 100000);
	struct line_change change = {.time = 10 * second, .seq = 1};
	struct wr out;

	(void)state;
	wr_init(&out, 1 << 16);
	put_one(m, 0, 1, 10 * second, 20 * second);
	drain(m, &out);
	assert_int_equal(out.size, 0); /* source 1 has not spoken */
	assert_true(merge_change(m, 1, &change));
	merge_watermark(m, 1, 15 * second);
	drain(m, &out);
	merge_watermark(m, 1, WHEN_NEVER);
	merge_watermark(m, 0, WHEN_NEVER);
	drain(m, &out);
	assert_string_equal(wr_string(&out), "0 10000000 0 1 \n1 10000000\n2 10000000\n");
	wr_fini(&out);
	merge_free(m);
}

/* Marks keep their place among events and changes, by source, also over a snapshot; and
 * before anything is released merge tells when it will begin. */
static void
test_marks_have_a_place(void **state)
{
	struct merge *m = merge_new(SOURCES, 100000);
	struct line_change change = {.time = 10 * second, .seq = 1};
	struct line_mark mark = {.time = 10 * second, .seq = 1, .until = 77};
	struct merge_item item = {0};

	(void)state;
	assert_true(merge_first(m) == WHEN_NEVER);
	assert_true(merge_mark(m, 2, &mark));
	assert_true(merge_mark(m, 2, &mark));
	mark.seq = 2;
	mark.time = 9 * second;
	assert_true(merge_mark(m, 2, &mark));
	assert_true(merge_change(m, 1, &change));
	assert_false(merge_mark(m, SOURCES, &mark));
	m = reloaded(m);
	put_one(m, 0, 1, 10 * second, 20 * second);
	assert_true(merge_first(m) == 9 * second);
	merge_watermark(m, 1, 20 * second);
	assert_false(merge_next(m, &item));
	merge_watermark(m, 2, 20 * second);
	assert_true(merge_next(m, &item) && item.kind == MERGE_MARK);
	assert_true(item.mark.seq == 2 && item.mark.until == 77 && item.source == 2);
	assert_true(merge_first(m) == INT64_MIN);
	assert_true(merge_next(m, &item) && item.kind == MERGE_EVENT);
	assert_true(merge_next(m, &item) && item.kind == MERGE_CHANGE);
	assert_true(merge_next(m, &item) && item.kind == MERGE_MARK);
	assert_true(merge_next(m, &item) && item.kind == MERGE_EPOCH_END);
	merge_free(m);
}

static void
test_gap_of_years_is_cheap(void **state)
{
	struct merge *m = merge_new(1, 100000);
	struct wr out;
	size_t lines = 0;

	(void)state;
	wr_init(&out, 1 << 20);
	put_one(m, 0, 1, 1, 40 * 365 * WHEN_DAY);
	drain(m, &out);
	for (size_t i = 0; i < out.size; i++)
		lines += out.bytes[i] == '\n';
	assert_in_range(lines, 40 * 365, 40 * 365 + 600);
	wr_fini(&out);
	merge_free(m);
}

static void
test_memory_is_bounded(void **state)
{
	struct merge *m = merge_new(2, 3 * BATCH_EVENTS);
	struct batch *batch = batch_new();
	struct merge_item item;
	uint64_t seq = 0;

	(void)state;
	merge_watermark(m, 1, 0);
	for (int round = 0; round < 50; round++) {
		batch_reset(batch);
		batch->watermark = round;
		for (int i = 0; i < BATCH_EVENTS; i++)
			batch->events[batch->count++] =
			    (struct event){.ready = second, .seq = ++seq, .sampling = 1};
		assert_true(merge_put(m, batch));
		while (merge_next(m, &item))
			;
		assert_in_range(merge_stat(m).waiting, 0, 3 * BATCH_EVENTS);
	}
	assert_true(merge_stat(m).forced > 0);
	assert_false(merge_wants(m, 0));
	assert_true(merge_wants(m, 1));
	batch_free(batch);
	merge_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order_is_of_the_input),
	    cmocka_unit_test(test_epoch_holds_its_end),
	    cmocka_unit_test(test_marks_have_a_place),
	    cmocka_unit_test(test_gap_of_years_is_cheap),
	    cmocka_unit_test(test_memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
