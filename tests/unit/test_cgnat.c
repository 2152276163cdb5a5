/* SPDX-License-Identifier: Apache-2.0 */
/* test_cgnat.c -- what each vendor's lines mean; blocks of one protocol only. */
#include "../../src/line/cgnat.c"

#include "lease_told.h"

#define PBA                                                                              \
	"[internal-ip=\"100.64.0.10\" block-used=\"1\" block-port-low=\"48640\" "        \
	"block-port-high=\"48895\" reflexive-ip=\"192.0.2.172\" "                        \
	"nat-pool-name=\"guest\" epoch-time-64=\"624b0492\"]"

static void
test_juniper(void **state)
{
	struct told t = told_new(&lease_reader_cgnat, 0);

	(void)state;
	told_is(&t, "RT_NAT - RT_SRC_NAT_PBA_ALLOC " PBA,
	    "given 2022-04-04T14:45:38Z 192.0.2.172 48640-48895 100.64.0.10 never");
	told_is(&t, "<14>1 2022-04-04T15:00:00Z srx RT_NAT - RT_SRC_NAT_PBA_INTERIM " PBA,
	    "given 2022-04-04T14:45:38Z 192.0.2.172 48640-48895 100.64.0.10 never");
	told_is(&t,
	    "<14>1 2022-04-04T17:20:39+02:00 srx RT_NAT - RT_SRC_NAT_PBA_RELEASE " PBA,
	    "given 2022-04-04T14:45:38Z 192.0.2.172 48640-48895 100.64.0.10 "
	    "2022-04-04T15:20:39Z; "
	    "ended 2022-04-04T15:20:39Z 192.0.2.172 48640-48895 100.64.0.10 never");
	told_is(&t, "RT_NAT - RT_SRC_NAT_PBA_RELEASE " PBA, "refused"); /* when? */
	told_is(&t, "RT_NAT - RT_SRC_NAT_PBA_ALLOC [internal-ip=\"x\"]", "refused");
	told_is(&t, "<14>1 2022-04-04T15:00:00Z srx RT_FLOW - something", "");
	told_free(&t);
}

#define CEF "Jan  6 2026 07:00:00 nat CEF:0|A10|CFW|6.0.0|CGN 10"
#define BATCH                                                                            \
	" src=100.64.0.7 sourceTranslatedAddress=192.0.2.1 sourceTranslatedPort=22016 "  \
	"cn3=22271 cn3Label=Last Nat Port"

static void
test_others(void **state)
{
	struct told t = told_new(&lease_reader_cgnat, -WHEN_HOUR);

	(void)state;
	told_is(&t, CEF "6|Nat Port Batch Pool Allocated|5|proto=UDP" BATCH,
	    "given 2026-01-06T06:00:00Z 192.0.2.1 22016-22271 100.64.0.7 never");
	told_is(&t, CEF "7|Nat Port Batch Pool Freed|5|proto=UDP" BATCH,
	    "ended 2026-01-06T06:00:00Z 192.0.2.1 22016-22271  never");
	told_is(&t, CEF "0|Nat Port Allocated|5|proto=ICMP" BATCH, "");
	told_is(&t,
	    "2026-01-06T07:00:00Z nat NAT-UDP-C: 100.64.0.1:9 -> 192.0.2.1: 10000",
	    "given 2026-01-06T07:00:00Z 192.0.2.1 10000-10000 100.64.0.1 never");
	told_is(&t,
	    "2026-01-06T07:00:00Z nat FIXED-NAT-PORTS 100.64.0.2->192.0.2.3:3000-4000",
	    "given 2026-01-06T07:00:00Z 192.0.2.3 3000-4000 100.64.0.2 never");
	told_is(&t, "2026-01-06T07:00:00Z nat A VRF 0 INT 100.64.0.1 EXT 192.0.2.9",
	    "given 2026-01-06T07:00:00Z 192.0.2.9 0-0 100.64.0.1 never");
	told_is(&t,
	    "2026-01-06T07:00:00Z nat A VRF 0 INT 100.64.0.1 EXT 192.0.2.8:1024-1535",
	    "given 2026-01-06T07:00:00Z 192.0.2.8 1024-1535 100.64.0.1 never");
	told_is(&t,
	    "2026-01-06T07:00:00Z nat A VRF 0 6 INT 100.64.0.1:57938 EXT "
	    "192.0.2.8:28475 DST 198.51.100.1:443 DIR OUT",
	    "given 2026-01-06T07:00:00Z 192.0.2.8 28475-28475 100.64.0.1 never");
	told_is(&t,
	    "2026-01-06T08:00:00Z nat D VRF 0 6 INT 100.64.0.1:57938 EXT 192.0.2.8:28475",
	    "ended 2026-01-06T08:00:00Z 192.0.2.8 28475-28475  never");
	told_is(&t,
	    "1 2026 Jan 6 07:00:00 10.0.0.1 - - NAT44 - [UserbasedA - 192.168.1.2 "
	    "VRFName "
	    "- 192.0.2.5 - 22345 23001]",
	    "given 2026-01-06T06:00:00Z 192.0.2.5 22345-23001 192.168.1.2 never");
	told_is(&t, "A VRF 0 INT 100.64.0.1 EXT 192.0.2.9", "refused"); /* when? */
	told_is(&t, "2026-01-06T07:00:00Z nat A VRF 0 INT 100.64.0.1 EXT 192.0.2.9:0-0",
	    "refused");
	told_free(&t);
}

#define SIX(clock, user, what, proto)                                                    \
	"2026-01-06T" clock "Z vsr fp-cgnat[4269]: USER " user                           \
	" (matching rule 1): " what                                                      \
	" BLOCK (pool \"mypool\", ip public 192.0.2.33, proto " proto ", port 1 - 512)"
#define AT(clock) "2026-01-06T" clock "Z 192.0.2.33 1-512 "

/* Two subscribers have the same ports, one of TCP and one of UDP: nobody is named. */
static void
test_protocols(void **state)
{
	struct told t = told_new(&lease_reader_cgnat, 0);

	(void)state;
	told_is(&t, SIX("07:00:00", "100.64.0.1", "NEW", "6"),
	    "given " AT("07:00:00") "100.64.0.1 never");
	told_is(&t, SIX("07:10:00", "100.64.0.1", "NEW", "17"),
	    "given " AT("07:10:00") "100.64.0.1 never");
	told_is(&t, SIX("07:20:00", "100.64.0.1", "DESTROY", "17"),
	    "given " AT("07:20:00") "100.64.0.1 never");
	told_is(&t, SIX("07:30:00", "100.64.0.2", "NEW", "17"),
	    "ended " AT("07:30:00") " never");
	told_is(&t, SIX("07:40:00", "100.64.0.1", "DESTROY", "6"),
	    "given " AT("07:40:00") "100.64.0.2 never");
	told_is(&t, SIX("07:50:00", "100.64.0.2", "DESTROY", "17"),
	    "ended " AT("07:50:00") " never");
	told_free(&t);
}

static void
test_yearless(void **state)
{
	struct cgnat *c = cgnat_open(0);
	int64_t t;

	(void)state;
	assert_true(when_parse("2026-01-06T00:00:00Z", &c->opened, NULL));
	assert_true(when_parse("2025-06-11T08:03:09Z", &t, NULL));
	assert_true(stamp(c, "Jun 11 08:03:09 vsr x") == t);
	assert_true(when_parse("2026-01-06T08:03:09Z", &t, NULL));
	assert_true(stamp(c, "<13>Jan  6 08:03:09 vsr x") == t);
	assert_true(when_parse("2024-02-29T08:03:09Z", &t, NULL));
	assert_true(stamp(c, "Feb 29 08:03:09 vsr x") == t);
	assert_true(stamp(c, "Feb 30 08:03:09 vsr x") == UNTOLD);
	cgnat_close(c);
}

/* The collection's lines: of 14, those that say when; comments are no lines of a NAT. */
static void
test_real(void **state)
{
	(void)state;
	told_log("../shared/data/reports/attribution/cgnat/"
		 "cgnat-vendor-syslog-samples.txt",
	    "cgnat", 5, 9,
	    "given 2023-05-31T11:30:00Z 8.8.8.1 22345-23001 192.168.1.2 never");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_juniper),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_protocols),
	    cmocka_unit_test(test_yearless),
	    cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
