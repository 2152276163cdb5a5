/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_case.c -- decisions written down: entries, brakes, letters into the outbox.
 *
 * policy_decide is asked again and again about each class until it has nothing more to
 * do; each answer becomes entries, in the caller's transaction. Before a first notice
 * stand the brakes: shadow (the would-be notice becomes a SHADOWED entry), HOLD of the
 * cause or the site (HELD; a person resumes), and the caps of the hour (the case waits,
 * due in the next one). Reminders count against the caps too.
 *
 * The brakes' numbers are in the store: cases by cause, and the notices of the present
 * hour in settings, written in the same transaction as the notice.
 */
#include "base/zone.h"
#include "role/desk_reports.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 16, SETTING = BRAKE_CAUSE + 16 };

#define LETTER_LIFE (7 * WHEN_DAY) /* what cannot be delivered by then has failed */
#define REST        WHEN_DAY       /* a resumed cause is not held again for so long */

struct work {
	struct desk *desk;
	int64_t now;
	enum case_class class_;
	struct case_record record; /* id 0: no open case */
	struct gathered *g;
	struct decision d;
	int64_t wait; /* nothing is sent before; 0: no brake */
};

bool
desk_entry(struct desk *desk, struct case_record *record, struct entry *entry,
    const struct entry_extra *extra, struct err *err)
{
	const char *payload = extra ? extra->payload : NULL;

	entry->case_id = record->id;
	entry->policy_version = (uint32_t)desk->config.policy->version;
	entry->prior = desk->config.policy->prior;
	if (extra != NULL) {
		entry->actor_kind = (uint8_t)extra->actor_kind;
		entry->actor = extra->actor;
	}
	if (entry->time < record->now.changed)
		entry->time = record->now.changed;
	if (!store_entry_add(
		desk->store, entry, payload, payload ? strlen(payload) : 0, err))
		return false;
	if (!case_fold(&record->now, entry))
		return err_set(err, "case %s: %s cannot follow in state %s", record->code,
		    entry_names[entry->type], state_names[record->now.state]);
	if (!case_is_open(record->now.state)) {
		record->due = WHEN_NEVER;
		if (!desk_cancel(desk, record->id, entry->time, err) ||
		    !desk_claims_end(desk, record, err))
			return false;
	}
	return store_case_update(desk->store, record, err);
}

/* The strongest piece that this class is concerned with; NULL if there is none. */
static const struct line_evidence *
strongest(const struct work *w)
{
	const struct line_evidence *best = NULL;
	double most = -1;

	for (size_t i = 0; i < w->g->count; i++) {
		double weight = evidence_weight(&w->g->items[i].evidence, w->now);

		if (policy_concerns(w->class_, &w->g->items[i]) && weight > most) {
			most = weight;
			best = &w->g->items[i];
		}
	}
	return best;
}

/* The skeleton of what was decided: the numbers of the score. */
static struct entry
skeleton(const struct work *w, enum entry_type type)
{
	const struct line_evidence *best = strongest(w);
	struct entry e = {.time = w->now,
	    .type = (uint8_t)type,
	    .score = w->d.score.sum,
	    .posterior = w->d.score.posterior,
	    .step = w->d.step};

	for (uint32_t i = 0; i < w->d.score.group_count; i++) {
		const struct group_score *group = &w->d.score.groups[i];

		e.groups |= 1u << group->group;
		e.upstreams += group->group == GROUP_REPORT;
		e.gold = e.gold || group->gold;
	}
	if (type == ENTRY_OPENED || type == ENTRY_EVIDENCE)
		e.until = w->d.last;
	if (type == ENTRY_VERIFYING)
		e.until = w->d.until;
	if (best != NULL)
		e.ref = best->sighting;
	return e;
}

static bool
put(struct work *w, enum entry_type type, struct err *err)
{
	struct entry e = skeleton(w, type);

	return desk_entry(w->desk, &w->record, &e, NULL, err);
}

/* ---- opening */

/* Eight characters that a voice on the phone does not confuse: no 0 O 1 I L 5 S 8 B 2 Z
 * U V. */
static void
draw_code(
    struct desk *desk, uint64_t line, enum case_class class_, int64_t now, char *out)
{
	static const char letters[] = "34679ACDEFGHJKMNPQRTWXY";
	struct case_record taken;

	for (uint64_t attempt = 0;; attempt++) {
		uint64_t parts[4] = {line, class_, (uint64_t)now, attempt};
		struct id128 id = desk_draw(desk, "code", parts, sizeof parts);

		for (int i = 0; i < 8; i++)
			out[i] = letters[id.b[i] % (sizeof letters - 1)];
		out[8] = '\0';
		if (!store_case_by_code(desk->store, out, &taken))
			return;
	}
}

struct binding {
	struct work *work;
	struct err *err;
	bool good;
};

static bool
bind_one(void *ctx, const struct stored_sighting *s)
{
	struct binding *b = ctx;
	struct line_evidence item;

	desk_evidence_of(&s->sighting, &item);
	if (s->case_id == 0 && policy_concerns(b->work->class_, &item))
		b->good = store_sighting_bind(
		    b->work->desk->store, &s->sighting.id, b->work->record.id, b->err);
	return b->good;
}

static bool
note_causes(struct work *w, struct err *err)
{
	for (size_t i = 0; i < w->g->count; i++) {
		const char *names[] = {w->g->cause[i], w->g->indicator[i]};

		if (!policy_concerns(w->class_, &w->g->items[i]))
			continue;
		for (int n = 0; n < 2; n++)
			if (names[n][0] != '\0' &&
			    !store_case_cause(
				w->desk->store, w->record.id, names[n], w->now, err))
				return false;
	}
	return true;
}

static bool
open_case(struct work *w, uint64_t line, struct err *err)
{
	struct binding b = {.work = w, .err = err, .good = true};

	w->record = (struct case_record){
	    .line = line, .class_ = (uint8_t)w->class_, .due = WHEN_NEVER};
	w->record.now.opened = w->now;
	draw_code(w->desk, line, w->class_, w->now, w->record.code);
	if (!store_case_new(w->desk->store, &w->record, err) ||
	    !put(w, ENTRY_OPENED, err))
		return false;
	store_sightings_of_line(w->desk->store, line, INT64_MIN, bind_one, &b);
	return b.good && note_causes(w, err);
}

/* ---- brakes */

bool
desk_is_shadow(struct desk *desk, int64_t now)
{
	int64_t judged = desk_setting_time(desk, "shadow.judged", 0);
	int64_t since = desk_setting_time(desk, "shadow.since", now);

	return desk->config.shadow &&
	       brake_shadow(&desk->config.policy->shadow, since, now, (uint64_t)judged);
}

static bool
too_many(struct desk *desk, const char *cause, int64_t floor, int64_t now)
{
	struct brake_history h = {.last_day = store_cases_opened(
				      desk->store, cause, now - WHEN_DAY + 1, now + 1)};

	if (h.last_day <= (uint64_t)floor)
		return false; /* the usual case costs one question */
	for (int day = 0; day < BRAKE_DAYS; day++) {
		int64_t to = now - WHEN_DAY * (day + 1) + 1;

		h.daily[day] = store_cases_opened(desk->store, cause, to - WHEN_DAY, to);
	}
	return brake_holds(&h, floor, desk->config.policy->caps.hold_factor);
}

/* Is `cause` ("" = the site) on HOLD, or does it come to be now? */
static bool
on_hold(struct desk *desk, const char *cause, int64_t floor, int64_t now, bool *held,
    struct err *err)
{
	char hold[SETTING], resumed[SETTING];

	(void)snprintf(hold, sizeof hold, "hold.%s", cause);
	(void)snprintf(resumed, sizeof resumed, "resumed.%s", cause);
	*held = desk_setting_time(desk, hold, 0) != 0;
	if (*held || desk_setting_time(desk, resumed, INT64_MIN / 2) > now - REST ||
	    !too_many(desk, cause, floor, now))
		return true;
	*held = true;
	return desk_setting_time_set(desk, hold, now, err) &&
	       store_count(desk->store, "brake.holds", 1, err);
}

static bool
any_hold(struct work *w, bool *held, struct err *err)
{
	const struct policy_caps *caps = &w->desk->config.policy->caps;

	if (!on_hold(w->desk, "", caps->hold_site_floor, w->now, held, err))
		return false;
	for (size_t i = 0; i < w->g->count && !*held; i++) {
		const char *names[] = {w->g->cause[i], w->g->indicator[i]};

		if (!policy_concerns(w->class_, &w->g->items[i]))
			continue;
		for (int n = 0; n < 2 && !*held; n++)
			if (names[n][0] != '\0' &&
			    !on_hold(w->desk, names[n], caps->hold_cause_floor, w->now,
				held, err))
				return false;
	}
	return true;
}

/* The notices of the present hour of one cause: "HOUR COUNT". */
static uint64_t
sent_this_hour(struct desk *desk, const char *name, int64_t now)
{
	char *text = store_setting(desk->store, name), *end;
	uint64_t count = 0;

	if (text != NULL && strtoll(text, &end, 10) == now / WHEN_HOUR && *end == ' ')
		count = strtoull(end, NULL, 10);
	free(text);
	return count;
}

static bool
count_notice(struct desk *desk, const char *name, int64_t now, struct err *err)
{
	char text[64];

	(void)snprintf(text, sizeof text, "%" PRId64 " %" PRIu64, now / WHEN_HOUR,
	    sent_this_hour(desk, name, now) + 1);
	return store_setting_set(desk->store, name, text, err);
}

/* The settings that count this case's notices: the site's, and the strongest's cause. */
static void
cap_names(const struct work *w, char site[SETTING], char cause[SETTING])
{
	const struct line_evidence *best = strongest(w);
	size_t at = best != NULL ? (size_t)(best - w->g->items) : 0;

	(void)snprintf(site, SETTING, "notices.");
	(void)snprintf(
	    cause, SETTING, "notices.%s", best != NULL ? w->g->cause[at] : "none");
}

static bool
put_held(void *ctx, const char *name, const char *value)
{
	const char *cause = name + strlen("hold.");
	int64_t since = strtoll(value, NULL, 10);

	if (since == 0)
		return true; /* resumed */
	jw_object(ctx, NULL);
	jw_text(ctx, "cause", *cause != '\0' ? cause : "site");
	jw_when(ctx, "since", since);
	jw_end(ctx);
	return true;
}

void
desk_brakes(struct desk *desk, int64_t now, struct jw *j)
{
	jw_object(j, "brakes");
	jw_flag(j, "shadow", desk_is_shadow(desk, now));
	jw_int(j, "judged", desk_setting_time(desk, "shadow.judged", 0));
	jw_uint(j, "notices_this_hour", sent_this_hour(desk, "notices.", now));
	jw_int(j, "notices_per_hour", desk->config.policy->caps.notices_per_hour);
	jw_array(j, "held");
	store_settings(desk->store, "hold.", put_held, j);
	jw_end(j);
	jw_end(j);
}

/* ---- letters */

static int64_t
after_quiet(const struct policy_calendar *calendar, int64_t t)
{
	int from = (int)(calendar->from / WHEN_MINUTE),
	    to = (int)(calendar->to / WHEN_MINUTE);
	int minute = zone_minute(t);
	bool quiet =
	    from <= to ? minute >= from && minute < to : minute >= from || minute < to;

	return quiet ? zone_next_minute(t, to % (24 * 60)) : t;
}

bool
desk_letter(struct desk *desk, const struct case_record *record, struct letter *letter,
    struct err *err)
{
	struct outbox_entry e = {.case_id = record->id,
	    .kind = "mail",
	    .state = OUTBOX_WAITING,
	    .verb = ORDER_APPLY,
	    .step = letter->step,
	    .created = letter->now,
	    .not_before = after_quiet(&desk->config.policy->calendar, letter->now),
	    .changed = letter->now};
	uint64_t parts[2] = {record->id, record->now.entries};

	e.expires = e.not_before + LETTER_LIFE;
	(void)snprintf(e.template_, sizeof e.template_, "%s", letter->template_);
	e.key = desk_draw(desk, letter->template_, parts, sizeof parts);
	letter->key = e.key;
	return store_outbox_put(desk->store, &e, err);
}

static bool
send(struct work *w, struct err *err)
{
	bool first = w->record.now.notices_sent == 0;
	struct letter letter = {.template_ = first ? class_names[w->class_] : "reminder",
	    .step = w->d.step,
	    .now = w->now};
	struct entry e = skeleton(w, ENTRY_NOTICE);

	if (!desk_letter(w->desk, &w->record, &letter, err))
		return false;
	e.ref = letter.key;
	return desk_entry(w->desk, &w->record, &e, NULL, err);
}

/* A person let this very case go on. */
static bool
was_released(const struct work *w)
{
	char name[32];

	(void)snprintf(name, sizeof name, "released.%" PRIu64, w->record.id);
	return desk_setting_time(w->desk, name, 0) != 0;
}

static bool
notice(struct work *w, struct err *err)
{
	struct brake_counts counts;
	char site[SETTING], cause[SETTING];
	bool held = false;

	if (desk_is_shadow(w->desk, w->now))
		return put(w, ENTRY_SHADOWED, err);
	if (w->record.now.notices_sent == 0 && !was_released(w) &&
	    !any_hold(w, &held, err))
		return false;
	if (held)
		return put(w, ENTRY_HELD, err);
	cap_names(w, site, cause);
	counts.notices_hour = sent_this_hour(w->desk, site, w->now);
	counts.notices_hour_cause = sent_this_hour(w->desk, cause, w->now);
	if (!brake_fits(&w->desk->config.policy->caps, &counts)) {
		w->wait = (w->now / WHEN_HOUR + 1) * WHEN_HOUR;
		return store_count(w->desk->store, "brake.waits", 1, err);
	}
	return count_notice(w->desk, site, w->now, err) &&
	       count_notice(w->desk, cause, w->now, err) && send(w, err);
}

static bool
clean(struct work *w, struct err *err)
{
	struct letter thanks = {.template_ = "clean", .step = -1, .now = w->now};
	bool told = w->record.now.notified != 0;

	/* The entry first: it cancels what has not left, and the thanks must leave. */
	return put(w, ENTRY_CLEAN, err) &&
	       (!told || desk_letter(w->desk, &w->record, &thanks, err));
}

struct cancelling {
	struct desk *desk;
	int64_t now;
	struct err *err;
	bool good;
};

static bool
cancel_one(void *ctx, const struct outbox_entry *entry)
{
	struct cancelling *c = ctx;
	struct outbox_entry e = *entry;

	/* What was handed out may be under way: its outcome will be taken in. */
	if (e.state != OUTBOX_WAITING || strcmp(e.template_, "correction") == 0)
		return true;
	e.state = OUTBOX_CANCELLED;
	e.changed = c->now;
	c->good = store_outbox_update(c->desk->store, &e, c->err);
	return c->good;
}

bool
desk_cancel(struct desk *desk, uint64_t case_id, int64_t now, struct err *err)
{
	struct cancelling c = {.desk = desk, .now = now, .err = err, .good = true};

	store_outbox_of_case(desk->store, case_id, cancel_one, &c);
	return c.good;
}

/* ---- the loop */

static bool
carry_out(struct work *w, uint64_t line, struct err *err)
{
	switch (w->d.act) {
	case DECIDE_OPEN:
		return open_case(w, line, err);
	case DECIDE_EVIDENCE:
		return put(w, ENTRY_EVIDENCE, err);
	case DECIDE_NOTICE:
		return notice(w, err);
	case DECIDE_TASK:
		return put(w, ENTRY_TASK, err);
	case DECIDE_VERIFYING:
		return put(w, ENTRY_VERIFYING, err);
	case DECIDE_CLEAN:
		return clean(w, err);
	case DECIDE_EXPIRE:
		return put(w, ENTRY_EXPIRED, err);
	case DECIDE_NOTHING:
		break;
	}
	return true;
}

/* Shadow over: the case takes up where it would have been. */
static bool
lift_shadow(struct work *w, struct err *err)
{
	return !w->record.now.shadow || desk_is_shadow(w->desk, w->now) ||
	       put(w, ENTRY_UNSHADOWED, err);
}

static bool
set_due(struct work *w, struct err *err)
{
	int64_t due = w->wait != 0 ? w->wait : w->d.due;

	if (!case_is_open(w->record.now.state))
		return true;
	if (w->record.now.shadow && due > w->now + WHEN_DAY)
		due = w->now + WHEN_DAY;
	if (due <= w->now)
		due = w->now + WHEN_HOUR;
	if (due == w->record.due)
		return true;
	w->record.due = due;
	return store_case_update(w->desk->store, &w->record, err);
}

static bool
work_class(struct work *w, uint64_t line, struct err *err)
{
	bool open = store_case_open_of(w->desk->store, line, w->class_, &w->record);
	struct policy_view view = {
	    .items = w->g->items, .count = w->g->count, .now = w->now};

	if (open && !lift_shadow(w, err))
		return false;
	if (open && w->record.now.state == CASE_VERIFYING) {
		view.line_online = desk_online(w->desk, &w->record, w->now);
		view.sources_alive = desk_alive(w->desk, &w->record, w->now);
	}
	for (int round = 0; round < ROUNDS; round++) {
		view.open = open ? &w->record : NULL;
		policy_decide(w->desk->config.policy, w->class_, &view, &w->d);
		if (w->d.act == DECIDE_NOTHING)
			break;
		if (!carry_out(w, line, err))
			return false;
		open = true;
		if (w->wait != 0 || !case_is_open(w->record.now.state))
			break;
	}
	return !open || set_due(w, err);
}

bool
desk_work(struct desk *desk, uint64_t line, int64_t now, struct err *err)
{
	struct gathered *g = xcalloc(1, sizeof *g);
	bool good = true;

	desk_gather(desk, line, now, NULL, g);
	for (int c = 0; c < CLASS_COUNT && good; c++) {
		struct work w = {
		    .desk = desk, .now = now, .class_ = (enum case_class)c, .g = g};

		good = work_class(&w, line, err);
	}
	free(g);
	return good;
}
