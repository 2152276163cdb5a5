/* SPDX-License-Identifier: Apache-2.0 */
/* test_sighting.c -- what is written is read; what is out of range is refused whole. */
#include "../../src/event/sighting.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct sighting
sample(void)
{
	struct sighting s = {.first = 1000,
	    .last = 2000,
	    .precision = 5,
	    .received = 3000,
	    .addr = addr_v4(0xc0000201),
	    .realm = 7,
	    .port = 4711,
	    .proto = 6,
	    .role = ROLE_BOT,
	    .kind = KIND_SCAN,
	    .group = GROUP_PROPAGATION,
	    .severity = SEVERITY_HIGH,
	    .grade = 'A',
	    .gold = true,
	    .data_class = DATA_TRAFFIC,
	    .basis = BASIS_NETWORK_SECURITY,
	    .weight = 8.25,
	    .confidence = 0.5,
	    .weights_version = 3,
	    .count = 17,
	    .remote = addr_v4(0x08080808),
	    .remote_port = 23,
	    .flow_count = 2,
	    .tlp = "amber",
	    .source = "scan",
	    .identifier = "scan",
	    .rsit = "malicious-code/infected-system",
	    .family = "mirai",
	    .remote_name = "r\303\244v.example",
	    .why = "10 of 10 went unanswered"};

	s.flows[1] = (struct flow_record){.first = 1,
	    .last = 2,
	    .packets = {3, 4},
	    .bytes = {5, 6},
	    .our_port = 7,
	    .peer_port = 8,
	    .proto = 17,
	    .answer = 3,
	    .peer = addr_v4(9)};
	s.raw.b[3] = 9;
	sighting_set_id(&s, NULL, 500);
	return s;
}

static bool
reread(const struct sighting *in, struct sighting *out)
{
	struct wr w;
	struct rd r;
	bool good;

	wr_init(&w, 1 << 16);
	sighting_write(in, &w);
	r = rd_init(w.bytes, w.size);
	good = sighting_read(out, &r) && rd_left(&r) == 0;
	wr_fini(&w);
	return good;
}

static void
test_round_trip(void **state)
{
	struct sighting in = sample(), out;

	(void)state;
	assert_true(reread(&in, &out));
	assert_memory_equal(&in.flows, &out.flows, sizeof in.flows);
	assert_string_equal(in.why, out.why);
	assert_string_equal(in.remote_name, out.remote_name);
	assert_true(in.weight - out.weight == 0);
	assert_memory_equal(&in.id, &out.id, sizeof in.id);
	assert_memory_equal(&in.raw, &out.raw, sizeof in.raw);
	assert_int_equal(out.remote_port, 23);
	assert_int_equal(out.count, 17);
}

static void
test_refusals(void **state)
{
	struct sighting out, s;

	(void)state;
#define REFUSED(change)                                                                  \
	do {                                                                             \
		s = sample();                                                            \
		change;                                                                  \
		assert_false(reread(&s, &out));                                          \
		assert_int_equal(out.last, 0);                                           \
	} while (0)
	REFUSED(s.group = GROUP_COUNT);
	REFUSED(s.kind = KIND_COUNT);
	REFUSED(s.role = ROLE_OTHER + 1);
	REFUSED(s.severity = SEVERITY_CRITICAL + 1);
	REFUSED(s.basis = BASIS_OWN_TEST_NETWORK + 1);
	REFUSED(s.grade = 'G');
	REFUSED(s.data_class = 16);
	REFUSED(s.first = s.last + 1);
	REFUSED(s.precision = -1);
	REFUSED(s.precision = INT64_MAX);
	REFUSED(s.first = INT64_MIN);
	REFUSED(s.last = SIGHTING_TIME_MAX + 1);
	REFUSED(s.received = INT64_MAX);
	REFUSED(s.flows[0].first = INT64_MIN);
	REFUSED(s.weight = NAN);
	REFUSED(s.weight = HUGE_VAL);
	REFUSED(s.confidence = 1.5);
	REFUSED(s.flow_count = SIGHTING_FLOWS + 1);
	REFUSED(s.flows[0].answer = 4);
	REFUSED(strcpy(s.why, "two\nlines"));
	REFUSED(strcpy(s.family, "\300\200"));
	REFUSED(strcpy(s.family, "\355\240\200"));
	REFUSED(strcpy(s.family, "cut\303"));
#undef REFUSED
}

/* Every cut of a good record is refused, and nothing outside it is read. */
static void
test_truncated(void **state)
{
	struct sighting in = sample(), out;
	struct wr w;

	(void)state;
	wr_init(&w, 1 << 16);
	sighting_write(&in, &w);
	for (size_t size = 0; size < w.size; size++) {
		uint8_t *copy = malloc(size ? size : 1);
		struct rd r;

		assert_non_null(copy);
		memcpy(copy, w.bytes, size);
		r = rd_init(copy, size);
		assert_false(sighting_read(&out, &r));
		free(copy);
	}
	wr_fini(&w);
}

static void
test_id(void **state)
{
	struct sighting a = sample(), b = sample();
	struct id128 item = {{1}}, none = {{0}};

	(void)state;
	assert_memory_equal(&a.id, &b.id, 16);
	b.weight = 1; /* numbers do not make another claim */
	b.count = 99;
	sighting_set_id(&b, &none, 500);
	assert_memory_equal(&a.id, &b.id, 16);
	sighting_set_id(&b, NULL, 501);
	assert_memory_not_equal(&a.id, &b.id, 16);
	b = sample();
	b.realm = 8;
	sighting_set_id(&b, NULL, 500);
	assert_memory_not_equal(&a.id, &b.id, 16);
	sighting_set_id(&a, &item, 1);
	b = sample();
	sighting_set_id(&b, &item, 2); /* a report's id knows no window */
	assert_memory_equal(&a.id, &b.id, 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
