/* SPDX-License-Identifier: Apache-2.0 */
/* test_case.c -- the fold of entries: properties over random histories, and one life. */
#include "../../src/case/case.c"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { HISTORIES = 20000, LENGTH = 40 };

/* A random entry, mostly one that fits (number, time), of any type. */
static struct entry
any_entry(struct rng *rng, const struct case_state_of *s)
{
	struct entry e = {.type = (uint8_t)rng_below(rng, ENTRY_TYPES),
	    .number = s->entries + 1,
	    .time = (s->entries ? s->changed : 5000) + (int64_t)rng_below(rng, 1000),
	    .until = s->last_evidence + (int64_t)rng_below(rng, 500) - 100,
	    .step = (int32_t)rng_below(rng, 4),
	    .posterior = rng_real(rng)};

	if (s->entries == 0 && rng_below(rng, 4) != 0)
		e.type = ENTRY_OPENED;
	if (rng_below(rng, 16) == 0)
		e.number += (uint32_t)rng_below(rng, 3);
	if (rng_below(rng, 16) == 0)
		e.time -= (int64_t)rng_below(rng, 2000);
	return e;
}

/* What must hold between any state and its successor. */
static void
check_step(const struct case_state_of *was, const struct case_state_of *is,
    const struct entry *e)
{
	bool revises = e->type == ENTRY_CORRECTION || e->type == ENTRY_FALSE_POSITIVE;

	/* no entry after an end, but that it was wrong, and none after that */
	assert_true(was->state == CASE_NONE || case_is_open(was->state) || revises);
	assert_true(was->state != CASE_FALSE_POSITIVE);
	assert_true(was->ended == 0 || is->ended == was->ended);
	assert_true(is->changed >= was->changed);
	assert_true(is->last_evidence >= was->last_evidence || e->type == ENTRY_OPENED);
	assert_int_equal(is->entries, was->entries + 1);
	assert_int_equal(is->entries == 1, e->type == ENTRY_OPENED);
	assert_true(is->state != CASE_NONE);
	assert_true((is->ended != 0) == !case_is_open(is->state));
	assert_true(
	    is->relapses >= was->relapses && is->notices_sent >= was->notices_sent);
	assert_true(is->reminders <= is->notices_sent);
	if (was->held || was->shadow)
		assert_true(e->type != ENTRY_NOTICE);
	if (is->state == CASE_CLEAN && was->state != CASE_CLEAN)
		assert_int_equal(was->state, CASE_VERIFYING);
	if (is->state == CASE_VERIFYING && was->state != CASE_VERIFYING)
		assert_int_equal(e->type, ENTRY_VERIFYING);
}

static void
test_random_histories(void **state)
{
	struct rng rng;
	uint64_t ends = 0;

	(void)state;
	rng_seed(&rng, 1);
	for (int h = 0; h < HISTORIES; h++) {
		struct entry log[LENGTH];
		struct case_state_of s = {0}, again = {0};
		uint32_t kept = 0;

		for (int i = 0; i < LENGTH; i++) {
			struct entry e = any_entry(&rng, &s);
			struct case_state_of was = s;

			if (case_fold(&s, &e)) {
				check_step(&was, &s, &e);
				log[kept++] = e;
			} else {
				assert_memory_equal(&was, &s, sizeof s);
			}
		}
		for (uint32_t i = 0; i < kept; i++)
			assert_true(case_fold(&again, &log[i]));
		assert_memory_equal(&again, &s, sizeof s); /* state = fold(entries) */
		ends += s.entries > 0 && !case_is_open(s.state);
	}
	assert_true(ends > HISTORIES / 10); /* the histories do reach ends */
}

/* A gap, a repeat, or a step back in time is a broken log. */
static void
test_broken_logs(void **state)
{
	struct case_state_of s = {0};
	struct entry open = {.type = ENTRY_OPENED, .number = 1, .time = 100};
	struct entry note = {.type = ENTRY_NOTE, .number = 2, .time = 100};

	(void)state;
	assert_false(case_fold(&s, &note));
	assert_true(case_fold(&s, &open));
	assert_false(case_fold(&s, &open));
	note.number = 3;
	assert_false(case_fold(&s, &note));
	note.number = 2;
	note.time = 99;
	assert_false(case_fold(&s, &note));
	note.time = 100;
	assert_true(case_fold(&s, &note));
	note.type = ENTRY_TYPES;
	note.number = 3;
	assert_false(case_fold(&s, &note));
}

static void
step(struct case_state_of *s, enum entry_type type, int64_t time, int64_t until)
{
	struct entry e = {.type = (uint8_t)type,
	    .number = s->entries + 1,
	    .time = time,
	    .until = until,
	    .step = (int32_t)s->notices_sent};

	assert_true(case_fold(s, &e));
}

static void
test_a_life(void **state)
{
	struct case_state_of s = {0};

	(void)state;
	step(&s, ENTRY_OPENED, 10, 9);
	assert_int_equal(s.state, CASE_DUE);
	assert_int_equal(s.step, -1);
	step(&s, ENTRY_NOTICE, 10, 0);
	assert_int_equal(s.state, CASE_NOTIFYING);
	step(&s, ENTRY_DELIVERED, 11, 0);
	assert_int_equal(s.state, CASE_NOTIFIED);
	assert_int_equal(s.notified, 11);
	step(&s, ENTRY_EVIDENCE, 20, 19);
	step(&s, ENTRY_NOTICE, 30, 0);
	assert_int_equal(s.state, CASE_OVERDUE);
	assert_int_equal(s.reminders, 1);
	step(&s, ENTRY_VERIFYING, 40, 60);
	step(&s, ENTRY_EVIDENCE, 41, 15); /* old news do not end the absence */
	assert_int_equal(s.state, CASE_VERIFYING);
	step(&s, ENTRY_EVIDENCE, 45, 44);
	assert_int_equal(s.state, CASE_OVERDUE);
	assert_int_equal(s.relapses, 1);
	step(&s, ENTRY_TASK, 50, 0);
	step(&s, ENTRY_VERIFYING, 60, 80);
	step(&s, ENTRY_CLEAN, 80, 0);
	assert_int_equal(s.state, CASE_CLEAN);
	assert_int_equal(s.ended, 80);
	assert_false(case_may(&s, ENTRY_NOTE));
	assert_false(case_may(&s, ENTRY_EVIDENCE));
	step(&s, ENTRY_CORRECTION, 90, 0);
	step(&s, ENTRY_FALSE_POSITIVE, 90, 0);
	assert_int_equal(s.state, CASE_FALSE_POSITIVE);
	assert_int_equal(s.ended, 80); /* nothing is kept longer for it */
	assert_false(case_may(&s, ENTRY_FALSE_POSITIVE));
}

static void
test_bounce_and_overlays(void **state)
{
	struct case_state_of s = {0};

	(void)state;
	step(&s, ENTRY_OPENED, 1, 1);
	step(&s, ENTRY_HELD, 1, 0);
	assert_false(case_may(&s, ENTRY_NOTICE));
	assert_false(case_may(&s, ENTRY_HELD));
	step(&s, ENTRY_RESUMED, 2, 0);
	step(&s, ENTRY_SHADOWED, 2, 0);
	assert_false(case_may(&s, ENTRY_NOTICE));
	assert_true(case_may(&s, ENTRY_CORRECTION));
	step(&s, ENTRY_UNSHADOWED, 3, 0);
	step(&s, ENTRY_NOTICE, 3, 0);
	step(&s, ENTRY_FAILED, 4, 0);
	assert_int_equal(s.state, CASE_UNREACHED);
	step(&s, ENTRY_TASK, 4, 0);
	step(&s, ENTRY_FALSE_POSITIVE, 5, 0);
	assert_false(case_is_open(s.state));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_histories),
	    cmocka_unit_test(test_broken_logs),
	    cmocka_unit_test(test_a_life),
	    cmocka_unit_test(test_bounce_and_overlays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
