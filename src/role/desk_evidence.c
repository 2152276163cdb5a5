/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_evidence.c -- what is known of one line, from sightings to what the policy sees.
 *
 * Of a detector's findings the newest counts (the store marks the others superseded); of
 * reports the strongest per (upstream, kind, role), with the number of distinct days on
 * which the claim was made. Vetoed sightings count for nothing.
 *
 * Online and alive are asked before "clean": a line with a fixed address counts as
 * online, since nothing tells otherwise; one with leases must have held one, of whatever
 * address, in the last three days. A source is alive if anything came from it in those
 * three days, about whatever line.
 */
#include "role/desk_inside.h"

#include <stdio.h>

#define LATELY   (3 * WHEN_DAY)
#define LOOKBACK (90 * WHEN_DAY)

void
desk_evidence_of(const struct sighting *s, struct line_evidence *out)
{
	bool report = s->group == GROUP_REPORT;

	*out = (struct line_evidence){
	    .evidence = {.group = s->group,
		.kind = s->kind,
		.gold = s->gold,
		.upstream = report ? hash_bytes(s->upstream, strlen(s->upstream), 1) : 0,
		.weight = s->weight,
		.last = s->last,
		.days = 1},
	    .sighting = s->id,
	    .role = s->role,
	    .grade = s->grade,
	    .source = hash_bytes(s->source, strlen(s->source), 1),
	    .first = s->first};
}

static bool
same_claim(const struct line_evidence *a, const struct line_evidence *b)
{
	return a->evidence.group == GROUP_REPORT && b->evidence.group == GROUP_REPORT &&
	       a->evidence.upstream == b->evidence.upstream &&
	       a->evidence.kind == b->evidence.kind && a->role == b->role;
}

/* Sightings come by rising `last`: the later of equals takes the place. */
static void
merge(struct gathered *g, size_t at, const struct line_evidence *item)
{
	struct line_evidence *old = &g->items[at], kept = *old;
	uint32_t days = old->evidence.days;
	int64_t day = item->evidence.last / WHEN_DAY;

	if (day != g->seen[at]) {
		g->seen[at] = day;
		days++;
	}
	kept.evidence.days = 1; /* the strongest row counts, repeats apart */
	if (evidence_weight(&item->evidence, g->now) >=
	    evidence_weight(&kept.evidence, g->now))
		*old = *item;
	old->evidence.days = days;
	old->first = kept.first < item->first ? kept.first : item->first;
	if (kept.grade != 0 && (item->grade == 0 || kept.grade < item->grade))
		old->grade = kept.grade;
}

/* What superseded a finding may have come after the end that is looked back from. */
static bool
is_known(const struct gathered *g, const struct stored_sighting *s)
{
	if (g->as_of == NULL)
		return !s->superseded;
	return s->case_id == g->as_of->id || s->sighting.received <= g->as_of->now.ended;
}

static void
put(struct gathered *g, size_t at, const struct line_evidence *item,
    const struct sighting *s)
{
	g->items[at] = *item;
	g->seen[at] = item->evidence.last / WHEN_DAY;
	(void)cause_of(s, g->cause[at]);
	(void)cause_indicator(s, g->indicator[at]);
}

static bool
gather_one(void *ctx, const struct stored_sighting *s)
{
	struct gathered *g = ctx;
	struct line_evidence item;
	char cause[BRAKE_CAUSE];
	size_t at = 0;

	if (s->vetoed || !is_known(g, s))
		return true;
	desk_evidence_of(&s->sighting, &item);
	for (; at < g->count; at++)
		if (same_claim(&g->items[at], &item)) {
			merge(g, at, &item);
			return true;
		}
	if (item.evidence.group != GROUP_REPORT) /* a later finding replaces */
		for (at = 0; at < g->count; at++)
			if (strcmp(g->cause[at], cause_of(&s->sighting, cause)) == 0)
				break;
	if (at == GATHERED)
		return true; /* more kinds of evidence than any line has need of */
	put(g, at, &item, &s->sighting);
	g->count += at == g->count;
	return true;
}

void
desk_gather(struct desk *desk, uint64_t line, int64_t now,
    const struct case_record *as_of, struct gathered *out)
{
	out->count = 0;
	out->now = now;
	out->as_of = as_of;
	store_sightings_of_line(desk->store, line, now - LOOKBACK, gather_one, out);
}

/* ---- is silence telling? */

struct silence {
	struct desk *desk;
	uint64_t line;
	int64_t now;
	bool any, online, alive;
};

static bool
is_static(const struct desk *desk, uint32_t handle)
{
	for (size_t i = 0; i < desk->static_count; i++)
		if (desk->statics[i].handle == handle)
			return true;
	return false;
}

static bool
held_lately(const struct silence *q, const struct stored_sighting *s)
{
	const struct leases *leases = q->desk->config.leases;

	if (is_static(q->desk, s->attributed.handle))
		return true;
	return leases != NULL &&
	       leases_held(leases, s->attributed.handle, q->now - LATELY, q->now);
}

static const char *
heard_name(const struct sighting *s, char *out, size_t room)
{
	if (s->group == GROUP_REPORT)
		(void)snprintf(out, room, "heard.report.%s", s->upstream);
	else
		(void)snprintf(out, room, "heard.traffic");
	return out;
}

static bool
look(void *ctx, const struct stored_sighting *s)
{
	struct silence *q = ctx;
	char name[SIGHTING_NAME + 16];

	if (s->vetoed)
		return true;
	q->any = true;
	q->online = q->online || held_lately(q, s);
	if (desk_setting_time(q->desk, heard_name(&s->sighting, name, sizeof name), 0) <
	    q->now - LATELY)
		q->alive = false;
	return true;
}

static struct silence
look_at(struct desk *desk, const struct case_record *record, int64_t now)
{
	struct silence q = {
	    .desk = desk, .line = record->line, .now = now, .alive = true};

	store_sightings_of_case(desk->store, record->id, look, &q);
	return q;
}

bool
desk_online(struct desk *desk, const struct case_record *record, int64_t now)
{
	return look_at(desk, record, now).online;
}

bool
desk_alive(struct desk *desk, const struct case_record *record, int64_t now)
{
	struct silence q = look_at(desk, record, now);

	return q.any && q.alive;
}

/* Kept to the hour, so that a busy feed costs no write for each row. */
static bool
heard(struct desk *desk, const char *name, int64_t now, struct err *err)
{
	if (desk_setting_time(desk, name, 0) > now - WHEN_HOUR)
		return true;
	return desk_setting_time_set(desk, name, now, err);
}

bool
desk_heard(struct desk *desk, const struct sighting *s, int64_t now, struct err *err)
{
	char name[SIGHTING_NAME + 16];

	return heard(desk, heard_name(s, name, sizeof name), now, err);
}

bool
desk_heard_traffic(struct desk *desk, int64_t now, struct err *err)
{
	return heard(desk, "heard.traffic", now, err);
}
