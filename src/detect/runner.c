/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner.c -- see runner.h. Merge gives items in one order; pair turns them into whole
 * events; these gather in a batch of our own, which goes to the detectors when it is
 * full, when a line changes its holder, and when an epoch ends. Where such a run is cut
 * does not show: detectors share nothing but the claims, which are made event by event.
 *
 * After runner_put and its likes nothing is left in that batch, so that a snapshot needs
 * only merge, pair, detectors and ledger.
 */
#include "detect/runner.h"

#include "base/mem.h"
#include "base/when.h"
#include "detect/ledger.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SAVE_VERSION = 2, AHEAD = 8 };

struct seat {
	const struct detector *detector;
	void *self; /* NULL: off, its data class is not allowed */
};

struct runner {
	struct runner_env env;
	struct merge *merge;
	struct pair *pair;
	struct ledger *ledger;
	struct seat *seats;
	uint32_t seat_count;
	struct batch *run; /* paired events on their way to the detectors */
	const struct event *events[BATCH_EVENTS];
	uint8_t claims[BATCH_EVENTS];
	int64_t now;
	bool ended;
	uint64_t event_count, flow_count, name_count;
};

void
runner_preset(struct runner_env *env)
{
	*env = (struct runner_env){.sources = 1,
	    .waiting = 1 << 16,
	    .flows = 1 << 16,
	    .lines = 1 << 16,
	    .classes = DATA_TRAFFIC | DATA_NAME,
	    .v6_length = 64,
	    .wait = PAIR_WAIT,
	    .hold = WHEN_DAY,
	    .prior = 1e-3};
}

static void *
open_detector(const struct runner_env *env, const struct detector *d, const void *options)
{
	struct detect_env de = {.options = options,
	    .seed = env->seed,
	    .lines = env->lines,
	    .hold = env->hold,
	    .indicators = env->indicators,
	    .weights = env->weights};
	void *preset = NULL, *self;

	if (!(d->classes & env->classes))
		return NULL;
	if (options == NULL) {
		preset = xcalloc(1, d->options_size);
		conf_preset(d->options, preset);
		de.options = preset;
	}
	self = d->open(&de);
	if (preset != NULL)
		conf_free(d->options, preset);
	free(preset);
	return self;
}

static void
open_detectors(struct runner *r)
{
	const struct runner_env *env = &r->env;

	while (detectors[r->seat_count] != NULL)
		r->seat_count++;
	r->seats = xcalloc(r->seat_count, sizeof *r->seats);
	for (uint32_t i = 0; i < r->seat_count; i++) {
		const void *options = env->options ? env->options[i] : NULL;

		r->seats[i].detector = detectors[i];
		r->seats[i].self = open_detector(env, detectors[i], options);
	}
}

struct runner *
runner_new(const struct runner_env *env)
{
	struct runner *r = xcalloc(1, sizeof *r);
	struct pair_config pair = {.flows = env->flows,
	    .lines = env->lines,
	    .wait = env->wait,
	    .hold = PAIR_HOLD,
	    .v6_length = env->v6_length,
	    .grounds = env->grounds,
	    .seed = env->seed};

	assert(env->weights != NULL);
	r->env = *env;
	r->now = INT64_MIN;
	r->merge = merge_new(env->sources, env->waiting);
	r->pair = pair_new(&pair);
	r->ledger = ledger_new(env);
	r->run = batch_new();
	open_detectors(r);
	return r;
}

void
runner_free(struct runner *r)
{
	if (r == NULL)
		return;
	for (uint32_t i = 0; i < r->seat_count; i++)
		if (r->seats[i].self != NULL)
			r->seats[i].detector->close(r->seats[i].self);
	free(r->seats);
	batch_free(r->run);
	ledger_free(r->ledger);
	pair_free(r->pair);
	merge_free(r->merge);
	free(r);
}

/* Gives the gathered events to lines and detectors. */
static void
flush(struct runner *r)
{
	uint32_t count = r->run->count;
	struct view view = {
	    .batch = r->run, .events = r->events, .claims = r->claims, .count = count};

	if (count == 0)
		return;
	for (uint32_t i = 0; i < count; i++) {
		if (i + AHEAD < count)
			ledger_prefetch(r->ledger, &r->run->events[i + AHEAD].line);
		r->events[i] = &r->run->events[i];
		ledger_note(r->ledger, r->events[i]);
	}
	memset(r->claims, 0, count);
	for (uint32_t i = 0; i < r->seat_count; i++)
		if (r->seats[i].self != NULL)
			r->seats[i].detector->feed(
			    r->seats[i].self, &view, ledger_desk(r->ledger, i));
	batch_reset(r->run);
}

static bool
allowed(const struct runner *r, const struct event *ev)
{
	unsigned needs = ev->kind == EVENT_FLOW ? DATA_TRAFFIC : DATA_NAME;

	return ev->ours != OURS_NONE && (r->env.classes & needs) != 0;
}

static void
take_event(void *ctx, const struct event *ev, const char *name)
{
	struct runner *r = ctx;
	struct event *copy;

	if (!allowed(r, ev))
		return;
	if (r->run->count == BATCH_EVENTS ||
	    r->run->arena_used + (uint32_t)ev->name_size > BATCH_ARENA)
		flush(r);
	copy = batch_add(r->run);
	*copy = *ev;
	copy->name = copy->name_size = 0;
	if (ev->name_size > 0)
		(void)batch_set_name(r->run, copy, name, ev->name_size);
	r->event_count++;
	r->flow_count += ev->kind == EVENT_FLOW && !ev->continued;
	r->name_count += ev->kind == EVENT_DNS;
}

static void
change_holder(struct runner *r, const struct line_change *change)
{
	struct line_key old;

	if (!pair_change(r->pair, change, &old, take_event, r))
		return;
	flush(r);
	ledger_forget_mark(r->ledger, &old);
	for (uint32_t i = 0; i < r->seat_count; i++)
		if (r->seats[i].self != NULL)
			r->seats[i].detector->line_changed(
			    r->seats[i].self, &old, change->time);
}

static void
mark_line(struct runner *r, const struct line_mark *mark)
{
	struct line_key key = mark->line;

	if (pair_holder(r->pair, &key, mark->as_of))
		ledger_mark(r->ledger, &key, mark->time, mark->until);
}

static void
close_epoch(struct runner *r, int64_t end)
{
	flush(r);
	for (uint32_t i = 0; i < r->seat_count; i++)
		if (r->seats[i].self != NULL)
			r->seats[i].detector->advance(
			    r->seats[i].self, end, ledger_desk(r->ledger, i));
	ledger_close_epoch(r->ledger, end);
	r->now = end;
	if (r->env.out.epoch != NULL)
		r->env.out.epoch(r->env.out.ctx, end);
}

/* All sources have ended: what pair still holds comes in one last epoch. */
static void
end(struct runner *r)
{
	r->ended = true;
	if (r->now == INT64_MIN)
		return;
	pair_advance(r->pair, WHEN_NEVER, take_event, r);
	close_epoch(r, r->now + MERGE_EPOCH);
}

static void
pump(struct runner *r)
{
	struct merge_item item;

	while (merge_next(r->merge, &item)) {
		switch (item.kind) {
		case MERGE_EVENT:
			pair_event(r->pair, item.event, item.name, take_event, r);
			break;
		case MERGE_CHANGE:
			change_holder(r, &item.change);
			break;
		case MERGE_MARK:
			mark_line(r, &item.mark);
			break;
		case MERGE_EPOCH_END:
			pair_advance(r->pair, item.time, take_event, r);
			close_epoch(r, item.time);
			break;
		}
	}
	flush(r);
	if (!r->ended && merge_now(r->merge) == WHEN_NEVER)
		end(r);
}

bool
runner_wants(const struct runner *r, uint32_t source)
{
	return merge_wants(r->merge, source);
}

bool
runner_put(struct runner *r, const struct batch *batch)
{
	bool taken = merge_put(r->merge, batch);

	pump(r);
	return taken;
}

bool
runner_change(struct runner *r, uint32_t source, const struct line_change *change)
{
	bool taken = merge_change(r->merge, source, change);

	pump(r);
	return taken;
}

void
runner_watermark(struct runner *r, uint32_t source, int64_t t)
{
	merge_watermark(r->merge, source, t);
	pump(r);
}

bool
runner_mark(struct runner *r, uint32_t source, const struct line_mark *mark)
{
	bool taken = merge_mark(r->merge, source, mark);

	pump(r);
	return taken;
}

int64_t
runner_first(const struct runner *r)
{
	return merge_first(r->merge);
}

int64_t
runner_now(const struct runner *r)
{
	return r->now;
}

uint64_t
runner_seq(const struct runner *r, uint32_t source)
{
	return merge_seq(r->merge, source);
}

void
runner_each_line(
    struct runner *r, void (*visit)(void *ctx, const struct runner_line *line), void *ctx)
{
	ledger_each_line(r->ledger, r->now, visit, ctx);
}

struct runner_stat
runner_stat(const struct runner *r)
{
	struct runner_stat stat = {.events = r->event_count,
	    .flows = r->flow_count,
	    .names = r->name_count,
	    .merge = merge_stat(r->merge),
	    .pair = pair_stat(r->pair)};

	ledger_stat(r->ledger, &stat);
	return stat;
}

size_t
runner_memory(const struct runner *r)
{
	size_t bytes = sizeof *r + sizeof *r->run + merge_memory(r->merge) +
		       pair_memory(r->pair) + ledger_memory(r->ledger);

	for (uint32_t i = 0; i < r->seat_count; i++)
		if (r->seats[i].self != NULL)
			bytes += r->seats[i].detector->memory(r->seats[i].self);
	return bytes;
}

void
runner_save(const struct runner *r, struct wr *w)
{
	wr_u32(w, SAVE_VERSION);
	wr_u64(w, (uint64_t)r->now);
	wr_u8(w, r->ended);
	wr_u64(w, r->event_count);
	wr_u64(w, r->flow_count);
	wr_u64(w, r->name_count);
	merge_save(r->merge, w);
	pair_save(r->pair, w);
	ledger_save(r->ledger, w);
	for (uint32_t i = 0; i < r->seat_count; i++) {
		wr_u8(w, r->seats[i].self != NULL);
		if (r->seats[i].self != NULL)
			r->seats[i].detector->save(r->seats[i].self, w);
	}
}

bool
runner_load(struct runner *r, struct rd *bytes)
{
	if (rd_u32(bytes) != SAVE_VERSION)
		return false;
	r->now = (int64_t)rd_u64(bytes);
	r->ended = rd_u8(bytes) != 0;
	r->event_count = rd_u64(bytes);
	r->flow_count = rd_u64(bytes);
	r->name_count = rd_u64(bytes);
	if (!merge_load(r->merge, bytes) || !pair_load(r->pair, bytes) ||
	    !ledger_load(r->ledger, bytes))
		return false;
	for (uint32_t i = 0; i < r->seat_count; i++) {
		struct seat *seat = &r->seats[i];

		if ((rd_u8(bytes) != 0) != (seat->self != NULL))
			return false;
		if (seat->self != NULL && !seat->detector->load(seat->self, bytes))
			return false;
	}
	return !bytes->bad;
}
