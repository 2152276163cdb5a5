/* SPDX-License-Identifier: Apache-2.0 */
/* mark.c -- see mark.h. */
#include "store/mark.h"

#include "store/inside.h"

#include <stdlib.h>

static bool
supersede(struct store *store, const struct stored_mark *m, struct err *err)
{
	const struct line_key *key = &m->mark.line;
	sqlite3_stmt *q = db_query(&store->db,
	    "UPDATE mark SET active = 0 WHERE active = 1 AND line = ? AND realm = ?"
	    " AND addr = ? AND port_lo = ? AND port_hi = ?");
	struct bind b = bind_to(q);

	put_uint(&b, m->line);
	put_int(&b, key->realm);
	put_blob(&b, key->addr.b, sizeof key->addr.b);
	put_int(&b, key->port_lo);
	put_int(&b, key->port_hi);
	return db_run(&store->db, q, err);
}

bool
store_mark_put(struct store *store, const struct stored_mark *m, struct err *err)
{
	const struct line_key *key = &m->mark.line;
	sqlite3_stmt *q;
	struct bind b;

	if (!supersede(store, m, err))
		return false;
	q = db_query(&store->db,
	    "INSERT INTO mark (line, active, time, as_of, until, realm, addr, port_lo,"
	    " port_hi) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
	b = bind_to(q);
	put_uint(&b, m->line);
	put_int(&b, m->mark.until > m->mark.time);
	put_int(&b, m->mark.time);
	put_int(&b, m->mark.as_of);
	put_int(&b, m->mark.until);
	put_int(&b, key->realm);
	put_blob(&b, key->addr.b, sizeof key->addr.b);
	put_int(&b, key->port_lo);
	put_int(&b, key->port_hi);
	return db_run(&store->db, q, err);
}

uint64_t
store_mark_last(struct store *store)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT seq FROM sqlite_sequence WHERE name = 'mark'");
	uint64_t last = 0;

	if (db_row(&store->db, q)) {
		last = (uint64_t)sqlite3_column_int64(q, 0);
		db_done(&store->db, q);
	}
	return last;
}

static void
visit_rows(struct store *store, sqlite3_stmt *q, mark_visit *visit, void *ctx)
{
	while (db_row(&store->db, q)) {
		struct cols c = {.q = q};
		struct stored_mark m;

		m.mark.seq = get_uint(&c);
		m.line = get_uint(&c);
		m.mark.time = get_int(&c);
		m.mark.as_of = get_int(&c);
		m.mark.until = get_int(&c);
		m.mark.line = (struct line_key){.realm = (uint32_t)get_int(&c)};
		if (!get_bytes(&c, m.mark.line.addr.b, sizeof m.mark.line.addr.b))
			continue;
		m.mark.line.port_lo = (uint16_t)get_int(&c);
		m.mark.line.port_hi = (uint16_t)get_int(&c);
		if (!visit(ctx, &m)) {
			db_done(&store->db, q);
			return;
		}
	}
}

#define COLUMNS "number, line, time, as_of, until, realm, addr, port_lo, port_hi"

void
store_marks_after(struct store *store, uint64_t after, mark_visit *visit, void *ctx)
{
	sqlite3_stmt *q = db_query(
	    &store->db, "SELECT " COLUMNS " FROM mark WHERE number > ? ORDER BY number");
	struct bind b = bind_to(q);

	put_uint(&b, after);
	visit_rows(store, q, visit, ctx);
}

void
store_marks_active(struct store *store, uint64_t line, mark_visit *visit, void *ctx)
{
	sqlite3_stmt *q = db_query(&store->db,
	    line == 0 ? "SELECT " COLUMNS
			" FROM mark WHERE active = 1 ORDER BY line, number"
		      : "SELECT " COLUMNS " FROM mark WHERE active = 1 AND line = ?"
			" ORDER BY number");
	struct bind b = bind_to(q);

	if (line != 0)
		put_uint(&b, line);
	visit_rows(store, q, visit, ctx);
}

bool
store_marks_forget(struct store *store, uint64_t had, struct err *err)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "DELETE FROM mark WHERE active = 0 AND number <= ?");
	struct bind b = bind_to(q);

	put_uint(&b, had);
	return db_run(&store->db, q, err);
}
