/* SPDX-License-Identifier: Apache-2.0 */
/* test_output.c -- the same objects for machines and for people. */
#include "../../src/cmd/output.c"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static const struct output_column columns[] = {
    {"host", "HOST", false},
    {"n", "COUNT", true},
    {"a.b", "INNER", false},
    {NULL, NULL, false},
};

/* What `print` writes to stdout. */
static const char *
captured(bool human, const struct output_column *shown)
{
	static char text[4096];
	FILE *file = tmpfile();
	int real = dup(STDOUT_FILENO);
	const struct command_call call = {.name = "test", .human = human};
	struct output out;
	size_t size;

	(void)fflush(stdout);
	(void)dup2(fileno(file), STDOUT_FILENO);
	output_begin(&out, &call, shown);
	for (int i = 0; i < 2; i++) {
		struct jw *j = output_object(&out);

		jw_text(j, "host", i ? "b\x1b[2J" : "sm\xc3\xb6r");
		jw_int(j, "n", i ? 5 : 1000);
		jw_object(j, "a");
		if (i) {
			jw_array(j, "b");
			jw_text(j, NULL, "x");
			jw_int(j, NULL, 2);
			jw_end(j);
		}
		jw_end(j);
		output_object_end(&out);
	}
	output_end(&out);
	(void)fflush(stdout);
	(void)dup2(real, STDOUT_FILENO);
	(void)close(real);
	rewind(file);
	size = fread(text, 1, sizeof text - 1, file);
	text[size] = 0;
	(void)fclose(file);
	return text;
}

static void
test_lines(void **state)
{
	(void)state;
	assert_string_equal(captured(false, columns),
	    "{\"host\":\"sm\xc3\xb6r\",\"n\":1000,\"a\":{}}\n"
	    "{\"host\":\"b\\u001b[2J\",\"n\":5,\"a\":{\"b\":[\"x\",2]}}\n");
}

static void
test_table(void **state)
{
	(void)state;
	assert_string_equal(captured(true, columns), "HOST   COUNT  INNER\n"
						     "sm\xc3\xb6r    1000  \n"
						     "b?[2J      5  x, 2\n");
}

static void
test_records(void **state)
{
	(void)state;
	assert_string_equal(captured(true, NULL),
	    "host                         sm\xc3\xb6r\n"
	    "n                            1000\n"
	    "\n"
	    "host                         b?[2J\n"
	    "n                            5\n"
	    "a.b                          x, 2\n"
	    "\n");
}

/* One object as a person sees it. */
static const char *
seen(const char *json)
{
	static struct wr cell;
	struct err err;
	json_t *value = json_read(json, strlen(json), &err);

	assert_non_null(value);
	wr_fini(&cell);
	wr_init(&cell, CELL);
	cell_text(value, &cell);
	json_decref(value);
	return wr_string(&cell);
}

static void
test_cells(void **state)
{
	(void)state;
	assert_string_equal(
	    seen("\"2026-09-13T23:59:59.999999Z\""), "2026-09-13T23:59:59Z");
	assert_string_equal(seen("\"2026-09-13T23:59:59Z\""), "2026-09-13T23:59:59Z");
	assert_string_equal(
	    seen("\"2026-09-13T23:59:59.9 Z\""), "2026-09-13T23:59:59.9 Z");
	assert_string_equal(seen("[true, false]"), "yes, no");
	assert_string_equal(seen("0.9992"), "0.9992");
	assert_string_equal(seen("null"), "");
}

/* What came by 17 digits goes out as it was meant. */
static void
test_reals(void **state)
{
	struct err err;
	const char *text = "[0.9992,13.1,0.001]";
	json_t *value = json_read(text, strlen(text), &err);
	char *again = json_text(value);

	(void)state;
	assert_string_equal(again, text);
	assert_null(json_text(NULL));
	free(again);
	json_decref(value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_records),
	    cmocka_unit_test(test_cells),
	    cmocka_unit_test(test_reals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
