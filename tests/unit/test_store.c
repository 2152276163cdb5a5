/* SPDX-License-Identifier: Apache-2.0 */
/* test_store.c -- what is committed is there, before and after reopening; all or nothing.
 */
#include "../../src/store/store.c"

#include "store_fixture.h"

#include <sys/wait.h>

static void
test_streams_and_settings(void **state)
{
	struct fixture *f = *state;
	char role[32], *text;
	uint32_t number;
	bool one_time;

	assert_int_equal(store_stream(f->store, "detect-1"), 0);
	assert_null(store_setting(f->store, "seed"));
	GOOD(store_begin(f->store, err));
	GOOD(store_stream_set(f->store, "detect-1", 7, err));
	GOOD(store_stream_set(f->store, "detect-1", UINT64_C(1) << 62, err));
	GOOD(store_setting_set(f->store, "seed", "42", err));
	GOOD(store_staff_put(f->store, "anna", "analyst", "$argon2id$", true, err));
	GOOD(store_commit(f->store, err));
	GOOD(store_begin(f->store, err));
	GOOD(store_stream_set(f->store, "detect-1", 9, err));
	store_rollback(f->store);
	for (int round = 0; round < 2; round++) {
		assert_true(store_stream(f->store, "detect-1") == UINT64_C(1) << 62);
		text = store_setting(f->store, "seed");
		assert_string_equal(text, "42");
		free(text);
		text = store_staff(f->store, "anna", &number, role, &one_time);
		assert_string_equal(text, "$argon2id$");
		assert_string_equal(role, "analyst");
		assert_true(one_time);
		assert_int_equal(number, 1);
		free(text);
		assert_null(store_staff(f->store, "nobody", &number, role, &one_time));
		fixture_reopen(f);
	}
}

static bool
sum_counts(void *ctx, const char *name, uint64_t value)
{
	*(uint64_t *)ctx += value * (strcmp(name, "lost") == 0 ? 1000 : 1);
	return true;
}

static void
test_counters(void **state)
{
	struct fixture *f = *state;
	uint64_t sum = 0;

	GOOD(store_begin(f->store, err));
	GOOD(store_count(f->store, "lost", 2, err));
	GOOD(store_count(f->store, "lost", 3, err));
	GOOD(store_count(f->store, "taken", 4, err));
	GOOD(store_commit(f->store, err));
	store_counts(f->store, sum_counts, &sum);
	assert_int_equal(sum, 5004);
}

struct seen {
	size_t count;
	struct stored_sighting last;
	struct store *vetoing; /* the visitor writes what it visits */
};

static bool
see(void *ctx, const struct stored_sighting *s)
{
	struct seen *seen = ctx;

	seen->count++;
	seen->last = *s;
	if (seen->vetoing != NULL)
		GOOD(store_sighting_veto(seen->vetoing, &s->sighting.id, true, err));
	return true;
}

static size_t
of_line(struct store *store, uint64_t line, struct seen *seen)
{
	*seen = (struct seen){0};
	store_sightings_of_line(store, line, INT64_MIN, see, seen);
	return seen->count;
}

static bool
put(struct store *store, const struct stored_sighting *s)
{
	bool fresh = false;

	GOOD(store_sighting_put(store, s, &fresh, err));
	return fresh;
}

static void
test_report_twice(void **state)
{
	struct fixture *f = *state;
	struct stored_sighting s = make_sighting("feed", 11, WHEN_DAY, false);
	struct seen seen;

	s.attributed.trail_count = 2;
	s.attributed.trail[1].handle = 77;
	s.attributed.trail[1].end = WHEN_NEVER;
	GOOD(store_begin(f->store, err));
	assert_true(put(f->store, &s));
	s.sighting.count = 99;
	assert_false(put(f->store, &s));
	GOOD(store_commit(f->store, err));
	for (int round = 0; round < 2; round++) {
		assert_int_equal(of_line(f->store, 11, &seen), 1);
		assert_int_equal(seen.last.sighting.count, 3);
		assert_string_equal(seen.last.sighting.family, "mirai");
		assert_int_equal(seen.last.attributed.trail[1].handle, 77);
		assert_true(seen.last.attributed.trail[1].end == WHEN_NEVER);
		fixture_reopen(f);
	}
}

static void
test_finding_replaced(void **state)
{
	struct fixture *f = *state;
	struct stored_sighting s = make_sighting("scan", 11, WHEN_DAY, true);
	struct seen seen;

	GOOD(store_begin(f->store, err));
	s.days = 3;
	assert_true(put(f->store, &s));
	GOOD(store_sighting_bind(f->store, &s.sighting.id, 5, err));
	GOOD(store_sighting_veto(f->store, &s.sighting.id, true, err));
	s.days = 1;
	s.sighting.count = 50;
	s.sighting.received += 100;
	assert_false(put(f->store, &s));
	GOOD(store_commit(f->store, err));
	assert_int_equal(of_line(f->store, 11, &seen), 1);
	assert_int_equal(seen.last.sighting.count, 50);
	assert_int_equal(seen.last.days, 3);
	assert_int_equal(seen.last.case_id, 5);
	assert_true(seen.last.vetoed);
}

static void
test_superseded(void **state)
{
	struct fixture *f = *state;
	struct stored_sighting a = make_sighting("scan", 11, WHEN_DAY, true);
	struct stored_sighting b = make_sighting("scan", 11, 2 * WHEN_DAY, true);
	struct stored_sighting other = make_sighting("indicator", 11, 3 * WHEN_DAY, true);
	struct stored_sighting far = make_sighting("scan", 12, 3 * WHEN_DAY, true);
	struct seen seen;

	GOOD(store_begin(f->store, err));
	assert_true(put(f->store, &b));
	assert_true(put(f->store, &a)); /* late, but of an earlier window */
	assert_true(put(f->store, &other));
	assert_true(put(f->store, &far));
	GOOD(store_commit(f->store, err));
	seen = (struct seen){0};
	store_sightings_of_line(f->store, 11, 2 * WHEN_DAY, see, &seen);
	assert_int_equal(seen.count, 2);
	assert_false(seen.last.superseded);
	assert_int_equal(of_line(f->store, 12, &seen), 1);
	assert_false(seen.last.superseded);
	/* the earlier one is sent again, with more in it */
	a.sighting.received = 4 * WHEN_DAY;
	a.sighting.last = 4 * WHEN_DAY;
	GOOD(store_begin(f->store, err));
	assert_false(put(f->store, &a));
	GOOD(store_commit(f->store, err));
	assert_int_equal(of_line(f->store, 11, &seen), 3);
	assert_false(seen.last.superseded);
	assert_memory_equal(&seen.last.sighting.id, &a.sighting.id, 16);
}

static void
test_causes(void **state)
{
	static const struct {
		const char *cause;
		size_t count;
	} rows[] = {{"detector:scan", 1}, {"detector:event4", 0}, {"report:event4", 2},
	    {"source:feed", 2}, {"upstream:shadowserver", 2}, {"detector:indicator", 1},
	    {"indicator:evil.example", 1}, {"indicator:", 0}, {"upstream:", 0},
	    {"nonsense", 0}};
	struct fixture *f = *state;
	struct stored_sighting s[4] = {
	    make_sighting("scan", 1, 100, true),
	    make_sighting("feed", 2, 100, false),
	    make_sighting("feed", 3, 100, false),
	    make_sighting("indicator", 4, 100, true),
	};
	struct seen seen;

	s[3].sighting.group = GROUP_INTEL;
	(void)strcpy(s[3].sighting.remote_name, "evil.example");
	GOOD(store_begin(f->store, err));
	for (size_t i = 0; i < 4; i++)
		assert_true(put(f->store, &s[i]));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		seen = (struct seen){.vetoing = f->store};
		store_sightings_of_cause(f->store, rows[i].cause, see, &seen);
		assert_int_equal(seen.count, rows[i].count);
	}
	GOOD(store_commit(f->store, err));
	(void)of_line(f->store, 4, &seen);
	assert_true(seen.last.vetoed);
}

static bool
count_case(void *ctx, const struct case_record *record)
{
	(void)record;
	++*(size_t *)ctx;
	return true;
}

static size_t
cases(struct store *store, struct case_filter filter)
{
	size_t count = 0;

	store_cases(store, &filter, count_case, &count);
	return count;
}

static void
test_cases(void **state)
{
	struct fixture *f = *state;
	struct case_record a, b, got;
	size_t due = 0;

	GOOD(store_begin(f->store, err));
	a = make_case(f->store, 11, "AAAAAAAA", 1000);
	b = make_case(f->store, 12, "BBBBBBBB", 2000);
	GOOD(store_case_cause(f->store, a.id, "detector:scan", 1000, err));
	GOOD(store_case_cause(f->store, a.id, "detector:scan", 1000, err));
	GOOD(store_case_cause(f->store, b.id, "detector:scan", 2000, err));
	a.now.state = CASE_CLEAN;
	a.now.ended = 3000;
	a.now.shadow = true;
	a.due = WHEN_NEVER;
	GOOD(store_case_update(f->store, &a, err));
	GOOD(store_commit(f->store, err));
	fixture_reopen(f);
	assert_true(store_case_get(f->store, a.id, &got));
	assert_memory_equal(&got, &a, sizeof a);
	assert_true(store_case_by_code(f->store, "BBBBBBBB", &got));
	assert_memory_equal(&got, &b, sizeof b);
	assert_false(store_case_open_of(f->store, 11, CLASS_INFECTED, &got));
	assert_true(store_case_open_of(f->store, 12, CLASS_INFECTED, &got));
	assert_false(store_case_open_of(f->store, 12, CLASS_ABUSE, &got));
	assert_int_equal(cases(f->store, (struct case_filter){.state = -1}), 2);
	assert_int_equal(
	    cases(f->store, (struct case_filter){.state = -1, .open_only = true}), 1);
	assert_int_equal(cases(f->store, (struct case_filter){.state = CASE_CLEAN}), 1);
	assert_int_equal(
	    cases(f->store, (struct case_filter){.state = -1, .line = 11}), 1);
	assert_int_equal(
	    cases(f->store, (struct case_filter){.state = -1, .limit = 1}), 1);
	assert_int_equal(
	    cases(f->store, (struct case_filter){.state = -1, .before_id = b.id}), 1);
	store_cases_due(f->store, 1999, count_case, &due);
	assert_int_equal(due, 0);
	store_cases_due(f->store, 2000, count_case, &due);
	assert_int_equal(due, 1);
	assert_int_equal(store_next_due(f->store), 2000);
	assert_int_equal(store_cases_opened(f->store, "", 0, 5000), 2);
	assert_int_equal(store_cases_opened(f->store, "detector:scan", 1000, 2000), 1);
	assert_int_equal(store_cases_opened(f->store, "detector:x", 0, 5000), 0);
}

/* Two open cases of one (line, class) can not be: the transaction fails as a whole. */
static void
test_one_open_case(void **state)
{
	struct fixture *f = *state;
	struct case_record second = {.line = 11, .code = "CCCCCCCC"};
	struct err why = {{0}};

	GOOD(store_begin(f->store, err));
	(void)make_case(f->store, 11, "AAAAAAAA", 1000);
	second.now.state = CASE_DUE;
	assert_false(store_case_new(f->store, &second, &why));
	assert_true(why.text[0] != 0);
	assert_false(store_commit(f->store, &why));
	store_rollback(f->store);
	assert_int_equal(cases(f->store, (struct case_filter){.state = -1}), 0);
}

struct log {
	size_t count;
	uint32_t last;
	char text[64];
};

static bool
read_log(void *ctx, const struct entry *entry, const void *payload, size_t size)
{
	struct log *log = ctx;

	log->count++;
	log->last = entry->number;
	if (payload != NULL)
		(void)snprintf(log->text, sizeof log->text, "%.*s", (int)size,
		    (const char *)payload);
	return true;
}

static void
test_entries(void **state)
{
	struct fixture *f = *state;
	struct log log = {0};
	struct case_record c;
	struct entry e;

	GOOD(store_begin(f->store, err));
	c = make_case(f->store, 11, "AAAAAAAA", 1000);
	e = make_entry(f->store, c.id, ENTRY_OPENED, 1000, NULL);
	assert_int_equal(e.number, 1);
	e = make_entry(f->store, c.id, ENTRY_NOTE, 1001, "she called");
	assert_int_equal(e.number, 2);
	GOOD(store_entry_add(f->store, &e, "", 0, err));
	assert_int_equal(e.number, 3);
	GOOD(store_commit(f->store, err));
	assert_int_equal(fixture_search(f->directory, "she called", 10), 0);
	fixture_reopen(f);
	store_entries(f->store, c.id, read_log, &log);
	assert_int_equal(log.count, 3);
	assert_int_equal(log.last, 3);
	assert_string_equal(log.text, "");
	log = (struct log){0};
	store_entries(f->store, c.id + 1, read_log, &log);
	assert_int_equal(log.count, 0);
}

static bool
count_outbox(void *ctx, const struct outbox_entry *entry)
{
	(void)entry;
	++*(size_t *)ctx;
	return true;
}

static void
test_outbox(void **state)
{
	struct fixture *f = *state;
	struct outbox_entry e = {.key = {{1}},
	    .case_id = 4,
	    .kind = "mail",
	    .template_ = "notice",
	    .not_before = 100,
	    .expires = 900,
	    .created = 50,
	    .changed = 50};
	struct outbox_entry got;
	size_t pending = 0, of_case = 0;

	GOOD(store_begin(f->store, err));
	GOOD(store_outbox_put(f->store, &e, err));
	GOOD(store_outbox_put(f->store, &e, err)); /* the same key is the same message */
	GOOD(store_commit(f->store, err));
	store_outbox_pending(f->store, 99, count_outbox, &pending);
	assert_int_equal(pending, 0);
	store_outbox_pending(f->store, 100, count_outbox, &pending);
	assert_int_equal(pending, 1);
	e.state = OUTBOX_SENT_OUT;
	e.attempts = 2;
	(void)strcpy(e.error, "451 later");
	GOOD(store_begin(f->store, err));
	GOOD(store_outbox_update(f->store, &e, err));
	GOOD(store_commit(f->store, err));
	fixture_reopen(f);
	assert_true(store_outbox_get(f->store, &e.key, &got));
	assert_memory_equal(&got, &e, sizeof e);
	store_outbox_pending(f->store, 100, count_outbox, &pending);
	assert_int_equal(pending, 2); /* still: the engine may have died in between */
	e.state = OUTBOX_DONE;
	e.changed = 200;
	GOOD(store_begin(f->store, err));
	GOOD(store_outbox_update(f->store, &e, err));
	GOOD(store_commit(f->store, err));
	store_outbox_pending(f->store, 1000, count_outbox, &pending);
	assert_int_equal(pending, 2);
	store_outbox_of_case(f->store, 4, count_outbox, &of_case);
	assert_int_equal(of_case, 1);
	assert_int_equal(store_outbox_count(f->store, OUTBOX_DONE, 200), 1);
	assert_int_equal(store_outbox_count(f->store, OUTBOX_DONE, 201), 0);
}

/* A second engine is refused with a sentence; a reader is not, and cannot write. */
static void
test_second_engine(void **state)
{
	struct fixture *f = *state;
	struct err why = {{0}};
	struct store *reader;
	int status;
	pid_t pid;

	GOOD(store_begin(f->store, err));
	GOOD(store_stream_set(f->store, "s", 5, err));
	GOOD(store_commit(f->store, err));
	pid = fork();
	if (pid == 0) {
		struct store *second = store_open(f->directory, true, &why);

		_exit(second == NULL && strstr(why.text, "in use by another engine") ? 0
										     : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	reader = store_open(f->directory, false, &why);
	assert_non_null(reader);
	assert_int_equal(store_stream(reader, "s"), 5);
	assert_false(store_begin(reader, &why) && store_stream_set(reader, "s", 6, &why));
	store_rollback(reader);
	store_close(reader);
	assert_int_equal(store_stream(f->store, "s"), 5);
}

/* Full: every write fails with a sentence, nothing half done; with room, all goes on. */
static void
test_disk_full(void **state)
{
	struct fixture *f = *state;
	struct stored_sighting s;
	struct err why = {{0}};
	struct seen seen;
	bool fresh, good = true;
	int64_t n;

	GOOD(db_exec(&f->store->db, "PRAGMA max_page_count = 200", err));
	GOOD(store_begin(f->store, err));
	for (n = 0; n < 100000 && good; n++) {
		s = make_sighting("scan", 11, n, true);
		good = store_sighting_put(f->store, &s, &fresh, &why);
	}
	assert_false(good);
	assert_non_null(strstr(why.text, "disk is full"));
	assert_false(store_commit(f->store, &why));
	store_rollback(f->store);
	assert_int_equal(of_line(f->store, 11, &seen), 0);
	GOOD(db_exec(&f->store->db, "PRAGMA max_page_count = 1000000", err));
	GOOD(store_begin(f->store, err));
	assert_true(put(f->store, &s));
	GOOD(store_commit(f->store, err));
	assert_int_equal(of_line(f->store, 11, &seen), 1);
}

static void
test_answers(void **state)
{
	struct fixture *f = *state;
	struct stored_sighting s[3] = {
	    make_sighting("scan", 1, 100, true),
	    make_sighting("feed", 0, 100, false),
	    make_sighting("feed", 3, 900, false),
	};
	uint64_t counts[ATTRIBUTION_COUNT], sum = 0;

	s[1].attributed.answer = ATTRIBUTION_NEEDS_PORT;
	GOOD(store_begin(f->store, err));
	for (size_t i = 0; i < 3; i++)
		assert_true(put(f->store, &s[i]));
	GOOD(store_commit(f->store, err));
	store_answers(f->store, 0, 500, counts);
	assert_int_equal(counts[ATTRIBUTION_UNIQUE], 1);
	assert_int_equal(counts[ATTRIBUTION_NEEDS_PORT], 1);
	store_sources(f->store, 0, 5000, sum_counts, &sum);
	assert_int_equal(sum, 3);
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(test_streams_and_settings),
	    CASE(test_counters),
	    CASE(test_report_twice),
	    CASE(test_finding_replaced),
	    CASE(test_superseded),
	    CASE(test_causes),
	    CASE(test_cases),
	    CASE(test_one_open_case),
	    CASE(test_entries),
	    CASE(test_outbox),
	    CASE(test_second_engine),
	    CASE(test_disk_full),
	    CASE(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
