/* SPDX-License-Identifier: Apache-2.0 */
/* test_dns.c -- questions as they are on the wire, and what is refused. */
#include "../../src/event/dns.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct wire {
	uint8_t bytes[600];
	size_t size;
};

/* A query for `labels` (dotted; "" is the root) of type `type`. */
static struct wire
question(uint8_t flags, uint8_t code, const char *labels, uint8_t type)
{
	struct wire w = {.bytes = {0x12, 0x34, flags, code, 0, 1}, .size = HEADER};

	while (*labels != '\0') {
		size_t size = strcspn(labels, ".");

		w.bytes[w.size++] = (uint8_t)size;
		memcpy(w.bytes + w.size, labels, size);
		w.size += size;
		labels += size + (labels[size] == '.');
	}
	w.size += 2; /* the root, and the high byte of the type */
	w.bytes[w.size++] = type;
	w.bytes[w.size + 1] = 1;
	w.size += 2;
	return w;
}

static void
test_query(void **state)
{
	struct wire w = question(0x01, 0x20, "WWW.Example.SE", 28);
	struct dns_message m;

	(void)state;
	assert_true(dns_decode(w.bytes, w.size, &m));
	assert_false(m.response);
	assert_int_equal(m.type, 28);
	assert_int_equal(m.name_size, 14);
	assert_memory_equal(m.name, "www.example.se", 14);
}

static void
test_response(void **state)
{
	struct wire w = question(0x81, 0x83, "no.such.name", 1);
	struct dns_message m;

	(void)state;
	assert_true(dns_decode(w.bytes, w.size + 40, &m)); /* answers are not looked at */
	assert_true(m.response);
	assert_int_equal(m.rcode, 3);
}

static void
test_root_and_odd_bytes(void **state)
{
	struct wire w = question(0, 0, "", 2);
	struct dns_message m;

	(void)state;
	assert_true(dns_decode(w.bytes, w.size, &m));
	assert_int_equal(m.name_size, 1);
	assert_int_equal(m.name[0], '.');
	w = question(0, 0, "a\x01 b", 1);
	assert_true(dns_decode(w.bytes, w.size, &m));
	assert_memory_equal(m.name, "a??b", 4);
}

/* Every cut of a message is refused, and reads nothing beyond it. */
static void
test_cut(void **state)
{
	struct wire w = question(0, 0, "example.org", 1);
	struct dns_message m;

	(void)state;
	for (size_t size = 0; size < w.size; size++) {
		uint8_t *exact = test_malloc(size + 1);

		memcpy(exact, w.bytes, size);
		assert_false(dns_decode(exact, size, &m));
		test_free(exact);
	}
}

static void
test_refused(void **state)
{
	struct wire w = question(0x28, 0, "example.org", 1); /* an update */
	struct dns_message m;

	(void)state;
	assert_false(dns_decode(w.bytes, w.size, &m));
	w = question(0, 0, "example.org", 1);
	w.bytes[5] = 2; /* two questions */
	assert_false(dns_decode(w.bytes, w.size, &m));
	w.bytes[5] = 1;
	w.bytes[HEADER] = 0xc0; /* a pointer where nothing came before */
	assert_false(dns_decode(w.bytes, w.size, &m));
}

/* 253 characters are a name; one more is none. */
static void
test_longest(void **state)
{
	char name[300];
	struct dns_message m;
	struct wire w;

	(void)state;
	memset(name, 'a', sizeof name);
	for (size_t at = 63; at < 253; at += 64)
		name[at] = '.';
	name[253] = '\0';
	w = question(0, 0, name, 1);
	assert_true(dns_decode(w.bytes, w.size, &m));
	assert_int_equal(m.name_size, 253);
	memcpy(name + 253, "a", 2);
	w = question(0, 0, name, 1);
	assert_false(dns_decode(w.bytes, w.size, &m));
}

static void
test_tcp(void **state)
{
	struct wire w = question(0, 0, "example.org", 1);
	uint8_t bytes[602] = {0};
	struct dns_message m;

	(void)state;
	bytes[1] = (uint8_t)w.size;
	memcpy(bytes + 2, w.bytes, w.size);
	assert_true(dns_decode_tcp(bytes, w.size + 2, &m));
	bytes[1]--; /* more than the length says */
	assert_false(dns_decode_tcp(bytes, w.size + 2, &m));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_query),
	    cmocka_unit_test(test_response),
	    cmocka_unit_test(test_root_and_odd_bytes),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_longest),
	    cmocka_unit_test(test_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
