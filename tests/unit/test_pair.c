/* SPDX-License-Identifier: Apache-2.0 */
/* test_pair.c -- directions joined once, answers told from what exporters evidently show.
 */
#include "../../src/event/pair.c"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const int64_t second = 1000000;

struct seen {
	struct event last;
	uint32_t count, by_answer[4];
	uint64_t packets[2];
	uint64_t digest;
};

static void
take(void *ctx, const struct event *ev, const char *name)
{
	struct seen *seen = ctx;

	(void)name;
	seen->last = *ev;
	seen->count++;
	seen->by_answer[ev->answer]++;
	seen->packets[0] += ev->packets[0];
	seen->packets[1] += ev->packets[1];
	seen->digest = hash_bytes(ev, sizeof *ev, seen->digest);
}

static struct pair *
fresh(void)
{
	struct pair_config config = {.flows = 1024,
	    .lines = 64,
	    .wait = PAIR_WAIT,
	    .hold = PAIR_HOLD,
	    .v6_length = 64};

	return pair_new(&config);
}

/* A record of what our host (10.0.0.1) sent (out) or got, at second `at`. */
static struct event
record(bool out, uint16_t our_port, uint16_t peer_port, uint8_t flags, int64_t at)
{
	struct event ev = {.kind = EVENT_FLOW,
	    .one_way = true,
	    .proto = PROTO_TCP,
	    .sampling = 1,
	    .direction = 255,
	    .ours = out ? OURS_SRC : OURS_DST,
	    .first = at * second,
	    .last = at * second + 500000,
	    .ready = at * second + 500000,
	    .packets = {3},
	    .bytes = {300},
	    .tcp_flags = {flags},
	    .sport = out ? our_port : peer_port,
	    .dport = out ? peer_port : our_port,
	    .exporter = 1};
	struct addr ours = addr_v4(0x0a000001), peer = addr_v4(0xc0000209);

	ev.src = out ? ours : peer;
	ev.dst = out ? peer : ours;
	ev.line.addr = ours;
	return ev;
}

static void
feed(struct pair *p, struct seen *seen, struct event ev)
{
	pair_event(p, &ev, NULL, take, seen);
}

/* Enough flows of both directions for the exporter to be believed. */
static int64_t
teach(struct pair *p, struct seen *seen)
{
	for (uint16_t i = 0; i < 20; i++) {
		feed(p, seen,
		    record(true, (uint16_t)(50000 + i), 443, TCP_SYN | TCP_ACK, i));
		feed(p, seen,
		    record(false, (uint16_t)(50000 + i), 443, TCP_SYN | TCP_ACK, i));
	}
	pair_advance(p, 100 * second, take, seen);
	return 100;
}

static void
test_joins_directions(void **state)
{
	struct pair *p = fresh();
	struct seen seen = {0};

	(void)state;
	(void)teach(p, &seen);
	assert_int_equal(seen.count, 20);
	assert_int_equal(seen.by_answer[ANSWER_ANSWERED], 20);
	assert_int_equal(seen.packets[0], 60);
	assert_int_equal(seen.packets[1], 60);
	assert_false(seen.last.one_way);
	assert_int_equal(seen.last.ours, OURS_SRC);
	pair_free(p);
}

static void
test_answers(void **state)
{
	struct pair *p = fresh();
	struct seen seen = {0};
	int64_t t = teach(p, &seen);

	(void)state;
	feed(p, &seen, record(true, 40000, 23, TCP_SYN, t));
	pair_advance(p, (t + 60) * second, take, &seen);
	assert_int_equal(seen.last.answer, ANSWER_SILENT);
	assert_true(seen.last.one_way);
	feed(p, &seen, record(true, 40001, 23, TCP_SYN, t + 61));
	feed(p, &seen, record(false, 40001, 23, TCP_RST | TCP_ACK, t + 61));
	pair_advance(p, (t + 120) * second, take, &seen);
	assert_int_equal(seen.last.answer, ANSWER_REFUSED);
	assert_int_equal(seen.last.ours, OURS_SRC);
	feed(p, &seen,
	    record(false, 22, 51000, TCP_SYN, t + 121)); /* scanned by the peer */
	pair_advance(p, (t + 180) * second, take, &seen);
	assert_int_equal(seen.last.ours, OURS_DST);
	assert_int_equal(seen.last.dport, 22);
	pair_free(p);
}

static void
test_one_direction_is_never_silence(void **state)
{
	struct pair *p = fresh();
	struct seen seen = {0};

	(void)state;
	for (uint16_t i = 0; i < 100; i++)
		feed(p, &seen,
		    record(true, (uint16_t)(50000 + i), 443,
			i % 2 ? TCP_SYN : TCP_SYN | TCP_ACK, i));
	pair_advance(p, WHEN_NEVER, take, &seen);
	assert_int_equal(seen.count, 100);
	assert_int_equal(seen.by_answer[ANSWER_SILENT], 0);
	assert_int_equal(seen.by_answer[ANSWER_UNKNOWN], 50);
	pair_free(p);
}

static void
test_copies_count_once(void **state)
{
	struct pair *p = fresh();
	struct seen seen = {0};
	struct event ev = record(true, 40000, 80, TCP_SYN | TCP_ACK, 1);

	(void)state;
	feed(p, &seen, ev);
	feed(p, &seen, ev); /* the datagram twice */
	ev.exporter = 2;    /* the next router */
	feed(p, &seen, ev);
	ev.exporter = 1;
	ev.direction = 1; /* the same router, on the way out */
	feed(p, &seen, ev);
	pair_advance(p, 60 * second, take, &seen);
	feed(p, &seen, ev); /* late */
	pair_advance(p, 120 * second, take, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.packets[0], 3);
	assert_int_equal(pair_stat(p).copies, 4);
	pair_free(p);
}

static void
test_long_flow(void **state)
{
	struct pair *p = fresh();
	struct seen seen = {0};

	(void)state;
	for (int64_t t = 0; t < 1200; t += 20) {
		feed(p, &seen, record(true, 40000, 80, t == 0 ? TCP_SYN : TCP_ACK, t));
		feed(p, &seen, record(false, 40000, 80, TCP_ACK, t));
		pair_advance(p, t * second, take, &seen);
	}
	pair_advance(p, WHEN_NEVER, take, &seen);
	assert_int_equal(seen.packets[0], 180);
	assert_in_range(seen.count, 3, 5);
	assert_true(seen.last.continued);
	assert_int_equal(seen.last.ours, OURS_SRC);
	assert_int_equal(seen.last.answer, ANSWER_ANSWERED);
	pair_free(p);
}

static void
test_new_holder(void **state)
{
	struct pair *p = fresh();
	struct seen seen = {0};
	struct line_change change = {.time = 5 * second, .seq = 1};
	struct line_key old;

	(void)state;
	change.line.addr = addr_v4(0x0a000001);
	assert_false(pair_change(p, &change, &old, take, &seen));
	feed(p, &seen, record(true, 40000, 80, TCP_SYN, 6));
	change.time = 7 * second;
	assert_true(pair_change(p, &change, &old, take, &seen));
	assert_int_equal(old.lease_gen, 1);
	assert_int_equal(seen.count, 1); /* went out with its holder */
	assert_int_equal(seen.last.line.lease_gen, 1);
	feed(p, &seen, record(true, 40000, 80, TCP_ACK, 8));
	pair_advance(p, WHEN_NEVER, take, &seen);
	assert_int_equal(seen.last.line.lease_gen, 2);
	assert_false(seen.last.continued);
	pair_free(p);
}

static struct pair *
reloaded(struct pair *p)
{
	struct pair *again = fresh();
	struct wr w;
	struct rd r;

	wr_init(&w, 1 << 26);
	pair_save(p, &w);
	r = rd_init(w.bytes, w.size);
	assert_true(pair_load(again, &r));
	assert_int_equal(rd_left(&r), 0);
	wr_fini(&w);
	pair_free(p);
	return again;
}

/* More flows than fit, saved and loaded on the way: the same events come out. */
static uint64_t
storm(bool reload)
{
	struct pair *p = fresh();
	struct seen seen = {0};
	struct rng rng;

	rng_seed(&rng, 3);
	for (int64_t t = 0; t < 8000; t++) {
		bool out = rng_below(&rng, 2) == 0;
		uint16_t port = (uint16_t)(1024 + rng_below(&rng, 4000));

		feed(p, &seen, record(out, port, 443, TCP_SYN | TCP_ACK, t / 100));
		if (t % 1000 == 999)
			pair_advance(p, t / 100 * second, take, &seen);
		if (reload && t % 700 == 699)
			p = reloaded(p);
	}
	assert_true(pair_stat(p).evicted > 0);
	pair_advance(p, WHEN_NEVER, take, &seen);
	pair_free(p);
	return seen.digest;
}

static void
test_resumes(void **state)
{
	(void)state;
	assert_true(storm(false) == storm(true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_joins_directions),
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_one_direction_is_never_silence),
	    cmocka_unit_test(test_copies_count_once),
	    cmocka_unit_test(test_long_flow),
	    cmocka_unit_test(test_new_holder),
	    cmocka_unit_test(test_resumes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
