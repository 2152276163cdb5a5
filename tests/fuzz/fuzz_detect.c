/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_detect.c -- bytes become events, for every entry of detectors[]: the run goes once
 * through, and once with a snapshot in its middle; both must tell the same, and weights,
 * groups and sentences must be fit to be told.
 */
#include "base/hash.h"
#include "base/when.h"
#include "detect/runner.h"
#include "detect/weights.h"
#include "intel/indicators.h"

#include <assert.h>
#include <math.h>

enum { EVENT_BYTES = 8, ROOM = 64 << 20 };

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

static struct batch *
read_batch(const uint8_t *bytes, size_t size)
{
	static const char *const names[] = {
	    "evil.example", "a.b.evil.example", "www.example"};
	struct batch *batch = batch_new();
	int64_t t = 15000 * WHEN_DAY;

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
	return batch;
}

static struct runner *
reborn(struct runner *r, const struct runner_env *env)
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
	runner_free(r);
	return fresh;
}

static void
run(const struct batch *batch, struct runner_env *env, struct wr *out, bool cut)
{
	struct batch *part = batch_new();
	struct runner *r;
	uint32_t half = batch->count / 2;

	env->out = (struct runner_out){.ctx = out, .sighting = tell};
	r = runner_new(env);
	*part = *batch;
	part->count = half;
	part->watermark = half > 0 ? batch->events[half].ready - 1 : INT64_MIN;
	(void)runner_put(r, part);
	if (cut)
		r = reborn(r, env);
	(void)runner_put(r, batch); /* the first half is dropped: its numbers were seen */
	runner_watermark(r, 0, WHEN_NEVER);
	runner_free(r);
	batch_free(part);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct weight_table *weights;
	static struct indicators *set;
	struct batch *batch = read_batch(bytes, size);
	struct runner_env env;
	struct wr whole, cut;
	struct err err;

	if (weights == NULL) {
		const struct indicator_row rows[] = {
		    {.value = "203.0.113.7", .confidence = 95, .until = WHEN_NEVER},
		    {.value = "203.0.113.128/25", .confidence = 95, .until = WHEN_NEVER},
		    {.value = "203.0.113.9:23", .confidence = 95, .until = WHEN_NEVER},
		    {.value = "evil.example", .confidence = 95, .until = WHEN_NEVER}};

		weights = weights_read(NULL, &err);
		set = indicators_new();
		for (size_t i = 0; i < 4; i++)
			if (!indicators_add(set, &rows[i], &err))
				abort();
		indicators_seal(set);
	}
	runner_preset(&env);
	env.lines = env.flows = 256;
	env.waiting = 4096;
	env.weights = weights;
	env.indicators = set;
	wr_init(&whole, ROOM);
	wr_init(&cut, ROOM);
	run(batch, &env, &whole, false);
	run(batch, &env, &cut, true);
	if (whole.size != cut.size ||
	    (whole.size > 0 && memcmp(whole.bytes, cut.bytes, whole.size) != 0))
		abort();
	wr_fini(&whole);
	wr_fini(&cut);
	batch_free(batch);
	return 0;
}
