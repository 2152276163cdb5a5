/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_desk_reports.c -- reports at the desk: who is believed, what people read, who is
 * answered, and a C2 server of our own from bytes to notice.
 */
#include "../../src/role/desk_reporters.c"

#include "desk_site.h"

#include <math.h>

static json_t *
ask(struct site *s, const char *verb, json_t *args)
{
	json_t *request = json_pack("{s:s, s:o}", "verb", verb, "args", args), *answer;
	struct wr reply;
	struct err err;

	wr_init(&reply, DESK_REPLY);
	desk_control(s->desk, s->now, 3, request, &reply);
	answer = json_read(wr_string(&reply), reply.size, &err);
	assert_non_null(answer);
	wr_fini(&reply);
	json_decref(request);
	return answer;
}

static json_t *
result(json_t *answer)
{
	if (!json_is_true(json_object_get(answer, "ok")))
		fail_msg("%s", json_string_value(json_object_get(answer, "error")));
	return json_object_get(answer, "result");
}

static struct site *
weighing_site(void)
{
	struct site *s = site_new();
	struct err err;

	s->desk->config.weights = weights_read(NULL, &err);
	good(s->desk->config.weights != NULL, &err);
	return s;
}

static void
weighing_free(struct site *s)
{
	struct weight_table *weights =
	    (struct weight_table *)(uintptr_t)s->desk->config.weights;

	site_free(s);
	weights_free(weights);
}

static struct sighting
claim_by(const char *reporter, uint32_t addr, int64_t t, uint64_t row)
{
	struct sighting s = sinkhole(addr, 0, t, row);
	struct id128 item = {{1}};

	s.gold = false;
	s.grade = 'C';
	s.kind = KIND_INFECTION;
	(void)snprintf(s.upstream, sizeof s.upstream, "%s", reporter);
	(void)snprintf(s.source, sizeof s.source, "mailbox");
	(void)snprintf(s.identifier, sizeof s.identifier, "free-text");
	memcpy(item.b + 8, &row, sizeof row);
	sighting_set_id(&s, &item, 0);
	return s;
}

static double
weight_now(struct site *s, const char *reporter)
{
	struct sighting row = claim_by(reporter, 0xc0000205, s->now, 0);

	desk_weigh(s->desk, &row);
	return row.weight;
}

/* A seeded liar names addresses at random, most of which nobody held; an honest reporter
 * names the line that Shadowserver names too. */
static void
test_liar(void **state)
{
	struct site *s = weighing_site();
	struct rng rng;
	json_t *a;
	size_t i;

	(void)state;
	rng_seed(&rng, 4711);
	for (int day = 0; day < 40; day++) {
		int64_t t = T0 + day * WHEN_DAY;
		struct sighting rows[8];

		for (i = 0; i < 6; i++)
			rows[i] = claim_by("liar.example",
			    0xc000020a + (uint32_t)rng_below(&rng, 200), t + (int64_t)i,
			    (uint64_t)day * 8 + i);
		rows[i++] =
		    claim_by("honest.example", 0xc0000205, t, (uint64_t)day * 8 + 6);
		rows[i++] = sinkhole(0xc0000205, 0, t, (uint64_t)day * 8 + 7);
		take_all(s, t + 2 * WHEN_HOUR, rows, i);
	}
	assert_true(fabs(weight_now(s, "unheard.example") - 4) < 1e-9);
	assert_true(fabs(weight_now(s, "honest.example") - 4) < 1e-9);
	assert_true(weight_now(s, "liar.example") < 0.1);
	a = ask(s, "report.reporters", json_object());
	assert_int_equal(json_array_size(result(a)), 3);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(result(a), 0), "reporter")),
	    "liar.example");
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(result(a), 0), "present")),
	    "F");
	json_decref(a);
	a = ask(s, "report.grade",
	    json_pack("{s:s, s:s, s:s}", "reporter", "liar.example", "grade", "C", "why",
		"a new team, spoken to by telephone"));
	(void)result(a);
	json_decref(a);
	assert_true(fabs(weight_now(s, "liar.example") - 4) < 1e-9);
	weighing_free(s);
}

/* Who runs a sinkhole is believed on: an address that nobody held is our log's gap. */
static void
test_grade_a(void **state)
{
	struct site *s = weighing_site();
	struct sighting row;

	(void)state;
	for (int day = 0; day < 40; day++) {
		int64_t t = T0 + day * WHEN_DAY;

		row = sinkhole(0xc0000214, 0, t, (uint64_t)day);
		take_all(s, t + WHEN_HOUR, &row, 1);
	}
	row = sinkhole(0xc0000205, 0, T0, 99);
	desk_weigh(s->desk, &row);
	assert_true(row.gold && fabs(row.weight - 13) < 1e-9);
	weighing_free(s);
}

struct weights {
	double of[8];
	size_t count;
};

static bool
note_weight(void *ctx, const struct stored_sighting *s)
{
	struct weights *w = ctx;

	w->of[w->count++] = s->sighting.weight;
	return w->count < 8;
}

/* A record that falls later judges nothing again: the weight is kept with the sighting.
 */
static void
test_weight_stays(void **state)
{
	struct site *s = weighing_site();
	struct sighting row = claim_by("liar.example", 0xc0000205, T0, 1);
	struct weights w = {0};

	(void)state;
	epoch(s, T0 + WHEN_HOUR, &row);
	for (uint64_t i = 0; i < 50; i++) {
		row = claim_by("liar.example", 0xc0000264, T0 + (int64_t)i, 100 + i);
		epoch(s, T0 + WHEN_HOUR + (int64_t)i, &row);
	}
	store_sightings_of_line(s->store, s->fixed, 0, note_weight, &w);
	assert_int_equal(w.count, 1);
	assert_true(fabs(w.of[0] - 4) < 1e-9);
	assert_true(weight_now(s, "liar.example") < 2);
	weighing_free(s);
}

/* ---- a C2 server in our own network */

struct reading {
	struct site *s;
	char grade;
	struct sighting rows[4];
	size_t count;
};

static void
take_item(void *ctx, const struct item *item)
{
	struct reading *r = ctx;
	struct item_origin origin = {
	    r->s->desk->config.weights, "shadowserver", 0, r->s->now, r->grade};
	const char *reason;

	r->count += item_to_sighting(item, &origin, &r->rows[r->count], &reason);
}

static size_t
host_cases(const char *day, char grade, struct order *letter)
{
	struct site *s = weighing_site();
	struct reading r = {.s = s, .grade = grade};
	const struct report_sink sink = {.item = take_item, .ctx = &r};
	struct report_stat stat;
	struct listing l;
	struct err err;
	char csv[512];
	struct report_input in = {
	    .name = "2026-01-01-scan_post_exploitation_framework-test.csv",
	    .fd = -1,
	    .bytes = (uint8_t *)csv};

	s->now = T0 + 2 * WHEN_HOUR;
	in.size = (size_t)snprintf(csv, sizeof csv,
	    "\"timestamp\",\"ip\",\"port\",\"protocol\",\"tag\"\n"
	    "\"%s 00:00:00\",\"192.0.2.5\",443,\"tcp\",\"cobaltstrike\"\n",
	    day);
	good(report_read(&in, &sink, &stat, &err), &err);
	assert_int_equal(r.count, 1);
	take_all(s, s->now, r.rows, r.count);
	l = cases(s);
	if (l.count > 0) {
		assert_int_equal(l.last.class_, CLASS_HOST);
		assert_true(l.last.line == s->fixed);
		assert_int_equal(deliver(s, letter, OUTCOME_DONE), 1);
	}
	weighing_free(s);
	return l.count;
}

static void
test_host(void **state)
{
	struct order *letter = xcalloc(1, sizeof *letter);

	(void)state;
	assert_int_equal(host_cases("2026-01-01", 'A', letter), 1);
	assert_string_equal(letter->target, "anna@example.net");
	assert_true(strlen(letter->body) > 200);
	assert_int_equal(host_cases("2026-01-01", 'B', letter), 1);
	assert_int_equal(host_cases("2026-01-01", 'C', letter), 0);
	assert_int_equal(host_cases("2025-12-24", 'A', letter), 0); /* 8 days old */
	free(letter);
}

/* ---- the tray */

static struct fate
unread(struct packer *packer, uint8_t severity, uint8_t number, const char *text)
{
	struct fate f = {.kind = FATE_UNREAD, .row = number};

	f.sighting.id.b[0] = number;
	f.file.b[0] = number;
	f.sighting.received = T0 + number;
	f.sighting.severity = severity;
	f.sighting.group = GROUP_REPORT;
	f.sighting.grade = 'C';
	(void)snprintf(f.sighting.source, sizeof f.sighting.source, "mailbox");
	(void)snprintf(f.sighting.upstream, sizeof f.sighting.upstream, "abuse.example");
	(void)snprintf(f.reason, sizeof f.reason, "no parser knows it");
	packer_pack(packer, text, strlen(text), &f);
	return f;
}

static void
test_tray(void **state)
{
	struct site *s = weighing_site();
	struct packer *packer = packer_new();
	struct fate fates[3] = {unread(packer, SEVERITY_LOW, 1, "a little"),
	    unread(packer, SEVERITY_HIGH, 3, "your 192.0.2.5 spams"),
	    unread(packer, SEVERITY_HIGH, 2, "the older one")};
	struct err err;
	uint64_t links[2] = {0}, bad;
	json_t *a, *list;

	(void)state;
	s->now = T0 + WHEN_HOUR;
	good(desk_epoch(s->desk, s->now, fates, 3, NULL, 0, &err), &err);
	a = ask(s, "report.unread.list", json_object());
	list = result(a);
	assert_int_equal(json_array_size(list), 3);
	for (size_t i = 0; i < 3; i++) {
		static const int places[] = {2, 3, 1}; /* severest first, then oldest */
		json_t *one = json_array_get(list, i);

		assert_int_equal(
		    json_integer_value(json_object_get(one, "place")), places[i]);
	}
	assert_true(store_audit_verify(s->store, &links[0], &bad, &err));
	json_decref(a);
	a = ask(s, "report.unread.show", json_pack("{s:s}", "number", "2"));
	(void)result(a);
	json_decref(a);
	assert_true(store_audit_verify(s->store, &links[1], &bad, &err));
	assert_int_equal(links[1], links[0] + 1); /* showing is audited */
	a = ask(s, "report.unread.item",
	    json_pack("{s:i, s:s, s:s, s:s}", "number", 2, "address", "192.0.2.5", "time",
		"2026-01-01T00:10:00Z", "class", "infected-system"));
	(void)result(a);
	json_decref(a);
	assert_int_equal(counter(s, "reports.received"), 4);
	assert_int_equal(counter(s, "sightings.unique"), 1);
	a = ask(s, "report.unread.done", json_pack("{s:i}", "number", 1));
	assert_true(json_is_false(json_object_get(a, "ok"))); /* no outcome */
	json_decref(a);
	a = ask(s, "report.unread.done",
	    json_pack("{s:i, s:s}", "number", 1, "outcome", "spam"));
	(void)result(a);
	json_decref(a);
	assert_int_equal(store_tray_waiting(s->store), 1);
	for (size_t i = 0; i < 3; i++)
		fate_fini(&fates[i]);
	packer_free(packer);
	weighing_free(s);
}

/* ---- answers */

static struct fate
letter_from(const char *address, uint8_t file, uint8_t message)
{
	struct fate f = {.kind = FATE_LETTER};

	f.file.b[0] = file;
	f.sighting.raw.b[0] = message;
	f.sighting.received = T0;
	f.sighting.grade = 'C';
	f.sighting.group = GROUP_REPORT;
	(void)snprintf(f.sighting.source, sizeof f.sighting.source, "mailbox");
	(void)snprintf(f.reason, sizeof f.reason, "%s", address);
	return f;
}

static void
take_fates(struct site *s, struct fate *fates, size_t count)
{
	struct err err;

	good(desk_epoch(s->desk, s->now, fates, count, NULL, 0, &err), &err);
}

static struct fate
item_of(uint8_t file, uint32_t addr, uint64_t row)
{
	struct fate f = {
	    .kind = FATE_SIGHTING, .sighting = claim_by("abuse.example", addr, T0, row)};

	f.file.b[0] = file;
	return f;
}

static void
test_answers(void **state)
{
	char *wanted[] = {(char[]){"received"}, (char[]){"not-ours"}};
	struct config_report conf = {.name = (char[]){"mailbox"}, .answer = {wanted, 2}};
	struct conf_list list = {.items = &conf, .count = 1};
	struct site *s = weighing_site();
	struct order *letter = xcalloc(1, sizeof *letter);
	struct fate fates[6] = {letter_from("reporter@abuse.example", 1, 1),
	    item_of(1, 0xc0000205, 1), item_of(1, 0xcb007101, 2),
	    letter_from("reporter@ABUSE.example", 2, 2), item_of(2, 0xcb007102, 3),
	    letter_from("no-reply@abuse.example", 3, 3)};
	struct fate again[2] = {
	    letter_from("reporter@abuse.example", 4, 1), item_of(4, 0xcb007103, 4)};

	(void)state;
	s->desk->config.reports = &list;
	s->now = T0 + WHEN_HOUR;
	take_fates(s, fates, 6);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 0); /* more may come */
	s->now += WHEN_HOUR;
	assert_int_equal(deliver(s, letter, OUTCOME_DONE), 1); /* two reports, one mail */
	assert_string_equal(letter->target, "reporter@abuse.example");
	assert_non_null(strstr(letter->body, "2 messages"));
	assert_non_null(strstr(letter->body, "3  statements received"));
	assert_non_null(strstr(letter->body, "2  about addresses that are not ours"));
	assert_null(strstr(letter->body, "192.0.2.5")); /* nor any address */
	assert_null(strstr(letter->body, "handled"));   /* not wanted */
	take_fates(s, again, 2);                        /* the same message once more */
	s->now += WHEN_DAY;
	assert_int_equal(deliver(s, letter, OUTCOME_DONE), 0);
	free(letter);
	weighing_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_liar),
	    cmocka_unit_test(test_grade_a),
	    cmocka_unit_test(test_weight_stays),
	    cmocka_unit_test(test_host),
	    cmocka_unit_test(test_tray),
	    cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
