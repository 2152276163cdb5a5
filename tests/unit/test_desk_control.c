/* SPDX-License-Identifier: Apache-2.0 */
/* test_desk_control.c -- verbs over a real store: explain, retract, erase, import, staff.
 */
#include "../../src/role/desk_control.c"

#include "desk_site.h"
#include "store/search.h"

/* Asks; the whole answer, owned by the caller. `format` as of json_pack. */
static json_t *
ask_as(struct site *s, uint32_t actor, const char *verb, json_t *args)
{
	json_t *request = json_pack("{s:s, s:o}", "verb", verb, "args", args), *answer;
	struct wr reply;
	struct err err;

	assert_non_null(request);
	wr_init(&reply, DESK_REPLY);
	desk_control(s->desk, s->now, actor, request, &reply);
	answer = json_read(wr_string(&reply), reply.size, &err);
	if (answer == NULL)
		fail_msg("%s: %s", err.text, wr_string(&reply));
	wr_fini(&reply);
	json_decref(request);
	return answer;
}

static json_t *
ask(struct site *s, const char *verb, json_t *args)
{
	return ask_as(s, 3, verb, args);
}

static json_t *
result(json_t *answer)
{
	if (!json_is_true(json_object_get(answer, "ok")))
		fail_msg("%s", json_string_value(json_object_get(answer, "error")));
	return json_object_get(answer, "result");
}

static void
refused(struct site *s, const char *verb, json_t *args, const char *part)
{
	json_t *answer = ask(s, verb, args);
	const char *error = json_string_value(json_object_get(answer, "error"));

	assert_true(json_is_false(json_object_get(answer, "ok")));
	if (error == NULL || strstr(error, part) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", verb, error, part);
	json_decref(answer);
}

static const char *
text_of(json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static int64_t
number_of(json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* One case on the fixed line, notified. */
static struct site *
site_with_case(void)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000205, 0, T0, 1);

	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 1);
	return s;
}

static void
test_list_show_note(void **state)
{
	struct site *s = site_with_case();
	json_t *a = ask(s, "case.list", json_pack("{s:b}", "open", 1)), *r = result(a),
	       *b;
	const char *code = text_of(json_array_get(r, 0), "code");

	(void)state;
	assert_int_equal(json_array_size(r), 1);
	b = ask(
	    s, "case.note", json_pack("{s:s, s:s}", "case", code, "note", "rang; svar"));
	(void)result(b);
	json_decref(b);
	b = ask(s, "case.show", json_pack("{s:s}", "case", code));
	r = json_object_get(result(b), "log");
	assert_int_equal(json_array_size(r), 4);
	assert_string_equal(text_of(json_array_get(r, 3), "note"), "rang; svar");
	assert_string_equal(text_of(json_array_get(r, 3), "actor"), "staff");
	assert_int_equal(number_of(json_array_get(r, 3), "staff"), 3);
	json_decref(b);
	refused(s, "case.note", json_pack("{s:s}", "case", code), "empty");
	refused(
	    s, "case.show", json_pack("{s:s}", "case", "NOSUCH22"), "no case NOSUCH22");
	refused(s, "case.list", json_pack("{s:s}", "state", "happy"), "happy");
	refused(s, "case.dance", json_object(), "case.dance");
	json_decref(a);
	site_free(s);
}

static void
test_explain(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000209, 0, T0 - 30 * WHEN_HOUR, 1);
	json_t *a, *r, *e, *lease;

	(void)state;
	row.flow_count = 1;
	row.flows[0] = (struct flow_record){.first = T0, .last = T0, .peer = addr_v4(9)};
	epoch(s, T0, &row);
	a = ask(s, "case.explain", json_pack("{s:s}", "case", cases(s).last.code));
	r = result(a);
	assert_string_equal(text_of(r, "verdict"), "infected");
	assert_true(json_real_value(json_object_get(r, "posterior")) > .997);
	assert_true(json_real_value(json_object_get(r, "prior")) < .0011);
	e = json_array_get(json_object_get(r, "evidence"), 0);
	assert_string_equal(text_of(e, "cause"), "report:event4_sinkhole");
	assert_string_equal(text_of(e, "attribution"), "unique");
	assert_true(json_is_true(json_object_get(e, "counts")));
	assert_int_equal(json_array_size(json_object_get(e, "flows")), 1);
	lease = json_array_get(json_object_get(e, "leases"), 0);
	assert_string_equal(text_of(lease, "address"), "192.0.2.9");
	assert_true(json_is_true(json_object_get(lease, "this_line")));
	json_decref(a);
	s->now = T0 + 20 * WHEN_DAY; /* decay shows */
	a = ask(s, "case.explain", json_pack("{s:s}", "case", cases(s).last.code));
	e = json_array_get(json_object_get(result(a), "evidence"), 0);
	assert_true(json_real_value(json_object_get(e, "weight_now")) < 7);
	json_decref(a);
	site_free(s);
}

struct day_count {
	uint64_t line, days;
};

static bool
count_day(void *ctx, const struct day_seen *d)
{
	struct day_count *c = ctx;

	c->days += d->line == c->line;
	return true;
}

static uint64_t
days_of(struct site *s, uint64_t line)
{
	struct day_count c = {.line = line};

	store_days(s->store, 0, 100000, count_day, &c);
	return c.days;
}

/* Three lines: one stands on the cause alone and was told, one has another voice, one on
 * the cause alone was not told yet. */
static void
test_retract(void **state)
{
	struct site *s = site_with_case();
	struct sighting rows[3] = {sinkhole(0xc0000209, 0, T0, 2),
	    sinkhole(0xc0000209, 0, T0, 3), sinkhole(0x64400001, 1500, T0, 4)};
	struct order *letter = xcalloc(1, sizeof *letter);
	struct listing l;
	json_t *a, *r;

	(void)state;
	(void)snprintf(rows[1].upstream, sizeof rows[1].upstream, "cert");
	(void)snprintf(rows[1].identifier, sizeof rows[1].identifier, "other_sinkhole");
	s->now += WHEN_HOUR;
	take_all(s, s->now, rows, 3);
	assert_int_equal(cases(s).count, 3);
	assert_int_equal(days_of(s, s->fixed), 1);
	a = ask(s, "case.retract", json_pack("{s:s}", "cause", "report:event4_sinkhole"));
	r = result(a);
	assert_int_equal(number_of(r, "sightings"), 3);
	assert_int_equal(number_of(r, "closed"), 2);
	assert_int_equal(number_of(r, "corrected"), 1);
	assert_int_equal(number_of(r, "kept"), 1);
	json_decref(a);
	l = cases(s);
	assert_int_equal(l.states[CASE_FALSE_POSITIVE], 2);
	assert_int_equal(days_of(s, s->fixed), 0);
	assert_int_equal(days_of(s, s->present), 1); /* the other voice's day stays */
	/* one correction, and the notice of the case that stands; the untold hears
	 * nothing */
	assert_int_equal(deliver(s, letter, OUTCOME_DONE), 2);
	assert_non_null(strstr(letter->subject, "Vi hade fel"));
	a = ask(s, "case.retract", json_pack("{s:s}", "cause", "report:event4_sinkhole"));
	assert_int_equal(
	    number_of(result(a), "sightings"), 0); /* twice changes nothing */
	json_decref(a);
	epoch(s, s->now + WHEN_HOUR, NULL);
	assert_int_equal(cases(s).states[CASE_FALSE_POSITIVE], 2);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 0);
	refused(s, "case.retract", json_object(), "names no cause");
	free(letter);
	site_free(s);
}

static json_t *
retract(struct site *s, const char *cause)
{
	return ask(s, "case.retract", json_pack("{s:s}", "cause", cause));
}

static void
close_as(struct site *s, uint64_t id, const char *as)
{
	json_t *a = ask(
	    s, "case.close", json_pack("{s:I, s:s}", "case", (json_int_t)id, "as", as));

	(void)result(a);
	json_decref(a);
}

/* A finding of `scan` about the line that holds 192.0.2.9. */
static struct sighting
scan_finding(int64_t t, int64_t window)
{
	struct sighting s = sinkhole(0xc0000209, 0, t, 0);

	s.received = t;
	s.group = GROUP_PROPAGATION;
	s.kind = KIND_SCAN;
	s.gold = false;
	s.weight = 8;
	s.upstream[0] = 0;
	(void)snprintf(s.source, sizeof s.source, "border");
	(void)snprintf(s.identifier, sizeof s.identifier, "scan");
	sighting_set_id(&s, &(struct id128){{0}}, window);
	return s;
}

/* An ended case that stood on the cause alone is revised, once, with one correction; one
 * that another voice carried, and a later finding has superseded since, is not. */
static void
test_retract_ended(void **state)
{
	struct site *s = site_with_case();
	struct sighting rows[3] = {sinkhole(0xc0000209, 0, T0, 2),
	    sinkhole(0xc0000209, 0, T0, 3), scan_finding(T0, 1)},
			later = scan_finding(T0 + 20 * WHEN_DAY, 2);
	struct case_record before, after;
	struct order letter;
	json_t *a, *r;

	(void)state;
	rows[1].gold = false;
	rows[1].weight = 8;
	(void)snprintf(rows[1].upstream, sizeof rows[1].upstream, "cert");
	(void)snprintf(rows[1].identifier, sizeof rows[1].identifier, "cert_bots");
	sighting_set_id(&rows[1], &(struct id128){{3}}, 0);
	s->now += WHEN_HOUR;
	take_all(s, s->now, rows, 3);
	(void)deliver(s, NULL, OUTCOME_DONE);
	close_as(s, 1, "expired");
	close_as(s, 2, "moved");
	later.weight = 1; /* opens nothing */
	epoch(s, T0 + 20 * WHEN_DAY, &later);
	assert_true(store_case_get(s->store, 1, &before));
	a = retract(s, "report:event4_sinkhole");
	r = result(a);
	assert_int_equal(number_of(r, "closed"), 0);
	assert_int_equal(number_of(r, "revised"), 1);
	assert_int_equal(number_of(r, "corrected"), 1);
	assert_int_equal(number_of(r, "kept"), 1);
	assert_int_equal(number_of(r, "unjudged"), 0);
	json_decref(a);
	assert_true(store_case_get(s->store, 1, &after));
	assert_int_equal(after.now.state, CASE_FALSE_POSITIVE);
	assert_true(after.now.ended == before.now.ended);
	check_fold(s, &after);
	assert_int_equal(days_of(s, s->fixed), 0);
	assert_true(store_case_get(s->store, 2, &after));
	assert_int_equal(after.now.state, CASE_MOVED);
	assert_int_equal(deliver(s, &letter, OUTCOME_DONE), 1);
	assert_non_null(strstr(letter.subject, "Vi hade fel"));
	a = retract(s, "report:event4_sinkhole");
	assert_int_equal(number_of(result(a), "revised"), 0);
	json_decref(a);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 0);
	site_free(s);
}

/* A later case that an earlier one's evidence carried falls with it. */
static void
test_retract_carried(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000209, 0, T0, 1),
			scan = scan_finding(T0 + 10 * WHEN_DAY, 1);
	struct listing l;
	json_t *a;

	(void)state;
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	close_as(s, 1, "expired");
	epoch(s, T0 + 10 * WHEN_DAY, &scan);
	l = cases(s);
	assert_int_equal(l.count, 2);
	assert_true(case_is_open(l.last.now.state));
	a = retract(s, "upstream:shadowserver");
	assert_int_equal(number_of(result(a), "closed"), 1);
	assert_int_equal(number_of(result(a), "revised"), 1);
	json_decref(a);
	assert_int_equal(cases(s).states[CASE_FALSE_POSITIVE], 2);
	site_free(s);
}

static void
test_retract_refuses(void **state)
{
	struct site *s = site_with_case();

	(void)state;
	refused(s, "case.retract", json_pack("{s:s}", "cause", "report:event_sinkhole"),
	    "nothing bears the cause report:event_sinkhole; nearest: "
	    "report:event4_sinkhole, ");
	refused(s, "case.retract", json_pack("{s:s}", "cause", "reports:x"),
	    "names no cause: report:TYPE");
	refused(s, "case.retract", json_pack("{s:s}", "cause", "site"), "names no cause");
	refused(s, "case.hold", json_pack("{s:s}", "cause", "source:shadowserver"),
	    "names no cause");
	site_free(s);
}

static void
test_close_is_false_positive(void **state)
{
	struct site *s = site_with_case();
	const char *code = cases(s).last.code;
	struct order letter;
	json_t *a;

	(void)state;
	a = ask(s, "case.close",
	    json_pack("{s:s, s:s}", "case", code, "note", "a test of ours"));
	assert_string_equal(text_of(result(a), "state"), "false_positive");
	json_decref(a);
	assert_int_equal(deliver(s, &letter, OUTCOME_DONE), 1);
	assert_non_null(strstr(letter.body, "Vi ber om ursäkt"));
	refused(s, "case.note",
	    json_pack("{s:s, s:s}", "case", cases(s).last.code, "note", "x"),
	    "cannot follow");
	site_free(s);
}

static void
test_hold_release(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000205, 0, T0, 1);
	json_t *a;

	(void)state;
	a = ask(s, "case.hold", json_pack("{s:s}", "cause", "report:event4_sinkhole"));
	(void)result(a);
	json_decref(a);
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	assert_true(cases(s).last.now.held);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 0);
	a = ask(s, "case.release", json_pack("{s:s}", "cause", "report:event4_sinkhole"));
	assert_int_equal(number_of(result(a), "cases"), 1);
	json_decref(a);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 1);
	a = ask(s, "case.hold", json_pack("{s:s}", "case", cases(s).last.code));
	assert_true(json_is_true(json_object_get(result(a), "held")));
	json_decref(a);
	refused(s, "case.hold", json_pack("{s:s}", "case", cases(s).last.code),
	    "cannot follow");
	site_free(s);
}

/* What the status says of brakes: shadow, the hour's notices, what is on HOLD. */
static void
test_brakes_told(void **state)
{
	struct site *s = site_with_case();
	json_t *told, *held;
	struct err err;
	struct wr out;
	struct jw j;

	(void)state;
	json_decref(ask(s, "case.hold", json_pack("{s:s}", "cause", "report:x_y")));
	json_decref(ask(s, "case.hold", json_pack("{s:s}", "cause", "detector:scan")));
	json_decref(ask(s, "case.release", json_pack("{s:s}", "cause", "detector:scan")));
	wr_init(&out, DESK_REPLY);
	jw_begin(&j, &out);
	jw_object(&j, NULL);
	desk_brakes(s->desk, s->now, &j);
	jw_end(&j);
	told = json_read(wr_string(&out), out.size, &err);
	good(told != NULL, &err);
	held = json_object_get(json_object_get(told, "brakes"), "held");
	assert_int_equal(json_array_size(held), 1);
	assert_string_equal(text_of(json_array_get(held, 0), "cause"), "report:x_y");
	held = json_object_get(told, "brakes");
	assert_int_equal(number_of(held, "notices_this_hour"), 1);
	assert_true(json_is_false(json_object_get(held, "shadow")));
	json_decref(told);
	wr_fini(&out);
	site_free(s);
}

static bool
count_place(void *ctx, const char *path, uint64_t offset)
{
	(void)path;
	(void)offset;
	++*(uint64_t *)ctx;
	return true;
}

/* In how many places on the disk the text stands. */
static uint64_t
places(struct site *s, const char *marker)
{
	uint64_t files = 0, found = 0;
	struct err err;

	good(search_files(s->dir, marker, &files, count_place, &found, &err), &err);
	assert_true(files >= 2);
	return found;
}

/* Marker texts in every personal place are gone; state and audit chain are as before. */
static void
test_erasure(void **state)
{
	struct site *s = site_with_case();
	struct case_record before, after;
	json_t *a = ask(s, "case.note",
	    json_pack("{s:s, s:s}", "case", cases(s).last.code, "note",
		"Paylodmarkering av Anna"));

	(void)state;
	(void)result(a);
	json_decref(a);
	before = cases(s).last;
	a = ask(s, "audit.verify", json_object());
	assert_true(json_is_true(json_object_get(result(a), "whole")));
	json_decref(a);
	assert_true(places(s, "Markersson") > 0); /* it can be found */
	for (int i = 0; i < 4; i++) {
		char number[8];

		(void)snprintf(number, sizeof number, "%d", 1000 + i);
		a = ask(s, "privacy.erase", json_pack("{s:s}", "number", number));
		(void)result(a);
		json_decref(a);
	}
	assert_int_equal(places(s, "Markersson"), 0);
	assert_int_equal(places(s, "anna@example.net"), 0);
	assert_int_equal(places(s, "Markgatan"), 0);
	assert_int_equal(places(s, "Paylodmarkering"), 0);
	after = cases(s).last;
	assert_int_equal(after.now.state, before.now.state);
	assert_int_equal(after.now.entries, before.now.entries);
	check_fold(s, &after);
	a = ask(s, "audit.verify", json_object());
	assert_true(json_is_true(json_object_get(result(a), "whole")));
	json_decref(a);
	refused(s, "privacy.erase", json_pack("{s:s}", "number", "1000"), "no line");
	site_free(s);
}

static void
test_import_and_reveal(void **state)
{
	static const char csv[] =
	    "line,subscriber,realm,prefixes,name,email,language\n"
	    "9001,cpe-x cpe-y,0,192.0.2.77,Bo Ek,bo@example.net,en\n"
	    "9002,cpe-z,0,,Li Al,li@example.net,sv\n";
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc000024d, 0, T0, 1);
	struct order letter;
	uint32_t handle, again;
	struct err err;
	json_t *a = ask(s, "lines.import", json_pack("{s:s}", "csv", csv));

	(void)state;
	assert_int_equal(number_of(result(a), "lines"), 2);
	assert_int_equal(number_of(result(a), "keys"), 3);
	assert_int_equal(number_of(result(a), "prefixes"), 1);
	json_decref(a);
	good(desk_handle(s->desk, "cpe-x", &handle, &err), &err);
	good(desk_handle(s->desk, "cpe-x", &again, &err), &err);
	assert_int_equal(handle, again);
	assert_true(identity_line_of(s->identity, handle) != 0);
	epoch(s, T0 + 2 * WHEN_HOUR, &row); /* the fixed address is known at once */
	assert_int_equal(deliver(s, &letter, OUTCOME_DONE), 1);
	assert_string_equal(letter.target, "bo@example.net");
	assert_non_null(strstr(letter.body, "You have done nothing wrong"));
	refused(
	    s, "case.reveal", json_pack("{s:s}", "case", cases(s).last.code), "purpose");
	a = ask(s, "case.reveal",
	    json_pack("{s:s, s:s}", "case", cases(s).last.code, "purpose",
		"the subscriber called"));
	assert_string_equal(text_of(result(a), "name"), "Bo Ek");
	json_decref(a);
	refused(s, "lines.import",
	    json_pack("{s:s}", "csv", "line,prefixes\n1,192.0.2.300\n"), "192.0.2.300");
	refused(s, "lines.import",
	    json_pack("{s:s}", "csv", "line,realm,prefixes\n1,isp,192.0.2.3\n"),
	    "no number");
	site_free(s);
}

static void
test_staff(void **state)
{
	struct site *s = site_new();
	json_t *a = ask(s, "staff.onetime", json_pack("{s:s}", "name", "eva")), *b;
	const char *password = text_of(result(a), "password");

	(void)state;
	refused(s, "staff.login",
	    json_pack("{s:s, s:s}", "name", "eva", "password", "no"),
	    "wrong name or password");
	refused(s, "staff.login",
	    json_pack("{s:s, s:s}", "name", "nobody", "password", password),
	    "wrong name or password");
	b = ask(s, "staff.login",
	    json_pack("{s:s, s:s}", "name", "eva", "password", password));
	assert_true(json_is_true(json_object_get(result(b), "one_time")));
	refused(s, "staff.password",
	    json_pack("{s:I, s:s}", "staff", number_of(result(b), "staff"), "password",
		"short"),
	    "10 to");
	json_decref(a);
	refused(s, "staff.password",
	    json_pack("{s:I, s:s}", "staff", number_of(result(b), "staff"), "password",
		"another's secret"),
	    "by its owner");
	a = ask_as(s, (uint32_t)number_of(result(b), "staff"), "staff.password",
	    json_pack("{s:I, s:s}", "staff", number_of(result(b), "staff"), "password",
		"a longer secret"));
	(void)result(a);
	json_decref(a);
	json_decref(b);
	b = ask(s, "staff.login",
	    json_pack("{s:s, s:s}", "name", "eva", "password", "a longer secret"));
	assert_true(json_is_false(json_object_get(result(b), "one_time")));
	json_decref(b);
	site_free(s);
}

static size_t
entries_of(json_t *case_, const char *type)
{
	json_t *log = json_object_get(case_, "log");
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(log); i++)
		count += strcmp(text_of(json_array_get(log, i), "type"), type) == 0;
	return count;
}

static size_t
log_count(struct site *s, const char *code, const char *type)
{
	json_t *a = ask(s, "case.show", json_pack("{s:s}", "case", code));
	size_t count = entries_of(result(a), type);

	json_decref(a);
	return count;
}

static void
judge(struct site *s, const char *code, bool right)
{
	json_decref(
	    ask(s, "case.judge", json_pack("{s:s, s:b}", "case", code, "right", right)));
}

/* Shadow as a new installation has it: two cases, nothing is sent until both have been
 * judged and the days have passed; then the right one is told, the wrong one is closed.
 */
static void
test_shadow_until_judged(void **state)
{
	struct site *s = site_new();
	struct sighting right = sinkhole(0xc0000205, 0, T0, 1),
			wrong = sinkhole(0xc0000209, 0, T0, 2);
	struct case_record one, two;

	(void)state;
	s->policy->shadow = (struct policy_shadow){.days = 3, .sample = 2};
	desk_free(s->desk);
	open_desk(s, true);
	epoch(s, T0 + 2 * WHEN_HOUR, &right);
	epoch(s, T0 + 3 * WHEN_HOUR, &wrong);
	assert_true(store_case_get(s->store, 1, &one));
	assert_true(store_case_get(s->store, 2, &two));
	assert_int_equal(log_count(s, one.code, "shadowed"), 1);
	assert_int_equal(log_count(s, two.code, "shadowed"), 1);
	refused(s, "case.judge", json_pack("{s:s}", "case", one.code), "true or false");
	judge(s, one.code, true);
	judge(s, one.code, true); /* the same case again is no larger sample */
	for (int day = 1; day <= 4; day++)
		epoch(s, T0 + day * WHEN_DAY, NULL);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 0);
	judge(s, two.code, false);
	epoch(s, T0 + 5 * WHEN_DAY, NULL);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 1);
	assert_int_equal(log_count(s, one.code, "unshadowed"), 1);
	assert_int_equal(log_count(s, one.code, "notice"), 1);
	assert_int_equal(log_count(s, two.code, "notice"), 0);
	assert_int_equal(log_count(s, two.code, "false_positive"), 1);
	site_free(s);
}

/* The sample was judged at once: the days still have to pass. */
static void
test_shadow_days(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000205, 0, T0, 1);

	(void)state;
	s->policy->shadow = (struct policy_shadow){.days = 3, .sample = 1};
	desk_free(s->desk);
	open_desk(s, true);
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	judge(s, "1", true);
	for (int hour = 3; hour < 72; hour += 12)
		epoch(s, T0 + hour * WHEN_HOUR, NULL);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 0);
	epoch(s, T0 + 5 * WHEN_DAY, NULL);
	assert_int_equal(deliver(s, NULL, OUTCOME_DONE), 1);
	site_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_list_show_note),
	    cmocka_unit_test(test_explain),
	    cmocka_unit_test(test_retract),
	    cmocka_unit_test(test_retract_ended),
	    cmocka_unit_test(test_retract_carried),
	    cmocka_unit_test(test_retract_refuses),
	    cmocka_unit_test(test_close_is_false_positive),
	    cmocka_unit_test(test_hold_release),
	    cmocka_unit_test(test_brakes_told),
	    cmocka_unit_test(test_erasure),
	    cmocka_unit_test(test_import_and_reveal),
	    cmocka_unit_test(test_staff),
	    cmocka_unit_test(test_shadow_until_judged),
	    cmocka_unit_test(test_shadow_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
