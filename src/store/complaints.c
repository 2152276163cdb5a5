/* SPDX-License-Identifier: Apache-2.0 */
/* complaints.c -- see complaints.h. Retired like cases' skeletons (retire.c). */
#include "store/complaints.h"

#include "base/when.h"
#include "store/inside.h"

#include <stdio.h>
#include <stdlib.h>

#define COLUMNS                                                                          \
	"SELECT number, addr, port, proto, kind, family, state, first, last, count,"     \
	" created, sent, due, mails, batch FROM complaint"

static void
read_row(sqlite3_stmt *q, struct complaint *out)
{
	struct cols c = {.q = q};
	struct digest d;

	*out = (struct complaint){0};
	out->number = get_uint(&c);
	(void)get_bytes(&c, out->addr.b, sizeof out->addr.b);
	out->port = (uint16_t)get_int(&c);
	out->proto = (uint8_t)get_int(&c);
	out->kind = (uint8_t)get_int(&c);
	get_text_into(&c, out->family, sizeof out->family);
	out->state = (uint8_t)get_int(&c);
	out->first = get_int(&c);
	out->last = get_int(&c);
	out->count = (uint32_t)get_int(&c);
	out->created = get_int(&c);
	out->sent = get_int(&c);
	out->due = get_int(&c);
	out->mails = (uint32_t)get_int(&c);
	(void)get_bytes(&c, out->batch.b, sizeof out->batch.b);
	digest_init(&d);
	digest_text(&d, "complaint");
	digest_u64(&d, out->number);
	digest_u64(&d, (uint64_t)out->created);
	out->key = digest_id(&d);
}

static bool
add_to_open(struct store *store, const struct complaint *c, bool *found, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "UPDATE complaint SET first = min(first, ?1), last = max(last, ?2),"
	    " count = count + ?3, family = CASE family WHEN '' THEN ?4 ELSE family END"
	    " WHERE addr = ?5 AND kind = ?6 AND state <= 2");
	struct bind b = bind_to(q);

	put_int(&b, c->first);
	put_int(&b, c->last);
	put_uint(&b, c->count);
	put_text(&b, c->family);
	put_blob(&b, c->addr.b, sizeof c->addr.b);
	put_uint(&b, c->kind);
	if (!db_run(&store->db, q, err))
		return false;
	*found = sqlite3_changes64(store->db.sql) > 0;
	return true;
}

static bool
begin_new(struct store *store, const struct complaint *c, int64_t now, struct err *err)
{
	static const struct id128 none;
	sqlite3_stmt *q = db_query(&store->db,
	    "INSERT INTO complaint (addr, port, proto, kind, family, state, first, last,"
	    " count, created, sent, due, mails, batch)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, ?9, 0, ?9, 0, ?10)");
	struct bind b = bind_to(q);

	put_blob(&b, c->addr.b, sizeof c->addr.b);
	put_uint(&b, c->port);
	put_uint(&b, c->proto);
	put_uint(&b, c->kind);
	put_text(&b, c->family);
	put_int(&b, c->first);
	put_int(&b, c->last);
	put_uint(&b, c->count > 0 ? c->count : 1);
	put_int(&b, now);
	put_blob(&b, none.b, sizeof none.b);
	return db_run(&store->db, q, err);
}

bool
store_complaint_seen(
    struct store *store, const struct complaint *complaint, int64_t now, struct err *err)
{
	bool found = false;

	return add_to_open(store, complaint, &found, err) &&
	       (found || begin_new(store, complaint, now, err));
}

bool
store_complaint_update(
    struct store *store, const struct complaint *complaint, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "UPDATE complaint SET state = ?, sent = ?, due = ?, mails = ?, batch = ?"
	    " WHERE number = ?");
	struct bind b = bind_to(q);

	put_uint(&b, complaint->state);
	put_int(&b, complaint->sent);
	put_int(&b, complaint->due);
	put_uint(&b, complaint->mails);
	put_blob(&b, complaint->batch.b, sizeof complaint->batch.b);
	put_uint(&b, complaint->number);
	return db_run(&store->db, q, err);
}

bool
store_complaint_get(struct store *store, uint64_t number, struct complaint *out)
{
	sqlite3_stmt *q = db_query(&store->db, COLUMNS " WHERE number = ?");
	struct bind b = bind_to(q);
	bool found;

	put_uint(&b, number);
	found = db_row(&store->db, q);
	if (found) {
		read_row(q, out);
		db_done(&store->db, q);
	}
	return found;
}

/* The visitor may write: numbers first, rows afterwards. */
static void
visit_all(struct store *store, sqlite3_stmt *q, complaint_visit *visit, void *ctx)
{
	struct db_ids ids = db_ids(&store->db, q);
	struct complaint c;

	for (size_t i = 0; i < ids.count; i++)
		if (store_complaint_get(store, (uint64_t)ids.items[i], &c) &&
		    !visit(ctx, &c))
			break;
	free(ids.items);
}

void
store_complaints_due(struct store *store, int64_t now, complaint_visit *visit, void *ctx)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT number FROM complaint WHERE due <= ? AND state <= 2 ORDER BY number");
	struct bind b = bind_to(q);

	put_int(&b, now);
	visit_all(store, q, visit, ctx);
}

void
store_complaints_of_batch(
    struct store *store, const struct id128 *batch, complaint_visit *visit, void *ctx)
{
	sqlite3_stmt *q = db_query(
	    &store->db, "SELECT number FROM complaint WHERE batch = ? ORDER BY number");
	struct bind b = bind_to(q);

	put_blob(&b, batch->b, sizeof batch->b);
	visit_all(store, q, visit, ctx);
}

void
store_complaints(
    struct store *store, int state, size_t limit, complaint_visit *visit, void *ctx)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT number FROM complaint WHERE ?1 < 0 OR state = ?1"
				 " ORDER BY number DESC LIMIT ?2");
	struct bind b = bind_to(q);

	put_int(&b, state);
	put_uint(&b, limit);
	visit_all(store, q, visit, ctx);
}

int64_t
store_complaints_next(struct store *store)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT min(due) FROM complaint WHERE state <= 2");
	int64_t due = WHEN_NEVER;

	if (db_row(&store->db, q)) {
		if (sqlite3_column_type(q, 0) != SQLITE_NULL)
			due = sqlite3_column_int64(q, 0);
		db_done(&store->db, q);
	}
	return due;
}
