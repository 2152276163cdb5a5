/* SPDX-License-Identifier: Apache-2.0 */
/* test_complaint.c -- who answers for an address, and what is written to them. */
#include "../../src/exchange/contacts.c"
#include "../../src/exchange/write.c"

#include "report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/botkoll-contacts-XXXXXX";

static void
put_file(const char *name, const char *text)
{
	char path[200];
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(directory) == NULL;
}

static int
clean_up(void **state)
{
	static const char *const names[] = {"a.csv", "b.json", "c.txt", "d.json", "bad"};
	char path[200];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", directory, names[i]);
		(void)unlink(path);
	}
	return rmdir(directory);
}

static void
expect(const struct contacts *c, const char *addr, const char *mail)
{
	struct addr a;

	assert_true(addr_parse(addr, &a));
	if (mail == NULL)
		assert_null(contacts_find(c, &a));
	else
		assert_string_equal(contacts_find(c, &a), mail);
}

static void
test_contacts(void **state)
{
	struct contacts *c;
	char bad[200];
	struct err err;
	size_t passed;

	(void)state;
	put_file("a.csv",
	    "network,contact\n198.51.0.0/16,wide@example.net\n"
	    "2001:db8::/32,six@example.net\n203.0.113.0/24,own@example.org\n");
	put_file("b.json",
	    "{\"startAddress\":\"198.51.100.0\",\"endAddress\":\"198.51.100.255\","
	    "\"entities\":[{\"roles\":[\"registrant\"],\"entities\":[{\"roles\":["
	    "\"abuse\"],"
	    "\"vcardArray\":[\"vcard\",[[\"fn\",{},\"text\",\"x\"],"
	    "[\"email\",{},\"text\",\"rdap@example.net\"]]]}]}]}");
	put_file("c.txt", "% Abuse contact for '203.0.113.0 - 203.0.113.255' is "
			  "'whois@example.net'\n\ninetnum: 203.0.113.0 - 203.0.113.255\n"
			  "abuse-mailbox: other@example.net\n");
	put_file("d.json", "{\"startAddress\":\"192.0.2.0\"}");
	c = contacts_read(directory, &passed, &err);
	assert_non_null(c);
	assert_int_equal(passed, 1);
	assert_int_equal(contacts_count(c), 5);
	expect(c, "198.51.100.7", "rdap@example.net"); /* the narrower range */
	expect(c, "198.51.7.7", "wide@example.net");
	expect(c, "203.0.113.9", "own@example.org"); /* the same range: the table's */
	expect(c, "2001:db8::1", "six@example.net");
	expect(c, "192.0.2.1", NULL);
	contacts_free(c);
	put_file("bad", "network,contact\n198.51.0.0/16,a@b\nnowhere,a@b\n");
	(void)snprintf(bad, sizeof bad, "%s/bad", directory);
	c = contacts_read(bad, NULL, &err);
	assert_null(c);
	assert_non_null(strstr(err.text, "bad:3: "));
}

struct kept {
	size_t count;
	struct item items[2]; /* their values are gone */
};

static void
keep(void *ctx, const struct item *item)
{
	struct kept *k = ctx;

	assert_true(k->count < 2);
	k->items[k->count++] = *item;
}

static void
no_refusal(void *ctx, const struct refusal *refusal)
{
	(void)ctx;
	fail_msg("%s", refusal->reason);
}

static struct complaint
complaint(uint64_t number, uint8_t kind, const char *addr)
{
	struct complaint c = {.number = number,
	    .key = {{1, 2, 3, (uint8_t)number}},
	    .port = 443,
	    .proto = 6,
	    .kind = kind,
	    .first = 20000 * WHEN_DAY,
	    .last = 20001 * WHEN_DAY,
	    .count = 12,
	    .family = "Mirai.A"};

	assert_true(addr_parse(addr, &c.addr));
	return c;
}

static const struct complaint_sender desk = {"Example Net", "abuse@example.net"};

/* What we write is what we read, and says nothing of our side. */
static void
test_round_trip(void **state)
{
	struct complaint both[] = {complaint(42, KIND_C2, "198.51.100.7"),
	    complaint(43, KIND_BRUTEFORCE, "2001:db8::7")};
	struct kept k = {0};
	struct report_sink sink = {.item = keep, .refuse = no_refusal, .ctx = &k};
	struct report_input in = {.name = "x.json", .fd = -1, .format = "xarf"};
	struct report_stat stat;
	struct err err;
	struct wr out;

	(void)state;
	wr_init(&out, 1 << 16);
	complaint_xarf(both, 2, &desk, &out);
	in.bytes = out.bytes;
	in.size = out.size;
	if (!report_read(&in, &sink, &stat, &err))
		fail_msg("%s", err.text);
	assert_int_equal(stat.refused, 0);
	assert_int_equal(k.count, 2);
	assert_true(addr_equal(&k.items[0].addr, &both[0].addr));
	assert_int_equal(k.items[0].port, 443);
	assert_string_equal(k.items[0].rsit, "intrusions/system-compromise");
	assert_true(addr_equal(&k.items[1].addr, &both[1].addr));
	assert_int_equal(k.items[1].kind, KIND_BRUTEFORCE);
	assert_int_equal(k.items[1].time, 20001 * WHEN_DAY);
	wr_fini(&out);
}

static void
test_text(void **state)
{
	struct complaint one = complaint(42, KIND_C2, "198.51.100.7");
	char subject[100], number[COMPLAINT_NUMBER];
	struct wr out;

	(void)state;
	complaint_subject(&one, 1, subject, sizeof subject);
	assert_string_equal(subject, "[BK-000042] abuse report: 198.51.100.7");
	assert_int_equal(complaint_find("Re: [BK-000042] abuse report"), 42);
	assert_int_equal(complaint_find("BK-12 and BK-"), 0);
	assert_string_equal(complaint_number(1234567, number), "BK-1234567");
	wr_init(&out, 1 << 16);
	complaint_text(&one, 1, &desk, &out);
	assert_non_null(strstr(wr_string(&out),
	    "BK-000042  198.51.100.7 port 443/tcp is contacted by infected devices as "
	    "their control server (Mirai.A).\n"));
	wr_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_contacts),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
