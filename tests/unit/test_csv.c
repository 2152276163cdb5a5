/* SPDX-License-Identifier: Apache-2.0 */
/* test_csv.c -- every oddity that csv.h promises, and that reading ends. */
#include "../../src/base/csv.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* The record as "a|b|c". */
static size_t
read_one(struct csv *csv, const char *text, size_t size, bool last, char *out)
{
	size_t used = csv_next(csv, text, size, last);

	*out = 0;
	for (size_t i = 0; i < csv->count; i++) {
		if (i > 0)
			(void)strcat(out, "|");
		(void)strcat(out, csv->fields[i]);
	}
	return used;
}

static void
test_records(void **state)
{
	static const struct {
		const char *text, *wanted;
		size_t size, lines;
	} cases[] = {
	    {"a,b,c\nd", "a|b|c", 6, 1},
	    {"a,,c\r\n", "a||c", 6, 1},
	    {"\"a,\"\"b\"\"\",c\n", "a,\"b\"|c", 12, 1},
	    {"\"two\nlines\",x\n", "two\nlines|x", 14, 2},
	    {"a\"b,c\n", "a\"b|c", 6, 1},
	    {"\"a\"b,c\n", "ab|c", 7, 1},
	    {"a,\n", "a|", 3, 1},
	    {"\r\n", "", 2, 1},
	    {"a,b", "a|b", 3, 0},
	};
	struct csv csv;
	char out[100];

	(void)state;
	csv_init(&csv, ',');
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t used =
		    read_one(&csv, cases[i].text, strlen(cases[i].text), true, out);

		assert_int_equal(used, cases[i].size);
		assert_string_equal(out, cases[i].wanted);
		assert_int_equal(csv.lines, cases[i].lines);
		assert_false(csv.broken);
	}
	csv_fini(&csv);
}

static void
test_waits_for_more(void **state)
{
	struct csv csv;

	(void)state;
	csv_init(&csv, ',');
	assert_int_equal(csv_next(&csv, "a,b", 3, false), 0);
	assert_int_equal(csv_next(&csv, "\"a\n", 3, false), 0);
	assert_int_equal(csv_next(&csv, "", 0, true), 0);
	csv_fini(&csv);
}

static void
test_open_quote_costs_one_line(void **state)
{
	static const char text[] = "\"open,1\nb,2\n";
	struct csv csv;
	char out[100];
	size_t used;

	(void)state;
	csv_init(&csv, ',');
	used = read_one(&csv, text, sizeof text - 1, true, out);
	assert_true(csv.broken);
	assert_int_equal(used, 8);
	(void)read_one(&csv, text + used, sizeof text - 1 - used, true, out);
	assert_string_equal(out, "b|2");
	csv_fini(&csv);
}

static void
test_bounds(void **state)
{
	size_t size = CSV_RECORD + 100;
	char *text = xmalloc(size);
	struct csv csv;

	(void)state;
	csv_init(&csv, ',');
	memset(text, ',', size);
	text[1000] = '\n';
	assert_int_equal(csv_next(&csv, text, size, false), 1001);
	assert_int_equal(csv.count, CSV_FIELDS);
	assert_true(csv.repaired);
	text[1000] = 'x';
	assert_int_equal(csv_next(&csv, text, size, false), size);
	assert_true(csv.broken);
	assert_int_equal(csv_next(&csv, "a\0b\n", 4, true), 4);
	assert_string_equal(csv.fields[0], "ab");
	assert_true(csv.repaired);
	csv_fini(&csv);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_records),
	    cmocka_unit_test(test_waits_for_more),
	    cmocka_unit_test(test_open_quote_costs_one_line),
	    cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
