/* SPDX-License-Identifier: Apache-2.0 */
/* test_notice.c -- every letter in every language against what letters must hold. */
#include "../../src/case/notice.c"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct notice_facts facts = {.isp = "Norrnät",
    .site = "www.norrnat.example/sakerhet",
    .code = "K7MPX4TA",
    .name = "Anna Åkerlund",
    .number = "88123456",
    .family = "mirai",
    .kind = KIND_C2,
    .reported = true,
    .first = 1312969613 * WHEN_SECOND,
    .last = 1313056013 * WHEN_SECOND,
    .times = 12,
    .days = 2,
    .next = 1313315213 * WHEN_SECOND,
    .kept = 90 * WHEN_DAY,
    .verify = 14 * WHEN_DAY};

static const char *
letter(const struct notice_facts *f, char *subject, struct wr *body)
{
	struct notices *n;
	struct err err;

	n = notices_new(NULL, &err);
	assert_non_null(n);
	if (!notice_render(n, f, subject, body, &err))
		fail_msg("%s", err.text);
	notices_free(n);
	return wr_string(body);
}

static void
must_hold(const char *text, const char *part, const char *where)
{
	if (strstr(text, part) == NULL)
		fail_msg("%s: \"%s\" is missing in:\n%s", where, part, text);
}

static void
must_not_hold(const char *text, const char *part, const char *where)
{
	if (strcasestr(text, part) != NULL)
		fail_msg("%s: holds \"%s\":\n%s", where, part, text);
}

/* Björnsson's readability index: words a sentence + share of words beyond six letters. */
static double
lix(const char *text)
{
	double words = 0, sentences = 0, longs = 0;
	int letters = 0;

	for (; *text != '\0'; text++) {
		if (((uint8_t)*text & 0xc0) == 0x80)
			continue; /* the rest of a UTF-8 letter */
		if (isalpha((uint8_t)*text) || (uint8_t)*text >= 0x80) {
			letters++;
			continue;
		}
		words += letters > 0;
		longs += letters > 6;
		letters = 0;
		/* a headline or the greeting ends without a stop */
		sentences +=
		    strchr(".:!?", *text) != NULL || strncmp(text, "\n\n", 2) == 0;
	}
	return words / sentences + 100 * longs / words;
}

/* reference/response.md E: the parts that each letter must have, and must not. */
static void
lint(const char *language, const char *template_)
{
	static const char *const always[] = {"Norrnät", "K7MPX4TA", "Anna Åkerlund",
	    "456", "www.norrnat.example/sakerhet", "90 da", "6.1 f"};
	static const char *const never[] = {"http:", "https:", "88123456", "{", "}",
	    "omedelbart", "immediately", "varning", "warning", "olaglig", "illegal",
	    "brott", "crime", "din skuld", "your fault", "antivirus", "shadowserver", "<",
	    "  "};
	struct notice_facts f = facts;
	char subject[NOTICE_SUBJECT], where[64];
	struct wr body;
	const char *text;

	f.language = language;
	f.template_ = template_;
	(void)snprintf(where, sizeof where, "%s/%s", language, template_);
	wr_init(&body, 16384);
	text = letter(&f, subject, &body);
	for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
		must_hold(text, always[i], where);
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
		must_not_hold(text, never[i], where);
	must_hold(subject, "K7MPX4TA", where);
	assert_true(strlen(subject) < 78);
	assert_true(strlen(text) > 500 && strlen(text) < 3800);
	must_hold(text,
	    *language == 's' ? "Vi ber dig aldrig om ett lösenord"
			     : "We never ask for a password",
	    where);
	must_hold(text,
	    *language == 's' ? "OM DU TROR ATT VI HAR FEL" : "IF YOU THINK WE ARE WRONG",
	    where);
	must_not_hold(text, "\n4. ", where); /* at most three actions */
	if (*language == 's' && lix(text) >= 40)
		fail_msg("%s: LIX %.1f", where, lix(text));
	wr_fini(&body);
}

static void
test_lint_all(void **state)
{
	(void)state;
	for (size_t l = 0; notice_languages[l] != NULL; l++)
		for (size_t t = 0; notice_templates[t] != NULL; t++)
			lint(notice_languages[l], notice_templates[t]);
}

/* What only letters about trouble hold: what was seen, when, how often, what comes. */
static void
test_what_was_seen(void **state)
{
	static const char *const parts[] = {"styr kapade apparater", "kallas mirai",
	    "från 10 augusti 2011 kl. 11.46", "12 gånger på 2 dagar",
	    "efter 14 augusti 2011 hör", "inte gjort något fel", "14 dagar",
	    "1. Uppdatera", "3. Byt lösenord när allt"};
	struct notice_facts f = facts;
	char subject[NOTICE_SUBJECT];
	struct wr body;
	const char *text;

	(void)state;
	f.template_ = "infected";
	f.language = "fi"; /* not there: Swedish */
	wr_init(&body, 16384);
	text = letter(&f, subject, &body);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		must_hold(text, parts[i], "infected");
	wr_fini(&body);
}

/* Every kind has its sentence in every language; unknown facts leave no gap. */
static void
test_kinds_and_gaps(void **state)
{
	struct notice_facts f = facts;
	char subject[NOTICE_SUBJECT];
	struct wr body;

	(void)state;
	f.name = NULL;
	f.number = "";
	f.family = NULL;
	f.times = 1;
	f.last = f.first;
	f.template_ = "infected";
	for (size_t l = 0; notice_languages[l] != NULL; l++)
		for (int k = 0; k < KIND_COUNT; k++) {
			const char *text;

			f.language = notice_languages[l];
			f.kind = (uint8_t)k;
			wr_init(&body, 16384);
			text = letter(&f, subject, &body);
			must_not_hold(text, "{", "gaps");
			must_not_hold(text, " \n", "gaps");
			must_not_hold(text, "Till \n", "gaps");
			wr_fini(&body);
		}
}

/* A name cannot bring lines, slots or escapes into the letter. */
static void
test_hostile_facts(void **state)
{
	struct notice_facts f = facts;
	char subject[NOTICE_SUBJECT];
	struct wr body;
	const char *text;

	(void)state;
	f.template_ = "infected";
	f.language = "sv";
	f.name = "Eve\r\nBcc: all@example\n\n{code}{site}";
	f.code = "A\nB";
	wr_init(&body, 16384);
	text = letter(&f, subject, &body);
	must_hold(text, "Eve  Bcc: all@example  {code}{site}", "hostile");
	assert_null(strchr(subject, '\n'));
	wr_fini(&body);
}

static void
test_directory_overrides(void **state)
{
	char dir[] = "/tmp/test_notice.XXXXXX", path[64], subject[NOTICE_SUBJECT];
	struct notice_facts f = facts;
	struct notices *n;
	struct err err;
	struct wr body;
	FILE *out;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/en", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof path, "%s/en/clean.txt", dir);
	out = fopen(path, "we");
	assert_non_null(out);
	(void)fputs("Subject: Ours {code}\n\nFine, {nothing}.\n", out);
	assert_int_equal(fclose(out), 0);
	n = notices_new(dir, &err);
	assert_non_null(n);
	f.language = "en";
	f.template_ = "clean";
	wr_init(&body, 16384);
	assert_false(notice_render(n, &f, subject, &body, &err)); /* an unknown slot */
	must_hold(err.text, "{nothing}", "override");
	assert_string_equal(subject, "Ours K7MPX4TA");
	f.template_ = "no-such";
	assert_false(notice_render(n, &f, subject, &body, &err));
	wr_fini(&body);
	notices_free(n);
	(void)unlink(path);
	*strrchr(path, '/') = '\0';
	(void)rmdir(path);
	(void)rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lint_all),
	    cmocka_unit_test(test_what_was_seen),
	    cmocka_unit_test(test_kinds_and_gaps),
	    cmocka_unit_test(test_hostile_facts),
	    cmocka_unit_test(test_directory_overrides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
