/* SPDX-License-Identifier: Apache-2.0 */
/* test_progress.c -- the line itself; whether stderr is a terminal is the caller's luck.
 */
#include "../../src/cmd/progress.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
test_known_total(void **state)
{
	const struct progress p = {.label = "reading", .unit = "flows", .total = 400};
	char line[LINE];

	(void)state;
	write_line(&p, 100, 2000000, line, sizeof line);
	assert_string_equal(line, "reading [#######.......................]  25 %, 6 s "
				  "left, 100 flows, 50/s");
	write_line(&p, 800, 2000000, line, sizeof line); /* more than was foretold */
	assert_string_equal(line, "reading [##############################] 100 %, 0 s "
				  "left, 800 flows, 400/s");
}

static void
test_unknown_total(void **state)
{
	const struct progress p = {.label = "reading", .unit = "flows"};
	char line[LINE], tiny[12];

	(void)state;
	write_line(&p, 7, 0, line, sizeof line);
	assert_string_equal(line, "reading 7 flows, 0/s");
	write_line(&p, 7, 1000000, tiny, sizeof tiny);
	assert_string_equal(tiny, "reading 7 f");
}

static void
test_silent_without_terminal(void **state)
{
	struct progress p = {.shown = false};

	(void)state;
	progress_at(&p, 5);
	assert_false(p.drawn);
	progress_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known_total),
	    cmocka_unit_test(test_unknown_total),
	    cmocka_unit_test(test_silent_without_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
