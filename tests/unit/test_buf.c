/* SPDX-License-Identifier: Apache-2.0 */
/* test_buf.c -- the cursor never reads past its end, and says so once and for all. */
#include "../../src/base/buf.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_read_past_end(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3};
	struct rd r = rd_init(bytes, sizeof bytes);

	(void)state;
	assert_int_equal(rd_u16(&r), 0x0102);
	assert_int_equal(rd_u16(&r), 0);
	assert_true(r.bad);
	assert_int_equal(rd_u8(&r), 0);
}

static void
test_sub_is_bounded(void **state)
{
	static const uint8_t bytes[] = {0, 0, 0, 9, 7};
	struct rd r = rd_init(bytes, sizeof bytes), inner = rd_blob(&r);

	(void)state;
	assert_true(inner.bad);
	assert_true(r.bad);
	assert_int_equal(rd_left(&inner), 0);
}

static void
test_round_trip(void **state)
{
	struct wr w;
	struct rd r, inner;

	(void)state;
	wr_init(&w, 64);
	wr_u64(&w, 0x0102030405060708);
	wr_blob(&w, "abc", 3);
	r = rd_init(w.bytes, w.size);
	assert_true(rd_u64(&r) == 0x0102030405060708);
	inner = rd_blob(&r);
	assert_memory_equal(rd_take(&inner, 3), "abc", 3);
	assert_false(r.bad || inner.bad);
	wr_fini(&w);
}

static void
test_writer_limit(void **state)
{
	struct wr w;

	(void)state;
	wr_init(&w, 4);
	wr_u32(&w, 1);
	assert_false(w.bad);
	wr_u8(&w, 1);
	assert_true(w.bad);
	assert_int_equal(w.size, 4);
	wr_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_read_past_end),
	    cmocka_unit_test(test_sub_is_bounded),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_writer_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
