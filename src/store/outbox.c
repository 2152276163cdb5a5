/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbox.c -- what is to leave the house; see outbox.h.
 *
 * No text of a notice is kept here, only what to render for whom when it goes out, so
 * that nothing personal has to be erased.
 */
#include "store/inside.h"

#include <stdlib.h>

#define OUTBOX_COLUMNS                                                                   \
	"key, case_id, kind, template, state, verb, step, created, not_before, expires," \
	" changed, attempts, error"

static void
bind_entry(struct bind *b, const struct outbox_entry *e)
{
	put_uint(b, e->case_id);
	put_text(b, e->kind);
	put_text(b, e->template_);
	put_int(b, e->state);
	put_int(b, e->verb);
	put_int(b, e->step);
	put_int(b, e->created);
	put_int(b, e->not_before);
	put_int(b, e->expires);
	put_int(b, e->changed);
	put_uint(b, e->attempts);
	put_text(b, e->error);
	put_blob(b, e->key.b, sizeof e->key.b);
}

bool
store_outbox_put(struct store *store, const struct outbox_entry *entry, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "INSERT OR IGNORE INTO outbox (case_id, kind, template, state, verb, step,"
	    " created, not_before, expires, changed, attempts, error, key)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	struct bind b = bind_to(q);

	bind_entry(&b, entry);
	return db_run(&store->db, q, err);
}

bool
store_outbox_update(
    struct store *store, const struct outbox_entry *entry, struct err *err)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "UPDATE outbox SET case_id = ?, kind = ?, template = ?, state = ?, verb = ?,"
	    " step = ?, created = ?, not_before = ?, expires = ?, changed = ?,"
	    " attempts = ?, error = ? WHERE key = ?");
	struct bind b = bind_to(q);

	bind_entry(&b, entry);
	return db_run(&store->db, q, err);
}

static bool
read_one(struct store *store, sqlite3_stmt *q, struct outbox_entry *out)
{
	struct cols c = {.q = q};

	if (!db_row(&store->db, q))
		return false;
	memset(out, 0, sizeof *out);
	(void)get_bytes(&c, out->key.b, sizeof out->key.b);
	out->case_id = get_uint(&c);
	get_text_into(&c, out->kind, sizeof out->kind);
	get_text_into(&c, out->template_, sizeof out->template_);
	out->state = (uint8_t)get_uint(&c);
	out->verb = (uint8_t)get_uint(&c);
	out->step = (int32_t)get_int(&c);
	out->created = get_int(&c);
	out->not_before = get_int(&c);
	out->expires = get_int(&c);
	out->changed = get_int(&c);
	out->attempts = (uint32_t)get_uint(&c);
	get_text_into(&c, out->error, sizeof out->error);
	db_done(&store->db, q);
	return true;
}

bool
store_outbox_get(struct store *store, const struct id128 *key, struct outbox_entry *out)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE key = ?");
	struct bind b = bind_to(q);

	put_blob(&b, key->b, sizeof key->b);
	return read_one(store, q, out);
}

static void
visit_all(struct store *store, sqlite3_stmt *q, outbox_visit *visit, void *ctx)
{
	struct db_ids ids = db_ids(&store->db, q);
	struct outbox_entry entry;

	for (size_t i = 0; i < ids.count; i++) {
		struct bind b = bind_to(db_query(
		    &store->db, "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE n = ?"));

		put_int(&b, ids.items[i]);
		if (read_one(store, b.q, &entry) && !visit(ctx, &entry))
			break;
	}
	free(ids.items);
}

void
store_outbox_pending(struct store *store, int64_t now, outbox_visit *visit, void *ctx)
{
	sqlite3_stmt *q = db_query(&store->db,
	    "SELECT n FROM outbox WHERE state <= 1 AND not_before <= ?"
	    " ORDER BY not_before, n");
	struct bind b = bind_to(q);

	put_int(&b, now);
	visit_all(store, q, visit, ctx);
}

void
store_outbox_of_case(
    struct store *store, uint64_t case_id, outbox_visit *visit, void *ctx)
{
	sqlite3_stmt *q =
	    db_query(&store->db, "SELECT n FROM outbox WHERE case_id = ? ORDER BY n");
	struct bind b = bind_to(q);

	put_uint(&b, case_id);
	visit_all(store, q, visit, ctx);
}

uint64_t
store_outbox_count(struct store *store, enum outbox_state state, int64_t since)
{
	sqlite3_stmt *q = db_query(
	    &store->db, "SELECT count(*) FROM outbox WHERE state = ? AND changed >= ?");
	struct bind b = bind_to(q);
	uint64_t count = 0;

	put_int(&b, state);
	put_int(&b, since);
	if (db_row(&store->db, q)) {
		count = (uint64_t)sqlite3_column_int64(q, 0);
		db_done(&store->db, q);
	}
	return count;
}
