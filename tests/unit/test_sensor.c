/* SPDX-License-Identifier: Apache-2.0 */
/* test_sensor.c -- logs of honeypots and network sensors to items. */
#include "../../src/report/sensor.c"

#include "base/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { KEPT = 8 };

struct kept {
	size_t count, refused;
	struct item items[KEPT]; /* their values are gone */
	char json[KEPT][1000];
	char why[100];
};

static void
keep(void *ctx, const struct item *item)
{
	struct kept *k = ctx;
	struct wr w;

	assert_true(k->count < KEPT);
	wr_init(&w, 1 << 16);
	item_json(item, &w);
	(void)snprintf(k->json[k->count], sizeof k->json[0], "%s", wr_string(&w));
	wr_fini(&w);
	k->items[k->count++] = *item;
}

static void
keep_refusal(void *ctx, const struct refusal *refusal)
{
	struct kept *k = ctx;

	k->refused++;
	(void)snprintf(k->why, sizeof k->why, "%s", refusal->reason);
}

static struct kept
read_text(const char *format, const char *text)
{
	struct kept k = {0};
	struct report_input in = {.name = "x.log",
	    .fd = -1,
	    .bytes = (const uint8_t *)text,
	    .size = strlen(text)};
	struct report_stat stat;
	struct err err;

	if (!report_read(&in,
		&(struct report_sink){.item = keep, .refuse = keep_refusal, .ctx = &k},
		&stat, &err))
		fail_msg("%s", err.text);
	assert_string_equal(stat.format, format);
	assert_int_equal(stat.items, k.count);
	assert_int_equal(stat.refused, k.refused);
	return k;
}

static bool
is_at(const struct item *item, const char *addr, const char *when)
{
	struct addr a;
	int64_t t;

	assert_true(addr_parse(addr, &a) && when_parse(when, &t, NULL));
	return item->has_addr && item->has_time && item->time == t &&
	       memcmp(&item->addr, &a, sizeof a) == 0;
}

#define COWRIE(event, second, rest)                                                      \
	"{\"eventid\":\"cowrie." event "\",\"session\":\"s1\",\"timestamp\":"            \
	"\"2026-03-01T10:00:0" second ".5Z\",\"src_ip\":\"192.0.2.7\"" rest "}\n"

static void
test_cowrie(void **state)
{
	struct kept k = read_text("cowrie",
	    COWRIE("session.connect", "1",
		",\"src_port\":4711,\"dst_ip\":\"10.0.0.1\",\"dst_port\":2222,"
		"\"protocol\":\"ssh\"")
		COWRIE("login.failed", "2", ",\"username\":\"secretname\"")
		    COWRIE("login.success", "3", ",\"password\":\"secretword\"")
			COWRIE("client.version", "3", ",\"version\":\"\\u0000x\"")
			    COWRIE("session.closed", "4", ""));

	(void)state;
	assert_int_equal(k.count, 1);
	assert_int_equal(k.refused, 0);
	assert_true(is_at(&k.items[0], "192.0.2.7", "2026-03-01T10:00:01.5Z"));
	assert_int_equal(k.items[0].port, 4711);
	assert_true(k.items[0].gold);
	assert_int_equal(k.items[0].kind, KIND_BRUTEFORCE);
	assert_string_equal(k.items[0].identifier, "cowrie-login");
	assert_null(strstr(k.json[0], "secret"));
	assert_non_null(strstr(k.json[0], "\"refused_logins\":1"));
}

/* People use open proxies, too: no evidence of a bot. And a forwarded connection names
 * the sensor's own end. */
static void
test_cowrie_proxy(void **state)
{
	struct kept k = read_text("cowrie",
	    COWRIE("login.success", "1", "")
		COWRIE("direct-tcpip.request", "2", ",\"dst_port\":443"));
	struct kept half = read_text("cowrie", COWRIE("session.connect", "1", ""));

	(void)state;
	assert_int_equal(k.count, 1);
	assert_string_equal(k.items[0].identifier, "cowrie-proxy");
	assert_false(k.items[0].gold);
	assert_int_equal(half.count, 1); /* not closed: given at the end */
	assert_int_equal(half.items[0].kind, KIND_SCAN);
}

static void
test_opencanary(void **state)
{
	struct kept k = read_text("opencanary",
	    "{\"dst_host\":\"10.0.0.1\",\"dst_port\":22,\"local_time\":\"2026-03-01 "
	    "11:00:00.000001\",\"utc_time\":\"2026-03-01 "
	    "10:00:00.000001\",\"logtype\":4002,"
	    "\"logdata\":{\"PASSWORD\":\"secret\"},\"node_id\":\"n\",\"src_host\":"
	    "\"192.0.2.8\",\"src_port\":40000}\n"
	    "{\"logtype\":1001,\"node_id\":\"n\",\"logdata\":{\"msg\":\"start\"}}\n"
	    "{\"utc_time\":\"2026-03-01 10:00:00\",\"logtype\":11001,\"node_id\":\"n\","
	    "\"src_host\":\"192.0.2.9\",\"src_port\":123}\n"
	    "{\"utc_time\":\"?\",\"logtype\":2000,\"node_id\":\"n\",\"src_host\":"
	    "\"192.0.2.9\"}\n");

	(void)state;
	assert_int_equal(k.count, 2);
	assert_int_equal(k.refused, 1);
	assert_true(is_at(&k.items[0], "192.0.2.8", "2026-03-01T10:00:00.000001Z"));
	assert_int_equal(k.items[0].precision, 0);
	assert_int_equal(k.items[0].kind, KIND_BRUTEFORCE);
	assert_null(k.items[0].aside);
	assert_non_null(k.items[1].aside); /* whoever is named there is the victim */
	assert_null(strstr(k.json[0], "secret"));
}

static void
test_dionaea(void **state)
{
	struct kept k = read_text("dionaea",
	    "{\"connection\":{\"protocol\":\"smbd\",\"transport\":\"tcp\",\"type\":"
	    "\"accept\"},\"dst_ip\":\"10.0.0.1\",\"dst_port\":445,\"src_ip\":"
	    "\"192.0.2.10\",\"src_port\":1025,\"timestamp\":\"2026-03-01T10:00:00."
	    "000000\"}\n"
	    "{\"connection\":{\"local\":{\"address\":\"10.0.0.1\",\"port\":445},"
	    "\"protocol\":"
	    "\"smbd\",\"remote\":{\"address\":\"192.0.2.11\",\"port\":1026},"
	    "\"transport\":"
	    "\"tcp\",\"type\":\"accept\"}}\n"
	    "{\"connection\":{\"protocol\":\"tftp\",\"transport\":\"udp\",\"type\":"
	    "\"connect\"},\"dst_ip\":\"192.0.2.12\",\"src_ip\":\"10.0.0.1\"}\n");

	(void)state;
	assert_int_equal(k.count, 2);
	assert_true(is_at(&k.items[0], "192.0.2.10", "2026-03-01T10:00:00Z"));
	assert_int_equal(k.items[0].precision, DATE_NO_ZONE); /* its host's local time */
	assert_int_equal(k.items[0].remote_port, 445);
	assert_true(k.items[1].has_addr && !k.items[1].has_time);
	assert_int_equal(k.items[1].port, 1026);
}

static void
test_heralding(void **state)
{
	struct kept k = read_text("heralding",
	    "timestamp,duration,session_id,source_ip,source_port,destination_ip,"
	    "destination_port,protocol,num_auth_attempts\n"
	    "2026-03-01 10:00:00.000000,1,a,192.0.2.13,5000,10.0.0.1,22,ssh,2\n"
	    "2026-03-01 10:00:00.000000,1,a,192.0.2.13,5000,10.0.0.1,22,ssh,0\n"
	    "2026-03-01 10:00:00.000000,1,a,nowhere,5000,10.0.0.1,22,ssh,0\n");
	struct kept json = read_text("heralding",
	    "{\"timestamp\":\"2026-03-01 10:00:00.000000\",\"session_id\":\"a\","
	    "\"source_ip\":\"192.0.2.13\",\"source_port\":5000,\"destination_ip\":"
	    "\"10.0.0.1\",\"destination_port\":22,\"protocol\":\"ssh\","
	    "\"num_auth_attempts\":1,\"auth_attempts\":[{\"password\":\"secret\"}]}\n");

	(void)state;
	assert_int_equal(k.count, 2);
	assert_int_equal(k.refused, 1);
	assert_int_equal(k.items[0].kind, KIND_BRUTEFORCE);
	assert_int_equal(k.items[1].kind, KIND_SCAN);
	assert_int_equal(json.count, 1);
	assert_true(is_at(&json.items[0], "192.0.2.13", "2026-03-01T10:00:00Z"));
	assert_int_equal(json.items[0].port, 5000);
	assert_null(strstr(json.json[0], "secret"));
}

#define EVE(direction, category, signature)                                              \
	"{\"timestamp\":\"2026-03-01T11:00:00.000000+0100\",\"event_type\":\"alert\","   \
	"\"src_ip\":\"192.0.2.20\",\"src_port\":50000,\"dest_ip\":\"198.51.100.1\","     \
	"\"dest_port\":80,\"proto\":\"TCP\",\"direction\":\"" direction "\",\"alert\":"  \
	"{\"signature_id\":1,\"signature\":\"" signature "\",\"category\":\"" category   \
	"\",\"severity\":1,\"metadata\":{\"malware_family\":[\"Mirai\"]}},"              \
	"\"payload\":\"c2VjcmV0\"}\n"

static void
test_eve(void **state)
{
	struct kept k = read_text("eve",
	    EVE("to_server", "Malware Command and Control Activity Detected", "x") EVE(
		"to_client", "Malware Command and Control Activity Detected", "x")
		EVE("to_client", "Attempted Information Leak", "x") EVE("to_server",
		    "Misc Attack",
		    "ET CINS Active Threat") "{\"timestamp\":\"2026-03-01T11:00:00."
					     "000000+0100\",\"event_type\":\"dns\"}\n");

	(void)state;
	assert_int_equal(k.count, 4);
	assert_true(is_at(&k.items[0], "192.0.2.20", "2026-03-01T10:00:00Z"));
	assert_string_equal(k.items[0].family, "mirai");
	assert_int_equal(k.items[0].kind, KIND_INFECTION);
	assert_int_equal(k.items[0].severity, SEVERITY_HIGH);
	assert_null(strstr(k.json[0], "c2VjcmV0"));
	/* The server's answer raised it: the client is the infected end. */
	assert_true(is_at(&k.items[1], "198.51.100.1", "2026-03-01T10:00:00Z"));
	assert_int_equal(k.items[1].port, 80);
	/* Who attacks is the sender. */
	assert_true(is_at(&k.items[2], "192.0.2.20", "2026-03-01T10:00:00Z"));
	assert_non_null(k.items[3].aside);
}

static void
test_zeek(void **state)
{
	struct kept notice = read_text("zeek",
	    "#separator \\x09\n#path\tnotice\n#fields\tts\tid.orig_h\tnote\tsrc\tdst\tp\n"
	    "1425565514.500000\t-\tSSH::Password_Guessing\t192.0.2.30\t-\t-\n"
	    "1425565514.500000\t192.0.2.31\tSSL::Certificate_Expired\t-\t-\t-\n"
	    "1425565514.500000\tshort\n");
	struct kept intel = read_text("zeek",
	    "{\"ts\":1425565514.5,\"id.orig_h\":\"192.0.2.32\",\"id.orig_p\":5,"
	    "\"id.resp_h\":\"198.51.100.2\",\"id.resp_p\":443,\"seen.indicator\":"
	    "\"bad.example\",\"seen.indicator_type\":\"Intel::DOMAIN\"}\n");

	(void)state;
	assert_int_equal(notice.count, 2);
	assert_int_equal(notice.refused, 1);
	assert_true(is_at(&notice.items[0], "192.0.2.30", "2015-03-05T14:25:14.5Z"));
	assert_int_equal(notice.items[0].kind, KIND_BRUTEFORCE);
	assert_non_null(notice.items[1].aside);
	assert_int_equal(intel.count, 1);
	assert_true(is_at(&intel.items[0], "192.0.2.32", "2015-03-05T14:25:14.5Z"));
	assert_int_equal(intel.items[0].port, 5);
	assert_string_equal(intel.items[0].remote_name, "bad.example");
}

/* A line without end is refused once, and the next is read. */
static void
test_long_line(void **state)
{
	size_t size = (size_t)5 << 20;
	char *text = xmalloc(size + 1000);
	struct kept k;

	(void)state;
	(void)strcpy(text, COWRIE("session.connect", "1", ""));
	memset(text + strlen(text), 'x', size);
	(void)strcpy(text + size, "\n" COWRIE("session.closed", "2", ""));
	k = read_text("cowrie", text);
	assert_int_equal(k.refused, 1);
	assert_string_equal(k.why, "a line of more than 512 KiB");
	assert_int_equal(k.count, 1);
	free(text);
}

/* `count` messages of one customer's, of which `bounced` recipients did not exist. */
static struct kept
relay(int count, int bounced, bool login)
{
	static char text[1 << 18];
	size_t at = 0;

	for (int i = 0; i < count; i++)
		at += (size_t)snprintf(text + at, sizeof text - at,
		    "2026-03-01T10:%02d:00+00:00 mx postfix/smtpd[1]: %08X: "
		    "client=unknown[192.0.2.40]%s\n"
		    "2026-03-01T10:%02d:01+00:00 mx postfix/smtp[2]: %08X: "
		    "to=<someone@example.net>, relay=x[198.51.100.1]:25, dsn=5.1.1, "
		    "status=%s (said)\n"
		    "2026-03-01T10:%02d:02+00:00 mx postfix/qmgr[3]: %08X: removed\n",
		    i / 5, i,
		    login ? ", sasl_method=PLAIN, sasl_username=name@example.com" : "",
		    i / 5, i, i < bounced ? "bounced" : "sent", i / 5, i);
	return read_text("relaylog", text);
}

static void
test_relay(void **state)
{
	struct kept bad = relay(120, 40, true), newsletter = relay(250, 5, true);
	struct kept few = relay(20, 20, true), stranger = relay(120, 40, false);

	(void)state;
	assert_int_equal(bad.count, 1);
	assert_true(is_at(&bad.items[0], "192.0.2.40", "2026-03-01T10:00:02Z"));
	assert_int_equal(bad.items[0].kind, KIND_SPAM);
	assert_string_equal(bad.items[0].upstream, "own-relay");
	assert_non_null(strstr(bad.json[0], "\"recipients\":120"));
	assert_null(strstr(bad.json[0], "example"));
	assert_int_equal(newsletter.count, 0);
	assert_int_equal(few.count, 0);
	assert_int_equal(stranger.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cowrie),
	    cmocka_unit_test(test_cowrie_proxy),
	    cmocka_unit_test(test_opencanary),
	    cmocka_unit_test(test_dionaea),
	    cmocka_unit_test(test_heralding),
	    cmocka_unit_test(test_eve),
	    cmocka_unit_test(test_zeek),
	    cmocka_unit_test(test_relay),
	    cmocka_unit_test(test_long_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
