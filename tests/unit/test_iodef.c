/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_iodef.c -- incidents to items, both versions, a CSV within, and bombs.
 */
#include "../../src/report/iodef.c"

#include "report_kept.h"

static struct kept k;

#define V1  "<IODEF-Document version=\"1.00\" xmlns=\"urn:ietf:params:xml:ns:iodef-1.0\">"
#define V2  "<IODEF-Document version=\"2.00\" xmlns=\"urn:ietf:params:xml:ns:iodef-2.0\">"
#define END "</IODEF-Document>"

static void
read_xml(const char *text)
{
	assert_true(read_kept(&k, NULL, text, strlen(text)));
	assert_string_equal(k.stat.format, "iodef");
}

static void
test_first(void **state)
{
	(void)state;
	read_xml(V1
	    "<Incident purpose=\"reporting\" restriction=\"need-to-know\">"
	    "<IncidentID name=\"cert.example.org\"> 17 </IncidentID>"
	    "<ReportTime>2026-11-02T00:00:00+01:00</ReportTime>"
	    "<Description>a botnet</Description>"
	    "<EventData><DetectTime>2026-11-01T12:00:00Z</DetectTime><Flow>"
	    "<System category=\"source\"><Node><Address category=\"ipv4-addr\">192.0.2.1"
	    "</Address><Address category=\"ipv6-addr\">2001:db8::1</Address></Node>"
	    "<Service ip_protocol=\"6\"><Port>40000</Port></Service>"
	    "<Counter type=\"event\">5</Counter></System>"
	    "<System category=\"target\"><Node><NodeName>c2.example.net</NodeName>"
	    "<Address>198.51.100.1</Address></Node>"
	    "<Service ip_protocol=\"6\"><Port>80</Port></Service></System>"
	    "</Flow></EventData></Incident>" END);
	assert_int_equal(k.count, 2);
	assert_string_equal(k.items[0].rsit, "malicious-code/infected-system");
	assert_string_equal(k.items[0].tlp, "amber");
	assert_int_equal(k.items[0].port, 40000);
	assert_int_equal(k.items[0].remote_port, 80);
	assert_int_equal(k.items[0].proto, 6);
	assert_holds(k.json[0], "\"source\":{\"ip\":\"192.0.2.1\",\"port\":40000}");
	assert_holds(k.json[0], "\"fqdn\":\"c2.example.net\",\"ip\":\"198.51.100.1\"");
	assert_holds(k.json[0], "\"source\":\"2026-11-01T12:00:00Z\"");
	assert_holds(k.json[0], "\"incident\":\"17\"");
	assert_holds(k.json[0], "\"count\":5");
	assert_holds(k.json[1], "2001:db8::1");
}

static void
test_second(void **state)
{
	(void)state;
	read_xml(
	    V2 "<Incident purpose=\"reporting\" restriction=\"amber\">"
	       "<IncidentID name=\"x\">1</IncidentID>"
	       "<GenerationTime>2026-11-02T00:00:00Z</GenerationTime>"
	       "<Assessment><IncidentCategory>malicious-code/c2-server</IncidentCategory>"
	       "</Assessment><EventData><Flow><System category=\"source\"><Node>"
	       "<DomainData system-status=\"x\" domain-status=\"y\"><Name>C2.example.net"
	       "</Name></DomainData></Node></System></Flow>"
	       "<AdditionalData dtype=\"string\" name=\"malware.name\">Mirai"
	       "</AdditionalData></EventData></Incident>" END);
	assert_int_equal(k.count, 1);
	assert_string_equal(k.items[0].rsit, "malicious-code/c2-server");
	assert_string_equal(k.items[0].family, "mirai");
	assert_string_equal(k.items[0].tlp, "amber");
	assert_holds(k.json[0], "\"fqdn\":\"c2.example.net\"");
	assert_int_equal(k.items[0].precision, WHEN_DAY); /* told, not seen, then */
}

/* A C2 between bots and target is told of by itself; without sources: aside. */
static void
test_systems(void **state)
{
	(void)state;
	read_xml(
	    V1 "<Incident><ReportTime>2026-11-02T00:00:00Z</ReportTime><EventData>"
	       "<EventData><Flow><System category=\"intermediate\"><Node>"
	       "<Address>198.51.100.9</Address></Node><Description>the C&amp;C"
	       "</Description></System><System category=\"intermediate\"><Node>"
	       "<Address>198.51.100.8</Address></Node><Description>a relay"
	       "</Description></System></Flow></EventData></EventData></Incident>"
	       "<Incident><ReportTime>2026-11-02T00:00:00Z</ReportTime><EventData><Flow>"
	       "<System category=\"target\"><Node><Address>192.0.2.1</Address></Node>"
	       "</System></Flow></EventData></Incident>" END);
	assert_int_equal(k.count, 2);
	assert_string_equal(k.items[0].rsit, "malicious-code/c2-server");
	assert_holds(k.json[0], "198.51.100.9");
	assert_string_equal(k.items[1].aside, "no source of the incident is named");
	assert_lacks(k.json[1], "192.0.2.1");
}

/* As AbuseHUB hands on what Shadowserver told it. */
static void
test_cdata(void **state)
{
	(void)state;
	read_xml(
	    V1 "<Incident><IncidentID name=\"x\">1</IncidentID><AdditionalData "
	       "dtype=\"csv\" meaning=\"2026-11-01-event4_sinkhole-x.csv\"><![CDATA[\n"
	       "timestamp,src_ip,src_port,infection\n"
	       "\"2026-11-01 10:00:00\",\"192.0.2.7\",\"1234\",\"mirai\"\n"
	       "]]></AdditionalData></Incident>" END);
	assert_int_equal(k.count, 1);
	assert_string_equal(k.items[0].identifier, "event4_sinkhole");
	assert_string_equal(k.items[0].family, "mirai");
	assert_int_equal(k.items[0].port, 1234);
}

static void
test_bad(void **state)
{
	static const char *const bad[] = {"<IODEF-Document><Incident>",
	    "<IODEF-Document>&x;</IODEF-Document>",
	    "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">"
	    "<!ENTITY c \"&b;&b;&b;&b;&b;&b;\">]><IODEF-Document>&c;</IODEF-Document>",
	    "<!DOCTYPE IODEF-Document SYSTEM \"file:///etc/passwd\">"
	    "<IODEF-Document></IODEF-Document>",
	    "<x>IODEF-Document</x>"};
	char *deep = calloc(1, 100000);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		read_xml(bad[i]);
		assert_int_equal(k.count, 0);
		assert_int_equal(k.refused, 1);
	}
	(void)strcpy(deep, "<IODEF-Document><Incident>");
	for (int i = 0; i < 5000; i++)
		(void)strcpy(deep + strlen(deep), "<EventData>");
	read_xml(deep);
	assert_int_equal(k.refused, 1);
	free(deep);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first),
	    cmocka_unit_test(test_second),
	    cmocka_unit_test(test_systems),
	    cmocka_unit_test(test_cdata),
	    cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
