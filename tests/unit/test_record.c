/* SPDX-License-Identifier: Apache-2.0 */
/* test_record.c -- bytes by a template to values; every way to tell time and sampling. */
#include "../../src/event/record.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define EXPORTED (INT64_C(1700000000) * WHEN_SECOND)

static const struct record_times plain = {.exported = EXPORTED};

static void
put(struct record *r, enum field field, uint64_t v)
{
	r->value[field] = v;
	r->has |= UINT64_C(1) << field;
}

/* From 10.0.0.1 to 192.0.2.1. */
static struct record
flow(void)
{
	struct record r = {.has = 1 << FIELD_SRC | 1 << FIELD_DST};

	r.addr[FIELD_SRC] = addr_v4(0x0a000001);
	r.addr[FIELD_DST] = addr_v4(0xc0000201);
	put(&r, FIELD_PROTO, PROTO_TCP);
	return r;
}

static struct event
event_of(const struct record *r, const struct record_times *times)
{
	struct event ev;

	assert_true(record_to_event(r, times, &ev));
	return ev;
}

static void
test_read(void **state)
{
	struct template_field fields[] = {{4, FIELD_SRC}, {LENGTH_VARIABLE, FIELD_NONE},
	    {3, FIELD_PACKETS}, {9, FIELD_BYTES}, {0, FIELD_PROTO}, {16, FIELD_DST}};
	struct template t = {.field_count = 6, .fields = fields};
	uint8_t bytes[] = {10, 0, 0, 1, 2, 'a', 'b', 1, 2, 3, 9, 9, 9, 9, 9, 9, 9, 9, 9,
	    0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	struct rd r = rd_init(bytes, sizeof bytes);
	struct record record;

	(void)state;
	assert_true(record_read(&record, &t, &r));
	assert_int_equal(rd_left(&r), 0);
	assert_int_equal(addr_to_v4(&record.addr[FIELD_SRC]), 0x0a000001);
	assert_int_equal(record.addr[FIELD_DST].b[0], 0x20);
	assert_int_equal(record.value[FIELD_PACKETS], 0x010203);
	assert_false(record_has(&record, FIELD_BYTES)); /* no number has nine bytes */
	assert_false(record_has(&record, FIELD_PROTO));
	r = rd_init(bytes, sizeof bytes - 1);
	assert_false(record_read(&record, &t, &r));
}

static void
test_long_variable(void **state)
{
	struct template_field fields[] = {
	    {LENGTH_VARIABLE, FIELD_NONE}, {1, FIELD_PROTO}};
	struct template t = {.field_count = 2, .fields = fields};
	uint8_t bytes[304] = {255, 1, 44, [303] = PROTO_UDP};
	struct rd r = rd_init(bytes, sizeof bytes);
	struct record record;

	(void)state;
	assert_true(record_read(&record, &t, &r));
	assert_int_equal(record.value[FIELD_PROTO], PROTO_UDP);
}

/* The family that does not apply is filled with zeros, before or behind. */
static void
test_two_families(void **state)
{
	struct template_field fields[] = {{16, FIELD_SRC}, {4, FIELD_SRC}};
	struct template t = {.field_count = 2, .fields = fields};
	uint8_t bytes[20] = {0x20, 1};
	struct rd r = rd_init(bytes, sizeof bytes);
	struct record record;

	(void)state;
	assert_true(record_read(&record, &t, &r));
	assert_int_equal(record.addr[FIELD_SRC].b[0], 0x20);
	memset(bytes, 0, sizeof bytes);
	bytes[16] = 10;
	r = rd_init(bytes, sizeof bytes);
	assert_true(record_read(&record, &t, &r));
	assert_int_equal(addr_to_v4(&record.addr[FIELD_SRC]), 0x0a000000);
}

static void
test_no_flow(void **state)
{
	struct record r = flow();
	struct event ev;

	(void)state;
	put(&r, FIELD_NAT_EVENT, 1);
	assert_false(record_to_event(&r, &plain, &ev));
	r = flow();
	r.has &= ~(UINT64_C(1) << FIELD_DST);
	assert_false(record_to_event(&r, &plain, &ev));
}

/* Uptime runs over after 49 days: 100 ms before the wrap to 200 ms behind it. */
static void
test_uptime(void **state)
{
	const struct record_times times = {
	    .exported = EXPORTED, .has_uptime = true, .uptime = 1000};
	struct record r = flow();
	struct event ev;

	(void)state;
	put(&r, FIELD_FIRST_UPTIME, UINT32_MAX - 99);
	put(&r, FIELD_LAST_UPTIME, 200);
	ev = event_of(&r, &times);
	assert_int_equal(ev.first, EXPORTED - 1100 * 1000);
	assert_int_equal(ev.last, EXPORTED - 800 * 1000);
	put(&r, FIELD_INIT_MS, 1600000000000); /* then the header's uptime is not meant */
	put(&r, FIELD_FIRST_UPTIME, 5);
	ev = event_of(&r, &times);
	assert_int_equal(ev.first, INT64_C(1600000000005000));
}

static void
test_absolute_times(void **state)
{
	struct record r = flow();
	struct event ev;

	(void)state;
	put(&r, FIELD_FIRST_S, 1600000000);
	put(&r, FIELD_LAST_S, 1600000009);
	ev = event_of(&r, &plain);
	assert_int_equal(ev.first, INT64_C(1600000000000000));
	assert_int_equal(ev.last, INT64_C(1600000009000000));
	put(&r, FIELD_FIRST_DELTA, 2000000);
	put(&r, FIELD_LAST_DELTA, 500000);
	ev = event_of(&r, &plain);
	assert_int_equal(ev.first, EXPORTED - 2000000);
	assert_int_equal(ev.last, EXPORTED - 500000);
	put(&r, FIELD_LAST_NTP, UINT64_C(3908988800) << 32 | 0x80000000);
	ev = event_of(&r, &plain);
	assert_int_equal(ev.last, INT64_C(1700000000500000));
}

/* One end and a duration; nothing at all; ends the wrong way round. */
static void
test_missing_times(void **state)
{
	struct record r = flow();
	struct event ev = event_of(&r, &plain);

	(void)state;
	assert_int_equal(ev.first, EXPORTED);
	assert_int_equal(ev.last, EXPORTED);
	put(&r, FIELD_FIRST_MS, 1600000000000);
	put(&r, FIELD_DURATION_MS, 1500);
	ev = event_of(&r, &plain);
	assert_int_equal(ev.last, INT64_C(1600000001500000));
	put(&r, FIELD_LAST_MS, 1500000000000);
	ev = event_of(&r, &plain);
	assert_true(ev.first <= ev.last);
	put(&r, FIELD_LAST_MS, UINT64_MAX);
	assert_int_equal(event_of(&r, &plain).last, time_max);
}

static void
test_icmp(void **state)
{
	struct record r = flow();
	struct event ev;

	(void)state;
	put(&r, FIELD_PROTO, PROTO_ICMP);
	put(&r, FIELD_DPORT, 0x0301); /* Cisco's way */
	ev = event_of(&r, &plain);
	assert_int_equal(ev.icmp_type, 3);
	assert_int_equal(ev.icmp_code, 1);
	assert_int_equal(ev.dport, 0);
	put(&r, FIELD_ICMP, 0x0b00);
	assert_int_equal(event_of(&r, &plain).icmp_type, 11);
	put(&r, FIELD_ICMP_TYPE, 8);
	assert_int_equal(event_of(&r, &plain).icmp_type, 8);
}

static void
test_two_way(void **state)
{
	struct record r = flow();
	struct event ev;

	(void)state;
	put(&r, FIELD_PACKETS_TOTAL, 7);
	assert_true(event_of(&r, &plain).one_way);
	assert_int_equal(event_of(&r, &plain).packets[0], 7);
	put(&r, FIELD_PACKETS, 5); /* the delta counts before the total */
	put(&r, FIELD_BYTES_BACK, 99);
	ev = event_of(&r, &plain);
	assert_int_equal(ev.packets[0], 5);
	assert_false(ev.one_way);
	assert_int_equal(ev.bytes[1], 99);
	assert_int_equal(ev.packets[1], 1); /* bytes came in something */
}

static void
test_sampling(void **state)
{
	struct record r = {0};

	(void)state;
	assert_int_equal(record_sampling(&r), 0);
	put(&r, FIELD_SAMPLE_SIZE, 10);
	put(&r, FIELD_SAMPLE_POPULATION, 1000);
	assert_int_equal(record_sampling(&r), 100);
	put(&r, FIELD_SAMPLE_SIZE, 0);
	assert_int_equal(record_sampling(&r), 0);
	put(&r, FIELD_SAMPLE_PACKETS, 2);
	put(&r, FIELD_SAMPLE_SPACE, 98);
	assert_int_equal(record_sampling(&r), 50);
	put(&r, FIELD_SAMPLE_ONE_IN, UINT64_MAX);
	assert_int_equal(record_sampling(&r), UINT32_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_long_variable),
	    cmocka_unit_test(test_two_families),
	    cmocka_unit_test(test_no_flow),
	    cmocka_unit_test(test_uptime),
	    cmocka_unit_test(test_absolute_times),
	    cmocka_unit_test(test_missing_times),
	    cmocka_unit_test(test_icmp),
	    cmocka_unit_test(test_two_way),
	    cmocka_unit_test(test_sampling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
