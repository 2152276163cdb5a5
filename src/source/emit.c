/* SPDX-License-Identifier: Apache-2.0 */
/* emit.c -- see emit.h. */
#include "source/emit.h"

#include "base/when.h"

#include <assert.h>

void
emit_init(struct emit *e, const struct source_env *env, struct source_stat *stat)
{
	*e = (struct emit){.env = env, .stat = stat};
	e->batch = batch_new();
	e->batch->source = env->number;
	e->newest = e->watermark = INT64_MIN;
}

void
emit_fini(struct emit *e)
{
	batch_free(e->batch);
}

void
emit_watermark(struct emit *e, int64_t t)
{
	if (t > e->watermark)
		e->watermark = t;
}

void
emit_time(struct emit *e, int64_t t)
{
	if (t <= e->newest)
		return;
	e->newest = t;
	e->stat->newest = t;
	emit_watermark(e, t - e->env->lateness);
}

static int64_t
published(const struct emit *e)
{
	return e->watermark == INT64_MIN || e->watermark == WHEN_NEVER ? e->watermark
								       : e->watermark - 1;
}

void
emit_flush(struct emit *e)
{
	int64_t watermark = published(e);

	if (e->batch->count == 0 && watermark == e->batch->watermark)
		return;
	e->batch->watermark = watermark;
	e->sink(e->ctx, e->batch);
	batch_reset(e->batch);
}

void
emit_to(struct emit *e, source_sink *sink, void *ctx)
{
	e->sink = sink;
	e->ctx = ctx;
}

void
emit_end(struct emit *e, int64_t until)
{
	emit_watermark(e, until);
	emit_flush(e);
}

static const struct prefix *
our_prefix(const struct our_networks *ours, const struct addr *a)
{
	for (size_t i = 0; i < ours->count; i++)
		if (prefix_holds(&ours->items[i], a))
			return &ours->items[i];
	return NULL;
}

static void
stamp(struct emit *e, struct event *ev)
{
	int64_t ready = ev->last < e->newest ? ev->last : e->newest;

	if (ready < e->watermark && e->watermark != WHEN_NEVER) {
		ready = e->watermark;
	}
	ev->ready = ready > 0 ? ready : 0;
}

static void
put(struct emit *e, const struct event *ev, uint8_t ours, const struct prefix *prefix,
    const char *name)
{
	const struct our_networks *nets = e->env->ours;
	uint32_t realm =
	    nets->realms ? nets->realms[prefix - nets->items] : e->env->realm;
	struct event *out;

	if (e->batch->count == BATCH_EVENTS ||
	    BATCH_ARENA - e->batch->arena_used < ev->name_size)
		emit_flush(e);
	out = batch_add(e->batch);
	assert(out != NULL);
	*out = *ev;
	(void)batch_set_name(e->batch, out, name, ev->name_size);
	out->ours = ours;
	out->source = e->env->number;
	out->line =
	    line_key_of(realm, ours == OURS_SRC ? &ev->src : &ev->dst, nets->v6_length);
	out->seq = ++e->seq;
	stamp(e, out);
	e->stat->events++;
}

void
emit_event(struct emit *e, const struct event *ev, const char *name, size_t size)
{
	const struct prefix *src = our_prefix(e->env->ours, &ev->src);
	const struct prefix *dst = our_prefix(e->env->ours, &ev->dst);
	struct event named = *ev;

	named.name_size = (uint16_t)size;
	if (src != NULL)
		put(e, &named, OURS_SRC, src, name);
	if (dst != NULL)
		put(e, &named, OURS_DST, dst, name);
	e->stat->not_ours += src == NULL && dst == NULL;
}

void
emit_save(const struct emit *e, struct wr *w)
{
	wr_u64(w, e->seq);
	wr_u64(w, (uint64_t)e->newest);
	wr_u64(w, (uint64_t)e->watermark);
	wr_put(w, e->stat, sizeof *e->stat);
}

bool
emit_load(struct emit *e, struct rd *r)
{
	e->seq = rd_u64(r);
	e->newest = (int64_t)rd_u64(r);
	e->watermark = (int64_t)rd_u64(r);
	return rd_copy(r, e->stat, sizeof *e->stat);
}
