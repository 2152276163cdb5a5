/* SPDX-License-Identifier: Apache-2.0 */
/* test_conf.c -- every type in and out, and every mistake named with file and line. */
#include "../../src/base/conf.c"

#include "base/when.h"
#include "conf_sample.h"

#include <setjmp.h>

#include <cmocka.h>

static bool
parse(struct sample *s, const char *text, struct err *err)
{
	err->text[0] = 0;
	return conf_parse(sample_rows, s, "a.yaml", text, strlen(text), err);
}

static void
test_presets(void **state)
{
	struct sample s;
	struct err err;

	(void)state;
	assert_true(parse(&s, "# nothing\n", &err));
	assert_int_equal(s.count, 3);
	assert_true(s.keep == 90 * WHEN_DAY && s.forever == WHEN_NEVER);
	assert_string_equal(s.text, "sm\xc3\xb6r");
	assert_null(s.nothing);
	assert_int_equal(s.ours.count, 2);
	assert_true(s.mail.tls);
	assert_int_equal(s.items.count, 0);
	conf_free(sample_rows, &s);
}

static void
test_all_types(void **state)
{
	struct sample s;
	struct err err;
	const struct sample_item *items;

	(void)state;
	assert_true(parse(&s,
	    "count: -4\nkeep: 36h\nsince: 2026-01-31T12:00:00+01:00\nforever: 500ms\n"
	    "share: 2.5e-1\nloud: ON\ntext: ''\nnothing: null\nmode: replay\n"
	    "listen: 2001:db8::1\nours: 192.0.2.0/24\nwords: [a, 'b c']\n"
	    "mail: {host: mx.example, tls: no}\n"
	    "items:\n  - name: one\n  - {name: two, port: 9, tags: [x]}\n",
	    &err));
	assert_int_equal(s.count, -4);
	assert_true(s.keep == 36 * WHEN_HOUR && s.forever == 500 * 1000);
	assert_true(s.since == INT64_C(1769857200) * WHEN_SECOND);
	assert_true(s.share > 0.2499 && s.share < 0.2501 && s.loud);
	assert_string_equal(s.text, "");
	assert_int_equal(s.mode, 1);
	assert_int_equal(s.listen.b[0], 0x20);
	assert_int_equal(s.ours.count, 1);
	assert_int_equal(s.ours.items[0].length, 120);
	assert_string_equal(s.words.items[1], "b c");
	assert_string_equal(s.mail.host, "mx.example");
	assert_false(s.mail.tls);
	items = s.items.items;
	assert_int_equal(s.items.count, 2);
	assert_int_equal(items[0].port, 2055);
	assert_string_equal(items[1].tags.items[0], "x");
	conf_free(sample_rows, &s);
}

static void
test_mistakes(void **state)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
	    {"loud: no\ncuont: 1\n",
		"a.yaml:2: unknown key `cuont`; the nearest known key is `count`"},
	    {"mail:\n  hots: x\n", "a.yaml:2: unknown key `hots` in mail; the nearest "
				   "known key is `host`"},
	    {"count: 1\ncount: 2\n", "a.yaml:2: `count` is given twice"},
	    {"count: many\n", "a.yaml:1: `count`: `many` is not a whole number"},
	    {"count: 1x\n", "a.yaml:1: `count`: `1x` is not a whole number"},
	    {"count: -6\n", "a.yaml:1: `count`: -6 is outside -5 to 1e+15"},
	    {"count: 99999999999999999999\n",
		"a.yaml:1: `count`: `99999999999999999999` is not a whole number"},
	    {"keep: 1ms\n", "a.yaml:1: `keep`: 1ms is outside 1s to 4000d"},
	    {"share: 0x1p-1\n", "a.yaml:1: `share`: `0x1p-1` is not a number"},
	    {"loud:\n", "a.yaml:1: `loud`: `null` is not yes or no"},
	    {"mode: reply\n",
		"a.yaml:1: `mode`: `reply` is no choice; there are, the nearest "
		"first: replay, wall"},
	    {"mode: fast\n",
		"a.yaml:1: `mode`: `fast` is no choice; there are, the nearest "
		"first: wall, replay"},
	    {"ours: [10.0.0.1/8]\n",
		"a.yaml:1: `ours`: `10.0.0.1/8` is not a prefix such as 192.0.2.0/24, "
		"bits beyond it zero"},
	    {"items:\n- port: 1\n", "a.yaml:3: `name` is missing in items"},
	    {"items: {name: x}\n", "a.yaml:1: `items` wants a list of mappings"},
	    {"text: [x]\n", "a.yaml:1: `text` wants text, not a mapping or list"},
	    {"text: \"a\\0b\"\n", "a.yaml:1: `text`: zero byte in the text"},
	    {"- x\n", "a.yaml:1: the file wants a mapping, `key: value`"},
	    {"mail: yes\n", "a.yaml:1: mail wants a mapping, `key: value`"},
	    {"text: &a x\nnothing: *a\n", "a.yaml:2: aliases are not supported"},
	    {"count: 1\n---\ncount: 2\n", "a.yaml:2: a second document in one file"},
	    {"mail: {\n", "a.yaml:2: not YAML: did not find expected node content"},
	    {"text: \"\xff\"\n", "a.yaml:1: not YAML: invalid leading UTF-8 octet"},
	};
	struct sample s;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_false(parse(&s, cases[i].text, &err));
		assert_string_equal(err.text, cases[i].sentence);
	}
}

static void
test_printed_reads_back(void **state)
{
	struct sample s, again;
	struct wr first, second;
	struct err err;

	(void)state;
	assert_true(parse(&s,
	    "share: 0.30000000000000004\ntext: \"a\\n\\\"\\x85\\u2028\\uFEFF\\\\\"\n"
	    "since: 2026-01-31T12:00:00.5Z\nwords: [null-ish, '~', '']\n"
	    "items: [{name: a, tags: [b]}, {name: '', port: 5}]\n",
	    &err));
	wr_init(&first, 1 << 16);
	wr_init(&second, 1 << 16);
	conf_print(sample_rows, &s, &first);
	if (!parse(&again, wr_string(&first), &err))
		fail_msg("%s\n%s", err.text, wr_string(&first));
	conf_print(sample_rows, &again, &second);
	assert_string_equal(wr_string(&first), wr_string(&second));
	assert_string_equal(s.text, again.text);
	assert_true(s.share == again.share && s.since == again.since);
	wr_fini(&first);
	wr_fini(&second);
	conf_free(sample_rows, &s);
	conf_free(sample_rows, &again);
}

static void
test_manual(void **state)
{
	struct wr w;
	const char *text;

	(void)state;
	wr_init(&w, 1 << 16);
	conf_manual(sample_rows, &w);
	text = wr_string(&w);
	assert_non_null(strstr(text, ".It Cm keep Ar duration\nhow long.\n"
				     "Default: 90d, from 1s to 4000d.\n"));
	assert_non_null(strstr(text, ".It Cm mode Cm wall | replay\n"));
	assert_non_null(strstr(text, "\\&.dotted \\e help.\n"));
	assert_non_null(strstr(text, ".It Cm name Ar text\nits name.\nRequired.\n"));
	wr_fini(&w);
}

static void
test_missing_file(void **state)
{
	struct sample s;
	struct err err;

	(void)state;
	assert_false(conf_read(sample_rows, &s, "/nowhere/at/all.yaml", &err));
	assert_string_equal(
	    err.text, "open /nowhere/at/all.yaml: No such file or directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_presets),
	    cmocka_unit_test(test_all_types),
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_printed_reads_back),
	    cmocka_unit_test(test_manual),
	    cmocka_unit_test(test_missing_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
