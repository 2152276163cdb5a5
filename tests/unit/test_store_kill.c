/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_store_kill.c -- SIGKILL in the middle of transactions, again and again.
 *
 * A child writes transactions; each advances the stream by one and writes exactly one
 * sighting, one case, two entries, one outbox entry, one counter; after each commit it
 * tells its parent the number, which kills it at a seeded moment. Then all that was told
 * is there, nothing is there by halves, and the audit chain is whole. The number of kills
 * may be given as an argument.
 */
#include "store_fixture.h"

#include <signal.h>
#include <sys/wait.h>

static void
transaction(struct store *store, uint64_t number)
{
	struct stored_sighting s =
	    make_sighting("feed", number, (int64_t)number * WHEN_SECOND, false);
	struct outbox_entry o = {.kind = "mail"};
	struct case_record c;
	char code[9];
	bool fresh;

	memcpy(o.key.b, &number, sizeof number);
	(void)snprintf(code, sizeof code, "%08llu", (unsigned long long)number);
	GOOD(store_begin(store, err));
	GOOD(store_stream_set(store, "detect-1", number, err));
	c = make_case(store, number, code, 1000);
	s.case_id = o.case_id = c.id;
	GOOD(store_sighting_put(store, &s, &fresh, err));
	(void)make_entry(store, c.id, ENTRY_OPENED, 1000, "a payload of some length");
	(void)make_entry(store, c.id, ENTRY_NOTICE, 1001, NULL);
	GOOD(store_outbox_put(store, &o, err));
	GOOD(store_count(store, "done", 1, err));
	GOOD(store_commit(store, err));
}

static void
child(const char *directory, int report)
{
	struct store *store;
	uint64_t number;

	GOOD((store = store_open(directory, true, err)) != NULL);
	for (number = store_stream(store, "detect-1") + 1;; number++) {
		transaction(store, number);
		if (write(report, &number, sizeof number) != sizeof number)
			_exit(0);
	}
}

static bool
count_entry(void *ctx, const struct entry *entry, const void *payload, size_t size)
{
	(void)size;
	assert_int_equal(payload != NULL, entry->number == 1);
	++*(size_t *)ctx;
	return true;
}

static bool
count_sighting(void *ctx, const struct stored_sighting *s)
{
	(void)s;
	++*(size_t *)ctx;
	return true;
}

static bool
count_outbox(void *ctx, const struct outbox_entry *entry)
{
	(void)entry;
	++*(size_t *)ctx;
	return true;
}

static bool
check_done(void *ctx, const char *name, uint64_t value)
{
	assert_string_equal(name, "done");
	assert_true(value == *(uint64_t *)ctx);
	return true;
}

static void
check(struct store *store, uint64_t told)
{
	uint64_t number = store_stream(store, "detect-1"), links, bad;
	struct case_record c;
	size_t pending = 0;

	assert_true(number >= told && number <= told + 1);
	for (uint64_t i = 1; i <= number; i++) {
		size_t entries = 0, sightings = 0;

		assert_true(store_case_open_of(store, i, CLASS_INFECTED, &c));
		store_entries(store, c.id, count_entry, &entries);
		assert_int_equal(entries, 2);
		store_sightings_of_case(store, c.id, count_sighting, &sightings);
		assert_int_equal(sightings, 1);
	}
	assert_false(store_case_open_of(store, number + 1, CLASS_INFECTED, &c));
	store_outbox_pending(store, INT64_MAX, count_outbox, &pending);
	assert_int_equal(pending, number);
	store_counts(store, check_done, &number);
	GOOD(store_audit_verify(store, &links, &bad, err));
	assert_int_equal(links, 2 * number);
}

static int kills = 12;

static void
test_kills(void **state)
{
	struct fixture *f = *state;
	uint64_t told = 0, last;
	struct rng rng;

	rng_seed(&rng, 20261122);
	for (int i = 0; i < kills; i++) {
		int ends[2], status;
		pid_t pid;

		store_close(f->store);
		assert_int_equal(pipe(ends), 0);
		pid = fork();
		if (pid == 0)
			child(f->directory, ends[1]);
		(void)close(ends[1]);
		for (uint64_t wait = rng_below(&rng, 8) + (told == 0); wait > 0; wait--)
			assert_int_equal(read(ends[0], &told, sizeof told), sizeof told);
		(void)usleep((useconds_t)rng_below(&rng, 3000));
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		while (read(ends[0], &last, sizeof last) == sizeof last)
			told = last;
		(void)close(ends[0]);
		fixture_open(f);
		check(f->store, told);
	}
	assert_true(told > 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_kills, fixture_setup, fixture_teardown),
	};

	if (argc > 1)
		kills = atoi(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
