/* SPDX-License-Identifier: Apache-2.0 */
/* test_isc.c -- dhcpd.leases: what a block means, what is skipped, what is refused. */
#include "../../src/line/isc.c"

#include "lease_told.h"

static void
test_lease(void **state)
{
	struct told t = told_new(&lease_reader_isc, 0);

	(void)state;
	told_is(&t, "# The format of this file is documented in the dhcpd.leases(5)", "");
	told_is(&t, "lease 192.0.2.10 {", "");
	told_is(&t, "  starts 2 2026/01/06 07:11:41;", "");
	told_is(&t, "  ends 2 2026/01/06 09:11:41;", "");
	told_is(&t, "  binding state active; next binding state free;", "");
	told_is(&t, "  rewind binding state free;", "");
	told_is(&t, "  hardware ethernet 02:00:00:00:0:A;", "");
	told_is(&t, "  uid \"\\001}\\\"{\\\\\\377\"; # ;}", "");
	told_is(&t, "  set vendor = \"} lease {\";", "");
	told_is(&t, "  on expiry or release { log (debug, \"x\"); ends never; }", "");
	told_is(&t, "}",
	    "given 2026-01-06T07:11:41Z 192.0.2.10 0-0 01:7d:22:7b:5c:ff "
	    "2026-01-06T09:11:41Z");
	told_is(&t,
	    "lease 192.0.2.10 { cltt epoch 1767683501; # Tue Jan 06 07:11:41 2026", "");
	told_is(&t,
	    "ends never; binding state active; hardware ethernet 02:0:0:0:0:a; "
	    "option agent.circuit-id 0:1:3:e9; }",
	    "given 2026-01-06T07:11:41Z 192.0.2.10 0-0 00:01:03:e9 never");
	told_is(&t,
	    "lease 192.0.2.10 { starts 2 2026/01/06 07:11:41; binding state active; "
	    "option agent.circuit-id \"olt-1 eth 1/2\"; }",
	    "given 2026-01-06T07:11:41Z 192.0.2.10 0-0 olt-1 eth 1/2 never");
	told_free(&t);
}

#define HELD                                                                             \
	"lease 192.0.2.10 { starts 2 2026/01/06 07:00:00; ends 2 2026/01/06 08:00:00; "  \
	"hardware ethernet 02:00:00:00:00:0a; binding state "
#define GIVEN                                                                            \
	"given 2026-01-06T07:00:00Z 192.0.2.10 0-0 02:00:00:00:00:0a "                   \
	"2026-01-06T08:00:00Z"
#define ENDED "ended 2026-01-06T08:00:00Z 192.0.2.10 0-0  never"

static void
test_states(void **state)
{
	struct told t = told_new(&lease_reader_isc, 0);

	(void)state;
	told_is(&t, HELD "active; }", GIVEN);
	told_is(&t, HELD "free; }", GIVEN "; " ENDED);
	told_is(&t, HELD "expired; }", GIVEN "; " ENDED);
	told_is(&t, HELD "released; }", GIVEN "; " ENDED);
	told_is(&t, HELD "backup; }", GIVEN "; " ENDED);
	told_is(&t, HELD "abandoned; }", ENDED);
	told_is(&t, "lease 192.0.2.11 { binding state free; }", "");
	told_is(&t, "lease 192.0.2.11 { binding state active; }", "refused");
	told_is(&t,
	    "lease 192.0.2.11 { starts 2 2026/01/06 07:00:00; binding state backup; }",
	    "");
	told_is(&t,
	    "lease 192.0.2.11 { starts 2 2026/01/06 07:00:00; binding state active; }",
	    "refused"); /* of whom? */
	told_is(&t,
	    "lease 192.0.2.11 { starts never; hardware ethernet 02:00:00:00:00:0a; "
	    "binding state active; }",
	    "refused");
	told_free(&t);
}

static void
test_v6(void **state)
{
	struct told t = told_new(&lease_reader_isc, 0);

	(void)state;
	told_is(&t, "server-duid \"\\000\\001\\000\\001\\035f\";", "");
	told_is(&t, "ia-na \"4dv\\352\\000\\003\\000\\001abc\" {", "");
	told_is(&t, "  cltt 2 2026/01/06 07:00:00;", "");
	told_is(&t, "  iaaddr 2001:db8::60 {", "");
	told_is(&t, "    binding state active; max-life 600;", "");
	told_is(&t, "    ends 2 2026/01/06 07:10:00;", "");
	told_is(&t, "    on expiry {", "");
	told_is(&t, "      log (debug, \"===EXPIRY===\");", "");
	told_is(&t, "    }", "");
	told_is(&t, "  }",
	    "given 2026-01-06T07:00:00Z 2001:db8::60 0-0 00:03:00:01:61:62:63 "
	    "2026-01-06T07:10:00Z");
	told_is(&t, "  iaaddr 2001:db8::61 { binding state expired; }", "");
	told_is(&t, "}", "");
	told_is(
	    &t, "ia-pd \"\\000\\000\\000\\000\\000\\003x\" { cltt epoch 1767682800;", "");
	told_is(&t,
	    "  iaprefix 2001:db8:1::/56 { binding state active; ends epoch 1767683400; }",
	    "given 2026-01-06T07:00:00Z 2001:db8:1::/56 0-0 00:03:78 "
	    "2026-01-06T07:10:00Z");
	told_is(&t,
	    "  iaprefix 2001:db8:2::/56 { binding state released; ends epoch "
	    "1767683400; }}",
	    "given 2026-01-06T07:00:00Z 2001:db8:2::/56 0-0 00:03:78 "
	    "2026-01-06T07:10:00Z; ended 2026-01-06T07:10:00Z 2001:db8:2::/56 0-0  "
	    "never");
	told_free(&t);
}

static void
test_torn(void **state)
{
	struct told t = told_new(&lease_reader_isc, 0);

	(void)state;
	told_is(&t, "lease 192.0.2.9 { starts 2 2026/01/06 07:00:00;", "");
	told_is(&t, "lease 192.0.2.10 {", "refused"); /* the one before has no end */
	told_is(&t,
	    "starts 2 2026/01/06 07:00:00; ends 2 2026/01/06 08:00:00; hardware ethernet "
	    "02:00:00:00:00:0a; binding state active; }",
	    GIVEN);
	told_is(&t, "lease 192.0.2.300 {", "refused");
	told_is(&t, "ends 2 2026/01/06 08:00:00; }", "");
	told_is(&t, "lease 192.0.2.10 { uid \"open;", "refused");
	told_is(&t, "}", "");
	told_is(&t, HELD "active; }", GIVEN);
	told_is(&t, "}", "");
	told_is(&t, HELD "active; }", GIVEN);
	told_free(&t);
}

/* Counts and values read from the files by hand. */
static void
test_real(void **state)
{
	static const struct {
		const char *name;
		unsigned events, refused;
		const char *last;
	} files[] = {
	    {"options", 1, 0,
		"given 2016-02-27T07:11:41Z 10.10.10.10 0-0 00:01:03:e9 "
		"2016-02-27T09:11:41Z"},
	    {"backup", 2, 0, "ended 2017-10-16T08:09:23Z 10.0.0.1 0-0  never"},
	    {"epoch", 2, 0, "ended 2017-10-16T08:09:23Z 10.0.0.1 0-0  never"},
	    {"static", 0, 0, ""},
	    {"pfsense", 2, 0,
		"given 2015-07-06T07:38:46Z 10.0.0.36 0-0 01:14:da:e9:04:c8:a3 "
		"2015-07-06T08:38:46Z"},
	    {"debian7", 11, 0, "ended 2008-01-08T18:09:46Z 10.0.0.17 0-0  never"},
	    {"dhcpd6-4.2.4", 2, 0,
		"given 2015-08-18T16:55:40Z 2001:610:500:fff::/64 0-0 "
		"00:01:00:01:1d:66:1f:e2:0a:00:27:00:00:00 2015-08-18T17:05:40Z"},
	    {"dhcpd6-4.3.3", 4, 0,
		"given 2016-01-06T14:53:35Z 2001:10:10:ff00::/56 0-0 "
		"00:01:00:01:1c:f7:10:a5:00:27:22:33:2b:34 2016-01-06T15:07:59Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[200];

		(void)snprintf(path, sizeof path,
		    "../shared/data/reports/attribution/isc-leases/%s.leases",
		    files[i].name);
		told_log(path, NULL, files[i].events, files[i].refused, files[i].last);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lease),
	    cmocka_unit_test(test_states),
	    cmocka_unit_test(test_v6),
	    cmocka_unit_test(test_torn),
	    cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
