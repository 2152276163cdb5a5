/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_detect.c -- bytes become events, for every entry of detectors[]: one run goes
 * through, another begins with its snapshot from the middle; both must tell the same, and
 * weights, groups and sentences must be fit to be told.
 *
 * Speed is what makes a target find anything: the batch is made once, a hundred
 * events are enough, and memory comes in small pages, since a huge one would be cleared
 * for each table of each run.
 */
#include "base/hash.h"
#include "base/when.h"
#include "detect/runner.h"
#include "detect/weights.h"
#include "intel/indicators.h"

#include <assert.h>
#include <math.h>
#include <sys/prctl.h>

enum { EVENT_BYTES = 8, EVENTS_MOST = 128, ROOM = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
tell(void *ctx, const struct sighting *s)
{
	assert(isfinite(s->weight) && s->weight >= 0 && s->weight <= 14);
	assert(s->group < GROUP_COUNT && s->kind < KIND_COUNT);
	assert(s->first <= s->last && s->flow_count <= SIGHTING_FLOWS);
	assert(memchr(s->why, '\0', sizeof s->why) != NULL);
	sighting_write(s, ctx);
}

/* Eight bytes an event; few addresses and ports, so that things come together. */
static void
read_event(struct event *ev, const uint8_t *b, int64_t t)
{
	static const uint16_t ports[] = {
	    22, 23, 25, 53, 80, 443, 445, 5060, 5555, 6881, 7547, 40000};
	static const uint8_t protos[] = {PROTO_TCP, PROTO_UDP, PROTO_ICMP, 47};
	struct addr us = addr_v4(0x0a000000 + b[0] % 4),
		    them = addr_v4(0xcb007100 + b[1]);
	bool inward = b[0] & 128;

	*ev = (struct event){.kind = b[0] & 64 ? EVENT_DNS : EVENT_FLOW,
	    .ready = t,
	    .first = t - b[2] * WHEN_SECOND,
	    .last = t - b[2] % 4,
	    .src = inward ? them : us,
	    .dst = inward ? us : them,
	    .ours = inward ? OURS_DST : OURS_SRC,
	    .line = line_key_of(0, &us, 64),
	    .sport = (uint16_t)(1024 + b[3]),
	    .dport = ports[b[3] % 12],
	    .proto = protos[b[4] % 4],
	    .icmp_type = b[4] & 8 ? 8 : 3,
	    .answer = b[5] % 4,
	    .packets = {b[6] % 8, b[6] / 8},
	    .bytes = {b[6], b[7]},
	    .tcp_flags = {b[7] % 64, b[5] / 4},
	    .sampling = 1,
	    .continued = b[4] & 16,
	    .dns_response = b[4] & 32};
}

static void
read_batch(struct batch *batch, const uint8_t *bytes, size_t size)
{
	static const char *const names[] = {
	    "evil.example", "a.b.evil.example", "www.example"};
	int64_t t = 15000 * WHEN_DAY;

	batch_reset(batch);

	if (size > (size_t)EVENTS_MOST * EVENT_BYTES)
		size = (size_t)EVENTS_MOST * EVENT_BYTES;
	for (size_t at = 0; at + EVENT_BYTES <= size; at += EVENT_BYTES) {
		const char *name = names[bytes[at + 1] % 3];
		struct event *ev = batch_add(batch);

		if (ev == NULL)
			break;
		t += bytes[at + 2] * WHEN_SECOND / 4;
		read_event(ev, bytes + at, t);
		ev->seq = batch->count;
		if (ev->kind == EVENT_DNS)
			(void)batch_set_name(batch, ev, name, strlen(name));
	}
	batch->watermark = t;
}

/* A runner that begins where `r` is. */
static struct runner *
reborn(const struct runner *r, const struct runner_env *env)
{
	struct runner *fresh = runner_new(env);
	struct wr w;
	struct rd rd;

	wr_init(&w, ROOM);
	runner_save(r, &w);
	rd = rd_init(w.bytes, w.size);
	if (w.bad || !runner_load(fresh, &rd) || rd_left(&rd) > 0)
		abort();
	wr_fini(&w);
	return fresh;
}

static struct runner_out
out_to(struct wr *w)
{
	return (struct runner_out){.ctx = w, .sighting = tell};
}

static void
give_first_half(struct runner *r, struct batch *batch)
{
	uint32_t count = batch->count, half = count / 2;
	int64_t watermark = batch->watermark;

	batch->count = half;
	batch->watermark = half > 0 ? batch->events[half].ready - 1 : INT64_MIN;
	(void)runner_put(r, batch);
	batch->count = count;
	batch->watermark = watermark;
}

/* What was given already is dropped by its numbers. */
static void
give_rest(struct runner *r, const struct batch *batch)
{
	(void)runner_put(r, batch);
	runner_watermark(r, 0, WHEN_NEVER);
}

/* One runner through all of it, another one born of its snapshot in the middle. */
static void
run(struct batch *batch, struct runner_env *env)
{
	struct wr old, young;
	struct runner *r, *fresh;

	wr_init(&old, ROOM);
	wr_init(&young, ROOM);
	env->out = out_to(&old);
	r = runner_new(env);
	give_first_half(r, batch);
	wr_reset(&old);
	env->out = out_to(&young);
	fresh = reborn(r, env);
	give_rest(r, batch);
	give_rest(fresh, batch);
	if (old.size != young.size ||
	    (old.size > 0 && memcmp(old.bytes, young.bytes, old.size) != 0))
		abort();
	runner_free(r);
	runner_free(fresh);
	wr_fini(&old);
	wr_fini(&young);
}

static struct indicators *
read_indicators(void)
{
	static const struct indicator_row rows[] = {
	    {.value = "203.0.113.7", .confidence = 95, .until = WHEN_NEVER},
	    {.value = "203.0.113.128/25", .confidence = 95, .until = WHEN_NEVER},
	    {.value = "203.0.113.9:23", .confidence = 95, .until = WHEN_NEVER},
	    {.value = "evil.example", .confidence = 95, .until = WHEN_NEVER}};
	struct indicators *set = indicators_new();
	struct err err;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (!indicators_add(set, &rows[i], &err))
			abort();
	indicators_seal(set);
	return set;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct weight_table *weights;
	static struct indicators *set;
	static struct batch *batch;
	struct runner_env env;
	struct err err;

	if (weights == NULL) {
		(void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
		weights = weights_read(NULL, &err);
		set = read_indicators();
		batch = batch_new();
	}
	read_batch(batch, bytes, size);
	runner_preset(&env);
	env.lines = env.flows = 64;
	env.waiting = 4096;
	env.weights = weights;
	env.indicators = set;
	run(batch, &env);
	return 0;
}
