/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide.c -- the judgement: from the evidence and the case so far to what is due now.
 *
 * Four questions in this order, the first "yes" being the decision: does the evidence
 * open a case; has it moved enough to be written down; has its absence ended the case or
 * begun to; is a rung of the ladder due. The caller writes the decision down and asks
 * again, until nothing is left but the time to look next.
 *
 * The rules that are code, not configuration (DESIGN 5, 7): `infected` needs the verdict
 * of score.c; `exposed` and `host` one report of grade A or B, at most 7 days old;
 * `abuse` reports of two independent upstreams. Absence counts from the newest evidence
 * or from the opening, whichever is later, since a report that came late says nothing of
 * the days after it. Decay of the score never closes a case.
 */
#include "base/mem.h"
#include "base/when.h"
#include "case/policy.h"

#include <math.h>
#include <stdlib.h>

#define REPORT_AGE (7 * WHEN_DAY)  /* of reports that open `exposed` and `host` */
#define UNTOLD_END (30 * WHEN_DAY) /* without evidence, before anybody was told */
#define STEP       (6 * WHEN_HOUR) /* newer evidence is written down so often */
#define LEAP       1.0             /* nats: so much more is written down at once */

static const double STRONG = 3; /* nats of a group that counts as independent */

struct judged {
	struct score score;
	uint32_t items, sources, upstreams, strong;
	int64_t last; /* 0: no evidence */
};

bool
policy_concerns(enum case_class class_, const struct line_evidence *item)
{
	bool report = item->evidence.group == GROUP_REPORT;
	uint8_t kind = item->evidence.kind;
	bool nuisance =
	    report && (kind == KIND_SPAM || kind == KIND_SCAN || kind == KIND_BRUTEFORCE);
	bool hosting =
	    kind == KIND_HOSTING || item->role == ROLE_C2 || item->role == ROLE_WEBSITE;

	switch (class_) {
	case CLASS_INFECTED:
		return item->role == ROLE_BOT && !nuisance && kind != KIND_EXPOSURE &&
		       kind != KIND_HOSTING;
	case CLASS_EXPOSED:
		return report && kind == KIND_EXPOSURE && !hosting;
	case CLASS_HOST:
		return report && hosting;
	case CLASS_ABUSE:
		return item->role == ROLE_BOT && nuisance;
	case CLASS_COUNT:
		break;
	}
	return false;
}

/* A report that is too old or too weak opens no case of these classes. */
static bool
fit_to_open(enum case_class class_, const struct line_evidence *item, int64_t now)
{
	bool graded = item->grade == 'A' || item->grade == 'B';

	if (class_ != CLASS_EXPOSED && class_ != CLASS_HOST)
		return true;
	return graded && now - item->evidence.last <= REPORT_AGE;
}

/* Each own group, and each upstream of the reports, is one source. */
static bool
same_source(const struct evidence *a, const struct evidence *b)
{
	return a->group == b->group && a->upstream == b->upstream;
}

static void
count_sources(const struct evidence *items, size_t count, struct judged *j)
{
	for (size_t i = 0; i < count; i++) {
		bool seen = false;

		for (size_t k = 0; k < i && !seen; k++)
			seen = same_source(&items[i], &items[k]);
		j->sources += !seen;
		j->upstreams += !seen && items[i].group == GROUP_REPORT;
	}
}

static void
judge(const struct policy *policy, enum case_class class_, const struct policy_view *view,
    struct judged *j)
{
	struct evidence *items = xcalloc(view->count + 1, sizeof *items);

	*j = (struct judged){0};
	for (size_t i = 0; i < view->count; i++) {
		const struct line_evidence *item = &view->items[i];

		if (!policy_concerns(class_, item))
			continue;
		if (view->open == NULL && !fit_to_open(class_, item, view->now))
			continue;
		items[j->items++] = item->evidence;
		if (item->evidence.last > j->last)
			j->last = item->evidence.last;
	}
	count_sources(items, j->items, j);
	score_evidence(items, j->items, policy->prior, view->now, &j->score);
	for (uint32_t i = 0; i < j->score.group_count; i++)
		j->strong += j->score.groups[i].weight >= STRONG;
	free(items);
}

static bool
reaches(const struct policy_threshold *t, const struct judged *j)
{
	return j->score.posterior >= t->posterior && j->strong >= t->groups &&
	       j->sources >= t->sources;
}

static bool
opens(const struct policy_class *rules, enum case_class class_, const struct judged *j)
{
	if (!rules->enabled || j->items == 0 || !reaches(&rules->notify, j))
		return false;
	if (class_ == CLASS_INFECTED)
		return j->score.verdict == VERDICT_INFECTED;
	return class_ != CLASS_ABUSE || j->upstreams >= 2;
}

static double
log_odds(double p)
{
	const double edge = 1e-12;

	p = fmin(fmax(p, edge), 1 - edge);
	return log(p / (1 - p));
}

static bool
moved(const struct case_state_of *s, const struct judged *j)
{
	if (j->items == 0)
		return false;
	if (j->last > s->last_evidence &&
	    (s->state == CASE_VERIFYING || j->last - s->last_evidence >= STEP))
		return true;
	return log_odds(j->score.posterior) - log_odds(s->posterior) >= LEAP;
}

static void
at_most(int64_t *due, int64_t t)
{
	if (t < *due)
		*due = t;
}

/* Absence: begins to count, has lasted, or can no longer be verified. */
static bool
absence(const struct policy_class *rules, const struct policy_view *view,
    struct decision *out)
{
	const struct case_state_of *s = &view->open->now;
	int64_t base = out->last > s->opened ? out->last : s->opened;
	int64_t lasted = base + rules->verify;

	switch (s->state) {
	case CASE_DUE:
	case CASE_NOTIFYING:
	case CASE_UNREACHED:
		if (view->now >= base + UNTOLD_END)
			out->act = DECIDE_EXPIRE;
		at_most(&out->due, base + UNTOLD_END);
		break;
	case CASE_NOTIFIED:
	case CASE_OVERDUE:
	case CASE_TASK:
		if (view->now >= base + rules->fresh)
			out->act = DECIDE_VERIFYING;
		out->until = lasted;
		at_most(&out->due, base + rules->fresh);
		break;
	case CASE_VERIFYING:
		if (view->now >= lasted && view->line_online && view->sources_alive)
			out->act = DECIDE_CLEAN;
		else if (view->now >= lasted + UNTOLD_END)
			out->act = DECIDE_EXPIRE;
		at_most(&out->due, view->now < lasted ? lasted : view->now + WHEN_DAY);
		break;
	case CASE_NONE:
	case CASE_CLEAN:
	case CASE_FALSE_POSITIVE:
	case CASE_MOVED:
	case CASE_EXPIRED:
	case CASE_STATES:
		break;
	}
	return out->act != DECIDE_NOTHING;
}

static bool
is_message(const struct policy_rung *rung)
{
	return rung->do_ == RUNG_NOTIFY || rung->do_ == RUNG_REMIND;
}

/* Takes rung `step` if its time has come; else notes when it will. */
static void
take_rung(const struct policy_class *rules, const struct policy_view *view, int32_t step,
    struct decision *out)
{
	const struct case_state_of *s = &view->open->now;
	const struct policy_rung *rungs = rules->ladder.items;
	int64_t at = s->notified ? s->notified + rungs[step].after - rungs[0].after
				 : s->opened + rungs[step].after;
	bool fresh = out->last > s->notified && view->now - out->last <= rules->fresh;

	if (view->now < at) {
		at_most(&out->due, at);
		return;
	}
	if (rungs[step].if_ == RUNG_FRESH_EVIDENCE && !fresh)
		return; /* new evidence asks again */
	out->act = is_message(&rungs[step]) ? DECIDE_NOTICE : DECIDE_TASK;
	out->step = step;
}

static void
ladder(const struct policy_class *rules, const struct policy_view *view,
    struct decision *out)
{
	const struct case_state_of *s = &view->open->now;
	const struct policy_rung *rungs = rules->ladder.items;
	int32_t count = (int32_t)rules->ladder.count, next = s->step + 1;
	bool waits =
	    s->state == CASE_DUE || s->state == CASE_NOTIFIED || s->state == CASE_OVERDUE;

	if (s->held || s->shadow)
		return;
	if (s->state == CASE_UNREACHED ||
	    (s->state == CASE_OVERDUE && next >= count && count > 0 &&
		!is_message(&rungs[count - 1]))) {
		/* No other channel is left, or it came back after the last rung. */
		out->act = DECIDE_TASK;
		out->step = s->step;
	} else if (waits && next < count) {
		take_rung(rules, view, next, out);
	}
}

void
policy_decide(const struct policy *policy, enum case_class class_,
    const struct policy_view *view, struct decision *out)
{
	const struct policy_class *rules = &policy->classes[class_];
	struct judged j;

	judge(policy, class_, view, &j);
	*out = (struct decision){.score = j.score,
	    .sources = j.sources,
	    .step = -1,
	    .last = j.last,
	    .due = WHEN_NEVER};
	if (view->open == NULL) {
		out->act = opens(rules, class_, &j) ? DECIDE_OPEN : DECIDE_NOTHING;
		return;
	}
	if (moved(&view->open->now, &j)) {
		out->act = DECIDE_EVIDENCE;
		return;
	}
	if (view->open->now.last_evidence > out->last)
		out->last = view->open->now.last_evidence;
	if (!absence(rules, view, out))
		ladder(rules, view, out);
}
