/* SPDX-License-Identifier: Apache-2.0 */
/* test_source_netflow.c -- the UDP source over a real socket on the loopback interface.
 */
#include "../../src/source/netflow.c"

#include "sim/v9.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW (INT64_C(1788739200) * WHEN_SECOND)

struct seen {
	struct event last;
	uint64_t events;
	int64_t watermark;
	bool numbered;
};

struct wire {
	int in, out; /* the source reads `in` */
	void *source;
	struct seen seen;
};

static const struct prefix nets[] = {
    {.addr = {.b = {[10] = 0xff, [11] = 0xff, [12] = 198, [13] = 18}}, .length = 111}};
static const struct our_networks ours = {.items = nets, .count = 1, .v6_length = 64};
static const struct source_env env = {.number = 3,
    .realm = 9,
    .ours = &ours,
    .lateness = 30 * WHEN_SECOND,
    .classes = DATA_TRAFFIC};

static void
take_batch(void *ctx, struct batch *batch)
{
	struct seen *seen = ctx;

	assert_true(batch->watermark >= seen->watermark);
	for (uint32_t i = 0; i < batch->count; i++) {
		seen->last = batch->events[i];
		seen->numbered &= seen->last.seq == ++seen->events;
		assert_true(seen->last.ready > seen->watermark);
	}
	seen->watermark = batch->watermark;
}

static int
setup(void **state)
{
	static struct wire w;
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	struct err err;

	w = (struct wire){.in = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
	    .out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
	    .seen = {.watermark = INT64_MIN, .numbered = true}};
	assert_int_equal(bind(w.in, (struct sockaddr *)&at, size), 0);
	assert_int_equal(getsockname(w.in, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(connect(w.out, (struct sockaddr *)&at, size), 0);
	w.source = source_netflow.open(&env, w.in, "test", &err);
	assert_non_null(w.source);
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct wire *w = *state;

	source_netflow.close(w->source);
	(void)close(w->in);
	(void)close(w->out);
	return 0;
}

static void
transmit(void *ctx, int64_t time, const uint8_t *bytes, size_t size)
{
	const struct wire *w = ctx;

	(void)time;
	assert_int_equal(send(w->out, bytes, size, 0), (ssize_t)size);
}

static void
drain(struct wire *w)
{
	while (source_netflow.step(w->source, take_batch, &w->seen))
		;
}

static void
export_flows(struct v9 *v9, uint32_t count, uint32_t src, int64_t now)
{
	for (uint32_t i = 0; i < count; i++) {
		struct v9_record record = {.src = addr_v4(src),
		    .dst = addr_v4(0xc6336401),
		    .first = now - WHEN_SECOND,
		    .last = now,
		    .packets = 4,
		    .bytes = 400,
		    .dport = 443,
		    .proto = 6};

		v9_put(v9, &record, now);
	}
	v9_flush(v9, now);
}

static void
test_flows_arrive(void **state)
{
	struct wire *w = *state;
	const struct source_stat *stat = source_netflow.stat(w->source);
	struct v9 v9;

	v9_init(&v9, 1, NOW - WHEN_DAY, transmit, w);
	for (int i = 0; i < 5; i++) {
		export_flows(&v9, 200, 0xc6120001, NOW + i * WHEN_MINUTE);
		drain(w);
	}
	assert_int_equal(w->seen.events, 1000);
	assert_true(w->seen.numbered);
	assert_int_equal(stat->flow_records, 1000);
	assert_int_equal(stat->decoded, stat->records);
	assert_int_equal(stat->lost, 0);
	assert_int_equal(w->seen.last.source, 3);
	assert_int_equal(w->seen.last.line.realm, 9);
	assert_int_equal(addr_to_v4(&w->seen.last.line.addr), 0xc6120001);
	assert_int_equal(w->seen.last.ours, OURS_SRC);
	assert_int_equal(w->seen.last.last, NOW + 4 * WHEN_MINUTE);
	assert_int_equal(w->seen.watermark, NOW + 4 * WHEN_MINUTE - 30 * WHEN_SECOND - 1);
}

static void
test_strangers_and_rubbish(void **state)
{
	struct wire *w = *state;
	const struct source_stat *stat = source_netflow.stat(w->source);
	struct v9 v9;

	v9_init(&v9, 1, NOW - WHEN_DAY, transmit, w);
	export_flows(&v9, 3, 0x08080808, NOW); /* neither end is ours */
	transmit(w, NOW, (const uint8_t *)"GET / HTTP/1.0\r\n\r\n", 18);
	transmit(w, NOW, (const uint8_t *)"\0\x09\0\x01\0", 5);
	drain(w);
	assert_int_equal(w->seen.events, 0);
	assert_int_equal(stat->not_ours, 3);
	assert_int_equal(stat->unknown, 1);
	assert_int_equal(stat->malformed, 1);
	assert_int_equal(stat->records, stat->decoded + 2);
}

/* A silent socket: the watermark follows the wall, and never falls. */
static void
test_idle(void **state)
{
	struct wire *w = *state;

	source_netflow.idle(w->source, NOW, take_batch, &w->seen);
	assert_int_equal(w->seen.watermark, NOW - 30 * WHEN_SECOND - 1);
	source_netflow.idle(w->source, NOW - WHEN_HOUR, take_batch, &w->seen);
	assert_int_equal(w->seen.watermark, NOW - 30 * WHEN_SECOND - 1);
}

/* An exporter whose clock is a year ahead does not take the watermark along. */
static void
test_clock_ahead(void **state)
{
	struct wire *w = *state;
	struct v9 v9;

	source_netflow.idle(w->source, NOW, take_batch, &w->seen);
	v9_init(&v9, 1, NOW, transmit, w);
	export_flows(&v9, 1, 0xc6120001, NOW + 40 * WHEN_DAY);
	drain(w);
	assert_int_equal(w->seen.events, 1);
	assert_true(w->seen.watermark <= NOW);
}

static void
test_checkpoint(void **state)
{
	struct wire *w = *state;
	struct v9 v9;
	struct err err;
	struct wr bytes;
	struct rd r;

	v9_init(&v9, 1, NOW - WHEN_DAY, transmit, w);
	export_flows(&v9, 10, 0xc6120001, NOW);
	drain(w);
	wr_init(&bytes, 1 << 20);
	source_netflow.save(w->source, &bytes);
	source_netflow.close(w->source);
	w->source = source_netflow.open(&env, w->in, "test", &err);
	r = rd_init(bytes.bytes, bytes.size);
	assert_true(source_netflow.load(w->source, &r));
	export_flows(&v9, 10, 0xc6120001, NOW + WHEN_SECOND); /* by the old template */
	drain(w);
	assert_int_equal(w->seen.events, 20);
	assert_true(w->seen.numbered);
	assert_int_equal(source_netflow.stat(w->source)->lost, 0);
	wr_fini(&bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_flows_arrive, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_strangers_and_rubbish, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_idle, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_clock_ahead, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_checkpoint, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
