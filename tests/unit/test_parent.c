/* SPDX-License-Identifier: Apache-2.0 */
/* test_parent.c -- whose word counts when one role calls another's messages malformed. */
#include "../../src/role/parent.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ENGINE, INTAKE };

struct house {
	struct parent parent;
	struct child children[2];
};

/* Nothing runs: pid 0 is not signalled, and the engine is told nothing. */
static void
set_up(struct house *h)
{
	*h = (struct house){.parent = {.children = h->children, .count = 2},
	    .children = {{.kind = ENGINE_ROLE}, {.kind = INTAKE_ROLE, .ready = true}}};
	for (size_t i = 0; i < 2; i++)
		h->children[i].parent = &h->parent;
}

static void
accuse(struct house *h, size_t teller, const uint8_t *bytes, size_t size)
{
	struct msg msg = {WIRE_VIOLATION, rd_init(bytes, size), -1};

	on_violation(&h->parent, &h->children[teller], &msg);
}

static void
test_three_leave_it_down(void **state)
{
	static const uint8_t intake[] = {INTAKE_ROLE, 0, 0, 0, 0, 'x'};
	struct house h;

	(void)state;
	set_up(&h);
	accuse(&h, ENGINE, intake, sizeof intake);
	accuse(&h, ENGINE, intake, sizeof intake);
	assert_false(h.children[INTAKE].down);
	accuse(&h, ENGINE, intake, sizeof intake);
	assert_true(h.children[INTAKE].down);
	assert_false(h.children[ENGINE].down);
}

/* Nor by a message that does not read: kind 0 would else be decode's. */
static void
test_strangers_cannot_talk_the_engine_down(void **state)
{
	static const uint8_t engine[] = {ENGINE_ROLE, 0, 0, 0, 0};
	struct house h;

	(void)state;
	set_up(&h);
	accuse(&h, INTAKE, engine, sizeof engine);
	accuse(&h, INTAKE, engine, sizeof engine);
	accuse(&h, INTAKE, engine, 0);
	assert_int_equal(h.children[ENGINE].violations[VIOLATIONS - 1], 0);
	assert_true(h.children[INTAKE].down);
}

static void
test_direction(void **state)
{
	(void)state;
	assert_true(may_accuse(DETECT_ROLE, DECODE_ROLE));
	assert_true(may_accuse(ENGINE_ROLE, CONSOLE_ROLE));
	assert_false(may_accuse(DECODE_ROLE, DETECT_ROLE));
	assert_false(may_accuse(CONSOLE_ROLE, ENGINE_ROLE));
	assert_false(may_accuse(DECODE_ROLE, INTAKE_ROLE));
	assert_false(may_accuse(DETECT_ROLE, (enum role_kind)255));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_three_leave_it_down),
	    cmocka_unit_test(test_strangers_cannot_talk_the_engine_down),
	    cmocka_unit_test(test_direction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
