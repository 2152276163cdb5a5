/* SPDX-License-Identifier: Apache-2.0 */
/* test_desk_marks.c -- which lines are marked, since when, where, and until when. */
#include "../../src/role/desk_marks.c"

#include "desk_site.h"

struct heard {
	size_t count;
	struct stored_mark items[32];
};

static bool
hear(void *ctx, const struct stored_mark *m)
{
	struct heard *h = ctx;

	assert_true(h->count < 32);
	h->items[h->count++] = *m;
	return true;
}

static struct heard
active(struct site *s, uint64_t line)
{
	struct heard h = {0};

	store_marks_active(s->store, line, hear, &h);
	return h;
}

static struct heard
after(struct site *s, uint64_t number)
{
	struct heard h = {0};

	store_marks_after(s->store, number, hear, &h);
	return h;
}

/* A report of an infection whose weight opens no case: a `suspect` at most. */
static struct sighting
infection(uint32_t addr, uint16_t port, int64_t t, uint64_t row)
{
	struct sighting s = sinkhole(addr, port, t, row);

	s.gold = false;
	s.kind = KIND_INFECTION;
	s.weight = 4;
	s.grade = 'C';
	return s;
}

static void
test_report(void **state)
{
	struct site *s = site_new();
	struct sighting row = infection(0xc0000205, 0, T0, 1);
	struct heard h;

	(void)state;
	epoch(s, T0 + WHEN_HOUR, NULL);
	assert_int_equal(active(s, 0).count, 0);
	assert_true(desk_marks_due(s->desk) == WHEN_NEVER);
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	assert_int_equal(cases(s).count, 0);
	h = active(s, 0);
	assert_int_equal(h.count, 1);
	assert_true(h.items[0].line == s->fixed);
	assert_true(addr_equal(&h.items[0].mark.line.addr, &row.addr));
	assert_true(h.items[0].mark.time == T0 + 2 * WHEN_HOUR + MARK_DELAY);
	assert_true(h.items[0].mark.as_of == T0 + 2 * WHEN_HOUR);
	assert_true(h.items[0].mark.until == T0 + 2 * WHEN_HOUR + LIFE);
	assert_true(desk_next_timer(s->desk) == T0 + 3 * WHEN_HOUR);
	/* a report that does not claim that the line acted */
	row = infection(0xc0000209, 0, T0, 2);
	row.role = ROLE_VICTIM;
	epoch(s, T0 + 3 * WHEN_HOUR, &row);
	assert_int_equal(active(s, 0).count, 1);
	/* the report grows old: renewed until then, then ended */
	for (int64_t t = T0 + 4 * WHEN_HOUR; t < T0 + 20 * WHEN_DAY; t += WHEN_HOUR)
		epoch(s, t, NULL);
	assert_int_equal(active(s, 0).count, 0);
	assert_true(desk_marks_due(s->desk) == WHEN_NEVER);
	h = after(s, 0);
	assert_true(h.items[h.count - 1].mark.until == 0);
	assert_true(h.items[h.count - 2].mark.until == T0 + REPORT_COUNTS ||
		    h.items[h.count - 2].mark.until > T0 + REPORT_COUNTS - RENEW);
	assert_in_range(h.count, 5, 20);
	site_free(s);
}

static void
close_case(struct site *s)
{
	struct listing l = cases(s);
	struct wr reply;
	json_t *request =
	    json_pack("{s:s,s:{s:s}}", "verb", "case.close", "args", "case", l.last.code);

	wr_init(&reply, DESK_REPLY);
	desk_control(s->desk, s->now, 0, request, &reply);
	assert_non_null(strstr(wr_string(&reply), "\"ok\":true"));
	json_decref(request);
	wr_fini(&reply);
}

static void
test_case(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000205, 0, T0, 1);

	(void)state;
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	assert_int_equal(cases(s).count, 1);
	assert_int_equal(active(s, s->fixed).count, 1);
	close_case(s);
	/* its sighting marks no longer, recent as it is */
	assert_true(desk_next_timer(s->desk) <= s->now);
	epoch(s, T0 + 3 * WHEN_HOUR - WHEN_MINUTE, NULL);
	assert_int_equal(active(s, s->fixed).count, 0);
	assert_int_equal(after(s, 0).count, 2);
	assert_true(after(s, 0).items[1].mark.until == 0);
	site_free(s);
}

/* A leased line is marked where it is, not where it was when it was reported. */
static void
test_follows_its_lease(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0x64400001, 1500, T0, 1);
	struct lease held[1];
	struct heard h;

	(void)state;
	assert_int_equal(leases_find(s->leases,
			     &(struct lease_question){row.addr, 0, T0, T0}, held, 1),
	    1);
	lease(s, 0xc000020a, held[0].handle, T0 + WHEN_DAY, T0 + 60 * WHEN_DAY);
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	h = active(s, 0);
	assert_int_equal(h.count, 1);
	assert_true(addr_equal(&h.items[0].mark.line.addr, &row.addr));
	assert_int_equal(h.items[0].mark.line.port_lo, 1024);
	assert_int_equal(h.items[0].mark.line.port_hi, 2047);
	epoch(s, T0 + WHEN_DAY + WHEN_HOUR, NULL);
	h = after(s, 0);
	assert_int_equal(h.count, 3); /* marked, ended there, marked here */
	assert_true(h.items[1].mark.until == 0);
	assert_true(h.items[1].mark.as_of == h.items[0].mark.as_of);
	assert_true(addr_equal(&h.items[2].mark.line.addr,
	    &(struct addr){.b = {[10] = 0xff, 0xff, 192, 0, 2, 10}}));
	assert_int_equal(active(s, 0).count, 1);
	site_free(s);
}

/* What was followed by another word, or ended, goes once all have it; what holds stays.
 */
static void
test_forgotten(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000205, 0, T0, 1);

	(void)state;
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	for (int day = 1; day <= 5; day++)
		epoch(s, T0 + day * WHEN_DAY, NULL);
	assert_true(after(s, 0).count >= 4);
	desk_marks_taken(s->desk, store_mark_last(s->store));
	epoch(s, T0 + 5 * WHEN_DAY + WHEN_HOUR, NULL);
	assert_int_equal(after(s, 0).count, 1);
	assert_int_equal(active(s, s->fixed).count, 1);
	site_free(s);
}

/* Erasing the line ends its marks without saying whose they were. */
static void
test_erased(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000205, 0, T0, 1);
	struct err err;
	struct heard h;

	(void)state;
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	good(store_erase_line(s->store, s->fixed, T0 + 3 * WHEN_HOUR, &err), &err);
	assert_int_equal(active(s, 0).count, 0);
	h = after(s, 0);
	assert_int_equal(h.count, 2);
	for (size_t i = 0; i < h.count; i++)
		assert_int_equal(h.items[i].line, 0);
	assert_true(h.items[1].mark.until == 0);
	site_free(s);
}

static void
test_nobody_to_tell(void **state)
{
	struct site *s = site_new();
	struct sighting row = sinkhole(0xc0000205, 0, T0, 1);

	(void)state;
	s->desk->config.marks = false;
	epoch(s, T0 + 2 * WHEN_HOUR, &row);
	assert_int_equal(after(s, 0).count, 0);
	site_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_report),
	    cmocka_unit_test(test_case),
	    cmocka_unit_test(test_follows_its_lease),
	    cmocka_unit_test(test_forgotten),
	    cmocka_unit_test(test_erased),
	    cmocka_unit_test(test_nobody_to_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
