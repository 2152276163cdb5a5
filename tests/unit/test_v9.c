/* SPDX-License-Identifier: Apache-2.0 */
/* test_v9.c -- datagrams are whole: lengths, counts, padding, sequence, times. */
#include "../../src/sim/v9.c"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct seen {
	uint32_t datagrams, records, templates;
	uint64_t last_ms; /* end of the newest record, ms since 1970 */
};

static void
read_records(struct seen *s, struct rd *set, uint16_t id, uint64_t boot_ms)
{
	size_t size = id == TEMPLATE_V4 ? V9_RECORD_V4 : V9_RECORD_V6;

	assert_true(id == TEMPLATE_V4 || id == TEMPLATE_V6);
	while (rd_left(set) >= size) {
		struct rd r = rd_sub(set, size);
		uint64_t first = rd_u32(&r), last = rd_u32(&r);

		assert_true(first <= last);
		if (boot_ms + last > s->last_ms)
			s->last_ms = boot_ms + last;
		s->records++;
	}
	assert_true(rd_left(set) < 4);
}

static void
check_datagram(void *ctx, int64_t time, const uint8_t *bytes, size_t size)
{
	struct seen *s = ctx;
	struct rd r = rd_init(bytes, size);
	uint32_t before = s->records, count, uptime_ms, seconds;
	bool with_templates = false;

	assert_true(size <= V9_DATAGRAM && size % 4 == 0);
	assert_int_equal(rd_u16(&r), 9);
	count = rd_u16(&r);
	uptime_ms = rd_u32(&r);
	seconds = rd_u32(&r);
	assert_int_equal(seconds, time / WHEN_SECOND);
	assert_int_equal(rd_u32(&r), s->datagrams++);
	assert_int_equal(rd_u32(&r), 77);
	while (rd_left(&r) > 0) {
		uint16_t id = rd_u16(&r);
		struct rd set = rd_sub(&r, rd_u16(&r) - 4u);

		assert_false(r.bad);
		if (id != 0) {
			read_records(s, &set, id, seconds * UINT64_C(1000) - uptime_ms);
			continue;
		}
		s->templates++;
		with_templates = true;
	}
	assert_int_equal(count, s->records - before + (with_templates ? 2 : 0));
}

static struct v9_record
record(int64_t t, bool v6)
{
	struct v9_record r = {
	    .first = t - 1500000, .last = t, .packets = 3, .bytes = 120};

	r.src = addr_v4(0xc6120001);
	r.dst = addr_v4(0xf0010001);
	if (v6)
		r.src.b[0] = r.dst.b[0] = 0x20;
	return r;
}

static void
test_datagrams(void **state)
{
	const int64_t start = 1788739200 * WHEN_SECOND;
	static struct v9 v9;
	struct seen s = {0};
	int64_t t = start;

	(void)state;
	v9_init(&v9, 77, start - WHEN_DAY, check_datagram, &s);
	for (int i = 0; i < 10000; i++) {
		struct v9_record r = record(t, i % 7 == 0);

		v9_put(&v9, &r, t);
		t += 20000;
	}
	assert_int_equal(s.records + v9.counts[0] + v9.counts[1], 10000);
	v9_flush(&v9, t);
	assert_int_equal(s.records, 10000);
	assert_int_equal(
	    s.templates, (s.datagrams + V9_TEMPLATE_EVERY - 1) / V9_TEMPLATE_EVERY);
	/* 1400 bytes hold at least 20 records, so 10,000 need at most 500 datagrams. */
	assert_true(s.datagrams > 250 && s.datagrams <= 500);
	assert_true(s.last_ms == (uint64_t)(t - 20000) / 1000);
	v9_flush(&v9, t);
	assert_int_equal(s.records, 10000);
}

static void
test_waits_at_most(void **state)
{
	const int64_t start = 1788739200 * WHEN_SECOND;
	static struct v9 v9;
	struct seen s = {0};

	(void)state;
	v9_init(&v9, 77, start - WHEN_DAY, check_datagram, &s);
	for (int i = 0; i < 4; i++) {
		struct v9_record r = record(start + i * 2 * WHEN_SECOND, false);

		v9_put(&v9, &r, r.last);
	}
	assert_int_equal(
	    s.datagrams, 1); /* the fourth came six seconds after the first */
	assert_int_equal(s.records, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_datagrams),
	    cmocka_unit_test(test_waits_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
