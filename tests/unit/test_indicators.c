/* SPDX-License-Identifier: Apache-2.0 */
/* test_indicators.c -- matching against an obvious search, and what is refused. */
#include "../../src/intel/indicators.c"

#include "base/when.h"
#include "event/event.h"
#include "intel/review.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static struct indicator_row
row(const char *value)
{
	return (struct indicator_row){.value = value,
	    .confidence = 80,
	    .source = "test",
	    .from = 0,
	    .until = WHEN_NEVER};
}

static void
add(struct indicators *set, struct indicator_row r)
{
	struct err err;

	if (!indicators_add(set, &r, &err))
		fail_msg("%s", err.text);
}

static const struct indicator *
linear(const struct indicators *set, const struct addr *a, uint16_t port)
{
	const struct indicator *host = NULL, *prefix = NULL;

	for (size_t k = 0; k < indicators_count(set); k++) {
		const struct indicator *i = indicators_at(set, k);

		if (i->type == INDICATOR_PREFIX && prefix_holds(&i->prefix, a))
			prefix = i;
		if (is_host(i) && addr_equal(&i->prefix.addr, a) &&
		    (i->type == INDICATOR_ADDRESS || i->port == port))
			host = host == NULL || i->bin > host->bin ? i : host;
	}
	return host != NULL ? host : prefix;
}

/* Of host and prefix the same kind, of equal worth. */
static void
test_against_linear_search(void **state)
{
	struct indicators *set = indicators_new();
	uint32_t hits = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (int k = 0; k < 300; k++) {
		struct addr a = addr_v4(0x50000000 + (uint32_t)rng_below(&rng, 1 << 14));
		struct prefix p = prefix_of(&a, (uint8_t)(112 + rng_below(&rng, 16)));
		char text[PREFIX_TEXT];

		add(set, row(k % 2 ? addr_text(&a, text) : prefix_text(&p, text)));
		if (k % 5 == 0) {
			struct indicator_row r = row(addr_text(&a, text));

			r.port = 80;
			add(set, r);
		}
	}
	indicators_seal(set);
	for (uint32_t k = 0; k < 1 << 15; k++) {
		struct addr a = addr_v4(0x50000000 + k / 2);
		uint16_t port = k % 2 ? 80 : 443;
		const struct indicator *found =
					   indicators_match(set, &a, PROTO_TCP, port, 1),
				       *wanted = linear(set, &a, port);

		assert_int_equal(found == NULL, wanted == NULL);
		if (found == NULL)
			continue;
		hits++;
		assert_int_equal(found->bin, wanted->bin);
	}
	assert_true(hits > 300);
	indicators_free(set);
}

static const char *
match_name(const struct indicators *set, const char *name)
{
	const struct indicator *i = indicators_match_name(set, name, strlen(name), 1);

	return i != NULL ? indicator_text(set, i->name) : "";
}

static void
test_names(void **state)
{
	struct indicators *set = indicators_new();

	(void)state;
	add(set, row("*.Evil.Example."));
	add(set, row("deep.other.example"));
	indicators_seal(set);
	assert_string_equal(match_name(set, "evil.example"), "evil.example");
	assert_string_equal(match_name(set, "a.b.evil.example"), "evil.example");
	assert_string_equal(match_name(set, "1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.evil.example"),
	    "evil.example");
	assert_string_equal(match_name(set, "notevil.example"), "");
	assert_string_equal(match_name(set, "evil.example.net"), "");
	assert_string_equal(match_name(set, "other.example"), "");
	assert_string_equal(match_name(set, "deep.other.example"), "deep.other.example");
	assert_string_equal(match_name(set, "example"), "");
	indicators_free(set);
}

static void
test_bins(void **state)
{
	struct indicators *set = indicators_new();
	struct indicator_row r = row("192.0.2.1:443");
	struct addr a;

	(void)state;
	r.confidence = 95;
	add(set, r);
	r = row("192.0.2.2");
	r.role = INDICATOR_SINKHOLE;
	add(set, r);
	r = row("192.0.2.3");
	r.shared = true;
	add(set, r);
	r = row("192.0.2.4");
	r.purpose = PURPOSE_EXPOSURE;
	add(set, r);
	r = row("192.0.2.5");
	r.until = 1;
	add(set, r);
	indicators_seal(set);
	assert_true(addr_parse("192.0.2.1", &a));
	assert_int_equal(
	    indicators_match(set, &a, PROTO_TCP, 443, 1)->bin, BIN_CONFIRMED);
	assert_null(indicators_match(set, &a, PROTO_TCP, 80, 1));
	assert_true(addr_parse("192.0.2.2", &a));
	assert_int_equal(indicators_match(set, &a, PROTO_TCP, 80, 1)->bin, BIN_SINKHOLE);
	assert_true(addr_parse("192.0.2.3", &a));
	assert_int_equal(indicators_match(set, &a, PROTO_TCP, 80, 1)->bin, BIN_SHARED);
	assert_true(addr_parse("192.0.2.4", &a));
	assert_null(indicators_match(set, &a, PROTO_TCP, 80, 1)); /* never evidence */
	assert_true(addr_parse("192.0.2.5", &a));
	assert_null(indicators_match(set, &a, PROTO_TCP, 80, 1)); /* over */
	indicators_free(set);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"0.0.0.0", "127.0.0.1", "224.0.0.1", "8.8.8.8",
	    "255.255.255.255", "1.0.0.0/7", "::/8", "fe80::1", "com", "", "a..b", "1.2.3",
	    "x.example/path", "192.0.2.1:0", "192.0.2.1:70000", "-", "a b.example"};
	struct indicators *set = indicators_new();
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct indicator_row r = row(bad[i]);

		if (indicators_add(set, &r, &err))
			fail_msg("%s was taken", bad[i]);
	}
	assert_int_equal(indicators_count(set), 0);
	indicators_free(set);
}

/* The same value of the same source is renewed; of another source it stands beside. */
static void
test_renewal(void **state)
{
	struct indicators *set = indicators_new();
	struct indicator_row r = row("192.0.2.1");
	struct addr a;

	(void)state;
	add(set, r);
	r.confidence = 10;
	add(set, r);
	r.source = "another";
	r.confidence = 60;
	add(set, r);
	indicators_seal(set);
	assert_int_equal(indicators_count(set), 2);
	assert_true(addr_parse("192.0.2.1", &a));
	assert_int_equal(indicators_match(set, &a, PROTO_TCP, 80, 1)->confidence, 60);
	indicators_free(set);
}

/* A person's answers on file: the last of a value counts, for every list that has it. */
static void
test_reviews(void **state)
{
	struct indicators *set = indicators_new();
	struct indicator_row tcp = row("203.0.113.1:8080"),
			     other = row("203.0.113.1:8080");
	struct addr one = addr_v4(0xcb007101), two = addr_v4(0xcb007102);
	char path[] = "/tmp/test_reviews.XXXXXX";
	int fd = mkstemp(path);
	struct err err;

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	tcp.proto = PROTO_TCP;
	other.source = "other";
	add(set, tcp);
	add(set, other);
	add(set, row("203.0.113.2"));
	add(set, row("evil.example"));
	assert_true(reviews_add(path, "203.0.113.1:8080", REVIEW_KEEP, 0, &err));
	assert_true(reviews_add(path, "evil.example", REVIEW_KEEP, 0, &err));
	assert_true(reviews_add(path, "203.0.113.1:8080", REVIEW_RETIRED, 0, &err));
	if (!reviews_load(set, path, &err))
		fail_msg("%s", err.text);
	indicators_seal(set);
	assert_null(indicators_match(set, &one, PROTO_TCP, 8080, 1));
	assert_null(indicators_match(set, &one, PROTO_UDP, 8080, 1));
	assert_int_equal(
	    indicators_match(set, &two, PROTO_TCP, 80, 1)->review, REVIEW_NONE);
	assert_int_equal(
	    indicators_match_name(set, "x.evil.example", 14, 1)->review, REVIEW_KEEP);
	assert_int_equal(indicators_review_of(set, "203.0.113.1:8080"), REVIEW_RETIRED);
	assert_int_equal(indicators_review_of(set, "203.0.113.1"), REVIEW_NONE);
	indicators_free(set);
	set = indicators_new();
	assert_true(reviews_add(path, "no/value", REVIEW_KEEP, 0, &err));
	assert_false(reviews_load(set, path, &err)); /* edited by hand, wrongly */
	assert_non_null(strstr(err.text, ":4:"));
	indicators_free(set);
	(void)unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_against_linear_search),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_bins),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_renewal),
	    cmocka_unit_test(test_reviews),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
