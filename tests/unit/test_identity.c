/* SPDX-License-Identifier: Apache-2.0 */
/* test_identity.c -- who a line is; and that erasing leaves no byte of it. */
#include "../../src/store/identity.c"

#include "store_fixture.h"

#include <sys/wait.h>

struct house {
	struct fixture *f;
	struct identity *identity;
	struct rng rng;
};

static int
setup(void **state)
{
	struct house *h = xcalloc(1, sizeof *h);
	void *f;

	if (fixture_setup(&f) != 0)
		return -1;
	h->f = f;
	rng_seed(&h->rng, 7);
	GOOD((h->identity = identity_open(h->f->directory, err)) != NULL);
	*state = h;
	return 0;
}

static int
teardown(void **state)
{
	struct house *h = *state;
	void *f = h->f;

	identity_close(h->identity);
	free(h);
	return fixture_teardown(&f);
}

static uint64_t
add(struct house *h, const char *number, const char *name)
{
	struct line_person p = {.number = number,
	    .name = name,
	    .email = "someone@example.net",
	    .language = "sv"};

	GOOD(identity_line_put(h->identity, &p, &h->rng, err));
	assert_true(p.line != 0 && p.line < UINT64_C(1) << 53);
	return p.line;
}

static void
test_person(void **state)
{
	struct house *h = *state;
	struct arena *arena = arena_new(1 << 16);
	struct line_person got;
	uint64_t a, b, line;

	GOOD(identity_begin(h->identity, err));
	a = add(h, "100", "Anna");
	b = add(h, "200", "Bo");
	assert_true(a != b);
	assert_true(add(h, "100", "Anna Andersson") == a); /* imported again */
	GOOD(identity_commit(h->identity, err));
	identity_close(h->identity);
	GOOD((h->identity = identity_open(h->f->directory, err)) != NULL);
	assert_true(identity_lines(h->identity) == 2);
	assert_true(identity_line_by_number(h->identity, "200", &line) && line == b);
	assert_false(identity_line_by_number(h->identity, "300", &line));
	assert_true(identity_person(h->identity, a, arena, &got));
	assert_string_equal(got.name, "Anna Andersson");
	assert_string_equal(got.email, "someone@example.net");
	assert_string_equal(got.phone, "");
	assert_false(identity_person(h->identity, a + 1, arena, &got));
	arena_free(arena);
}

static void
test_handles(void **state)
{
	struct house *h = *state;
	uint32_t first, again, moved, unknown;
	uint64_t a, b;

	GOOD(identity_begin(h->identity, err));
	a = add(h, "100", "Anna");
	b = add(h, "200", "Bo");
	GOOD(identity_handle(h->identity, "mac-1", &h->rng, &unknown, err));
	assert_true(unknown != 0 && identity_line_of(h->identity, unknown) == 0);
	GOOD(identity_key_put(h->identity, a, "mac-1", &h->rng, &first, err));
	assert_true(first == unknown); /* now somebody's */
	assert_true(identity_line_of(h->identity, first) == a);
	GOOD(identity_key_put(h->identity, a, "mac-1", &h->rng, &again, err));
	assert_true(again == first);
	/* the modem goes to the neighbour: the past stays with its holder */
	GOOD(identity_key_put(h->identity, b, "mac-1", &h->rng, &moved, err));
	assert_true(moved != first);
	assert_true(identity_line_of(h->identity, first) == a);
	assert_true(identity_line_of(h->identity, moved) == b);
	GOOD(identity_handle(h->identity, "mac-1", &h->rng, &again, err));
	assert_true(again == moved);
	GOOD(identity_commit(h->identity, err));
}

static void
test_prefixes(void **state)
{
	static const char *const texts[] = {
	    "2001:db8:1::/56", "192.0.2.7", "192.0.2.4/30"};
	struct house *h = *state;
	struct static_line *items;
	struct prefix prefix;
	size_t count;
	uint64_t a, b;

	GOOD(identity_begin(h->identity, err));
	a = add(h, "100", "Anna");
	b = add(h, "200", "Bo");
	for (size_t i = 0; i < 3; i++) {
		assert_true(prefix_parse(texts[i], &prefix));
		GOOD(identity_prefix_put(h->identity, a, 0, &prefix, &h->rng, err));
		GOOD(identity_prefix_put(h->identity, a, 0, &prefix, &h->rng, err));
	}
	GOOD(identity_prefix_put(h->identity, b, 0, &prefix, &h->rng, err));
	GOOD(identity_commit(h->identity, err));
	items = identity_statics(h->identity, &count);
	assert_int_equal(count, 3);
	for (size_t i = 1; i < count; i++)
		assert_true(
		    addr_compare(&items[i - 1].prefix.addr, &items[i].prefix.addr) < 0);
	assert_int_equal(items[0].prefix.length, 126);
	assert_true(identity_line_of(h->identity, items[0].handle) == b);
	assert_true(identity_line_of(h->identity, items[1].handle) == a);
	free(items);
}

/* Among many others, so that pages are split and merged around the one to go. */
static void
test_erase(void **state)
{
	enum { LINES = 3000, GOING = 300 };
	struct house *h = *state;
	char number[32], name[64], key[64];
	uint64_t lines[LINES];
	uint32_t handle;

	GOOD(identity_begin(h->identity, err));
	for (int i = 0; i < LINES; i++) {
		(void)snprintf(number, sizeof number, "number-%05d", i);
		(void)snprintf(name, sizeof name, "Marker<%05d>Andersson", i);
		(void)snprintf(key, sizeof key, "Marker<%05d>circuit", i);
		lines[i] = add(h, number, name);
		GOOD(identity_key_put(h->identity, lines[i], key, &h->rng, &handle, err));
	}
	GOOD(identity_commit(h->identity, err));
	assert_true(fixture_search(h->f->directory, "Marker<00010>", 13) > 0);
	for (int i = 0; i < GOING; i++)
		GOOD(identity_erase(h->identity, lines[i * 10], err));
	for (int i = 0; i < GOING; i++) {
		(void)snprintf(name, sizeof name, "Marker<%05d>", i * 10);
		if (fixture_search(h->f->directory, name, 13) != 0)
			fail_msg("%s is still there", name);
		(void)snprintf(number, sizeof number, "number-%05d", i * 10);
		if (fixture_search(h->f->directory, number, 12) != 0)
			fail_msg("%s is still there", number);
	}
	assert_true(fixture_search(h->f->directory, "Marker<00011>", 13) > 0);
	assert_true(identity_lines(h->identity) == LINES - GOING);
}

/* Ids and handles drawn from the same seed again are others: nothing of the past leads to
 * who comes after. */
static void
test_not_again(void **state)
{
	struct house *h = *state;
	uint32_t handle, later;
	uint64_t line;

	GOOD(identity_begin(h->identity, err));
	rng_seed(&h->rng, 1);
	line = add(h, "100", "Anna");
	rng_seed(&h->rng, 2);
	GOOD(identity_key_put(h->identity, line, "mac-1", &h->rng, &handle, err));
	GOOD(identity_commit(h->identity, err));
	GOOD(identity_erase(h->identity, line, err));
	assert_true(identity_line_of(h->identity, handle) == 0);
	GOOD(identity_begin(h->identity, err));
	rng_seed(&h->rng, 1);
	assert_true(add(h, "100", "Anna") != line);
	rng_seed(&h->rng, 2);
	GOOD(identity_handle(h->identity, "mac-1", &h->rng, &later, err));
	assert_true(later != handle);
	GOOD(identity_commit(h->identity, err));
}

/* Nobody else opens it, not even to read. */
static void
test_alone(void **state)
{
	struct house *h = *state;
	struct err why;
	int status;
	pid_t pid;

	GOOD(identity_begin(h->identity, err));
	(void)add(h, "100", "Anna");
	GOOD(identity_commit(h->identity, err));
	pid = fork();
	if (pid == 0) {
		struct identity *second = identity_open(h->f->directory, &why);

		_exit(second == NULL && strstr(why.text, "another process") ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(test_person),
	    CASE(test_handles),
	    CASE(test_prefixes),
	    CASE(test_erase),
	    CASE(test_not_again),
	    CASE(test_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
