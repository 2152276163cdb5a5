/* SPDX-License-Identifier: Apache-2.0 */
/* test_mark.c -- how far marks are told, and their bytes. */
#include "../../src/role/mark.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* What the engine has told to the end of an epoch: all marks of epochs up to then, none
 * of a later one. */
static void
test_reach(void **state)
{
	const int64_t epochs[] = {WHEN_SECOND, 7 * WHEN_SECOND, WHEN_MINUTE, WHEN_HOUR};
	const int64_t times[] = {-WHEN_DAY - 1, -1, 0, 1, 59 * WHEN_SECOND, WHEN_MINUTE,
	    20000 * WHEN_DAY + 12345};

	(void)state;
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 7; k++) {
			int64_t e = epochs[i], t = times[k], reach = mark_reach(e, t);
			int64_t next =
			    t - ((t % e) + e) % e + e; /* the first end after t */

			assert_true(reach == next + MARK_DELAY - 1);
			/* each round of the two takes both further (mark.h) */
			reach -= ((reach % MERGE_EPOCH) + MERGE_EPOCH) % MERGE_EPOCH;
			assert_true(reach >= next);
			assert_true(mark_reach(e, reach) >= mark_reach(e, t) + e);
		}
	assert_true(mark_reach(WHEN_MINUTE, INT64_MIN) == INT64_MIN);
	assert_true(mark_reach(WHEN_MINUTE, WHEN_NEVER) == WHEN_NEVER);
}

static void
test_bytes(void **state)
{
	struct line_mark mark = {.time = 20000 * WHEN_DAY,
			     .seq = 7,
			     .as_of = 1,
			     .until = 2,
			     .line = {.realm = 3,
				 .addr = addr_v4(0xc0000205),
				 .port_lo = 1024,
				 .port_hi = 2047}},
			 back;
	struct wr w;
	struct rd r;

	(void)state;
	wr_init(&w, 128);
	mark_write(&mark, &w);
	r = rd_init(w.bytes, w.size);
	assert_true(mark_read(&back, &r));
	assert_true(back.seq == 7 && back.time == mark.time && back.as_of == 1);
	assert_true(back.until == 2 && line_key_equal(&back.line, &mark.line));
	for (size_t size = 0; size < w.size; size++) {
		r = rd_init(w.bytes, size);
		assert_false(mark_read(&back, &r));
	}
	mark.time = INT64_MAX;
	wr_reset(&w);
	mark_write(&mark, &w);
	r = rd_init(w.bytes, w.size);
	assert_false(mark_read(&back, &r));
	wr_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reach),
	    cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
