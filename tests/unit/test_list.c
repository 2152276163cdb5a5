/* SPDX-License-Identifier: Apache-2.0 */
/* test_list.c -- lists of CERTs and feeds: known by their header, read into items. */
#include "../../src/report/list.c"

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

enum { KEPT = 8 };

struct kept {
	size_t count;
	struct item items[KEPT]; /* values are gone, the parsed fields stay */
	uint64_t refused;
};

static struct kept kept;

static void
keep(void *ctx, const struct item *item)
{
	struct kept *k = ctx;

	if (k->count < KEPT)
		k->items[k->count++] = *item;
}

static const struct item *
read_text(const char *text)
{
	const struct report_input in = {.name = "x.txt",
	    .fd = -1,
	    .bytes = (const uint8_t *)text,
	    .size = strlen(text),
	    .reporter = "reports@cert.example.org"};
	struct report_stat stat;
	struct err err;

	memset(&kept, 0, sizeof kept);
	if (!report_read(
		&in, &(struct report_sink){.item = keep, .ctx = &kept}, &stat, &err))
		fail_msg("%s", err.text);
	assert_string_equal(stat.format, "list");
	assert_int_equal(stat.items, kept.count);
	kept.refused = stat.refused;
	return kept.items;
}

#define ROW "192.0.2.7"

static void
test_infections(void **state)
{
	static const char *const lists[] = {
	    "\"asn\",\"ip\",\"timestamp\",\"malware\",\"src_port\"\n64496," ROW
	    ",2026-01-02 03:04:05,Qbot,4711\n",
	    "# Timestamp,ClientIP,Botname,ServerIP,Domainname,ClientPort\r\n"
	    "2026-01-02 03:04:05," ROW ",qakbot,198.51.100.1,,4711\r\n",
	    "ip;date_time;src_port;botnet\n" ROW ";2026-01-02T03:04:05Z;4711;qakbot\n",
	    "Time UTC   | IP  | SrcPort | Malware\n2026-01-02 03:04:05 | " ROW
	    " | 4711 | qbot \n",
	    ";Copyright The Spamhaus Project\n" ROW
	    ",AS64496,SE,1767323045,qakbot,,,,4711,tcp\n"};

	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		const struct item *item = read_text(lists[i]);

		assert_int_equal(kept.count, 1);
		assert_true(item->has_addr && item->has_time);
		assert_int_equal(item->time, INT64_C(1767323045) * 1000000);
		assert_int_equal(item->port, 4711);
		assert_int_equal(item->role, ROLE_BOT);
		assert_string_equal(item->family, "qakbot");
		assert_string_equal(item->rsit, "malicious-code/infected-system");
	}
	assert_string_equal(read_text(lists[0])->upstream, "cert.example.org");
	assert_string_equal(read_text(lists[4])->upstream, "spamhaus.org");
}

static void
test_hosts(void **state)
{
	const struct item *item =
	    read_text("# id,dateadded,url,url_status,last_online,threat\n"
		      "\"1\",\"2026-01-02 03:04:05\",\"http://" ROW
		      ":8080/x\",\"online\",\"\",\"m\"\n"
		      "\"2\",\"2026-01-02 "
		      "03:04:05\",\"http://[2001:db8::7]/x\",\"online\",\"\",\"m\"\n");

	(void)state;
	assert_int_equal(kept.count, 2);
	assert_int_equal(item[0].role, ROLE_WEBSITE);
	assert_int_equal(item[0].kind, KIND_HOSTING);
	assert_int_equal(item[0].port, 8080);
	assert_true(item[1].has_addr && item[1].port == 0);
	item =
	    read_text("# x\n\"first_seen_utc\",\"dst_ip\",\"dst_port\",\"malware\"\n"
		      "\"2026-01-02 03:04:05\",\"" ROW "\",\"443\",\"Emotet\"\n# END\n");
	assert_int_equal(item->role, ROLE_C2);
	assert_int_equal(kept.refused, 0);
}

/* The class is a column's, and says whose address it is. */
static void
test_classes(void **state)
{
	const struct item *item = read_text("category,timestamp,src_ip,src_asn\n"
					    "botnet drone,2026-01-02 03:04:05," ROW ",1\n"
					    "c&c,2026-01-02 03:04:05," ROW ",1\n"
					    "whatever,2026-01-02 03:04:05," ROW ",1\n"
					    "c&c,yesterday," ROW ",1\n");

	(void)state;
	assert_int_equal(kept.count, 3);
	assert_int_equal(kept.refused, 1);
	assert_int_equal(item[0].role, ROLE_BOT);
	assert_int_equal(item[1].role, ROLE_C2);
	assert_int_equal(item[2].role, ROLE_OTHER);
	assert_string_equal(item[2].rsit, "other/undetermined");
}

static void
test_not_ours(void **state)
{
	static const char *const others[] = {"Dear colleagues,\nthe time, ip and port\n",
	    "a,b,c\n1,2,3\n", "# nothing\n", "", "ip\n192.0.2.7\n"};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_int_equal(
		    list_recognise("x", (const uint8_t *)others[i], strlen(others[i])),
		    0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_infections),
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_classes),
	    cmocka_unit_test(test_not_ours),
	};

	report_warm();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
