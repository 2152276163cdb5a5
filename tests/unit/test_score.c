/* SPDX-License-Identifier: Apache-2.0 */
/* test_score.c -- the rules of evidence, each as a claim with its number. */
#include "../../src/detect/score.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const double PRIOR = 1e-3;
static const int64_t NOW = 1000 * WHEN_DAY;

static struct evidence
piece(enum group group, enum kind kind, double weight)
{
	return (struct evidence){.group = (uint8_t)group,
	    .kind = (uint8_t)kind,
	    .weight = weight,
	    .last = NOW,
	    .days = 1};
}

static struct score
score(const struct evidence *items, size_t count)
{
	struct score s;

	score_evidence(items, count, PRIOR, NOW, &s);
	return s;
}

static bool
near(double a, double b, double tolerance)
{
	return fabs(a - b) <= tolerance;
}

/* DESIGN 5: one Shadowserver sinkhole row. The same row again is the same piece. */
static void
test_sinkhole_row(void **state)
{
	struct evidence row[2] = {piece(GROUP_REPORT, KIND_INFECTION, 13)};
	struct score one, two;

	(void)state;
	row[0].gold = true;
	row[0].upstream = 1;
	row[1] = row[0];
	one = score(row, 1);
	two = score(row, 2);
	assert_true(near(one.posterior, .998, .0005));
	assert_int_equal(one.verdict, VERDICT_INFECTED);
	assert_memory_equal(&one, &two, sizeof one);
}

static void
test_nothing_is_the_prior(void **state)
{
	struct score s = score(NULL, 0);

	(void)state;
	assert_true(near(s.posterior, PRIOR, 1e-12));
	assert_int_equal(s.verdict, VERDICT_CLEAR);
}

/* Timing alone is never even suspect, however much there is. */
static void
test_timing_alone(void **state)
{
	struct evidence e[3] = {piece(GROUP_TIMING, KIND_C2, 5),
	    piece(GROUP_TIMING, KIND_C2, 4), piece(GROUP_TIMING, KIND_C2, 100)};
	struct score s;

	(void)state;
	score_evidence(e, 3, 1, NOW, &s); /* the greatest prior */
	assert_true(near(s.sum, 6, 1e-12));
	assert_true(s.posterior > .5);
	assert_int_equal(s.verdict, VERDICT_CLEAR);
}

static void
test_one_group_is_never_infected(void **state)
{
	struct evidence e[2] = {
	    piece(GROUP_MAIL, KIND_SPAM, 50), piece(GROUP_MAIL, KIND_SPAM, 50)};
	struct score s;

	(void)state;
	score_evidence(e, 2, 1, NOW, &s);
	assert_true(near(s.sum, 8, 1e-12));
	assert_int_equal(s.verdict, VERDICT_SUSPECT);
}

static void
test_two_groups(void **state)
{
	struct evidence e[2] = {
	    piece(GROUP_MAIL, KIND_SPAM, 8), piece(GROUP_TIMING, KIND_C2, 5)};
	struct score s = score(e, 2);

	(void)state;
	assert_true(near(s.sum, 13, 1e-12));
	assert_int_equal(s.verdict, VERDICT_INFECTED);
	assert_int_equal(s.groups[0].group, GROUP_MAIL);
	e[1].weight = 2.9; /* the second group must carry 3 nats */
	score_evidence(e, 2, 5e-3, NOW, &s);
	assert_int_equal(s.verdict, VERDICT_SUSPECT);
}

static void
test_strongest_and_half_of_next(void **state)
{
	struct evidence e[3] = {piece(GROUP_PROPAGATION, KIND_SCAN, 2),
	    piece(GROUP_PROPAGATION, KIND_BRUTEFORCE, 4),
	    piece(GROUP_PROPAGATION, KIND_SCAN, 1)};

	(void)state;
	assert_true(near(score(e, 3).sum, 5, 1e-12));
}

/* Reports: per upstream a group; within it the strongest of each kind. */
static void
test_upstreams(void **state)
{
	struct evidence e[4] = {piece(GROUP_REPORT, KIND_INFECTION, 4),
	    piece(GROUP_REPORT, KIND_INFECTION, 4), piece(GROUP_REPORT, KIND_SPAM, 2),
	    piece(GROUP_REPORT, KIND_INFECTION, 4)};

	(void)state;
	e[0].upstream = e[1].upstream = e[2].upstream = 1;
	e[3].upstream = 2;
	assert_true(near(score(e, 2).sum, 4, 1e-12));
	assert_true(near(score(e, 3).sum, 5, 1e-12));
	assert_true(near(score(e, 4).sum, 9, 1e-12));
	assert_int_equal(score(e, 4).group_count, 2);
}

static void
test_days(void **state)
{
	struct evidence e = piece(GROUP_REPORT, KIND_INFECTION, 4);

	(void)state;
	e.days = 0;
	assert_true(near(evidence_weight(&e, NOW), 4, 1e-12));
	e.days = 3;
	assert_true(near(evidence_weight(&e, NOW), 6, 1e-12));
	e.days = 30;
	assert_true(near(evidence_weight(&e, NOW), 7, 1e-12));
}

static void
test_decay(void **state)
{
	struct evidence scan = piece(GROUP_PROPAGATION, KIND_SCAN, 8),
			intel = piece(GROUP_INTEL, KIND_C2, 8);

	(void)state;
	assert_true(near(evidence_weight(&scan, NOW + 72 * WHEN_HOUR), 8, 1e-12));
	assert_true(near(evidence_weight(&scan, NOW + 10 * WHEN_DAY), 4, 1e-12));
	assert_true(near(evidence_weight(&scan, NOW + 17 * WHEN_DAY), 2, 1e-12));
	assert_true(near(evidence_weight(&intel, NOW + 17 * WHEN_DAY), 4, 1e-12));
	assert_true(near(evidence_weight(&scan, NOW - WHEN_DAY), 8, 1e-12));
}

static void
test_prior_is_clamped(void **state)
{
	struct score s;

	(void)state;
	score_evidence(NULL, 0, 0, NOW, &s);
	assert_true(near(s.posterior, 3e-4, 1e-12));
	score_evidence(NULL, 0, .5, NOW, &s);
	assert_true(near(s.posterior, 5e-3, 1e-12));
	score_evidence(NULL, 0, NAN, NOW, &s);
	assert_true(near(s.posterior, 3e-4, 1e-12));
}

static void
test_gold_cap(void **state)
{
	struct evidence e[2] = {
	    piece(GROUP_INTEL, KIND_C2, 13), piece(GROUP_INTEL, KIND_C2, 12)};

	(void)state;
	assert_true(near(score(e, 2).sum, 8, 1e-12));
	e[0].gold = true;
	assert_true(near(score(e, 2).sum, 14, 1e-12));
}

/* More groups than the list holds: all are summed, the strongest are listed. The order
 * of the pieces does not show. */
static void
test_many_upstreams(void **state)
{
	enum { MANY = 100 };
	struct evidence e[MANY], turned[MANY];
	struct score s, t;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		e[i] = piece(GROUP_REPORT, KIND_SPAM, (double)(i + 1) / 64);
		e[i].upstream = i;
	}
	for (size_t i = 0; i < MANY; i++)
		turned[i] = e[MANY - 1 - i];
	s = score(e, MANY);
	t = score(turned, MANY);
	assert_memory_equal(&s, &t, sizeof s);
	assert_true(near(s.sum, MANY * (MANY + 1) / 2 / 64., 1e-9));
	assert_int_equal(s.group_count, SCORE_GROUPS);
	assert_int_equal(s.groups[0].upstream, MANY - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sinkhole_row),
	    cmocka_unit_test(test_nothing_is_the_prior),
	    cmocka_unit_test(test_timing_alone),
	    cmocka_unit_test(test_one_group_is_never_infected),
	    cmocka_unit_test(test_two_groups),
	    cmocka_unit_test(test_strongest_and_half_of_next),
	    cmocka_unit_test(test_upstreams),
	    cmocka_unit_test(test_days),
	    cmocka_unit_test(test_decay),
	    cmocka_unit_test(test_prior_is_clamped),
	    cmocka_unit_test(test_gold_cap),
	    cmocka_unit_test(test_many_upstreams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
