/* SPDX-License-Identifier: Apache-2.0 */
/* test_utf8.c -- what is a character, and what is not, after RFC 3629. */
#include "../../src/base/utf8.c"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
test_characters(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		uint32_t code;
	} cases[] = {
	    {"a", 1, 'a'},
	    {"\xc3\xa5", 2, 0xe5},
	    {"\xe2\x82\xac", 3, 0x20ac},
	    {"\xf0\x9f\x90\x9b", 4, 0x1f41b},
	    {"\xef\xbf\xbd", 3, UTF8_INVALID},
	    {"\xc0\xaf", 1, UTF8_INVALID},         /* overlong */
	    {"\xe0\x80\xaf", 1, UTF8_INVALID},     /* overlong */
	    {"\xed\xa0\x80", 1, UTF8_INVALID},     /* surrogate */
	    {"\xf4\x90\x80\x80", 1, UTF8_INVALID}, /* beyond U+10FFFF */
	    {"\xe2\x82", 1, UTF8_INVALID},         /* cut */
	    {"\x80", 1, UTF8_INVALID},
	    {"\xff", 1, UTF8_INVALID},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t code = 0;

		assert_int_equal(utf8_next(cases[i].text, strlen(cases[i].text), &code),
		    cases[i].length);
		assert_int_equal(code, cases[i].code);
	}
}

static void
test_valid(void **state)
{
	(void)state;
	assert_true(utf8_valid("", 0));
	assert_true(utf8_valid("sm\xc3\xb6rg\xc3\xa5s", 9));
	assert_true(utf8_valid("\xef\xbf\xbd", 3));
	assert_false(utf8_valid("sm\xf6rg", 5));
	assert_false(utf8_valid("\xe2\x82\xac", 2));
}

static void
test_copy(void **state)
{
	char out[8];

	(void)state;
	utf8_copy(out, sizeof out, "a\xc3\xa5\x01\xee\xee\x7f");
	assert_string_equal(out, "a\xc3\xa5????");
	utf8_copy(out, sizeof out, "abcdef\xc3\xa5");
	assert_string_equal(out, "abcdef");
	utf8_copy(out, sizeof out, "\xef\xbf\xbd");
	assert_string_equal(out, "\xef\xbf\xbd");
	utf8_copy(out, 1, "x");
	assert_string_equal(out, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_characters),
	    cmocka_unit_test(test_valid),
	    cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
