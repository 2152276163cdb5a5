/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_act.c -- verbs by which people act: note, hold, release, close, judge.
 *
 * Each is an entry with the staff number that did it; what was said about it is a
 * payload. Taking back a cause, which concerns many cases at once, is desk_retract.c.
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
held_name(const char *cause)
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
		if (!cause_named(cause, true, err))
			return false;
		(void)snprintf(name, sizeof name, "hold.%s", held_name(cause));
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

static bool
add_case(void *ctx, const struct case_record *record)
{
	if (record->now.held)
		desk_ids_add(ctx, record->id);
	return true;
}

static bool
add_case_of(void *ctx, const struct stored_sighting *s)
{
	if (s->case_id != 0)
		desk_ids_add(ctx, s->case_id);
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
	struct desk_ids ids = {0};
	struct case_record record;
	char hold[CAUSE_NAME], resumed[CAUSE_NAME];
	uint64_t count = 0;
	bool good;

	(void)snprintf(hold, sizeof hold, "hold.%s", held_name(cause));
	(void)snprintf(resumed, sizeof resumed, "resumed.%s", held_name(cause));
	good = desk_setting_time_set(desk, hold, 0, err) &&
	       desk_setting_time_set(desk, resumed, call->now, err) &&
	       store_audit(
		   desk->store, call->now, "cause.release", cause, strlen(cause), err);
	if (*held_name(cause) == '\0')
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
		return cause_named(cause, true, err) && release_cause(call, cause, err);
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

bool
desk_end_false(struct verb_call *call, struct case_record *record, const char *note,
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
		good = desk_end_false(call, &record, note, &corrected, err);
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
		    : desk_end_false(call, &record, note, &corrected, err)) ||
	    !count_judged(call, &record, err))
		return false;
	answer_state(call, &record);
	return true;
}

const struct verb desk_act_verbs[] = {
    {"case.note", true, run_note},
    {"case.hold", true, run_hold},
    {"case.release", true, run_release},
    {"case.close", true, run_close},
    {"case.judge", true, run_judge},
    {0},
};
