/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_marks.c -- which lines the detect roles are asked to tell everything about.
 *
 * A line is marked while a case of it is open, and while a report that calls it a bot,
 * and belongs to no case, still counts for at least half (REPORT_COUNTS after it was last
 * seen). Reports that do not claim that the line acted (a victim, an exposed device) mark
 * nothing by themselves: weak findings would add nothing to them; if they open a case,
 * that does. What belongs to a case ends with it.
 *
 * A mark names addresses: those that the line holds by the leases at that time; of a line
 * with a fixed prefix those that its sightings name. It follows the line to new
 * addresses, and ends at the ones it left, when an hour has gone by (REFRESH): until then
 * the findings wait in the detect role's memory, and another holder is never taken for
 * the marked one (merge.h, as_of). It lapses by itself after LIFE unless it is renewed,
 * so that nothing that is lost keeps a line marked for ever.
 *
 * Words are only said where something changes; ends before beginnings, lines and
 * addresses in order, so that their numbers depend on content alone.
 */
#include "role/desk_marks.h"

#include "role/desk_inside.h"
#include "role/mark.h"
#include "source/source.h"

#include <stdlib.h>

#define REPORT_COUNTS                                                                    \
	(72 * WHEN_HOUR + 14 * WHEN_DAY) /* score.h: full, then a half-life */
#define LOOKBACK (90 * WHEN_DAY)         /* for the line's handles */
#define LIFE     (7 * WHEN_DAY)
#define RENEW    WHEN_DAY /* a smaller change of `until` is not worth a word */
#define REFRESH  WHEN_HOUR

enum { HANDLES = 4, KEYS = 8 };

/* What should hold of a line. */
struct wish {
	struct desk *desk;
	int64_t now;
	uint64_t line;
	int64_t until; /* not after `now`: no mark */
	uint32_t handles[HANDLES];
	size_t handle_count;
	struct line_key keys[KEYS]; /* in order */
	size_t key_count;
	/* Of what holds already. */
	size_t active;
	bool differs;
};

static int
compare_keys(const struct line_key *a, const struct line_key *b)
{
	int order = addr_compare(&a->addr, &b->addr);

	if (a->realm != b->realm)
		return a->realm < b->realm ? -1 : 1;
	if (order != 0)
		return order;
	return a->port_lo < b->port_lo ? -1 : a->port_lo > b->port_lo;
}

/* The first KEYS in order stay, so that it does not show in which one they come. */
static void
add_key(struct wish *w, const struct line_key *key)
{
	size_t at = 0;

	while (at < w->key_count && compare_keys(&w->keys[at], key) < 0)
		at++;
	if (at == KEYS || (at < w->key_count && line_key_equal(&w->keys[at], key)))
		return;
	w->key_count += w->key_count < KEYS;
	memmove(
	    &w->keys[at + 1], &w->keys[at], (w->key_count - at - 1) * sizeof w->keys[0]);
	w->keys[at] = *key;
}

static void
add_handle(struct wish *w, uint32_t handle)
{
	for (size_t i = 0; i < w->handle_count; i++)
		if (w->handles[i] == handle)
			return;
	if (w->handle_count < HANDLES &&
	    identity_line_of(w->desk->identity, handle) == w->line)
		w->handles[w->handle_count++] = handle;
}

/* Of a line with a fixed prefix, which has no lease, the address that was seen, if it is
 * still the line's. */
static void
add_fixed(struct wish *w, const struct stored_sighting *s)
{
	const struct our_networks *ours = w->desk->config.ours;
	struct line_key key = line_key_of(s->sighting.realm, &s->sighting.addr,
	    ours != NULL && ours->v6_length ? ours->v6_length : 64);
	struct sighting present = s->sighting;
	struct attributed now;

	if (s->attributed.trail_count > 0 && s->attributed.trail[0].start != INT64_MIN)
		return;
	present.first = present.last = w->now;
	present.precision = 0;
	desk_attribute(w->desk, &present, w->now, &now);
	if (now.answer == ATTRIBUTION_UNIQUE && now.trail[0].start == INT64_MIN &&
	    identity_line_of(w->desk->identity, now.handle) == w->line)
		add_key(w, &key);
}

static bool
look_at(void *ctx, const struct stored_sighting *s)
{
	struct wish *w = ctx;
	int64_t until = s->sighting.last + REPORT_COUNTS;

	if (s->attributed.answer != ATTRIBUTION_UNIQUE)
		return true;
	add_handle(w, s->attributed.handle);
	add_fixed(w, s);
	if (!s->vetoed && s->case_id == 0 && s->sighting.group == GROUP_REPORT &&
	    s->sighting.role == ROLE_BOT && until > w->until)
		w->until = until;
	return true;
}

static bool
compare_active(void *ctx, const struct stored_mark *m)
{
	struct wish *w = ctx;

	w->active++;
	w->differs = w->differs || llabs(m->mark.until - w->until) >= RENEW;
	return true;
}

static void
make_wish(struct desk *desk, uint64_t line, int64_t now, struct wish *w)
{
	struct case_record open;

	*w = (struct wish){.desk = desk, .now = now, .line = line, .until = INT64_MIN};
	store_sightings_of_line(desk->store, line, now - LOOKBACK, look_at, w);
	for (int c = 0; c < CLASS_COUNT; c++)
		if (store_case_open_of(desk->store, line, (enum case_class)c, &open) &&
		    w->until < now + LIFE)
			w->until = now + LIFE;
	if (w->until > now + LIFE)
		w->until = now + LIFE;
	if (w->until <= now)
		w->until = 0;
	store_marks_active(desk->store, line, compare_active, w);
}

/* Nothing to say of the line until the next refresh. */
static bool
is_settled(const struct wish *w)
{
	return w->until == 0 ? w->active == 0 : w->active > 0 && !w->differs;
}

/* ---- addresses */

struct mark_claim { /* a handle's leases belong to a wish */
	uint32_t handle;
	struct wish *wish;
};

struct claims {
	struct mark_claim *items;
	size_t count;
};

static int
by_handle(const void *a, const void *b)
{
	const struct mark_claim *x = a, *y = b;

	return (x->handle > y->handle) - (x->handle < y->handle);
}

static void
claim_lease(void *ctx, const struct lease *lease)
{
	const struct claims *claims = ctx;
	struct mark_claim key = {.handle = lease->handle};
	const struct mark_claim *found =
	    bsearch(&key, claims->items, claims->count, sizeof key, by_handle);
	struct line_key line = {.realm = lease->realm,
	    .addr = lease->addr,
	    .port_lo = lease->port_lo,
	    .port_hi = lease->port_hi};

	if (found != NULL)
		add_key(found->wish, &line);
}

/* One look at all leases for all lines. */
static void
find_addresses(struct desk *desk, struct wish *wishes, size_t count, int64_t now)
{
	struct claims claims = {
	    .items = xcalloc(count * HANDLES + 1, sizeof(struct mark_claim))};

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; wishes[i].until != 0 && k < wishes[i].handle_count;
		     k++)
			claims.items[claims.count++] =
			    (struct mark_claim){wishes[i].handles[k], &wishes[i]};
	if (claims.count > 1)
		qsort(claims.items, claims.count, sizeof *claims.items, by_handle);
	if (claims.count > 0 && desk->config.leases != NULL)
		leases_each_at(desk->config.leases, now, claim_lease, &claims);
	free(claims.items);
}

/* ---- words */

static const struct line_key *
wished(const struct wish *w, const struct line_key *key)
{
	for (size_t i = 0; w->until != 0 && i < w->key_count; i++)
		if (line_key_equal(&w->keys[i], key))
			return &w->keys[i];
	return NULL;
}

struct ends {
	const struct wish *wish;
	struct stored_mark items[KEYS];
	size_t count;
};

static bool
end_one(void *ctx, const struct stored_mark *m)
{
	struct ends *ends = ctx;
	struct stored_mark *end = &ends->items[ends->count];

	if (wished(ends->wish, &m->mark.line) != NULL)
		return true;
	*end = *m;
	end->mark.time = ends->wish->now + MARK_DELAY;
	end->mark.until = 0;
	return ++ends->count < KEYS;
}

static bool
end_all(const struct wish *w, struct err *err)
{
	struct ends ends = {.wish = w};

	store_marks_active(w->desk->store, w->line, end_one, &ends);
	for (size_t i = 0; i < ends.count; i++)
		if (!store_mark_put(w->desk->store, &ends.items[i], err))
			return false;
	return true;
}

struct holding {
	const struct wish *wish;
	bool holds[KEYS];
};

static bool
note_holding(void *ctx, const struct stored_mark *m)
{
	struct holding *h = ctx;
	const struct line_key *key = wished(h->wish, &m->mark.line);

	if (key != NULL && llabs(m->mark.until - h->wish->until) < RENEW)
		h->holds[key - h->wish->keys] = true;
	return true;
}

static bool
begin_all(const struct wish *w, struct err *err)
{
	struct holding h = {.wish = w};

	store_marks_active(w->desk->store, w->line, note_holding, &h);
	for (size_t i = 0; w->until != 0 && i < w->key_count; i++) {
		struct stored_mark m = {.line = w->line,
		    .mark = {.time = w->now + MARK_DELAY,
			.as_of = w->now,
			.until = w->until,
			.line = w->keys[i]}};

		if (!h.holds[i] && !store_mark_put(w->desk->store, &m, err))
			return false;
	}
	return true;
}

static bool
say(const struct wish *wishes, size_t count, struct err *err)
{
	bool good = true;

	for (size_t i = 0; i < count && good; i++)
		good = end_all(&wishes[i], err);
	for (size_t i = 0; i < count && good; i++)
		good = begin_all(&wishes[i], err);
	return good;
}

/* ---- when */

int64_t
desk_marks_due(struct desk *desk)
{
	int64_t due = desk->config.marks ? desk_setting_time(desk, "marks.due", 0) : 0;

	return due != 0 ? due : WHEN_NEVER;
}

bool
desk_marks_again(struct desk *desk, int64_t now, struct err *err)
{
	return desk_marks_due(desk) <= now || desk_marks_due(desk) == WHEN_NEVER ||
	       desk_setting_time_set(desk, "marks.due", now, err);
}

static bool
see_one(void *ctx, const struct stored_mark *m)
{
	(void)m;
	*(bool *)ctx = true;
	return false;
}

/* The next refresh: at whole hours, as long as any line is marked. */
static bool
set_due(struct desk *desk, int64_t now, struct err *err)
{
	int64_t due = desk_marks_due(desk), next = 0;
	bool any = false;

	store_marks_active(desk->store, 0, see_one, &any);
	if (any)
		next =
		    due > now && due != WHEN_NEVER ? due : now - now % REFRESH + REFRESH;
	if (next == (due == WHEN_NEVER ? 0 : due))
		return true;
	return desk_setting_time_set(desk, "marks.due", next, err);
}

struct lines {
	uint64_t *items;
	size_t count;
};

static bool
list_line(void *ctx, const struct stored_mark *m)
{
	struct lines *l = ctx;

	if (l->count > 0 && l->items[l->count - 1] == m->line)
		return true;
	l->items = xrealloc(l->items, (l->count + 1) * sizeof *l->items);
	l->items[l->count++] = m->line;
	return true;
}

bool
desk_marks(
    struct desk *desk, const uint64_t *lines, size_t count, int64_t now, struct err *err)
{
	bool refresh = desk_marks_due(desk) <= now, good;
	struct lines all = {
	    .items = xcalloc(count + 1, sizeof *all.items), .count = count};
	struct wish *wishes;
	size_t n = 0;

	if (count > 0)
		memcpy(all.items, lines, count * sizeof *lines);
	if (refresh)
		store_marks_active(desk->store, 0, list_line, &all);
	all.count = desk_unique(all.items, all.count);
	wishes = xcalloc(all.count + 1, sizeof *wishes);
	for (size_t i = 0; desk->config.marks && i < all.count; i++) {
		make_wish(desk, all.items[i], now, &wishes[n]);
		n += refresh || !is_settled(&wishes[n]);
	}
	find_addresses(desk, wishes, n, now);
	good = say(wishes, n, err) &&
	       (n == 0 && !refresh ? true : set_due(desk, now, err)) &&
	       (!refresh || store_marks_forget(desk->store, desk->marks_had, err));
	free(wishes);
	free(all.items);
	return good;
}

void
desk_marks_taken(struct desk *desk, uint64_t had)
{
	desk->marks_had = had;
}
