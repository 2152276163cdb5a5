/* SPDX-License-Identifier: Apache-2.0 */
/* test_batch.c -- what is written is read; what was tampered with is refused. */
#include "../../src/event/batch.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct batch *
sample(uint32_t count)
{
	struct batch *batch = batch_new();

	batch->source = 3;
	batch->watermark = 77;
	for (uint32_t i = 0; i < count; i++) {
		struct event *ev = &batch->events[i];

		assert_ptr_equal(batch_add(batch), ev);
		*ev = (struct event){.ready = 50 + i,
		    .first = 10,
		    .last = 20,
		    .seq = 5 + i,
		    .source = 3,
		    .sampling = 1,
		    .kind = EVENT_DNS,
		    .ours = OURS_SRC};
		assert_true(batch_set_name(batch, ev, "example.org", 11));
	}
	return batch;
}

static void
test_round_trip(void **state)
{
	struct batch *in = sample(40), *out = batch_new();
	struct wr w;
	struct rd r;

	(void)state;
	wr_init(&w, 1 << 20);
	batch_write(in, &w);
	r = rd_init(w.bytes, w.size);
	assert_true(batch_read(out, &r));
	assert_int_equal(rd_left(&r), 0);
	assert_int_equal(out->count, 40);
	assert_int_equal(out->watermark, 77);
	assert_memory_equal(batch_name(out, &out->events[39]), "example.org", 11);
	assert_memory_equal(&out->events[7], &in->events[7], sizeof in->events[7]);
	wr_fini(&w);
	batch_free(in);
	batch_free(out);
}

/* Writes a sound batch, spoils `size` bytes of its first event at `offset`. */
static bool
survives(size_t offset, uint64_t value, size_t size)
{
	struct batch *in = sample(2), *out = batch_new();
	struct wr w;
	struct rd r;
	bool good;

	wr_init(&w, 1 << 20);
	batch_write(in, &w);
	memcpy(w.bytes + offset, &value, size);
	r = rd_init(w.bytes, w.size);
	good = batch_read(out, &r);
	assert_true(good || out->count == 0);
	wr_fini(&w);
	batch_free(in);
	batch_free(out);
	return good;
}

#define IN_EVENT(field) (sizeof(struct head) + offsetof(struct event, field))

static void
test_trusts_nothing(void **state)
{
	(void)state;
	assert_true(survives(IN_EVENT(sport), 9, 2));
	assert_false(survives(IN_EVENT(one_way), 2, 1));
	assert_false(survives(IN_EVENT(continued), 255, 1));
	assert_false(survives(IN_EVENT(kind), 3, 1));
	assert_false(survives(IN_EVENT(ours), 0, 1));
	assert_false(survives(IN_EVENT(answer), 4, 1));
	assert_false(survives(IN_EVENT(seq), 9, 8));
	assert_false(survives(IN_EVENT(seq), 0, 8));
	assert_false(survives(IN_EVENT(source), 4, 4));
	assert_false(survives(IN_EVENT(sampling), 0, 4));
	assert_false(survives(IN_EVENT(name), 12, 2));
	assert_false(survives(IN_EVENT(ready), UINT64_MAX, 8));
	assert_false(survives(IN_EVENT(last), 9, 8));
	assert_false(survives(IN_EVENT(line.port_lo), 1, 2));
	assert_false(survives(offsetof(struct head, count), BATCH_EVENTS + 1, 4));
	assert_false(survives(offsetof(struct head, count), 3, 4));
	assert_false(survives(offsetof(struct head, arena_used), BATCH_ARENA + 1, 4));
	assert_false(survives(offsetof(struct head, version), 2, 4));
}

static void
test_bounds(void **state)
{
	struct batch *batch = batch_new();
	char name[255] = {0};
	struct event *ev = batch_add(batch);
	uint32_t names = 0;

	(void)state;
	while (batch_set_name(batch, ev, name, sizeof name))
		names++;
	assert_int_equal(names, BATCH_ARENA / sizeof name);
	while (batch_add(batch) != NULL)
		;
	assert_int_equal(batch->count, BATCH_EVENTS);
	batch_free(batch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_trusts_nothing),
	    cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
