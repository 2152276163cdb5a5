/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_runner.c -- made-up traffic of two sources through the whole chain: the same bytes
 * come out whatever the batch size and wherever a snapshot cuts in; what is found is
 * handed out when it should be, and about the right holder.
 */
#include "../../src/detect/runner.c"

#include "base/hash.h"
#include "detect/weights.h"
#include "intel/indicators.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { SOURCES = 2, EVENTS = 6000, LOG_ROOM = 8 << 20, SNAPSHOT_ROOM = 256 << 20 };

static const int64_t START = 15000 * WHEN_DAY;

struct script {
	struct event events[SOURCES][EVENTS];
	struct weight_table *weights;
	struct indicators *set;
};

struct log {
	struct wr bytes;
	uint32_t sightings, epochs;
	struct sighting last;
};

static void
log_sighting(void *ctx, const struct sighting *s)
{
	struct log *log = ctx;

	sighting_write(s, &log->bytes);
	log->sightings++;
	log->last = *s;
}

static void
log_epoch(void *ctx, int64_t end)
{
	struct log *log = ctx;

	wr_u64(&log->bytes, (uint64_t)end);
	log->epochs++;
}

/* Line 10.0.0.n to a stranger; n below 4 scans telnet, 4 to 7 reach a listed endpoint,
 * the rest browse. */
static void
make_event(struct event *ev, struct rng *rng, uint32_t source, int64_t t)
{
	uint32_t n = (uint32_t)rng_below(rng, 100);
	bool scans = n < 4, bot = n >= 4 && n < 8 && rng_below(rng, 4) == 0;
	struct addr us = addr_v4(0x0a000000 + n);

	*ev = (struct event){.kind = EVENT_FLOW,
	    .ready = t,
	    .first = t - WHEN_SECOND,
	    .last = t,
	    .source = source,
	    .sampling = 1,
	    .src = us,
	    .line = line_key_of(0, &us, 64),
	    .dst = addr_v4(0x50000000 + (uint32_t)rng_below(rng, scans ? 1 << 28 : 500)),
	    .sport = 40000,
	    .dport = scans ? 23 : 443,
	    .proto = PROTO_TCP,
	    .ours = OURS_SRC,
	    .answer = scans ? ANSWER_SILENT : ANSWER_ANSWERED,
	    .packets = {scans ? 1 : 9, scans ? 0 : 8},
	    .bytes = {scans ? 60 : 1200, scans ? 0 : 9000},
	    .tcp_flags = {scans ? TCP_SYN : TCP_SYN | TCP_ACK | TCP_FIN}};
	if (bot) {
		ev->dst = addr_v4(0xc6336401);
		ev->dport = 8080;
	}
}

static struct script *
new_script(uint64_t seed)
{
	struct indicator_row row = {.value = "198.51.100.1:8080",
	    .confidence = 95,
	    .family = "Testbot",
	    .source = "list",
	    .from = INT64_MIN,
	    .until = WHEN_NEVER};
	struct script *s = xcalloc(1, sizeof *s);
	struct rng rng;
	struct err err;

	rng_seed(&rng, seed);
	for (uint32_t source = 0; source < SOURCES; source++) {
		int64_t t = START;

		for (uint32_t i = 0; i < EVENTS; i++) {
			t += (int64_t)rng_below(&rng, 400000);
			make_event(&s->events[source][i], &rng, source, t);
			s->events[source][i].seq = i + 1;
		}
	}
	s->weights = weights_read(NULL, &err);
	s->set = indicators_new();
	assert_true(indicators_add(s->set, &row, &err));
	indicators_seal(s->set);
	return s;
}

static void
free_script(struct script *s)
{
	weights_free(s->weights);
	indicators_free(s->set);
	free(s);
}

static struct runner *
new_runner_of(const struct script *s, struct log *log, const uint8_t *grounds)
{
	struct runner_env env;

	runner_preset(&env);
	env.sources = SOURCES;
	env.lines = env.flows = 4096;
	env.grounds = grounds;
	env.weights = s->weights;
	env.indicators = s->set;
	env.out =
	    (struct runner_out){.ctx = log, .sighting = log_sighting, .epoch = log_epoch};
	return runner_new(&env);
}

static struct runner *
new_runner(const struct script *s, struct log *log)
{
	return new_runner_of(s, log, NULL);
}

/* Events from *at on, at most `size`, with the watermark they allow. */
static void
fill(const struct script *s, struct batch *batch, uint32_t source, uint32_t *at,
    uint32_t size)
{
	batch_reset(batch);
	batch->source = source;
	while (*at < EVENTS && batch->count < size)
		*batch_add(batch) = s->events[source][(*at)++];
	batch->watermark = *at < EVENTS ? s->events[source][*at].ready - 1 : WHEN_NEVER;
}

static struct runner *
reborn(const struct script *s, struct runner *r, struct log *log)
{
	struct runner *fresh = new_runner(s, log);
	struct rd rd;
	struct wr w;

	wr_init(&w, SNAPSHOT_ROOM);
	runner_save(r, &w);
	assert_false(w.bad);
	rd = rd_init(w.bytes, w.size);
	assert_true(runner_load(fresh, &rd));
	assert_int_equal(rd_left(&rd), 0);
	wr_fini(&w);
	runner_free(r);
	return fresh;
}

/* `cut`: after how many batches a snapshot takes over; 0: never. */
static struct log
run(const struct script *s, uint32_t size, uint32_t cut)
{
	struct log log = {.sightings = 0};
	struct runner *r = new_runner(s, &log);
	struct batch *batch = batch_new();
	uint32_t at[SOURCES] = {0}, batches = 0;

	wr_init(&log.bytes, LOG_ROOM);
	while (at[0] < EVENTS || at[1] < EVENTS)
		for (uint32_t source = 0; source < SOURCES; source++) {
			if (at[source] == EVENTS)
				continue;
			fill(s, batch, source, &at[source], size);
			assert_true(runner_put(r, batch));
			if (++batches == cut)
				r = reborn(s, r, &log);
		}
	assert_int_equal(runner_stat(r).events, SOURCES * EVENTS);
	batch_free(batch);
	runner_free(r);
	return log;
}

static void
assert_same(struct log *a, struct log *b)
{
	assert_int_equal(a->sightings, b->sightings);
	assert_int_equal(a->bytes.size, b->bytes.size);
	assert_memory_equal(a->bytes.bytes, b->bytes.bytes, a->bytes.size);
	wr_fini(&b->bytes);
}

static void
test_batch_size_does_not_show(void **state)
{
	struct script *s = new_script(1);
	struct log one = run(s, 1, 0), seven = run(s, 7, 0), many = run(s, 4096, 0),
		   again = run(s, 4096, 0);

	(void)state;
	assert_false(one.bytes.bad);
	assert_true(one.sightings >= 8); /* the scanners and those in touch with a C2 */
	assert_true(one.epochs > 100);
	assert_same(&one, &seven);
	assert_same(&one, &many);
	assert_same(&one, &again);
	wr_fini(&one.bytes);
	free_script(s);
}

static void
test_snapshot_does_not_show(void **state)
{
	struct script *s = new_script(2);
	struct log whole = run(s, 100, 0), early = run(s, 100, 3), late = run(s, 100, 77);

	(void)state;
	assert_same(&whole, &early);
	assert_same(&whole, &late);
	wr_fini(&whole.bytes);
	free_script(s);
}

/* Failing telnet contacts of one line, `count` of them a second apart. */
static void
put_scan_from(struct runner *r, uint32_t source, uint64_t seq, int64_t t, uint32_t count,
    int64_t watermark)
{
	struct batch *batch = batch_new();
	struct rng rng;

	rng_seed(&rng, seq);
	for (uint32_t i = 0; i < count; i++, t += WHEN_SECOND) {
		struct event *ev = batch_add(batch);

		do
			make_event(ev, &rng, source, t);
		while (ev->dport != 23);
		ev->src = addr_v4(0x0a000001);
		ev->line = line_key_of(0, &ev->src, 64);
		ev->seq = seq + i;
	}
	batch->source = source;
	batch->watermark = watermark;
	assert_true(runner_put(r, batch));
	batch_free(batch);
}

static void
put_scan(struct runner *r, uint64_t seq, int64_t t, uint32_t count, int64_t watermark)
{
	put_scan_from(r, 0, seq, t, count, watermark);
}

static struct log
run_scan(const struct script *s, uint32_t count, bool marked)
{
	struct log log = {.sightings = 0};
	struct runner *r = new_runner(s, &log);
	struct addr us = addr_v4(0x0a000001);
	struct line_mark mark = {.seq = 1,
	    .time = START - WHEN_HOUR,
	    .as_of = START - 2 * WHEN_HOUR,
	    .until = START + WHEN_DAY,
	    .line = line_key_of(0, &us, 64)};

	wr_init(&log.bytes, LOG_ROOM);
	if (marked)
		assert_true(runner_mark(r, 1, &mark));
	runner_watermark(r, 1, WHEN_NEVER);
	put_scan(r, 1, START, count, WHEN_NEVER);
	runner_free(r);
	wr_fini(&log.bytes);
	return log;
}

/* Twelve failures are a scan (8 nats, posterior .75); eight are 2 nats, which stay in
 * memory unless somebody asks about the line. */
static void
test_what_is_told(void **state)
{
	struct script *s = new_script(3);
	struct log scan = run_scan(s, 30, false), some = run_scan(s, 8, false),
		   asked = run_scan(s, 8, true);

	(void)state;
	assert_int_equal(scan.sightings, 1);
	assert_true(scan.last.weight == 8);
	assert_string_equal(scan.last.source, "scan");
	assert_int_equal(scan.last.group, GROUP_PROPAGATION);
	assert_int_equal(scan.last.flow_count, 10); /* from the third failure on */
	assert_true(scan.last.received % MERGE_EPOCH == 0);
	assert_true(scan.last.received >= scan.last.last);
	assert_int_equal(some.sightings, 0);
	assert_int_equal(asked.sightings, 1);
	assert_true(asked.last.weight == 2);
	free_script(s);
}

/* `changed`: the address goes to another line a minute before the mark's time. What was
 * found earlier is told once the mark holds; an end of the mark ends that. */
static struct log
run_marked_later(const struct script *s, int64_t changed, bool ended)
{
	struct log log = {.sightings = 0};
	struct runner *r = new_runner(s, &log);
	struct addr us = addr_v4(0x0a000001);
	struct line_key key = line_key_of(0, &us, 64);
	struct line_change change = {.seq = 1, .time = START - WHEN_DAY, .line = key};
	struct line_mark mark = {.seq = 3,
	    .time = START + WHEN_HOUR,
	    .as_of = START + WHEN_HOUR - 5 * WHEN_MINUTE,
	    .until = START + WHEN_DAY,
	    .line = key};

	wr_init(&log.bytes, LOG_ROOM);
	assert_true(runner_change(r, 1, &change));
	change = (struct line_change){.seq = 2, .time = changed, .line = key};
	if (changed != 0)
		assert_true(runner_change(r, 1, &change));
	assert_true(runner_mark(r, 1, &mark));
	mark.seq = 4;
	mark.time += 2 * WHEN_MINUTE;
	mark.until = 0;
	if (ended)
		assert_true(runner_mark(r, 1, &mark));
	runner_watermark(r, 1, WHEN_NEVER);
	put_scan(r, 1, START, 8, START + WHEN_HOUR - WHEN_MINUTE);
	assert_int_equal(log.sightings, 0);
	put_scan(r, 9, START + WHEN_HOUR + 10 * WHEN_MINUTE, 7, WHEN_NEVER);
	runner_free(r);
	wr_fini(&log.bytes);
	return log;
}

static void
test_marks_are_of_the_holder(void **state)
{
	struct script *s = new_script(5);
	struct log same = run_marked_later(s, 0, false),
		   ended = run_marked_later(s, 0, true),
		   other = run_marked_later(s, START + WHEN_HOUR - WHEN_MINUTE, false),
		   after = run_marked_later(s, START + WHEN_HOUR + WHEN_MINUTE, false);

	(void)state;
	assert_true(same.sightings > 1); /* what was known, then what is new */
	assert_int_equal(ended.sightings, 1);
	assert_true(ended.last.received == START + WHEN_HOUR);
	assert_int_equal(other.sightings, 0); /* the mark is not for who came since */
	assert_int_equal(after.sightings, 1); /* it went with the old holder */
	free_script(s);
}

/* Two sources on different grounds: a finding carries that of those who told of the line,
 * and of several the narrowest. */
static void
test_basis_is_of_the_source(void **state)
{
	static const uint8_t grounds[SOURCES] = {BASIS_NETWORK_SECURITY, BASIS_CONSENT};
	static const uint8_t both[SOURCES] = {BASIS_CONTRACT, BASIS_NETWORK_SECURITY};
	const uint8_t *tables[] = {grounds, grounds, both, NULL};
	const uint8_t expected[] = {
	    BASIS_NETWORK_SECURITY, BASIS_CONSENT, BASIS_CONTRACT, BASIS_NONE};
	struct script *s = new_script(6);

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct log log = {.sightings = 0};
		struct runner *r;

		wr_init(&log.bytes, LOG_ROOM);
		r = new_runner_of(s, &log, tables[i]);
		if (i != 1)
			put_scan_from(r, 0, 1, START, 15, WHEN_NEVER);
		if (i == 1 || i == 2)
			put_scan_from(r, 1, 1, START, 15, WHEN_NEVER);
		runner_watermark(r, 0, WHEN_NEVER);
		runner_watermark(r, 1, WHEN_NEVER);
		assert_int_equal(log.sightings > 0, 1);
		assert_int_equal(log.last.basis, expected[i]);
		runner_free(r);
		wr_fini(&log.bytes);
	}
	free_script(s);
}

/* Ten failures of one holder and ten of the next are no scan of either. */
static void
test_holders_are_apart(void **state)
{
	struct script *s = new_script(4);
	struct log log = {.sightings = 0};
	struct runner *r = new_runner(s, &log);
	struct addr us = addr_v4(0x0a000001);
	struct line_change change = {.seq = 1, .line = line_key_of(0, &us, 64)};

	(void)state;
	wr_init(&log.bytes, LOG_ROOM);
	change.time = START - WHEN_MINUTE;
	assert_true(runner_change(r, 1, &change));
	runner_watermark(r, 1, START + WHEN_MINUTE);
	put_scan(r, 1, START, 10, START + 20 * WHEN_SECOND);
	change.time = START + 2 * WHEN_MINUTE;
	change.seq = 2;
	assert_true(runner_change(r, 1, &change));
	runner_watermark(r, 1, WHEN_NEVER);
	put_scan(r, 11, START + 3 * WHEN_MINUTE, 10, WHEN_NEVER);
	assert_int_equal(log.sightings, 0);
	assert_int_equal(runner_stat(r).lines, 2);
	runner_free(r);
	wr_fini(&log.bytes);
	free_script(s);
}

static void
note_verdict(void *ctx, const struct runner_line *line)
{
	struct runner_line *worst = ctx;

	if (line->score.sum >= worst->score.sum)
		*worst = *line;
}

/* Whoever is in touch with a confirmed C2 (12 nats, gold) is infected, from the first
 * contact on. */
static void
test_alert(void **state)
{
	struct script *s = new_script(5);
	struct log log = {.sightings = 0};
	struct runner *r = new_runner(s, &log);
	struct runner_line worst = {.flows = 0};
	struct batch *batch = batch_new();
	struct rng rng;

	(void)state;
	wr_init(&log.bytes, LOG_ROOM);
	rng_seed(&rng, 1);
	*batch_add(batch) = s->events[0][0];
	batch->events[0].dst = addr_v4(0xc6336401);
	batch->events[0].dport = 8080;
	batch->events[0].packets[0] = batch->events[0].packets[1] = 5;
	batch->events[0].answer = ANSWER_ANSWERED;
	batch->watermark = WHEN_NEVER;
	runner_watermark(r, 1, WHEN_NEVER);
	assert_true(runner_put(r, batch));
	runner_each_line(r, note_verdict, &worst);
	assert_int_equal(worst.score.verdict, VERDICT_INFECTED);
	assert_true(worst.alert == batch->events[0].last);
	assert_string_equal(log.last.family, "Testbot");
	assert_true(log.last.gold);
	batch_free(batch);
	runner_free(r);
	wr_fini(&log.bytes);
	free_script(s);
}

/* A million lines that are never seen again leave memory as it was. */
static void
test_memory_is_bounded(void **state)
{
	struct script *s = new_script(6);
	struct log log = {.sightings = 0};
	struct runner *r = new_runner(s, &log);
	struct batch *batch = batch_new();
	size_t before = runner_memory(r);
	struct rng rng;

	(void)state;
	wr_init(&log.bytes, LOG_ROOM);
	rng_seed(&rng, 9);
	runner_watermark(r, 1, WHEN_NEVER);
	for (uint32_t i = 0; i < 1000000;) {
		batch_reset(batch);
		for (uint32_t k = 0; k < BATCH_EVENTS; k++, i++) {
			struct event *ev = batch_add(batch);

			make_event(ev, &rng, 0, START + i * 100);
			ev->seq = i + 1;
			ev->src = addr_v4(0x0a000000 + i);
			ev->line = line_key_of(0, &ev->src, 64);
		}
		batch->watermark = START + i * 100 - 1;
		assert_true(runner_put(r, batch));
	}
	assert_true(runner_memory(r) <= before + (1 << 20));
	assert_true(runner_stat(r).lines <= 4096);
	assert_true(runner_stat(r).lines_evicted > 900000);
	batch_free(batch);
	runner_free(r);
	wr_fini(&log.bytes);
	free_script(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_batch_size_does_not_show),
	    cmocka_unit_test(test_snapshot_does_not_show),
	    cmocka_unit_test(test_what_is_told),
	    cmocka_unit_test(test_marks_are_of_the_holder),
	    cmocka_unit_test(test_basis_is_of_the_source),
	    cmocka_unit_test(test_holders_are_apart),
	    cmocka_unit_test(test_alert),
	    cmocka_unit_test(test_memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
