/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_misp.c -- events to items: attributes, objects, tags, what is set aside.
 */
#include "../../src/report/misp.c"

#include "report_kept.h"

static struct kept k;

static void
read_event_of(const char *head, const char *attributes, const char *objects)
{
	char text[8000];

	(void)snprintf(text, sizeof text,
	    "{\"Event\":{\"uuid\":\"e\",\"info\":\"x\",\"date\":\"2026-11-01\","
	    "\"Orgc\":{\"name\":\"cert\"},%s\"Attribute\":[%s],\"Object\":[%s]}}",
	    head, attributes, objects);
	assert_true(read_kept(&k, NULL, text, strlen(text)));
	assert_string_equal(k.stat.format, "misp");
	assert_int_equal(k.refused, 0);
}

#define ATTRIBUTE(type, value)                                                           \
	"{\"type\":\"" type "\",\"value\":\"" value "\",\"uuid\":\"u\","                 \
	"\"category\":\"Network activity\",\"timestamp\":\"1793491200\",\"to_ids\":true"

static void
test_attributes(void **state)
{
	(void)state;
	read_event_of("\"Tag\":[{\"name\":\"tlp:green\"},"
		      "{\"name\":\"misp-galaxy:botnet=\\\"Mirai\\\"\"}],",
	    ATTRIBUTE("ip-dst|port",
		"198.51.100.1|8080") ",\"first_seen\":\"2026-10-31T12:00:00.000000+00:"
				     "00\"}," ATTRIBUTE("domain|ip",
					 "c2.example.net|198.51.100.2") "}," ATTRIBUTE("i"
										       "p"
										       "-"
										       "d"
										       "s"
										       "t"
										       "|"
										       "p"
										       "o"
										       "r"
										       "t",
					 "2001:db8::1|443") ",\"Tag\":[{\"name\":\"tlp:"
							    "red\"}]}," ATTRIBUTE("url",
								"http://198.51.100.3/"
								"x.sh") "}," ATTRIBUTE("i"
										       "p"
										       "-"
										       "s"
										       "r"
										       "c",
								"198.51.100.4") "}",
	    "");
	assert_int_equal(k.count, 5);
	assert_string_equal(k.items[0].rsit, "malicious-code/c2-server");
	assert_string_equal(k.items[0].family, "mirai");
	assert_string_equal(k.items[0].tlp, "green");
	assert_string_equal(k.items[0].identifier, "misp-ip-dst|port");
	assert_int_equal(k.items[0].port, 8080);
	assert_holds(k.json[0], "\"source\":\"2026-10-31T12:00:00.000000+00:00\"");
	assert_holds(k.json[1], "\"fqdn\":\"c2.example.net\",\"ip\":\"198.51.100.2\"");
	assert_holds(k.json[1], "\"time\":{\"source\":\"2026-11-01T00:00:00Z\"}");
	assert_int_equal(k.items[2].port, 443);
	assert_string_equal(k.items[2].tlp, "red");
	assert_string_equal(k.items[3].rsit, "malicious-code/malware-distribution");
	assert_holds(k.json[3], "\"ip\":\"198.51.100.3\"");
	assert_string_equal(k.items[4].rsit, "other/blacklist");
}

static void
test_aside(void **state)
{
	(void)state;
	read_event_of("",
	    "{\"type\":\"ip-dst\",\"value\":\"198.51.100.1\",\"to_ids\":false}"
	    "," ATTRIBUTE("ip-dst", "198.51.100.1") ",\"deleted\":true}," ATTRIBUTE(
		"md5", "d41d8cd98f00b204e9800998ecf8427e") "}," ATTRIBUTE("ip-dst",
		"not an address") "}",
	    "");
	assert_int_equal(k.count, 4);
	assert_string_equal(k.items[0].aside, "not marked for detection (to_ids)");
	assert_string_equal(k.items[1].aside, "deleted by its maker");
	assert_string_equal(k.items[2].aside, "no address or name");
	assert_holds(k.json[2], "\"md5\":\"d41d8cd98f00b204e9800998ecf8427e\"");
	assert_string_equal(k.items[3].aside, "no address or name");
	/* Without a time of its own, the event's day. */
	assert_int_equal(k.items[0].precision, WHEN_DAY);
}

#define RELATION(relation, value)                                                        \
	"{\"object_relation\":\"" relation "\",\"type\":\"x\",\"value\":\"" value "\""

static void
test_objects(void **state)
{
	(void)state;
	read_event_of("", "",
	    "{\"name\":\"network-connection\",\"Attribute\":[" RELATION("ip-src",
		"192.0.2.1") ",\"Tag\":[{\"name\":"
			     "\"rsit:malicious-code=\\\"infected-system\\\"\"}]"
			     "}," RELATION("ip-dst", "198.51.100.1") "}," RELATION(
				 "src-port", "40000") "}," RELATION("dst-port",
				 "23") "}," RELATION("layer4-protocol",
				 "TCP") "}," RELATION("first-packet-seen",
				 "2026-11-02T00:00:00Z") "}]},"
							 "{\"name\":\"ip-"
							 "port\",\"Attribute\":"
							 "[" RELATION("ip",
							     "19"
							     "8."
							     "51"
							     ".1"
							     "00"
							     "."
							     "5") ",\"to_ids\":true}"
								  "," RELATION("dst-port",
								      "6667") "}]},"
									      "{\"name\""
									      ":\"file\""
									      ",\"Attrib"
									      "ute\":"
									      "[" ATTRIBUTE(
										  "sha1",
										  "x") "}"
										       "]"
										       "}");
	assert_int_equal(k.count, 3);
	assert_string_equal(k.items[0].rsit, "malicious-code/infected-system");
	assert_null(k.items[0].aside);
	assert_int_equal(k.items[0].port, 40000);
	assert_int_equal(k.items[0].remote_port, 23);
	assert_int_equal(k.items[0].proto, 6);
	assert_holds(k.json[0], "\"source\":{\"ip\":\"192.0.2.1\",\"port\":40000}");
	assert_holds(k.json[1], "\"source\":{\"ip\":\"198.51.100.5\",\"port\":6667}");
	assert_string_equal(k.items[1].rsit, "malicious-code/c2-server");
	assert_non_null(k.items[2].aside);
}

static void
test_documents(void **state)
{
	static const char list[] =
	    "{\"response\":[{\"Event\":{\"Orgc\":{},\"Attribute\":[" ATTRIBUTE(
		"hostname|port", "a.example.net|99") "}]}},{\"Event\":{}}]}";
	static const char manifest[] = "{\"0\":{\"info\":\"x\",\"Orgc\":{}}}";
	static const char other[] = "{\"x\":{}}", broken[] = "{\"Event\":";

	(void)state;
	assert_true(read_kept(&k, "misp", list, sizeof list - 1));
	assert_int_equal(k.count, 1);
	assert_holds(k.json[0], "\"fqdn\":\"a.example.net\",\"port\":99");
	assert_true(read_kept(&k, "misp", manifest, sizeof manifest - 1));
	assert_int_equal(k.stat.rows, 0);
	assert_true(read_kept(&k, "misp", other, sizeof other - 1));
	assert_int_equal(k.refused, 1);
	assert_true(read_kept(&k, "misp", broken, sizeof broken - 1));
	assert_int_equal(k.refused, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_attributes),
	    cmocka_unit_test(test_aside),
	    cmocka_unit_test(test_objects),
	    cmocka_unit_test(test_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
