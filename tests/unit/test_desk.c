/* SPDX-License-Identifier: Apache-2.0 */
/* test_desk.c -- the desk over a real store: the test vector, and what follows a case. */
#include "../../src/role/desk.c"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define T0 (INT64_C(1767225600) * WHEN_SECOND) /* 2026-01-01 */

/* One provider: a line with a fixed address, two that hold 192.0.2.9 in turn, CGNAT. */
struct site {
	char dir[64];
	int lease_fd;
	struct store *store;
	struct identity *identity;
	struct leases *leases;
	struct policy *policy;
	struct desk *desk;
	uint64_t fixed, earlier, present;
	int64_t now;
};

static const struct prefix our_prefixes[2] = {
    {{{[10] = 0xff, 0xff, 192, 0, 2, 0}}, 120},
    {{{[10] = 0xff, 0xff, 100, 64, 0, 0}}, 106},
};
static const struct our_networks ours = {
    .items = our_prefixes, .count = 2, .v6_length = 64};

static void
good(bool result, const struct err *err)
{
	if (!result)
		fail_msg("%s", err->text);
}

static uint64_t
subscriber(struct site *s, const char *number, const char *key, uint32_t *handle)
{
	struct line_person p = {.number = number,
	    .name = "Anna Markersson",
	    .email = "anna@example.net",
	    .phone = "",
	    .postal = "Markgatan 1",
	    .language = "sv",
	    .segment = "consumer",
	    .profile = "",
	    .exempt = "",
	    .operator_ = ""};
	struct err err;
	struct rng rng;

	rng_seed(&rng, hash_bytes(number, strlen(number), 5));
	good(identity_line_put(s->identity, &p, &rng, &err), &err);
	if (key != NULL)
		good(
		    identity_key_put(s->identity, p.line, key, &rng, handle, &err), &err);
	return p.line;
}

static void
fixed_address(struct site *s, uint64_t line, uint8_t last)
{
	struct addr addr = addr_v4(0xc0000200u + last);
	struct prefix prefix = prefix_of(&addr, 128);
	struct err err;
	struct rng rng;

	rng_seed(&rng, last);
	good(identity_prefix_put(s->identity, line, 0, &prefix, &rng, &err), &err);
}

static void
lease(struct site *s, uint32_t addr, uint32_t handle, int64_t start, int64_t end)
{
	struct lease l = {
	    .addr = addr_v4(addr), .handle = handle, .start = start, .end = end};

	if (addr >> 24 == 100) {
		l.port_lo = 1024;
		l.port_hi = 2047;
	}
	(void)leases_add(s->leases, &l);
}

static void
open_desk(struct site *s, bool shadow)
{
	struct desk_config config = {.directory = s->dir,
	    .policy = s->policy,
	    .ours = &ours,
	    .leases = s->leases,
	    .shadow = shadow,
	    .seed = 7,
	    .from_name = "Norrnät",
	    .site_url = "www.norrnat.example"};
	struct err err;

	s->desk = desk_new(&config, s->store, s->identity, &err);
	if (s->desk == NULL)
		fail_msg("%s", err.text);
}

static struct site *
site_new(void)
{
	struct site *s = xcalloc(1, sizeof *s);
	uint32_t handles[3];
	struct err err;

	(void)snprintf(s->dir, sizeof s->dir, "/tmp/test_desk.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	s->store = store_open(s->dir, true, &err);
	good(s->store != NULL, &err);
	s->identity = identity_open(s->dir, &err);
	good(s->identity != NULL, &err);
	s->lease_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s->leases = leases_open(s->lease_fd, true, &err);
	good(s->leases != NULL, &err);
	s->policy = policy_read(NULL, &err);
	good(s->policy != NULL, &err);
	good(identity_begin(s->identity, &err), &err);
	s->fixed = subscriber(s, "1000", NULL, NULL);
	fixed_address(s, s->fixed, 5);
	s->earlier = subscriber(s, "1001", "cpe-a", &handles[0]);
	s->present = subscriber(s, "1002", "cpe-b", &handles[1]);
	(void)subscriber(s, "1003", "cpe-c", &handles[2]);
	good(identity_commit(s->identity, &err), &err);
	lease(s, 0xc0000209, handles[0], T0 - 2 * WHEN_DAY, T0 - WHEN_DAY);
	lease(s, 0xc0000209, handles[1], T0 - WHEN_DAY, T0 + 60 * WHEN_DAY);
	lease(s, 0x64400001, handles[2], T0 - WHEN_DAY, T0 + WHEN_DAY);
	s->now = T0;
	open_desk(s, false);
	return s;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
site_free(struct site *s)
{
	desk_free(s->desk);
	policy_free(s->policy);
	leases_close(s->leases);
	(void)close(s->lease_fd);
	identity_close(s->identity);
	store_close(s->store);
	(void)nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(s);
}

/* A row of Shadowserver's sinkhole report; `row` tells rows apart. */
static struct sighting
sinkhole(uint32_t addr, uint16_t port, int64_t t, uint64_t row)
{
	struct sighting s = {.first = t,
	    .last = t,
	    .received = t + WHEN_HOUR,
	    .addr = addr_v4(addr),
	    .port = port,
	    .role = ROLE_BOT,
	    .kind = KIND_C2,
	    .group = GROUP_REPORT,
	    .severity = SEVERITY_CRITICAL,
	    .grade = 'A',
	    .gold = true,
	    .data_class = DATA_REPORT,
	    .basis = BASIS_NETWORK_SECURITY,
	    .source = "shadowserver",
	    .upstream = "shadowserver",
	    .identifier = "event4_sinkhole",
	    .rsit = "malicious-code/infected-system",
	    .family = "mirai",
	    .weight = 13,
	    .confidence = 1,
	    .count = 1,
	    .why = "a sinkhole was contacted"};
	struct id128 item = {{0}};

	memcpy(item.b, &row, sizeof row);
	sighting_set_id(&s, &item, 0);
	return s;
}

static void
epoch(struct site *s, int64_t now, const struct sighting *sighting)
{
	struct sighting copy;
	struct err err;

	if (sighting != NULL)
		copy = *sighting;
	s->now = now;
	good(desk_epoch(s->desk, now, &copy, sighting != NULL, NULL, 0, &err), &err);
}

/* Hands out what is due and answers for the world; returns how many letters there were.
 */
static size_t
deliver(struct site *s, struct order *last, enum outcome outcome)
{
	struct order *orders = xcalloc(256, sizeof *orders);
	size_t count = desk_orders(s->desk, s->now, orders, 256);
	struct err err;

	for (size_t i = 0; i < count; i++)
		good(desk_outcome(s->desk, s->now, &orders[i].key, outcome, "550", &err),
		    &err);
	if (count > 0 && last != NULL)
		*last = orders[count - 1];
	free(orders);
	return count;
}

struct listing {
	size_t count;
	struct case_record last;
	size_t states[CASE_STATES], held;
};

static bool
list_one(void *ctx, const struct case_record *record)
{
	struct listing *l = ctx;

	if (l->count++ == 0)
		l->last = *record; /* the newest comes first */
	l->states[record->now.state]++;
	l->held += record->now.held;
	return true;
}

static struct listing
cases(struct site *s)
{
	struct case_filter all = {.state = -1};
	struct listing l = {0};

	store_cases(s->store, &all, list_one, &l);
	return l;
}

struct counted {
	const char *name;
	uint64_t value;
};

static bool
count_one(void *ctx, const char *name, uint64_t value)
{
	struct counted *c = ctx;

	if (strcmp(name, c->name) == 0)
		c->value = value;
	return true;
}

static uint64_t
counter(struct site *s, const char *name)
{
	struct counted c = {.name = name};

	store_counts(s->store, count_one, &c);
	return c.value;
}

/* The state of a case is the fold of its entries, and each cached fold says the same. */
static bool
fold_one(void *ctx, const struct entry *entry, const void *payload, size_t size)
{
	(void)payload;
	(void)size;
	assert_true(case_fold(ctx, entry));
	return true;
}

static void
check_fold(struct site *s, const struct case_record *record)
{
	struct case_state_of state = {0};

	store_entries(s->store, record->id, fold_one, &state);
	assert_int_equal(state.state, record->now.state);
	assert_int_equal(state.entries, record->now.entries);
	assert_int_equal(state.notices_sent, record->now.notices_sent);
	assert_true(state.last_evidence == record->now.last_evidence);
}

static void
test_vector(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000205, 0, T0, 1);
	struct order *letter = xcalloc(1, sizeof *letter);
	struct listing l;

	(void)state;
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	l = cases(s);
	assert_int_equal(l.count, 1);
	assert_true(l.last.line == s->fixed);
	assert_true(l.last.now.posterior > .9975 && l.last.now.posterior < .9985);
	assert_int_equal(l.last.now.state, CASE_NOTIFYING);
	assert_int_equal(deliver(s, letter, OUTCOME_DONE), 1);
	assert_string_equal(letter->target, "anna@example.net");
	assert_non_null(strstr(letter->body, l.last.code));
	assert_non_null(strstr(letter->body, "1 januari 2026 kl. 01.00"));
	assert_int_equal(cases(s).last.now.state, CASE_NOTIFIED);
	/* the same row again */
	epoch(s, T0 + 3 * WHEN_HOUR, &row);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 0);
	l = cases(s);
	assert_int_equal(l.count, 1);
	assert_int_equal(l.last.now.entries, 3); /* opened, notice, delivered */
	assert_int_equal(counter(s, "sightings.duplicate"), 1);
	check_fold(s, &l.last);
	free(letter);
	site_free(s);
}

static void
test_needs_port(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0x64400001, 0, T0, 1);
	char name[64];

	(void)state;
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	assert_int_equal(cases(s).count, 0);
	(void)snprintf(
	    name, sizeof name, "sightings.%s", attribution_names[ATTRIBUTION_NEEDS_PORT]);
	assert_int_equal(counter(s, name), 1);
	row = sinkhole(0x64400001, 1500, T0, 2); /* with the port it is somebody */
	epoch(s, T0 + 3 * WHEN_HOUR, &row);
	assert_int_equal(cases(s).count, 1);
	site_free(s);
}

static void
test_earlier_holder(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000209, 0, T0 - 30 * WHEN_HOUR, 1);

	(void)state;
	epoch(s, T0, &row);
	assert_int_equal(cases(s).count, 1);
	assert_true(cases(s).last.line == s->earlier);
	row = sinkhole(0xc0000209, 0, T0 - WHEN_HOUR, 2);
	epoch(s, T0 + WHEN_HOUR, &row);
	assert_true(cases(s).last.line == s->present);
	row = sinkhole(0xc0000209, 0, T0 - WHEN_DAY, 3); /* spans the change */
	row.first -= WHEN_MINUTE;
	row.last += WHEN_MINUTE;
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	assert_int_equal(cases(s).count, 2);
	row = sinkhole(0x08080808, 0, T0, 4);
	epoch(s, T0 + 3 * WHEN_HOUR, &row);
	assert_int_equal(cases(s).count, 2);
	assert_int_equal(counter(s, "sightings.unique"), 2);
	site_free(s);
}

/* The feed goes on about others; this line is silent: clean after 14 days, with thanks.
 */
static void
test_verified_clean(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000205, 0, T0, 1);
	struct order *letter = xcalloc(1, sizeof *letter);
	struct case_record record;

	(void)state;
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	record = cases(s).last;
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 1);
	for (int day = 1; day <= 15; day++) {
		row = sinkhole(0x08080808, 0, T0 + day * WHEN_DAY, 100 + (uint64_t)day);
		epoch(s, T0 + day * WHEN_DAY + 3 * WHEN_HOUR, &row);
		assert_true(store_case_get(s->store, record.id, &record));
		if (day == 4)
			assert_int_equal(record.now.state, CASE_VERIFYING);
		if (day == 13)
			assert_int_equal(record.now.state, CASE_VERIFYING);
	}
	assert_int_equal(record.now.state, CASE_CLEAN);
	check_fold(s, &record);
	assert_int_equal(deliver(s, letter, OUTCOME_DONE), 1);
	assert_non_null(strstr(letter->subject, "bra ut igen"));
	free(letter);
	site_free(s);
}

/* The same without any word from the feed: nothing is verified, in the end it expires. */
static void
test_dead_feed_is_not_clean(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000205, 0, T0, 1);

	(void)state;
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 1);
	for (int day = 1; day <= 40; day++)
		epoch(s, T0 + day * WHEN_DAY, NULL);
	assert_int_equal(cases(s).last.now.state, CASE_VERIFYING);
	for (int day = 41; day <= 46; day++)
		epoch(s, T0 + day * WHEN_DAY, NULL);
	assert_int_equal(cases(s).last.now.state, CASE_EXPIRED);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 0);
	site_free(s);
}

static void
test_reminder_and_task(void **state)
{
	struct site *s = site_new();
	size_t letters = 0;

	(void)state;
	for (int day = 0; day < 10; day++) {
		struct sighting row =
		    sinkhole(0xc0000205, 0, T0 + day * WHEN_DAY, 1 + (uint64_t)day);

		epoch(s, T0 + day * WHEN_DAY + 2 * WHEN_HOUR, &row);
		letters += deliver(s, NULL, OUTCOME_DONE);
	}
	assert_int_equal(letters, 2);
	assert_int_equal(cases(s).last.now.state, CASE_TASK);
	assert_int_equal(cases(s).last.now.reminders, 1);
	check_fold(
	    s, &(struct case_record){.id = cases(s).last.id, .now = cases(s).last.now});
	site_free(s);
}

static void
test_bounce_and_retry(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000205, 0, T0, 1);
	struct order first, second;

	(void)state;
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	assert_int_equal(deliver(s, &first, OUTCOME_LATER), 1);
	assert_int_equal(deliver(s, NULL, OUTCOME_LATER), 0); /* not yet */
	s->now += 5 * WHEN_MINUTE;
	assert_int_equal(desk_orders(s->desk, s->now, &second, 1), 1);
	assert_memory_equal(first.key.b, second.key.b, sizeof first.key.b);
	/* a restart in between: it is handed out again, under the same key */
	desk_free(s->desk);
	open_desk(s, false);
	assert_int_equal(deliver(s, &second, OUTCOME_REFUSED), 1);
	assert_memory_equal(first.key.b, second.key.b, sizeof first.key.b);
	assert_int_equal(cases(s).last.now.state, CASE_TASK); /* unreached: a person */
	site_free(s);
}

/* A feed gone mad about every line: HOLD after the floor of 20, the caps before that. */
static void
test_poisoned_feed(void **state)
{
	enum { LINES = 60 };
	struct site *s = site_new();
	struct sighting *rows = xcalloc(LINES, sizeof *rows);
	struct err err;
	struct listing l;

	(void)state;
	good(identity_begin(s->identity, &err), &err);
	for (uint8_t i = 0; i < LINES; i++) {
		char number[16];

		(void)snprintf(number, sizeof number, "2%03d", i);
		fixed_address(s, subscriber(s, number, NULL, NULL), (uint8_t)(20 + i));
		rows[i] = sinkhole(0xc0000200u + 20 + i, 0, T0, i);
	}
	good(identity_commit(s->identity, &err), &err);
	good(desk_statics_load(s->desk, &err), &err);
	s->policy->caps.notices_per_hour_per_cause = 8;
	s->now = T0 + 2 * WHEN_HOUR;
	good(desk_epoch(s->desk, s->now, rows, LINES, NULL, 0, &err), &err);
	l = cases(s);
	assert_int_equal(l.count, LINES);
	assert_int_equal(l.states[CASE_NOTIFYING], 8); /* the cap of the hour */
	assert_int_equal(l.held, LINES - 20);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 8);
	for (int hour = 3; hour < 30; hour++) { /* hours later the held ones still wait */
		epoch(s, T0 + hour * WHEN_HOUR, NULL);
		(void)deliver(s, NULL, OUTCOME_DONE);
	}
	l = cases(s);
	assert_int_equal(l.states[CASE_DUE], LINES - 8);
	assert_int_equal(
	    l.held, LINES - 8); /* the cause is on HOLD for the waiting too */
	free(rows);
	site_free(s);
}

static void
test_shadow(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000205, 0, T0, 1);

	(void)state;
	desk_free(s->desk);
	open_desk(s, true);
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 0);
	assert_true(cases(s).last.now.shadow);
	assert_int_equal(cases(s).last.now.state, CASE_DUE);
	desk_free(s->desk); /* the configuration says: off */
	open_desk(s, false);
	epoch(s, T0 + 2 * WHEN_DAY, NULL);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 1);
	site_free(s);
}

/* The order in which an epoch's sightings were given does not show. */
static void
test_order_does_not_show(void **state)
{
	char codes[2][9];
	struct id128 keys[2];

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct site *s = site_new();
		struct sighting rows[2];
		struct order order;
		struct err err;

		rows[turn] = sinkhole(0xc0000205, 0, T0, 1);
		rows[1 - turn] = sinkhole(0xc0000209, 0, T0, 2);
		s->now = T0 + 2 * WHEN_HOUR;
		good(desk_epoch(s->desk, s->now, rows, 2, NULL, 0, &err), &err);
		memcpy(codes[turn], cases(s).last.code, 9);
		assert_int_equal(deliver(s, &order, OUTCOME_DONE), 2);
		keys[turn] = order.key;
		site_free(s);
	}
	assert_string_equal(codes[0], codes[1]);
	assert_memory_equal(keys[0].b, keys[1].b, sizeof keys[0].b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vector),
	    cmocka_unit_test(test_needs_port),
	    cmocka_unit_test(test_earlier_holder),
	    cmocka_unit_test(test_verified_clean),
	    cmocka_unit_test(test_dead_feed_is_not_clean),
	    cmocka_unit_test(test_reminder_and_task),
	    cmocka_unit_test(test_bounce_and_retry),
	    cmocka_unit_test(test_poisoned_feed),
	    cmocka_unit_test(test_shadow),
	    cmocka_unit_test(test_order_does_not_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
