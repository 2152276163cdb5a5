/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_mail.c -- mails of all kinds, made here; real ones: tests/system/abusemail.py.
 */
#include "../../src/report/mail.c"

#include "base/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { KEPT = 8 };

struct told {
	char ip[64], aside[32], reason[256], from[64];
	uint64_t count, refused, letters;
	struct item items[KEPT];
	bool automatic;
};

static void
keep(void *ctx, const struct item *item)
{
	struct told *t = ctx;

	if (t->count < KEPT)
		t->items[t->count] = *item;
	if (t->count++ == 0)
		(void)snprintf(
		    t->ip, sizeof t->ip, "%s", item_value_text(item, "source.ip"));
	if (item->aside != NULL)
		(void)snprintf(t->aside, sizeof t->aside, "%s", item->aside);
}

static void
keep_refusal(void *ctx, const struct refusal *refusal)
{
	struct told *t = ctx;

	t->refused++;
	(void)snprintf(t->reason, sizeof t->reason, "%s", refusal->reason);
}

static void
keep_letter(void *ctx, const struct report_letter *letter)
{
	struct told *t = ctx;

	t->letters++;
	t->automatic = letter->automatic;
	(void)snprintf(
	    t->from, sizeof t->from, "%s", letter->from != NULL ? letter->from : "");
}

static struct told *
read_bytes(const char *bytes, size_t size)
{
	static struct told told;
	const struct report_input in = {.name = "x.eml",
	    .fd = -1,
	    .bytes = (const uint8_t *)bytes,
	    .size = size,
	    .format = "mail"};
	const struct report_sink sink = {
	    .item = keep, .refuse = keep_refusal, .ctx = &told, .letter = keep_letter};
	struct report_stat stat;
	struct err err;

	memset(&told, 0, sizeof told);
	if (!report_read(&in, &sink, &stat, &err))
		(void)snprintf(told.reason, sizeof told.reason, "%s", err.text);
	assert_int_equal(stat.items, told.count);
	assert_int_equal(stat.refused, told.refused);
	return &told;
}

static struct told *
read_mail(const char *text)
{
	return read_bytes(text, strlen(text));
}

#define HEAD                                                                             \
	"From: Reporter <someone@reports.example.org>\nTo: abuse@example.net\n"          \
	"Date: Fri, 31 Jan 2014 07:25:31 +0100\nSubject: a report\n"                     \
	"Message-Id: <1@example.org>\nMIME-Version: 1.0\n"
#define REPORT                                                                           \
	HEAD "Content-Type: multipart/report; report-type=feedback-report;"              \
	     " boundary=b\n\n--b\nContent-Type: text/plain\n\nhello\n"
#define FEEDBACK "--b\nContent-Type: message/feedback-report\n\n"
#define SPAM                                                                             \
	"\n--b\nContent-Type: message/rfc822\n\nReceived: from x "                       \
	"([192.0.2.7:4711]) by y\nSubject: buy\n\nbuy from 198.51.100.1\n--b--\n"

static void
test_arf(void **state)
{
	struct told *t = read_mail(REPORT FEEDBACK
	    "Feedback-Type: abuse\nVersion: 1\nSource-IP: ::ffff:192.0.2.7\n"
	    "Arrival-Date: Fri, 31 Jan 2014\n 01:19:02 -0500 (EST)\n" SPAM);
	const struct item *i = t->items;

	(void)state;
	assert_int_equal(t->count, 1);
	assert_string_equal(t->ip, "192.0.2.7");
	assert_int_equal(i->port, 4711);
	assert_string_equal(i->rsit, "abusive-content/spam");
	assert_string_equal(i->upstream, "reports.example.org");
	assert_int_equal(i->role, ROLE_BOT);
	assert_true(i->has_time && i->precision == 0);
	assert_int_equal(i->time, INT64_C(1391149142) * WHEN_SECOND);
	assert_int_equal(t->letters, 1);
	assert_string_equal(t->from, "someone@reports.example.org");
	assert_false(t->automatic);
}

static void
test_arf_deviations(void **state)
{
	static const struct {
		const char *fields, *ip, *aside;
		bool timed;
	} cases[] = {
	    {"Source-IP: 192.0.2.7 (host.example)\nReceived-Date: Tue, 19 Jan 2016 "
	     "15:16:34 UTC\n",
		"192.0.2.7", "", true},
	    {"Feedback-Type: abuse\nSource-IP: 2001:db8::7\n", "2001:db8::7", "", false},
	    {"Source-IP: 192.0.2.7Arrival-Date: x\n", "192.0.2.7", "", false},
	    {"Feedback-Type: not-spam\nSource-IP: 192.0.2.7\n", "192.0.2.7", "not-spam",
		false},
	    {"Feedback-Type: auth-failure\nVersion: '1'\n", "", "auth-failure", false},
	    {"Feedback-Type: opt-out\nSource-IP: 192.0.2.7\n", "192.0.2.7", "opt-out",
		false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[2000];
		struct told *t;

		(void)snprintf(
		    text, sizeof text, REPORT FEEDBACK "%s\n--b--\n", cases[i].fields);
		t = read_mail(text);
		assert_int_equal(t->count, 1);
		assert_string_equal(t->ip, cases[i].ip);
		assert_string_equal(t->aside, cases[i].aside);
		assert_int_equal(t->items[0].has_time, cases[i].timed);
	}
	/* Nobody is complained of: that is for people, not silence. */
	assert_int_equal(
	    read_mail(REPORT FEEDBACK "Feedback-Type: abuse\nSource-IP:\n" SPAM)->refused,
	    1);
}

#define XARF                                                                             \
	HEAD "X-XARF: PLAIN\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"         \
	     "Content-Type: text/plain; charset=\"charset=iso-8859-1; "                  \
	     "format=flowed\"\n\nyour IP 203.0.113.9 \xe4\n--b\n"                        \
	     "Content-Type: text/plain; name=\"report.txt\"\n\n"

static void
test_xarf(void **state)
{
	struct told *t = read_mail(
	    XARF "---\nReported-From: a@example.org\nCategory: abuse\nReport-Type: "
		 "login-attack\nService: ssh\nDate: '2014-01-31T06:19:02Z'\nSource-Type: "
		 "ipv4\nSource: 192.0.2.7\nPort: 22\nOccurances: 7\n\n---\nReport-Type: "
		 "bot-infection\nSource: 2001:db8::9\nDate: 2014-01-31 06:19\n--b--\n");

	(void)state;
	assert_int_equal(t->count, 2);
	assert_string_equal(t->ip, "192.0.2.7");
	assert_string_equal(t->items[0].rsit, "intrusion-attempts/brute-force");
	assert_int_equal(t->items[0].port, 0); /* 22 is the attacked service */
	assert_int_equal(t->items[0].remote_port, 22);
	assert_int_equal(t->items[0].precision, 0);
	assert_string_equal(t->items[1].rsit, "malicious-code/infected-system");
	assert_int_equal(t->items[1].precision, DATE_NO_ZONE + WHEN_MINUTE);
	t = read_mail(XARF "---\nReport-Type: phishing\nSource-Type: uri\nSource: "
			   "http://bad.example.com/x\nPort: 80\n--b--\n");
	assert_int_equal(t->count, 1);
	assert_string_equal(t->ip, "203.0.113.9"); /* the prose names it */
	assert_int_equal(t->items[0].port, 80);    /* the site's own */
	assert_int_equal(t->items[0].role, ROLE_WEBSITE);
}

/* A list that came zipped is read by itself; one with a password is refused. */
static const char zipped[] =
    HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee attachment\n--b\n"
	 "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n"
	 "Content-Disposition: attachment; "
	 "filename=\"2026-01-02-event4_sinkhole-x.csv\"\n\n"
	 "InRpbWVzdGFtcCIsInNyY19pcCIsInNyY19wb3J0IgoiMjAyNi0wMS0wMiAwMzowNDowNSIs\n"
	 "IjE5Mi4wLjIuNyIsNDcxMQo=\n--b--\n";

static void
test_document(void **state)
{
	struct told *t = read_mail(zipped);

	(void)state;
	assert_int_equal(t->count, 1);
	assert_string_equal(t->ip, "192.0.2.7");
	assert_true(t->items[0].gold);
	assert_string_equal(t->items[0].upstream, "shadowserver");
}

static void
test_forwarded(void **state)
{
	static const char inner[] =
	    "Content-Type: message/rfc822\n\n" REPORT FEEDBACK
	    "Feedback-Type: abuse\nSource-IP: 192.0.2.7\n" SPAM "\n--o--\n";
	char text[4000];
	struct told *t;

	(void)state;
	(void)snprintf(text, sizeof text,
	    "From: x@stranger.example.com\nTo: abuse@example.net\nSubject: Fwd\n"
	    "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=o\n\n--o\n\n"
	    "see below\n--o\n%s",
	    inner);
	t = read_mail(text);
	assert_int_equal(t->count, 1);
	assert_string_equal(t->ip, "192.0.2.7");
	assert_int_equal(t->letters, 1);
	/* He may have written it himself. */
	assert_string_equal(t->items[0].upstream, "stranger.example.com");
	(void)snprintf(text, sizeof text,
	    "From: colleague@example.net\nTo: abuse@example.net\nSubject: Fwd\n"
	    "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=o\n\n--o\n%s",
	    inner);
	assert_string_equal(read_mail(text)->items[0].upstream, "reports.example.org");
}

static void
test_text(void **state)
{
	struct told *t = read_mail(
	    "From: f2b@example.org\nSubject: abuse report about 192.0.2.7\n"
	    "Auto-Submitted: auto-generated\n\nHello,\nthe following are attempts to "
	    "log in to our server at 198.51.100.1:\n\nJan 31 07:19:02 CET mx sshd[1]: "
	    "Failed password for root from 192.0.2.7 port 4711 ssh2\n");

	(void)state;
	assert_int_equal(t->count, 1);
	assert_string_equal(t->ip, "192.0.2.7");
	assert_int_equal(t->items[0].port, 4711);
	assert_string_equal(t->items[0].rsit, "intrusion-attempts/brute-force");
	assert_true(t->automatic);
	t = read_mail("From: a@example.org\nSubject: hello\n\nwe like your network\n");
	assert_int_equal(t->count, 0);
	assert_int_equal(t->refused, 1);
	t = read_mail(
	    "From: a@example.org\nSubject: spam\n\nour server 192.0.2.1 got spam\n");
	assert_int_equal(t->count, 0); /* whose? */
	t = read_mail("From: a@example.org\nSubject: Report domain: example.net "
		      "Submitter: example.org Report-ID: <1>\n\n\n");
	assert_string_equal(t->aside, "dmarc");
}

/* ---- shapes of complaints in words */

static void
test_shapes(void **state)
{
	static const struct {
		const char *subject, *text, *ip, *rsit;
		unsigned count, port;
		bool timed;
	} cases[] = {
	    {"x",
		"Offending IP: 192.0.2.7\n - Issue: port scan\n - Time: 2015-05-15 "
		"17:03:11 UTC\n - Issue: spam\n - Time: 2015-05-15 17:03:12 UTC\n",
		"192.0.2.7", "information-gathering/scanner", 2, 0, true},
	    {"[SpamCop (192.0.2.7) id:7] hello",
		"Email from 192.0.2.7 / Thu, 1 Jan 2026 00:00:00 +0100\n", "192.0.2.7",
		"abusive-content/spam", 1, 0, true},
	    {"complaint about message from 192.0.2.7", "spam, see attachment\n",
		"192.0.2.7", "abusive-content/spam", 1, 0, false},
	    {"DDoS attack from your network",
		"Our server was attacked (times are UTC):\n\n"
		"2026-01-01 03:04:05.123456 IP 192.0.2.7.4711 > 198.51.100.1.80: UDP, "
		"length 1400\n"
		"2026-01-01 03:04:05.123500 IP 192.0.2.7.4711 > 198.51.100.1.80: UDP, "
		"length 1400\n"
		"2026-01-01 03:04:06.223500 IP 192.0.2.9.53 > 198.51.100.1.80: UDP, "
		"length 1400\n",
		"192.0.2.7", "availability/ddos", 2, 4711, true},
	    {"brute force",
		"Jan  1 03:04:05 mx sshd[7]: Failed password for invalid user a from "
		"192.0.2.7 port 4711 ssh2\nJan  1 03:04:09 mx sshd[7]: Failed password "
		"for "
		"invalid user b from 192.0.2.7 port 4712 ssh2\n",
		"192.0.2.7", "intrusion-attempts/brute-force", 1, 4711, true},
	    {"web attack",
		"192.0.2.7 - - [31/Jan/2026:07:19:02 +0100] \"GET /etc/passwd HTTP/1.0\" "
		"404 790\n",
		"192.0.2.7", "intrusion-attempts/ids-alert", 1, 0, true},
	    {"spam from our server 192.0.2.1", "our server 192.0.2.1 got it\n", "", "", 0,
		0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[2000];
		const struct told *t;

		(void)snprintf(text, sizeof text,
		    "From: a@example.org\nDate: Thu, 1 Jan 2026 12:00:00 +0000\nSubject: "
		    "%s\n\n%s",
		    cases[i].subject, cases[i].text);
		t = read_mail(text);
		if (t->count != cases[i].count || strcmp(t->ip, cases[i].ip) != 0)
			fail_msg("%s: %d statements, %s", cases[i].subject, (int)t->count,
			    t->ip);
		if (t->count == 0)
			continue;
		assert_string_equal(t->items[0].rsit, cases[i].rsit);
		assert_int_equal(t->items[0].port, cases[i].port);
		assert_int_equal(t->items[0].has_time, cases[i].timed);
	}
}

/* A word in each charset that mails come in, as its label's class shows. */
static const char *const charsets[] = {"windows-1251", "koi8-r", "gb2312", "shift_jis",
    "iso-8859-15", "windows-1252", "us-ascii", "nonsense", "utf-8"};

static bool
reads_all(void)
{
	for (size_t i = 0; i < sizeof charsets / sizeof *charsets; i++) {
		char text[1000];
		const struct told *t;

		(void)snprintf(text, sizeof text,
		    "From: a@example.org\nSubject: =?%s?Q?=E4_spam?=\nMIME-Version: 1.0\n"
		    "Content-Type: text/plain; charset=%s\nDate: Thu, 1 Jan 2026 "
		    "00:00:00 "
		    "+0000\n\nOffending IP: 192.0.2.7\nTime: 2026-01-01 00:00:00 UTC\n"
		    "\xc4\xe0\n",
		    charsets[i], charsets[i]);
		t = read_mail(text);
		if (t->count != 1 || strcmp(t->ip, "192.0.2.7") != 0)
			return false;
	}
	return true;
}

/* In the jail of intake: no file is opened, no library's first use asks for one. */
static void
test_jailed(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct err err;
		struct arena *arena;
		size_t size;
		bool good;

		report_warm();
		if (!sandbox_enter(&(struct sandbox){.role = "intake"}, &err))
			_exit(2);
		arena = arena_new(1 << 20);
		good = reads_all() && read_mail(zipped)->count == 1 &&
		       strcmp(charset_utf8(arena, "koi8-r", "\xc1", 1, &size),
			   "\xd0\xb0") == 0;
		_exit(good ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- too much of everything */

static struct told *
read_repeated(const char *start, const char *piece, size_t size)
{
	size_t used = strlen(start), length = strlen(piece);
	char *text = malloc(size + length);
	struct told *t;

	assert_non_null(text);
	memcpy(text, start, used);
	for (; used < size; used += length)
		memcpy(text + used, piece, length);
	t = read_bytes(text, used);
	free(text);
	return t;
}

static void
test_bombs(void **state)
{
	struct told *t;
	struct rusage use;

	(void)state;
	t = read_repeated(
	    HEAD "Content-Type: multipart/mixed; boundary=b\n\n", "--b\n\nx\n", 8 << 20);
	assert_string_equal(t->reason, "more parts than are read of a mail");
	t = read_repeated(HEAD, "A:\n", 8 << 20);
	assert_non_null(strstr(t->reason, "lines like headers"));
	t = read_repeated("", "Content-Type: message/rfc822\n\n", 1 << 20);
	assert_int_equal(t->count, 0);
	assert_true(t->refused > 0);
	t = read_repeated(HEAD "X: ", "xxxxxxxxxxxxxxxx", 30 << 20);
	assert_non_null(strstr(t->reason, "with a header of more than"));
	t = read_repeated(HEAD "X: ", "xxxxxxxxxxxxxxx\n\t", 2 << 20);
	assert_non_null(strstr(t->reason, "with a header of more than"));
	t = read_repeated(HEAD "\n", "xxxxxxxxxxxxxxxx", 33 << 20);
	assert_non_null(strstr(t->reason, "a mail of more than"));
	t = read_repeated(HEAD "Content-Type: text/plain; charset=utf-7\n\n",
	    "IP: 192.0.2.1\n", 8 << 20);
	assert_int_equal(t->count, 0);
	assert_int_equal(getrusage(RUSAGE_SELF, &use), 0);
#ifndef __SANITIZE_ADDRESS__
	assert_true(use.ru_maxrss < 400 << 10); /* KB; the tests' own 33 MB included */
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_arf),
	    cmocka_unit_test(test_arf_deviations),
	    cmocka_unit_test(test_xarf),
	    cmocka_unit_test(test_document),
	    cmocka_unit_test(test_forwarded),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_shapes),
	    cmocka_unit_test(test_jailed),
	    cmocka_unit_test(test_bombs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
