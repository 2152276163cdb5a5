/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk.c -- the desk's life, and its epochs: sightings in, timers, retention.
 *
 * An epoch is one transaction: each sighting is attributed to the line that held the
 * address then, kept, and counted; every line touched is judged once, at the epoch's end;
 * then the cases whose time has come. What was not attributed to exactly one line is kept
 * as it is, counted by answer, and leads to nobody.
 *
 * Retention runs once a day at RETIRE_HOUR of event time, after the epoch's transaction,
 * since it makes its own. A killed run repeats it: the day is marked when it is done.
 */
#include "role/desk_complaints.h"
#include "role/desk_marks.h"
#include "role/desk_reports.h"

#include "source/source.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define RETIRE_HOUR (3 * WHEN_HOUR)

enum { DAYS_MOST = 31 }; /* of one sighting */

struct id128
desk_draw(const struct desk *desk, const char *what, const void *bytes, size_t size)
{
	struct digest d;

	digest_init(&d);
	digest_u64(&d, desk->seed);
	digest_text(&d, what);
	digest_field(&d, bytes, size);
	return digest_id(&d);
}

void
desk_rng(const struct desk *desk, const char *what, const char *name, struct rng *rng)
{
	struct id128 id = desk_draw(desk, what, name, strlen(name));
	uint64_t seed;

	memcpy(&seed, id.b, sizeof seed);
	rng_seed(rng, seed);
}

int64_t
desk_setting_time(struct desk *desk, const char *name, int64_t absent)
{
	char *text = store_setting(desk->store, name);
	int64_t t = text != NULL ? strtoll(text, NULL, 10) : absent;

	free(text);
	return t;
}

bool
desk_setting_time_set(struct desk *desk, const char *name, int64_t t, struct err *err)
{
	char text[32];

	(void)snprintf(text, sizeof text, "%" PRId64, t);
	return store_setting_set(desk->store, name, text, err);
}

bool
desk_statics_load(struct desk *desk, struct err *err)
{
	size_t count = 0;
	struct static_line *statics = identity_statics(desk->identity, &count);

	if (statics == NULL && count > 0)
		return err_set(err, "the fixed addresses cannot be read");
	free(desk->statics);
	desk->statics = statics;
	desk->static_count = count;
	return true;
}

/* A live installation draws its seed once and keeps it; REPLAY's comes from outside. */
static bool
load_seed(struct desk *desk, struct err *err)
{
	char *text, drawn[32];

	desk->seed = desk->config.seed;
	if (desk->seed != 0)
		return true;
	text = store_setting(desk->store, "desk.seed");
	if (text != NULL) {
		desk->seed = strtoull(text, NULL, 10);
		free(text);
		return true;
	}
	randombytes_buf(&desk->seed, sizeof desk->seed);
	desk->seed |= 1;
	(void)snprintf(drawn, sizeof drawn, "%" PRIu64, desk->seed);
	if (!store_begin(desk->store, err))
		return false;
	if (store_setting_set(desk->store, "desk.seed", drawn, err) &&
	    store_commit(desk->store, err))
		return true;
	store_rollback(desk->store);
	return false;
}

struct desk *
desk_new(const struct desk_config *config, struct store *store, struct identity *identity,
    struct err *err)
{
	struct desk *desk = xcalloc(1, sizeof *desk);

	desk->config = *config;
	desk->store = store;
	desk->identity = identity;
	desk->notices = notices_new(config->templates, err);
	if (desk->notices == NULL || !load_seed(desk, err) ||
	    !desk_statics_load(desk, err)) {
		desk_free(desk);
		return NULL;
	}
	return desk;
}

void
desk_free(struct desk *desk)
{
	if (desk == NULL)
		return;
	notices_free(desk->notices);
	free(desk->statics);
	free(desk->handed.keys);
	free(desk->replies);
	free(desk);
}

/* ---- intake */

/* Leases past their retention are not looked at, whether the role that keeps them has
 * forgotten them already or not: so the answer depends on event time alone. */
void
desk_attribute(const struct desk *desk, const struct sighting *s, int64_t now,
    struct attributed *out)
{
	const struct our_networks *ours = desk->config.ours;
	struct attributor a = {.leases = desk->config.leases,
	    .statics = desk->statics,
	    .static_count = desk->static_count,
	    .ours = ours ? ours->items : NULL,
	    .our_count = ours ? ours->count : 0,
	    .clock_error = desk->config.clock_error,
	    .kept = now - desk->config.policy->retention.leases,
	    .v6_length = ours && ours->v6_length ? ours->v6_length : 64};
	struct attribute_query q = {.realm = s->realm,
	    .addr = s->addr,
	    .port = s->port,
	    .first = s->first,
	    .last = s->last,
	    .precision = s->precision};

	attribute(&a, &q, out);
}

/* A unique handle whose line was erased or never registered leads to nobody. */
static const char *
answer_name(const struct stored_sighting *s)
{
	return s->attributed.answer == ATTRIBUTION_UNIQUE && s->line == 0
		   ? "no-line"
		   : attribution_names[s->attributed.answer];
}

static bool
count_answer(struct desk *desk, const struct stored_sighting *s, struct err *err)
{
	char name[64];

	(void)snprintf(name, sizeof name, "sightings.%s", answer_name(s));
	return store_count(desk->store, name, 1, err);
}

bool
desk_days(struct desk *desk, const struct stored_sighting *s, bool seen, struct err *err)
{
	const struct sighting *g = &s->sighting;
	struct day_seen d = {.line = s->line, .day = g->first / WHEN_DAY};
	int64_t to = g->last / WHEN_DAY;

	if (g->role != ROLE_BOT || s->line == 0)
		return true;
	(void)snprintf(d.family, sizeof d.family, "%s", g->family);
	(void)snprintf(d.upstream, sizeof d.upstream, "%s",
	    g->upstream[0] ? g->upstream : g->identifier);
	if (to - d.day > DAYS_MOST)
		d.day = to - DAYS_MOST;
	for (; d.day <= to; d.day++)
		if (!store_day_set(desk->store, &d, seen, err))
			return false;
	return true;
}

/* The open case that the sighting belongs to, 0 if there is none. */
static uint64_t
case_for(struct desk *desk, const struct stored_sighting *s)
{
	struct line_evidence item;
	struct case_record open;

	desk_evidence_of(&s->sighting, &item);
	for (int c = 0; c < CLASS_COUNT; c++)
		if (policy_concerns((enum case_class)c, &item) &&
		    store_case_open_of(desk->store, s->line, (enum case_class)c, &open))
			return open.id;
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

size_t
desk_unique(uint64_t *items, size_t count)
{
	size_t kept = 0;

	if (count > 1)
		qsort(items, count, sizeof *items, by_number);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || items[kept - 1] != items[i])
			items[kept++] = items[i];
	return kept;
}

void
desk_ids_add(struct desk_ids *ids, uint64_t id)
{
	if (ids->count == ids->room) {
		ids->room = ids->room ? 2 * ids->room : 64;
		ids->items = xrealloc(ids->items, ids->room * sizeof *ids->items);
	}
	ids->items[ids->count++] = id;
}

static bool
take_finding(
    struct desk *desk, const struct stored_sighting *s, bool fresh, struct err *err)
{
	return fresh ? count_answer(desk, s, err)
		     : store_count(desk->store, "sightings.updated", 1, err);
}

/* A report that is there already changes nothing. */
static bool
take_report(struct desk *desk, const struct fate *fate, const struct stored_sighting *s,
    bool fresh, struct err *err)
{
	enum attribution answer = s->attributed.answer;
	bool ours = answer != ATTRIBUTION_NOT_OURS;
	enum book outcome = !fresh ? BOOK_DUPLICATE
			    : ours ? BOOK_SIGHTING
				   : BOOK_NOT_OURS;

	desk_answer_count(desk, fate, outcome, answer);
	if (!fresh)
		return store_count(desk->store, "sightings.duplicate", 1, err) &&
		       desk_book(desk, fate, outcome, "", err);
	return count_answer(desk, s, err) &&
	       desk_book(desk, fate, outcome, ours ? answer_name(s) : "", err) &&
	       (!ours || desk_piece(desk, fate, s->case_id, err));
}

static bool
take_sighting(struct desk *desk, int64_t now, const struct fate *fate,
    struct desk_ids *touched, struct err *err)
{
	struct stored_sighting s = {.sighting = fate->sighting, .days = 1};
	bool report = s.sighting.group == GROUP_REPORT, fresh;

	desk_attribute(desk, &s.sighting, now, &s.attributed);
	if (s.attributed.answer == ATTRIBUTION_UNIQUE)
		s.line = identity_line_of(desk->identity, s.attributed.handle);
	if (s.line != 0)
		s.case_id = case_for(desk, &s);
	if (report)
		desk_weigh(desk, &s.sighting);
	if (!store_sighting_put(desk->store, &s, &fresh, err) ||
	    !desk_heard(desk, &s.sighting, now, err))
		return false;
	if (report ? !take_report(desk, fate, &s, fresh, err)
		   : !take_finding(desk, &s, fresh, err))
		return false;
	if (report && !fresh)
		return true;
	if (!desk_claim(desk, &s, (char)fate->sighting.grade, err))
		return false;
	if (!desk_complain(desk, &s, fresh, now, err))
		return false;
	if (s.line == 0)
		return true;
	desk_ids_add(touched, s.line);
	return desk_days(desk, &s, true, err);
}

bool
desk_take(struct desk *desk, int64_t now, const struct fate *fate,
    struct desk_ids *touched, struct err *err)
{
	switch ((enum fate_kind)fate->kind) {
	case FATE_SIGHTING:
		return take_sighting(desk, now, fate, touched, err);
	case FATE_LETTER:
		return desk_answer_letter(desk, fate, now, err);
	case FATE_ASIDE:
	case FATE_UNREAD:
	case FATE_END:
	case FATE_KINDS:
		break;
	}
	return desk_fate(desk, fate, err);
}

/* A letter before what it brought, the end of a file after it. */
static int
rank(const struct fate *fate)
{
	return fate->kind == FATE_LETTER ? 0 : fate->kind == FATE_END ? 2 : 1;
}

static int
by_receipt(const void *a, const void *b)
{
	const struct fate *x = a, *y = b;

	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	if (x->sighting.received != y->sighting.received)
		return x->sighting.received < y->sighting.received ? -1 : 1;
	return memcmp(x->sighting.id.b, y->sighting.id.b, sizeof x->sighting.id.b);
}

/* ---- epochs */

static bool
collect_due(void *ctx, const struct case_record *record)
{
	desk_ids_add(ctx, record->line);
	return true;
}

/* Adds to `touched` the lines of cases that were due. */
static bool
fire_timers(struct desk *desk, int64_t now, struct desk_ids *touched, struct err *err)
{
	size_t before = touched->count;
	bool good = true;

	store_cases_due(desk->store, now, collect_due, touched);
	for (size_t i = before; i < touched->count && good; i++)
		good = desk_work(desk, touched->items[i], now, err);
	return good;
}

static bool
take_marks(struct desk *desk, int64_t now, const struct stream_mark *marks, size_t count,
    struct err *err)
{
	bool traffic = false;

	for (size_t i = 0; i < count; i++) {
		if (!store_stream_set(desk->store, marks[i].stream, marks[i].number, err))
			return false;
		traffic = traffic || strncmp(marks[i].stream, "detect", 6) == 0;
	}
	if (desk_setting_time(desk, "shadow.since", 0) == 0 &&
	    !desk_setting_time_set(desk, "shadow.since", now, err))
		return false;
	return !traffic || desk_heard_traffic(desk, now, err);
}

static bool
work_epoch(struct desk *desk, int64_t now, const struct fate *fates, size_t count,
    struct desk_ids *touched, struct err *err)
{
	desk_books_open(desk);
	for (size_t i = 0; i < count; i++)
		if (!desk_take(desk, now, &fates[i], touched, err))
			return false;
	touched->count = desk_unique(touched->items, touched->count);
	for (size_t i = 0; i < touched->count; i++)
		if (!desk_work(desk, touched->items[i], now, err))
			return false;
	return desk_books_close(desk, err) && fire_timers(desk, now, touched, err) &&
	       desk_complaints(desk, now, err) &&
	       desk_marks(desk, touched->items, touched->count, now, err);
}

static int64_t
next_retirement(struct desk *desk)
{
	int64_t day = desk_setting_time(desk, "retired.day", -1);

	return day < 0 ? 0 : (day + 1) * WHEN_DAY + RETIRE_HOUR;
}

static bool
retire(struct desk *desk, int64_t now, struct err *err)
{
	const struct policy_retention *keep = &desk->config.policy->retention;
	struct retention r = {.sightings = keep->sightings,
	    .case_payload = keep->case_payload,
	    .case_skeleton = keep->case_skeleton,
	    .audit = keep->audit,
	    .measure_days = keep->measure_days};
	struct erased erased;

	if (now < next_retirement(desk))
		return true;
	if (!store_retire(desk->store, &r, now, &erased, err) ||
	    !store_begin(desk->store, err))
		return false;
	if (desk_claims_silent(desk, now, err) &&
	    desk_setting_time_set(
		desk, "retired.day", (now - RETIRE_HOUR) / WHEN_DAY, err) &&
	    store_commit(desk->store, err))
		return true;
	store_rollback(desk->store);
	return false;
}

bool /* NOLINTNEXTLINE(readability-function-size): two arrays and their lengths */
desk_epoch(struct desk *desk, int64_t now, struct fate *fates, size_t count,
    const struct stream_mark *marks, size_t mark_count, struct err *err)
{
	struct desk_ids touched = {0};
	bool good;

	if (count > 1)
		qsort(fates, count, sizeof *fates, by_receipt);
	good = retire(desk, now, err) && store_begin(desk->store, err);
	if (good) {
		good = work_epoch(desk, now, fates, count, &touched, err) &&
		       take_marks(desk, now, marks, mark_count, err) &&
		       store_commit(desk->store, err);
		if (!good)
			store_rollback(desk->store);
	}
	free(touched.items);
	return good;
}

int64_t
desk_next_timer(struct desk *desk)
{
	int64_t due = store_next_due(desk->store), retirement = next_retirement(desk);
	int64_t marks = desk_marks_due(desk), complaints = desk_complaints_due(desk);

	due = due < retirement ? due : retirement;
	due = due < complaints ? due : complaints;
	return due < marks ? due : marks;
}

bool
desk_handle(struct desk *desk, const char *key, uint32_t *handle, struct err *err)
{
	struct rng rng;

	desk_rng(desk, "handle", key, &rng);
	if (!identity_begin(desk->identity, err))
		return false;
	if (identity_handle(desk->identity, key, &rng, handle, err) &&
	    identity_commit(desk->identity, err))
		return true;
	identity_rollback(desk->identity);
	return false;
}
