/* SPDX-License-Identifier: Apache-2.0 */
/* test_schema.c -- the vendor's newer schema: what changes, what stays, what is refused.
 */
#include "../../src/report/schema.c"

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

static char told[4000];

static void
note(void *ctx, const struct schema_change *c)
{
	size_t used = strlen(told);

	(void)ctx;
	(void)snprintf(told + used, sizeof told - used, "%s %s %s %s>%s\n", c->what,
	    c->type, c->column != NULL ? c->column : "-",
	    c->before != NULL ? c->before : "", c->after != NULL ? c->after : "");
}

static struct facts *
update_with(const char *json, struct err *err)
{
	struct facts *facts = NULL;
	struct wr out;

	told[0] = 0;
	wr_init(&out, FACTS_SIZE);
	if (schema_update(
		facts_shadowserver(), json, strlen(json), &out, note, NULL, err))
		facts = facts_read("new", (const char *)out.bytes, out.size, err);
	wr_fini(&out);
	return facts;
}

#define TIME "[\"time.source\",\"timestamp\",\"add_UTC_to_timestamp\"]"

static void
test_changes(void **state)
{
	struct err err;
	const struct fact_report *r;
	struct facts *facts = update_with(
	    "{\"_meta\":{},\"a\":{\"file_name\":\"scan_telnet\",\"constant_fields\":{"
	    "\"classification.type\":\"vulnerable-system\"},\"required_fields\":[" TIME
	    "],\"optional_fields\":[[\"extra.banner_text\",\"banner\"],"
	    "[\"extra.\",\"tomorrow\",\"validate_to_none\"]]},"
	    "\"b\":{\"file_name\":\"event6_ddos_participant\",\"constant_fields\":{},"
	    "\"required_fields\":[" TIME "],\"optional_fields\":[[false,\"x\"]]},"
	    "\"c\":{\"file_name\":\"scan_fresh\",\"constant_fields\":{\"classification."
	    "type\":"
	    "\"infected-system\"},\"required_fields\":[" TIME "]}}",
	    &err);

	(void)state;
	assert_non_null(facts);
	assert_non_null(strstr(
	    told, "changed field scan_telnet banner extra.banner>extra.banner_text"));
	assert_non_null(strstr(told, "new column scan_telnet tomorrow >extra.tomorrow"));
	assert_non_null(strstr(told, "new type event6_ddos_participant - >bot"));
	assert_non_null(strstr(told, "new type scan_fresh - >exposed"));
	r = facts_find(facts, "event6_ddos_participant"); /* after its IPv4 twin */
	assert_int_equal(r->kind, KIND_DDOS);
	assert_string_equal(constant_of(r, "classification.taxonomy"), "availability");
	r = facts_find(facts, "scan_telnet");
	assert_int_equal(r->severity, SEVERITY_MEDIUM); /* as it was */
	assert_true(has_column(r, "sector", NULL));     /* sent once, met still */
	assert_non_null(facts_find(facts, "botnet_drone"));
	assert_ptr_equal(
	    facts_find(facts, "event4_sinkhole")->others, facts_find(facts, "old"));
	facts_free(facts);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"", "[]", "{\"a\":{}}", "{\"a\":1}",
	    "{\"a\":{\"file_name\":\"x\",\"constant_fields\":{}}}",
	    "{\"a\":{\"file_name\":\"x "
	    "y\",\"constant_fields\":{},\"required_fields\":[" TIME "]}}",
	    "{\"a\":{\"file_name\":\"x\",\"constant_fields\":{\"f\":\"a\\tb\"},"
	    "\"required_fields\":[" TIME "]}}",
	    "{\"a\":{\"file_name\":\"x\",\"constant_fields\":{},\"required_fields\":[7]}"
	    "}",
	    "{\"a\":{\"file_name\":\"x\",\"constant_fields\":{},\"required_fields\":[["
	    "\"a b\","
	    "\"c\"]]}}"};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_null(update_with(bad[i], &err));
}

static void
test_table_refused(void **state)
{
	static const char *const bad[] = {"x", "report\ta\n", "ip\tsource.ip\tip\n",
	    "report\ta\tbot\tc2\t-\t-\tb\n", "report\ta\tbot\tc2\t-\t-\ta\n",
	    "report\ta\tqueen\tc2\t-\t-\t-\n",
	    "report\ta\tbot\tc2\t-\t-\t-\nip\tsource.ip\tguess\n"};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_null(facts_read("t", bad[i], strlen(bad[i]), &err));
	assert_null(facts_read("t", bad[6], strlen(bad[6]), &err));
	assert_string_equal(err.text, "t:2: \"guess\" is not known");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_table_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
