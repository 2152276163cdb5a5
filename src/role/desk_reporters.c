/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_reporters.c -- who is believed how far: claims, and what came of them.
 *
 * A claim is that one reporter (the upstream of a sighting) says of one line that it has
 * trouble of one class; rows about it within two weeks are the same claim. It is
 *
 *   confirmed  by another reporter who is believed, or by our own detectors, within a
 *              week either way; or by clean-up: the subscriber was told, and it stopped
 *   refuted    when a person closes its case as a false alarm; or if nobody held the
 *              address then, but for grade A: there our own lease log is likelier wrong
 *   silent     if nothing came of it in two weeks after
 *
 * case/credit.h makes a weight of that, at the moment a sighting is taken in; the store
 * keeps it with the sighting, so that no old case is ever judged again. Everything is a
 * function of what was taken in before: a replay gives the same weights.
 */
#include "role/desk_reports.h"

#include <stdlib.h>

#define SAME_CLAIM (14 * WHEN_DAY)
#define CONFIRMS   (7 * WHEN_DAY)

static const double OWN_WORD = 3; /* nats of a finding of ours that confirms */

struct credit
desk_credit(const struct reporter *r, char otherwise)
{
	return (struct credit){.grade = r->grade != 0 ? r->grade : otherwise,
	    .confirmed = r->confirmed,
	    .refuted = r->refuted,
	    .silent = r->silent};
}

void
desk_weigh(struct desk *desk, struct sighting *s)
{
	struct reporter r;
	struct credit credit;

	(void)store_reporter(desk->store, s->upstream, &r);
	credit = desk_credit(&r, (char)s->grade);
	if (r.grade != 0)
		s->grade = (uint8_t)r.grade;
	if (desk->config.weights != NULL)
		s->weight = report_weight(desk->config.weights, s);
	s->weight = credit_weight(&credit, s->weight);
	s->grade = (uint8_t)credit_grade(&credit);
	s->gold = s->gold && s->grade == 'A';
}

/* Of which class the claim is; CLASS_COUNT: of none. */
static enum case_class
class_of(const struct sighting *s)
{
	struct line_evidence item;

	desk_evidence_of(s, &item);
	for (int c = 0; c < CLASS_COUNT; c++)
		if (policy_concerns((enum case_class)c, &item))
			return (enum case_class)c;
	return CLASS_COUNT;
}

/* ---- counting */

static void
count(struct reporter *r, uint8_t state, int by)
{
	uint64_t *of[CLAIM_STATES] = {[CLAIM_CONFIRMED] = &r->confirmed,
	    [CLAIM_REFUTED] = &r->refuted,
	    [CLAIM_SILENT] = &r->silent};

	if (of[state] != NULL && (by > 0 || *of[state] > 0))
		*of[state] += (uint64_t)(int64_t)by;
}

static bool
settle(
    struct desk *desk, const struct claim *claim, enum claim_state state, struct err *err)
{
	struct claim settled = *claim;
	struct reporter r;

	(void)store_reporter(desk->store, claim->reporter, &r);
	count(&r, claim->state, -1);
	count(&r, (uint8_t)state, 1);
	settled.state = (uint8_t)state;
	return store_claim_put(desk->store, &settled, err) &&
	       store_reporter_put(desk->store, &r, err);
}

/* ---- a new claim, and what confirms others */

struct look {
	struct desk *desk;
	const struct sighting *s;
	enum case_class class_;
	struct claim mine; /* state CLAIM_STATES: none yet */
	bool confirmed;    /* by others */
	bool own;          /* our finding: it confirms without being a claim */
	char assigned;     /* grade, before the record told */
	struct err *err;
	bool good;
};

static bool
note_reporter(const struct look *l, bool claims, bool refuted, struct err *err)
{
	const struct sighting *s = l->s;
	struct reporter r;

	if (!store_reporter(l->desk->store, s->upstream, &r))
		r.first = s->received;
	r.assigned = l->assigned;
	r.claims += claims;
	r.refuted += refuted;
	r.last = s->received > r.last ? s->received : r.last;
	return store_reporter_put(l->desk->store, &r, err);
}

static bool
near(const struct claim *claim, int64_t t, int64_t span)
{
	return t >= claim->first - span && t <= claim->last + span;
}

static bool
is_believed(struct desk *desk, const char *name)
{
	struct reporter r;
	struct credit credit;

	(void)store_reporter(desk->store, name, &r);
	credit = desk_credit(&r, r.assigned);
	return credit_confirms(&credit);
}

static bool
look_at(void *ctx, const struct claim *claim)
{
	struct look *l = ctx;

	if (claim->class_ != l->class_)
		return true;
	if (!l->own && strcmp(claim->reporter, l->s->upstream) == 0) {
		if (near(claim, l->s->last, SAME_CLAIM))
			l->mine = *claim;
		return true;
	}
	if (claim->state == CLAIM_REFUTED || !near(claim, l->s->last, CONFIRMS))
		return true;
	if (!l->own && is_believed(l->desk, claim->reporter))
		l->confirmed = true;
	if (claim->state != CLAIM_CONFIRMED &&
	    (l->own || is_believed(l->desk, l->s->upstream)))
		l->good = settle(l->desk, claim, CLAIM_CONFIRMED, l->err);
	return l->good;
}

static bool
find_own(void *ctx, const struct stored_sighting *s)
{
	struct look *l = ctx;

	if (s->sighting.group != GROUP_REPORT && !s->vetoed &&
	    s->sighting.weight >= OWN_WORD && class_of(&s->sighting) == l->class_)
		l->confirmed = true;
	return !l->confirmed;
}

static bool
put_mine(struct look *l, uint64_t line, struct err *err)
{
	bool fresh = l->mine.state == CLAIM_STATES;
	struct claim *c = &l->mine;

	if (fresh) {
		*c = (struct claim){.line = line,
		    .class_ = (uint8_t)l->class_,
		    .first = l->s->first,
		    .last = l->s->last};
		memcpy(c->reporter, l->s->upstream, sizeof c->reporter);
		store_sightings_of_line(
		    l->desk->store, line, l->s->last - CONFIRMS, find_own, l);
	}
	if (l->s->last > c->last)
		c->last = l->s->last;
	c->due = l->s->received + SAME_CLAIM;
	if (!note_reporter(l, fresh, false, err) ||
	    !store_claim_put(l->desk->store, c, err))
		return false;
	return !l->confirmed || c->state != CLAIM_OPEN ||
	       settle(l->desk, c, CLAIM_CONFIRMED, err);
}

bool
desk_claim(
    struct desk *desk, const struct stored_sighting *s, char assigned, struct err *err)
{
	const struct sighting *g = &s->sighting;
	struct look l = {.desk = desk,
	    .s = g,
	    .class_ = class_of(g),
	    .mine = {.state = CLAIM_STATES},
	    .own = g->group != GROUP_REPORT,
	    .assigned = assigned,
	    .err = err,
	    .good = true};

	if (l.class_ == CLASS_COUNT || (l.own ? g->weight < OWN_WORD : !g->upstream[0]))
		return true;
	if (!l.own && s->attributed.answer == ATTRIBUTION_NO_LEASE)
		return note_reporter(&l, true, l.assigned != 'A', err);
	if (s->line == 0)
		return true;
	store_claims_of_line(desk->store, s->line, look_at, &l);
	return l.good && (l.own || put_mine(&l, s->line, err));
}

/* ---- what came of claims */

struct ending {
	struct desk *desk;
	const struct case_record *record;
	struct err *err;
	bool good;
};

static bool
end_one(void *ctx, const struct claim *claim)
{
	struct ending *e = ctx;
	enum case_state state = e->record->now.state;

	if (claim->class_ != e->record->class_ || claim->first > e->record->now.ended)
		return true;
	if (state == CASE_FALSE_POSITIVE && claim->state != CLAIM_REFUTED)
		e->good = settle(e->desk, claim, CLAIM_REFUTED, e->err);
	else if (state == CASE_CLEAN &&
		 (claim->state == CLAIM_OPEN || claim->state == CLAIM_SILENT))
		e->good = settle(e->desk, claim, CLAIM_CONFIRMED, e->err);
	return e->good;
}

bool
desk_claims_end(struct desk *desk, const struct case_record *record, struct err *err)
{
	struct ending e = {.desk = desk, .record = record, .err = err, .good = true};

	store_claims_of_line(desk->store, record->line, end_one, &e);
	return e.good;
}

static bool
fall_silent(void *ctx, const struct claim *claim)
{
	struct ending *e = ctx;

	e->good = settle(e->desk, claim, CLAIM_SILENT, e->err);
	return e->good;
}

bool
desk_claims_silent(struct desk *desk, int64_t now, struct err *err)
{
	struct ending e = {.desk = desk, .err = err, .good = true};

	store_claims_due(desk->store, now, fall_silent, &e);
	return e.good;
}
