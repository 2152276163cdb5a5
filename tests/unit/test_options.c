/* SPDX-License-Identifier: Apache-2.0 */
/* test_options.c -- the words of a command line, as they may be written. */
#include "../../src/cmd/options.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct sample {
	bool all, loud;
	int64_t windows;
	char *leases;
	struct conf_prefixes network;
};

static const struct command_opt table[] = {
    {'a', NULL, {COMMAND_FIELD(sample, all), .type = CONF_FLAG}},
    {'l', NULL, {COMMAND_FIELD(sample, loud), .type = CONF_FLAG}},
    {0, "SECONDS",
	{COMMAND_FIELD(sample, windows), .type = CONF_INT, .preset = 60, .min = 1,
	    .max = 3600}},
    {'f', "FILE", {COMMAND_FIELD(sample, leases), .type = CONF_TEXT}},
    {'n', "NET",
	{COMMAND_FIELD(sample, network), .type = CONF_PREFIXES,
	    .preset_text = "10.0.0.0/8"}},
    COMMAND_OPT_END,
};

static bool
read_words(struct options *o, struct sample *s, const char *words, struct err *err)
{
	static char copy[256];
	static char *argv[16];
	int argc = 0;
	char *save = NULL;

	(void)snprintf(copy, sizeof copy, "%s", words);
	for (char *w = strtok_r(copy, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	argv[argc] = NULL;
	memset(s, 0, sizeof *s);
	return options_read(o, table, s, argc, argv, err);
}

static void
test_presets(void **state)
{
	struct sample s;
	struct options o;
	struct err err;

	(void)state;
	assert_true(read_words(&o, &s, "", &err));
	assert_int_equal(s.windows, 60);
	assert_int_equal(s.network.count, 1);
	assert_false(s.all || o.human || o.help);
	options_free(&o);
}

static void
test_forms(void **state)
{
	struct sample s;
	struct options o;
	struct err err;

	(void)state;
	assert_true(read_words(&o, &s,
	    "one -al --windows=5 -n 192.0.2.0/24,198.51.100.0/24 -n2001:db8::/32 "
	    "--leases x.csv --human - -- -two",
	    &err));
	assert_true(s.all && s.loud && o.human);
	assert_int_equal(s.windows, 5);
	assert_int_equal(s.network.count, 3);
	assert_string_equal(s.leases, "x.csv");
	assert_int_equal(o.count, 3);
	assert_string_equal(o.operands[0], "one");
	assert_string_equal(o.operands[1], "-");
	assert_string_equal(o.operands[2], "-two");
	options_free(&o);
}

static void
test_mistakes(void **state)
{
	static const struct {
		const char *words, *sentence;
	} cases[] = {
	    {"--widnows 3", "unknown option --widnows; did you mean --windows?"},
	    {"--xyzzy", "unknown option --xyzzy"},
	    {"-z", "unknown option -z"},
	    {"--windows", "--windows wants a value: SECONDS"},
	    {"-f", "-f wants a value: FILE"},
	    {"--windows 0", "--windows: 0 is outside 1 to 3600"},
	    {"--all=no", "--all takes no value"},
	    {"-n 10.0.0.1/8", "--network: `10.0.0.1/8` is not a prefix such as "
			      "192.0.2.0/24, bits beyond it zero"},
	};
	struct sample s;
	struct options o;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_false(read_words(&o, &s, cases[i].words, &err));
		assert_string_equal(err.text, cases[i].sentence);
		options_free(&o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_presets),
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
