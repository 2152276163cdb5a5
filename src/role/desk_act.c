/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_act.c -- verbs by which people act: note, hold, release, close, judge, retract.
 *
 * Each is an entry with the staff number that did it; what was said about it is a
 * payload. case.retract takes back a cause: its sightings are vetoed, every open case
 * that does not stand without them is closed as false positive and, where a letter had
 * left, corrected with one more; days that nothing else supports leave the statistics.
 * Cases that had ended are not touched: no entry follows an end.
 *
 * Whether a case "stands without" is asked as of its last evidence, not of today, since
 * decay would otherwise let old cases fall whatever they stood on.
 */
#include "role/desk_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { CAUSE_NAME = BRAKE_CAUSE + 16, NOTE_MOST = 4000 };

static bool
act(struct verb_call *call, struct case_record *record, enum entry_type type,
    const char *note, struct err *err)
{
	struct entry e = {.time = call->now,
	    .type = (uint8_t)type,
	    .posterior = record->now.posterior,
	    .step = -1};
	struct entry_extra extra = {
	    .actor_kind = ACTOR_STAFF, .actor = call->actor, .payload = note};

	if (note != NULL && strlen(note) > NOTE_MOST)
		return err_set(err, "a note holds %d bytes at most", NOTE_MOST);
	if (!case_may(&record->now, type))
		return err_set(err, "case %s is %s%s: \"%s\" cannot follow", record->code,
		    state_names[record->now.state], record->now.held ? " and held" : "",
		    entry_names[type]);
	return desk_entry(call->desk, record, &e, &extra, err);
}

static void
answer_state(struct verb_call *call, const struct case_record *record)
{
	jw_object(call->out, "result");
	jw_text(call->out, "case", record->code);
	jw_text(call->out, "state", state_names[record->now.state]);
	jw_flag(call->out, "held", record->now.held);
	jw_end(call->out);
}

static bool
run_note(struct verb_call *call, struct err *err)
{
	const char *note = verb_text(call, "note");
	struct case_record record;

	if (note == NULL || note[0] == '\0')
		return err_set(err, "the note is empty");
	if (!verb_case(call, &record, err) || !act(call, &record, ENTRY_NOTE, note, err))
		return false;
	answer_state(call, &record);
	return true;
}

/* ---- hold and release */

/* "site" is the empty cause. */
static const char *
cause_named(const char *cause)
{
	return strcmp(cause, "site") == 0 ? "" : cause;
}

static bool
run_hold(struct verb_call *call, struct err *err)
{
	const char *cause = verb_text(call, "cause");
	char name[CAUSE_NAME];
	struct case_record record;

	if (cause != NULL) {
		(void)snprintf(name, sizeof name, "hold.%s", cause_named(cause));
		jw_object(call->out, "result");
		jw_text(call->out, "held", cause);
		jw_end(call->out);
		return desk_setting_time_set(call->desk, name, call->now, err) &&
		       store_audit(call->desk->store, call->now, "cause.hold", cause,
			   strlen(cause), err);
	}
	if (!verb_case(call, &record, err) ||
	    !act(call, &record, ENTRY_HELD, verb_text(call, "note"), err))
		return false;
	answer_state(call, &record);
	return true;
}

struct id_list {
	uint64_t *items;
	size_t count, room;
};

static void
add_id(struct id_list *list, uint64_t id)
{
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		list->items = xrealloc(list->items, list->room * sizeof *list->items);
	}
	list->items[list->count++] = id;
}

static bool
add_case(void *ctx, const struct case_record *record)
{
	if (record->now.held)
		add_id(ctx, record->id);
	return true;
}

static bool
add_case_of(void *ctx, const struct stored_sighting *s)
{
	if (s->case_id != 0)
		add_id(ctx, s->case_id);
	return true;
}

static bool
resume(struct verb_call *call, struct case_record *record, struct err *err)
{
	return act(call, record, ENTRY_RESUMED, verb_text(call, "note"), err) &&
	       desk_work(call->desk, record->line, call->now, err);
}

static bool
release_cause(struct verb_call *call, const char *cause, struct err *err)
{
	struct desk *desk = call->desk;
	struct case_filter open = {.state = -1, .open_only = true};
	struct id_list ids = {0};
	struct case_record record;
	char hold[CAUSE_NAME], resumed[CAUSE_NAME];
	uint64_t count = 0;
	bool good;

	(void)snprintf(hold, sizeof hold, "hold.%s", cause_named(cause));
	(void)snprintf(resumed, sizeof resumed, "resumed.%s", cause_named(cause));
	good = desk_setting_time_set(desk, hold, 0, err) &&
	       desk_setting_time_set(desk, resumed, call->now, err) &&
	       store_audit(
		   desk->store, call->now, "cause.release", cause, strlen(cause), err);
	if (*cause_named(cause) == '\0')
		store_cases(desk->store, &open, add_case, &ids);
	else
		store_sightings_of_cause(desk->store, cause, add_case_of, &ids);
	ids.count = desk_unique(ids.items, ids.count);
	for (size_t i = 0; i < ids.count && good; i++) {
		if (!store_case_get(desk->store, ids.items[i], &record) ||
		    !record.now.held || !case_is_open(record.now.state))
			continue;
		good = resume(call, &record, err);
		count++;
	}
	free(ids.items);
	jw_object(call->out, "result");
	jw_text(call->out, "released", cause);
	jw_uint(call->out, "cases", count);
	jw_end(call->out);
	return good;
}

static bool
run_release(struct verb_call *call, struct err *err)
{
	const char *cause = verb_text(call, "cause");
	struct case_record record;
	char name[32];

	if (cause != NULL)
		return release_cause(call, cause, err);
	if (!verb_case(call, &record, err))
		return false;
	/* A person looked: the hold of its cause no longer concerns this case. */
	(void)snprintf(name, sizeof name, "released.%" PRIu64, record.id);
	if (!desk_setting_time_set(call->desk, name, call->now, err) ||
	    !resume(call, &record, err) ||
	    !store_case_get(call->desk->store, record.id, &record))
		return false;
	answer_state(call, &record);
	return true;
}

/* ---- ends by a person */

static bool
has_left(void *ctx, const struct outbox_entry *e)
{
	bool *left = ctx;

	*left = *left || e->state == OUTBOX_SENT_OUT || e->state == OUTBOX_DONE;
	return true;
}

/* False positive: whoever got a letter gets one more. `*corrected` counts those. */
static bool
end_false(struct verb_call *call, struct case_record *record, const char *note,
    uint64_t *corrected, struct err *err)
{
	struct letter letter = {.template_ = "correction", .step = -1, .now = call->now};
	struct entry e = {.time = call->now, .type = ENTRY_CORRECTION, .step = -1};
	struct entry_extra extra = {.actor_kind = ACTOR_STAFF, .actor = call->actor};
	bool left = false;

	store_outbox_of_case(call->desk->store, record->id, has_left, &left);
	if (left) {
		if (!desk_letter(call->desk, record, &letter, err))
			return false;
		e.ref = letter.key;
		if (!desk_entry(call->desk, record, &e, &extra, err))
			return false;
		(*corrected)++;
	}
	return act(call, record, ENTRY_FALSE_POSITIVE, note, err);
}

/* Each case counts once in the sample, however often it is looked at. */
static bool
count_judged(struct verb_call *call, const struct case_record *record, struct err *err)
{
	int64_t judged = desk_setting_time(call->desk, "shadow.judged", 0);
	char name[40];

	(void)snprintf(name, sizeof name, "judged.%llu", (unsigned long long)record->id);
	return desk_setting_time(call->desk, name, 0) != 0 ||
	       (desk_setting_time_set(call->desk, name, call->now, err) &&
		   desk_setting_time_set(call->desk, "shadow.judged", judged + 1, err));
}

static bool
run_close(struct verb_call *call, struct err *err)
{
	const char *as = verb_text(call, "as"), *note = verb_text(call, "note");
	struct case_record record;
	uint64_t corrected = 0;
	bool good;

	if (!verb_case(call, &record, err))
		return false;
	if (as == NULL || strcmp(as, "false_positive") == 0)
		good = end_false(call, &record, note, &corrected, err);
	else if (strcmp(as, "moved") == 0)
		good = act(call, &record, ENTRY_MOVED, note, err);
	else if (strcmp(as, "expired") == 0)
		good = act(call, &record, ENTRY_EXPIRED, note, err);
	else
		return err_set(err, "a case closes as false_positive, moved or expired");
	if (!good || !count_judged(call, &record, err))
		return false;
	answer_state(call, &record);
	return true;
}

/* "I have looked at it": a case of the sample that ends shadow. */
static bool
run_judge(struct verb_call *call, struct err *err)
{
	const json_t *right = json_object_get(call->args, "right");
	const char *note = verb_text(call, "note");
	struct case_record record;
	uint64_t corrected = 0;

	if (!json_is_boolean(right))
		return err_set(err, "say whether the case is right, true or false");
	if (!verb_case(call, &record, err))
		return false;
	if (!(json_is_true(right)
		    ? act(call, &record, ENTRY_NOTE, note ? note : "judged right", err)
		    : end_false(call, &record, note, &corrected, err)) ||
	    !count_judged(call, &record, err))
		return false;
	answer_state(call, &record);
	return true;
}

/* ---- retract */

struct retraction {
	struct verb_call *call;
	struct err *err;
	struct id_list cases, lines;
	uint64_t vetoed, closed, kept, corrected;
	bool good;
};

static bool
each_day(struct desk *desk, const struct stored_sighting *s, bool seen, struct err *err)
{
	const struct sighting *g = &s->sighting;
	const char *upstream = g->upstream[0] ? g->upstream : g->identifier;
	int64_t from = g->first / WHEN_DAY, to = g->last / WHEN_DAY;

	if (g->role != ROLE_BOT || s->line == 0)
		return true;
	if (to - from > 31)
		from = to - 31;
	for (int64_t day = from; day <= to; day++)
		if (!(seen ? store_day_seen(
				 desk->store, s->line, g->family, upstream, day, err)
			   : store_day_unseen(
				 desk->store, s->line, g->family, upstream, day, err)))
			return false;
	return true;
}

static bool
veto_one(void *ctx, const struct stored_sighting *s)
{
	struct retraction *r = ctx;

	if (s->vetoed)
		return true;
	if (s->case_id != 0)
		add_id(&r->cases, s->case_id);
	if (s->line != 0)
		add_id(&r->lines, s->line);
	r->vetoed++;
	r->good =
	    store_sighting_veto(r->call->desk->store, &s->sighting.id, true, r->err) &&
	    each_day(r->call->desk, s, false, r->err);
	return r->good;
}

/* What else was seen on those days stays in the statistics. */
static bool
see_again(void *ctx, const struct stored_sighting *s)
{
	struct retraction *r = ctx;

	if (!s->vetoed)
		r->good = each_day(r->call->desk, s, true, r->err);
	return r->good;
}

/* Would the case have opened on what is left? `d` gets the numbers. */
static bool
stands(struct verb_call *call, const struct case_record *record, struct decision *d)
{
	struct gathered *g = xcalloc(1, sizeof *g);
	struct policy_view view;

	desk_gather(call->desk, record->line, record->now.last_evidence, NULL, g);
	view = (struct policy_view){
	    .items = g->items, .count = g->count, .now = record->now.last_evidence};
	policy_decide(
	    call->desk->config.policy, (enum case_class)record->class_, &view, d);
	free(g);
	return d->act == DECIDE_OPEN;
}

static bool
retract_case(struct retraction *r, uint64_t id, const char *note)
{
	struct case_record record;
	struct decision d;
	struct entry e = {.time = r->call->now, .type = ENTRY_EVIDENCE, .step = -1};
	struct entry_extra extra = {
	    .actor_kind = ACTOR_STAFF, .actor = r->call->actor, .payload = note};

	if (!store_case_get(r->call->desk->store, id, &record) ||
	    !case_is_open(record.now.state))
		return true;
	if (!stands(r->call, &record, &d)) {
		r->closed++;
		return end_false(r->call, &record, note, &r->corrected, r->err);
	}
	r->kept++;
	e.score = d.score.sum;
	e.posterior = d.score.posterior;
	e.until = record.now.last_evidence;
	for (uint32_t i = 0; i < d.score.group_count; i++)
		e.groups |= 1u << d.score.groups[i].group;
	return desk_entry(r->call->desk, &record, &e, &extra, r->err);
}

static bool
run_retract(struct verb_call *call, struct err *err)
{
	const char *cause = verb_text(call, "cause");
	struct retraction r = {.call = call, .err = err, .good = true};
	char note[CAUSE_NAME];

	if (cause == NULL || strchr(cause, ':') == NULL)
		return err_set(err,
		    "name a cause: report:TYPE, detector:NAME, source:NAME, "
		    "upstream:NAME or indicator:NAME");
	(void)snprintf(note, sizeof note, "retracted: %s", cause);
	store_sightings_of_cause(call->desk->store, cause, veto_one, &r);
	r.lines.count = desk_unique(r.lines.items, r.lines.count);
	r.cases.count = desk_unique(r.cases.items, r.cases.count);
	for (size_t i = 0; i < r.lines.count && r.good; i++)
		store_sightings_of_line(
		    call->desk->store, r.lines.items[i], INT64_MIN, see_again, &r);
	for (size_t i = 0; i < r.cases.count && r.good; i++)
		r.good = retract_case(&r, r.cases.items[i], note);
	free(r.cases.items);
	free(r.lines.items);
	if (!r.good || !store_audit(call->desk->store, call->now, "cause.retract", cause,
			   strlen(cause), err))
		return false;
	jw_object(call->out, "result");
	jw_text(call->out, "cause", cause);
	jw_uint(call->out, "sightings", r.vetoed);
	jw_uint(call->out, "closed", r.closed);
	jw_uint(call->out, "corrected", r.corrected);
	jw_uint(call->out, "kept", r.kept);
	jw_end(call->out);
	return true;
}

const struct verb desk_act_verbs[] = {
    {"case.note", true, run_note},
    {"case.hold", true, run_hold},
    {"case.release", true, run_release},
    {"case.close", true, run_close},
    {"case.judge", true, run_judge},
    {"case.retract", true, run_retract},
    {0},
};
