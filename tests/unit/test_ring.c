/* SPDX-License-Identifier: Apache-2.0 */
/* test_ring.c -- frames come out as they went in; nonsense in the shared pages is seen.
 */
#include "../../src/base/ring.c"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct ends {
	struct ring *w, *r;
	struct wr out;
};

static void
start(struct ends *e)
{
	struct err err;
	int fd = ring_memory();

	e->w = ring_open(dup(fd), true, &err);
	e->r = ring_open(fd, false, &err);
	assert_non_null(e->w);
	assert_non_null(e->r);
	wr_init(&e->out, RING_FRAME_MAX);
}

static void
stop(struct ends *e)
{
	ring_close(e->w);
	ring_close(e->r);
	wr_fini(&e->out);
}

/* Sizes at random, many times around the ring; what comes out is what went in. */
static void
test_order(void **state)
{
	static uint8_t bytes[RING_FRAME_MAX];
	struct ends e;
	struct rng rng;
	uint32_t put = 0, got = 0, type;

	(void)state;
	start(&e);
	rng_seed(&rng, 1);
	while (got < 500) {
		size_t size = (size_t)rng_below(&rng, 200000);

		memset(bytes, (int)(put & 0xff), size);
		while (ring_put(e.w, put, bytes, size)) {
			put++;
			size = (size_t)rng_below(&rng, 200000);
			memset(bytes, (int)(put & 0xff), size);
		}
		for (uint64_t n = 1 + rng_below(&rng, 40); n > 0; n--) {
			wr_reset(&e.out);
			if (!ring_get(e.r, &type, &e.out))
				break;
			assert_int_equal(type, got);
			for (size_t i = 0; i < e.out.size; i += 997)
				assert_int_equal(e.out.bytes[i], got & 0xff);
			got++;
		}
	}
	assert_false(ring_bad(e.w) || ring_bad(e.r));
	stop(&e);
}

static void
test_wakes(void **state)
{
	static uint8_t bytes[RING_FRAME_MAX];
	struct ends e;
	uint32_t type;

	(void)state;
	start(&e);
	assert_false(ring_wake(e.w));
	assert_false(ring_get(e.r, &type, &e.out)); /* the reader goes to sleep */
	assert_true(ring_put(e.w, 1, bytes, 10));
	assert_true(ring_wake(e.w));
	assert_false(ring_wake(e.w)); /* told once */
	while (ring_put(e.w, 2, bytes, sizeof bytes))
		;
	assert_true(ring_get(e.r, &type, &e.out));
	assert_true(ring_wake(e.r)); /* the writer slept for want of room */
	stop(&e);
}

static void
test_nonsense(void **state)
{
	struct ends e;
	uint32_t type;
	struct frame f = {RING_FRAME_MAX + 1, 0};

	(void)state;
	start(&e);
	assert_true(ring_put(e.w, 1, "x", 1));
	memcpy(e.w->data, &f, sizeof f);
	assert_false(ring_get(e.r, &type, &e.out));
	assert_true(ring_bad(e.r));
	stop(&e);
	start(&e);
	atomic_store(&e.w->shared->head, UINT64_C(1) << 40);
	assert_false(ring_get(e.r, &type, &e.out));
	assert_true(ring_bad(e.r));
	stop(&e);
	start(&e);
	atomic_store(&e.r->shared->tail, 77);
	assert_false(ring_put(e.w, 1, "x", 1));
	assert_true(ring_bad(e.w));
	stop(&e);
	/* A frame longer than what was written. */
	start(&e);
	assert_true(ring_put(e.w, 1, "x", 1));
	f.size = 100;
	memcpy(e.w->data, &f, sizeof f);
	assert_false(ring_get(e.r, &type, &e.out));
	assert_true(ring_bad(e.r));
	stop(&e);
}

static void
test_foreign_memory(void **state)
{
	struct err err;
	int fd = memfd_create("other", 0);

	(void)state;
	assert_int_equal(ftruncate(fd, PAGE + RING_BYTES), 0);
	assert_null(ring_open(fd, false, &err)); /* not sealed: could shrink under us */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_wakes),
	    cmocka_unit_test(test_nonsense),
	    cmocka_unit_test(test_foreign_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
