/* SPDX-License-Identifier: Apache-2.0 */
/*
 * case.c -- the fold: which entry may follow in which state, and what it leaves behind.
 *
 * One row a type of entry: the states it may come in, the state it leads to, and what
 * else it notes. Everything a case "is" follows from its entries through this table, so
 * a log that the table refuses is a broken log, and no code elsewhere sets a state.
 *
 * A row leads to one state, with two exceptions that the effects decide: the first notice
 * and a reminder are the same entry in different states, and evidence ends an absence
 * only if it is newer than what was known.
 *
 * No entry follows an end, but for one: that it was all wrong, and the correction that
 * goes with it. The end keeps its time then, so that nothing is kept longer for it.
 */
#include "case/case.h"

#include <assert.h>
#include <stddef.h>

const char *const class_names[CLASS_COUNT] = {
    [CLASS_INFECTED] = "infected",
    [CLASS_EXPOSED] = "exposed",
    [CLASS_HOST] = "host",
    [CLASS_ABUSE] = "abuse",
};

const char *const state_names[CASE_STATES + 1] = {
    [CASE_NONE] = "none",
    [CASE_DUE] = "due",
    [CASE_NOTIFYING] = "notifying",
    [CASE_NOTIFIED] = "notified",
    [CASE_UNREACHED] = "unreached",
    [CASE_OVERDUE] = "overdue",
    [CASE_TASK] = "task",
    [CASE_VERIFYING] = "verifying",
    [CASE_CLEAN] = "clean",
    [CASE_FALSE_POSITIVE] = "false_positive",
    [CASE_MOVED] = "moved",
    [CASE_EXPIRED] = "expired",
};

const char *const entry_names[ENTRY_TYPES] = {
    [ENTRY_OPENED] = "opened",
    [ENTRY_EVIDENCE] = "evidence",
    [ENTRY_NOTICE] = "notice",
    [ENTRY_DELIVERED] = "delivered",
    [ENTRY_FAILED] = "failed",
    [ENTRY_TASK] = "task",
    [ENTRY_HELD] = "held",
    [ENTRY_RESUMED] = "resumed",
    [ENTRY_SHADOWED] = "shadowed",
    [ENTRY_UNSHADOWED] = "unshadowed",
    [ENTRY_VERIFYING] = "verifying",
    [ENTRY_CLEAN] = "clean",
    [ENTRY_FALSE_POSITIVE] = "false_positive",
    [ENTRY_MOVED] = "moved",
    [ENTRY_EXPIRED] = "expired",
    [ENTRY_CORRECTION] = "correction",
    [ENTRY_NOTE] = "note",
};

#define IN(state) (1u << (state))
enum {
	WAITING = IN(CASE_DUE) | IN(CASE_NOTIFYING) | IN(CASE_UNREACHED),
	TOLD = IN(CASE_NOTIFIED) | IN(CASE_OVERDUE) | IN(CASE_TASK),
	OPEN = WAITING | TOLD | IN(CASE_VERIFYING),
	REVISABLE = OPEN | IN(CASE_CLEAN) | IN(CASE_MOVED) | IN(CASE_EXPIRED)
};

static void
opened(struct case_state_of *s, const struct entry *e)
{
	s->opened = e->time;
	s->last_evidence = e->until;
	s->posterior = e->posterior;
	s->step = -1;
}

static void
evidence(struct case_state_of *s, const struct entry *e)
{
	s->posterior = e->posterior;
	if (e->until <= s->last_evidence)
		return;
	s->last_evidence = e->until;
	if (s->state != CASE_VERIFYING)
		return;
	s->state = CASE_OVERDUE;
	s->verified_at = 0;
	s->relapses++;
}

static void
notice(struct case_state_of *s, const struct entry *e)
{
	bool first = s->state == CASE_DUE || s->state == CASE_UNREACHED;

	s->state = first ? CASE_NOTIFYING : CASE_OVERDUE;
	s->step = e->step;
	s->notices_sent++;
	s->reminders += !first;
}

static void
delivered(struct case_state_of *s, const struct entry *e)
{
	if (s->notified == 0)
		s->notified = e->time;
	if (s->state == CASE_NOTIFYING)
		s->state = CASE_NOTIFIED;
}

static void
failed(struct case_state_of *s, const struct entry *e)
{
	(void)e;
	if (s->state == CASE_NOTIFYING)
		s->state = CASE_UNREACHED;
}

static void
task(struct case_state_of *s, const struct entry *e)
{
	if (e->step > s->step)
		s->step = e->step;
}

static void
held(struct case_state_of *s, const struct entry *e)
{
	s->held = e->type == ENTRY_HELD;
}

static void
shadowed(struct case_state_of *s, const struct entry *e)
{
	s->shadow = e->type == ENTRY_SHADOWED;
}

static void
verifying(struct case_state_of *s, const struct entry *e)
{
	s->verified_at = e->until;
}

static void
ended(struct case_state_of *s, const struct entry *e)
{
	if (s->ended == 0)
		s->ended = e->time;
}

enum { SAME = CASE_STATES };

static const struct rule {
	unsigned from; /* set of states */
	int to;        /* or SAME: stays, unless the effect moves it */
	void (*effect)(struct case_state_of *s, const struct entry *e);
} rules[ENTRY_TYPES] = {
    [ENTRY_OPENED] = {IN(CASE_NONE), CASE_DUE, opened},
    [ENTRY_EVIDENCE] = {OPEN, SAME, evidence},
    [ENTRY_NOTICE] = {IN(CASE_DUE) | IN(CASE_UNREACHED) | IN(CASE_NOTIFIED) |
			  IN(CASE_OVERDUE),
	SAME, notice},
    [ENTRY_DELIVERED] = {OPEN & ~IN(CASE_DUE), SAME, delivered},
    [ENTRY_FAILED] = {OPEN & ~IN(CASE_DUE), SAME, failed},
    [ENTRY_TASK] = {IN(CASE_DUE) | IN(CASE_NOTIFIED) | IN(CASE_UNREACHED) |
			IN(CASE_OVERDUE),
	CASE_TASK, task},
    [ENTRY_HELD] = {OPEN, SAME, held},
    [ENTRY_RESUMED] = {OPEN, SAME, held},
    [ENTRY_SHADOWED] = {OPEN, SAME, shadowed},
    [ENTRY_UNSHADOWED] = {OPEN, SAME, shadowed},
    [ENTRY_VERIFYING] = {TOLD, CASE_VERIFYING, verifying},
    [ENTRY_CLEAN] = {IN(CASE_VERIFYING), CASE_CLEAN, ended},
    [ENTRY_FALSE_POSITIVE] = {REVISABLE, CASE_FALSE_POSITIVE, ended},
    [ENTRY_MOVED] = {OPEN, CASE_MOVED, ended},
    [ENTRY_EXPIRED] = {OPEN, CASE_EXPIRED, ended},
    [ENTRY_CORRECTION] = {REVISABLE, SAME, NULL},
    [ENTRY_NOTE] = {OPEN, SAME, NULL},
};

bool
case_is_open(enum case_state state)
{
	return (IN(state) & OPEN) != 0;
}

/* The overlays are switches: on only when off, off only when on. */
static bool
overlay_fits(const struct case_state_of *s, enum entry_type type)
{
	if (type == ENTRY_HELD || type == ENTRY_RESUMED)
		return s->held == (type == ENTRY_RESUMED);
	if (type == ENTRY_SHADOWED || type == ENTRY_UNSHADOWED)
		return s->shadow == (type == ENTRY_UNSHADOWED);
	/* A held or shadowed case sends nothing but the word that we were wrong. */
	return type != ENTRY_NOTICE || !(s->held || s->shadow);
}

bool
case_may(const struct case_state_of *state, enum entry_type type)
{
	return type < ENTRY_TYPES && (rules[type].from & IN(state->state)) != 0 &&
	       overlay_fits(state, type);
}

bool
case_fold(struct case_state_of *state, const struct entry *entry)
{
	const struct rule *rule;
	struct case_state_of next = *state;

	if (!case_may(state, entry->type) || entry->number != state->entries + 1 ||
	    (state->entries > 0 && entry->time < state->changed))
		return false;
	rule = &rules[entry->type];
	if (rule->effect != NULL)
		rule->effect(&next, entry);
	if (rule->to != SAME)
		next.state = (enum case_state)rule->to;
	next.changed = entry->time;
	next.entries++;
	*state = next;
	return true;
}
