/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_lease.c -- leases and attribution against an obvious model.
 *
 * The model remembers every true tenure. The log that the leases are fed differs from the
 * truth by up to the clock error; whatever attribution then calls unique must be the true
 * holder: 0 wrong, for seeded churn with renewals, releases, silent expiry, port blocks,
 * restarts of the writer, segments and merges.
 */
#include "../../src/line/lease.c"

#include "base/hash.h"
#include "line/attribute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define SEC WHEN_SECOND

static char directory[64];

static int
make_directory(void **state)
{
	static int fd;

	(void)strcpy(directory, "/tmp/botkoll-lease-XXXXXX");
	assert_non_null(mkdtemp(directory));
	fd = open(directory, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	*state = &fd;
	return 0;
}

static int
drop_directory(void **state)
{
	int fd = *(int *)*state;
	DIR *dir = fdopendir(fd);
	struct dirent *entry;

	while ((entry = readdir(dir)) != NULL)
		(void)unlinkat(fd, entry->d_name, 0);
	(void)closedir(dir);
	return rmdir(directory);
}

static struct leases *
open_leases(int fd, bool writer)
{
	struct err err;
	struct leases *leases = leases_open(fd, writer, &err);

	assert_non_null(leases);
	return leases;
}

static struct lease
lease(uint32_t host, uint32_t handle, int64_t start, int64_t end)
{
	return (struct lease){.addr = addr_v4(host),
	    .realm = 1,
	    .start = start,
	    .end = end,
	    .handle = handle};
}

static void
sync_leases(struct leases *leases)
{
	struct err err;

	if (!leases_sync(leases, &err))
		fail_msg("%s", err.text);
}

static struct attributed
ask(const struct leases *leases, uint32_t host, uint16_t port, int64_t t, int64_t error)
{
	struct attributor a = {.leases = leases, .clock_error = error, .v6_length = 64};
	struct attribute_query q = {
	    .realm = 1, .addr = addr_v4(host), .port = port, .first = t, .last = t};
	struct attributed out;

	attribute(&a, &q, &out);
	return out;
}

static void
test_renew_take_over_end(void **state)
{
	struct leases *l = open_leases(*(int *)*state, true);
	struct lease a = lease(7, 1, 100 * SEC, 200 * SEC);

	assert_true(leases_add(l, &a));
	a.start = 150 * SEC;
	a.end = 250 * SEC;
	assert_false(leases_add(l, &a)); /* a renewal */
	a = lease(7, 2, 240 * SEC, 400 * SEC);
	assert_true(leases_add(l, &a)); /* another holder, and the first one's end */
	assert_int_equal(ask(l, 7, 0, 239 * SEC, 0).handle, 1);
	assert_int_equal(ask(l, 7, 0, 240 * SEC, 0).handle, 2);
	leases_end(l, &a, 300 * SEC);
	assert_int_equal(ask(l, 7, 0, 300 * SEC, 0).answer, ATTRIBUTION_NO_LEASE);
	a = lease(7, 2, 350 * SEC, 400 * SEC);
	assert_false(leases_add(l, &a)); /* the same one came back */
	assert_int_equal(leases_count(l), 3);
	leases_close(l);
}

static void
test_told_late_and_twice(void **state)
{
	struct leases *l = open_leases(*(int *)*state, true);
	struct lease a = lease(7, 1, 100 * SEC, 500 * SEC),
		     b = lease(7, 2, 400 * SEC, 900 * SEC);

	(void)leases_add(l, &b);
	assert_false(leases_add(l, &a)); /* late: cut where the next begins */
	(void)leases_add(l, &a);
	(void)leases_add(l, &b);
	assert_int_equal(leases_count(l), 2);
	assert_int_equal(ask(l, 7, 0, 450 * SEC, 0).handle, 2);
	assert_int_equal(ask(l, 7, 0, 399 * SEC, 0).handle, 1);
	leases_close(l);
}

static void
test_answers(void **state)
{
	struct leases *l = open_leases(*(int *)*state, true);
	struct lease a = lease(7, 1, 100 * SEC, 200 * SEC),
		     b = lease(7, 2, 200 * SEC, 300 * SEC),
		     c = lease(8, 3, 100 * SEC, 200 * SEC);
	struct attributor with = {.leases = l};
	struct attribute_query q = {.realm = 1, .addr = addr_v4(7)};
	struct attributed out;

	(void)leases_add(l, &a);
	(void)leases_add(l, &b);
	c.port_lo = 1024;
	c.port_hi = 2047;
	(void)leases_add(l, &c);
	assert_int_equal(
	    ask(l, 7, 0, 195 * SEC, 10 * SEC).answer, ATTRIBUTION_CLOCK_DOUBTFUL);
	assert_int_equal(
	    ask(l, 7, 0, 195 * SEC, 5 * SEC).answer, ATTRIBUTION_CLOCK_DOUBTFUL);
	assert_int_equal(ask(l, 7, 0, 195 * SEC, 4 * SEC).handle, 1);
	assert_int_equal(ask(l, 9, 0, 195 * SEC, 4 * SEC).answer, ATTRIBUTION_NO_LEASE);
	assert_int_equal(ask(l, 8, 0, 150 * SEC, 0).answer, ATTRIBUTION_NEEDS_PORT);
	assert_int_equal(ask(l, 8, 1500, 150 * SEC, 0).handle, 3);
	assert_int_equal(ask(l, 8, 3000, 150 * SEC, 0).answer, ATTRIBUTION_NO_LEASE);
	q.first = 150 * SEC;
	q.last = 250 * SEC;
	attribute(&with, &q, &out);
	assert_int_equal(out.answer, ATTRIBUTION_AMBIGUOUS);
	assert_int_equal(out.candidates, 2);
	assert_int_equal(out.trail_count, 2);
	assert_int_equal(out.trail[0].handle, 1);
	with.ours = &(struct prefix){.addr = addr_v4(0xc0000200), .length = 120};
	with.our_count = 1;
	attribute(&with, &q, &out);
	assert_int_equal(out.answer, ATTRIBUTION_NOT_OURS);
	leases_close(l);
}

static int
static_order(const void *x, const void *y)
{
	const struct static_line *a = x, *b = y;

	return addr_compare(&a->prefix.addr, &b->prefix.addr);
}

/* Nested fixed prefixes: the longest that holds the address, as a plain scan finds it. */
static void
test_static_lines(void **state)
{
	enum { LINES = 60 };
	struct static_line lines[LINES];
	struct attributor a = {.statics = lines, .static_count = LINES};
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5);
	for (uint32_t i = 0; i < LINES; i++) {
		struct addr host = addr_v4((uint32_t)rng_below(&rng, 4096));

		lines[i] = (struct static_line){.realm = 1,
		    .prefix = prefix_of(&host, (uint8_t)(114 + rng_below(&rng, 15))),
		    .handle = i + 1};
	}
	qsort(lines, LINES, sizeof *lines, static_order);
	for (uint32_t host = 0; host < 4096; host++) {
		struct attribute_query q = {.realm = 1, .addr = addr_v4(host)};
		struct attributed out;
		uint8_t best = 0;

		for (size_t i = 0; i < LINES; i++)
			if (prefix_holds(&lines[i].prefix, &q.addr) &&
			    lines[i].prefix.length > best)
				best = lines[i].prefix.length;
		attribute(&a, &q, &out);
		assert_int_equal(out.answer == ATTRIBUTION_UNIQUE, best != 0);
		for (size_t i = 0; i < LINES && best != 0; i++)
			if (lines[i].handle == out.handle)
				assert_int_equal(lines[i].prefix.length, best);
	}
}

static void
test_second_writer_refused(void **state)
{
	int fd = *(int *)*state;
	struct leases *l = open_leases(fd, true);
	struct err err;

	assert_null(leases_open(fd, true, &err));
	assert_non_null(strstr(err.text, "another process"));
	leases_close(l);
}

static void
test_torn_tail(void **state)
{
	int fd = *(int *)*state;
	struct leases *l = open_leases(fd, true);
	struct lease a = lease(7, 1, 100 * SEC, 200 * SEC);
	int file;

	(void)leases_add(l, &a);
	sync_leases(l);
	leases_close(l);
	file = openat(fd, "tail-00000001", O_WRONLY | O_APPEND);
	assert_int_equal(write(file, "torn", 4), 4);
	(void)close(file);
	l = open_leases(fd, true);
	assert_int_equal(leases_count(l), 1);
	a = lease(8, 2, 100 * SEC, 200 * SEC);
	(void)leases_add(l, &a);
	sync_leases(l);
	leases_close(l);
	l = open_leases(fd, false);
	assert_int_equal(leases_count(l), 2);
	leases_close(l);
}

/* ---- the model */

enum { HOSTS = 40, BLOCKS = 4, TENURES = 4000, STEP = 30 };

struct tenure {
	uint32_t host, handle;
	uint16_t port_lo, port_hi;
	int64_t start, end;
};

struct model {
	struct tenure all[TENURES];
	size_t count;
	struct rng rng;
	int64_t error; /* each logged time is off by at most this */
	int64_t clock[HOSTS][BLOCKS];
	uint32_t next_handle;
};

static int64_t
off(struct model *m)
{
	return (int64_t)rng_below(&m->rng, (uint64_t)(2 * m->error + 1)) - m->error;
}

/* One more tenure in the truth, and its lines in the log. The skew of the log's clock is
 * the same for both ends of a change of holder, as it is with one server. */
static void
live(struct model *m, struct leases *l, uint32_t host, uint32_t block)
{
	int64_t *clock = &m->clock[host][block], skew = off(m), length, t;
	bool ports = host % 3 == 0, release = rng_below(&m->rng, 2) == 0;
	struct tenure *n = &m->all[m->count++];
	struct lease told;

	*clock += rng_below(&m->rng, 3) == 0 ? (int64_t)rng_below(&m->rng, 90) * SEC : 0;
	length = (int64_t)(60 + rng_below(&m->rng, 600)) * SEC;
	*n = (struct tenure){.host = host,
	    .handle = rng_below(&m->rng, 8) == 0 ? 1 : ++m->next_handle,
	    .port_lo = ports ? (uint16_t)(1024 + block * 100) : 0,
	    .port_hi = ports ? (uint16_t)(1123 + block * 100) : 0,
	    .start = *clock,
	    .end = *clock + length};
	told = lease(host, n->handle, n->start + skew, 0);
	told.port_lo = n->port_lo;
	told.port_hi = n->port_hi;
	for (t = n->start; t < n->end; t += 100 * SEC) {
		told.start = t + skew;
		told.end = t + skew + 200 * SEC; /* renewed at half time */
		(void)leases_add(l, &told);
	}
	if (release)
		leases_end(l, &told, n->end + skew);
	*clock = release ? n->end : told.end - skew;
	if (!release)
		n->end = *clock;
}

static size_t
check_model(struct model *m, const struct leases *l, size_t questions, size_t *unique)
{
	size_t wrong = 0;

	for (size_t i = 0; i < questions; i++) {
		struct tenure *n = &m->all[rng_below(&m->rng, m->count)];
		int64_t t =
		    n->start + (int64_t)rng_below(&m->rng, (uint64_t)(n->end - n->start));
		bool port = n->port_lo != 0 && rng_below(&m->rng, 4) != 0;
		struct attributed out =
		    ask(l, n->host, port ? n->port_lo + 5 : 0, t, m->error);

		if (n->port_lo != 0 && !port) {
			assert_int_equal(out.answer, ATTRIBUTION_NEEDS_PORT);
			continue;
		}
		*unique += out.answer == ATTRIBUTION_UNIQUE;
		wrong += out.answer == ATTRIBUTION_UNIQUE && out.handle != n->handle;
		wrong += out.answer == ATTRIBUTION_NO_LEASE;
	}
	return wrong;
}

static void
test_model(void **state)
{
	int fd = *(int *)*state;
	struct leases *l = open_leases(fd, true), *reader = open_leases(fd, false);
	struct model *m = xcalloc(1, sizeof *m);
	struct err err;
	size_t unique = 0;

	rng_seed(&m->rng, 20261122);
	m->error = 5 * SEC;
	m->next_handle = 1;
	for (uint32_t h = 0; h < HOSTS; h++)
		for (uint32_t b = 0; b < BLOCKS; b++)
			m->clock[h][b] = 1000 * SEC;
	while (m->count < TENURES) {
		uint32_t host = (uint32_t)rng_below(&m->rng, HOSTS);

		live(
		    m, l, host, host % 3 == 0 ? (uint32_t)rng_below(&m->rng, BLOCKS) : 0);
		if (m->count % 100 == 0)
			sync_leases(l);
		if (m->count % 500 == 0) /* as if the tail were full */
			assert_true(
			    flush(l, grace_limit(l), &err) && merge_like(l, &err));
		if (m->count % 700 == 0) {
			leases_close(l);
			l = open_leases(fd, true);
		}
	}
	sync_leases(l);
	assert_true(l->segment_count >= 1);
	assert_true(leases_refresh(reader, &err));
	assert_int_equal(leases_count(reader), leases_count(l));
	assert_int_equal(check_model(m, l, 20000, &unique), 0);
	assert_true(unique > 10000);
	unique = 0;
	assert_int_equal(check_model(m, reader, 2000, &unique), 0);
	leases_close(reader);
	leases_close(l);
	free(m);
}

static void
count_visit(void *ctx, const struct lease *found)
{
	(void)found;
	++*(size_t *)ctx;
}

static void
test_past_retention(void **state)
{
	struct leases *l = open_leases(*(int *)*state, true);
	struct lease one = lease(7, 1, 100 * SEC, 200 * SEC);
	struct attributor a = {.leases = l, .v6_length = 64, .kept = 200 * SEC};
	struct attribute_query q = {
	    .realm = 1, .addr = addr_v4(7), .first = 150 * SEC, .last = 150 * SEC};
	struct attributed out;

	(void)leases_add(l, &one);
	attribute(&a, &q, &out);
	assert_int_equal(out.answer, ATTRIBUTION_UNIQUE);
	a.kept++;
	attribute(&a, &q, &out);
	assert_int_equal(out.answer, ATTRIBUTION_NO_LEASE);
	assert_int_equal(out.trail_count, 0);
	leases_close(l);
}

static void
test_retire(void **state)
{
	int fd = *(int *)*state;
	struct leases *l = open_leases(fd, true);
	struct addr a = addr_v4(1);
	struct lease found[2];
	struct err err;
	size_t before = 0;

	for (uint32_t i = 0; i < 100; i++) {
		struct lease one =
		    lease(i % 4, i + 1, i * WHEN_HOUR, (i + 1) * WHEN_HOUR);

		(void)leases_add(l, &one);
		if (i == 60)
			assert_true(
			    leases_sync(l, &err) && flush(l, grace_limit(l), &err));
	}
	assert_true(leases_retire(l, 50 * WHEN_HOUR, &err));
	assert_int_equal(leases_count(l), 51); /* those that ended at 50 h or later */
	leases_visit(
	    l, &(struct lease_question){a, 1, 0, 48 * WHEN_HOUR}, count_visit, &before);
	assert_int_equal(before, 0);
	assert_int_equal(
	    leases_find(l, &(struct lease_question){a, 1, 0, INT64_MAX}, found, 2), 13);
	assert_true(found[0].start < found[1].start);
	leases_close(l);
	l = open_leases(fd, false);
	assert_int_equal(leases_count(l), 51);
	leases_close(l);
}

/* The log is read again at each start: what was forgotten may come back from it, and is
 * forgotten again; nothing else changes. */
static void
test_retire_and_read_again(void **state)
{
	int fd = *(int *)*state;
	const struct lease log[] = {lease(7, 4, 0, WHEN_DAY),
	    lease(7, 4, 9 * WHEN_DAY, 10 * WHEN_DAY),
	    lease(7, 4, 11 * WHEN_DAY, 12 * WHEN_DAY),
	    lease(7, 1, 100 * WHEN_DAY, 101 * WHEN_DAY),
	    lease(7, 4, 100 * WHEN_DAY + WHEN_HOUR, 101 * WHEN_DAY)};

	for (int i = 0; i < 3; i++) {
		struct leases *l = open_leases(fd, true);
		struct err err;

		for (size_t k = 0; k < sizeof log / sizeof log[0]; k++)
			(void)leases_add(l, &log[k]);
		assert_true(leases_sync(l, &err));
		assert_true(leases_retire(l, 11 * WHEN_DAY, &err));
		assert_int_equal(leases_count(l), 3);
		assert_int_equal(ask(l, 7, 0, 100 * WHEN_DAY, 0).handle, 1);
		leases_close(l);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_DIRECTORY(t)                                                                \
	cmocka_unit_test_setup_teardown(t, make_directory, drop_directory)
	    WITH_DIRECTORY(test_renew_take_over_end),
	    WITH_DIRECTORY(test_told_late_and_twice),
	    WITH_DIRECTORY(test_answers),
	    cmocka_unit_test(test_static_lines),
	    WITH_DIRECTORY(test_second_writer_refused),
	    WITH_DIRECTORY(test_torn_tail),
	    WITH_DIRECTORY(test_model),
	    WITH_DIRECTORY(test_past_retention),
	    WITH_DIRECTORY(test_retire),
	    WITH_DIRECTORY(test_retire_and_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
