/* SPDX-License-Identifier: Apache-2.0 */
/* test_detect_marks.c -- detect waits for marks in REPLAY, until the end and no longer,
 * and never with the wall clock. */
#include "../../src/role/detect_marks.c"

#include "detect/weights.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { EPOCH = 60 * 1000000 };

static const int64_t START = 20000 * WHEN_DAY;

/* What detect.c gives: one source, no lease logs. */
struct stage {
	struct config *config;
	struct role role;
	struct feed feed;
	struct detect d;
	uint64_t seq;
};

int64_t
detect_inputs(const struct detect *d)
{
	return d->feeds[0].watermark;
}

static struct stage *
stage_new(enum clock_kind clock)
{
	struct stage *s = xcalloc(1, sizeof *s);
	struct err err;

	s->config = xcalloc(1, sizeof *s->config);
	s->config->clock = clock;
	s->config->epoch = EPOCH;
	s->role.config = s->config;
	s->feed.watermark = s->feed.newest = INT64_MIN;
	s->d.role = &s->role;
	s->d.feeds = &s->feed;
	s->d.feed_count = 1;
	s->d.marks.told = s->d.marks.given = INT64_MIN;
	runner_preset(&s->d.env);
	s->d.env.sources = 2;
	s->d.env.lines = s->d.env.flows = 64;
	s->d.weights = weights_read(NULL, &err);
	s->d.env.weights = s->d.weights;
	s->d.runner = runner_new(&s->d.env);
	detect_marks_init(&s->d);
	return s;
}

static void
stage_free(struct stage *s)
{
	runner_free(s->d.runner);
	weights_free(s->d.weights);
	free(s->d.marks.items);
	free(s->config);
	free(s);
}

static void
put_flow(struct stage *s, int64_t t, int64_t watermark)
{
	struct batch *batch = batch_new();
	struct event *ev = batch_add(batch);

	*ev = (struct event){.kind = EVENT_FLOW,
	    .ready = t,
	    .first = t,
	    .last = t,
	    .seq = ++s->seq,
	    .sampling = 1,
	    .src = addr_v4(0xc0000201),
	    .dst = addr_v4(0xcb007101),
	    .sport = 40000,
	    .dport = 23,
	    .proto = PROTO_TCP,
	    .ours = OURS_SRC,
	    .answer = ANSWER_ANSWERED,
	    .packets = {1, 1},
	    .tcp_flags = {TCP_SYN, TCP_SYN | TCP_ACK}};
	ev->line = line_key_of(0, &ev->src, 64);
	batch->watermark = watermark;
	assert_true(runner_put(s->d.runner, batch));
	batch_free(batch);
	s->feed.watermark = watermark;
	if (watermark != WHEN_NEVER)
		s->feed.newest = watermark;
	detect_give_marks(&s->d);
}

static void
say(struct stage *s, uint32_t type, const struct wr *w)
{
	struct msg msg = {.type = type, .body = rd_init(w->bytes, w->size)};

	assert_true(detect_take_mark(&s->d, &msg));
}

static void
say_watermark(struct stage *s, int64_t t)
{
	struct wr w;

	wr_init(&w, 16);
	wr_u64(&w, (uint64_t)t);
	say(s, WIRE_WATERMARK, &w);
	wr_fini(&w);
}

static void
say_mark(struct stage *s, uint64_t number, int64_t t)
{
	struct addr us = addr_v4(0xc0000201);
	struct line_mark mark = {.seq = number,
	    .time = t,
	    .as_of = t - MARK_DELAY,
	    .until = t + WHEN_DAY,
	    .line = line_key_of(0, &us, 64)};
	struct wr w;

	wr_init(&w, 128);
	mark_write(&mark, &w);
	say(s, WIRE_MARK, &w);
	wr_fini(&w);
}

static void
test_replay_waits(void **state)
{
	struct stage *s = stage_new(CLOCK_REPLAY);
	uint32_t source = detect_marks_source(&s->d);

	(void)state;
	put_flow(s, START, START + WHEN_HOUR);
	assert_true(runner_now(s->d.runner) == INT64_MIN);
	/* nothing was released, so nothing can be told before the first event */
	assert_true(detect_marks_passed(&s->d) == START - 1);
	say_watermark(s, mark_reach(EPOCH, START - 1));
	assert_true(runner_now(s->d.runner) >= START);
	assert_true(runner_now(s->d.runner) <= START + MARK_DELAY);
	assert_true(detect_marks_passed(&s->d) == mark_reach(EPOCH, START - 1));
	/* a mark waits for its time, and its number is known at once */
	say_mark(s, 1, START + 2 * WHEN_HOUR);
	say_mark(s, 1, START + 2 * WHEN_HOUR);
	say_watermark(s, START + 3 * WHEN_HOUR);
	assert_int_equal(runner_seq(s->d.runner, source), 0);
	assert_int_equal(last_number(&s->d), 1);
	assert_true(runner_now(s->d.runner) == START + WHEN_HOUR);
	put_flow(s, START + 2 * WHEN_HOUR, START + 2 * WHEN_HOUR + WHEN_MINUTE);
	assert_int_equal(runner_seq(s->d.runner, source), 1);
	assert_int_equal(runner_stat(s->d.runner).marked, 1);
	assert_int_equal(runner_stat(s->d.runner).merge.late, 0);
	stage_free(s);
}

/* The inputs end: marks up to the limit are waited for and taken, later ones never; in
 * whatever order the two are heard of. */
static void
test_replay_ends(void **state)
{
	const int64_t newest = START + WHEN_HOUR, limit = mark_reach(EPOCH, newest);
	int64_t now[2];

	(void)state;
	for (int early = 0; early < 2; early++) {
		struct stage *s = stage_new(CLOCK_REPLAY);

		put_flow(s, START, newest);
		say_watermark(s, limit - WHEN_MINUTE);
		if (early) {
			say_mark(s, 1, limit);
			say_mark(s, 2, limit + 1);
		}
		put_flow(s, newest + 1, WHEN_NEVER);
		assert_true(detect_marks_passed(&s->d) == limit - WHEN_MINUTE);
		if (!early) {
			say_mark(s, 1, limit);
			say_mark(s, 2, limit + 1);
		}
		say_watermark(s, early ? limit + WHEN_HOUR : limit);
		assert_true(detect_marks_passed(&s->d) == WHEN_NEVER);
		assert_int_equal(runner_seq(s->d.runner, detect_marks_source(&s->d)), 1);
		assert_int_equal(runner_stat(s->d.runner).merge.waiting, 0);
		now[early] = runner_now(s->d.runner);
		assert_true(now[early] > limit - MERGE_EPOCH && now[early] != WHEN_NEVER);
		stage_free(s);
	}
	assert_true(now[0] == now[1]);
}

static void
test_wall_never_waits(void **state)
{
	struct stage *s = stage_new(CLOCK_WALL);

	(void)state;
	put_flow(s, START, START + WHEN_HOUR);
	assert_true(runner_now(s->d.runner) == START + WHEN_HOUR);
	assert_true(detect_marks_passed(&s->d) == WHEN_NEVER);
	say_mark(s, 1, START + 2 * WHEN_HOUR); /* in time */
	assert_int_equal(s->d.marks.late, 0);
	assert_int_equal(runner_stat(s->d.runner).marked, 0);
	put_flow(s, START + 3 * WHEN_HOUR, START + 3 * WHEN_HOUR);
	assert_int_equal(runner_stat(s->d.runner).marked, 1);
	say_mark(
	    s, 2, START); /* the engine was slow: counted, and it holds from now on */
	assert_int_equal(s->d.marks.late, 1);
	assert_int_equal(runner_stat(s->d.runner).merge.late, 0);
	stage_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_replay_waits),
	    cmocka_unit_test(test_replay_ends),
	    cmocka_unit_test(test_wall_never_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
