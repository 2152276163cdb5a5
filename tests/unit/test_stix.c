/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_stix.c -- bundles to items: patterns, infrastructure, sightings, markings.
 */
#include "../../src/report/stix.c"

#include "report_kept.h"

#include "report/indicate.h"

#define OBJECT(type, id) "{\"type\":\"" type "\",\"id\":\"" type "--" id "\","
#define INDICATOR(id, pattern)                                                           \
	OBJECT("indicator", id)                                                          \
	"\"spec_version\":\"2.1\",\"pattern_type\":\"stix\","                            \
	"\"valid_from\":\"2026-10-01T00:00:00Z\",\"pattern\":\"" pattern "\","

static struct kept k;

static void
read_objects(const char *objects)
{
	char text[8000];

	(void)snprintf(text, sizeof text,
	    "{\"type\":\"bundle\",\"id\":\"bundle--1\",\"objects\":[%s]}", objects);
	assert_true(read_kept(&k, NULL, text, strlen(text)));
	assert_string_equal(k.stat.format, "stix");
}

static size_t
ways(const char *text, struct pattern *pattern)
{
	static struct arena *arena;
	struct err err;

	arena_free(arena);
	arena = arena_new(PATTERN_ARENA);
	if (!pattern_read(text, arena, pattern, &err))
		return 0;
	return pattern->count;
}

static void
test_pattern(void **state)
{
	struct pattern p;

	(void)state;
	assert_int_equal(ways("[ipv4-addr:value = '192.0.2.1']", &p), 1);
	assert_string_equal(p.ways[0].place.address, "192.0.2.1");
	assert_false(p.ways[0].more);
	assert_int_equal(ways("[domain-name:value = 'a.example.com' OR "
			      "ipv4-addr:value IN ('192.0.2.1', '192.0.2.2')]",
			     &p),
	    3);
	assert_string_equal(p.ways[2].place.address, "192.0.2.2");
	assert_int_equal(ways("[network-traffic:dst_ref.type = 'ipv4-addr' AND "
			      "network-traffic:dst_ref.value = '192.0.2.1' AND "
			      "network-traffic:protocols[*] = 'tcp' AND "
			      "(network-traffic:dst_port = 80 OR "
			      "network-traffic:dst_port = 443)]",
			     &p),
	    2);
	assert_int_equal(p.ways[1].place.port, 443);
	assert_string_equal(p.ways[1].place.transport, "tcp");
	assert_false(p.ways[1].more);
	/* What asks for more than a place must not accuse the place. */
	assert_int_equal(ways("[ipv4-addr:value = '192.0.2.1' AND "
			      "file:hashes.'SHA-256' = 'ab']",
			     &p),
	    1);
	assert_true(p.ways[0].more);
	assert_int_equal(ways("[ipv4-addr:value = '192.0.2.1'] FOLLOWEDBY "
			      "[domain-name:value = 'example.com']",
			     &p),
	    2);
	assert_true(p.ways[0].more && p.ways[1].more);
	assert_int_equal(ways("[NOT ipv4-addr:value = '192.0.2.1']", &p), 1);
	assert_null(p.ways[0].place.address);
	assert_int_equal(ways("[ipv4-addr:value = '192.0.2.1'] REPEATS 5 TIMES "
			      "WITHIN 60 SECONDS",
			     &p),
	    1);
	assert_true(p.ways[0].more);
	assert_int_equal(ways("[url:value = 'http://example.com/\\'x\\\\']", &p), 1);
	assert_string_equal(p.ways[0].place.url, "http://example.com/'x\\");
}

static void
test_pattern_bad(void **state)
{
	static const char *const bad[] = {"", "[", "[]", "ipv4-addr:value = 'x'",
	    "[ipv4-addr:value = '192.0.2.1'", "[ipv4-addr:value = '192.0.2.1]",
	    "[ipv4-addr:value '192.0.2.1']", "[ipv4-addr:value = ]",
	    "[ipv4-addr:value = '192.0.2.1'] x", "[ipv4-addr:value IN ('a' 'b')]",
	    "[= 'x']", "[a:b = 'x' AND]", "[a:b = 'x'] OR"};
	struct pattern p;
	char text[PATTERN_SIZE + 100] = "";
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(ways(bad[i], &p), 0);
	memset(text, '(', 5000); /* depth */
	assert_int_equal(ways(text, &p), 0);
	for (int i = 0; i < 20; i++) /* 2^20 ways */
		at += (size_t)sprintf(
		    text + at, "%s(a:b = 'x' OR a:c = 'y')", i == 0 ? "[" : " AND ");
	(void)strcpy(text + at, "]");
	assert_int_equal(ways(text, &p), 0);
	at = 0;
	for (int i = 0; i < 1000; i++) /* a long list is met in as many ways */
		at += (size_t)sprintf(text + at, "%sipv4-addr:value = '192.0.2.%d'",
		    i == 0 ? "[" : " OR ", i % 250);
	(void)strcpy(text + at, "]");
	assert_int_equal(ways(text, &p), 1000);
}

static void
test_indicator(void **state)
{
	(void)state;
	read_objects(INDICATOR("1",
	    "[network-traffic:dst_ref.value = '198.51.100.7' AND "
	    "network-traffic:dst_port = 8443 AND network-traffic:protocols[*] = "
	    "'tcp']") "\"valid_until\":\"2026-12-01T00:00:00Z\",\"confidence\":85,"
		      "\"kill_chain_phases\":[{\"kill_chain_name\":\"x\",\"phase_"
		      "name\":"
		      "\"command-and-control\"}],\"object_marking_refs\":["
		      "\"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82\"]"
		      "}," OBJECT(
			  "malware", "2") "\"name\":\"Mirai\",\"is_family\":true}"
					  "," OBJECT("relationship",
					      "3") "\"relationship_type\":"
						   "\"indicates\",\"source_ref\":"
						   "\"indicator--1\","
						   "\"target_ref\":\"malware--2\"}");
	assert_int_equal(k.count, 1);
	assert_string_equal(k.items[0].rsit, "malicious-code/c2-server");
	assert_string_equal(k.items[0].family, "mirai");
	assert_string_equal(k.items[0].tlp, "amber");
	assert_int_equal(k.items[0].port, 8443);
	assert_int_equal(k.items[0].proto, 6);
	assert_true(k.items[0].confidence > 0.84 && k.items[0].confidence < 0.86);
	assert_null(k.items[0].aside);
	assert_string_equal(k.items[0].upstream, "stix");
	assert_holds(k.json[0], "\"valid_until\":\"2026-12-01T00:00:00Z\"");
	assert_holds(k.json[0], "\"stix_id\":\"indicator--1\"");
}

static void
test_aside(void **state)
{
	(void)state;
	read_objects(INDICATOR(
	    "1", "[ipv4-addr:value = '192.0.2.1']") "\"revoked\":true}," INDICATOR("2",
	    "[ipv4-addr:value = '192.0.2.1']") "\"indicator_types\":[\"benign\"]}"
					       "," INDICATOR("3", "[file:name = 'x']") "\"name\":\"x\"}," OBJECT(
						   "indicator",
						   "4") "\"pattern_type\":\"snort\","
							"\"pattern\":\"alert\"}"
							"," OBJECT("observed-data",
							    "5") "\"object_refs\":[]}"
								 "," INDICATOR("6",
								     "[ipv4-addr:"
								     "value = ") "\"n"
										 "ame"
										 "\":"
										 "\"x"
										 "\"}"
										 ", "
										 "{\""
										 "id"
										 "\":"
										 "\"x"
										 "\""
										 "}");
	assert_int_equal(k.count, 5);
	assert_string_equal(k.items[0].aside, "revoked by its maker");
	assert_string_equal(k.items[1].aside, "said to be benign");
	assert_string_equal(k.items[2].aside, "no address or name");
	assert_string_equal(k.items[3].aside, "its pattern is of another language");
	assert_string_equal(k.items[4].aside, "observed, but not said to be bad");
	assert_int_equal(k.refused, 2);
}

/* An infection: traffic observed, and a sighting that says of what. */
static void
test_sighting(void **state)
{
	(void)state;
	read_objects(OBJECT("ipv4-addr", "a") "\"value\":\"192.0.2.10\"}," OBJECT(
	    "ipv4-addr", "b") "\"value\":\"198.51.100.1\"}," OBJECT("network-traffic",
	    "c") "\"src_ref\":\"ipv4-addr--a\",\"dst_ref\":"
		 "\"ipv4-addr--b\",\"src_port\":40000,\"dst_port\":23,"
		 "\"protocols\":[\"ipv4\",\"tcp\"]}," OBJECT("malware",
		     "m") "\"name\":\"mirai\",\"is_family\":true}," OBJECT("observed-"
									   "data",
		     "o") "\"first_observed\":\"2026-11-01T10:00:00Z\","
			  "\"last_observed\":\"2026-11-01T10:05:00Z\",\"number_"
			  "observed\":3,"
			  "\"object_refs\":[\"ipv4-addr--a\",\"ipv4-addr--b\",\"network-"
			  "traffic--c\"]}," OBJECT("sighting",
			      "s") "\"sighting_of_ref\":\"malware--m\",\"count\":3,"
				   "\"observed_data_refs\":[\"observed-data--o\"],"
				   "\"object_marking_refs\":["
				   "\"marking-definition--939a9414-2ddd-4d32-a0cd-"
				   "375ea402b003\"]}");
	assert_int_equal(k.count, 1); /* the ends are no statements of their own */
	assert_string_equal(k.items[0].rsit, "malicious-code/infected-system");
	assert_string_equal(k.items[0].family, "mirai");
	assert_int_equal(k.items[0].role, ROLE_BOT);
	assert_int_equal(k.items[0].port, 40000);
	assert_int_equal(k.items[0].remote_port, 23);
	assert_string_equal(k.items[0].tlp, "strict");
	assert_holds(k.json[0], "\"source\":{\"ip\":\"192.0.2.10\",\"port\":40000}");
	assert_holds(k.json[0], "\"time\":{\"source\":\"2026-11-01T10:00:00Z\"}");
	assert_holds(k.json[0], "\"count\":3");
}

/* STIX 2.0 keeps observables inside the observed data. */
static void
test_old(void **state)
{
	static const char text[] =
	    "{\"type\":\"bundle\",\"id\":\"bundle--1\",\"spec_version\":\"2.0\","
	    "\"objects\":[{\"type\":\"observed-data\",\"id\":\"observed-data--1\","
	    "\"first_observed\":\"2026-11-01T10:00:00Z\",\"objects\":{"
	    "\"0\":{\"type\":\"ipv6-addr\",\"value\":\"2001:db8::5\"},"
	    "\"1\":{\"type\":\"domain-name\",\"value\":\"C2.example.net.\"},"
	    "\"2\":{\"type\":\"network-traffic\",\"src_ref\":\"0\",\"dst_ref\":\"1\","
	    "\"protocols\":[\"udp\"]}}},"
	    "{\"type\":\"sighting\",\"id\":\"sighting--1\",\"sighting_of_ref\":\"x\","
	    "\"observed_data_refs\":[\"observed-data--1\"]},"
	    "{\"type\":\"indicator\",\"id\":\"indicator--1\","
	    "\"labels\":[\"compromised\"],\"valid_from\":\"2026-11-01T10:00:00Z\","
	    "\"pattern\":\"[ipv4-addr:value = '192.0.2.9']\"}]}";

	(void)state;
	assert_true(read_kept(&k, NULL, text, sizeof text - 1));
	assert_int_equal(k.count, 2);
	assert_holds(k.json[0], "\"source\":{\"ip\":\"2001:db8::5\"}");
	assert_holds(k.json[0], "\"destination\":{\"fqdn\":\"c2.example.net\"}");
	assert_int_equal(k.items[0].proto, 17);
	assert_string_equal(k.items[1].rsit, "malicious-code/infected-system");
}

static void
test_infrastructure(void **state)
{
	(void)state;
	read_objects(OBJECT("infrastructure",
	    "i") "\"infrastructure_types\":[\"command-and-control\"],\"name\":\"x\","
		 "\"first_seen\":\"2026-11-01T00:00:00Z\"}," OBJECT("ipv4-addr",
		     "a") "\"value\":\"198.51.100.1\"}," OBJECT("domain-name",
		     "d") "\"value\":\"c2.example.net\"}," OBJECT("malware",
		     "m") "\"name\":\"Mirai\"}," OBJECT("relationship",
		     "1") "\"relationship_type\":\"consists-of\","
			  "\"source_ref\":\"infrastructure--i\",\"target_ref\":"
			  "\"ipv4-addr--a\"}," OBJECT("relationship",
			      "2") "\"relationship_type\":\"consists-of\","
				   "\"source_ref\":\"infrastructure--i\",\"target_"
				   "ref\":\"domain-name--d\"}," OBJECT("relationship",
				       "3") "\"relationship_type\":\"controls\","
					    "\"source_ref\":\"infrastructure--i\","
					    "\"target_ref\":\"malware--m\"}"
					    "," INDICATOR("n",
						"[ipv4-addr:value = "
						"'198.51.100.2']") "\"name\":"
								   "\"y\"}"
								   "," OBJECT("r"
									      "e"
									      "l"
									      "a"
									      "t"
									      "i"
									      "o"
									      "n"
									      "s"
									      "h"
									      "i"
									      "p",
								       "4") "\"r"
									    "ela"
									    "tio"
									    "nsh"
									    "ip_"
									    "typ"
									    "e\""
									    ":\""
									    "ind"
									    "ica"
									    "tes"
									    "\","
									    "\"s"
									    "our"
									    "ce_"
									    "ref"
									    "\":"
									    "\"i"
									    "ndi"
									    "cat"
									    "or-"
									    "-n"
									    "\","
									    "\"t"
									    "arg"
									    "et_"
									    "ref"
									    "\":"
									    "\"i"
									    "nfr"
									    "ast"
									    "ruc"
									    "tur"
									    "e--"
									    "i\""
									    "}");
	assert_int_equal(k.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(k.items[i].rsit, "malicious-code/c2-server");
		assert_string_equal(k.items[i].family, "mirai");
		assert_int_equal(k.items[i].role, ROLE_C2);
	}
	assert_holds(k.json[1], "c2.example.net");
}

/* The last version of an object counts, in whatever order they come. */
static void
test_versions(void **state)
{
	(void)state;
	read_objects(INDICATOR("1",
	    "[ipv4-addr:value = '192.0.2.2']") "\"modified\":\"2026-10-02T00:00:"
					       "00Z\"}," INDICATOR("1",
						   "[ipv4-addr:value = "
						   "'192.0.2.3']") "\"modified\""
								   ":\"2026-10-"
								   "03T00:00:00."
								   "5Z\"}"
								   "," INDICATOR("1",
								       "[ipv4-"
								       "addr:"
								       "value = "
								       "'192.0."
								       "2.1']") "\"modifi"
										"ed\":"
										"\"2026-"
										"10-"
										"01T00:"
										"00:"
										"00Z\"}");
	assert_int_equal(k.count, 1);
	assert_holds(k.json[0], "192.0.2.3");
}

static void
test_envelope(void **state)
{
	static const char text[] =
	    "{\"more\":true,\"next\":\"7\",\"objects\":[" INDICATOR("1",
		"[url:value = 'http://198.51.100.3:8080/bin.sh']") "\"name\":\"x\"}]}";
	static const char empty[] = "{\"more\":false}", other[] = "{\"a\":1}";

	(void)state;
	assert_true(read_kept(&k, NULL, text, sizeof text - 1));
	assert_int_equal(k.count, 1);
	assert_string_equal(k.items[0].rsit, "malicious-code/malware-distribution");
	assert_int_equal(k.items[0].port, 8080);
	assert_holds(k.json[0], "\"ip\":\"198.51.100.3\"");
	assert_true(read_kept(&k, "stix", empty, sizeof empty - 1));
	assert_int_equal(k.stat.rows, 0);
	assert_true(read_kept(&k, "stix", other, sizeof other - 1));
	assert_int_equal(k.refused, 1);
}

static void
count_item(void *ctx, const struct item *item)
{
	(void)item;
	++*(size_t *)ctx;
}

/* Few bytes that refer to each other very often end in bounded work, and say so; also
 * where nothing that is referred to makes an item. */
static void
amplify(const char *type, size_t items)
{
	enum { REFS = 4000 };
	size_t count = 0, at = 0, room = 1 << 20;
	char *text = calloc(1, room);
	const struct report_sink sink = {.item = count_item, .ctx = &count};
	struct report_input in = {.name = "x", .fd = -1, .format = "stix"};
	struct report_stat stat;
	struct err err;

	at += (size_t)sprintf(text,
	    "{\"objects\":[{\"type\":\"%s\",\"id\":\"x--a\",\"value\":"
	    "\"192.0.2.1\"},{\"type\":\"observed-data\",\"id\":\"observed-data--o\","
	    "\"first_observed\":\"2026-11-01T10:00:00Z\",\"object_refs\":[",
	    type);
	for (int i = 0; i < REFS; i++)
		at += (size_t)sprintf(text + at, "%s\"x--a\"", i ? "," : "");
	at += (size_t)sprintf(
	    text + at, "]}," OBJECT("sighting", "s") "\"observed_data_refs\":[");
	for (int i = 0; i < REFS; i++)
		at += (size_t)sprintf(text + at, "%s\"observed-data--o\"", i ? "," : "");
	at += (size_t)sprintf(text + at, "]}]}");
	assert_true(at < room);
	in.bytes = (const uint8_t *)text;
	in.size = at;
	assert_true(report_read(&in, &sink, &stat, &err));
	assert_int_equal(count, items);
	assert_int_equal(stat.refused, 1);
	free(text);
}

static void
test_amplified(void **state)
{
	(void)state;
	amplify("ipv4-addr", DOCUMENT_ITEMS);
	amplify("file", 0);
}

struct made {
	size_t count;
	struct indicator_row rows[8];
	char values[8][64];
	const char *reason;
};

static void
make_rows(void *ctx, const struct item *item)
{
	const struct indicator_row preset = {.role = INDICATOR_SINKHOLE,
	    .confidence = 75,
	    .source = "x",
	    .until = INT64_C(1) << 59};
	struct made *m = ctx;
	struct indicator_row rows[ITEM_INDICATORS];
	size_t count = item_to_indicators(item, &preset, rows, &m->reason);

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(m->values[m->count], 64, "%s", rows[i].value);
		m->rows[m->count++] = rows[i];
	}
}

/* The same reading, taken as intelligence. */
static void
test_indicate(void **state)
{
	static const char text[] = "{\"objects\":[" INDICATOR("1",
	    "[ipv4-addr:value = '198.51.100.7']") "\"confidence\":90,"
						  "\"description\":\"a C2 "
						  "server\","
						  "\"valid_until\":\"2026-12-"
						  "01T00:00:00Z\",\"object_"
						  "marking_refs\":["
						  "\"marking-definition--"
						  "5e57c739-391a-4eb3-b6be-"
						  "7d15ca92d5ed\"]}," INDICATOR("2",
						      "[url:value = "
						      "'http://www.example.com/"
						      "x']") "\"a\":1}"
							     "," INDICATOR("3",
								 "[ipv4-addr:"
								 "value = "
								 "'198.51.100.8'"
								 "]") "\"a\":1}"
								      "," INDICATOR("4",
									  "[ipv4-"
									  "addr:"
									  "value "
									  "= "
									  "'198."
									  "51."
									  "100.9'"
									  "]") "\"indicat"
									       "or_"
									       "types\":["
									       "\"comprom"
									       "ised\"]}]"
									       "}";
	struct made m = {.count = 0};
	const struct report_sink sink = {.item = make_rows, .ctx = &m};
	struct report_input in = {.name = "x",
	    .fd = -1,
	    .bytes = (const uint8_t *)text,
	    .size = sizeof text - 1,
	    .format = "stix"};
	struct report_stat stat;
	struct err err;

	(void)state;
	assert_true(report_read(&in, &sink, &stat, &err));
	assert_int_equal(m.count, 3);
	assert_int_equal(m.rows[0].role, INDICATOR_C2);
	assert_int_equal(m.rows[0].confidence, 90);
	assert_int_equal(m.rows[0].tlp, TLP_RED);
	assert_false(m.rows[0].shared);
	assert_int_equal(m.rows[0].until - m.rows[0].from, 61 * WHEN_DAY);
	assert_int_equal(m.rows[1].role, INDICATOR_DISTRIBUTION);
	assert_true(m.rows[1].shared); /* a page is not its host */
	assert_string_equal(m.values[1], "www.example.com");
	assert_int_equal(m.rows[2].role, INDICATOR_SINKHOLE); /* the preset's */
	assert_non_null(m.reason); /* a victim is no place to watch */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pattern),
	    cmocka_unit_test(test_pattern_bad),
	    cmocka_unit_test(test_indicator),
	    cmocka_unit_test(test_aside),
	    cmocka_unit_test(test_sighting),
	    cmocka_unit_test(test_old),
	    cmocka_unit_test(test_infrastructure),
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_envelope),
	    cmocka_unit_test(test_amplified),
	    cmocka_unit_test(test_indicate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
