/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sightings.c -- what was seen or reported, as it came, with where it was attributed to.
 *
 * A sighting is kept in the waist's own form (event/sighting) with columns beside it for
 * what is looked for. A report that comes again changes nothing. A finding of a detector
 * that comes again under its id (the same window, more seen) takes the place of the
 * earlier numbers, while case, veto and the larger day count stay; a finding with a later
 * window supersedes the same detector's earlier ones about the line.
 */
#include "base/mem.h"
#include "store/inside.h"

#include <stdio.h>
#include <stdlib.h>

enum { BODY_LIMIT = 8192 };

static void
trail_write(const struct attributed *a, struct wr *w)
{
	wr_u8(w, (uint8_t)a->answer);
	wr_u32(w, a->handle);
	wr_u32(w, a->candidates);
	wr_u8(w, (uint8_t)a->trail_count);
	for (size_t i = 0; i < a->trail_count; i++) {
		const struct lease *l = &a->trail[i];

		wr_put(w, l->addr.b, sizeof l->addr.b);
		wr_u32(w, l->realm);
		wr_u16(w, l->port_lo);
		wr_u16(w, l->port_hi);
		wr_u64(w, (uint64_t)l->start);
		wr_u64(w, (uint64_t)l->end);
		wr_u32(w, l->handle);
	}
}

static void
trail_read(struct attributed *a, struct rd *r)
{
	uint8_t answer = rd_u8(r);

	memset(a, 0, sizeof *a);
	a->answer = answer < ATTRIBUTION_COUNT ? answer : ATTRIBUTION_NO_LEASE;
	a->handle = rd_u32(r);
	a->candidates = rd_u32(r);
	a->trail_count = rd_u8(r);
	if (a->trail_count > ATTRIBUTION_TRAIL)
		fatal("store: a sighting's lease trail is damaged");
	for (size_t i = 0; i < a->trail_count; i++) {
		struct lease *l = &a->trail[i];

		(void)rd_copy(r, l->addr.b, sizeof l->addr.b);
		l->realm = rd_u32(r);
		l->port_lo = rd_u16(r);
		l->port_hi = rd_u16(r);
		l->start = (int64_t)rd_u64(r);
		l->end = (int64_t)rd_u64(r);
		l->handle = rd_u32(r);
	}
}

static bool
is_finding(const struct sighting *s)
{
	return s->group != GROUP_REPORT;
}

/* What an indicator's sighting points at, as causes name it: its name or address. */
static void
indicator_of(const struct sighting *s, char out[SIGHTING_REMOTE])
{
	static const struct addr none;

	out[0] = 0;
	if (s->group != GROUP_INTEL)
		return;
	if (s->remote_name[0] != 0)
		(void)snprintf(out, SIGHTING_REMOTE, "%s", s->remote_name);
	else if (!addr_equal(&s->remote, &none))
		(void)addr_text(&s->remote, out);
}

/* The number of the row with this id, 0 if there is none. */
static int64_t
row_of(struct store *store, const struct id128 *id)
{
	sqlite3_stmt *q = db_query(&store->db, "SELECT n FROM sighting WHERE id = ?");
	struct bind b = bind_to(q);
	int64_t n = 0;

	put_blob(&b, id->b, sizeof id->b);
	if (db_row(&store->db, q)) {
		n = sqlite3_column_int64(q, 0);
		db_done(&store->db, q);
	}
	return n;
}

/* What makes a report the same claim again: all that we act on, not the way it came.
 * False: nobody answers for it, so nothing is folded. */
static bool
fold_of(const struct sighting *s, struct id128 *out)
{
	struct digest d;

	if (is_finding(s) || s->upstream[0] == 0)
		return false;
	digest_init(&d);
	digest_text(&d, s->upstream);
	digest_text(&d, s->identifier);
	digest_text(&d, s->family);
	digest_text(&d, s->remote_name);
	digest_u64(&d, s->realm);
	digest_field(&d, s->addr.b, sizeof s->addr.b);
	digest_field(&d, s->remote.b, sizeof s->remote.b);
	digest_u64(&d, (uint64_t)s->port << 32 | s->remote_port);
	digest_u64(&d, (uint64_t)s->proto << 16 | (uint64_t)s->role << 8 | s->kind);
	digest_u64(&d, (uint64_t)s->first);
	digest_u64(&d, (uint64_t)s->last);
	*out = digest_id(&d);
	return true;
}

static bool
is_repeat(struct store *store, const struct id128 *fold)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT 1 FROM sighting WHERE fold = ? LIMIT 1");
	struct bind b = bind_to(q);

	put_blob(&b, fold->b, sizeof fold->b);
	if (!db_row(&store->db, q))
		return false;
	db_done(&store->db, q);
	return true;
}

/* The columns that both a new row and a replaced one take from `s`. */
static void
bind_numbers(struct bind *b, const struct stored_sighting *s)
{
	put_uint(b, s->line);
	put_uint(b, s->case_id);
	put_int(b, s->sighting.first);
	put_int(b, s->sighting.last);
	put_int(b, s->sighting.received);
	put_int(b, s->days);
	put_int(b, s->sighting.role);
	put_int(b, s->attributed.answer);
}

static bool
insert(struct store *store, const struct stored_sighting *s, const struct wr *body,
    const struct wr *trail, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "INSERT INTO sighting (line, case_id, first, last, received, days, role,"
	    " answer, body, trail, id, superseded, vetoed, finding, source, upstream,"
	    " identifier, indicator, fold)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	struct bind b = bind_to(q);
	char indicator[SIGHTING_REMOTE];
	struct id128 fold;
	bool folds = fold_of(&s->sighting, &fold);

	indicator_of(&s->sighting, indicator);
	bind_numbers(&b, s);
	put_blob(&b, body->bytes, body->size);
	put_blob(&b, trail->bytes, trail->size);
	put_blob(&b, s->sighting.id.b, sizeof s->sighting.id.b);
	put_int(&b, s->superseded);
	put_int(&b, s->vetoed);
	put_int(&b, is_finding(&s->sighting));
	put_text(&b, s->sighting.source);
	put_text(&b, s->sighting.upstream);
	put_text(&b, s->sighting.identifier);
	put_text(&b, indicator);
	put_blob(&b, folds ? fold.b : NULL, folds ? sizeof fold.b : 0);
	return db_run(&store->db, q, err);
}

static bool
replace(struct store *store, int64_t n, const struct stored_sighting *s,
    const struct wr *body, const struct wr *trail, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "UPDATE sighting SET line = iif(?1 <> 0, ?1, line),"
	    " case_id = iif(?2 <> 0, ?2, case_id), first = ?3, last = ?4, received = ?5,"
	    " days = max(days, ?6), role = ?7, answer = ?8, body = ?9, trail = ?10,"
	    " indicator = ?11 WHERE n = ?12");
	struct bind b = bind_to(q);
	char indicator[SIGHTING_REMOTE];

	indicator_of(&s->sighting, indicator);
	bind_numbers(&b, s);
	put_blob(&b, body->bytes, body->size);
	put_blob(&b, trail->bytes, trail->size);
	put_text(&b, indicator);
	put_int(&b, n);
	return db_run(&store->db, q, err);
}

/* Of one detector's findings about a line only the newest is evidence. `received` orders
 * windows; of two in one moment, the one put later. */
static bool
supersede(struct store *store, const struct stored_sighting *s, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "WITH newest (n) AS (SELECT n FROM sighting WHERE line = ?1 AND line <> 0"
	    " AND finding = 1 AND identifier = ?2"
	    " ORDER BY received DESC, last DESC, n DESC LIMIT 1)"
	    " UPDATE sighting SET superseded = (n <> (SELECT n FROM newest))"
	    " WHERE line = ?1 AND line <> 0 AND finding = 1 AND identifier = ?2"
	    " AND superseded <> (n <> (SELECT n FROM newest))");
	struct bind b = bind_to(q);

	put_uint(&b, s->line);
	put_text(&b, s->sighting.identifier);
	return db_run(&store->db, q, err);
}

/* Writes a new row (n = 0) or puts `s` in the place of row `n`. */
bool
sighting_keep(
    struct store *store, int64_t n, const struct stored_sighting *s, struct err *err)
{
	struct wr body, trail;
	bool good;

	wr_init(&body, BODY_LIMIT);
	wr_init(&trail, BODY_LIMIT);
	sighting_write(&s->sighting, &body);
	trail_write(&s->attributed, &trail);
	if (n == 0)
		good = insert(store, s, &body, &trail, err);
	else
		good = replace(store, n, s, &body, &trail, err);
	wr_fini(&body);
	wr_fini(&trail);
	return good;
}

bool
store_sighting_put(
    struct store *store, const struct stored_sighting *s, bool *fresh, struct err *err)
{
	int64_t n = row_of(store, &s->sighting.id);
	struct id128 fold;

	*fresh = n == 0 && !(fold_of(&s->sighting, &fold) && is_repeat(store, &fold));
	if (!*fresh && !is_finding(&s->sighting))
		return true;
	if (!sighting_keep(store, n, s, err))
		return false;
	return !is_finding(&s->sighting) || s->line == 0 || supersede(store, s, err);
}

bool
sighting_fetch(struct store *store, int64_t n, struct stored_sighting *out)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT line, case_id, days, superseded, vetoed, body, trail FROM sighting"
	    " WHERE n = ?");
	struct bind b = bind_to(q);
	struct cols c = {.q = q};
	const void *bytes;
	size_t size;
	struct rd r;

	put_int(&b, n);
	if (!db_row(&store->db, q))
		return false;
	memset(out, 0, sizeof *out);
	out->line = get_uint(&c);
	out->case_id = get_uint(&c);
	out->days = (uint32_t)get_uint(&c);
	out->superseded = get_int(&c) != 0;
	out->vetoed = get_int(&c) != 0;
	bytes = get_blob(&c, &size);
	r = rd_init(bytes, size);
	if (!sighting_read(&out->sighting, &r))
		fatal("store: sighting %lld is damaged", (long long)n);
	bytes = get_blob(&c, &size);
	r = rd_init(bytes, size);
	trail_read(&out->attributed, &r);
	db_done(&store->db, q);
	return true;
}

static void
visit_all(struct store *store, sqlite3_stmt *q, sighting_visit *visit, void *ctx)
{
	struct db_ids ids = db_ids(&store->db, q);
	struct stored_sighting s;

	for (size_t i = 0; i < ids.count; i++)
		if (sighting_fetch(store, ids.items[i], &s) && !visit(ctx, &s))
			break;
	free(ids.items);
}

void
store_sightings_of_line(
    struct store *store, uint64_t line, int64_t since, sighting_visit *visit, void *ctx)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT n FROM sighting WHERE line = ? AND line <> 0 AND last >= ?"
	    " ORDER BY last, n");
	struct bind b = bind_to(q);

	put_uint(&b, line);
	put_int(&b, since);
	visit_all(store, q, visit, ctx);
}

void
store_sightings_of_case(
    struct store *store, uint64_t case_id, sighting_visit *visit, void *ctx)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT n FROM sighting WHERE case_id = ? AND case_id <> 0"
	    " ORDER BY received, n");
	struct bind b = bind_to(q);

	put_uint(&b, case_id);
	visit_all(store, q, visit, ctx);
}

void
store_sightings_of_cause(
    struct store *store, const char *cause, sighting_visit *visit, void *ctx)
{
	static const struct {
		const char *kind, *query;
	} kinds[] = {
	    {"detector", "SELECT n FROM sighting WHERE identifier = ? AND finding = 1"
			 " ORDER BY n"},
	    {"report", "SELECT n FROM sighting WHERE identifier = ? AND finding = 0"
		       " ORDER BY n"},
	    {"source", "SELECT n FROM sighting WHERE source = ? ORDER BY n"},
	    {"upstream", "SELECT n FROM sighting WHERE upstream = ? AND upstream <> ''"
			 " ORDER BY n"},
	    {"indicator", "SELECT n FROM sighting WHERE indicator = ? AND indicator <> ''"
			  " ORDER BY n"},
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		size_t length = strlen(kinds[i].kind);
		struct bind b;

		if (strncmp(cause, kinds[i].kind, length) != 0 || cause[length] != ':')
			continue;
		b = bind_to(db_query(&store->db, kinds[i].query));
		put_text(&b, cause + length + 1);
		visit_all(store, b.q, visit, ctx);
		return;
	}
}

void
store_sightings_between(
    struct store *store, int64_t from, int64_t to, sighting_visit *visit, void *ctx)
{
	sqlite3_stmt *q = db_query(
	    &store->db, "SELECT n FROM sighting WHERE last >= ? AND last < ? ORDER BY n");
	struct bind b = bind_to(q);

	put_int(&b, from);
	put_int(&b, to);
	visit_all(store, q, visit, ctx);
}

/* `text` sets one number of the row with this id. */
static bool
set_number(struct store *store, const char *text, const struct id128 *id, uint64_t value,
    struct err *err)
{
	struct bind b = bind_to(db_query(&store->db, text));

	put_uint(&b, value);
	put_blob(&b, id->b, sizeof id->b);
	return db_run(&store->db, b.q, err);
}

bool
store_sighting_veto(
    struct store *store, const struct id128 *id, bool vetoed, struct err *err)
{
	return set_number(
	    store, "UPDATE sighting SET vetoed = ? WHERE id = ?", id, vetoed, err);
}

bool
store_sighting_bind(
    struct store *store, const struct id128 *id, uint64_t case_id, struct err *err)
{
	return set_number(store, "UPDATE sighting SET case_id = ? WHERE id = ?", id,
		   case_id, err) &&
	       piece_bind(store, id, case_id, err);
}

void
store_answers(struct store *store, int64_t from, int64_t to, uint64_t *counts)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT answer, count(*) FROM sighting WHERE received >= ? AND received < ?"
	    " AND role = 0 GROUP BY answer");
	struct bind b = bind_to(q);

	put_int(&b, from);
	put_int(&b, to);
	memset(counts, 0, ATTRIBUTION_COUNT * sizeof *counts);
	while (db_row(&store->db, q)) {
		int64_t answer = sqlite3_column_int64(q, 0);

		if (answer >= 0 && answer < ATTRIBUTION_COUNT)
			counts[answer] = (uint64_t)sqlite3_column_int64(q, 1);
	}
}

void
store_sources(
    struct store *store, int64_t from, int64_t to, source_visit *visit, void *ctx)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT source, count(*) FROM sighting WHERE received >= ? AND received < ?"
	    " AND role = 0 GROUP BY source ORDER BY source");
	struct bind b = bind_to(q);

	put_int(&b, from);
	put_int(&b, to);
	while (db_row(&store->db, q)) {
		struct cols c = {.q = q};
		const char *source = get_text(&c);

		if (!visit(ctx, source, get_uint(&c))) {
			db_done(&store->db, q);
			return;
		}
	}
}
