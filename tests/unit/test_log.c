/* SPDX-License-Identifier: Apache-2.0 */
/* test_log.c -- one event is one line, whatever is in the values. */
#include "../../src/base/log.c"

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

static int pipe_ends[2], real_stderr;

static int
capture(void **state)
{
	(void)state;
	if (pipe(pipe_ends) != 0)
		return 1;
	real_stderr = dup(STDERR_FILENO);
	return dup2(pipe_ends[1], STDERR_FILENO) < 0;
}

static int
release(void **state)
{
	(void)state;
	(void)dup2(real_stderr, STDERR_FILENO);
	return close(real_stderr) | close(pipe_ends[0]) | close(pipe_ends[1]);
}

static void
expect(const char *wanted)
{
	char got[2 * LINE];
	ssize_t size = read(pipe_ends[0], got, sizeof got - 1);

	assert_true(size > 0);
	got[size] = 0;
	assert_string_equal(got, wanted);
}

static void
test_pairs(void **state)
{
	(void)state;
	log_setup("engine", LEVEL_INFO);
	log_event(LEVEL_NOTICE, "case opened", "case", "12", "class", "infected", NULL);
	expect("<5>engine: case opened case=12 class=infected\n");
	log_event(
	    LEVEL_WARNING, "odd", "text", "a \"b\"\n\\", "none", "", "null", NULL, NULL);
	expect("<4>engine: odd text=\"a \\\"b\\\"\\x0a\\\\\" none=\"\" null=\"\"\n");
}

static void
test_level(void **state)
{
	(void)state;
	log_setup("intake", LEVEL_WARNING);
	log_event(LEVEL_INFO, "not written", NULL);
	log_line(LEVEL_DEBUG, "nor %s", "this");
	log_line(LEVEL_ERROR, "open %s: no\nfake=line", "x.csv");
	expect("<3>intake: open x.csv: no fake=line\n");
}

static void
test_long_line_is_cut(void **state)
{
	char text[3 * LINE], got[3 * LINE];
	ssize_t size;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	log_setup("decode", LEVEL_INFO);
	log_event(LEVEL_INFO, "long", "value", text, "more", text, NULL);
	size = read(pipe_ends[0], got, sizeof got);
	assert_int_equal(size, LINE);
	assert_int_equal(got[LINE - 1], '\n');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_pairs, capture, release),
	    cmocka_unit_test_setup_teardown(test_level, capture, release),
	    cmocka_unit_test_setup_teardown(test_long_line_is_cut, capture, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
