/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_desk_complaints.c -- from a sensor's sighting of an address elsewhere to the mail,
 * the reminder and the end.
 */
#include "desk_site.h"
#include "exchange/contacts.h"
#include "exchange/write.h"
#include "store/complaints.h"

static struct contacts *contacts;

static struct contacts *
some_contacts(void)
{
	char path[] = "/tmp/botkoll-contacts-XXXXXX";
	int fd = mkstemp(path);
	struct contacts *read;
	struct err err;
	static const char text[] = "network,contact\n203.0.113.0/24,abuse@example.org\n";

	assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
	(void)close(fd);
	read = contacts_read(path, NULL, &err);
	assert_non_null(read);
	(void)unlink(path);
	return read;
}

static void
configure(struct site *s)
{
	contacts = some_contacts();
	s->desk->config.complaints = (struct desk_complaints){.contacts = contacts,
	    .mail = "abuse@norrnat.example",
	    .policy = {3 * WHEN_DAY, 14 * WHEN_DAY},
	    .per_hour = 2};
}

static struct sighting
attack(const char *addr, int64_t t)
{
	struct sighting s = {.first = t,
	    .last = t,
	    .received = t,
	    .realm = 1,
	    .port = 40000,
	    .proto = 6,
	    .role = ROLE_BOT,
	    .kind = KIND_BRUTEFORCE,
	    .group = GROUP_REPORT,
	    .severity = SEVERITY_HIGH,
	    .grade = 'B',
	    .upstream = "own-sensors",
	    .source = "honeypot",
	    .identifier = "cowrie-login"};
	struct id128 item = {{0}};

	assert_true(addr_parse(addr, &s.addr));
	memcpy(item.b, &t, sizeof t);
	sighting_set_id(&s, &item, 0);
	return s;
}

static size_t
take_orders(struct site *s, struct order *out, size_t room)
{
	size_t count;
	struct err err;

	good(desk_orders(s->desk, s->now, out, room, &count, &err), &err);
	for (size_t i = 0; i < count; i++)
		good(desk_outcome(s->desk, s->now, &out[i].key, OUTCOME_DONE, NULL, &err),
		    &err);
	return count;
}

static uint8_t
state_of(struct site *s, uint64_t number)
{
	struct complaint c;

	assert_true(store_complaint_get(s->store, number, &c));
	return c.state;
}

static struct order orders[4];

static void
test_life(void **state)
{
	struct site *s = site_new();
	struct sighting rows[2] = {attack("203.0.113.7", T0), attack("203.0.113.8", T0)};
	struct sighting again = attack("203.0.113.8", T0 + 2 * WHEN_DAY);

	(void)state;
	configure(s);
	take_all(s, T0 + WHEN_HOUR, rows, 2);
	/* One mail to one contact, about both. */
	assert_int_equal(take_orders(s, orders, 4), 1);
	assert_string_equal(orders[0].target, "abuse@example.org");
	assert_string_equal(orders[0].part_name, "xarf.json");
	assert_non_null(strstr(orders[0].body, "203.0.113.7"));
	assert_non_null(strstr(orders[0].body, "203.0.113.8"));
	assert_int_equal(complaint_find(orders[0].subject), 1);
	assert_int_equal(state_of(s, 1), COMPLAINT_SENT);
	/* Seen again since: a reminder; the other one is quiet and ends. */
	take_all(s, T0 + 2 * WHEN_DAY + WHEN_HOUR, &again, 1);
	assert_int_equal(take_orders(s, orders, 4), 0);
	take_all(s, T0 + 4 * WHEN_DAY, NULL, 0);
	assert_int_equal(take_orders(s, orders, 4), 1);
	assert_null(strstr(orders[0].body, "203.0.113.7"));
	assert_int_equal(state_of(s, 2), COMPLAINT_REMINDED);
	take_all(s, T0 + 14 * WHEN_DAY + WHEN_HOUR, NULL, 0);
	assert_int_equal(state_of(s, 1), COMPLAINT_ENDED);
	assert_int_equal(state_of(s, 2), COMPLAINT_REMINDED);
	take_all(s, T0 + 17 * WHEN_DAY, NULL, 0);
	assert_int_equal(state_of(s, 2), COMPLAINT_ENDED);
	assert_int_equal(take_orders(s, orders, 4), 0);
	contacts_free(contacts);
	site_free(s);
}

/* Our own lines, addresses without contact and other people's claims: no mail. And no
 * more mails in an hour than configured. */
static void
test_limits(void **state)
{
	struct site *s = site_new();
	struct sighting rows[] = {attack("192.0.2.5", T0), attack("198.51.100.7", T0 + 1),
	    attack("203.0.113.9", T0 + 2)};

	(void)state;
	configure(s);
	(void)strcpy(rows[2].upstream, "shadowserver");
	take_all(s, T0 + WHEN_HOUR, rows, 3);
	assert_int_equal(take_orders(s, orders, 4), 0);
	assert_int_equal(state_of(s, 1), COMPLAINT_WAITING);
	assert_false(store_complaint_get(s->store, 2, &(struct complaint){0}));
	contacts_free(contacts);
	site_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_life),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
