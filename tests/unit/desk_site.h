/* SPDX-License-Identifier: Apache-2.0 *
 * size: functions of a fixture, static, for several test programs.
 */
/* desk_site.h -- a small provider with a real store in a directory of its own, for tests.
 */
#ifndef TESTS_DESK_SITE_H
#define TESTS_DESK_SITE_H

#include "role/desk_inside.h"
#include "source/source.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

static inline void
good(bool result, const struct err *err)
{
	if (!result)
		fail_msg("%s", err->text);
}

static inline uint64_t
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

static inline void
fixed_address(struct site *s, uint64_t line, uint8_t last)
{
	struct addr addr = addr_v4(0xc0000200u + last);
	struct prefix prefix = prefix_of(&addr, 128);
	struct err err;
	struct rng rng;

	rng_seed(&rng, last);
	good(identity_prefix_put(s->identity, line, 0, &prefix, &rng, &err), &err);
}

static inline void
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

static inline void
open_desk(struct site *s, bool shadow)
{
	struct desk_config config = {.directory = s->dir,
	    .policy = s->policy,
	    .ours = &ours,
	    .leases = s->leases,
	    .marks = true,
	    .shadow = shadow,
	    .seed = 7,
	    .from_name = "Norrnät",
	    .site_url = "www.norrnat.example"};
	struct err err;

	s->desk = desk_new(&config, s->store, s->identity, &err);
	if (s->desk == NULL)
		fail_msg("%s", err.text);
}

static inline struct site *
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

static inline int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void
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
static inline struct sighting
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

/* What came of reports and detectors until `now`, in one epoch. */
static inline void
take_all(struct site *s, int64_t now, const struct sighting *sightings, size_t count)
{
	struct fate *fates = xcalloc(count + 1, sizeof *fates);
	struct err err;

	for (size_t i = 0; i < count; i++)
		fates[i].sighting = sightings[i];
	s->now = now;
	good(desk_epoch(s->desk, now, fates, count, NULL, 0, &err), &err);
	free(fates);
}

static inline void
epoch(struct site *s, int64_t now, const struct sighting *sighting)
{
	take_all(s, now, sighting, sighting != NULL);
}

/* Hands out what is due and answers for the world; returns how many letters there were.
 */
static inline size_t
deliver(struct site *s, struct order *last, enum outcome outcome)
{
	struct order *orders = xcalloc(256, sizeof *orders);
	size_t count;
	struct err err;

	good(desk_orders(s->desk, s->now, orders, 256, &count, &err), &err);
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

static inline bool
list_one(void *ctx, const struct case_record *record)
{
	struct listing *l = ctx;

	if (l->count++ == 0)
		l->last = *record; /* the newest comes first */
	l->states[record->now.state]++;
	l->held += record->now.held;
	return true;
}

static inline struct listing
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

static inline bool
count_one(void *ctx, const char *name, uint64_t value)
{
	struct counted *c = ctx;

	if (strcmp(name, c->name) == 0)
		c->value = value;
	return true;
}

static inline uint64_t
counter(struct site *s, const char *name)
{
	struct counted c = {.name = name};

	store_counts(s->store, count_one, &c);
	return c.value;
}

/* The state of a case is the fold of its entries, and each cached fold says the same. */
static inline bool
fold_one(void *ctx, const struct entry *entry, const void *payload, size_t size)
{
	(void)payload;
	(void)size;
	assert_true(case_fold(ctx, entry));
	return true;
}

static inline void
check_fold(struct site *s, const struct case_record *record)
{
	struct case_state_of state = {0};

	store_entries(s->store, record->id, fold_one, &state);
	assert_int_equal(state.state, record->now.state);
	assert_int_equal(state.entries, record->now.entries);
	assert_int_equal(state.notices_sent, record->now.notices_sent);
	assert_true(state.last_evidence == record->now.last_evidence);
}

#endif
