/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_xarf.c -- XARF of all versions: what is good is read, what is broken is refused
 * with the member that is wrong. Real samples: tests/system/xarf.py.
 */
#include "../../src/report/xarf_v4.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct kept {
	size_t count, refused;
	struct item item;
	char ip[64], reason[256];
};

static void
keep(void *ctx, const struct item *item)
{
	struct kept *k = ctx;

	k->count++;
	k->item = *item;
	(void)snprintf(k->ip, sizeof k->ip, "%s", item_value_text(item, "source.ip"));
}

static void
keep_refusal(void *ctx, const struct refusal *refusal)
{
	struct kept *k = ctx;

	k->refused++;
	(void)snprintf(k->reason, sizeof k->reason, "%s", refusal->reason);
}

static struct kept
read_text(const char *text)
{
	const struct report_input in = {.name = "x.json",
	    .fd = -1,
	    .bytes = (const uint8_t *)text,
	    .size = strlen(text)};
	struct kept k = {0};
	struct report_stat stat;
	struct err err;

	if (!report_read(&in,
		&(struct report_sink){.item = keep, .refuse = keep_refusal, .ctx = &k},
		&stat, &err))
		(void)snprintf(k.reason, sizeof k.reason, "%s", err.text);
	assert_int_equal(stat.items + stat.refused, stat.rows);
	return k;
}

static const char good_v4[] =
    "{\"xarf_version\":\"4.2.0\",\"report_id\":\"31cccdf0-e34b-47b7-b5a9-b8fb58b54c90\","
    "\"timestamp\":\"2025-01-11T15:00:52Z\","
    "\"reporter\":{\"org\":\"E\",\"contact\":\"cert@example.org\",\"domain\":"
    "\"example.org\"},"
    "\"sender\":{\"org\":\"E\",\"contact\":\"cert@example.net\",\"domain\":\"example."
    "net\"},"
    "\"source_identifier\":\"192.0.2.25\",\"source_port\":4711,"
    "\"category\":\"infrastructure\",\"type\":\"botnet\",\"confidence\":0.9,"
    "\"malware_family\":\"Mirai.Gen\",\"c2_server\":\"c2.example.com\","
    "\"tags\":[\"malware:mirai\"],"
    "\"evidence\":[{\"content_type\":\"text/plain\",\"payload\":\"QQ==\",\"hash\":"
    "\"sha256:00ff\"}],"
    "\"compromise_evidence\":\"asked a sinkhole\"}";

/* `text` with one piece of it replaced; the caller frees it. */
static char *
changed(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *out = malloc(strlen(text) + strlen(to) + 1);

	assert_non_null(at);
	assert_non_null(out);
	(void)sprintf(out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	return out;
}

static void
test_v4(void **state)
{
	struct kept k = read_text(good_v4);

	(void)state;
	assert_string_equal(k.reason, "");
	assert_int_equal(k.count, 1);
	assert_string_equal(k.ip, "192.0.2.25");
	assert_int_equal(k.item.port, 4711);
	assert_int_equal(k.item.role, ROLE_BOT);
	assert_int_equal(k.item.kind, KIND_INFECTION);
	assert_string_equal(k.item.rsit, "malicious-code/infected-system");
	assert_string_equal(k.item.family, "mirai");
	assert_string_equal(k.item.remote_name, "c2.example.com");
	assert_string_equal(k.item.upstream, "example.org");
	assert_true(k.item.has_time && k.item.precision == 0);
	assert_true(k.item.confidence > 0.89 && k.item.confidence < 0.91);
}

static void
test_v4_broken(void **state)
{
	static const struct {
		const char *from, *to, *reason;
	} cases[] = {
	    {"4.2.0", "5.0.0", "xarf_version"},
	    {"4.2.0", "4.2", "xarf_version"},
	    {"31cccdf0-", "31cccdf0", "report_id"},
	    {"2025-01-11T", "2025-13-11T", "timestamp"},
	    {"2025-01-11T15:00:52Z", "yesterday", "timestamp"},
	    {"\"domain\":\"example.org\"", "\"d\":1", "reporter.domain"},
	    {"cert@example.net", "example.net", "sender.contact"},
	    {"\"sender\"", "\"sent\"", "sender.org"},
	    {"\"source_identifier\"", "\"source\"", "source_identifier"},
	    {"4711", "0", "source_port"},
	    {"4711", "65536", "source_port"},
	    {"4711", "\"4711\"", "source_port"},
	    {"0.9", "1.1", "confidence"},
	    {"\"infrastructure\"", "\"messaging\"", "category or type"},
	    {"\"botnet\"", "\"bot-net\"", "category or type"},
	    {"\"compromise_evidence\"", "\"proof\"", "needs compromise_evidence"},
	    {"malware:mirai", "Malware mirai", "tag 1"},
	    {"\"payload\"", "\"load\"", "evidence 1"},
	    {"sha256:00ff", "sha256:00fg", "hash of evidence 1"},
	    {"\"tags\":[\"malware:mirai\"]", "\"tags\":\"x\"", "tags is no list"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = changed(good_v4, cases[i].from, cases[i].to);
		struct kept k = read_text(text);

		if (k.count != 0 || strstr(k.reason, cases[i].reason) == NULL)
			fail_msg("%s -> %s: %zu items, \"%s\"", cases[i].from,
			    cases[i].to, k.count, k.reason);
		free(text);
	}
}

/* By its schema this type is about crawlers. */
static void
test_crawler(void **state)
{
	char *bot = changed(good_v4,
		 "\"category\":\"infrastructure\",\"type\":\"botnet\"",
		 "\"category\":\"connection\",\"type\":\"infected_host\",\"protocol\":"
		 "\"tcp\",\"first_seen\":\"2025-01-10T00:00:00Z\",\"bot_type\":"
		 "\"malicious\""),
	     *crawler = changed(bot, "\"malicious\"", "\"search_engine\"");
	struct kept k = read_text(bot);

	(void)state;
	assert_int_equal(k.item.role, ROLE_BOT);
	k = read_text(crawler);
	assert_int_equal(k.count, 1);
	assert_int_equal(k.item.role, ROLE_OTHER);
	free(bot);
	free(crawler);
}

static const char good_v3[] =
    "{\"Version\":\"3\",\"ReporterInfo\":{\"ReporterOrg\":\"E\",\"ReporterOrgEmail\":"
    "\"a@example.net\"},\"Disclosure\":true,"
    "\"Report\":{\"ReportClass\":\"Activity\",\"ReportType\":\"Login-Attack\","
    "\"Date\":\"2018-02-05 14:17:10\",\"SourceIp\":\"2001:db8::7\",\"SourcePort\":54321,"
    "\"DestinationIp\":\"198.51.100.33\",\"DestinationPort\":22}}";

static void
test_v3(void **state)
{
	struct kept k = read_text(good_v3);

	(void)state;
	assert_string_equal(k.reason, "");
	assert_string_equal(k.ip, "2001:db8::7");
	assert_int_equal(k.item.port, 54321);
	assert_int_equal(k.item.remote_port, 22);
	assert_string_equal(k.item.rsit, "intrusion-attempts/brute-force");
	assert_string_equal(k.item.upstream, "example.net");
	assert_true(k.item.precision == DATE_NO_ZONE); /* no zone was told */
}

static void
test_v3_broken(void **state)
{
	static const struct {
		const char *from, *to, *reason;
	} cases[] = {
	    {"\"Version\":\"3\"", "\"Version\":\"7\"", "Version"},
	    {"Login-Attack", "Quarrel", "ReportType"},
	    {"\"ReportType\"", "\"Type\"", "no Report.ReportType"},
	    {"2018-02-05", "2018-02-31", "Report.Date"},
	    {"54321", "70000", "SourcePort"},
	    {"2001:db8::7", "2001:db8::g", "SourceIp"},
	    {"\"ReporterInfo\"", "\"Info\"", "ReporterInfo"},
	    {"\"Report\":", "\"Rapport\":", "neither xarf_version nor Report"},
	    {"}}", "}", "JSON"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = changed(good_v3, cases[i].from, cases[i].to);
		struct kept k = read_text(text);

		if (k.count != 0 ||
		    (strstr(k.reason, cases[i].reason) == NULL &&
			strstr(k.reason, "no known report format") == NULL))
			fail_msg("%s -> %s: %zu items, \"%s\"", cases[i].from,
			    cases[i].to, k.count, k.reason);
		free(text);
	}
}

static void
test_many(void **state)
{
	char *text = malloc(3 * sizeof good_v4 + 10),
	     *bad = changed(good_v4, "4.2.0", "1");
	struct kept k;

	(void)state;
	(void)sprintf(text, "[%s,%s,%s]", good_v4, bad, good_v3);
	k = read_text(text);
	assert_int_equal(k.count, 2);
	assert_int_equal(k.refused, 1);
	free(bad);
	free(text);
}

/* However many reporters a document names, it has one voice: its sender's. */
static void
test_one_voice(void **state)
{
	const struct report_input in = {.name = "x.json",
	    .fd = -1,
	    .bytes = (const uint8_t *)good_v4,
	    .size = sizeof good_v4 - 1,
	    .reporter = "sender.example.com"};
	struct kept k = {0};
	struct report_stat stat;
	struct err err;

	(void)state;
	assert_true(report_read(
	    &in, &(struct report_sink){.item = keep, .ctx = &k}, &stat, &err));
	assert_string_equal(k.item.upstream, "sender.example.com");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_v4),
	    cmocka_unit_test(test_v4_broken),
	    cmocka_unit_test(test_crawler),
	    cmocka_unit_test(test_v3),
	    cmocka_unit_test(test_v3_broken),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_one_voice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
