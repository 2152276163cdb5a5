/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_retract.c -- the verb case.retract: a cause is taken back, with all that stands on
 * it.
 *
 * Line by line: the cause's sightings are vetoed, days that nothing else supports leave
 * the statistics, and each case of the line that does not stand without them becomes a
 * false positive, open or ended; where a letter had left, one correction follows. A case
 * falls if it bore a vetoed sighting, or if it stood before and does not now: an earlier
 * case's evidence may have carried a later one.
 *
 * Whether a case "stands" is asked as of its last evidence, not of today, since decay
 * would otherwise let old cases fall whatever they stood on; of an ended case, only what
 * was known by its end counts.
 *
 * Not handled: cases whose evidence has been erased. They cannot be judged again, and are
 * only counted.
 */
#include "base/near.h"
#include "role/desk_inside.h"

#include <stdio.h>
#include <stdlib.h>

enum { CAUSES_MOST = 4096 };

struct judged {
	struct case_record record;
	bool stood, bore;
};

struct retraction {
	struct verb_call *call;
	const char *cause;
	struct err *err;
	struct desk_ids lines;
	struct judged *cases; /* of the present line */
	size_t case_count;
	uint64_t borne, vetoed, closed, revised, kept, corrected;
	bool good;
};

static bool
veto(struct retraction *r, const struct stored_sighting *s)
{
	r->vetoed++;
	r->good =
	    store_sighting_veto(r->call->desk->store, &s->sighting.id, true, r->err) &&
	    desk_days(r->call->desk, s, false, r->err);
	return r->good;
}

static bool
collect(void *ctx, const struct stored_sighting *s)
{
	struct retraction *r = ctx;

	r->borne++;
	if (s->vetoed)
		return true;
	if (s->line == 0)
		return veto(r, s);
	desk_ids_add(&r->lines, s->line);
	return true;
}

/* ---- one line */

/* Would the case have opened on what counts now? `d` gets the numbers. */
static bool
stands(const struct retraction *r, const struct case_record *record, struct decision *d)
{
	const struct case_record *end = case_is_open(record->now.state) ? NULL : record;
	int64_t now = record->now.last_evidence;
	struct gathered *g = xcalloc(1, sizeof *g);
	struct policy_view view;

	desk_gather(r->call->desk, record->line, now, end, g);
	view = (struct policy_view){.items = g->items, .count = g->count, .now = now};
	policy_decide(
	    r->call->desk->config.policy, (enum case_class)record->class_, &view, d);
	free(g);
	return d->act == DECIDE_OPEN;
}

static bool
judge_before(void *ctx, const struct case_record *record)
{
	struct retraction *r = ctx;
	struct judged *j;
	struct decision d;

	if (!case_may(&record->now, ENTRY_FALSE_POSITIVE))
		return true;
	r->cases = xrealloc(r->cases, (r->case_count + 1) * sizeof *r->cases);
	j = &r->cases[r->case_count++];
	*j = (struct judged){.record = *record, .stood = stands(r, record, &d)};
	return true;
}

static bool
veto_of_line(void *ctx, const struct stored_sighting *s)
{
	struct retraction *r = ctx;

	if (s->vetoed || !cause_matches(&s->sighting, r->cause))
		return true;
	for (size_t i = 0; i < r->case_count; i++)
		if (s->case_id == r->cases[i].record.id)
			r->cases[i].bore = true;
	return veto(r, s);
}

/* What else was seen on those days stays in the statistics. */
static bool
see_again(void *ctx, const struct stored_sighting *s)
{
	struct retraction *r = ctx;

	if (!s->vetoed)
		r->good = desk_days(r->call->desk, s, true, r->err);
	return r->good;
}

/* The new numbers of a case that stands. */
static bool
keep(struct retraction *r, struct case_record *record, const struct decision *d)
{
	struct entry e = {.time = r->call->now,
	    .type = ENTRY_EVIDENCE,
	    .score = d->score.sum,
	    .posterior = d->score.posterior,
	    .until = record->now.last_evidence,
	    .step = -1};
	struct entry_extra extra = {
	    .actor_kind = ACTOR_STAFF, .actor = r->call->actor, .payload = r->cause};

	r->kept++;
	if (!case_is_open(record->now.state))
		return true;
	for (uint32_t i = 0; i < d->score.group_count; i++)
		e.groups |= 1u << d->score.groups[i].group;
	return desk_entry(r->call->desk, record, &e, &extra, r->err);
}

static bool
judge_after(struct retraction *r, struct judged *j)
{
	char note[BRAKE_CAUSE + 16];
	struct decision d;

	if (!j->bore && !j->stood)
		return true;
	if (stands(r, &j->record, &d))
		return !j->bore || keep(r, &j->record, &d);
	(void)snprintf(note, sizeof note, "retracted: %s", r->cause);
	if (case_is_open(j->record.now.state))
		r->closed++;
	else
		r->revised++;
	return desk_end_false(r->call, &j->record, note, &r->corrected, r->err);
}

static bool
retract_line(struct retraction *r, uint64_t line)
{
	struct store *store = r->call->desk->store;
	struct case_filter all = {.state = -1, .line = line};

	r->case_count = 0;
	store_cases(store, &all, judge_before, r);
	store_sightings_of_line(store, line, INT64_MIN, veto_of_line, r);
	if (r->good)
		store_sightings_of_line(store, line, INT64_MIN, see_again, r);
	for (size_t i = 0; i < r->case_count && r->good; i++)
		r->good = judge_after(r, &r->cases[i]);
	return r->good;
}

/* ---- a cause that nothing bears */

struct names {
	char **items;
	size_t count;
};

static bool
add_name(void *ctx, const char *cause)
{
	struct names *names = ctx;

	if (names->count == CAUSES_MOST)
		return false;
	names->items = xrealloc(names->items, (names->count + 1) * sizeof *names->items);
	names->items[names->count++] = xstrdup(cause);
	return true;
}

static bool
refuse(const struct retraction *r)
{
	struct names names = {0};
	char nearest[160];

	store_causes(r->call->desk->store, add_name, &names);
	near_list(r->cause, (const char *const *)names.items, names.count, nearest,
	    sizeof nearest);
	for (size_t i = 0; i < names.count; i++)
		free(names.items[i]);
	free(names.items);
	return err_set(r->err, "nothing bears the cause %.60s%s%s", r->cause,
	    *nearest ? "; nearest: " : "", nearest);
}

static bool
carry_out(struct retraction *r)
{
	struct store *store = r->call->desk->store;

	store_sightings_of_cause(store, r->cause, collect, r);
	if (r->good && r->borne == 0)
		return refuse(r);
	r->lines.count = desk_unique(r->lines.items, r->lines.count);
	for (size_t i = 0; i < r->lines.count && r->good; i++)
		r->good = retract_line(r, r->lines.items[i]);
	return r->good && store_audit(store, r->call->now, "cause.retract", r->cause,
			      strlen(r->cause), r->err);
}

static bool
run_retract(struct verb_call *call, struct err *err)
{
	struct retraction r = {
	    .call = call, .cause = verb_text(call, "cause"), .err = err, .good = true};
	bool good = cause_named(r.cause, false, err) && carry_out(&r);

	free(r.lines.items);
	free(r.cases);
	if (!good)
		return false;
	jw_object(call->out, "result");
	jw_text(call->out, "cause", r.cause);
	jw_uint(call->out, "sightings", r.vetoed);
	jw_uint(call->out, "closed", r.closed);
	jw_uint(call->out, "revised", r.revised);
	jw_uint(call->out, "corrected", r.corrected);
	jw_uint(call->out, "kept", r.kept);
	jw_uint(call->out, "unjudged", store_cases_bare(call->desk->store, r.cause));
	jw_end(call->out);
	return true;
}

const struct verb desk_retract_verbs[] = {
    {"case.retract", true, run_retract},
    {0},
};
