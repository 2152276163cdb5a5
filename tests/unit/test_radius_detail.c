/* SPDX-License-Identifier: Apache-2.0 */
/* test_radius_detail.c -- accounting records: sessions, their prefixes, what ends them.
 */
#include "../../src/line/radius_detail.c"

#include "lease_told.h"

/* A record at 2026-01-06 HH:MM:SS of NAS 198.51.100.1; `more`: its other lines. */
static void
record_is(struct told *t, const char *status, const char *clock, const char *session,
    const char *user, const char *more, const char *wanted)
{
	char lines[1000], *save = NULL;

	told_is(t, "Tue Jan  6 12:00:00 2026", "");
	(void)snprintf(lines, sizeof lines,
	    "\tAcct-Status-Type = %s\n\tNAS-IP-Address = 198.51.100.1\n"
	    "\tEvent-Timestamp = \"Jan  6 2026 %s UTC\"\n%s",
	    status, clock, more);
	for (char *l = strtok_r(lines, "\n", &save); l != NULL;
	     l = strtok_r(NULL, "\n", &save))
		told_is(t, l, "");
	if (session != NULL) {
		(void)snprintf(
		    lines, sizeof lines, "\tAcct-Session-Id = \"%s\"", session);
		told_is(t, lines, "");
		(void)snprintf(lines, sizeof lines, "\tUser-Name = \"%s\"", user);
		told_is(t, lines, "");
	}
	told_is(t, "", wanted);
}

#define V4  "\tFramed-IP-Address = 192.0.2.7\n"
#define V6  "\tDelegated-IPv6-Prefix = 2001:db8:1::/56\n"
#define DAY "2026-01-06T"

static void
test_session(void **state)
{
	struct told t = told_new(&lease_reader_radius_detail, 0);

	(void)state;
	record_is(&t, "Start", "07:00:10", "a1", "anna", V4 "\tAcct-Delay-Time = 10\n",
	    "given " DAY "07:00:00Z 192.0.2.7 0-0 anna never");
	/* The prefix comes later, and now the NAS has shown its interval. */
	record_is(&t, "Interim-Update", "07:10:00", "a1", "anna", V4 V6,
	    "ended " DAY "07:10:00Z 192.0.2.7 0-0 anna never; "
	    "given " DAY "07:10:00Z 192.0.2.7 0-0 anna " DAY "07:21:00Z; "
	    "given " DAY "07:10:00Z 2001:db8:1::/56 0-0 anna " DAY "07:21:00Z");
	/* Updates were lost: the session goes on from where the lease ran out. */
	record_is(&t, "Interim-Update", "07:30:00", "a1", "anna",
	    V4 "\tAcct-Interim-Interval = 600\n",
	    "given " DAY "07:21:00Z 192.0.2.7 0-0 anna " DAY "07:41:00Z");
	record_is(&t, "Stop", "07:35:00", "a1", "anna", "",
	    "ended " DAY "07:35:00Z 192.0.2.7 0-0 anna never; "
	    "ended " DAY "07:35:00Z 2001:db8:1::/56 0-0 anna never");
	/* Told late, or twice. */
	record_is(&t, "Interim-Update", "07:34:00", "a1", "anna", V4, "");
	record_is(&t, "Start", "07:00:00", "a1", "anna", V4,
	    "given " DAY "07:00:00Z 192.0.2.7 0-0 anna " DAY "07:35:00Z");
	record_is(&t, "Stop", "07:35:00", "a1", "anna", V4, "");
	/* A Stop of a session that began before the log. */
	record_is(&t, "Stop", "08:00:00", "b7", "bo", V4,
	    "ended " DAY "08:00:00Z 192.0.2.7 0-0 bo never");
	told_free(&t);
}

static void
test_reused(void **state)
{
	struct told t = told_new(&lease_reader_radius_detail, 0);

	(void)state;
	record_is(&t, "Start", "07:00:00", "a1", "anna", V4,
	    "given " DAY "07:00:00Z 192.0.2.7 0-0 anna never");
	record_is(&t, "Start", "08:00:00", "a1", "bo",
	    "\tFramed-IP-Address = 192.0.2.8\n",
	    "ended " DAY "08:00:00Z 192.0.2.7 0-0 anna never; "
	    "given " DAY "08:00:00Z 192.0.2.8 0-0 bo never");
	record_is(&t, "Stop", "07:30:00", "a1", "anna", V4, "refused");
	record_is(&t, "Start", "09:00:00", "a1", "bo", V4, /* his next session */
	    "ended " DAY "09:00:00Z 192.0.2.8 0-0 bo never; "
	    "given " DAY "09:00:00Z 192.0.2.7 0-0 bo never");
	told_free(&t);
}

static void
test_nas_on(void **state)
{
	struct told t = told_new(&lease_reader_radius_detail, 0);
	char session[32], address[64];
	struct lease_event out[LEASE_EVENTS];
	struct err err;
	int ended = 0;

	(void)state;
	for (int i = 1; i <= 200; i++) { /* more than the first table holds */
		char wanted[200];

		(void)snprintf(session, sizeof session, "s%d", i);
		(void)snprintf(
		    address, sizeof address, "\tFramed-IP-Address = 192.0.2.%d\n", i);
		(void)snprintf(wanted, sizeof wanted,
		    "given " DAY "07:00:00Z 192.0.2.%d 0-0 anna never", i);
		record_is(&t, "Start", "07:00:00", session, "anna", address, wanted);
	}
	told_is(&t, "Tue Jan  6 12:00:00 2026", "");
	told_is(&t, "\tAcct-Status-Type = Accounting-On", "");
	told_is(&t, "\tNAS-IP-Address = 198.51.100.1", "");
	told_is(&t, "\tTimestamp = 1767690000", "");
	for (int n = t.reader->line(t.self, "", 0, out, &err); n > 0;
	     n = t.reader->more(t.self, out))
		for (int i = 0; i < n; i++, ended++) {
			assert_int_equal(out[i].change, LEASE_ENDED);
			assert_true(out[i].time == 1767690000 * WHEN_SECOND);
		}
	assert_int_equal(ended, 200);
	record_is(&t, "Stop", "10:00:00", "s1", "anna",
	    "\tFramed-IP-Address = 192.0.2.1\n",
	    "ended " DAY "10:00:00Z 192.0.2.1 0-0 anna never");
	told_free(&t);
}

static void
test_odd(void **state)
{
	struct told t = told_new(&lease_reader_radius_detail, -WHEN_HOUR);

	(void)state;
	/* Wi-Fi: no address. */
	record_is(&t, "Start", "07:00:00", "w", "anna",
	    "\tCalling-Station-Id = \"02-00-00-00-00-01\"\n", "");
	record_is(&t, "Start", "07:00:00", "x", "anna",
	    "\tFramed-IP-Address = 255.255.255.254\n", "");
	told_is(&t, "Tue Jan  6 12:00:00 2026", "");
	told_is(&t, "\tFramed-IP-Address = 192.0.2.300", "refused");
	told_is(&t, "", "");
	told_is(&t, "Tue Jan  6 12:00:00 2026", "");
	told_is(&t, "\tAcct-Status-Type = Start", "");
	told_is(&t, "\tNAS-Identifier = \"bng \\\"1\\\"\"", "");
	told_is(&t, "\tAcct-Session-Id = \"7\"", "");
	told_is(&t, "\tFramed-IP-Address = 192.0.2.7", "");
	told_is(&t, "Tue Jan  6 12:00:01 2026", "refused"); /* of nobody; torn */
	told_is(&t, "\tAcct-Status-Type = Start", "");
	told_is(&t, "\tNAS-Identifier = \"bng \\\"1\\\"\"", "");
	told_is(&t, "\tAcct-Session-Id = \"7\"", "");
	told_is(&t, "\tUser-Name = \"anna\"", "");
	told_is(&t, "\tFramed-IP-Address = 192.0.2.7", "");
	told_is(&t, "", "given " DAY "11:00:01Z 192.0.2.7 0-0 anna never");
	assert_true(detail_recognise("Tue Jan  6 12:00:01 2026", 24));
	assert_false(detail_recognise("2026-01-06 12:00:01 CET Addr", 28));
	told_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_session),
	    cmocka_unit_test(test_reused),
	    cmocka_unit_test(test_nas_on),
	    cmocka_unit_test(test_odd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
