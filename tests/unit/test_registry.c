/* SPDX-License-Identifier: Apache-2.0 */
/* test_registry.c -- columns in any order, bad rows counted, wrong headers refused. */
#include "../../src/line/registry.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char seen[400];

static bool
keep(void *ctx, size_t line_number, const char *const *columns, struct err *err)
{
	(void)ctx;
	(void)err;
	(void)snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%zu:%s:%s:%s;",
	    line_number, columns[REGISTRY_LINE], columns[REGISTRY_NAME],
	    columns[REGISTRY_EMAIL]);
	return true;
}

static void
test_rows(void **state)
{
	static const char text[] = "\xef\xbb\xbfname,line,language\r\n"
				   "\"Ek, Eva\",7,sv\r\n"
				   "nobody,,sv\r\n"
				   "\r\n"
				   "short,8\r\n";
	size_t refused;
	struct err err;

	(void)state;
	seen[0] = 0;
	assert_true(registry_read(text, sizeof text - 1, keep, NULL, &refused, &err));
	assert_string_equal(seen, "2:7:Ek, Eva:;5:8:short:;");
	assert_int_equal(refused, 1);
}

static void
test_headers(void **state)
{
	size_t refused;
	struct err err;

	(void)state;
	assert_false(registry_read("name\nx\n", 7, keep, NULL, &refused, &err));
	assert_non_null(strstr(err.text, "\"line\" is missing"));
	assert_false(registry_read("line,colour\n", 12, keep, NULL, &refused, &err));
	assert_non_null(strstr(err.text, "\"colour\""));
	assert_false(registry_read("", 0, keep, NULL, &refused, &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
