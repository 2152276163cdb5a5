/* SPDX-License-Identifier: Apache-2.0 */
/* test_scan.c -- what is a scan, and above all what is none. Reads as a list of claims.
 */
#include "../../src/detect/scan.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct findings {
	uint32_t count;
	struct finding last;
};

void
finding_report(struct findings *out, const struct finding *f)
{
	out->count++;
	out->last = *f;
}

void
finding_notice(struct findings *out, const char *detector, const char *text)
{
	(void)out;
	(void)detector;
	(void)text;
}

enum { CLAIMED = 1 + GROUP_PROPAGATION };

/* `count` contacts of one line, each `gap` after the other; the k-th goes to address
 * base + k * stride, port `port` + k * port_stride. */
struct attempt {
	uint32_t count, base, stride;
	uint16_t port, port_stride;
	uint8_t proto;
	enum answer answer;
	uint8_t flags;
	int64_t gap;
	uint8_t icmp_type;
	bool continued, inward;
	uint32_t answered_every; /* 0: none beside `answer` */
};

static struct event
event_of(const struct attempt *a, uint32_t k, int64_t t)
{
	struct addr us = addr_v4(0x0a000001);
	bool good = a->answered_every != 0 && k % a->answered_every == 0;

	return (struct event){.kind = EVENT_FLOW,
	    .ready = t,
	    .first = t - 1000,
	    .last = t,
	    .src = us,
	    .dst = addr_v4(a->base + k * a->stride),
	    .line = line_key_of(0, &us, 64),
	    .ours = a->inward ? OURS_DST : OURS_SRC,
	    .sport = 40000,
	    .dport = (uint16_t)(a->port + k * a->port_stride),
	    .proto = a->proto,
	    .icmp_type = a->icmp_type,
	    .answer = good ? ANSWER_ANSWERED : (uint8_t)a->answer,
	    .packets = {1, good},
	    .tcp_flags = {good ? TCP_SYN | TCP_ACK : a->flags},
	    .continued = a->continued,
	    .sampling = 1};
}

static void *
open_scan(void)
{
	static struct options opt;
	struct detect_env env = {.options = &opt, .lines = 64, .hold = WHEN_DAY};
	struct err err;
	struct weight_table *weights = weights_read(NULL, &err);
	void *self;

	conf_preset(scan_options, &opt);
	env.weights = weights;
	self = scan_open(&env);
	weights_free(weights);
	return self;
}

static struct findings
attempt(struct attempt a)
{
	struct findings out = {.count = 0};
	void *self = open_scan();
	uint8_t claim;

	if (a.gap == 0)
		a.gap = WHEN_SECOND;
	if (a.proto == 0)
		a.proto = PROTO_TCP;
	if (a.base == 0)
		a.base = 0x51020304;
	if (a.proto == PROTO_TCP && a.flags == 0)
		a.flags = TCP_SYN;
	for (uint32_t k = 0; k < a.count; k++) {
		struct event ev = event_of(&a, k, 15000 * WHEN_DAY + k * a.gap);
		const struct event *list = &ev;
		struct view v = {.events = &list, .claims = &claim, .count = 1};

		claim = 0;
		scan_feed(self, &v, &out);
	}
	scan_close(self);
	return out;
}

static double
weight(struct attempt a)
{
	return attempt(a).last.weight;
}

#define FAR                                                                              \
	7919 /* a stride beyond any neighbourhood; the first 14 share no bit of `seen`   \
	      */

static void
test_twelve_failures(void **state)
{
	struct attempt a = {.stride = FAR, .port = 23, .answer = ANSWER_SILENT};
	struct findings out;

	(void)state;
	a.count = 5;
	assert_int_equal(attempt(a).count, 0);
	a.count = 6;
	assert_true(weight(a) == 2);
	a.count = 11;
	assert_true(weight(a) == 4);
	a.count = 12;
	out = attempt(a);
	assert_true(out.last.weight == 8);
	assert_int_equal(out.last.kind, KIND_SCAN);
	assert_int_equal(out.last.count, 12);
	assert_non_null(strstr(out.last.why, "12 of 12 addresses"));
	assert_non_null(strstr(out.last.why, "telnet"));
	a.answer = ANSWER_REFUSED;
	assert_true(weight(a) == 8);
}

static void
test_no_scan(void **state)
{
	const struct attempt none[] = {
	    /* answered; a quarter silent only */
	    {.count = 500, .stride = FAR, .port = 23, .answer = ANSWER_ANSWERED},
	    {.count = 500,
		.stride = FAR,
		.port = 443,
		.answered_every = 2,
		.answer = ANSWER_SILENT},
	    /* one dead server, tried again and again */
	    {.count = 500, .stride = 0, .port = 23, .answer = ANSWER_SILENT},
	    /* six an hour: slower than the walk fades */
	    {.count = 500,
		.stride = FAR,
		.port = 23,
		.answer = ANSWER_SILENT,
		.gap = 20 * WHEN_MINUTE},
	    /* unknown is no failure: the flags show a conversation */
	    {.count = 500,
		.stride = FAR,
		.port = 23,
		.answer = ANSWER_UNKNOWN,
		.flags = TCP_SYN | TCP_ACK},
	    /* one's own network; mail; peer-to-peer; replies; later pieces; inward */
	    {.count = 200,
		.base = 0xc0a80001,
		.stride = 3,
		.port = 445,
		.answer = ANSWER_SILENT},
	    {.count = 500, .stride = FAR, .port = 25, .answer = ANSWER_SILENT},
	    {.count = 500, .stride = FAR, .port = 6881, .answer = ANSWER_SILENT},
	    {.count = 500,
		.stride = FAR,
		.port = 6881,
		.answer = ANSWER_SILENT,
		.proto = PROTO_UDP},
	    {.count = 500,
		.stride = FAR,
		.port = 23,
		.answer = ANSWER_SILENT,
		.flags = TCP_ACK | TCP_RST},
	    {.count = 500,
		.stride = FAR,
		.port = 23,
		.answer = ANSWER_SILENT,
		.continued = true},
	    {.count = 500,
		.stride = FAR,
		.port = 23,
		.answer = ANSWER_SILENT,
		.inward = true},
	    /* traceroute: one target */
	    {.count = 90,
		.stride = 0,
		.port = 33434,
		.port_stride = 1,
		.proto = PROTO_UDP,
		.answer = ANSWER_REFUSED},
	    {.count = 90,
		.stride = 0,
		.proto = PROTO_ICMP,
		.icmp_type = 8,
		.answer = ANSWER_SILENT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		if (attempt(none[i]).count != 0)
			fail_msg("case %zu: %s", i, attempt(none[i]).last.why);
}

/* On web ports 24 failures are needed: .69 each against 16.1. */
static void
test_web_needs_more(void **state)
{
	struct attempt a = {
	    .count = 22, .stride = FAR, .port = 80, .answer = ANSWER_SILENT};

	(void)state;
	assert_true(weight(a) < 8);
	a.count = 26;
	assert_true(weight(a) == 8);
}

static void
test_ping_sweep(void **state)
{
	struct attempt a = {.count = 14,
	    .stride = FAR,
	    .proto = PROTO_ICMP,
	    .icmp_type = 8,
	    .answer = ANSWER_SILENT};

	(void)state;
	assert_true(weight(a) == 8);
	a.icmp_type = 3;
	assert_true(attempt(a).count == 0);
}

static void
test_one_way(void **state)
{
	struct attempt a = {
	    .count = 30, .stride = FAR, .port = 23, .answer = ANSWER_UNKNOWN};

	(void)state;
	assert_int_equal(attempt(a).count, 0);
	a.count = 90;
	assert_true(weight(a) == 5);
	a.count = 290;
	assert_true(weight(a) == 8);
	assert_non_null(strstr(attempt(a).last.why, "one direction"));
	a.gap = WHEN_MINUTE;
	assert_int_equal(attempt(a).count, 0);
}

static void
test_vertical(void **state)
{
	struct attempt a = {.count = 60,
	    .stride = 0,
	    .port = 1024,
	    .port_stride = 1,
	    .answer = ANSWER_REFUSED};

	(void)state;
	assert_int_equal(attempt(a).count, 0);
	a.count = 200;
	assert_true(weight(a) == 5);
	assert_non_null(strstr(attempt(a).last.why, "81.2.3.4"));
}

/* Cerber: UDP to one port of address after address. */
static void
test_sweep(void **state)
{
	struct attempt a = {.count = 25,
	    .stride = 1,
	    .port = 6892,
	    .proto = PROTO_UDP,
	    .answer = ANSWER_SILENT};

	(void)state;
	assert_int_equal(attempt(a).count, 0);
	a.count = 60;
	assert_true(weight(a) == 8);
	a.answered_every = 4;
	assert_int_equal(attempt(a).count, 0);
}

static void
test_new_holder_starts_afresh(void **state)
{
	struct attempt a = {.stride = FAR,
	    .port = 23,
	    .proto = PROTO_TCP,
	    .flags = TCP_SYN,
	    .base = 0x51020304,
	    .answer = ANSWER_SILENT};
	struct findings out = {.count = 0};
	struct scan *s = open_scan();
	uint8_t claim = 0;

	(void)state;
	for (uint32_t k = 0; k < 10; k++) {
		struct event ev = event_of(&a, k, 15000 * WHEN_DAY + k * WHEN_SECOND);
		const struct event *list = &ev;
		struct view v = {.events = &list, .claims = &claim, .count = 1};

		if (k == 5)
			scan_line_changed(s, &ev.line, ev.ready);
		claim = 0;
		scan_feed(s, &v, &out);
		assert_int_equal(claim, CLAIMED);
	}
	assert_int_equal(out.count, 0);
	scan_close(s);
}

static void
test_claimed_by_others(void **state)
{
	struct attempt a = {.stride = FAR,
	    .port = 23,
	    .proto = PROTO_TCP,
	    .flags = TCP_SYN,
	    .base = 0x51020304,
	    .answer = ANSWER_SILENT};
	struct findings out = {.count = 0};
	struct scan *s = open_scan();

	(void)state;
	for (uint32_t k = 0; k < 40; k++) {
		struct event ev = event_of(&a, k, 15000 * WHEN_DAY + k * WHEN_SECOND);
		const struct event *list = &ev;
		uint8_t claim = 1 + GROUP_INTEL;
		struct view v = {.events = &list, .claims = &claim, .count = 1};

		scan_feed(s, &v, &out);
	}
	assert_int_equal(out.count, 0);
	scan_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_twelve_failures),
	    cmocka_unit_test(test_no_scan),
	    cmocka_unit_test(test_web_needs_more),
	    cmocka_unit_test(test_ping_sweep),
	    cmocka_unit_test(test_one_way),
	    cmocka_unit_test(test_vertical),
	    cmocka_unit_test(test_sweep),
	    cmocka_unit_test(test_new_holder_starts_afresh),
	    cmocka_unit_test(test_claimed_by_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
