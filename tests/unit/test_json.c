/* SPDX-License-Identifier: Apache-2.0 */
/* test_json.c -- what is written is JSON, and what is read is within limits. */
#include "../../src/base/json.c"

#include "base/when.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
test_document(void **state)
{
	struct jw j;
	struct wr w;

	(void)state;
	wr_init(&w, 4096);
	jw_begin(&j, &w);
	jw_object(&j, NULL);
	jw_text(&j, "host", "192.0.2.1");
	jw_array(&j, "groups");
	jw_text(&j, NULL, "mail");
	jw_int(&j, NULL, -7);
	jw_end(&j);
	jw_object(&j, "empty");
	jw_end(&j);
	jw_uint(&j, "max", UINT64_MAX);
	jw_fixed(&j, "posterior", 0.998, 4);
	jw_fixed(&j, "nan", (double)NAN, 4);
	jw_flag(&j, "gold", true);
	jw_text(&j, "none", NULL);
	jw_when(&j, "first", INT64_C(1312969613) * WHEN_SECOND);
	jw_end(&j);
	assert_string_equal(wr_string(&w),
	    "{\"host\":\"192.0.2.1\",\"groups\":[\"mail\",-7],\"empty\":{},"
	    "\"max\":18446744073709551615,\"posterior\":0.9980,\"nan\":null,"
	    "\"gold\":true,\"none\":null,\"first\":\"2011-08-10T09:46:53Z\"}");
	wr_fini(&w);
}

static void
test_escapes(void **state)
{
	struct jw j;
	struct wr w;

	(void)state;
	wr_init(&w, 4096);
	jw_begin(&j, &w);
	jw_text_n(&j, NULL, "a\"\\\n\r\t\x01\x7f\xc3\xa5\xff\0z", 13);
	assert_string_equal(wr_string(&w),
	    "\"a\\\"\\\\\\n\\r\\t\\u0001\\u007f\xc3\xa5\xef\xbf\xbd\\u0000z\"");
	wr_fini(&w);
}

static void
test_read(void **state)
{
	struct err err = {""};
	json_t *json = json_read("{\"a\": [1, 2]}", 13, &err);
	struct jw j;
	struct wr w;

	(void)state;
	assert_non_null(json);
	wr_init(&w, 100);
	jw_begin(&j, &w);
	jw_array(&j, NULL);
	jw_value(&j, NULL, json);
	jw_value(&j, NULL, json);
	jw_end(&j);
	assert_string_equal(wr_string(&w), "[{\"a\":[1,2]},{\"a\":[1,2]}]");
	wr_fini(&w);
	json_decref(json);
}

static void
test_refused(void **state)
{
	static const char *const texts[] = {
	    "", "{", "{\"a\":1,\"a\":2}", "[1] x", "\"\xff\"", "nul", "{\"a\":1e999}"};
	char deep[1000];
	struct err err = {""};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		err.text[0] = 0;
		assert_null(json_read(texts[i], strlen(texts[i]), &err));
		assert_memory_equal(err.text, "JSON: line 1, ", 14);
	}
	memset(deep, '[', sizeof deep);
	assert_null(json_read(deep, sizeof deep, &err));
	assert_string_equal(err.text, "JSON: nested deeper than 128");
	/* Brackets in a text do not nest. */
	deep[0] = deep[sizeof deep - 1] = '"';
	json_decref(json_read(deep, sizeof deep, &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_document),
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
