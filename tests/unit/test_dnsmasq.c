/* SPDX-License-Identifier: Apache-2.0 */
/* test_dnsmasq.c -- leases of which only the end is known. */
#include "../../src/line/dnsmasq.c"

#include "lease_told.h"

static void
test_lines(void **state)
{
	struct told t = told_new(&lease_reader_dnsmasq, 0);

	(void)state;
	((struct dnsmasq *)t.self)->opened = 1621598700 * WHEN_SECOND;
	/* Still runs: held now, and for two minutes at the least. */
	told_is(&t, "1621602300 02:00:00:00:00:01 192.0.2.7 pc 01:02:00:00:00:00:01",
	    "given 2021-05-21T12:05:00Z 192.0.2.7 0-0 01:02:00:00:00:00:01 "
	    "2021-05-21T13:05:00Z");
	told_is(&t, "1621598760 02:00:00:00:00:01 192.0.2.7 * *\r",
	    "given 2021-05-21T12:04:00Z 192.0.2.7 0-0 02:00:00:00:00:01 "
	    "2021-05-21T12:06:00Z");
	told_is(&t, "1621500000 02:00:00:00:00:01 192.0.2.7 * *",
	    "given 2021-05-20T08:38:00Z 192.0.2.7 0-0 02:00:00:00:00:01 "
	    "2021-05-20T08:40:00Z");
	told_is(&t, "0 02:00:00:00:00:01 192.0.2.7 * *", "");
	told_is(&t, "duid 00:01:00:01:aa", "");
	told_is(&t, "1621602300 7 2001:db8::7 * 00:01:00:01:bb",
	    "given 2021-05-21T12:05:00Z 2001:db8::7 0-0 00:01:00:01:bb "
	    "2021-05-21T13:05:00Z");
	told_is(&t, "1621602300 7 2001:db8::7 * *", "refused");
	told_is(&t, "1621602300 02:00:00:00:00:01 192.0.2.700 * *", "refused");
	told_is(&t, "1621602300 02:00:00:00:00:01 192.0.2.7 *", "refused");
	told_free(&t);
}

static void
test_real(void **state)
{
	(void)state;
	told_log("../shared/data/reports/attribution/dnsmasq.leases", NULL, 43, 0,
	    "given 2021-05-21T11:02:47Z 192.168.0.101 0-0 01:00:24:b1:02:3e:e9 "
	    "2021-05-21T11:04:47Z");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
