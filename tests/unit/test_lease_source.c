/* SPDX-License-Identifier: Apache-2.0 */
/* test_lease_source.c -- each reader of lease logs: what a line means, what it refuses.
 */
#include "../../src/line/lease_source.c"

#include "base/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* "given 2018-01-06T00:02:03Z 192.0.2.100 0-0 68:6f 2018-01-06T01:54:18Z", or what else
 * the line gave. */
static const char *
told(const struct lease_reader *reader, void *self, const char *line)
{
	static char out[400];
	char at[WHEN_TEXT], until[WHEN_TEXT], addr[ADDR_TEXT];
	struct lease_event e[LEASE_EVENTS];
	struct err err;
	int n = reader->line(self, line, strlen(line), e, &err);

	if (n == 0)
		return "nothing";
	if (n < 0)
		return "refused";
	(void)snprintf(out, sizeof out, "%s %s %s %u-%u %s %s",
	    e->change == LEASE_GIVEN ? "given" : "ended", when_text(e->time, at),
	    addr_text(&e->addr, addr), e->port_lo, e->port_hi, e->subscriber,
	    e->expires == WHEN_NEVER ? "never" : when_text(e->expires, until));
	return out;
}

static void
test_forensic(void **state)
{
	const struct lease_reader *r = &lease_reader_kea_forensic;
	void *self = r->open(-9 * WHEN_HOUR);

	(void)state;
	assert_string_equal(
	    told(r, self,
		"2018-01-06 01:02:03 CET Address: 192.0.2.100 has been renewed for 1 hrs "
		"52 min(s) 15 secs to a device with hardware address: hwtype=1 "
		"08:00:2b:02:3f:4e, client-id: 17:34:e2, connected via relay at address: "
		"192.0.2.1, identified by circuit-id: 68:6f (howdy) and remote-id: "
		"87:f6"),
	    "given 2018-01-06T00:02:03Z 192.0.2.100 0-0 68:6f 2018-01-06T01:54:18Z");
	assert_string_equal(
	    told(r, self,
		"2018-07-06 01:02:03 CEST Address: 192.0.2.100 has been assigned for "
		"6735 "
		"seconds to a device with hardware address: hwtype=1 08:00:2b:02:3f:4e"),
	    "given 2018-07-05T23:02:03Z 192.0.2.100 0-0 08:00:2b:02:3f:4e "
	    "2018-07-06T00:54:18Z");
	assert_string_equal(told(r, self,
				"2018-01-06 01:02:03 XYZ Prefix: 2001:db8:1::/56 has "
				"been released from a "
				"device with DUID: 17:34:e2:ff"),
	    "ended 2018-01-05T16:02:03Z 2001:db8:1:: 0-0 17:34:e2:ff never");
	assert_string_equal(
	    told(r, self, "2018-01-06 01:02:03 CET - more of the former"), "nothing");
	assert_string_equal(told(r, self, "no log line"), "refused");
	assert_string_equal(
	    told(r, self,
		"2018-01-06 01:02:03 CET Address: 192.0.2.300 has been assigned for 1 "
		"secs to a device with DUID: 1"),
	    "refused");
	r->close(self);
}

static void
test_kea_csv(void **state)
{
	const struct lease_reader *r = &lease_reader_kea_csv;
	void *self = r->open(0);

	(void)state;
	assert_string_equal(
	    told(r, self, "192.0.2.1,,,40,1642000000,50,1,1,x,0"), "refused");
	assert_string_equal(told(r, self,
				"address,hwaddr,client_id,valid_lifetime,expire,subnet_"
				"id,fqdn_fwd,fqdn_rev,hostname,state,user_context"),
	    "nothing");
	assert_string_equal(
	    told(r, self, "192.0.2.1,32:30,33:30,40,1642000000,50,1,1,a&#x2cb,0,"),
	    "given 2022-01-12T15:06:00Z 192.0.2.1 0-0 33:30 2022-01-12T15:06:40Z");
	assert_string_equal(told(r, self, "192.0.2.1,32:30,,40,1642000000,50,1,1,x,2,"),
	    "ended 2022-01-12T15:06:40Z 192.0.2.1 0-0 32:30 2022-01-12T15:06:40Z");
	assert_string_equal(
	    told(r, self, "192.0.2.1,32:30,,0,1642000000,50,1,1,x,0,"), "nothing");
	assert_string_equal(
	    told(r, self, "192.0.2.1,32:30,,4294967295,5937000000,50,1,1,x,0,"),
	    "given 2022-01-13T00:11:45Z 192.0.2.1 0-0 32:30 never");
	r->close(self);
}

static void
test_plain_csv(void **state)
{
	const struct lease_reader *r = &lease_reader_csv;
	void *self = r->open(-2 * WHEN_HOUR);

	(void)state;
	assert_string_equal(told(r, self,
				"\xef\xbb\xbftime,action,address,subscriber,port_lo,port_"
				"hi,expires"),
	    "nothing");
	assert_string_equal(
	    told(r, self, "2026-01-02T03:04:05Z,start,192.0.2.7,k,1024,2047,\r"),
	    "given 2026-01-02T03:04:05Z 192.0.2.7 1024-2047 k never");
	assert_string_equal(told(r, self, "2026-01-02 03:04:05,END,192.0.2.7,,,,"),
	    "ended 2026-01-02T01:04:05Z 192.0.2.7 0-0  never");
	assert_string_equal(told(r, self, "0,start,2001:db8::/56,k,,,60"),
	    "given 1970-01-01T00:00:00Z 2001:db8:: 0-0 k 1970-01-01T00:01:00Z");
	assert_string_equal(told(r, self, "0,start,192.0.2.7,k,70000,,"), "refused");
	assert_string_equal(told(r, self, "0,start,192.0.2.7,,,,"), "refused");
	assert_string_equal(told(r, self, "0,give,192.0.2.7,k,,,"), "refused");
	r->close(self);
}

/* One line of a log, and whether lines keyed by /64 can take it. */
static bool
fits(const struct lease_reader *reader, const char *header, const char *line)
{
	struct lease_event e[LEASE_EVENTS];
	void *self = reader->open(0);
	struct err err;
	int n;

	if (header != NULL)
		assert_int_equal(reader->line(self, header, strlen(header), e, &err), 0);
	n = reader->line(self, line, strlen(line), e, &err);
	assert_int_equal(n, 1);
	reader->close(self);
	return lease_event_fits(&e[0], 64, &err);
}

static void
test_lengths(void **state)
{
	static const char plain[] = "time,action,address,subscriber",
			  kea[] = "address,duid,valid_lifetime,expire,prefix_len";

	(void)state;
	assert_true(fits(&lease_reader_csv, plain, "0,start,192.0.2.7,k"));
	assert_false(fits(&lease_reader_csv, plain, "0,start,192.0.2.0/29,k"));
	assert_true(fits(&lease_reader_csv, plain, "0,start,2001:db8::7,k"));
	assert_true(fits(&lease_reader_csv, plain, "0,start,2001:db8::/64,k"));
	assert_false(fits(&lease_reader_csv, plain, "0,start,2001:db8::/56,k"));
	assert_true(fits(&lease_reader_kea_csv, kea, "2001:db8::7,01:02,9,99,128"));
	assert_true(fits(&lease_reader_kea_csv, kea, "2001:db8::7,01:02,9,99,0"));
	assert_false(fits(&lease_reader_kea_csv, kea, "2001:db8::,01:02,9,99,56"));
	assert_false(fits(&lease_reader_kea_forensic, NULL,
	    "2018-01-06 01:02:03 UTC Prefix: 2001:db8:1::/56 has been assigned for 60 "
	    "seconds to a device with DUID: 01:02"));
}

static void
test_find(void **state)
{
	static const struct {
		const char *line, *name;
	} firsts[] = {
	    {"2018-01-06 01:02:03 CET Address: 192.0.2.1 has been", "kea-forensic"},
	    {"address,duid,valid_lifetime,expire", "kea-csv"},
	    {"subscriber,address,action,time", "csv"},
	    {"lease 192.0.2.7 {", "isc"},
	    {"Tue Jan  6 07:11:42 2026", "radius-detail"},
	    {"2026-01-06T07:00:00Z nat A VRF 0 INT 100.64.0.1 EXT 192.0.2.9", "cgnat"},
	    {"1621598715 02:00:00:00:00:01 192.0.2.7 * *", "dnsmasq"},
	    {"something else", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
		const struct lease_reader *r =
		    lease_reader_find(NULL, firsts[i].line, strlen(firsts[i].line));

		assert_int_equal(r == NULL, firsts[i].name == NULL);
		if (r != NULL)
			assert_string_equal(r->name, firsts[i].name);
	}
	assert_ptr_equal(lease_reader_find("csv", "", 0), &lease_reader_csv);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forensic),
	    cmocka_unit_test(test_kea_csv),
	    cmocka_unit_test(test_plain_csv),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
