/* SPDX-License-Identifier: Apache-2.0 */
/* test_indicator.c -- what counts as contact with a listed address, and when an indicator
 * is suspended. */
#include "../../src/detect/indicator.c"

#include "intel/indicators.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct findings {
	uint32_t count, notices, withdrawn;
	struct finding last;
	char notice[512];
};

void
finding_report(struct findings *out, const struct finding *f)
{
	out->count++;
	out->withdrawn += f->weight == 0;
	out->last = *f;
}

void
finding_notice(struct findings *out, const char *detector, const char *text)
{
	(void)detector;
	out->notices++;
	(void)snprintf(out->notice, sizeof out->notice, "%s", text);
}

static struct indicators *
new_set(void)
{
	static const struct indicator_row rows[] = {
	    {.value = "203.0.113.1", .role = INDICATOR_SINKHOLE, .confidence = 90},
	    {.value = "203.0.113.2:443",
		.confidence = 95,
		.family = "Testbot",
		.source = "l"},
	    {.value = "203.0.113.3", .confidence = 80},
	    {.value = "203.0.113.4", .confidence = 80, .shared = true},
	    {.value = "evil.example", .confidence = 80},
	};
	struct indicators *set = indicators_new();
	struct err err;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct indicator_row r = rows[i];

		r.until = WHEN_NEVER;
		assert_true(indicators_add(set, &r, &err));
	}
	indicators_seal(set);
	return set;
}

struct bench {
	struct indicators *set;
	struct self *self;
	struct batch *batch;
	struct findings out;
	uint8_t claim;
};

static struct bench
begin(void)
{
	struct bench b = {.set = new_set(), .batch = batch_new()};
	struct options opt;
	struct err err;
	struct weight_table *weights = weights_read(NULL, &err);
	struct detect_env env = {.options = &opt,
	    .lines = 1 << 15,
	    .hold = WHEN_DAY,
	    .indicators = b.set,
	    .weights = weights};

	conf_preset(indicator_options, &opt);
	b.self = indicator_open(&env);
	weights_free(weights);
	return b;
}

static void
end(struct bench *b)
{
	indicator_close(b->self);
	indicators_free(b->set);
	batch_free(b->batch);
}

/* A flow of line `n` to 203.0.113.`host`, answered with `back` packets. */
static struct event
flow(uint32_t n, uint32_t host, uint64_t sent, uint64_t back)
{
	struct addr us = addr_v4(0x0a000000 + n);
	int64_t t = 15000 * WHEN_DAY;

	return (struct event){.kind = EVENT_FLOW,
	    .ready = t,
	    .first = t - 5,
	    .last = t,
	    .src = us,
	    .dst = addr_v4(0xcb007100 + host),
	    .line = line_key_of(0, &us, 64),
	    .ours = OURS_SRC,
	    .sport = 40000,
	    .dport = 443,
	    .proto = PROTO_TCP,
	    .answer = back > 0 ? ANSWER_ANSWERED : ANSWER_SILENT,
	    .packets = {sent, back},
	    .tcp_flags = {back > 0 ? TCP_SYN | TCP_ACK : TCP_SYN},
	    .sampling = 1};
}

static void
feed(struct bench *b, struct event ev)
{
	const struct event *list = &ev;
	struct view v = {
	    .batch = b->batch, .events = &list, .claims = &b->claim, .count = 1};

	b->claim = 0;
	indicator_feed(b->self, &v, &b->out);
}

static void
test_bins(void **state)
{
	struct bench b = begin();

	(void)state;
	feed(&b, flow(1, 9, 5, 5));
	assert_int_equal(b.out.count, 0);
	feed(&b, flow(1, 4, 5, 5));
	assert_true(b.out.last.weight == 2 && !b.out.last.gold);
	feed(&b, flow(1, 3, 5, 5));
	assert_true(b.out.last.weight == 6 && !b.out.last.gold);
	feed(&b, flow(1, 2, 5, 5));
	assert_true(b.out.last.weight == 12 && b.out.last.gold);
	assert_string_equal(b.out.last.family, "Testbot");
	assert_non_null(strstr(b.out.last.why, "1 connections to 203.0.113.2:443"));
	assert_non_null(
	    strstr(b.out.last.why, "listed by l as a command server of Testbot"));
	assert_int_equal(b.claim, 1 + GROUP_INTEL);
	feed(&b, flow(1, 1, 5, 5));
	assert_true(b.out.last.weight == 13 && b.out.last.gold);
	assert_int_equal(b.out.last.flow_count, 4);
	end(&b);
}

static void
test_tries(void **state)
{
	struct bench b = begin();
	struct event ev = flow(1, 3, 1, 0);

	(void)state;
	feed(&b, ev); /* one packet into the void is no evidence, a second is */
	assert_int_equal(b.out.count, 0);
	feed(&b, ev);
	assert_true(b.out.last.weight == 6);
	assert_non_null(strstr(b.out.last.why, "tried 2 times"));
	end(&b);
}

/* Listed addresses scan everybody: little that comes from outside counts for nothing, a
 * conversation for little. */
static void
test_inbound(void **state)
{
	struct bench b = begin();
	struct event ev = flow(1, 1, 3, 3);
	struct addr us = ev.src;

	(void)state;
	ev.src = ev.dst;
	ev.dst = us;
	ev.ours = OURS_DST;
	feed(&b, ev);
	assert_int_equal(b.out.count, 0);
	ev.packets[0] = ev.packets[1] = 9;
	feed(&b, ev);
	assert_true(b.out.last.weight == 2 && !b.out.last.gold);
	end(&b);
}

static void
test_names(void **state)
{
	struct bench b = begin();
	struct event ev = flow(1, 9, 1, 0);

	(void)state;
	ev.kind = EVENT_DNS;
	assert_true(batch_set_name(b.batch, &ev, "x.evil.example", 14));
	feed(&b, ev);
	assert_true(b.out.last.weight == 8);
	assert_int_equal(b.out.last.data_class, DATA_NAME);
	assert_non_null(
	    strstr(b.out.last.why, "asked 1 times for the name evil.example"));
	end(&b);
}

/* 12,000 lines active, of which more and more hit the same address: past 50 of them it is
 * suspended, once, and every finding that rested on it is withdrawn. */
static void
test_popularity(void **state)
{
	struct bench b = begin();
	uint32_t found = 0;

	(void)state;
	for (uint32_t n = 0; n < 12000; n++)
		feed(&b, flow(n, 9, 5, 5));
	for (uint32_t n = 0; n < 200 && b.out.notices == 0; n++) {
		feed(&b, flow(n, 3, 5, 5));
		found = n;
	}
	assert_int_equal(b.out.notices, 1);
	assert_true(found >= 40 && found <= 70); /* the sketch errs by 13 % */
	assert_int_equal(b.out.withdrawn, found);
	assert_non_null(strstr(b.out.notice, "203.0.113.3"));
	b.out.count = 0;
	feed(&b, flow(500, 3, 5, 5));
	assert_int_equal(b.out.count, 0);
	feed(&b, flow(500, 2, 5, 5)); /* others still count */
	assert_int_equal(b.out.count, 1);
	end(&b);
}

/* Below 10,000 active lines popularity is unknown. */
static void
test_small_network(void **state)
{
	struct bench b = begin();

	(void)state;
	for (uint32_t n = 0; n < 3000; n++)
		feed(&b, flow(n, 3, 5, 5));
	assert_int_equal(b.out.notices, 0);
	assert_int_equal(b.out.count, 3000);
	end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bins),
	    cmocka_unit_test(test_tries),
	    cmocka_unit_test(test_inbound),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_popularity),
	    cmocka_unit_test(test_small_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
