/* SPDX-License-Identifier: Apache-2.0 */
/* test_map.c -- a site's mapping: read, refused with place and nearest word, put to use.
 */
#include "../../src/report/map.c"

#include "report/report.h"

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

enum { KEPT = 4 };

struct kept {
	size_t count, refused;
	struct item items[KEPT]; /* values are gone, the parsed fields stay */
	char json[KEPT][1024];
};

static struct kept kept;

static void
keep(void *ctx, const struct item *item)
{
	struct wr w;

	(void)ctx;
	assert_true(kept.count < KEPT);
	wr_init(&w, 1 << 16);
	item_json(item, &w);
	(void)snprintf(kept.json[kept.count], sizeof *kept.json, "%s", wr_string(&w));
	wr_fini(&w);
	kept.items[kept.count++] = *item;
}

static bool
read_with(const char *yaml, const char *text, struct err *err)
{
	struct report_map *map = map_parse("m.yaml", yaml, strlen(yaml), err);
	const struct report_input in = {.name = "x",
	    .fd = -1,
	    .bytes = (const uint8_t *)text,
	    .size = strlen(text),
	    .map = map};
	struct report_stat stat;
	bool good;

	memset(&kept, 0, sizeof kept);
	if (map == NULL)
		fail_msg("%s", err->text);
	good = report_read(&in, &(struct report_sink){.item = keep}, &stat, err);
	kept.refused = stat.refused;
	assert_int_equal(stat.unknown, 0); /* or the feed raises an alarm */
	if (good)
		assert_int_equal(stat.rows, stat.items + stat.refused);
	map_free(map);
	return good;
}

static void
read_well(const char *yaml, const char *text)
{
	struct err err;

	if (!read_with(yaml, text, &err))
		fail_msg("%s", err.text);
}

/* The item that all three inputs tell of. */
static void
assert_told(void)
{
	const struct item *item = &kept.items[0];
	char text[ADDR_TEXT];

	assert_int_equal(kept.count, 1);
	assert_string_equal(addr_text(&item->addr, text), "192.0.2.7");
	assert_int_equal(item->port, 4711);
	assert_true(item->has_time);
	assert_int_equal(item->time, INT64_C(1767323045000000));
	assert_int_equal(item->precision, 0);
	assert_string_equal(item->rsit, "intrusion-attempts/brute-force");
	assert_int_equal(item->kind, KIND_BRUTEFORCE);
	assert_string_equal(item->identifier, "honeynet");
	assert_string_equal(item->upstream, "Example");
	assert_non_null(strstr(kept.json[0], "\"note\":\"hello\""));
	assert_non_null(strstr(kept.json[0], "\"application\":\"ssh\""));
}

#define CONSTANTS                                                                        \
	"constants:\n  - {field: feed.provider, value: Example}\n"                       \
	"  - {field: protocol.application, value: ssh}\n"
#define FIELDS                                                                           \
	"fields:\n  - {column: When, field: time.source, as: utc}\n"                     \
	"  - {column: Attacker, field: source.ip}\n"                                     \
	"  - {column: Port, field: source.port}\n"
#define BEGIN "name: honeynet\ntype: brute-force\n"

static void
test_csv(void **state)
{
	(void)state;
	read_well(BEGIN "separator: semicolon\n" FIELDS CONSTANTS,
	    "# a remark\nNote;When;Port;Attacker\n"
	    "hello;2026-01-02 03:04:05;4711;192.0.2.7\n");
	assert_told();
}

static void
test_tsv_without_header(void **state)
{
	(void)state;
	read_well(BEGIN
	    "separator: tab\ncolumns: [Attacker, Port, When, note]\n" FIELDS CONSTANTS,
	    "192.0.2.7\t4711\t2026-01-02 03:04:05\thello\n");
	assert_told();
}

static void
test_json_lines(void **state)
{
	(void)state;
	read_well(BEGIN "kind: json\nfields:\n"
			"  - {column: at/when, field: time.source, as: utc}\n"
			"  - {column: Attacker, field: source.ip}\n"
			"  - {column: Port, field: source.port}\n" CONSTANTS,
	    "{\"at\":{\"when\":\"2026-01-02 03:04:05\"},\"Attacker\":\"192.0.2.7\","
	    "\"Port\":4711,\"note\":\"hello\"}\nnone\n");
	assert_told();
	assert_int_equal(kept.refused, 1);
}

/* A row that tells its class keeps it; one that has no time is refused. */
static void
test_class_of_row(void **state)
{
	static const char yaml[] =
	    BEGIN FIELDS "  - {column: kind, field: classification.type}\n";

	(void)state;
	read_well(yaml, "When,Attacker,Port,kind\n"
			"2026-01-02 03:04:05,192.0.2.7,1,scanner\n"
			"2026-01-02 03:04:05,192.0.2.8,1,\n,192.0.2.9,1,scanner\n");
	assert_int_equal(kept.count, 2);
	assert_string_equal(kept.items[0].rsit, "information-gathering/scanner");
	assert_string_equal(kept.items[1].rsit, "intrusion-attempts/brute-force");
	assert_int_equal(kept.refused, 1);
}

static void
test_other_header(void **state)
{
	struct err err;

	(void)state;
	assert_false(read_with(BEGIN FIELDS, "When,Victim,Port\n1,2,3\n", &err));
	assert_non_null(
	    strstr(err.text, "line 1: the header has no column \"attacker\""));
}

static void
test_refused(void **state)
{
	static const struct {
		const char *yaml, *why;
	} cases[] = {
	    {BEGIN "fields:\n  - {column: a, field: sorce.ip}\n",
		"m.yaml:4: `field`: `sorce.ip` is no choice; there are, the nearest "
		"first: source.ip"},
	    {BEGIN "fields:\n  - {column: a, field: source.ip}\n"
		   "  - {column: b, field: time.source, as: utcc}\n",
		"m.yaml:5: `as`: `utcc` is no choice; there are, the nearest first: utc"},
	    {BEGIN "feilds: []\n",
		"m.yaml:3: unknown key `feilds`; the nearest known key is `fields`"},
	    {BEGIN, "`fields` is missing"},
	    {BEGIN FIELDS "constants: [{field: source.ipp, value: x}]\n", "m.yaml:7: "},
	    {BEGIN FIELDS "separator: colon\n", "m.yaml:7: `separator`"},
	    {BEGIN "fields: [{column: a, field: time.source}]\n",
		"m.yaml: `fields`: no column fills source.ip"},
	    {BEGIN FIELDS "columns: [When, Atacker, Port]\n",
		"\"Attacker\" is none of `columns`; the nearest is Atacker"},
	    {BEGIN FIELDS "kind: json\nseparator: tab\n", "are for kind csv"},
	    {BEGIN "fields: [{column: '', field: source.ip}]\n", "a column without name"},
	    {BEGIN FIELDS "constants: [{field: tlp, value: ~}]\n", "tlp without value"},
	    {"name: a b\n" FIELDS, "`name` wants"},
	    {"name: a\ntype: brut\n" FIELDS, "`type`: \"brut\" is no type of RSIT"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err;

		assert_null(
		    map_parse("m.yaml", cases[i].yaml, strlen(cases[i].yaml), &err));
		if (strstr(err.text, cases[i].why) == NULL)
			fail_msg("%s, not: %s", err.text, cases[i].why);
	}
}

static void
test_limits(void **state)
{
	struct err err;
	struct wr w;

	(void)state;
	wr_init(&w, 1 << 20);
	wr_text(&w, BEGIN "fields:\n");
	for (int i = 0; i <= MAP_FIELDS; i++)
		wr_printf(&w, "  - {column: c%d, field: source.ip}\n", i);
	assert_null(map_parse("m.yaml", wr_string(&w), w.size, &err));
	assert_non_null(strstr(err.text, "more than 256 fields"));
	wr_fini(&w);
	assert_null(map_read("/nonexistent/m.yaml", &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_csv),
	    cmocka_unit_test(test_tsv_without_header),
	    cmocka_unit_test(test_json_lines),
	    cmocka_unit_test(test_class_of_row),
	    cmocka_unit_test(test_other_header),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_limits),
	};

	report_warm();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
