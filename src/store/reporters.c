/* SPDX-License-Identifier: Apache-2.0 */
/* reporters.c -- who reports, what they claimed of which line, and what came of it. */
#include "store/inside.h"
#include "store/reports.h"

#include <stdlib.h>

static char
grade_of(struct cols *c)
{
	return get_text(c)[0];
}

static void
get_reporter(struct cols *c, struct reporter *r)
{
	get_text_into(c, r->name, sizeof r->name);
	r->grade = grade_of(c);
	r->assigned = grade_of(c);
	r->claims = get_uint(c);
	r->confirmed = get_uint(c);
	r->refuted = get_uint(c);
	r->silent = get_uint(c);
	r->first = get_int(c);
	r->last = get_int(c);
}

bool
store_reporter(struct store *store, const char *name, struct reporter *out)
{
	sqlite3_stmt *q = db_query(&store->db, "SELECT * FROM reporter WHERE name = ?");
	struct bind b = bind_to(q);
	struct cols c = {.q = q};

	*out = (struct reporter){0};
	(void)snprintf(out->name, sizeof out->name, "%s", name);
	put_text(&b, name);
	if (!db_row(&store->db, q))
		return false;
	get_reporter(&c, out);
	db_done(&store->db, q);
	return true;
}

bool
store_reporter_put(struct store *store, const struct reporter *r, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "INSERT OR REPLACE INTO reporter VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
	const char grade[2] = {r->grade, 0}, assigned[2] = {r->assigned, 0};
	struct bind b = bind_to(q);

	put_text(&b, r->name);
	put_text(&b, grade);
	put_text(&b, assigned);
	put_uint(&b, r->claims);
	put_uint(&b, r->confirmed);
	put_uint(&b, r->refuted);
	put_uint(&b, r->silent);
	put_int(&b, r->first);
	put_int(&b, r->last);
	return db_run(&store->db, q, err);
}

void
store_reporters(struct store *store, reporter_visit *visit, void *ctx)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT * FROM reporter ORDER BY claims DESC, name");
	struct reporter r;

	while (db_row(&store->db, q)) {
		struct cols c = {.q = q};

		get_reporter(&c, &r);
		if (!visit(ctx, &r)) {
			db_done(&store->db, q);
			return;
		}
	}
}

bool
store_claim_put(struct store *store, const struct claim *claim, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "INSERT INTO claim (reporter, line, class, first, last, due, state)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
	    " last = excluded.last, due = excluded.due, state = excluded.state");
	struct bind b = bind_to(q);

	put_text(&b, claim->reporter);
	put_uint(&b, claim->line);
	put_int(&b, claim->class_);
	put_int(&b, claim->first);
	put_int(&b, claim->last);
	put_int(&b, claim->due);
	put_int(&b, claim->state);
	return db_run(&store->db, q, err);
}

static bool
claim_get(struct store *store, int64_t n, struct claim *out)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT reporter, line, class, first, last, due, state FROM claim"
	    " WHERE n = ?");
	struct bind b = bind_to(q);
	struct cols c = {.q = q};

	put_int(&b, n);
	if (!db_row(&store->db, q))
		return false;
	get_text_into(&c, out->reporter, sizeof out->reporter);
	out->line = get_uint(&c);
	out->class_ = (uint8_t)get_int(&c);
	out->first = get_int(&c);
	out->last = get_int(&c);
	out->due = get_int(&c);
	out->state = (uint8_t)get_int(&c) % CLAIM_STATES;
	db_done(&store->db, q);
	return true;
}

static void
visit_claims(struct store *store, sqlite3_stmt *q, claim_visit *visit, void *ctx)
{
	struct db_ids ids = db_ids(&store->db, q);
	struct claim claim;

	for (size_t i = 0; i < ids.count; i++)
		if (claim_get(store, ids.items[i], &claim) && !visit(ctx, &claim))
			break;
	free(ids.items);
}

void
store_claims_of_line(struct store *store, uint64_t line, claim_visit *visit, void *ctx)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT n FROM claim WHERE line = ? ORDER BY reporter, class, first");
	struct bind b = bind_to(q);

	put_uint(&b, line);
	visit_claims(store, q, visit, ctx);
}

void
store_claims_due(struct store *store, int64_t now, claim_visit *visit, void *ctx)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT n FROM claim WHERE state = 0 AND due <= ?"
				 " ORDER BY due, reporter, line, class");
	struct bind b = bind_to(q);

	put_int(&b, now);
	visit_claims(store, q, visit, ctx);
}
