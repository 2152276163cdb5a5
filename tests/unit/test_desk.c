/* SPDX-License-Identifier: Apache-2.0 */
/* test_desk.c -- the desk over a real store: the test vector, and what follows a case. */
#include "../../src/role/desk.c"

#include "desk_site.h"
#include "report/report.h"

#include <sys/mman.h>

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

/* A leased line that moves to another address is online; one that is off is not. */
static void
test_leased_line(void **state)
{
	(void)state;
	for (int off = 0; off < 2; off++) {
		struct site *s = site_new();
		struct sighting row = sinkhole(0x64400001, 1500, T0, 1);
		struct lease held[1];

		assert_int_equal(
		    leases_find(s->leases, &(struct lease_question){row.addr, 0, T0, T0},
			held, 1),
		    1);
		if (!off)
			lease(s, 0xc000020a, held[0].handle, T0 + WHEN_DAY,
			    T0 + 60 * WHEN_DAY);
		epoch(s, T0 + 2 * WHEN_HOUR, &row);
		assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 1);
		for (int day = 1; day <= 16; day++) {
			row = sinkhole(
			    0x08080808, 0, T0 + day * WHEN_DAY, 100 + (uint64_t)day);
			epoch(s, T0 + day * WHEN_DAY + 3 * WHEN_HOUR, &row);
		}
		assert_int_equal(
		    cases(s).last.now.state, off ? CASE_VERIFYING : CASE_CLEAN);
		site_free(s);
	}
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
	struct err err;
	size_t count;

	(void)state;
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	assert_int_equal(deliver(s, &first, OUTCOME_LATER), 1);
	assert_int_equal(deliver(s, NULL, OUTCOME_LATER), 0); /* not yet */
	s->now += 5 * WHEN_MINUTE;
	assert_true(desk_orders(s->desk, s->now, &second, 1, &count, &err) && count == 1);
	assert_memory_equal(first.key.b, second.key.b, sizeof first.key.b);
	/* a restart in between: it is handed out again, under the same key */
	desk_free(s->desk);
	open_desk(s, false);
	assert_int_equal(deliver(s, &second, OUTCOME_REFUSED), 1);
	assert_memory_equal(first.key.b, second.key.b, sizeof first.key.b);
	assert_int_equal(cases(s).last.now.state, CASE_TASK); /* unreached: a person */
	site_free(s);
}

struct reading {
	struct weight_table *weights;
	struct sighting rows[8];
	size_t count;
};

static void
take_item(void *ctx, const struct item *item)
{
	struct reading *r = ctx;
	struct item_origin origin = {r->weights, "shadowserver", 0, T0 + WHEN_HOUR, 'A'};
	const char *reason;

	r->count += item_to_sighting(item, &origin, &r->rows[r->count], &reason);
}

static void
no_refusal(void *ctx, const struct refusal *refusal)
{
	(void)ctx;
	fail_msg("row %llu: %s", (unsigned long long)refusal->row, refusal->reason);
}

/* From the bytes of a report: fixed line, shared address without a port, former holder.
 */
static void
test_from_csv(void **state)
{
	static const char csv[] =
	    "\"timestamp\",\"src_ip\",\"src_port\",\"protocol\",\"infection\"\n"
	    "\"2026-01-01 00:00:00\",\"192.0.2.5\",4711,\"tcp\",\"mirai\"\n"
	    "\"2026-01-01 00:00:00\",\"100.64.0.1\",,\"tcp\",\"mirai\"\n"
	    "\"2025-12-30 18:00:00\",\"192.0.2.9\",4711,\"tcp\",\"mirai\"\n";
	struct report_input in = {.name = "2026-01-01-event4_sinkhole-test.csv"};
	struct site *s = site_new();
	struct reading r = {0};
	const struct report_sink sink = {
	    .item = take_item, .refuse = no_refusal, .ctx = &r};
	struct report_stat stat;
	struct listing l;
	struct err err;

	(void)state;
	r.weights = weights_read(NULL, &err);
	good(r.weights != NULL, &err);
	in.fd = memfd_create("csv", MFD_CLOEXEC);
	assert_int_equal(write(in.fd, csv, sizeof csv - 1), sizeof csv - 1);
	assert_int_equal(lseek(in.fd, 0, SEEK_SET), 0);
	good(report_read(&in, &sink, &stat, &err), &err);
	assert_int_equal(r.count, 3);
	for (int turn = 0; turn < 2; turn++) { /* the same file twice changes nothing */
		s->now = T0 + (2 + turn) * WHEN_HOUR;
		take_all(s, s->now, r.rows, r.count);
		l = cases(s);
		assert_int_equal(l.count, 2);
		assert_true(l.last.line == s->earlier || l.last.line == s->fixed);
		assert_true(l.last.now.posterior > .9975 && l.last.now.posterior < .9985);
		assert_int_equal(counter(s, "sightings.needs port"), 1);
		assert_int_equal(deliver(s, NULL, OUTCOME_DONE), turn == 0 ? 2 : 0);
	}
	(void)close(in.fd);
	weights_free(r.weights);
	site_free(s);
}

static struct sighting
finding(const char *detector, uint8_t group, uint8_t kind, double weight, int64_t t)
{
	struct sighting s = sinkhole(0xc0000205, 0, t, 0);
	struct id128 none = {{0}};

	s.group = group;
	s.kind = kind;
	s.gold = false;
	s.weight = weight;
	s.data_class = DATA_TRAFFIC;
	s.upstream[0] = '\0';
	(void)snprintf(s.source, sizeof s.source, "%s", detector);
	(void)snprintf(s.identifier, sizeof s.identifier, "%s", detector);
	sighting_set_id(&s, &none, T0);
	return s;
}

/* Own traffic: one group is not enough, two are; a finding replaces its former self. */
static void
test_findings(void **state)
{
	struct site *s = site_new();
	struct sighting scan = finding("scan", GROUP_PROPAGATION, KIND_SCAN, 8, T0);
	struct sighting hit = finding("indicator", GROUP_INTEL, KIND_C2, 8, T0);

	(void)state;
	epoch(s, T0 + 2 * WHEN_HOUR, &scan);
	assert_int_equal(cases(s).count, 0); /* suspect: a sighting, no case */
	scan.last += WHEN_HOUR;
	scan.received += WHEN_HOUR;
	scan.count = 500;
	epoch(s, T0 + 3 * WHEN_HOUR, &scan);
	assert_int_equal(counter(s, "sightings.updated"), 1);
	assert_int_equal(cases(s).count, 0); /* twice the same is not two */
	epoch(s, T0 + 4 * WHEN_HOUR, &hit);
	assert_int_equal(cases(s).count, 1);
	assert_int_equal(cases(s).last.class_, CLASS_INFECTED);
	assert_true(cases(s).last.now.posterior > .999);
	assert_true(cases(s).last.now.last_evidence == scan.last);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 1);
	site_free(s);
}

/* Servers repeat the address they refuse: the outbox does not keep it. */
static void
test_refusal_without_address(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000205, 0, T0, 1);
	struct outbox_entry e;
	struct order order;
	struct err err;
	size_t count;

	(void)state;
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	assert_true(desk_orders(s->desk, s->now, &order, 1, &count, &err) && count == 1);
	good(desk_outcome(s->desk, s->now, &order.key, OUTCOME_REFUSED,
		 "550 5.1.1 <anna@example.net>: no such user", &err),
	    &err);
	assert_true(store_outbox_get(s->store, &order.key, &e));
	assert_string_equal(e.error, "550 5.1.1 (address) no such user");
	site_free(s);
}

/* What an undisturbed run leaves behind, as text. */
struct record_text {
	char text[8192];
	size_t size;
};

static bool
write_entry(void *ctx, const struct entry *e, const void *payload, size_t size)
{
	struct record_text *t = ctx;

	(void)payload;
	(void)size;
	t->size += (size_t)snprintf(t->text + t->size, sizeof t->text - t->size,
	    "%u %d %lld %.17g %02x%02x\n", e->number, e->type, (long long)e->time,
	    e->posterior, e->ref.b[0], e->ref.b[15]);
	return true;
}

struct writing {
	struct site *site;
	struct record_text *text;
};

static bool
write_case(void *ctx, const struct case_record *record)
{
	struct writing *w = ctx;

	w->text->size += (size_t)snprintf(w->text->text + w->text->size,
	    sizeof w->text->text - w->text->size, "%s %llu %lld\n", record->code,
	    (unsigned long long)record->line, (long long)record->due);
	store_entries(w->site->store, record->id, write_entry, w->text);
	return true;
}

static void
live(struct record_text *out, bool disturbed)
{
	static const uint32_t addrs[3] = {0xc0000205, 0xc0000209, 0x64400001};
	struct case_filter all = {.state = -1};
	struct site *s = site_new();
	struct writing w = {.site = s, .text = out};

	for (uint64_t i = 0; i < 12; i++) {
		int64_t t = T0 + (int64_t)i * 7 * WHEN_HOUR;
		struct sighting row = sinkhole(addrs[i % 3], 1500, t, i);

		epoch(s, t + WHEN_HOUR, &row);
		if (disturbed) { /* killed before it was acknowledged: sent again */
			desk_free(s->desk);
			open_desk(s, false);
			epoch(s, t + WHEN_HOUR, &row);
		}
		(void)deliver(s, NULL, OUTCOME_DONE);
	}
	store_cases(s->store, &all, write_case, &w);
	site_free(s);
}

static void
test_killed_run_is_the_same(void **state)
{
	struct record_text *runs = xcalloc(2, sizeof *runs);

	(void)state;
	live(&runs[0], false);
	live(&runs[1], true);
	assert_true(runs[0].size > 300);
	assert_string_equal(runs[0].text, runs[1].text);
	free(runs);
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
	take_all(s, s->now, rows, LINES);
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

		rows[turn] = sinkhole(0xc0000205, 0, T0, 1);
		rows[1 - turn] = sinkhole(0xc0000209, 0, T0, 2);
		s->now = T0 + 2 * WHEN_HOUR;
		take_all(s, s->now, rows, 2);
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
	    cmocka_unit_test(test_leased_line),
	    cmocka_unit_test(test_dead_feed_is_not_clean),
	    cmocka_unit_test(test_reminder_and_task),
	    cmocka_unit_test(test_bounce_and_retry),
	    cmocka_unit_test(test_from_csv),
	    cmocka_unit_test(test_findings),
	    cmocka_unit_test(test_refusal_without_address),
	    cmocka_unit_test(test_killed_run_is_the_same),
	    cmocka_unit_test(test_poisoned_feed),
	    cmocka_unit_test(test_shadow),
	    cmocka_unit_test(test_order_does_not_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
