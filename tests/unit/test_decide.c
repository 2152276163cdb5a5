/* SPDX-License-Identifier: Apache-2.0 */
/* test_decide.c -- what evidence opens, what the clock brings, what absence ends. */
#include "../../src/case/decide.c"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW (1000 * WHEN_DAY)

static const struct policy_rung rungs[] = {
    {.do_ = RUNG_NOTIFY},
    {.after = 3 * WHEN_DAY, .do_ = RUNG_REMIND, .if_ = RUNG_FRESH_EVIDENCE},
    {.after = 7 * WHEN_DAY, .do_ = RUNG_TASK, .if_ = RUNG_FRESH_EVIDENCE},
};

static struct policy
preset(void)
{
	struct policy p = {.prior = 1e-3};

	for (int c = 0; c < CLASS_COUNT; c++)
		p.classes[c] = (struct policy_class){.enabled = true,
		    .ladder = {(void *)(uintptr_t)rungs, 3},
		    .verify = 14 * WHEN_DAY,
		    .fresh = 3 * WHEN_DAY};
	p.classes[CLASS_INFECTED].notify.posterior = .99;
	p.classes[CLASS_ABUSE].notify.sources = 2;
	return p;
}

static struct line_evidence
sinkhole(int64_t last)
{
	return (struct line_evidence){.evidence = {.group = GROUP_REPORT,
					  .kind = KIND_INFECTION,
					  .gold = true,
					  .upstream = 7,
					  .weight = 13,
					  .last = last,
					  .days = 1},
	    .role = ROLE_BOT,
	    .grade = 'A'};
}

static struct line_evidence
report(uint8_t kind, uint8_t role, uint64_t upstream, uint8_t grade)
{
	return (struct line_evidence){.evidence = {.group = GROUP_REPORT,
					  .kind = kind,
					  .upstream = upstream,
					  .weight = 1,
					  .last = NOW,
					  .days = 1},
	    .role = role,
	    .grade = grade};
}

static struct decision
ask(enum case_class class_, const struct line_evidence *items, size_t count,
    const struct case_record *open, int64_t now)
{
	struct policy p = preset();
	struct policy_view view = {items, count, open, true, true, now};
	struct decision d;

	policy_decide(&p, class_, &view, &d);
	return d;
}

static void
test_vector(void **state)
{
	struct line_evidence item = sinkhole(NOW);
	struct decision d = ask(CLASS_INFECTED, &item, 1, NULL, NOW);

	(void)state;
	assert_int_equal(d.act, DECIDE_OPEN);
	assert_true(d.score.posterior > .9975 && d.score.posterior < .9985);
	for (int c = CLASS_EXPOSED; c < CLASS_COUNT; c++)
		assert_int_equal(ask(c, &item, 1, NULL, NOW).act, DECIDE_NOTHING);
}

static void
test_class_rules(void **state)
{
	struct line_evidence open_port = report(KIND_EXPOSURE, ROLE_EXPOSED, 1, 'B');
	struct line_evidence c2 = report(KIND_HOSTING, ROLE_C2, 1, 'A');
	struct line_evidence spam[2] = {
	    report(KIND_SPAM, ROLE_BOT, 1, 'C'), report(KIND_SCAN, ROLE_BOT, 1, 'C')};

	(void)state;
	assert_int_equal(ask(CLASS_EXPOSED, &open_port, 1, NULL, NOW).act, DECIDE_OPEN);
	assert_int_equal(
	    ask(CLASS_INFECTED, &open_port, 1, NULL, NOW).act, DECIDE_NOTHING);
	assert_int_equal(ask(CLASS_EXPOSED, &open_port, 1, NULL, NOW + 8 * WHEN_DAY).act,
	    DECIDE_NOTHING); /* too old */
	open_port.grade = 'C';
	assert_int_equal(
	    ask(CLASS_EXPOSED, &open_port, 1, NULL, NOW).act, DECIDE_NOTHING);
	assert_int_equal(ask(CLASS_HOST, &c2, 1, NULL, NOW).act, DECIDE_OPEN);
	assert_int_equal(ask(CLASS_INFECTED, &c2, 1, NULL, NOW).act, DECIDE_NOTHING);
	assert_int_equal(ask(CLASS_ABUSE, spam, 2, NULL, NOW).act, DECIDE_NOTHING);
	spam[1].evidence.upstream = 2; /* two voices now */
	assert_int_equal(ask(CLASS_ABUSE, spam, 2, NULL, NOW).act, DECIDE_OPEN);
}

/* Two groups of 3 nats are a rule in code, whatever one group's weight. */
static void
test_one_group_is_not_enough(void **state)
{
	struct line_evidence items[2] = {sinkhole(NOW), sinkhole(NOW)};

	(void)state;
	items[0].evidence.gold = items[1].evidence.gold = false;
	assert_int_equal(ask(CLASS_INFECTED, items, 2, NULL, NOW).act, DECIDE_NOTHING);
	items[1].evidence.group = GROUP_PROPAGATION;
	items[1].evidence.upstream = 0;
	assert_int_equal(ask(CLASS_INFECTED, items, 2, NULL, NOW).act, DECIDE_OPEN);
	assert_int_equal(ask(CLASS_INFECTED, items, 2, NULL, NOW).sources, 2);
}

static void
write_down(
    struct case_record *c, enum entry_type type, const struct decision *d, int64_t now)
{
	struct entry e = {.type = (uint8_t)type,
	    .number = c->now.entries + 1,
	    .time = now,
	    .posterior = d->score.posterior,
	    .step = d->step,
	    .until = type == ENTRY_VERIFYING ? d->until : d->last};

	assert_true(case_fold(&c->now, &e));
}

/* Asks until nothing is left and writes each decision down; counts notices, tasks. */
static struct decision
work(struct case_record *c, const struct line_evidence *item, int64_t now, int *acts)
{
	static const enum entry_type entries[] = {[DECIDE_OPEN] = ENTRY_OPENED,
	    [DECIDE_EVIDENCE] = ENTRY_EVIDENCE,
	    [DECIDE_NOTICE] = ENTRY_NOTICE,
	    [DECIDE_TASK] = ENTRY_TASK,
	    [DECIDE_VERIFYING] = ENTRY_VERIFYING,
	    [DECIDE_CLEAN] = ENTRY_CLEAN,
	    [DECIDE_EXPIRE] = ENTRY_EXPIRED};

	for (int i = 0; i < 10; i++) {
		struct decision d = ask(
		    CLASS_INFECTED, item, 1, c->now.state == CASE_NONE ? NULL : c, now);

		if (d.act == DECIDE_NOTHING || !case_may(&c->now, entries[d.act]))
			return d;
		acts[d.act]++;
		write_down(c, entries[d.act], &d, now);
		if (d.act == DECIDE_NOTICE && c->now.state == CASE_NOTIFYING)
			write_down(c, ENTRY_DELIVERED, &d, now);
		if (!case_is_open(c->now.state))
			return d;
	}
	fail_msg("the decisions do not come to rest");
	return (struct decision){0};
}

static void
test_ladder_with_evidence(void **state)
{
	struct case_record c = {0};
	struct line_evidence item = sinkhole(NOW);
	int acts[DECIDE_EXPIRE + 1] = {0};

	(void)state;
	for (int day = 0; day < 30; day++) {
		item.evidence.last = NOW + day * WHEN_DAY;
		(void)work(&c, &item, NOW + day * WHEN_DAY, acts);
		assert_int_equal(acts[DECIDE_NOTICE], day < 3 ? 1 : 2);
		assert_int_equal(acts[DECIDE_TASK], day < 7 ? 0 : 1);
	}
	assert_int_equal(c.now.state, CASE_TASK);
	assert_int_equal(c.now.reminders, 1);
}

static void
test_absence_is_clean(void **state)
{
	struct case_record c = {0};
	struct line_evidence item = sinkhole(NOW);
	struct decision d;
	int acts[DECIDE_EXPIRE + 1] = {0};

	(void)state;
	d = work(&c, &item, NOW, acts);
	assert_int_equal(c.now.state, CASE_NOTIFIED);
	assert_true(d.due == NOW + 3 * WHEN_DAY);
	d = work(&c, &item, d.due, acts);
	assert_int_equal(c.now.state, CASE_VERIFYING);
	assert_true(d.due == NOW + 14 * WHEN_DAY && c.now.verified_at == d.due);
	(void)work(&c, &item, d.due - 1, acts);
	assert_int_equal(c.now.state, CASE_VERIFYING);
	(void)work(&c, &item, d.due, acts);
	assert_int_equal(c.now.state, CASE_CLEAN);
	assert_int_equal(acts[DECIDE_NOTICE], 1); /* nothing fresh: no reminder */
	assert_int_equal(ask(CLASS_INFECTED, &item, 1, NULL, d.due).act, DECIDE_NOTHING);
}

/* A line that is off or a feed that is dead proves nothing. */
static void
test_silence_is_not_clean(void **state)
{
	struct policy p = preset();
	struct case_record c = {0};
	struct line_evidence item = sinkhole(NOW);
	struct policy_view view = {&item, 1, &c, false, true, NOW + 20 * WHEN_DAY};
	struct decision d;
	int acts[DECIDE_EXPIRE + 1] = {0};

	(void)state;
	(void)work(&c, &item, NOW, acts);
	(void)work(&c, &item, NOW + 4 * WHEN_DAY, acts);
	policy_decide(&p, CLASS_INFECTED, &view, &d);
	assert_int_equal(d.act, DECIDE_NOTHING);
	view.line_online = true;
	view.sources_alive = false;
	policy_decide(&p, CLASS_INFECTED, &view, &d);
	assert_int_equal(d.act, DECIDE_NOTHING);
	assert_true(d.due == view.now + WHEN_DAY);
	view.now = NOW + 44 * WHEN_DAY;
	policy_decide(&p, CLASS_INFECTED, &view, &d);
	assert_int_equal(d.act, DECIDE_EXPIRE);
}

static void
test_relapse(void **state)
{
	struct case_record c = {0};
	struct line_evidence item = sinkhole(NOW);
	int acts[DECIDE_EXPIRE + 1] = {0};

	(void)state;
	(void)work(&c, &item, NOW, acts);
	(void)work(&c, &item, NOW + 4 * WHEN_DAY, acts);
	item.evidence.last = NOW + 5 * WHEN_DAY;
	(void)work(&c, &item, NOW + 5 * WHEN_DAY, acts);
	assert_int_equal(c.now.relapses, 1);
	assert_int_equal(c.now.state, CASE_OVERDUE); /* and reminded at once */
	assert_int_equal(acts[DECIDE_NOTICE], 2);
}

static void
test_held_and_shadow_wait(void **state)
{
	struct case_record c = {0};
	struct line_evidence item = sinkhole(NOW);
	struct decision d = ask(CLASS_INFECTED, &item, 1, NULL, NOW);

	(void)state;
	write_down(&c, ENTRY_OPENED, &d, NOW);
	c.now.held = true;
	assert_int_equal(ask(CLASS_INFECTED, &item, 1, &c, NOW).act, DECIDE_NOTHING);
	c.now.held = false;
	c.now.shadow = true;
	d = ask(CLASS_INFECTED, &item, 1, &c, NOW);
	assert_int_equal(d.act, DECIDE_NOTHING);
	assert_true(d.due == NOW + 30 * WHEN_DAY);
	assert_int_equal(ask(CLASS_INFECTED, &item, 1, &c, d.due).act, DECIDE_EXPIRE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vector),
	    cmocka_unit_test(test_class_rules),
	    cmocka_unit_test(test_one_group_is_not_enough),
	    cmocka_unit_test(test_ladder_with_evidence),
	    cmocka_unit_test(test_absence_is_clean),
	    cmocka_unit_test(test_silence_is_not_clean),
	    cmocka_unit_test(test_relapse),
	    cmocka_unit_test(test_held_and_shadow_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
